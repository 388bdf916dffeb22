"""Times, widths, areas and derivatives of the averaged pulse wave.

The pulses of a window are cut from foot to foot, freed of the line between their feet, scaled
to their own height and averaged by the median; contour analysis is then done on the one pulse
at 500 Hz. The preparation's 12-Hz band leaves the second derivative what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.hand.shape import likeness
from cardioprint.signal.resampling import resample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.beats import Pulses

FINE = 500.0
"""Hertz at which the averaged pulse is measured."""

LEVELS = (10, 25, 33, 50, 66, 75)
"""Per cent of the pulse height at which widths are measured."""

FEATURES: dict[str, dict[str, str]] = {
    "Alty et al. 2007": {
        "crest_ms": "ms, foot to systolic peak",
        "crest_share": "the same over the pulse's length",
    },
    "Kurylyak, Lamonaca & Grimaldi 2013 (after Awad et al. 2007)": {
        **{f"width_{p}_ms": f"ms, width at {p} % of the height" for p in LEVELS},
        **{f"systolic_{p}_ms": f"ms, part of it before the peak, {p} %" for p in LEVELS},
        **{f"width_ratio_{p}": f"part after over part before the peak, {p} %" for p in LEVELS},
    },
    "Wang et al. 2009": {
        "ipa": "inflection point area ratio: area after the notch over that before",
        "area_1": "share of the pulse's area, foot to steepest rise",
        "area_2": "share, steepest rise to peak",
        "area_3": "share, peak to notch",
        "area_4": "share, notch to next foot",
        "pulse_area": "mean height of the pulse over its peak",
    },
    "Chowienczyk et al. 1999": {
        "reflection_index": "height of the diastolic wave over the systolic",
        "notch_height": "height of the notch over the systolic peak",
    },
    "Millasseau et al. 2002": {
        "delta_t_ms": "ms, systolic peak to diastolic wave (stiffness index = height over it)",
        "notch_ms": "ms, foot to notch",
    },
    "Takazawa et al. 1998": {
        "b_a": "ratio of waves of the second derivative",
        "c_a": "likewise",
        "d_a": "likewise",
        "e_a": "likewise",
        "aging_index": "(b - c - d - e) / a",
    },
    "Baek et al. 2007": {"b_e_a": "(b - e) / a"},
    "Ahn 2017 (times of the waves)": {
        "a_ms": "ms, foot to a",
        "b_ms": "ms, a to b",
        "c_ms": "ms, a to c",
        "d_ms": "ms, a to d",
        "e_ms": "ms, a to e",
    },
    "Elgendi, Liang & Ward 2018 (first derivative)": {
        "rise_rate": "1/s, steepest rise over the height",
        "fall_rate": "1/s, steepest fall over the height",
        "rise_ms": "ms, foot to steepest rise",
    },
    "Lyu et al. 2015 (sVRI)": {"svri": "mean after over mean before the systolic peak"},
    "Lima & Bakker 2005 (perfusion index)": {"perfusion": "log per cent, pulse height over level"},
    "Sherebrin & Sherebrin 1990": {
        **{f"harmonic_{k}": f"amplitude of harmonic {k} over the first" for k in range(2, 7)},
    },
    "Shelley 2007 (beat-to-beat height)": {
        "height_cv": "SD over mean of pulse heights",
        "height_min": "lowest over median height",
        "height_max": "highest over median height",
        "height_step": "median absolute change between pulses over the median height",
        "foot_cv": "SD of the feet over the median height",
        "height_after_pause": "correlation of a pulse's height with the interval before it",
    },
    "Orphanidou et al. 2015 (pulses)": {
        "pulse_alike_median": "median correlation of pulses with the median pulse",
        "pulse_alike_min": "lowest such correlation",
    },
}
"""Paper -> feature -> meaning and unit."""


def pulses(
    x: NDArray, found: Pulses, rate: float, level: NDArray | None = None
) -> dict[str, float]:
    """Return the features of a window's pulses.

    Args:
        x: Filtered PPG, shape (time,).
        found: Its fiducials, samples.
        rate: Hertz.
        level: The signal before filtering, for the perfusion index; None: not known.
    """
    out = _heights(x, found, rate, level)
    averaged = average(x, found.onset, rate)
    if averaged is None:
        return out
    mean, alike = averaged
    out |= {
        "pulse_alike_median": float(np.median(alike)),
        "pulse_alike_min": float(alike.min()),
    }
    return out | contour(mean) | second_derivative(mean)


def average(
    x: NDArray, onset: NDArray[np.int64], rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return (median pulse at `FINE` hertz, scaled to peak 1; likeness of each pulse) or None."""
    length = np.diff(onset)
    if len(length) == 0:
        return None
    usual = int(np.median(length))
    kept = []
    for first, n in zip(onset[:-1], length, strict=True):
        if not 0.7 * usual <= n <= 1.5 * usual or first + usual > len(x):
            continue
        line = x[first] + (x[first + n] - x[first]) * np.arange(usual) / n
        pulse = x[first : first + usual] - line
        height = pulse.max()
        if height > 0:
            kept.append(pulse / height)
    if not kept or usual < 0.25 * rate:
        return None
    beats = np.stack(kept)
    mean = np.median(beats, axis=0)
    alike = likeness(beats, mean)
    good = alike > 0.8
    if good.sum() >= 2:
        mean = np.median(beats[good], axis=0)
    fine = resample(mean, rate, FINE)[1]
    top = fine.max()
    return (fine / top, alike) if top > 0 else None


