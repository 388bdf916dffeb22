"""How like the truth a generated waveform is, as it stands and after one lag a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.sets import median_rate
from cardioprint.signal import beats

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 0.6
"""Seconds either way in which the one best lag of a record is looked for."""

TOLERANCES = (0.05, 0.15)
"""Seconds within which a beat counts as found (0.15: ANSI/AAMI EC57)."""

MARGIN = 0.3
"""Seconds at the ends of what is compared in which an unmatched beat is held against nobody:
its partner may lie just outside."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Sums behind correlation and error of two sets of windows at every lag.

    Attributes:
        lags: Samples by which the generated window is delayed, shape (lag,).
        pearson: Shape (window, lag): over the overlapping samples.
        rmse: Shape (window, lag): likewise, of the generated window as it is.
    """

    lags: NDArray[np.int64]
    pearson: NDArray[np.float64]
    rmse: NDArray[np.float64]


def likeness(truth: NDArray, made: NDArray, reach: int) -> Likeness:
    """Compare windows, shape (window, time), at all lags up to `reach` samples.

    A flat window correlates with nothing: its Pearson r is 0.
    """
    n = truth.shape[1]
    lags = np.arange(-reach, reach + 1)
    size = 1 << int(np.ceil(np.log2(n + reach + 1)))
    spectrum = np.fft.rfft(truth, size) * np.conj(np.fft.rfft(made, size))
    product = np.fft.irfft(spectrum, size)[:, lags % size]
    count = n - np.abs(lags)
    first = np.maximum(lags, 0)  # of the truth; the generated one starts `lags` earlier

    def sums(x: NDArray, begin: NDArray) -> NDArray:
        total = np.concatenate((np.zeros((len(x), 1)), np.cumsum(x, axis=1, dtype=float)), axis=1)
        return total[:, begin + count] - total[:, begin]

    st, stt = sums(truth, first), sums(truth.astype(float) ** 2, first)
    sm, smm = sums(made, first - lags), sums(made.astype(float) ** 2, first - lags)
    spread_t = np.maximum(stt - st**2 / count, 0)
    spread_m = np.maximum(smm - sm**2 / count, 0)
    flat = (spread_t < 1e-6 * count) | (spread_m < 1e-6 * count)
    pearson = (product - st * sm / count) / np.sqrt(np.where(flat, 1, spread_t * spread_m))
    rmse = np.sqrt(np.maximum(stt - 2 * product + smm, 0) / count)
    return Likeness(lags=lags, pearson=np.where(flat, 0, pearson), rmse=rmse)


def best_lag(like: Likeness, record: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return, for each window, the column of the lag at which its record correlates best."""
    out = np.zeros(len(record), np.int64)
    for r in np.unique(record):
        mine = record == r
        out[mine] = int(np.argmax(like.pearson[mine].mean(axis=0)))
    return out


def beat_lag(
    reference: list[NDArray], found: list[NDArray], record: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return, for each window, the one lag of its record that brings most beats together.

    Where a record's QRS points down, the lag that correlates best with an upright beat puts the
    R-peak on another wave: beats are aligned as beats.
    """
    step = 0.004
    grid = np.arange(-REACH, REACH + step / 2, step)
    kernel = np.exp(-0.5 * (np.arange(-10, 11) * step / 0.02) ** 2)
    out = np.zeros(len(record))
    for r in np.unique(record):
        pairs = [reference[i][:, None] - found[i][None] for i in np.flatnonzero(record == r)]
        gaps = np.concatenate([p[np.abs(p) <= REACH] for p in pairs])
        if len(gaps):
            count = np.bincount(np.round((gaps + REACH) / step).astype(int), minlength=len(grid))
            out[record == r] = grid[int(np.argmax(np.convolve(count, kernel, "same")))]
    return out


def matched(reference: NDArray, found: NDArray, tolerance: float) -> int:
    """Count pairs of beats within `tolerance`, each used once; both ascending."""
    i = j = pairs = 0
    while i < len(reference) and j < len(found):
        gap = found[j] - reference[i]
        if abs(gap) <= tolerance:
            pairs, i, j = pairs + 1, i + 1, j + 1
        elif gap < 0:
            j += 1
        else:
            i += 1
    return pairs


def f1(reference: NDArray, found: NDArray, tolerance: float, span: tuple[float, float]) -> float:
    """Return the F1 of found beats; NaN where there is nothing to find and nothing found.

    Args:
        reference: True beat times, seconds.
        found: Beat times under test, seconds.
        tolerance: Seconds.
        span: First and last second compared. Beats within `MARGIN` of them may match and are
            otherwise forgiven.
    """
    inside = [x[(x >= span[0]) & (x < span[1])] for x in (reference, found)]
    pairs = matched(inside[0], inside[1], tolerance)
    core = [((x >= span[0] + MARGIN) & (x < span[1] - MARGIN)).sum() for x in inside]
    missed, extra = max(core[0] - pairs, 0), max(core[1] - pairs, 0)
    return 2 * pairs / (2 * pairs + missed + extra) if pairs + missed + extra else float("nan")


def find_beats(made: NDArray, target: str, rate: float) -> list[NDArray[np.float64]]:
    """Return beat times of generated windows by our own detectors: R-peaks or pulse onsets."""
    if target == "ecg":
        return [beats.find_r_peaks(x, rate) / rate for x in made]
    return [np.sort(beats.find_pulses(x, rate).onset) / rate for x in made]


def compare(
    truth: NDArray,
    made: NDArray,
    reference: list[NDArray[np.float64]],
    record: NDArray[np.int64],
    target: str,
    rate: float,
    usual_rate: NDArray[np.float64],
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    """Return every waveform measure of every window, and the lag used for "aligned".

    Args:
        truth: Normalised target windows, shape (window, time).
        made: Generated windows.
        reference: True beat times of each window, seconds.
        record: Record of each window.
        target: "ecg" or "ppg".
        rate: Hertz.
        usual_rate: Beats/min to assume where a generated window has no rate: other people's
            median. A generator may not gain by staying silent.

    Returns:
        (measures by name, each of shape (window,); lag in seconds of r and RMSE "aligned"). F1
        "aligned" has its own lag: see `beat_lag`.
    """
    n = truth.shape[1]
    like = likeness(truth, made, round(REACH * rate))
    raw = np.full(len(truth), len(like.lags) // 2)
    column = best_lag(like, record)
    row = np.arange(len(truth))
    found = find_beats(made, target, rate)
    out: dict[str, NDArray[np.float64]] = {}
    zero, own = np.zeros(len(row)), beat_lag(reference, found, record)
    for name, at, lag in (("raw", raw, zero), ("aligned", column, own)):
        out[f"r {name}"], out[f"RMSE {name}"] = like.pearson[row, at], like.rmse[row, at]
        span = [(max(x, 0.0), n / rate + min(x, 0.0)) for x in lag]
        for tolerance in TOLERANCES:
            out[f"F1@{1000 * tolerance:.0f} ms {name}"] = np.array(
                [f1(reference[i], found[i] + lag[i], tolerance, span[i]) for i in row]
            )
    rates = np.array([median_rate(x) for x in found])
    true_rates = np.array([median_rate(x) for x in reference])
    out["HR MAE"] = np.abs(np.where(np.isfinite(rates), rates, usual_rate) - true_rates)
    return out, like.lags[column] / rate
