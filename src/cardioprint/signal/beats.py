"""Heart beats in prepared signals: R-peaks, pulse onsets, systolic peaks, arrival times.

Both detectors compare a moving average as long as the wave with one as long as the beat
(Elgendi, Jonkman & De Boer 2010 for the QRS complex; Elgendi et al. 2013 for the systolic
wave). They have no hidden state and a finite reach, so that blocks of a long record give the
beats of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy import signal as sps

if TYPE_CHECKING:
    from numpy.typing import NDArray

QRS_WAVE, QRS_BEAT, QRS_OFFSET = 0.097, 0.611, 0.08
"""Seconds, seconds, fraction of the mean energy (Elgendi 2010, table of optimised values)."""

PULSE_WAVE, PULSE_BEAT, PULSE_OFFSET = 0.111, 0.667, 0.02
"""Seconds, seconds, fraction of the mean energy (Elgendi 2013, figure 7)."""

QRS_BAND = (8.0, 20.0)
"""Hertz (Elgendi 2010)."""

REFRACTORY = 0.25
"""Seconds between beats: 240 beats/min, above which conduction is not 1:1."""

LOCAL = 6.0
"""Seconds of the moving mean that sets the offset; the papers take the whole record, which
one artefact would spoil and a stream does not have."""

LONGEST_ARRIVAL = 0.9
"""Seconds after an R-peak in which its pulse is looked for; monitors may delay PPG by 0.3 s."""


@dataclass(frozen=True, kw_only=True)
class Pulses:
    """Fiducials of the PPG, one entry a beat, in samples (fractional never).

    Attributes:
        onset: Foot of the pulse: the minimum before the steepest upslope.
        upslope: Steepest rise.
        systolic_peak: Maximum of the systolic wave.
    """

    onset: NDArray[np.int64]
    upslope: NDArray[np.int64]
    systolic_peak: NDArray[np.int64]


@lru_cache(maxsize=8)
def _qrs_kernel(sampling_rate: float) -> NDArray[np.float64]:
    taps = round(0.5 * sampling_rate) | 1
    kernel = sps.firwin(taps, QRS_BAND, pass_zero=False, window="hamming", fs=sampling_rate)
    return np.asarray(kernel)


def _moving_mean(x: NDArray[np.float64], seconds: float, rate: float) -> NDArray[np.float64]:
    return ndimage.uniform_filter1d(x, max(1, round(seconds * rate)) | 1, mode="nearest")


def _blocks(
    energy: NDArray[np.float64], rate: float, wave: float, beat: float, offset: float
) -> list[tuple[int, int]]:
    """Return the stretches in which the wave's mean energy exceeds the beat's."""
    threshold = _moving_mean(energy, beat, rate) + offset * _moving_mean(energy, LOCAL, rate)
    above = _moving_mean(energy, wave, rate) > threshold
    edges = np.flatnonzero(np.diff(np.concatenate(([False], above, [False])).astype(np.int8)))
    return [(a, b) for a, b in edges.reshape(-1, 2) if b - a >= wave * rate * 0.8]


def _drop_close(at: NDArray[np.int64], height: NDArray[np.float64], apart: float) -> NDArray:
    """Keep the higher of two beats closer than `apart` samples."""
    keep = np.ones(len(at), bool)
    last = -1
    for i in range(len(at)):
        if last >= 0 and at[i] - at[last] < apart:
            if height[i] > height[last]:
                keep[last] = False
                last = i
            else:
                keep[i] = False
        else:
            last = i
    return keep


def find_r_peaks(ecg: NDArray[np.floating], sampling_rate: float) -> NDArray[np.int64]:
    """Find R-peaks by two moving averages (Elgendi, Jonkman & De Boer 2010).

    Args:
        ecg: Prepared ECG, shape (time,); any polarity and unit; 0 where invalid.
        sampling_rate: Hertz.

    Returns:
        Sample indices, ascending. Empty where there is no beat; never an error.
    """
    ecg = np.asarray(ecg, dtype=np.float64)
    if len(ecg) < sampling_rate or not np.any(ecg):
        return np.zeros(0, np.int64)
    sharp = sps.oaconvolve(ecg, _qrs_kernel(sampling_rate), mode="same")
    energy = sharp**2
    blocks = _blocks(energy, sampling_rate, QRS_WAVE, QRS_BEAT, QRS_OFFSET)
    if not blocks:
        return np.zeros(0, np.int64)
    peaks, heights = [], []
    for first, stop in blocks:
        i = first + int(np.argmax(energy[first:stop]))
        heights.append(energy[i])
        peaks.append(i)
    at, height = np.array(peaks), np.array(heights)
    # A T wave of a tall beat may pass the local threshold: it is weak beside its neighbours.
    keep = height > 0.08 * _neighbours(at, height)
    at, height = at[keep], height[keep]
    at = at[_drop_close(at, height, REFRACTORY * sampling_rate)]
    return _to_extremum(ecg, at, round(0.06 * sampling_rate))


def _neighbours(at: NDArray[np.int64], height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median height of the nine beats around each beat."""
    if len(height) < 3:
        return height
    return ndimage.median_filter(height, size=9, mode="nearest")