def _heights(x: NDArray, found: Pulses, rate: float, level: NDArray | None) -> dict[str, float]:
    if len(found.onset) < 2:
        return {}
    feet = x[found.onset].astype(np.float64)
    height = x[found.systolic_peak] - feet
    middle = float(np.median(height))
    if middle <= 0:
        return {}
    out = {
        "height_cv": height.std() / height.mean() if height.mean() > 0 else np.nan,
        "height_min": height.min() / middle,
        "height_max": height.max() / middle,
        "height_step": np.median(np.abs(np.diff(height))) / middle,
        "foot_cv": feet.std() / middle,
    }
    before = np.diff(found.upslope) / rate
    if len(before) >= 3 and before.std() > 0 and height[1:].std() > 0:
        out["height_after_pause"] = float(np.corrcoef(before, height[1:])[0, 1])
    if level is not None and np.isfinite(level).any():
        still = abs(float(np.nanmedian(level)))
        if still > 0:
            out["perfusion"] = np.log(100 * middle / still)
    return out


def contour(pulse: NDArray[np.float64]) -> dict[str, float]:
    """Return times, widths, areas and harmonics of a pulse at `FINE` hertz with peak 1."""
    n, ms = len(pulse), 1000 / FINE
    peak = int(np.argmax(pulse[: max(int(0.7 * n), 2)]))
    if peak < 2 or n - peak < 10:
        return {}
    slope = np.gradient(pulse) * FINE
    steep = int(np.argmax(slope[: peak + 1]))
    out = {
        "crest_ms": peak * ms,
        "crest_share": peak / n,
        "rise_rate": float(slope[steep]),
        "fall_rate": float(slope[peak:].min()),
        "rise_ms": steep * ms,
    }
    for percent in LEVELS:
        above = pulse >= percent / 100 * pulse[peak]
        left = peak - int(np.argmin(above[: peak + 1][::-1]))
        right = peak + int(np.argmin(above[peak:])) if not above[peak:].all() else n
        out[f"width_{percent}_ms"] = (right - left) * ms
        out[f"systolic_{percent}_ms"] = (peak - left) * ms
        out[f"width_ratio_{percent}"] = (right - peak) / max(peak - left, 1)
    up = np.maximum(pulse, 0)
    area = up.sum() or np.nan
    notch = find_notch(pulse, peak)
    wave = notch + int(np.argmax(slope[notch : min(notch + round(0.3 * FINE), n)]))
    later = pulse[notch : min(notch + round(0.4 * FINE), n)]
    rises = later.max() > pulse[notch] + 1e-3
    diastole = notch + int(np.argmax(later)) if rises else wave
    out |= {
        "ipa": float(up[notch:].sum() / max(up[:notch].sum(), 1e-9)),
        "area_1": float(up[:steep].sum() / area),
        "area_2": float(up[steep:peak].sum() / area),
        "area_3": float(up[peak:notch].sum() / area),
        "area_4": float(up[notch:].sum() / area),
        "pulse_area": float(pulse.mean()),
        "reflection_index": float(pulse[diastole]),
        "notch_height": float(pulse[notch]),
        "delta_t_ms": (diastole - peak) * ms,
        "notch_ms": notch * ms,
        "svri": float(up[peak:].mean() / max(up[:peak].mean(), 1e-9)),
    }
    tone = np.abs(np.fft.rfft(pulse))[1:7]
    return out | {f"harmonic_{k}": float(tone[k - 1] / (tone[0] or np.nan)) for k in range(2, 7)}


