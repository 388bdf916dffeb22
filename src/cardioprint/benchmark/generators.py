"""Trivial generators of one modality from the other: no learning beyond a mean.

Everything a generator takes from other windows comes from other people. Each may scale its
output by the one gain that fits other people best, so that none is punished for its amplitude.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.sets import Paired

LAG_RANGE = (0.05, 0.95)
"""Seconds after an R-peak in which its pulse's upslope is looked for."""

PHASES = 128
"""Points of the template from one beat to the next."""

GRID = 0.008
"""Seconds between candidate lags."""


def record_lags(paired: Paired, index: NDArray[np.int64]) -> dict[int, float]:
    """Return each record's most common delay from R-peak to steepest upslope, seconds.

    The mode of all delays in `LAG_RANGE`, not only those to the next pulse: at a high rate the
    next pulse is the previous beat's.
    """
    grid = np.arange(*LAG_RANGE, GRID)
    out = {}
    for record in np.unique(paired.record[index]):
        delays = []
        for i in index[paired.record[index] == record]:
            d = paired.pulses[i][None, :] - paired.r_peaks[i][:, None]
            delays.append(d[(d > LAG_RANGE[0]) & (d < LAG_RANGE[1])])
        delay = np.concatenate(delays)
        if len(delay) == 0:
            continue
        density = np.histogram(delay, np.append(grid, LAG_RANGE[1]))[0].astype(float)
        smooth = np.convolve(density, np.exp(-0.5 * (np.arange(-6, 7) / 2.5) ** 2), "same")
        near = delay[np.abs(delay - grid[np.argmax(smooth)] - GRID / 2) < 0.06]
        out[int(record)] = float(np.median(near)) if len(near) else float(np.median(delay))
    return out


def usual_lags(paired: Paired, index: NDArray[np.int64], lags: dict[int, float]) -> NDArray:
    """Return, for each window of `index`, the median lag of the records of other people."""
    owner = {r: paired.subject[paired.record == r][0] for r in lags}
    by_person = {
        s: float(np.median([lag for r, lag in lags.items() if owner[r] != s]))
        for s in np.unique(paired.subject[index])
    }
    return np.array([by_person[s] for s in paired.subject[index]])


def phases(at: NDArray[np.float64], n: int, rate: float) -> NDArray[np.int64] | None:
    """Return in which of `PHASES` steps from one beat to the next every sample lies.

    Beats are continued beyond the window at the median interval. None without two beats.
    """
    time = np.arange(n) / rate
    if len(at) < 2:
        return None
    step = float(np.median(np.diff(at)))
    before = at[0] - step * np.arange(np.ceil(max(at[0], 0) / step) + 1, 0, -1)
    left = max(n / rate - at[-1], 0)
    at = np.concatenate((before, at, at[-1] + step * np.arange(1, np.ceil(left / step) + 2)))
    i = np.clip(np.searchsorted(at, time, side="right") - 1, 0, len(at) - 2)
    return np.minimum((time - at[i]) / (at[i + 1] - at[i]) * PHASES, PHASES - 1).astype(int)


def template(
    paired: Paired,
    index: NDArray[np.int64],
    target: str,
    lag: NDArray[np.float64],
    own_lag: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return the mean beat of other people at the source's beats, moved by a lag.

    The mean is taken around the beats of the source, not of the target, so that it is as sharp
    as the source's beat times deserve, and over people's means, so that all have one voice.

    Args:
        paired: The test set.
        index: Windows to generate.
        target: "ecg" (beats are upslopes minus lag) or "ppg" (R-peaks plus lag).
        lag: Seconds, shape (window,): what the generator is told.
        own_lag: Seconds, shape (window,): known of the other people it learns from.
    """
    row, rate = (0 if target == "ecg" else 1), paired.windows.sampling_rate
    truth = paired.windows.samples[index, row]
    source = paired.pulses if target == "ecg" else paired.r_peaks
    sign = -1 if target == "ecg" else 1
    people, person = np.unique(paired.subject[index], return_inverse=True)
    sums, counts = np.zeros((2, len(people), PHASES))
    for who, i, x, own in zip(person, index, truth, own_lag, strict=True):
        phase = phases(source[i] + sign * own, len(x), rate)
        if phase is not None:
            sums[who] += np.bincount(phase, x, PHASES)
            counts[who] += np.bincount(phase, minlength=PHASES)
    mean = sums / np.maximum(counts, 1)
    beat = (mean.sum(axis=0) - mean) / max(len(people) - 1, 1)  # of everybody else
    out = np.zeros_like(truth)
    for k, (who, i) in enumerate(zip(person, index, strict=True)):
        phase = phases(source[i] + sign * lag[k], truth.shape[1], rate)
        if phase is not None:
            out[k] = beat[who][phase]
    return out


def others_mean(truth: NDArray[np.float32], subject: NDArray[np.str_]) -> NDArray[np.float32]:
    """Return the mean target window of other people, for every window."""
    people, person = np.unique(subject, return_inverse=True)
    sums = np.stack([truth[person == p].sum(axis=0) for p in range(len(people))])
    counts = np.bincount(person)
    total = (sums.sum(axis=0) - sums) / (counts.sum() - counts)[:, None]
    return total[person].astype(np.float32)


def nearest(
    features: NDArray[np.float32], truth: NDArray[np.float32], subject: NDArray[np.str_]
) -> NDArray[np.float32]:
    """Return the target window of the other person whose source window has the nearest features.

    Args:
        features: z-scored hand features of the source, shape (window, feature).
        truth: Target windows.
        subject: Person of each window.
    """
    squared = (features**2).sum(axis=1)
    distance = squared[:, None] + squared[None] - 2 * features @ features.T
    distance[subject[:, None] == subject[None]] = np.inf
    return truth[np.argmin(distance, axis=1)]


def with_gain(
    made: NDArray[np.float32], truth: NDArray[np.float32], subject: NDArray[np.str_]
) -> NDArray[np.float32]:
    """Scale by the gain that fits other people's windows best, at least 0."""
    people, person = np.unique(subject, return_inverse=True)
    both = np.bincount(person, (made * truth).sum(axis=1), len(people))
    own = np.bincount(person, (made * made).sum(axis=1), len(people))
    gain = np.maximum((both.sum() - both) / np.maximum(own.sum() - own, 1e-9), 0)
    # A gain of 0 would leave no beats to find: keep a trace of the wave.
    return (made * np.maximum(gain, 0.02)[person][:, None]).astype(np.float32)


def delayed(
    made: NDArray[np.float32], seconds: NDArray[np.float64], rate: float
) -> NDArray[np.float32]:
    """Return windows moved later by some seconds each (earlier where negative), 0 moving in."""
    at = np.arange(made.shape[1])[None] - np.round(seconds * rate).astype(int)[:, None]
    inside = (at >= 0) & (at < made.shape[1])
    moved = np.take_along_axis(made, np.clip(at, 0, made.shape[1] - 1), axis=1)
    return np.where(inside, moved, 0).astype(np.float32)
