"""Devices and disturbances, applied on the device that trains.

What a device does all of the time (bandwidth, sampling rate, polarity) changes what is measured:
model input and target both get it. What comes and goes, or destroys, is not what is to be
described: only the input gets it, and the model learns to see through.

Delay between the channels, time shift and time stretch are the sampler's: it cuts them from the
corpus, where there is signal beyond a window's ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cardioprint.training import devices, noise
from cardioprint.training.devices import device_filter

if TYPE_CHECKING:
    from cardioprint.training.chance import Chance

__all__ = ["AugmentConfig", "add_noise", "augment", "device_filter", "everyday"]


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """How likely each change is for each channel of each window, and how large.

    Probabilities are for one channel of one view; the defaults are what the shipped weights were
    trained with.
    """

    filter: float = 0.5
    """Another device's bandwidth, in input and target."""
    low_rate: float = 0.0
    """A slow device with an uneven clock, in input and target."""
    low_rates: tuple[tuple[float, float], tuple[float, float]] = ((80.0, 125.0), (25.0, 64.0))
    """Hertz of such devices, ECG and PPG: wrist-worn sensors sample the PPG at 25 to 64 Hz; an
    ECG below 80 Hz has no QRS complex to speak of."""
    clock_jitter: float = 0.002
    """Seconds (SD) by which such a device's instants are off; phones are worse than chips."""
    polarity: tuple[float, float] = (0.0, 0.0)
    """Upside down, ECG and PPG, in input and target. Off: an inverted T wave is a finding, and
    whoever shows the model both polarities teaches it not to see one. A PPG that is upside down
    is a mistake of the reader, to be put right before a beat is looked for."""
    noise: float = 0.5
    """Noise of any colour from white to 1/f^2, steady or in a burst."""
    noise_snr: tuple[float, float] = (0.0, 25.0)
    """Its signal-to-noise ratio, decibels: the range of the noise stress test (Moody 1984)."""
    wander: float = 0.0
    """Drift and breathing below 0.5 Hz."""
    muscle: float = 0.0
    """Muscle noise in the ECG."""
    electrode: float = 0.0
    """Electrode motion in the ECG: slow swings in the band of its waves."""
    motion: float = 0.0
    """Motion in the PPG."""
    walking: float = 0.0
    """A walk in the PPG: harmonics of 1.4 to 2.4 steps a second."""
    snr: tuple[float, float] = (-3.0, 24.0)
    """Signal-to-noise ratio of each of these five, decibels, by power in the window. The stress
    test goes from 24 to -6, with the QRS complex's height in place of the window's power."""
    pop: float = 0.0
    """An electrode's pop in the ECG."""
    pop_height: tuple[float, float] = (1.0, 6.0)
    """Height of its step in SDs of the window."""
    hum: float = 0.0
    """A rest of mains hum, in the band or folded into it."""
    hum_height: tuple[float, float] = (0.02, 0.3)
    """Its height in SDs of the window, evenly on a logarithmic scale."""
    gain: float = 0.0
    """Steps of an automatic gain control: two in a window."""
    largest_gain: float = 2.0
    """Largest factor up or down in one of them."""
    clip: float = 0.0
    """Saturation above, below, or on both sides."""
    clip_range: tuple[float, float] = (0.4, 0.9)
    """Where it begins, as a share of the highest and the lowest value."""
    quantise: float = 0.0
    """Few steps of the converter."""
    bits: tuple[float, float] = (4.0, 8.0)
    """Bits that the window's range takes up: converters have 8 to 16, and the pulse is a small
    part of what they see."""
    lost: float = 0.0
    """Signal lost for a while: these patches are taken out of what the encoders see."""
    lost_seconds: tuple[float, float] = (0.3, 3.0)
    """For how long."""
    normalise: bool = False
    """Bring the disturbed input back to mean 0 and SD 1, as in use. The shipped weights were
    trained without."""

    def __post_init__(self) -> None:
        c = self
        spectra = [getattr(c, kind) for kind in noise.SPECTRA]
        chances = (c.filter, c.low_rate, *c.polarity, c.noise, *spectra, c.walking, c.pop, c.hum)
        if any(not 0 <= p <= 1 for p in (*chances, c.gain, c.clip, c.quantise, c.lost)):
            raise ValueError("probabilities lie between 0 and 1")
        ranges = (c.noise_snr, c.snr, c.pop_height, c.hum_height, c.clip_range, c.bits)
        if any(low > high for low, high in (*ranges, c.lost_seconds, *c.low_rates)):
            raise ValueError("ranges go from the smaller to the larger")
        if min(c.hum_height[0], *(low for low, _ in c.low_rates)) <= 0 or c.largest_gain < 1:
            raise ValueError("need hum_height > 0, low_rates > 0 and largest_gain >= 1")


