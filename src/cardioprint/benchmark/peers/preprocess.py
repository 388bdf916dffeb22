"""Steps that peers' authors apply to a window before their network: one series in, one out.

All of them take gap-free float64 series; `measured` makes one of a window with NaN.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.signal.preparation import bridge
from cardioprint.signal.resampling import extend, resample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Series = NDArray[np.float64]

LEAST = 0.5
"""Seconds. A window with less measured holds no beat and is not embedded."""


def measured(x: NDArray[np.float32], rate: float) -> Series | None:
    """Return what was measured of a window, gaps inside it bridged by straight lines.

    No peer accepts NaN; their authors drop such windows. None where less than `LEAST` seconds
    lie between the first and the last measured sample.
    """
    where = np.flatnonzero(np.isfinite(x))
    if len(where) == 0 or where[-1] - where[0] + 1 < LEAST * rate:
        return None
    return bridge(x[where[0] : where[-1] + 1])


def to_rate(x: Series, rate: float, wanted: float) -> Series:
    """Resample with the designed resampler; n seconds give n * wanted samples, rounded up.

    That is the length which SciPy's `resample_poly` gives the peers' authors.
    """
    values = resample(x, rate, wanted)[1]
    count = math.ceil(len(x) * wanted / rate - 1e-9)
    # The last output instants may lie after the last sample: hold it for those milliseconds.
    return np.pad(values, (0, max(count - len(values), 0)), mode="edge")[:count]


def z_score(x: Series, least: float = 1e-8) -> Series:
    """Scale to mean 0 and SD 1; a constant series becomes 0."""
    return (x - x.mean()) / (x.std() + least)


def min_max(x: Series) -> Series:
    """Scale to -1 ... 1."""
    return 2 * (x - x.min()) / (np.ptp(x) + 1e-8) - 1


def rank(x: Series) -> Series:
    """Replace each value by its rank, ties by their mean rank, scaled to -1 ... 1."""
    from scipy.stats import rankdata

    return 2 * (rankdata(x) - 1) / max(len(x) - 1, 1) - 1


def butterworth(x: Series, rate: float, low: float, high: float | None, order: int) -> Series:
    """Apply a Butterworth band-pass (or, without `high`, high-pass) forwards and backwards.

    Where half the rate does not reach `high`, there is nothing above to take away: high-pass.
    """
    if high is not None and high >= 0.49 * rate:
        high = None
    return _both_ways(_butterworth(rate, low, high, order), x)


def chebyshev(x: Series, rate: float, low: float, high: float) -> Series:
    """Apply pyPPG's Chebyshev II band-pass (order 4, 20 dB) forwards and backwards.

    In second-order sections: pyPPG's polynomials lose their digits at high rates. Up to the
    500 Hz of the peers' pretraining both agree within 0.4 %; at the 1 kHz of PPG-BP the
    polynomials' output is off by half a standard deviation.
    """
    return _both_ways(_chebyshev(rate, low, min(high, 0.45 * rate)), x)


def notch(x: Series, rate: float, frequency: float = 50.0, width: float = 30.0) -> Series:
    """Take out one frequency (quality factor `width`); nothing to do below twice its rate."""
    if frequency >= 0.49 * rate:
        return x
    from scipy import signal as sps

    b, a = sps.iirnotch(frequency, width, rate)
    return _both_ways(sps.tf2sos(b, a), x)


def smooth(x: Series, samples: int) -> Series:
    """Apply a moving mean of so many samples forwards and backwards."""
    if samples < 2:
        return x
    kernel = np.full(samples, 1 / samples)
    both = np.convolve(kernel, kernel)
    return np.convolve(extend(x, samples - 1, odd=True), both, mode="valid")


def less_median(x: Series, rate: float, seconds: float) -> Series:
    """Take away the running median over `seconds`; zeros lie outside, as in SciPy's medfilt."""
    from scipy import ndimage

    size = int(seconds * rate) + 1
    return x - ndimage.median_filter(x, size + (size % 2 == 0), mode="constant")


def fir_bandpass(x: Series, rate: float, low: float, high: float, seconds: float) -> Series:
    """Apply a Hamming-windowed FIR band-pass of so many seconds forwards and backwards."""
    from scipy import signal as sps

    taps = int(seconds * rate)
    kernel = np.asarray(sps.firwin(taps | 1, (low, high), pass_zero=False, fs=rate), np.float64)
    both = np.convolve(kernel, kernel[::-1])
    return sps.oaconvolve(extend(x, len(both) // 2, odd=True), both, mode="valid")


def centred(x: Series, samples: int) -> Series:
    """Return the first `samples`; a shorter series stands in the middle of zeros."""
    missing = max(samples - len(x), 0)
    return np.pad(x[:samples], (missing // 2, missing - missing // 2))


def ended(x: Series, samples: int) -> Series:
    """Return the first `samples`; a shorter series is followed by zeros."""
    return np.pad(x[:samples], (0, max(samples - len(x), 0)))


def preceded(x: Series, samples: int) -> Series:
    """Return the first `samples`; a shorter series is preceded by NaN, which marks padding."""
    missing = max(samples - len(x), 0)
    return np.pad(x[:samples], (missing, 0), constant_values=np.nan)


def _both_ways(sections: Any, x: Series) -> Series:
    from scipy import signal as sps

    pad = min(3 * (2 * len(sections) + 1), len(x) - 1)
    return sps.sosfiltfilt(sections, x, padlen=pad)


@lru_cache(maxsize=32)
def _butterworth(rate: float, low: float, high: float | None, order: int) -> Any:
    from scipy import signal as sps

    if high is None:
        return sps.butter(order, low, "highpass", fs=rate, output="sos")
    return sps.butter(order, (low, high), "bandpass", fs=rate, output="sos")


@lru_cache(maxsize=32)
def _chebyshev(rate: float, low: float, high: float) -> Any:
    from scipy import signal as sps

    return sps.cheby2(4, 20, (low, high), "bandpass", fs=rate, output="sos")
