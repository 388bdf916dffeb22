"""Noise of bodies and surroundings for windows in physical units, at a stated ratio.

    noisy(signals, "ecg", "muscle", 6.0)

The same seed gives the same noise at every ratio, so that a ladder differs in nothing else.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.baselines.base import Series

SLICE = 1.5
"""Seconds in which at least one beat is expected (40 beats/min)."""

MAINS = 50.0
"""Hertz."""

HARMONICS = {1: 1.0, 2: 0.1, 3: 0.3, 5: 0.1}
"""Of the mains, by height: transformers and rectifiers leave odd ones."""

CADENCE, SWING = (1.4, 2.4), (0.45, 1.0, 0.45, 0.2)
"""Steps a second of a slow and a brisk walk, and heights of the waves at half of it (the arm's
swing), at it, twice and three times it: they overlap the pulse."""


def _wander(hertz: NDArray) -> NDArray:
    return 1 / (1 + (hertz / 0.25) ** 4)  # drift and breathing, below 0.5 Hz


def _muscle(hertz: NDArray) -> NDArray:
    return (hertz**2 / (hertz**2 + 20.0**2)) / (1 + (hertz / 150.0) ** 4)  # surface EMG


def _electrode(hertz: NDArray) -> NDArray:
    return 1 / (hertz**2 + 1.5**2)  # in the band of the waves themselves


def _motion(hertz: NDArray) -> NDArray:
    return 1 / (hertz**1.5 + 0.2)  # between 1/f and 1/f^2


def _white(hertz: NDArray) -> NDArray:
    return np.ones_like(hertz)


SPECTRA: dict[str, Callable[[NDArray], NDArray]] = {
    "wander": _wander,
    "muscle": _muscle,
    "electrode": _electrode,
    "motion": _motion,
    "white": _white,
}
"""Power by frequency. The first four follow the recordings of the MIT-BIH Noise Stress Test
Database (Moody 1984) and, for the PPG, motion as coloured noise."""

PROFILES: dict[str, tuple[str, ...]] = {
    "ecg": ("wander", "muscle", "electrode", "white", "hum"),
    "ppg": ("wander", "motion", "walking", "white", "hum"),
}
"""Kinds of noise that a modality knows."""


def noisy(signals: Signals, modality: str, profile: str, snr: float, seed: int = 0) -> Signals:
    """Add noise of a kind at a signal-to-noise ratio.

    The signal's power is that of a sine wave as tall as a QRS complex or a pulse: peak to peak
    squared, over 8, as in the noise stress test (Moody 1984); tall means the median over slices
    of `SLICE` seconds, so that no detector has to find beats. The noise's power is its mean
    square about its mean over the window (the stress test takes it over single seconds, which
    forgives slow drift).

    Args:
        signals: Windows.
        modality: "ecg" or "ppg".
        profile: One of `PROFILES[modality]`.
        snr: Decibels.
        seed: Of the noise.

    Raises:
        UnknownNameError: The modality does not know such noise.
        ChannelError: The windows do not hold the modality.
    """
    if profile not in PROFILES.get(modality, ()):
        raise UnknownNameError(f"{modality} noise", profile, PROFILES.get(modality, ()))
    series = signals.take(modality, "noise")
    rng = np.random.default_rng([seed, zlib.crc32(f"{modality} {profile}".encode())])
    made = _noise(profile, series.samples.shape, series.sampling_rate, rng)
    made = np.where(np.isfinite(series.samples), made, np.nan)
    made -= _mean(made)
    made /= np.maximum(np.sqrt(_mean(made**2)), 1e-12)
    amount = height(series) / np.sqrt(8) * 10 ** (-snr / 20)
    samples = (series.samples + made * amount[:, None]).astype(np.float32)
    changed = replace(series, samples=samples)
    return replace(signals, series={**signals.series, modality: changed})


def height(series: Series) -> NDArray[np.float64]:
    """Return how tall the waves of each window are, peak to peak, in its own unit; 0 if flat."""
    n = series.samples.shape[1]
    size = min(max(round(SLICE * series.sampling_rate), 2), n)
    cut = series.samples[:, : n // size * size].reshape(len(series.samples), -1, size)
    seen = np.isfinite(cut)
    tall = np.where(seen, cut, -np.inf).max(axis=2) - np.where(seen, cut, np.inf).min(axis=2)
    usable = seen.mean(axis=2) >= 0.5
    out = np.zeros(len(cut))
    some = usable.any(axis=1)
    out[some] = np.nanmedian(np.where(usable, tall, np.nan)[some], axis=1)
    return out


def _noise(
    profile: str, shape: tuple[int, ...], rate: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return noise of a kind, shape (window, time), at any scale."""
    count, n = shape
    time = np.arange(n) / rate
    if profile == "hum":
        out = np.zeros(shape)
        for times, tall in HARMONICS.items():  # above half the rate it folds, as it does in use
            phase = rng.uniform(0, 2 * np.pi, (count, 1))
            out += tall * np.sin(2 * np.pi * times * MAINS * time + phase)
        return out
    if profile == "walking":
        cadence = rng.uniform(*CADENCE, (count, 1))
        # The stride is uneven: its phase wanders by a quarter of a radian within some seconds.
        slow = 2 * np.pi * rng.uniform(0.05, 0.3, (count, 1)) * time
        swing = np.pi * cadence * time + 0.25 * np.sin(slow + rng.uniform(0, 6.3, (count, 1)))
        out = np.zeros(shape)
        for times, tall in zip((1, 2, 4, 6), SWING, strict=True):
            phase = rng.uniform(0, 2 * np.pi, (count, 1))
            out += tall * rng.uniform(0.5, 1.5, (count, 1)) * np.sin(times * swing + phase)
        return out
    # Fixed heights and random phases; made twice as long and cut, or it would close in a ring.
    hertz = np.fft.rfftfreq(2 * n, 1 / rate)
    power = SPECTRA[profile](hertz)
    power[0] = 0
    phase = rng.uniform(0, 2 * np.pi, (count, len(hertz)))
    return np.fft.irfft(np.sqrt(power) * np.exp(1j * phase), n=2 * n)[:, :n]


def _mean(x: NDArray) -> NDArray[np.float64]:
    """Return the mean of what is there, shape (window, 1); 0 where nothing is."""
    seen = np.isfinite(x)
    return np.where(seen, x, 0).sum(1, keepdims=True) / np.maximum(seen.sum(1, keepdims=True), 1)