def _to_extremum(x: NDArray[np.float64], at: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
    """Move each beat to the nearby extremum of the polarity most beats have."""
    if len(at) == 0:
        return at.astype(np.int64)
    around = at[:, None] + np.arange(-reach, reach + 1)
    around = np.clip(around, 0, len(x) - 1)
    wave = x[around] - np.median(x[around], axis=1, keepdims=True)
    sign = 1.0 if np.median(wave.max(1)) >= 0.8 * np.median(-wave.min(1)) else -1.0
    best = np.argmax(sign * wave, axis=1)
    return np.unique(around[np.arange(len(at)), best]).astype(np.int64)


def find_pulses(ppg: NDArray[np.floating], sampling_rate: float) -> Pulses:
    """Find systolic waves by two moving averages (Elgendi et al. 2013), then their feet.

    Args:
        ppg: Prepared PPG with upward systole, shape (time,); 0 where invalid.
        sampling_rate: Hertz.

    Returns:
        The fiducials, ascending. Empty where there is no beat; never an error.
    """
    empty = np.zeros(0, np.int64)
    ppg = np.asarray(ppg, dtype=np.float64)
    if len(ppg) < sampling_rate or not np.any(ppg):
        return Pulses(onset=empty, upslope=empty, systolic_peak=empty)
    energy = np.maximum(ppg, 0) ** 2
    blocks = _blocks(energy, sampling_rate, PULSE_WAVE, PULSE_BEAT, PULSE_OFFSET)
    at = np.array([a + int(np.argmax(ppg[a:b])) for a, b in blocks], np.int64)
    if len(at) == 0:
        return Pulses(onset=empty, upslope=empty, systolic_peak=empty)
    at = at[ppg[at] > 0.15 * _neighbours(at, ppg[at])]
    at = at[_drop_close(at, ppg[at], REFRACTORY * sampling_rate)]
    reach = round(0.45 * sampling_rate)
    slope = np.gradient(ppg)
    onset, upslope = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    for i, peak in enumerate(at):
        first = max(peak - reach, at[i - 1] + 1 if i else 0, 0)
        upslope[i] = first + int(np.argmax(slope[first : peak + 1]))
        onset[i] = first + int(np.argmin(ppg[first : upslope[i] + 1]))
    return Pulses(onset=onset, upslope=upslope, systolic_peak=at)


def heart_rate(beats: NDArray[np.integer], sampling_rate: float) -> float:
    """Return beats per minute from the median interval; NaN with fewer than three beats."""
    if len(beats) < 3:
        return float("nan")
    return float(60 * sampling_rate / np.median(np.diff(beats)))


def arrival_times(
    r_peaks: NDArray[np.integer], fiducials: NDArray[np.integer], sampling_rate: float
) -> NDArray[np.float64]:
    """Return the pulse arrival time (PAT) of each R-peak.

    PAT runs from the R-peak to a PPG fiducial and includes the pre-ejection period. A monitor's
    processing delay is part of it and cannot be told from physiology.

    Args:
        r_peaks: Sample indices.
        fiducials: Sample indices of onsets, upslopes or systolic peaks.
        sampling_rate: Hertz.

    Returns:
        Seconds, shape (r_peak,); NaN where no pulse follows before `LONGEST_ARRIVAL`.
    """
    out = np.full(len(r_peaks), np.nan)
    if len(fiducials) == 0:
        return out
    nxt = np.searchsorted(fiducials, r_peaks, side="right")
    has = nxt < len(fiducials)
    wait = (np.asarray(fiducials)[nxt[has]] - np.asarray(r_peaks)[has]) / sampling_rate
    out[has] = np.where(wait <= LONGEST_ARRIVAL, wait, np.nan)
    return out
