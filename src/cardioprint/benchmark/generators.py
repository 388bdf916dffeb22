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

RATE_EDGES = (0.0, 0.55, 0.65, 0.75, 0.85, 10.0)
"""Seconds: templates are kept apart by beat interval, since T waves and diastole move with it."""

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


def phases(at: NDArray[np.float64], n: int, rate: float) -> tuple[NDArray, NDArray]:
    """Return every sample's phase from 0 to 1 between beats, and the interval it lies in.

    Beats are continued beyond the window at the median interval; without two beats the phase is
    NaN.
    """
    time = np.arange(n) / rate
    if len(at) < 2:
        return np.full(n, np.nan), np.full(n, np.nan)
    step = float(np.median(np.diff(at)))
    before = at[0] - step * np.arange(np.ceil(max(at[0], 0) / step) + 1, 0, -1)
    left = max(n / rate - at[-1], 0)
    after = at[-1] + step * np.arange(1, np.ceil(left / step) + 2)
    at = np.concatenate((before, at, after))
    i = np.clip(np.searchsorted(at, time, side="right") - 1, 0, len(at) - 2)
    interval = at[i + 1] - at[i]
    return (time - at[i]) / interval, interval


def _bins(phase: NDArray, interval: NDArray) -> tuple[NDArray, NDArray]:
    point = np.minimum((np.nan_to_num(phase) * PHASES).astype(int), PHASES - 1)
    return point, np.clip(np.digitize(np.nan_to_num(interval), RATE_EDGES) - 1, 0, 4)


def person_templates(
    paired: Paired, index: NDArray[np.int64], target: str, placed: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]:
    """Return sums and counts of each person's target signal by interval and phase.

    Args:
        paired: The test set.
        index: Windows to learn from.
        target: "ecg" or "ppg".
        placed: Beat times of each window as the generator will know them.

    Returns:
        (sums, counts, people): the first two of shape (person, interval, phase).
    """
    row, rate = (0 if target == "ecg" else 1), paired.windows.sampling_rate
    people, person = np.unique(paired.subject[index], return_inverse=True)
    shape = (len(people), len(RATE_EDGES) - 1, PHASES)
    sums, counts = np.zeros(shape), np.zeros(shape)
    size = shape[1] * PHASES
    for who, i, at in zip(person, index, placed, strict=True):
        x = paired.windows.samples[i, row]
        phase, interval = phases(at, len(x), rate)
        seen = np.isfinite(phase)
        point, bin_ = _bins(phase, interval)
        flat = (bin_ * PHASES + point)[seen]
        sums[who] += np.bincount(flat, x[seen], size).reshape(shape[1:])
        counts[who] += np.bincount(flat, minlength=size).reshape(shape[1:])
    return sums, counts, people


def template(
    paired: Paired,
    index: NDArray[np.int64],
    target: str,
    lag: NDArray[np.float64],
    own_lag: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return the mean beat of other people at the source's beats, moved by a lag.

    The mean is taken around the beats of the source, not of the target, so that it is as sharp
    as the source's beat times deserve.

    Args:
        paired: The test set.
        index: Windows to generate.
        target: "ecg" (beats are upslopes minus lag) or "ppg" (R-peaks plus lag).
        lag: Seconds, shape (window,): what the generator is told.
        own_lag: Seconds, shape (window,): known of the other people it learns from.
    """
    rate, n = paired.windows.sampling_rate, paired.windows.samples.shape[2]
    source = paired.pulses if target == "ecg" else paired.r_peaks
    sign = -1 if target == "ecg" else 1
    known = [source[i] + sign * x for i, x in zip(index, own_lag, strict=True)]
    sums, counts, people = person_templates(paired, index, target, known)
    # Equal voices: the mean of people's means. Sparse bins borrow from all intervals.
    pooled = sums.sum(axis=1, keepdims=True) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    mean = (sums + 30 * pooled) / (counts + 30)
    voice = np.minimum(counts.mean(axis=2), 200) + 1.0
    out = np.zeros((len(index), n), np.float32)
    for who in range(len(people)):
        others = np.arange(len(people)) != who
        weight = voice[others] / voice[others].sum(axis=0)
        beat = np.einsum("pi,pif->if", weight, mean[others])
        for k in np.flatnonzero(paired.subject[index] == people[who]):
            phase, interval = phases(source[index[k]] + sign * lag[k], n, rate)
            if np.isfinite(phase).all():
                point, bin_ = _bins(phase, interval)
                out[k] = beat[bin_, point]
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
