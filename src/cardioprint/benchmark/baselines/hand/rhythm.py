"""Heart rate, its variability and its irregularity, from beat times of ECG or PPG.

Ten seconds hold about a dozen intervals: what needs more (low-frequency power) is NaN there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEATURES: dict[str, dict[str, str]] = {
    "Task Force of ESC and NASPE 1996": {
        "hr_median": "beats/min, from the median interval",
        "hr_mean": "beats/min, from the mean interval",
        "beats_per_min": "beats/min, beats found over the window's length",
        "sdnn_ms": "ms, SD of the intervals",
        "rmssd_ms": "ms, root mean square of successive differences",
        "pnn20": "share of successive differences above 20 ms",
        "pnn50": "share of successive differences above 50 ms",
        "cv_rr": "SD over mean of the intervals",
        "hf_power": "log ms^2, 0.15-0.4 Hz; windows of 8 s or more",
        "lf_power": "log ms^2, 0.04-0.15 Hz; windows of 25 s or more",
        "lf_hf": "log ratio of the two",
    },
    "Brennan, Palaniswami & Kamen 2001": {
        "sd1_ms": "ms, spread across the identity line of the Poincare plot",
        "sd2_ms": "ms, spread along it",
        "sd1_sd2": "their ratio",
    },
    "Richman & Moorman 2000": {
        "sample_entropy": "nats, m = 1, r = 0.2 SD; windows of 6 intervals or more",
    },
    "Lake & Moorman 2011": {
        "cosen": "nats, coefficient of sample entropy, m = 1, r = 30 ms",
    },
    "Dash, Chon, Lu & Raeder 2009": {
        "turning_points": "share of intervals that are local extremes (random: 2/3)",
        "rr_entropy": "Shannon entropy of the intervals in eight bins, over its maximum",
    },
    "de Chazal, O'Dwyer & Reilly 2004": {
        "rr_min": "shortest over median interval",
        "rr_max": "longest over median interval",
        "prematurity": "smallest ratio of an interval to the one before",
        "pause": "largest ratio of an interval to the one before",
        "early_share": "share of intervals below 0.85 of the median",
        "late_share": "share of intervals above 1.15 of the median",
        "early_then_late": "share of early intervals followed by a late one",
    },
    "Tateno & Glass 2001": {
        "step_median": "median absolute successive difference over the median interval",
        "step_iqr": "interquartile range of successive differences over the median interval",
    },
}
"""Paper -> feature -> meaning and unit."""

TACHOGRAM_RATE = 4.0
"""Hertz at which intervals are interpolated for their spectrum (Task Force 1996)."""

COSEN_TOLERANCE = 0.03
"""Seconds (Lake & Moorman 2011)."""


def rhythm(at: NDArray[np.floating], seconds: float) -> dict[str, float]:
    """Return the features of beat times.

    Args:
        at: Seconds, ascending.
        seconds: Length of what was measured.
    """
    out = {"beats_per_min": 60 * len(at) / seconds}
    if len(at) < 3:
        return out
    rr = np.diff(at)
    step, middle = np.diff(rr), float(np.median(rr))
    out.update(
        hr_median=60 / middle,
        hr_mean=60 / rr.mean(),
        sdnn_ms=1000 * rr.std(),
        rmssd_ms=1000 * np.sqrt((step**2).mean()),
        pnn20=(np.abs(step) > 0.02).mean(),
        pnn50=(np.abs(step) > 0.05).mean(),
        cv_rr=rr.std() / rr.mean(),
        rr_min=rr.min() / middle,
        rr_max=rr.max() / middle,
        step_median=np.median(np.abs(step)) / middle,
        step_iqr=np.subtract(*np.percentile(step, [75, 25])) / middle,
    )
    return out | _poincare(rr) | _ectopy(rr, middle) | _entropy(rr) | _power(at[1:], rr, seconds)


def _poincare(rr: NDArray) -> dict[str, float]:
    across = 1000 * np.std(np.diff(rr)) / np.sqrt(2)
    along = 1000 * np.std(rr[1:] + rr[:-1]) / np.sqrt(2)
    return {"sd1_ms": across, "sd2_ms": along, "sd1_sd2": across / along if along else np.nan}


def _ectopy(rr: NDArray, middle: float) -> dict[str, float]:
    ratio = rr[1:] / rr[:-1]
    early, late = rr < 0.85 * middle, rr > 1.15 * middle
    return {
        "prematurity": ratio.min(),
        "pause": ratio.max(),
        "early_share": early.mean(),
        "late_share": late.mean(),
        "early_then_late": (early[:-1] & late[1:]).sum() / max(early.sum(), 1),
    }


def _entropy(rr: NDArray) -> dict[str, float]:
    out = {}
    inner = rr[1:-1]
    if len(inner):
        turns = (inner > np.maximum(rr[:-2], rr[2:])) | (inner < np.minimum(rr[:-2], rr[2:]))
        out["turning_points"] = turns.mean()
    if len(rr) >= 4:
        share = np.histogram(rr, 8, (rr.min() - 1e-9, rr.max() + 1e-9))[0] / len(rr)
        share = share[share > 0]
        out["rr_entropy"] = -(share * np.log(share)).sum() / np.log(8)
    if len(rr) >= 6:
        out["sample_entropy"] = sample_entropy(rr, 1, 0.2 * rr.std())
        quadratic = sample_entropy(rr, 1, COSEN_TOLERANCE)
        out["cosen"] = quadratic + np.log(2 * COSEN_TOLERANCE) - np.log(rr.mean())
    return out


def sample_entropy(x: NDArray[np.floating], m: int, r: float) -> float:
    """Return -log of how often runs of m alike values stay alike for one more.

    Where no run of m + 1 is alike, the largest value that the length allows is returned
    (Richman & Moorman 2000, section on the bounds).
    """

    def alike(length: int) -> int:
        runs = np.lib.stride_tricks.sliding_window_view(x, length)[: len(x) - m]
        apart = np.abs(runs[:, None] - runs[None]).max(axis=2)
        return int((apart <= r).sum()) - len(runs)

    longer, shorter = alike(m + 1), alike(m)
    n = len(x) - m
    if longer == 0 or shorter == 0:
        return float(np.log(n * (n - 1) / 2)) if n > 2 else np.nan
    return float(np.log(shorter / longer))


def _power(at: NDArray, rr: NDArray, seconds: float) -> dict[str, float]:
    if seconds < 8 or len(rr) < 5:
        return {}
    grid = np.arange(at[0], at[-1], 1 / TACHOGRAM_RATE)
    if len(grid) < 16:
        return {}
    x = 1000 * np.interp(grid, at, rr)
    x = (x - np.polyval(np.polyfit(grid, x, 1), grid)) * np.hanning(len(x))
    power = np.abs(np.fft.rfft(x, 512)) ** 2 / (TACHOGRAM_RATE * (np.hanning(len(x)) ** 2).sum())
    frequency = np.fft.rfftfreq(512, 1 / TACHOGRAM_RATE)

    def band(low: float, high: float) -> float:
        inside = (frequency >= low) & (frequency < high)
        return float(np.log(2 * power[inside].sum() * frequency[1] + 1e-3))

    out = {"hf_power": band(0.15, 0.4)}
    if seconds >= 25:
        out["lf_power"] = band(0.04, 0.15)
        out["lf_hf"] = out["lf_power"] - out["hf_power"]
    return out
