"""What beats say of a rhythm, as targets of pretraining: rate, variability, irregularity.

All of it follows from intervals between beats, so it does not change when the window slides, and
it is what heart rate, fibrillation and ectopy are read from. The numbers are those of the Task
Force (1996) in logarithms, and soft histograms of the intervals and of the ratio of neighbours,
in which a premature beat with its pause, a bigeminy and fibrillation look different.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

INTERVALS = (0.25, 2.0, 24)
"""Seconds of the first and the last bin of the histogram of intervals, and how many: 9 % apart."""

RATIOS = (0.7, 15)
"""Largest natural logarithm of the ratio of neighbouring intervals, and the number of bins."""

LEAST = 4
"""Beats below which a window tells nothing of its rhythm."""

NUMBERS = 6
SIZE = NUMBERS + INTERVALS[2] + RATIOS[1]
"""How many numbers describe a rhythm."""

PLACES = (0.8, 0.03, 0.03, 0.05, 0.65, 1.0)
"""Usual interval, SDNN, RMSSD (s), share of irregular pairs, shortest and longest interval."""

UNITS = (0.28, 0.9, 0.9, 0.2, 0.33, 0.33)
"""Spreads of their logarithms (of the share itself) in hearts of all kinds."""

PLAIN = 3.0
"""What an error of one of the six numbers counts beside one of a histogram's bin: heart rate is the
first thing that anybody asks a fingerprint for."""


def weights(device: torch.device) -> Float[Tensor, " number"]:
    """Return what an error of each number counts; 1 on average."""
    counts = torch.ones(SIZE, device=device)
    counts[:NUMBERS] = PLAIN
    return counts / counts.mean()


FINE = 0.02
"""Share of the rate beyond which an error is one: half a beat in ten seconds is 0.05."""


def finely(
    guess: Float[Tensor, "batch number"], truth: Float[Tensor, "batch number"]
) -> Float[Tensor, " batch"]:
    """Return how far the rate is off as the logarithm of a Cauchy density: 0 where it is right.

    It goes on asking for more where a squared error no longer does, and what is wrong by a factor,
    because a beat was missed, does not drown everything else.
    """
    off = (guess[:, 0] - truth[:, 0]) * UNITS[0] / FINE
    return off.square().log1p()


def describe_rhythm(
    beats: Int[Tensor, "batch beat"], sampling_rate: float
) -> tuple[Float[Tensor, "batch number"], Bool[Tensor, " batch"]]:
    """Describe the rhythm of each window.

    Args:
        beats: Samples after the window's start, ascending; -1 after the last.
        sampling_rate: Hertz.

    Returns:
        `SIZE` numbers, each of them with a spread of about 1, and whether there are enough beats
        to believe them.
    """
    there = beats >= 0
    rr = beats.diff(dim=1).float() / sampling_rate
    real = there[:, 1:] & (rr > 0)
    count = real.sum(dim=1).clamp_min(1)
    log_rr = torch.where(real, rr.clamp_min(0.02), torch.ones_like(rr)).log()
    mean = (rr * real).sum(dim=1) / count
    spread = (((rr - mean[:, None]) * real).square().sum(dim=1) / count).sqrt()
    both = real[:, 1:] & real[:, :-1]
    pairs = both.sum(dim=1).clamp_min(1)
    change = rr.diff(dim=1) * both
    successive = (change.square().sum(dim=1) / pairs).sqrt()
    ratio = log_rr.diff(dim=1)
    irregular = ((ratio.abs() > 0.1) & both).sum(dim=1) / pairs
    shortest = log_rr.masked_fill(~real, math.inf).amin(dim=1)
    longest = log_rr.masked_fill(~real, -math.inf).amax(dim=1)
    floor = 1 / sampling_rate  # a beat is found to a sample: no variability is finer
    plain = torch.stack(
        [
            mean.clamp_min(0.02).log() - math.log(PLACES[0]),
            (spread + floor).log() - math.log(PLACES[1]),
            (successive + floor).log() - math.log(PLACES[2]),
            irregular - PLACES[3],
            shortest - math.log(PLACES[4]),
            longest - math.log(PLACES[5]),
        ],
        dim=1,
    ) / torch.tensor(UNITS, device=beats.device)
    first, last, bins = INTERVALS
    at = torch.linspace(math.log(first), math.log(last), bins, device=beats.device)
    intervals = _histogram(log_rr, real, at)
    reach, bins = RATIOS
    ratios = _histogram(ratio, both, torch.linspace(-reach, reach, bins, device=beats.device))
    enough = real.sum(dim=1) >= LEAST - 1
    found = torch.cat([plain.clamp(-4, 4), 4 * intervals, 4 * ratios], dim=1)
    return torch.where(enough[:, None], found, torch.zeros_like(found)), enough


def _histogram(
    values: Float[Tensor, "batch value"], real: Bool[Tensor, "batch value"], at: Tensor
) -> Float[Tensor, "batch bin"]:
    """Return the share of values near each place; a value counts for two or three of them."""
    width = at[1] - at[0]
    values = values.clamp(float(at[0]), float(at[-1]))
    near = torch.exp(-0.5 * ((values[..., None] - at) / (0.7 * width)).square())
    near = near / near.sum(dim=-1, keepdim=True).clamp_min(1e-6)
    return (near * real[..., None]).sum(dim=1) / real.sum(dim=1).clamp_min(1)[:, None]
