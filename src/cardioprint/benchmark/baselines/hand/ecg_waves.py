"""Intervals and amplitudes of the P wave, QRS complex and T wave, from one averaged beat.

Averaging first (a median over the beats that look alike) is what makes a single lead of ten
seconds measurable; the boundaries are then found on the one beat at 500 Hz.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.hand.shape import aligned, likeness
from cardioprint.signal.resampling import resample

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINE = 500.0
"""Hertz at which boundaries are looked for."""

FEATURES: dict[str, dict[str, str]] = {
    "Laguna et al. 1990 (QRS limits by slope)": {
        "qrs_ms": "ms, QRS duration",
        "r_time_ms": "ms, QRS onset to the R-peak",
        "slope_up": "mV/s, steepest rise in QRS",
        "slope_down": "mV/s, steepest fall in QRS",
    },
    "Kligfield et al. 2007 (AHA/ACC/HRS standards)": {
        "pr_ms": "ms, P onset to QRS onset",
        "p_ms": "ms, P duration",
        "q_mv": "mV, deepest point before R",
        "r_mv": "mV, R-peak",
        "s_mv": "mV, deepest point after R",
        "p_mv": "mV, P wave, signed",
        "t_mv": "mV, T wave, signed",
        "qrs_range_mv": "mV, highest less lowest point of QRS",
        "p_share": "P wave over QRS range",
        "t_share": "T wave over QRS range",
        "r_to_s": "log ratio of R height to S depth",
    },
    "Thygesen et al. 2018 (ST segment)": {
        "j_mv": "mV, level at the J point",
        "st60_mv": "mV, 60 ms after J",
        "st80_mv": "mV, 80 ms after J",
        "st_slope": "mV/s, J to J + 80 ms",
    },
    "Vazquez-Seisdedos et al. 2011 (T end by trapezium)": {
        "qt_ms": "ms, QRS onset to T end",
        "jt_ms": "ms, J point to T end",
        "tp_te_ms": "ms, T peak to T end",
        "rt_ms": "ms, R-peak to T peak",
    },
    "Bazett 1920": {"qtc_bazett_ms": "ms, QT over the root of RR"},
    "Fridericia 1920": {"qtc_fridericia_ms": "ms, QT over the cube root of RR"},
    "Merri et al. 1989 (T shape)": {
        "t_symmetry": "area of T before its peak over that after",
        "t_area": "mV ms, signed",
        "p_area": "mV ms, signed",
    },
    "Das et al. 2006 (fragmented QRS)": {"qrs_turns": "turning points within QRS"},
    "Wilson et al. 1934 (areas of the deflections)": {
        "qrs_area": "mV ms, signed area of QRS",
        "qrs_abs_area": "mV ms, area of QRS without sign",
        "qrs_balance": "signed over unsigned area",
        "qrs_t_concordance": "product of the signs and relative sizes of QRS and T areas",
        "qrs_energy": "share of the beat's energy in QRS",
        "t_energy": "share in the T wave",
        "p_energy": "share in the P wave",
    },
}
"""Paper -> feature -> meaning and unit."""


def waves(x: NDArray, at: NDArray[np.int64], rate: float) -> dict[str, float]:
    """Return intervals and amplitudes of the averaged beat of one lead.

    Args:
        x: Filtered ECG in mV, shape (time,).
        at: R-peaks, samples.
        rate: Hertz.
    """
    found = average(x, at, rate)
    return {} if found is None else measure(*found)


def average(
    x: NDArray, at: NDArray[np.int64], rate: float
) -> tuple[NDArray[np.float64], int, float] | None:
    """Return (median beat at `FINE` hertz, its R-peak, RR interval in seconds) or None."""
    if len(at) < 2:
        return None
    rr = float(np.median(np.diff(at))) / rate
    before, after = round(min(0.32, 0.45 * rr) * rate), round(min(0.60, 0.70 * rr) * rate)
    beats = aligned(x, at, before, after)
    if len(beats) == 0:
        return None
    mean = np.median(beats, axis=0)
    good = likeness(beats, mean) > 0.8  # an ectopic beat is not averaged into the others
    if good.sum() >= 2:
        mean = np.median(beats[good], axis=0)
    return resample(mean, rate, FINE)[1], round(before * FINE / rate), rr


def _ms(milliseconds: float) -> int:
    return round(milliseconds * FINE / 1000)


def measure(beat: NDArray[np.float64], r: int, rr: float) -> dict[str, float]:
    """Return the features of one beat at `FINE` hertz whose R-peak is sample `r`."""
    on, off = qrs_limits(beat, r)
    base = float(np.median(beat[max(on - _ms(30), 0) : max(on - _ms(8), 1)]))
    x = beat - base
    qrs = x[on : off + 1]
    step = 1000 / FINE
    slope = np.diff(x) * FINE
    peak = on + int(np.argmax(qrs))
    q = min(float(x[on : peak + 1].min()), 0.0)
    s = min(float(x[peak : off + 1].min()), 0.0)
    area, size = float(qrs.sum() * step), float(np.abs(qrs).sum() * step)
    reach = float(np.ptp(qrs)) or np.nan
    turns = np.diff(np.sign(np.where(np.abs(slope[on:off]) < 0.5, 0, slope[on:off])))
    level = [float(x[min(off + _ms(t), len(x) - 1)]) for t in (0, 60, 80)]
    out = {
        "qrs_ms": (off - on) * step,
        "r_time_ms": (r - on) * step,
        "slope_up": float(slope[on:off].max(initial=0)),
        "slope_down": float(slope[on:off].min(initial=0)),
        "q_mv": q,
        "r_mv": float(x[peak]),
        "s_mv": s,
        "qrs_range_mv": reach,
        "r_to_s": float(np.log((abs(x[peak]) + 0.02) / (abs(s) + 0.02))),
        "j_mv": level[0],
        "st60_mv": level[1],
        "st80_mv": level[2],
        "st_slope": (level[2] - level[0]) / 0.08,
        "qrs_turns": float(np.count_nonzero(np.abs(turns) == 2)),
        "qrs_area": area,
        "qrs_abs_area": size,
        "qrs_balance": area / size if size else np.nan,
    }
    energy = float((x**2).sum()) or np.nan
    out["qrs_energy"] = float((qrs**2).sum()) / energy
    out |= _p_wave(x, on, reach, energy)
    return out | _t_wave(x, r, on, off, rr, reach, energy, area)


def qrs_limits(beat: NDArray[np.float64], r: int) -> tuple[int, int]:
    """Return onset and J point: where the slope around R has been low for 12 ms."""
    slope = np.abs(np.gradient(beat))
    low, high = max(r - _ms(130), 1), min(r + _ms(130), len(beat) - 1)
    inside = slope[low:high]
    limit = max(0.06 * inside.max(initial=0.0), 2 * float(np.median(slope)))
    quiet = slope < limit
    run = _ms(12)
    on = low
    for i in range(r, low + run, -1):
        if quiet[i - run : i].all() and r - i >= _ms(16):
            on = i
            break
    off = high
    for i in range(r, high - run):
        if quiet[i : i + run].all() and i - r >= _ms(16):
            off = i
            break
    return on, off


def _p_wave(x: NDArray, on: int, reach: float, energy: float) -> dict[str, float]:
    first, stop = max(on - _ms(220), 0), on - _ms(12)
    if stop - first < _ms(60):
        return {}
    part = x[first:stop]
    line = np.linspace(np.median(part[: _ms(12)]), np.median(part[-_ms(12) :]), len(part))
    part = part - line
    top = int(np.argmax(np.abs(part)))
    height = float(part[top])
    inside = np.abs(part) >= 0.15 * abs(height)
    left = top - int(np.argmin(inside[: top + 1][::-1])) if not inside[: top + 1].all() else 0
    right = top + int(np.argmin(inside[top:])) if not inside[top:].all() else len(part)
    step = 1000 / FINE
    return {
        "pr_ms": (on - first - left) * step,
        "p_ms": (right - left) * step,
        "p_mv": height,
        "p_share": height / reach,
        "p_area": float(part[left:right].sum() * step),
        "p_energy": float((part[left:right] ** 2).sum()) / energy,
    }


def _t_wave(
    x: NDArray,
    r: int,
    on: int,
    off: int,
    rr: float,
    reach: float,
    energy: float,
    qrs_area: float,
) -> dict[str, float]:
    first = off + _ms(50)
    if len(x) - first < _ms(120):
        return {}
    top = first + int(np.argmax(np.abs(x[first : len(x) - _ms(40)])))
    height, step = float(x[top]), 1000 / FINE
    end = t_end(np.sign(height) * x, top)
    before, after = x[first:top], x[top:end]
    area = float(x[first:end].sum() * step)
    qt = (end - on) / FINE
    relative = area / (abs(area) + abs(qrs_area)) if area or qrs_area else np.nan
    return {
        "t_mv": height,
        "t_share": height / reach,
        "qt_ms": 1000 * qt,
        "jt_ms": (end - off) * step,
        "tp_te_ms": (end - top) * step,
        "rt_ms": (top - r) * step,
        "qtc_bazett_ms": 1000 * qt / np.sqrt(rr),
        "qtc_fridericia_ms": 1000 * qt / np.cbrt(rr),
        "t_symmetry": float(np.log((np.abs(before).sum() + 0.01) / (np.abs(after).sum() + 0.01))),
        "t_area": area,
        "t_energy": float((x[first:end] ** 2).sum()) / energy,
        "qrs_t_concordance": float(np.sign(qrs_area)) * relative,
    }


def t_end(x: NDArray[np.float64], top: int) -> int:
    """Return the end of an upright T wave: the corner of the largest trapezium after its peak.

    Vazquez-Seisdedos et al. 2011: between the steepest fall and a point on the baseline, the
    end is where the area of the trapezium with those two corners is largest.
    """
    stop = min(top + _ms(220), len(x) - 1)
    if stop - top < _ms(20):
        return stop
    steep = top + int(np.argmin(np.diff(x[top : min(top + _ms(140), stop) + 1])))
    i = np.arange(steep, stop)
    area = 0.5 * (x[steep] - x[i]) * (2 * stop - i - steep)
    return int(i[np.argmax(area)])
