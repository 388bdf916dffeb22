"""Linear-phase FIR band-pass filters of the preparation.

One symmetric kernel per modality, so that no wave is moved or bent against another, and of
finite length, so that whole records, blocks and exported graphs agree.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import signal as sps

from cardioprint.signal.resampling import extend

if TYPE_CHECKING:
    from numpy.typing import NDArray

HIGHPASS_HALF_LENGTH = 1.0
"""Seconds. Most labelled data are windows of 2 to 10 s: a longer kernel would be all edge."""

LOWPASS_ATTENUATION_DB = 60.0
"""Stop-band attenuation of the low-pass half; noise above it is then below 12-bit resolution."""


@lru_cache(maxsize=16)
def bandpass(sampling_rate: float, high: float, transition: float) -> NDArray[np.float64]:
    """Return a zero-phase band-pass kernel from about 0.5 Hz to `high`.

    The lower edge is "the signal less its Hann-weighted mean over two seconds": its gain is
    exactly 0 at 0 Hz, 0.5 at 0.5 Hz and 1 at 1 Hz, without ripple between, which is the
    sharpest a one-second half-length allows (Harris 1978 for the Hann window's spectrum).
    The upper edge is a Kaiser low-pass that has reached `LOWPASS_ATTENUATION_DB` at
    `high + transition`.

    Args:
        sampling_rate: Hertz.
        high: Hertz, upper edge of the pass band.
        transition: Hertz, width of the upper transition.

    Returns:
        Odd-length, symmetric coefficients.
    """
    half = round(HIGHPASS_HALF_LENGTH * sampling_rate)
    mean = np.hanning(2 * half + 3)[1:-1]
    highpass = -mean / mean.sum()
    highpass[half] += 1.0
    length, beta = sps.kaiserord(LOWPASS_ATTENUATION_DB, transition / (sampling_rate / 2))
    window = ("kaiser", beta)
    lowpass = sps.firwin(
        int(length) | 1,
        high + transition / 2,
        window=window,  # pyright: ignore[reportArgumentType]  (SciPy takes it, its stub does not)
        fs=sampling_rate,
    )
    return np.convolve(highpass, np.asarray(lowpass))


def apply(samples: NDArray[np.floating], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter one gap-free series without delay; its ends are continued by even reflection.

    Even reflection keeps the level at the edge, so that the local mean there is a mean of
    samples really measured.

    Args:
        samples: Shape (time,), all finite.
        kernel: Odd-length and symmetric.

    Returns:
        float64, the shape of `samples`.
    """
    if len(samples) == 0:
        return np.zeros(0)
    # A large offset (raw PPG counts) would cost digits in the FFT; the kernel has no gain there.
    centred = np.array(samples, dtype=np.float64)
    centred -= centred.mean()
    extended = extend(centred, len(kernel) // 2, odd=False)
    return sps.oaconvolve(extended, kernel, mode="valid")
