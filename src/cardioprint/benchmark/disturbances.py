"""What devices and their users do to windows, as functions of windows in physical units.

    at_rate(signals, 25.0), shortened(signals, 5.0), clipped(signals, "ecg", 0.5) ...

All are deterministic and work on windows as recorded, before anybody's preparation. Missing
samples stay missing. Noise has a module of its own (`noise`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.errors import ChannelError, RecordError
from cardioprint.signal.resampling import output_length
from cardioprint.types import check_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

PADDING = 1.0
"""Seconds by which a window is continued at its ends before it is resampled."""


def at_rate(signals: Signals, sampling_rate: float) -> Signals:
    """Return what a device of another sampling rate would have recorded.

    soxr takes away what the rate cannot hold, as a device's anti-alias filter does, and gives
    the samples at that rate; bringing them to an encoder's own rate is the encoder's part. Rates
    above the recorded one add samples and nothing else.

    Args:
        signals: Windows.
        sampling_rate: Hertz.

    Raises:
        SamplingRateError: A rate that is no rate.
    """
    check_rate(sampling_rate, source="robustness")
    series = {
        m: replace(
            s,
            samples=_resampled(s.samples, s.sampling_rate, sampling_rate),
            sampling_rate=sampling_rate,
        )
        for m, s in signals.series.items()
    }
    return replace(signals, series=series)


def _resampled(
    samples: NDArray[np.float32], rate_in: float, rate_out: float
) -> NDArray[np.float32]:
    import soxr

    if rate_in == rate_out:
        return samples
    missing = ~np.isfinite(samples)
    filled = samples.astype(np.float64)
    at = np.arange(samples.shape[1])
    for row in np.flatnonzero(missing.any(axis=1)):
        seen = ~missing[row]
        filled[row] = np.interp(at, at[seen], filled[row, seen]) if seen.any() else 0.0
    # Beyond its ends soxr takes a series to be zero: a PPG's large offset would ring.
    level = filled.mean(axis=1, keepdims=True)
    filled -= level
    # Begin at an input sample that is also an output instant; odd reflection keeps the slope.
    step = Fraction(rate_out / rate_in).limit_denominator(10_000)
    pad = -(-round(PADDING * rate_in) // step.denominator) * step.denominator
    longer = np.pad(filled, ((0, 0), (pad, pad)), mode="reflect", reflect_type="odd")
    skip, count = int(pad * step), output_length(samples.shape[1], rate_in, rate_out)
    out = np.empty((len(samples), count), np.float32)
    for first in range(0, len(samples), 64):  # channels that soxr takes at a time
        part = np.ascontiguousarray(longer[first : first + 64].T)
        made = soxr.resample(part, rate_in, rate_out, quality="HQ")
        out[first : first + 64] = made[skip : skip + count].T
    out += level.astype(np.float32)
    nearest = np.minimum(np.round(np.arange(count) * rate_in / rate_out).astype(int), at[-1])
    out[missing[:, nearest]] = np.nan
    return out


def shortened(signals: Signals, seconds: float) -> Signals:
    """Return the first seconds of each window.

    Raises:
        RecordError: The windows are shorter.
    """
    out = {}
    for m, s in signals.series.items():
        n = round(seconds * s.sampling_rate)
        if not 0 < n <= s.samples.shape[1]:
            raise RecordError(
                f"{s.samples.shape[1] / s.sampling_rate:g} s cannot be cut to {seconds:g} s",
                source="robustness",
                field=m,
                fix="leave this length out, or give longer windows",
            )
        out[m] = replace(s, samples=s.samples[:, :n])
    return replace(signals, series=out)


def later(signals: Signals, seconds: float) -> Signals:
    """Return the windows as if recording had begun some seconds later; their ends stay.

    Raises:
        RecordError: Nothing is left.
    """
    out = {}
    for m, s in signals.series.items():
        first = round(seconds * s.sampling_rate)
        if not 0 <= first < s.samples.shape[1]:
            raise RecordError(
                f"nothing is left of the windows {seconds:g} s later",
                source="robustness",
                field=m,
                fix="move the start by less, or give longer windows",
            )
        out[m] = replace(s, samples=s.samples[:, first:])
    return replace(signals, series=out)


def inverted(signals: Signals, modality: str) -> Signals:
    """Return the windows with one modality upside down: electrodes or wires exchanged."""
    return _with(signals, modality, -signals.take(modality, "polarity").samples)


def scaled(signals: Signals, modality: str, factor: float) -> Signals:
    """Return the windows with one modality at another gain."""
    return _with(signals, modality, factor * signals.take(modality, "gain").samples)


def clipped(signals: Signals, modality: str, share: float) -> Signals:
    """Return the windows with one modality saturated above and below.

    Args:
        signals: Windows.
        modality: "ecg" or "ppg".
        share: Of the distance from each window's median to its highest and lowest value that the
            amplifier still follows, above 0 and up to 1.
    """
    x = signals.take(modality, "clipping").samples
    out = x.copy()
    some = np.isfinite(x).any(axis=1)
    middle = np.nanmedian(x[some], axis=1, keepdims=True)
    low, high = (f(x[some], axis=1, keepdims=True) for f in (np.nanmin, np.nanmax))
    out[some] = np.clip(x[some], middle + share * (low - middle), middle + share * (high - middle))
    return _with(signals, modality, out)


def delayed(signals: Signals, seconds: float) -> Signals:
    """Return the windows with the PPG later than the ECG by some seconds more (less: earlier).

    Both are cut to the time that both still cover.

    Raises:
        ChannelError: Not both modalities are there.
        RecordError: Nothing is left.
    """
    ecg, ppg = (signals.take(m, "delay") for m in ("ecg", "ppg"))
    later, sooner = (ecg, ppg) if seconds >= 0 else (ppg, ecg)
    a = later.samples[:, round(abs(seconds) * later.sampling_rate) :]
    n = sooner.samples.shape[1] - round(abs(seconds) * sooner.sampling_rate)
    if n < 1 or a.shape[1] < 1:
        raise RecordError(
            f"nothing is left of the windows after {seconds:g} s",
            source="robustness",
            fix="give a smaller delay or longer windows",
        )
    b = sooner.samples[:, :n]
    first, second = ("ecg", "ppg") if seconds >= 0 else ("ppg", "ecg")
    return _with(_with(signals, first, a), second, b)


def without(signals: Signals, modality: str) -> Signals:
    """Return the windows without one modality.

    Raises:
        ChannelError: It is not there, or nothing else is.
    """
    signals.take(modality, "a missing modality")
    left = [m for m in signals.series if m != modality]
    if not left:
        raise ChannelError(
            f"nothing is left without {modality}",
            source="robustness",
            field=modality,
            fix="take windows of both modalities",
        )
    return signals.only(*left)


def _with(signals: Signals, modality: str, samples: NDArray) -> Signals:
    changed = replace(signals.series[modality], samples=samples.astype(np.float32))
    return replace(signals, series={**signals.series, modality: changed})
