"""The delay from R-peak to pulse of one recording: what makes an ECG and a PPG a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEARCHED_LAG = (0.06, 0.86)
"""Seconds: monitors add up to about 0.4 s to a physiological 0.15 to 0.4 s."""

NEAR = 0.06
"""Seconds by which a beat's delay may differ from the recording's."""

FEWEST_AGREEING = 0.6
"""Share of beats within `NEAR` of the recording's lag below which the pair is not trusted."""


def lag_of(r_peaks: NDArray[np.floating], rises: NDArray[np.floating]) -> tuple[float, float]:
    """Return (lag, agreement): the commonest delay from R-peak to upslope, and its share.

    A fast heart with a late monitor is ambiguous by one beat for any single beat; over many
    beats only the true delay gives one sharp line, which the highest point of the density finds.

    Args:
        r_peaks: Seconds, ascending.
        rises: Steepest upslopes, seconds, ascending.

    Returns:
        Seconds and the share of R-peaks with an upslope within 60 ms of that delay;
        (NaN, 0) with fewer than five beats.
    """
    if len(r_peaks) < 5 or len(rises) < 5:
        return float("nan"), 0.0
    delay = _delays(r_peaks, rises)
    if len(delay) == 0:
        return float("nan"), 0.0
    grid = np.arange(*SEARCHED_LAG, 0.004)
    sample = delay[:: max(1, len(delay) // 2000)]
    density = np.exp(-0.5 * ((grid[:, None] - sample[None, :]) / 0.02) ** 2).sum(axis=1)
    lag = float(grid[np.argmax(density)])
    lag = float(np.median(delay[np.abs(delay - lag) < NEAR]))
    return lag, float(followed(r_peaks, rises, lag).mean())


def followed(
    r_peaks: NDArray[np.floating], rises: NDArray[np.floating], lag: float
) -> NDArray[np.bool_]:
    """Return for each R-peak whether an upslope lies within `NEAR` of its time plus the lag."""
    if len(rises) == 0:
        return np.zeros(len(r_peaks), bool)
    due = np.asarray(r_peaks) + lag
    after = np.clip(np.searchsorted(rises, due), 0, len(rises) - 1)
    before = np.maximum(after - 1, 0)
    return np.minimum(np.abs(rises[after] - due), np.abs(rises[before] - due)) < NEAR


def _delays(r_peaks: NDArray[np.floating], rises: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return all delays inside `SEARCHED_LAG`; memory grows with the beats, not their square."""
    first = np.searchsorted(rises, r_peaks + SEARCHED_LAG[0], side="right")
    stop = np.searchsorted(rises, r_peaks + SEARCHED_LAG[1], side="left")
    count = np.maximum(stop - first, 0)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return rises[np.repeat(first, count) + within] - np.repeat(r_peaks, count)
