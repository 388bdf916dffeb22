"""An opened recording: channels known, samples still in the file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.errors import ChannelError, RecordError
from cardioprint.types import Channel, Modality, Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Span = tuple[int, int, int]
"""Channel position, first sample, one past the last sample."""

Load = Callable[[Sequence[Span]], "Sequence[NDArray[np.floating]]"]
"""Reads spans of samples, one array a span."""

ROUNDING = 1e-6
"""Samples. A time this close above a sample counts as that sample, so that block bounds such as
0.1 s, which no float holds exactly, cut where they are meant to."""


@dataclass(frozen=True, kw_only=True)
class ChannelInfo:
    """What is known of a channel before its samples are read; as in `types.Channel`."""

    name: str
    modality: Modality
    sampling_rate: float
    n_samples: int
    unit: str = ""
    lead: str = ""
    site: str = ""
    start: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds covered by the samples."""
        return self.n_samples / self.sampling_rate

    def index(self, seconds: float) -> int:
        """Return the first sample taken at or after a time on the record's clock."""
        exact = (seconds - self.start) * self.sampling_rate
        return min(max(math.ceil(exact - ROUNDING), 0), self.n_samples)


@dataclass(frozen=True, kw_only=True)
class RecordFile:
    """One recording on disk, opened: its header is read and checked, its samples are not.

    Attributes:
        path: The file.
        name: Short name of the record.
        channels: What `read` can return.
        load: Reads spans of samples in the channels' units.
        subject: The person, as the caller gave it.
        notes: Whatever else the file said, and whatever the reader had to do to it.
    """

    path: Path
    name: str
    channels: tuple[ChannelInfo, ...]
    load: Load = field(repr=False)
    subject: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def duration(self) -> float:
        """Seconds from the record's zero to the end of its longest channel."""
        return max(c.start + c.duration for c in self.channels)

    def read(
        self,
        start: float = 0.0,
        stop: float | None = None,
        channels: Iterable[str] | None = None,
    ) -> Record:
        """Read a stretch of the recording.

        A sample belongs to the stretch when start <= its time < stop, so that consecutive
        stretches hold every sample of every channel exactly once, whatever the rates.

        Args:
            start: Seconds after the record's zero.
            stop: Seconds; None: to the end.
            channels: Names; None: all.

        Returns:
            A record on the file's clock: each channel's `start` is the time of its first sample.

        Raises:
            RecordError: The stretch is empty or the file is damaged.
            ChannelError: Unknown channel names, or no number in any channel of the whole file.
        """
        until = math.inf if stop is None else float(stop)
        if not (0 <= start < until):
            raise RecordError(
                f"cannot read from {start} s to {stop} s",
                source=self.path,
                field="start, stop",
                fix="give 0 <= start < stop, in seconds",
            )
        places = self._places(channels)
        spans: list[Span] = []
        for i in places:
            info = self.channels[i]
            last = info.n_samples if math.isinf(until) else info.index(until)
            spans.append((i, info.index(start), last))
        if all(first >= last for _, first, last in spans):
            raise RecordError(
                f"there is no sample between {start} s and {stop} s",
                source=self.path,
                field="start, stop",
                fix=f"the record lasts {self.duration:.3f} s",
            )
        read = []
        for (i, first, _), samples in zip(spans, self.load(spans), strict=True):
            info = self.channels[i]
            read.append(
                Channel(
                    name=info.name,
                    modality=info.modality,
                    sampling_rate=info.sampling_rate,
                    samples=samples,  # type: ignore[arg-type]  # Channel makes it float32
                    unit=info.unit,
                    lead=info.lead,
                    site=info.site,
                    start=info.start + first / info.sampling_rate,
                )
            )
        # A block may well fall into a gap; a whole file without a number is a mistake.
        if start == 0 and stop is None and all(c.is_missing for c in read):
            raise ChannelError(
                "no channel holds a single number",
                source=self.path,
                field="samples",
                fix="check the export: every value is missing",
            )
        return Record(
            channels=tuple(read),
            subject=self.subject,
            source=str(self.path),
            name=self.name,
            notes=self.notes,
        )

    def _places(self, wanted: Iterable[str] | None) -> list[int]:
        names = [c.name for c in self.channels]
        if wanted is None:
            return list(range(len(names)))
        if isinstance(wanted, str):  # "II" would otherwise ask for "I" twice
            wanted = [wanted]
        wanted = list(wanted)
        unknown = [n for n in wanted if n not in names]
        if unknown or not wanted:
            raise ChannelError(
                f"no channel {', '.join(map(repr, unknown)) or 'is asked for'}; "
                f"the file has {', '.join(names)}",
                source=self.path,
                field="channels",
                fix="use these names",
            )
        return [names.index(n) for n in wanted]
