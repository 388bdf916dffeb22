"""Hand-made features of a prepared window: what a model has to beat.

Numbers a textbook would compute, in groups that name their papers. A missing one is NaN; the
probe's pipeline fills it with the median of its training fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.signal import beats

if TYPE_CHECKING:
    from numpy.typing import NDArray

RHYTHM = 9
"""Leading features that ECG and PPG have in common and that may be compared across them."""

SHAPE_POINTS = 24
"""Points of the resampled mean beat."""

ECG_BANDS = (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 35, 40)
PPG_BANDS = (0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12)
"""Hertz: edges of spectral bands."""


def describe(x: NDArray[np.float32], modality: str, sampling_rate: float) -> NDArray[np.float32]:
    """Return the features of one window of one modality.

    Args:
        x: Normalised samples that were measured, shape (time,).
        modality: "ecg" or "ppg".
        sampling_rate: Hertz.
    """
    rate = sampling_rate
    with np.errstate(all="ignore"):
        if modality == "ecg":
            at = beats.find_r_peaks(x, rate)
            groups = [
                rhythm(at / rate, len(x) / rate),
                beat_shape(x, at, round(0.25 * rate), round(0.45 * rate)),
                ecg_waves(x, at, rate),
                spectrum(x, ECG_BANDS, rate),
                moments(x),
            ]
        else:
            found = beats.find_pulses(x, rate)
            groups = [
                rhythm(found.upslope / rate, len(x) / rate),
                beat_shape(x, found.onset, 0, round(0.75 * rate)),
                pulse_waves(x, found, rate),
                spectrum(x, PPG_BANDS, rate),
                moments(x),
            ]
    out = np.concatenate(groups).astype(np.float32)
    out[~np.isfinite(out)] = np.nan
    return out


def rhythm(at: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """Return rate and variability of beat times (Task Force of ESC and NASPE 1996)."""
    out = np.full(RHYTHM, np.nan)
    out[-1] = 60 * len(at) / seconds
    if len(at) < 3:
        return out
    rr = np.diff(at)
    step = np.abs(np.diff(rr))
    out[:8] = (
        60 / np.median(rr),
        60 / rr.mean(),
        rr.std(),
        np.sqrt((step**2).mean()),
        (step > 0.05).mean(),
        rr.min() / np.median(rr),
        rr.max() / np.median(rr),
        np.median(step) / np.median(rr),
    )
    return out


def beat_shape(x: NDArray, at: NDArray[np.int64], before: int, after: int) -> NDArray[np.float64]:
    """Return the median beat at `SHAPE_POINTS` points, how far beats stray from it, and its size.

    The mean beat is what the PhysioNet challenges' baselines describe (Clifford 2017).
    """
    out = np.full(SHAPE_POINTS + 3, np.nan)
    at = at[(at >= before) & (at + after < len(x))]
    if len(at) == 0:
        return out
    cut = x[at[:, None] + np.arange(-before, after)].astype(np.float64)
    mean = np.median(cut, axis=0)
    points = np.linspace(0, before + after - 1, SHAPE_POINTS)
    out[:SHAPE_POINTS] = np.interp(points, np.arange(before + after), mean)
    centred = cut - cut.mean(axis=1, keepdims=True)
    unit = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9)
    target = mean - mean.mean()
    alike = unit @ (target / (np.linalg.norm(target) + 1e-9))
    out[SHAPE_POINTS:] = np.median(alike), alike.min(), np.ptp(mean)
    return out


def ecg_waves(x: NDArray, at: NDArray[np.int64], rate: float) -> NDArray[np.float64]:
    """Return sizes of QRS, P and T and the QRS width at half height (Pan & Tompkins 1985)."""
    out = np.full(8, np.nan)
    before, after = round(0.25 * rate), round(0.45 * rate)
    at = at[(at >= before) & (at + after < len(x))]
    if len(at) == 0:
        return out
    mean = np.median(x[at[:, None] + np.arange(-before, after)], axis=0)
    ms = rate / 1000
    qrs = mean[before - round(60 * ms) : before + round(60 * ms)]
    p = mean[before - round(220 * ms) : before - round(70 * ms)]
    t = mean[before + round(140 * ms) : before + round(420 * ms)]
    st = mean[before + round(70 * ms) : before + round(110 * ms)]
    base = np.median(mean[before - round(80 * ms) : before - round(50 * ms)])
    height = np.abs(qrs - base)
    out[:] = (
        qrs.max() - base,
        qrs.min() - base,
        (height > 0.5 * height.max()).sum() / rate,
        p.max() - base,
        t.max() - base,
        t.min() - base,
        (int(np.argmax(np.abs(t - base))) + round(140 * ms)) / rate,
        st.mean() - base,
    )
    return out


def pulse_waves(x: NDArray, found: beats.Pulses, rate: float) -> NDArray[np.float64]:
    """Return rise time, widths, areas and derivative ratios of the mean pulse.

    Widths after Awad 2007; second-derivative ratios after Takazawa 1998.
    """
    out = np.full(10, np.nan)
    onset, peak = found.onset, found.systolic_peak
    if len(onset) < 2:
        return out
    length = np.diff(onset)
    height = x[peak] - x[onset]
    widths = []
    for level in (0.25, 0.5, 0.75):
        wide = [
            (x[a:b] > x[a] + level * h).mean()
            for a, b, h in zip(onset[:-1], onset[1:], height[:-1], strict=True)
            if b > a
        ]
        widths.append(np.median(wide) if wide else np.nan)
    area = [
        (x[p:b] - x[a]).sum() / max((x[a:p] - x[a]).sum(), 1e-3)
        for a, p, b in zip(onset[:-1], peak[:-1], onset[1:], strict=True)
        if p > a
    ]
    span = max(round(0.4 * rate), 5)
    onset = onset[onset + span < len(x)]
    second = np.full(2, np.nan)
    if len(onset):
        curve = np.gradient(np.gradient(np.median(x[onset[:, None] + np.arange(span)], axis=0)))
        top = int(np.argmax(curve[: span // 2]))
        second[:] = curve[top:].min() / curve[top], curve[span // 2 :].max() / curve[top]
    out[:] = (
        np.median(peak - found.onset) / rate,
        np.median((peak - found.onset)[:-1] / np.maximum(length, 1)),
        *widths,
        np.median(area) if area else np.nan,
        *second,
        np.median(height),
        height.std() / height.mean(),
    )
    return out


def spectrum(x: NDArray, edges: tuple[float, ...], rate: float) -> NDArray[np.float64]:
    """Return log shares of power in bands, spectral entropy, and the strongest frequency."""
    power = np.abs(np.fft.rfft(x * np.hanning(len(x)), 2048)) ** 2
    frequency = np.fft.rfftfreq(2048, 1 / rate)
    inside = (frequency >= edges[0]) & (frequency < edges[-1])
    share = power / (power[inside].sum() + 1e-12)
    bands = np.add.reduceat(share, np.searchsorted(frequency, edges))[:-1]
    p = share[inside] / (share[inside].sum() + 1e-12)
    entropy = -(p * np.log(p + 1e-12)).sum()
    return np.append(np.log(bands + 1e-6), (entropy, frequency[inside][np.argmax(share[inside])]))


def moments(x: NDArray) -> NDArray[np.float64]:
    """Return skewness, kurtosis (Elgendi 2016), Hjorth's mobility and complexity (1970), ACF."""
    x = x - x.mean()
    sd = x.std() + 1e-9
    d, dd = np.diff(x), np.diff(x, n=2)
    mobility = d.std() / sd
    n = len(x)
    acf = np.fft.irfft(np.abs(np.fft.rfft(x, 2 * n)) ** 2)[: n // 2]
    acf = acf / (acf[0] + 1e-9)
    first = min(25, len(acf) - 1)
    best = first + int(np.argmax(acf[first:]))
    return np.array(
        [
            ((x / sd) ** 3).mean(),
            ((x / sd) ** 4).mean(),
            mobility,
            dd.std() / (d.std() + 1e-9) / (mobility + 1e-9),
            acf[best],
            best,
            np.median(np.abs(x)),
        ]
    )
