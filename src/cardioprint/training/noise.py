"""Noise that bodies and surroundings add to a signal, with a stated signal-to-noise ratio.

The kinds for the ECG are those of the noise stress test (Moody 1984): baseline wander, muscle,
and electrode motion, which is the worst because it looks like beats. For the PPG there are
motion, as noise between 1/f and 1/f^2, and the harmonics of a walk. All of it is shaped by the
band-pass of the preparation, as real noise is before the model meets it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cardioprint.signal.preparation import MODALITIES, Preparation
from cardioprint.types import Modality

if TYPE_CHECKING:
    from cardioprint.training.chance import Chance

SPECTRA = ("wander", "muscle", "electrode", "motion")
"""Kinds of noise that are known by their spectrum."""

HEIGHTS = (0.5, 1.0, 0.45, 0.2)
"""Of the wave at half the cadence (an arm's swing), the cadence, twice and three times it: as in
the simulator."""

CADENCE = (1.4, 2.4)
"""Hertz, steps of a slow and of a brisk walk: their harmonics overlap the pulse."""

BURST = (0.5, 2.0)
"""Seconds (SD of a bell) for which a burst lasts."""


def coloured(
    windows: Tensor,
    sampling_rate: float,
    chances: dict[str, float],
    snr: tuple[float, float],
    chance: Chance,
) -> Tensor:
    """Return noise of several kinds, each steady or in one burst.

    Args:
        windows: Shape (..., 2, time): whose power is the signal's.
        sampling_rate: Hertz.
        chances: Probability of each of `SPECTRA` for a channel; muscle and electrode noise exist
            in the ECG only, motion in the PPG only.
        snr: Decibels, from and to: power of the signal over power of the noise in the window.
        chance: Source of chance.

    Returns:
        What to add to the windows.
    """
    n = windows.shape[-1]
    spectra = _spectra(n, sampling_rate, windows.device)
    power = windows.var(dim=-1, correction=0)
    there = spectra.sum(dim=-1).T > 0  # (channel, kind)
    weights = []
    for kind in SPECTRA:
        amount = 10 ** (-chance.between(*snr) / 10)
        weights.append(torch.where(chance.happens(chances.get(kind, 0.0)), amount * power, 0.0))
    weight = torch.stack(weights, dim=-1) * there
    bursts = chance.uniform(len(SPECTRA)) < 0.5
    steady = _with_spectrum(torch.where(bursts, 0.0, weight), spectra, chance, n)
    sudden = _with_spectrum(torch.where(bursts, weight, 0.0), spectra, chance, n)
    sudden = sudden * _bell(chance, n, sampling_rate)
    sudden = sudden - sudden.mean(dim=-1, keepdim=True)
    wanted = torch.where(bursts, weight, 0.0).sum(dim=-1)
    found = sudden.square().mean(dim=-1)
    return steady + sudden * (wanted / found.clamp_min(1e-12)).sqrt()[..., None]


def walking(
    windows: Tensor,
    sampling_rate: float,
    probability: float,
    snr: tuple[float, float],
    chance: Chance,
) -> Tensor:
    """Return the swing of an arm that walks, in the PPG only; arguments as for `coloured`."""
    n, ppg = windows.shape[-1], MODALITIES.index(Modality.PPG)
    time = torch.arange(n, device=windows.device) / sampling_rate
    cadence = chance.between(*CADENCE)[..., ppg, None]
    # The stride is uneven: the phase wanders by half a radian within some seconds.
    slow = 2 * math.pi * chance.between(0.05, 0.3)[..., ppg, None] * time
    uneven = 0.5 * torch.sin(slow + chance.angle()[..., ppg, None])
    swing = math.pi * cadence * time + 0.5 * uneven
    once = torch.polar(torch.ones_like(swing), swing)  # half a cadence
    step = once * once
    double = step * step
    out = torch.zeros_like(swing)
    for wave, height in zip((once, step, double, double * step), HEIGHTS, strict=True):
        tall = height * chance.between(0.5, 1.5)[..., ppg, None]
        phase = chance.angle()[..., ppg, None]
        out += tall * (wave.real * phase.sin() + wave.imag * phase.cos())
    breath = 2 * math.pi * 0.12 * time + chance.angle()[..., ppg, None]
    out *= 0.7 + 0.3 * torch.sin(breath)
    want = windows.std(dim=-1, correction=0) * 10 ** (-chance.between(*snr) / 20)
    want = torch.where(chance.happens(probability), want, 0.0)[..., ppg]
    out *= (want / out.std(dim=-1, correction=0).clamp_min(1e-6))[..., None]
    return torch.stack([torch.zeros_like(out), out], dim=-2)


def hum(
    windows: Tensor,
    sampling_rate: float,
    probability: float,
    height: tuple[float, float],
    chance: Chance,
) -> Tensor:
    """Return what is left of the mains: at 50 or 60 Hz, or folded into the band.

    The band-pass removes most of 50 and 60 Hz; a device that samples slowly folds them (or the
    flicker of lamps at twice that) to another frequency, where no filter looks for them.

    Args:
        windows: Shape (..., 2, time).
        sampling_rate: Hertz.
        probability: For each channel.
        height: Of the wave, in SDs of the window, from and to.
        chance: Source of chance.
    """
    n = windows.shape[-1]
    time = torch.arange(n, device=windows.device) / sampling_rate
    mains = torch.where(chance.uniform() < 0.5, 50.0, 60.0)
    ecg = _only(Modality.ECG, windows)
    folded = torch.where(ecg, chance.between(10.0, 40.0), chance.between(3.0, 12.0))
    hertz = torch.where(ecg & (chance.uniform() < 0.5), mains, folded)
    low, high = math.log(height[0]), math.log(height[1])
    tall = chance.between(low, high).exp() * windows.std(dim=-1, correction=0)
    tall = torch.where(chance.happens(probability), tall, 0.0)
    return tall[..., None] * torch.sin(
        2 * math.pi * hertz[..., None] * time + chance.angle()[..., None]
    )


def pops(
    windows: Tensor,
    sampling_rate: float,
    probability: float,
    height: tuple[float, float],
    chance: Chance,
) -> Tensor:
    """Return an electrode's pop: a step of the ECG, as the band-pass leaves it.

    The preparation takes away a Hann-weighted mean over two seconds: of a step it leaves a jump
    that begins a second before and ends a second after.

    Args:
        windows: Shape (..., 2, time).
        sampling_rate: Hertz.
        probability: For each ECG.
        height: Of the step, in SDs of the window, from and to.
        chance: Source of chance.
    """
    n = windows.shape[-1]
    time = torch.arange(n, device=windows.device) / sampling_rate
    since = time - chance.uniform()[..., None] * (n / sampling_rate)
    near = since.clamp(-1.0, 1.0)
    mean = (near + 1) / 2 + torch.sin(math.pi * near) / (2 * math.pi)
    tall = chance.between(*height) * chance.sign() * windows.std(dim=-1, correction=0)
    happens = chance.happens(probability) & _only(Modality.ECG, windows)
    return torch.where(happens, tall, 0.0)[..., None] * ((since >= 0).to(mean.dtype) - mean)


def _with_spectrum(weight: Tensor, spectra: Tensor, chance: Chance, n: int) -> Tensor:
    """Return Gaussian-like noise: fixed heights and random phases make the power exact."""
    power = torch.einsum("...ck,kcf->...cf", weight, spectra)
    phase = chance.angle(spectra.shape[-1])
    return torch.fft.irfft(torch.polar(n * (power / 2).sqrt(), phase), n=n)


def _bell(chance: Chance, n: int, sampling_rate: float) -> Tensor:
    """Return a smooth envelope around some moment of each window."""
    middle, width = chance.uniform()[..., None] * n, chance.between(*BURST)[..., None]
    time = torch.arange(n, device=middle.device)
    return torch.exp(-0.5 * ((time - middle) / (width * sampling_rate)).square())


def _only(modality: Modality, windows: Tensor) -> Tensor:
    """Return True for the channels of a modality, shape (2,)."""
    return torch.arange(2, device=windows.device) == MODALITIES.index(modality)


@lru_cache(maxsize=16)
def _spectra(n: int, sampling_rate: float, device: torch.device) -> Tensor:
    """Return the power of `SPECTRA` by channel and frequency, shape (kind, 2, frequency).

    Each sums to 1, or to 0 where the channel does not know that noise.
    """
    hertz = torch.fft.rfftfreq(n, 1 / sampling_rate, dtype=torch.float64)
    ecg, ppg = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    shapes = (
        (1 / (1 + (hertz / 0.3) ** 6), ecg + ppg),  # drift and breathing, below 0.5 Hz
        (hertz**2 / (hertz**2 + 8.0**2), ecg),  # broad, from some 10 Hz up (surface EMG)
        (1 / (hertz**3 + 2.0**3), ecg),  # in the band of the waves themselves
        (1 / (hertz**1.5 + 0.2), ppg),  # 1/f to 1/f^2
    )
    power = torch.stack([where[:, None] * shape for shape, where in shapes])
    power = power * _passed(hertz, sampling_rate).square()
    power[..., 0] = 0
    if n % 2 == 0:
        power[..., -1] = 0
    total = power.sum(dim=-1, keepdim=True)
    return torch.where(total > 0, power / total, 0.0).to(device, torch.float32)


def _passed(hertz: Tensor, sampling_rate: float) -> Tensor:
    """Return the gain of the preparation's band-passes, shape (2, frequency)."""
    usual = Preparation()
    preparation = usual if sampling_rate == usual.sampling_rate else None
    if preparation is None:
        return torch.ones(2, len(hertz), dtype=torch.float64)
    gains = []
    for modality in MODALITIES:
        kernel = torch.from_numpy(preparation.kernel(modality))
        at = torch.arange(len(kernel), dtype=torch.float64)
        angle = -2 * math.pi * hertz[:, None] * at / sampling_rate
        gains.append((kernel * torch.polar(torch.ones_like(angle), angle)).sum(dim=1).abs())
    return torch.stack(gains)
