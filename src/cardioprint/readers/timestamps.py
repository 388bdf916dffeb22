"""Time columns: a regular one gives the rate, an irregular one is put on a grid, and it is said.

This is the only place where a reader changes samples. A phone camera delivers a frame when it
has one; nothing above the readers works on such a series.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import SamplingRateError, TimestampError
from cardioprint.types import check_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

JITTER = 0.25
"""Sample intervals a time stamp may stand off an even grid and still count as regular. Stamps
rounded to 1 ms stand off by up to 0.18 intervals at 360 Hz."""

LONGEST_GAP = 3.5
"""Sample intervals. Linear interpolation across more would invent data: NaN instead."""

COARSEST = 2.0
"""Sample intervals. Stamps rounded to more than this no longer tell the order of samples."""

RATE_MISMATCH = 0.01
"""Largest relative difference between a given rate and that of a regular time column."""

FURTHEST_GRID = 5.0
"""Largest ratio, either way, of a given rate to the mean rate of an irregular time column.
Beyond it the unit of the time column is wrong: seconds and milliseconds differ by 1,000."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A regular clock for a time column.

    Attributes:
        sampling_rate: Hertz.
        n_samples: Samples on the clock.
        times: Seconds of the rows where they have to be interpolated; None: rows are samples.
        note: What was done, in words; "" where nothing was.
    """

    sampling_rate: float
    n_samples: int
    times: NDArray[np.float64] | None = None
    note: str = ""

    def place(self, samples: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return one column on the clock; NaN in gaps longer than `LONGEST_GAP` intervals."""
        if self.times is None:
            return samples
        known = np.isfinite(samples)
        grid = np.arange(self.n_samples) / self.sampling_rate
        if not known.any():
            return np.full(self.n_samples, np.nan)
        times, samples = self.times[known], samples[known]
        placed = np.interp(grid, times, samples, left=np.nan, right=np.nan)
        after = np.searchsorted(times, grid, side="left").clip(1, max(len(times) - 1, 1))
        after = np.minimum(after, len(times) - 1)
        before = np.maximum(after - 1, 0)
        nearest = np.minimum(np.abs(grid - times[before]), np.abs(times[after] - grid))
        gap = times[after] - times[before] > LONGEST_GAP / self.sampling_rate
        # A sample next to a gap is itself measured.
        placed[gap & (nearest > JITTER / self.sampling_rate)] = np.nan
        return placed


def clock_of(
    times: NDArray[np.float64],
    *,
    sampling_rate: float | None,
    source: object,
    field: str,
) -> Clock:
    """Judge a time column.

    Args:
        times: Seconds, one a row.
        sampling_rate: Hertz the caller asked for; None: from the column.
        source: File, for messages.
        field: Name of the time column.

    Raises:
        TimestampError: Fewer than two rows, missing, repeated or backward times.
        SamplingRateError: The given rate contradicts the column, or no true rate results.
    """
    if len(times) < 2:
        raise TimestampError(
            "a time column needs at least two rows", source=source, field=field, fix="give more"
        )
    if not np.isfinite(times).all():
        row = int(np.flatnonzero(~np.isfinite(times))[0])
        raise TimestampError(
            f"row {row} of the data has no time",
            source=source,
            field=field,
            fix="fill in or remove such rows",
        )
    seconds = times - times[0]
    steps = np.diff(seconds)
    found = _near_whole((len(times) - 1) / max(seconds[-1], 1e-9), seconds[-1])
    repeats = np.flatnonzero(steps == 0) + 1
    coarse = _resolution(times, repeats)
    # Stamps too coarse for the rate repeat without anything being wrong: BIDMC prints five
    # digits, so that its 8-ms steps stand as 100.02, 100.02, 100.03 after 100 s. Only a whole
    # rate is believed then: a dropped row looks the same, but leaves 99.9 Hz instead of 100.
    rounded = coarse * found <= COARSEST and found == round(found)
    tolerance = max(JITTER / found, 1.02 * coarse if rounded else 0.0)
    regular = np.abs(seconds - np.arange(len(times)) / found).max() <= tolerance
    explained = regular and rounded and coarse * found >= 1
    if (steps < 0).any() or (len(repeats) and not explained):
        row = int(np.flatnonzero(steps <= 0)[0]) + 1
        raise TimestampError(
            f"time {'repeats' if steps[row - 1] == 0 else 'runs backwards'} at row {row} of the "
            f"data ({times[row]:g} after {times[row - 1]:g})",
            source=source,
            field=field,
            fix="sort the rows, remove repeated ones, and export times with enough digits",
        )
    if regular:
        if sampling_rate is not None and abs(sampling_rate / found - 1) > RATE_MISMATCH:
            raise SamplingRateError(
                f"sampling_rate={sampling_rate:g} was given, but the times say {found:g} Hz",
                source=source,
                field=field,
                fix="leave sampling_rate out, or correct the unit of the time column",
            )
        rate = check_rate(found, source=source, field=field, lowest=1e-6)
        return Clock(sampling_rate=rate, n_samples=len(times))
    usual = float(np.median(steps))
    same = np.abs(steps / usual - 1) < 1e-3
    # Even stamps with rows missing keep their rate; jittered ones have only a mean.
    mean = 1 / usual if same.mean() > 0.9 else 1 / steps[steps <= LONGEST_GAP * usual].mean()
    rate = _near_whole(mean, seconds[-1]) if sampling_rate is None else sampling_rate
    rate = check_rate(rate, source=source, field=field, lowest=1e-6)
    if not 1 / FURTHEST_GRID <= rate / mean <= FURTHEST_GRID:
        raise SamplingRateError(
            f"sampling_rate={rate:g} was given, but rows come at about {mean:g} Hz",
            source=source,
            field=field,
            fix="correct the rate, or the unit of the time column ('time' or 'time_ms')",
        )
    n_gaps = int((steps > LONGEST_GAP / rate).sum())
    return Clock(
        sampling_rate=rate,
        n_samples=int(np.floor(seconds[-1] * rate + 1e-6)) + 1,
        times=seconds,
        note=f"time stamps in {field!r} are irregular (steps of {steps.min() * 1e3:.4g} to "
        f"{steps.max() * 1e3:.4g} ms): interpolated linearly onto {rate:g} Hz; "
        f"{n_gaps} gaps longer than {LONGEST_GAP:g} samples left missing",
    )


def _resolution(times: NDArray[np.float64], repeats: NDArray[np.int64]) -> float:
    """Return the decimal step, in seconds, to which stamps are rounded where it matters most.

    That is around repeated stamps; without any, at the end, where printed digits run out first.
    """
    if len(repeats):
        rows = np.unique((repeats[:, None] + np.arange(-3, 4)).clip(0, len(times) - 1))
    else:
        rows = np.arange(max(len(times) - 200, 0), len(times))
    near = times[rows]
    for digits in range(7):
        scaled = near * 10**digits
        if np.abs(scaled - np.round(scaled)).max() < 1e-3:
            return 10.0**-digits
    return 0.0


def _near_whole(rate: float, seconds: float) -> float:
    """Return the whole rate that rounded stamps conceal, where the two cannot be told apart."""
    whole = round(rate)
    drift = abs(rate - whole) * seconds  # samples, over the whole record
    return float(whole) if whole and drift < JITTER and abs(rate / whole - 1) < 1e-3 else rate
