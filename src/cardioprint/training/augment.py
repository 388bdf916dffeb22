"""Devices and disturbances, applied on the device that trains.

A device's filter changes what is measured: model input and target both get it. Noise is not
what is to be described: only the input gets it.
"""

from __future__ import annotations

import torch
from torch import Tensor


def device_filter(windows: Tensor, sampling_rate: float, generator: torch.Generator) -> Tensor:
    """Give half of the rows another device's bandwidth, zero phase.

    Low-pass corners of 15 to 40 Hz (ECG) and 5 to 12 Hz (PPG), high-pass corners of up to
    0.8 Hz: the spread of monitors, Holter recorders and oximeters.

    Args:
        windows: Shape (..., 2, time), modality on the last axis but one.
        sampling_rate: Hertz.
        generator: Source of chance.
    """
    lead = windows.shape[:-1]
    n = windows.shape[-1]
    hertz = torch.fft.rfftfreq(n, 1 / sampling_rate)
    chance = torch.rand((3, *lead), generator=generator)
    low = torch.tensor([15.0, 5.0])
    high = torch.tensor([45.0, 13.0])
    corner = low + (high - low) * chance[0]
    highpass = 0.8 * chance[1]
    gain = 1 / (1 + (hertz / corner[..., None]) ** 6).sqrt()
    gain = gain * (hertz**2 / (hertz**2 + highpass[..., None] ** 2 + 1e-6))
    gain = torch.where(chance[2][..., None] < 0.5, gain, torch.ones_like(gain))
    out = torch.fft.irfft(torch.fft.rfft(windows) * gain.to(windows.device), n=n)
    out = out - out.mean(dim=-1, keepdim=True)
    return out / (out.std(dim=-1, keepdim=True) + 1e-6)


def add_noise(windows: Tensor, sampling_rate: float, generator: torch.Generator) -> Tensor:
    """Add coloured noise, steady or in bursts, to half of the rows.

    Signal-to-noise ratio 0 to 25 dB, the range of the standard noise stress test (Moody 1984).
    """
    lead, n = windows.shape[:-1], windows.shape[-1]
    hertz = torch.fft.rfftfreq(n, 1 / sampling_rate)
    chance = torch.rand((4, *lead), generator=generator)
    slope = 2.0 * chance[0][..., None]  # 1/f^0 to 1/f^2 in power
    shape = torch.where(hertz < 0.4, torch.zeros(()), hertz.clamp_min(0.4) ** (-slope / 2))
    shape = shape * (1 / (1 + (hertz / torch.tensor([40.0, 12.0])[:, None]) ** 8).sqrt())
    phase = torch.rand((*lead, len(hertz)), generator=generator) * 2 * torch.pi
    noise = torch.fft.irfft(torch.polar(shape.expand_as(phase).contiguous(), phase), n=n)
    noise = noise / (noise.std(dim=-1, keepdim=True) + 1e-6)
    # Half of the disturbances are bursts: a smooth window somewhere in the ten seconds.
    time = torch.linspace(0, 1, n)
    burst = torch.exp(-0.5 * ((time - chance[1][..., None]) / 0.08) ** 2) * 2.5
    noise = torch.where(chance[2][..., None] < 0.5, noise * burst, noise)
    decibel = 25 * torch.rand(lead, generator=generator)
    amount = torch.where(chance[3] < 0.5, 10 ** (-decibel / 20), torch.zeros(()))
    return windows + (noise * amount[..., None]).to(windows.device)