def everyday() -> AugmentConfig:
    """Return everything that wearables and wards do, in about every second window.

    Not what the shipped weights were trained with: what it does for them is not yet measured.
    """
    return AugmentConfig(
        low_rate=0.15,
        noise=0.2,
        wander=0.15,
        muscle=0.15,
        electrode=0.1,
        motion=0.2,
        walking=0.1,
        pop=0.1,
        hum=0.1,
        gain=0.1,
        clip=0.05,
        quantise=0.1,
        lost=0.1,
        normalise=True,
    )


def augment(
    windows: Tensor, sampling_rate: float, config: AugmentConfig, chance: Chance
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return targets, inputs, and where the inputs are valid.

    Args:
        windows: Shape (..., 2, time), normalised; they are left as they are.
        sampling_rate: Hertz.
        config: What happens.
        chance: Source of chance for these rows.

    Returns:
        (clean, noisy, valid): two tensors of the windows' shape, and a boolean one, None where
        nothing can be lost.
    """
    c = config
    clean = windows
    if c.low_rate > 0:
        clean = devices.low_rate(
            clean,
            sampling_rate,
            chance,
            probability=c.low_rate,
            rates=c.low_rates,
            jitter=c.clock_jitter,
        )
    if max(c.polarity) > 0:
        clean = devices.polarity(clean, chance, probabilities=c.polarity)
    if c.filter > 0 or c.low_rate > 0:
        clean = device_filter(clean, sampling_rate, chance, probability=c.filter)
    noisy, valid = _disturbed(clean, sampling_rate, c, chance)
    if valid is not None:
        noisy = torch.where(valid, noisy, 0.0)
    if c.normalise:
        noisy = devices.normalised(noisy, valid)
    return clean, noisy, valid


def _disturbed(
    clean: Tensor, sampling_rate: float, c: AugmentConfig, chance: Chance
) -> tuple[Tensor, Tensor | None]:
    """Return what the sensors make of a signal, and where there is one, in the order of a device.

    Body and surroundings add, the amplifier multiplies and saturates, the converter rounds.
    """
    noisy = clean
    if c.noise > 0:
        noisy = add_noise(noisy, sampling_rate, chance, probability=c.noise, snr=c.noise_snr)
    spectra = {kind: getattr(c, kind) for kind in noise.SPECTRA}
    added = []
    if max(spectra.values()) > 0:
        added.append(noise.coloured(clean, sampling_rate, spectra, c.snr, chance))
    if c.walking > 0:
        added.append(noise.walking(clean, sampling_rate, c.walking, c.snr, chance))
    if c.pop > 0:
        added.append(noise.pops(clean, sampling_rate, c.pop, c.pop_height, chance))
    if c.hum > 0:
        added.append(noise.hum(clean, sampling_rate, c.hum, c.hum_height, chance))
    noisy = sum(added, noisy)
    if c.gain > 0:
        noisy = devices.gain_steps(noisy, chance, probability=c.gain, largest=c.largest_gain)
    if c.clip > 0:
        noisy = devices.clipping(noisy, chance, probability=c.clip, range=c.clip_range)
    if c.quantise > 0:
        noisy = devices.quantised(noisy, chance, probability=c.quantise, bits=c.bits)
    if c.lost == 0:
        return noisy, None
    gone = devices.lost(noisy, sampling_rate, chance, probability=c.lost, seconds=c.lost_seconds)
    return noisy, ~gone


def add_noise(
    windows: Tensor,
    sampling_rate: float,
    chance: Chance,
    *,
    probability: float = 0.5,
    snr: tuple[float, float] = (0.0, 25.0),
) -> Tensor:
    """Add coloured noise, steady or in bursts, to some of the channels.

    Args:
        windows: Shape (..., 2, time), normalised.
        sampling_rate: Hertz.
        chance: Source of chance.
        probability: For each channel.
        snr: Signal-to-noise ratio in decibels, from and to; a burst's own level, so that in the
            whole window it has less.
    """
    n, device = windows.shape[-1], windows.device
    hertz = torch.fft.rfftfreq(n, 1 / sampling_rate, device=device)
    slope = chance.between(0.0, 2.0)[..., None]  # 1/f^0 to 1/f^2 in power
    shape = torch.where(hertz < 0.4, 0.0, hertz.clamp_min(0.4) ** (-slope / 2))
    edge = torch.tensor([40.0, 12.0], device=device)[:, None]
    shape = shape * (1 / (1 + (hertz / edge) ** 8).sqrt())
    phase = chance.angle(len(hertz))
    added = torch.fft.irfft(torch.polar(shape, phase), n=n)
    added = added / (devices.spread(added)[..., None] + 1e-6)  # nothing of it is at 0 Hz
    # Half of the disturbances are bursts: a smooth window somewhere in the ten seconds.
    time = torch.linspace(0, 1, n, device=device)
    burst = torch.exp(-0.5 * ((time - chance.uniform()[..., None]) / 0.08) ** 2) * 2.5
    added = torch.where(chance.happens(0.5)[..., None], added * burst, added)
    amount = 10 ** (-chance.between(*snr) / 20)
    return windows + added * torch.where(chance.happens(probability), amount, 0.0)[..., None]
