"""What goes wrong with the sensors: their everyday noise, and events worth abstaining from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import butter, sosfiltfilt

from cardioprint.simulate.truth import Artefact
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EVENTS = (
    (Modality.ECG, "electrode_noise", 0.22, 20.0),
    (Modality.PPG, "motion", 0.45, 40.0),
    (Modality.ECG, "gap", 0.72, 4.0),
    (Modality.PPG, "gap", 0.72, 4.0),
    (Modality.PPG, "sensor_off", 0.82, 25.0),
)
"""Modality, kind, start as a share of the record, seconds. Motion falls into the exertion; both
modalities lose the gap, as when a radio link drops. Below `FULL_LENGTH` the seconds shrink."""

FULL_LENGTH = 300.0

MAINS_FREQUENCY, MAINS_HEIGHT = 50.0, 0.003
"""Hz, mV: a small hum (our choice)."""

CADENCE = 1.85
"""Hz, steps of a walk: harmonics at 1-3.5 Hz overlap the pulse (Paliakaite 2021)."""

OFF_LEVEL = 0.2
"""NU. A PPG sensor in the air gives one constant value."""


def sensor_noise(clean: Floats, *, snr_db: float, rng: np.random.Generator) -> Floats:
    """Return half white, half 1/f noise `snr_db` below the variance of `clean`.

    NSTDB's mildest level is 24 dB (Moody 1984); a resting subject is better than that.
    """
    white = rng.standard_normal(len(clean))
    pink = coloured(len(clean), 1.0, rng)
    return clean.std() * 10 ** (-snr_db / 20) * (white + pink) / np.sqrt(2)


def coloured(count: int, exponent: float, rng: np.random.Generator) -> Floats:
    """Return random-phase noise of unit SD whose power falls as 1/f^exponent.

    Args:
        count: Number of samples.
        exponent: 0 is white, 1 pink, 2 a random walk.
        rng: Source of chance.
    """
    frequency = np.fft.rfftfreq(count)
    weight = np.zeros_like(frequency)
    weight[1:] = frequency[1:] ** (-exponent / 2)
    phase = np.exp(2j * np.pi * rng.random(len(weight)))
    noise = np.fft.irfft(weight * phase, count)
    return noise / noise.std()


def mains_hum(count: int, *, rate: float, rng: np.random.Generator) -> Floats:
    """Return 50 Hz in mV, or zeros where the rate cannot hold it."""
    if rate <= 2 * MAINS_FREQUENCY:
        return np.zeros(count)
    angle = 2 * np.pi * MAINS_FREQUENCY * np.arange(count) / rate
    return MAINS_HEIGHT * np.sin(angle + rng.uniform(0, 2 * np.pi))


def plan_events(seconds: float, rng: np.random.Generator) -> tuple[Artefact, ...]:
    """Return when each of `EVENTS` happens in a record of this length, in time order."""
    shift = rng.uniform(-0.01, 0.01, size=len(EVENTS))
    shift[3] = shift[2]  # the gap is one event
    scale = min(1.0, seconds / FULL_LENGTH)
    planned = []
    for (modality, kind, share, length), moved in zip(EVENTS, shift, strict=True):
        start = round(float(share + moved) * seconds, 3)
        planned.append(Artefact(modality, start, start + scale * length, kind))
    return tuple(planned)


def spoil(
    signal: Floats, pulse: Floats, event: Artefact, *, rate: float, rng: np.random.Generator
) -> None:
    """Put one event into `signal`, in place.

    Args:
        signal: The whole channel in its own unit, shape (time,).
        pulse: The part of it that the heart made, same shape; motion changes its gain.
        event: What happens and when.
        rate: Hertz.
        rng: Source of chance.
    """
    part = slice(int(np.ceil(event.start * rate)), int(np.ceil(event.stop * rate)))
    inside = signal[part]
    if event.kind == "gap":
        inside[:] = np.nan
    elif event.kind == "sensor_off":
        inside[:] = OFF_LEVEL
    elif event.kind == "motion":
        gain, offset, walk = _motion(len(inside), rate, rng)
        height = np.ptp(pulse)
        inside += (gain - 1) * pulse[part] + height * (0.4 * offset + 0.5 * walk)
    else:
        inside += _electrode_noise(len(inside), rate, rng)


def _motion(count: int, rate: float, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Return gain, offset and walking wave of a loose, swinging sensor.

    Gain and offset jump every few seconds as the contact shifts (tissue-contact-sensor model,
    Sensors 2025 25:5710); arm swing is half the cadence.
    """
    time = np.arange(count) / rate
    jumps = np.cumsum(rng.random(count) < 1 / (3.0 * rate))
    gain = np.exp(0.5 * rng.standard_normal(jumps[-1] + 1))[jumps]
    offset = rng.standard_normal(jumps[-1] + 1)[jumps]
    wander = 0.5 * np.cumsum(rng.standard_normal(count)) / np.sqrt(rate)  # the stride is uneven
    walk = np.zeros(count)
    for harmonic, height in ((0.5, 0.5), (1.0, 1.0), (2.0, 0.45), (3.0, 0.2)):
        phase = rng.uniform(0, 2 * np.pi)
        walk += height * np.sin(harmonic * (2 * np.pi * CADENCE * time + wander) + phase)
    swell = 0.7 + 0.3 * np.sin(2 * np.pi * 0.12 * time + rng.uniform(0, 2 * np.pi))
    return gain, offset, walk * swell


def _electrode_noise(count: int, rate: float, rng: np.random.Generator) -> Floats:
    """Return mV of an electrode pulled about: swings in the QRS band, muscle, and pops.

    The `em` and `ma` recordings of NSTDB (Moody 1984) are the example.
    """
    corner = np.array([0.5, min(12.0, 0.4 * rate)])
    band = butter(2, corner, "bandpass", fs=rate, output="sos")
    swings = sosfiltfilt(band, rng.standard_normal(count + 200))[100:-100]
    swings *= 0.45 / swings.std()
    muscle = 0.12 * rng.standard_normal(count)
    popped = np.where(rng.random(count) < 0.4 / rate, rng.normal(0, 1.5, count), 0.0)
    kernel = np.exp(-np.arange(int(2 * rate)) / (0.4 * rate))  # AC coupling lets a step decay
    return swings + muscle + np.convolve(popped, kernel)[:count]
