"""Features of a waveform as a whole: its mean beat, its spectrum, its distribution."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 24
"""Points of the resampled mean beat."""

BANDS = {
    "ecg": (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 35, 40),
    "ppg": (0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12),
}
"""Hertz: edges of spectral bands within the preparation's pass bands."""


def _bands(modality: str) -> dict[str, str]:
    edges = BANDS[modality]
    return {
        f"power_{low:g}_{high:g}hz": f"log share of power from {low:g} to {high:g} Hz"
        for low, high in pairwise(edges)
    }


BEAT: dict[str, dict[str, str]] = {
    "Rompelman & Ros 1986 (coherent averaging)": {
        **{
            f"beat_{k:02d}": f"median beat, point {k} of {POINTS}: ECG in mV, PPG over its range"
            for k in range(POINTS)
        },
        "beat_size": "unit of the signal, range of the median beat",
    },
    "Orphanidou et al. 2015": {
        "alike_median": "median correlation of beats with the median beat",
        "alike_min": "lowest such correlation",
    },
}

SIGNAL: dict[str, dict[str, dict[str, str]]] = {
    modality: {
        "Clifford, Azuaje & McSharry 2006 (spectrum)": {
            **_bands(modality),
            "spectral_peak": "Hz, strongest frequency",
            "spectral_edge_95": "Hz, below which 95 % of the power lies",
        },
        "Inouye et al. 1991": {
            "spectral_entropy": "of the power within the band, over its maximum"
        },
        "Elgendi 2016": {
            "skewness": "third standardised moment",
            "kurtosis": "fourth standardised moment",
            "shannon_entropy": "of the values in 32 bins, over its maximum",
            "zero_crossings": "1/s, crossings of the mean",
        },
        "Hjorth 1970": {
            "activity": "log unit^2, variance",
            "mobility": "Hz, SD of the slope over that of the signal",
            "complexity": "mobility of the slope over that of the signal",
        },
        "Box & Jenkins 1970 (autocorrelation)": {
            "acf_peak": "highest autocorrelation beyond 0.25 s",
            "acf_lag": "seconds at which it lies",
        },
    }
    for modality in BANDS
}
"""Modality -> paper -> feature -> meaning and unit."""


def aligned(x: NDArray, at: NDArray[np.int64], before: int, after: int) -> NDArray[np.float64]:
    """Return the stretches around beats that lie inside the window, shape (beat, time)."""
    at = at[(at >= before) & (at + after <= len(x))]
    return x[at[:, None] + np.arange(-before, after)].astype(np.float64)


def likeness(beats: NDArray, mean: NDArray) -> NDArray[np.float64]:
    """Return the correlation of each beat with a mean beat, shape (beat,)."""
    centred = beats - beats.mean(axis=1, keepdims=True)
    target = mean - mean.mean()
    size = np.linalg.norm(centred, axis=1) * np.linalg.norm(target)
    return centred @ target / np.where(size > 0, size, np.inf)


def beat_shape(beats: NDArray[np.float64], *, scaled: bool) -> dict[str, float]:
    """Return the median beat at `POINTS` points, its size, and how far beats stray from it.

    Args:
        beats: Shape (beat, time), in their own unit.
        scaled: Whether the points are divided by the range, for a unit that means nothing.
    """
    if len(beats) == 0:
        return {}
    mean = np.median(beats, axis=0)
    size = float(np.ptp(mean))
    points = np.linspace(0, len(mean) - 1, POINTS)
    values = np.interp(points, np.arange(len(mean)), mean - np.median(mean))
    values /= (size or np.nan) if scaled else 1.0
    alike = likeness(beats, mean)
    out = {f"beat_{k:02d}": float(v) for k, v in enumerate(values)}
    return out | {
        "beat_size": size,
        "alike_median": float(np.median(alike)),
        "alike_min": float(alike.min()),
    }


def describe(x: NDArray, modality: str, rate: float) -> dict[str, float]:
    """Return spectrum, distribution and periodicity of a gap-free stretch.

    Args:
        x: Filtered samples, shape (time,).
        modality: "ecg" or "ppg".
        rate: Hertz.
    """
    x = np.asarray(x, np.float64) - x.mean()
    sd = x.std()
    if len(x) < rate or sd == 0:
        return {}
    z = x / sd
    slope, bend = np.diff(z), np.diff(z, n=2)
    mobility = slope.std()
    share = np.histogram(np.clip(z, -5, 5), 32)[0] / len(z)
    share = share[share > 0]
    out = {
        "skewness": (z**3).mean(),
        "kurtosis": (z**4).mean(),
        "shannon_entropy": -(share * np.log(share)).sum() / np.log(32),
        "zero_crossings": np.count_nonzero(np.diff(np.signbit(z))) * rate / len(z),
        "mobility": mobility * rate / (2 * np.pi),
        "complexity": bend.std() / mobility**2,
        "activity": 2 * np.log(sd),
    }
    return out | _periodicity(z, rate) | _spectrum(z, BANDS[modality], rate)


def _periodicity(z: NDArray, rate: float) -> dict[str, float]:
    n = len(z)
    acf = np.fft.irfft(np.abs(np.fft.rfft(z, 2 * n)) ** 2)[:n] / np.arange(n, 0, -1)
    first, stop = round(0.25 * rate), round(min(2.0 * rate, 0.6 * n))
    if stop <= first:
        return {}
    best = first + int(np.argmax(acf[first:stop]))
    return {"acf_peak": acf[best] / acf[0], "acf_lag": best / rate}


def _spectrum(z: NDArray, edges: tuple[float, ...], rate: float) -> dict[str, float]:
    size = 1 << max(11, (len(z) - 1).bit_length())
    power = np.abs(np.fft.rfft(z * np.hanning(len(z)), size)) ** 2
    frequency = np.fft.rfftfreq(size, 1 / rate)
    inside = (frequency >= edges[0]) & (frequency < edges[-1])
    share, frequency = power[inside] / power[inside].sum(), frequency[inside]
    out = {}
    for low, high in pairwise(edges):
        part = share[(frequency >= low) & (frequency < high)].sum()
        out[f"power_{low:g}_{high:g}hz"] = np.log(part + 1e-6)
    seen = share[share > 0]
    return out | {
        "spectral_entropy": -(seen * np.log(seen)).sum() / np.log(len(share)),
        "spectral_peak": frequency[np.argmax(share)],
        "spectral_edge_95": frequency[np.searchsorted(np.cumsum(share), 0.95)],
    }
