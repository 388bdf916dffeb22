"""The same stretches of records in every form that an encoder may take.

A model that filters the long record and then cuts gets windows out of whole records; features
with units get the same stretches before normalisation; whoever prepares signals itself gets
them as recorded. All of them are judged on the same seconds of the same people.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.baselines.base import Series, Signals
from cardioprint.benchmark.sets import excerpt_of, join, stretch_of
from cardioprint.signal.preparation import MODALITIES, cut, prepare_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cardioprint.signal.preparation import Preparation, Prepared
    from cardioprint.types import Record, Windows


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """Stretches of equal length out of records.

    Attributes:
        key: Names these stretches for good; what was embedded is remembered under it.
        windows: Filtered in the whole record, then cut and normalised; `start` in its record.
        records: The records as read.
        prepared: The same records, filtered and not cut.
        record: Which record each window is from, shape (window,).
        seconds: Length of each stretch.
        memory: What encoders made of them; see `entrant.Entrant`.
    """

    key: str
    windows: Windows
    records: tuple[Record, ...]
    prepared: tuple[Prepared, ...]
    record: NDArray[np.int64]
    seconds: float
    memory: dict[tuple[int, str, tuple[str, ...]], tuple[Any, NDArray[np.float32]]] = field(
        default_factory=dict, repr=False
    )

    def __len__(self) -> int:
        """Return the number of stretches."""
        return len(self.windows)

    @property
    def digest(self) -> str:
        """Which seconds of which records, in 16 digits: other windows, other digits."""
        names = [f"{r.name}:{r.duration:.6f}" for r in self.records]
        about = hashlib.sha256(repr((names, self.seconds)).encode())
        about.update(np.ascontiguousarray(self.record, np.int64).tobytes())
        about.update(np.ascontiguousarray(self.windows.start, np.float64).tobytes())
        return about.hexdigest()[:16]

    def filtered(self) -> Iterator[Prepared]:
        """Yield each stretch as it was filtered in its record, in its own units."""
        for record, start in zip(self.record, self.windows.start, strict=True):
            whole = self.prepared[record]
            first = round((float(start) - whole.start) * whole.sampling_rate)
            yield whole.part(first, first + math.floor(self.seconds * whole.sampling_rate))

    def signals(self, modalities: tuple[str, ...]) -> Signals:
        """Return the stretches as recorded; ends that a record lacks are NaN."""
        parts = [
            excerpt_of(self.records[record], float(start), self.seconds)
            for record, start in zip(self.record, self.windows.start, strict=True)
        ]
        series = {}
        for modality in MODALITIES:
            if modality in modalities:
                channels = [p.of(modality)[0] for p in parts]
                longest = max(len(c.samples) for c in channels)
                samples = np.full((len(channels), longest), np.nan, np.float32)
                for row, channel in zip(samples, channels, strict=True):
                    row[: len(channel.samples)] = channel.samples
                series[str(modality)] = Series(
                    samples=samples,
                    sampling_rate=channels[0].sampling_rate,
                    lead=channels[0].lead,
                )
        return Signals(series=series)


def inside(
    key: str,
    records: tuple[Record, ...],
    prepared: tuple[Prepared, ...],
    record: NDArray[np.int64],
    start: NDArray[np.float64],
    seconds: float,
    preparation: Preparation,
) -> Stretches:
    """Return stretches cut out of whole prepared records, one window each.

    Args:
        key: Of the stretches.
        records: As read.
        prepared: The same, filtered.
        record: Which record each stretch is from.
        start: Seconds at which each begins.
        seconds: Length of each.
        preparation: What the records were prepared with.
    """
    parts = [
        stretch_of(prepared[r], float(s), seconds, preparation)
        for r, s in zip(record, start, strict=True)
    ]
    return Stretches(
        key=key,
        windows=join(parts),
        records=records,
        prepared=prepared,
        record=np.asarray(record),
        seconds=seconds,
    )


def alone(key: str, within: Stretches, preparation: Preparation) -> Stretches:
    """Return the same stretches, each filtered as if nothing else had been recorded."""
    records = tuple(
        excerpt_of(within.records[r], float(s), within.seconds)
        for r, s in zip(within.record, within.windows.start, strict=True)
    )
    prepared = _prepare_each(records, preparation)
    return Stretches(
        key=key,
        windows=join([cut(p, preparation) for p in prepared]),
        records=records,
        prepared=prepared,
        record=np.arange(len(records)),
        seconds=within.seconds,
    )


def _prepare_each(records: Sequence[Record], preparation: Preparation) -> tuple[Prepared, ...]:
    return tuple(prepare_record(r, preparation) for r in records)
