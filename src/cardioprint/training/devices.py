"""What devices do to a signal: bandwidth, rate, polarity, gain, range, lost contact."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from cardioprint.training.chance import Chance


def device_filter(
    windows: Tensor, sampling_rate: float, chance: Chance, *, probability: float = 0.5
) -> Tensor:
    """Give some of the channels another device's bandwidth, zero phase.

    Low-pass corners of 15 to 45 Hz (ECG) and 5 to 13 Hz (PPG), high-pass corners of up to
    0.8 Hz: the spread of monitors, Holter recorders and oximeters.

    Args:
        windows: Shape (..., 2, time), modality on the last axis but one.
        sampling_rate: Hertz.
        chance: Source of chance.
        probability: For each channel.

    Returns:
        All windows with mean 0 and SD 1.
    """
    n, device = windows.shape[-1], windows.device
    hertz = torch.fft.rfftfreq(n, 1 / sampling_rate, device=device)
    low = torch.tensor([15.0, 5.0], device=device)
    high = torch.tensor([45.0, 13.0], device=device)
    corner = low + (high - low) * chance.uniform()
    highpass = chance.between(0.0, 0.8)
    gain = 1 / (1 + (hertz / corner[..., None]) ** 6).sqrt()
    gain = gain * (hertz**2 / (hertz**2 + highpass[..., None] ** 2 + 1e-6))
    gain = torch.where(chance.happens(probability)[..., None], gain, torch.ones_like(gain))
    return normalised(torch.fft.irfft(torch.fft.rfft(windows) * gain, n=n))


def low_rate(
    windows: Tensor,
    sampling_rate: float,
    chance: Chance,
    *,
    probability: float,
    rates: tuple[tuple[float, float], tuple[float, float]],
    jitter: float,
) -> Tensor:
    """Let some of the channels come from a slow device whose clock is not quite even.

    The signal is read at the slow device's instants, and what lies between its samples is a
    straight line, as in many an app's resampling.

    Args:
        windows: Shape (..., 2, time).
        sampling_rate: Hertz.
        chance: Source of chance.
        probability: For each channel.
        rates: Hertz of the slow device, from and to, for ECG and PPG.
        jitter: Seconds (SD) by which an instant is off.
    """
    n, device = windows.shape[-1], windows.device
    low, high = torch.tensor(rates, device=device).T
    rate = low + (high - low) * chance.uniform()
    step = (sampling_rate / rate)[..., None]
    phase = chance.uniform()[..., None]
    place = torch.arange(n, device=device) / step + phase
    before = place.floor()
    # Sample k of the slow device: where it stands on the clock of the windows.
    off = (chance.uniform(n + 2) - 0.5) * (math.sqrt(12) * jitter * sampling_rate)
    instants = (torch.arange(n + 2, device=device) - phase) * step + off
    values = _between(windows, instants)
    at = before.long().clamp(0, n)
    left, right = values.gather(-1, at), values.gather(-1, at + 1)
    slow = left + (right - left) * (place - before)
    return torch.where(chance.happens(probability)[..., None], slow, windows)


def polarity(windows: Tensor, chance: Chance, *, probabilities: tuple[float, float]) -> Tensor:
    """Turn some of the channels upside down; probabilities for ECG and PPG."""
    likely = torch.tensor(probabilities, device=windows.device)
    return torch.where(chance.uniform() < likely, -1.0, 1.0)[..., None] * windows


def gain_steps(
    windows: Tensor, chance: Chance, *, probability: float, largest: float, steps: int = 2
) -> Tensor:
    """Change the gain at some moments, as automatic gain control does.

    Args:
        windows: Shape (..., 2, time).
        chance: Source of chance.
        probability: For each channel.
        largest: Largest factor up or down in one step.
        steps: Steps in a window.
    """
    n = windows.shape[-1]
    time = torch.arange(n, device=windows.device)
    change = math.log(largest) * (2 * chance.uniform(steps) - 1)
    later = time >= (chance.uniform(steps) * n)[..., None]  # (..., step, time)
    gain = (change[..., None] * later).sum(dim=-2).exp()
    return torch.where(chance.happens(probability)[..., None], windows * gain, windows)


def clipping(
    windows: Tensor, chance: Chance, *, probability: float, range: tuple[float, float]
) -> Tensor:
    """Cut off what is above, below, or beyond some level on both sides.

    Args:
        windows: Shape (..., 2, time).
        chance: Source of chance.
        probability: For each channel.
        range: The level as a share of the highest and of the lowest value, from and to.
    """
    top, bottom = windows.amax(dim=-1), windows.amin(dim=-1)
    level, which = chance.between(*range), chance.uniform()
    happens = chance.happens(probability)
    top = torch.where(happens & (which < 2 / 3), level * top, top)
    bottom = torch.where(happens & (which > 1 / 3), level * bottom, bottom)
    return windows.clamp(bottom[..., None], top[..., None])


def quantised(
    windows: Tensor, chance: Chance, *, probability: float, bits: tuple[float, float]
) -> Tensor:
    """Round to few steps of the window's range, as where the gain is far too low.

    Args:
        windows: Shape (..., 2, time).
        chance: Source of chance.
        probability: For each channel.
        bits: Bits that the window's range takes up, from and to.
    """
    span = windows.amax(dim=-1) - windows.amin(dim=-1)
    step = (span / 2 ** chance.between(*bits)).clamp_min(1e-6)[..., None]
    return torch.where(
        chance.happens(probability)[..., None], (windows / step).round() * step, windows
    )


def lost(
    windows: Tensor,
    sampling_rate: float,
    chance: Chance,
    *,
    probability: float,
    seconds: tuple[float, float],
) -> Tensor:
    """Return where the signal is lost for a while, shape of the windows.

    Args:
        windows: Shape (..., 2, time).
        sampling_rate: Hertz.
        chance: Source of chance.
        probability: For each channel.
        seconds: For how long, from and to.
    """
    n = windows.shape[-1]
    length = (chance.between(*seconds) * sampling_rate).clamp_max(n / 2)
    begin = chance.uniform() * (n - length)
    time = torch.arange(n, device=windows.device)
    inside = (time >= begin[..., None]) & (time < (begin + length)[..., None])
    return inside & chance.happens(probability)[..., None]


def crop(
    windows: Tensor, n: int, chance: Chance, *, apart: tuple[int, int] = (0, 0)
) -> tuple[Tensor, Tensor]:
    """Cut `n` samples out of longer windows, the PPG moved against the ECG.

    The sampler does so from the corpus; this is for windows that come from elsewhere.

    Args:
        windows: Shape (..., 2, time).
        n: Samples to keep.
        chance: Source of chance.
        apart: By how many samples the PPG is to come later, from and to (inclusive).

    Returns:
        (windows of n samples, where each channel was cut: shape (..., 2)).

    Raises:
        ValueError: The windows are too short for that.
    """
    low, high = apart
    room = windows.shape[-1] - n - max(0, high) - max(0, -low)
    if room < 0 or low > high:
        raise ValueError(
            f"windows of {windows.shape[-1]} samples cannot be cut to {n} and moved by {apart}"
        )
    # One moment and one delay for both channels of a window: the ECG's numbers.
    begin = (chance.uniform()[..., :1] * (room + 1)).long() + max(0, high)
    late = low + (chance.uniform()[..., :1] * (high - low + 1)).long()
    start = torch.cat([begin, begin - late], dim=-1)
    at = start[..., None] + torch.arange(n, device=windows.device)
    return windows.gather(-1, at), start


def spread(centred: Tensor) -> Tensor:
    """Return the SD over time of what has mean 0, in a fiftieth of `Tensor.std`'s time on a CPU."""
    power = torch.linalg.vector_norm(centred, dim=-1).square()
    return (power / (centred.shape[-1] - 1)).sqrt()


def normalised(windows: Tensor, valid: Tensor | None = None) -> Tensor:
    """Return windows with mean 0 and SD 1, of their valid samples; 0 where not valid."""
    if valid is None:
        out = windows - windows.mean(dim=-1, keepdim=True)
        return out / (spread(out)[..., None] + 1e-6)
    count = valid.sum(dim=-1, keepdim=True).clamp_min(1)
    out = (windows - (windows * valid).sum(dim=-1, keepdim=True) / count) * valid
    return out / ((out.square().sum(dim=-1, keepdim=True) / count).sqrt() + 1e-6)


def _between(windows: Tensor, places: Tensor) -> Tensor:
    """Return values at fractional sample numbers, by straight lines; the ends go on."""
    places = places.clamp(0, windows.shape[-1] - 1)
    before = places.floor().clamp_max(windows.shape[-1] - 2)
    at = before.long()
    left, right = windows.gather(-1, at), windows.gather(-1, at + 1)
    return left + (right - left) * (places - before)
