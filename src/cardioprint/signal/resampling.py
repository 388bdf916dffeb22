"""One designed resampler from any sampling rate to the model's.

Rational ratios go through a Kaiser-windowed polyphase filter of our own design, because a
finite, known impulse response gives the same numbers on a whole record, on a block of it and
in an exported graph. Ratios no small fraction describes go through soxr, which has no
fixed phase table and therefore needs the whole series at once.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import signal as sps

if TYPE_CHECKING:
    from numpy.typing import NDArray

ATTENUATION_DB = 90.0
"""Design attenuation of the stop band; 80 dB are promised and tested."""

PASS_FRACTION = 0.8
"""Pass band edge as a fraction of the lower of the two Nyquist frequencies (50 of 62.5 Hz)."""

LARGEST_FACTOR = 2000
"""Larger up- or down-sampling factors (e.g. 360.1 -> 125 Hz) are left to soxr."""


def ratio(rate_in: float, rate_out: float) -> Fraction | None:
    """Return rate_out / rate_in as a fraction small enough for a polyphase table, or None."""
    exact = Fraction(rate_out).limit_denominator(1_000_000) / Fraction(rate_in).limit_denominator(
        1_000_000
    )
    if max(exact.numerator, exact.denominator) <= LARGEST_FACTOR:
        return exact
    return None


@lru_cache(maxsize=32)
def design(up: int, down: int) -> NDArray[np.float64]:
    """Return the low-pass of a polyphase resampler, at `up` times the input rate.

    Kaiser's formulas (Kaiser 1974; Oppenheim & Schafer, Discrete-Time Signal Processing,
    7.6) give length and shape for `ATTENUATION_DB` between `PASS_FRACTION` of the lower
    Nyquist frequency and that frequency.

    Returns:
        Odd-length, symmetric coefficients with gain `up` at zero frequency.
    """
    nyquist = 1.0 / max(up, down)  # of the lower rate, in units of the upsampled Nyquist
    width = nyquist * (1 - PASS_FRACTION)
    length, beta = sps.kaiserord(ATTENUATION_DB, width)
    length = int(length) | 1
    window = ("kaiser", beta)
    taps = sps.firwin(
        length,
        nyquist - width / 2,
        window=window,  # pyright: ignore[reportArgumentType]  (SciPy takes it, its stub does not)
    )
    return np.asarray(taps) * up


def half_length(rate_in: float, rate_out: float) -> float:
    """Return the seconds on either side of a sample that its resampled value depends on."""
    fraction = ratio(rate_in, rate_out)
    if fraction is None:
        return 0.5
    up, down = fraction.numerator, fraction.denominator
    if up == down:
        return 0.0
    return (len(design(up, down)) // 2) / (up * rate_in)


def resample(
    samples: NDArray[np.floating], rate_in: float, rate_out: float, *, first: int = 0
) -> tuple[int, NDArray[np.float64]]:
    """Resample one gap-free stretch of a series onto the clock of the whole series.

    Beyond its ends the stretch is continued by point reflection (odd extension), which keeps
    level and slope and so leaves no step for the filter to ring on.

    Args:
        samples: Shape (time,), all finite.
        rate_in: Hertz.
        rate_out: Hertz.
        first: Index of `samples[0]` in the whole series.

    Returns:
        (n, values): values[k] is the series at (n + k) / rate_out seconds, float64, for every
        such instant inside the stretch.
    """
    x = np.array(samples, dtype=np.float64)
    begin = int(np.ceil(first * rate_out / rate_in - 1e-9))
    count = output_length(first + len(x), rate_in, rate_out) - begin
    fraction = ratio(rate_in, rate_out)
    if fraction == 1:
        return begin, x
    # A filter's phases differ by 1e-4 in gain: a large offset (raw counts) would leave a ripple.
    level = float(x.mean()) if len(x) else 0.0
    x -= level
    if fraction is None:
        return begin, _resample_soxr(x, rate_in, rate_out, first)[:count] + level
    up, down = fraction.numerator, fraction.denominator
    taps = design(up, down)
    reach = -(-(len(taps) // 2) // up)  # input samples under half the filter
    # Begin at an input index that is also an output instant, at least `reach` before the stretch.
    front = (first - reach) // down * down
    pad = first - front
    out = sps.resample_poly(extend(x, pad, odd=True), up, down, window=taps / up)
    skip = begin - front // down * up
    return begin, out[skip : skip + count] + level


def _resample_soxr(
    samples: NDArray[np.float64], rate_in: float, rate_out: float, first: int
) -> NDArray[np.float64]:
    """Resample with soxr HQ; the clock is off by at most a hundredth of an output sample.

    soxr takes the series to be zero outside and its first sample for the clock's zero: of the
    twenty seconds before the stretch, begin at the sample that lies closest to an output instant.
    """
    import soxr

    pads = np.arange(round(0.5 * rate_in), round(20 * rate_in))
    instants = (first - pads) * rate_out / rate_in
    best = int(np.argmin(np.abs(instants - np.round(instants))))
    out = soxr.resample(extend(samples, int(pads[best]), odd=True), rate_in, rate_out, quality="HQ")
    begin = int(np.ceil(first * rate_out / rate_in - 1e-9))
    return out[begin - round(instants[best]) :]


def output_length(n_in: int, rate_in: float, rate_out: float) -> int:
    """Return how many output instants fall within the span of `n_in` input samples."""
    if n_in < 1:
        return 0
    return int(np.floor((n_in - 1) * rate_out / rate_in + 1e-9)) + 1


def extend(samples: NDArray[np.float64], pad: int, *, odd: bool) -> NDArray[np.float64]:
    """Continue a series by reflection at both ends, `pad` samples each.

    Args:
        samples: Shape (time,), at least one sample.
        pad: Samples to add on either side; may exceed the length of the series.
        odd: Reflect through the end point (keeps the slope) instead of at it (keeps the level).
    """
    if pad == 0:
        return samples
    if len(samples) == 1:
        return np.full(1 + 2 * pad, samples[0])
    # Reflecting far beyond a short series would walk away from its level in odd mode.
    reach = min(pad, len(samples) - 1)
    kind = "odd" if odd else "even"
    out = np.pad(samples, reach, mode="reflect", reflect_type=kind)
    if pad > reach:
        out = np.pad(out, pad - reach, mode="edge")
    return out
