"""A record of any length as a stream of prepared blocks, equal to preparing it whole.

All filters and detectors have a finite reach, so a block read with enough context on either
side gives the numbers of the whole record. A day of two channels needs no more memory than
half an hour.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from cardioprint.signal.preparation import Preparation, Prepared, cut, prepare
from cardioprint.signal.quality import Quality, assess
from cardioprint.signal.resampling import ratio
from cardioprint.types import Channel, Modality, Record, Windows

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 1800.0
"""Seconds of a record in memory at a time."""

LONGEST_PERIOD = 60
"""Seconds. Rates whose samples meet the model's clock more rarely are read whole."""


class Source(Protocol):
    """A record that can be read in parts; `readers.RecordFile` is one."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def channels(self) -> Sequence[Any]: ...  # noqa: D102

    def read(  # noqa: D102
        self, start: float = 0.0, stop: float | None = None, channels: Iterable[str] | None = None
    ) -> Record: ...


@dataclass(frozen=True, kw_only=True)
class InMemory:
    """A Record in memory, readable in parts."""

    record: Record

    @property
    def name(self) -> str:
        """Name of the record."""
        return self.record.name

    @property
    def subject(self) -> str:
        """The person."""
        return self.record.subject

    @property
    def channels(self) -> Sequence[Channel]:
        """The record's channels."""
        return self.record.channels

    def read(
        self, start: float = 0.0, stop: float | None = None, channels: Iterable[str] | None = None
    ) -> Record:
        """Return the samples with start <= time < stop of the named channels."""
        names = None if channels is None else set(channels)
        out = []
        for c in self.record.channels:
            if names is not None and c.name not in names:
                continue
            n = len(c.samples)
            first = min(max(math.ceil((start - c.start) * c.sampling_rate - 1e-6), 0), n)
            last = n
            if stop is not None:
                last = min(max(math.ceil((stop - c.start) * c.sampling_rate - 1e-6), first), n)
            start_of_part = c.start + first / c.sampling_rate
            out.append(replace(c, samples=c.samples[first:last], start=start_of_part))
        return self.record.with_channels(*out)


@dataclass(frozen=True, kw_only=True)
class PreparedBlock:
    """Some consecutive windows of a record.

    Attributes:
        prepared: Signals with context on either side.
        windows: The windows that begin in this block.
        quality: Their quality.
        fraction: Share of the record that is done with this block.
        end: Seconds at which the record's last sample lies, known from the last block on.
    """

    prepared: Prepared
    windows: Windows
    quality: Quality
    fraction: float
    end: float


def prepared_blocks(
    source: Source, ecg: str, ppg: str, preparation: Preparation, *, block: float = BLOCK
) -> Iterator[PreparedBlock]:
    """Yield a record's windows block by block.

    Args:
        source: The record.
        ecg: Name of its ECG channel, or "".
        ppg: Name of its PPG channel, or "".
        preparation: How to prepare.
        block: Seconds in a block; the last may be half as long again.
    """
    info = {c.name: c for c in source.channels if c.name in (ecg, ppg)}
    rate = preparation.sampling_rate
    zero = min(c.start for c in info.values())
    end = max(c.start + c.duration for c in info.values())
    period = _period([c.sampling_rate for c in info.values()], rate)
    anchors = tuple(info[name].start if name in info else zero for name in (ecg, ppg))
    step = round(preparation.stride * rate) / rate
    length = max(1, round(block / step)) * step if period else math.inf
    begin = zero
    while True:  # at least once: a record without samples has a block without windows
        stop = begin + length
        last = end - stop < length / 2 + preparation.window
        if last:
            stop = math.inf
        first = zero
        if period:
            first += max(0, math.floor((begin - zero - preparation.context) / period)) * period
        until = None if last else stop + preparation.window + preparation.context
        part = source.read(first, until, list(info))
        prepared = _prepare(part, ecg, ppg, preparation, first, anchors)
        core = trimmed(prepared, begin, None if last else stop - step + preparation.window)
        windows = cut(core, preparation)
        yield PreparedBlock(
            prepared=prepared,
            windows=windows,
            quality=assess(prepared, windows),
            fraction=1.0 if last else (stop - zero) / (end - zero),
            end=end,
        )
        if last:
            return
        begin = stop


def trimmed(prepared: Prepared, start: float, stop: float | None) -> Prepared:
    """Return a part of a prepared record, in seconds on its clock."""
    rate = prepared.sampling_rate
    first = round((start - prepared.start) * rate)
    last = None if stop is None else round((stop - prepared.start) * rate)
    return prepared.part(first, last)


def _prepare(
    record: Record,
    ecg: str,
    ppg: str,
    preparation: Preparation,
    zero: float,
    anchors: tuple[float, float],
) -> Prepared:
    by_name = {c.name: c for c in record.channels}
    first, second = by_name.get(ecg), by_name.get(ppg)
    assert first is None or first.modality == Modality.ECG
    return prepare(first, second, preparation, start=zero, anchors=anchors)


def _period(rates: list[float], rate_out: float) -> int | None:
    """Return whole seconds after which all samples meet the model's clock again, or None."""
    period = 1
    for rate in [*rates, rate_out]:
        if ratio(rate, rate_out) is None:
            return None
        exact = Fraction(rate).limit_denominator(1_000_000)
        period = math.lcm(period, exact.denominator)
    return period if period <= LONGEST_PERIOD else None