def find_notch(pulse: NDArray[np.float64], peak: int) -> int:
    """Return the dicrotic notch: the strongest upward bend between 60 and 400 ms after the peak."""
    bend = np.gradient(np.gradient(pulse))
    first = min(peak + round(0.06 * FINE), len(pulse) - 2)
    stop = min(peak + round(0.40 * FINE), round(0.85 * len(pulse)))
    if stop <= first:
        return first
    return first + int(np.argmax(bend[first:stop]))


def second_derivative(pulse: NDArray[np.float64], rate: float = FINE) -> dict[str, float]:
    """Return the ratios and times of the waves a to e (Takazawa 1998).

    a is the highest point of the second derivative before the systolic peak, b the lowest
    after it; then c, d and e follow as local extremes within 450 ms of a. Where c and d have
    merged into a shoulder, both are the shoulder's value.
    """
    peak = int(np.argmax(pulse[: max(int(0.7 * len(pulse)), 2)]))
    curve = np.gradient(np.gradient(pulse))
    if peak < 2:
        return {}
    a = int(np.argmax(curve[: peak + 1]))
    stop = min(a + round(0.45 * rate), len(curve) - 1)
    b = a + int(np.argmin(curve[a : min(a + round(0.25 * rate), stop) + 1]))
    if curve[a] <= 0 or stop - b < 3:
        return {}
    turns = np.sign(np.diff(curve[b : stop + 1]))
    tops = b + 1 + np.flatnonzero((turns[:-1] > 0) & (turns[1:] <= 0))
    if len(tops) == 0:
        return {"b_a": float(curve[b] / curve[a]), "a_ms": 1000 * a / rate}
    if len(tops) >= 2:
        c = int(tops[0])
        e = int(tops[1:][np.argmax(curve[tops[1:]])])
        d = c + int(np.argmin(curve[c : e + 1]))
    else:
        e = int(tops[0])
        third = np.abs(np.gradient(curve))
        margin = max((e - b) // 5, 1)
        c = d = b + margin + int(np.argmin(third[b + margin : max(e - margin, b + margin + 1)]))
    ratio = {name: float(curve[i] / curve[a]) for name, i in zip("bcde", (b, c, d, e), strict=True)}
    times = {f"{n}_ms": 1000 * (i - a) / rate for n, i in zip("bcde", (b, c, d, e), strict=True)}
    return (
        {f"{n}_a": v for n, v in ratio.items()}
        | times
        | {
            "a_ms": 1000 * a / rate,
            "aging_index": ratio["b"] - ratio["c"] - ratio["d"] - ratio["e"],
            "b_e_a": ratio["b"] - ratio["e"],
        }
    )
