"""What a recording is: channels in physical units on one clock.

Everything above speaks these types. They hold NumPy arrays and nothing else, so that a
reader, the simulator or a user's own three lines can make one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import ChannelError, RecordError, SamplingRateError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST_RATE = 10.0
"""Hz. Below this neither a QRS complex nor a pulse can be told from its neighbours."""

HIGHEST_RATE = 100_000.0
"""Hz. Above this a rate is a typing error: body-surface ECG is recorded at 50 Hz to 32 kHz."""


class Modality(StrEnum):
    """What a channel measures."""

    ECG = "ecg"
    PPG = "ppg"
    OTHER = "other"
    """Kept in the record (ABP, RESP, acceleration, ...) and never taken for ECG or PPG."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One series of samples at its own rate.

    Attributes:
        name: Name as the file gives it, unique in its record.
        modality: What it measures.
        sampling_rate: Hertz.
        samples: float32, shape (time,). ECG in mV, anything else in its own unit. NaN: missing.
        unit: Unit of `samples`.
        lead: ECG view in the usual spelling (I, II, aVR, V1, MLII), else "".
        site: PPG place (finger, wrist, ear), else "".
        start: Seconds after the record's zero at which the first sample was taken.

    Raises:
        SamplingRateError: Rate missing, not positive or absurd.
        ChannelError: `samples` is not a one-dimensional series of real numbers.
    """

    name: str
    modality: Modality
    sampling_rate: float
    samples: NDArray[np.float32]
    unit: str = ""
    lead: str = ""
    site: str = ""
    start: float = 0.0

    def __post_init__(self) -> None:
        if self.modality == Modality.OTHER:  # a temperature may well come once a second
            check_rate(self.sampling_rate, source=self.name, lowest=1e-6)
        else:
            check_rate(self.sampling_rate, source=self.name)
        samples = np.asarray(self.samples)
        if samples.ndim != 1 or samples.dtype.kind not in "fiu":
            raise ChannelError(
                f"samples must be a one-dimensional array of numbers, got {samples.dtype} "
                f"with shape {samples.shape}",
                source=self.name,
                field="samples",
                fix="pass one channel at a time",
            )
        samples = samples.astype(np.float32, copy=False)
        if np.isinf(samples).any():  # no amplifier reads infinity: it marks an overflow
            samples = np.where(np.isinf(samples), np.float32(np.nan), samples)
        object.__setattr__(self, "samples", samples)

    @property
    def duration(self) -> float:
        """Seconds covered by the samples."""
        return len(self.samples) / self.sampling_rate

    @property
    def is_missing(self) -> bool:
        """True where no sample is a number: the channel is an absent modality."""
        return not np.isfinite(self.samples).any()


@dataclass(frozen=True, kw_only=True)
class Record:
    """One acquisition from one subject: channels at native rates on one clock.

    Attributes:
        channels: At least one channel; names are unique.
        subject: The person, the unit of splitting; "" where unknown.
        source: File or object the record came from, for messages and provenance.
        name: Short name of the record.
        notes: Whatever else the file said (age, sex, comments), as strings.

    Raises:
        ChannelError: No channels, or two of the same name.
    """

    channels: tuple[Channel, ...]
    subject: str = ""
    source: str = ""
    name: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        object.__setattr__(self, "notes", MappingProxyType(dict(self.notes)))
        if not self.channels:
            raise ChannelError(
                "the record has no channels",
                source=self.source,
                field="channels",
                fix="give a file with at least one ECG or PPG channel",
            )
        names = [c.name for c in self.channels]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ChannelError(
                f"channel names appear more than once: {', '.join(twice)}",
                source=self.source,
                field="channels",
                fix="rename the channels so that each name is unique",
            )

    @property
    def duration(self) -> float:
        """Seconds from the record's zero to the end of its longest channel."""
        return max(c.start + c.duration for c in self.channels)

    def of(self, modality: Modality) -> tuple[Channel, ...]:
        """Return the channels of one modality, in file order."""
        return tuple(c for c in self.channels if c.modality == modality)

    def with_channels(self, *channels: Channel) -> Record:
        """Return the same record with only these channels."""
        return replace(self, channels=channels)

    @classmethod
    def from_arrays(
        cls,
        *,
        ecg: NDArray[np.floating] | None = None,
        ppg: NDArray[np.floating] | None = None,
        sampling_rate: float,
        ecg_rate: float | None = None,
        ppg_rate: float | None = None,
        lead: str = "",
        site: str = "",
        subject: str = "",
        name: str = "array",
    ) -> Record:
        """Make a record from arrays in memory.

        Args:
            ecg: One lead in mV, shape (time,), or None.
            ppg: One PPG channel in any unit, shape (time,), or None.
            sampling_rate: Hertz of both, unless the next two say otherwise.
            ecg_rate: Hertz of the ECG.
            ppg_rate: Hertz of the PPG.
            lead: ECG lead, e.g. "II".
            site: PPG site, e.g. "finger".
            subject: The person.
            name: Name of the record.

        Raises:
            RecordError: Neither ECG nor PPG is given.
        """
        channels = []
        if ecg is not None:
            channels.append(
                Channel(
                    name=lead or "ECG",
                    modality=Modality.ECG,
                    sampling_rate=sampling_rate if ecg_rate is None else ecg_rate,
                    samples=np.asarray(ecg),
                    unit="mV",
                    lead=lead,
                )
            )
        if ppg is not None:
            channels.append(
                Channel(
                    name="PPG",
                    modality=Modality.PPG,
                    sampling_rate=sampling_rate if ppg_rate is None else ppg_rate,
                    samples=np.asarray(ppg),
                    site=site,
                )
            )
        if not channels:
            raise RecordError(
                "neither ecg nor ppg is given", source=name, fix="pass at least one of them"
            )
        return cls(channels=tuple(channels), subject=subject, source="memory", name=name)


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Fixed slices of a prepared record, both modalities side by side.

    Attributes:
        start: float64, shape (window,): seconds after the record's zero.
        samples: float32, shape (window, 2, time): ECG then PPG, each with mean 0 and SD 1 over
            its valid samples; 0 where invalid.
        valid: bool, shape (window, 2, time): True where the sample was measured.
        mean: float32, shape (window, 2): mean of the filtered signal, in its own unit.
        scale: float32, shape (window, 2): its standard deviation, in its own unit.
        sampling_rate: Hertz.
    """

    start: NDArray[np.float64]
    samples: NDArray[np.float32]
    valid: NDArray[np.bool_]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    sampling_rate: float

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.start)


def check_rate(
    sampling_rate: object,
    *,
    source: object = "",
    field: str = "sampling_rate",
    lowest: float = LOWEST_RATE,
) -> float:
    """Return a sampling rate in hertz, or say what is wrong with it.

    Args:
        sampling_rate: What was given, of any type.
        source: File or object it was found in.
        field: Header field or argument it was found in.
        lowest: Smallest rate accepted, hertz.

    Raises:
        SamplingRateError: Missing, not a number, or outside `lowest` to 100 kHz.
    """
    try:
        rate = float(sampling_rate)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        rate = float("nan")
    if not (lowest <= rate <= HIGHEST_RATE):
        raise SamplingRateError(
            f"sampling rate {sampling_rate!r} is not between {lowest:g} and {HIGHEST_RATE:g} Hz",
            source=source,
            field=field,
            fix="give the true rate in hertz",
        )
    return rate
