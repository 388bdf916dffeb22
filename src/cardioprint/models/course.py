"""The course of a window, read from an encoder's tokens: how things follow each other, not when.

A mean over tokens adds up what each second holds and forgets how the seconds follow each other: a
count of beats is all it can tell of the heart rate, a whole number in 10 s. Here tokens, and the
samples they were made of, unfold into a few channels at 25 steps a second; convolutions look at 1.2
s to either side, which is a beat and its neighbours; and what is kept of them does not know phase:
means and spreads over time, and power spectra. So the fingerprint stays the same when the window
slides.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

if TYPE_CHECKING:
    from cardioprint.models.m2ae import ModelConfig

STEPS = 5
"""Steps that a patch unfolds into: 25 a second at the usual sizes, as a wrist sensor has."""

KERNEL, DILATIONS = 5, (1, 2, 4, 8)
"""Steps that a convolution looks at, and how far they are apart, layer by layer."""

HERTZ, BINS = (0.4, 9.6), 128
"""Frequencies from and to which spectra are read, and how many, 2.5 % apart: on a logarithmic axis
a faster heart is the same pattern of harmonics further on, which a convolution finds anywhere."""

PATTERN, RATES = (31, 15), 8
"""Frequencies that the two convolutions over a spectrum look at, and rates that are looked for."""

FLOOR = 0.05
"""Power beyond which only its logarithm counts: twice what noise of variance 1 has."""


class Course(nn.Module):
    """One modality's tokens -> what its course adds to the fingerprint."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        width, wide = config.course, 2 * config.course
        self.width = width
        self.features = config.features
        self.norm = nn.LayerNorm(config.features)
        self.unfold = nn.Linear(config.features + config.patch, STEPS * width)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2 * d, dilation=d) for d in DILATIONS
        )
        self.widen = nn.Linear(width, wide)
        self.listen = nn.Linear(width, config.course // 4)
        sounds = config.course // 4
        self.find = nn.Sequential(
            nn.Conv1d(sounds, 2 * RATES, PATTERN[0], padding=PATTERN[0] // 2),
            nn.GELU(),
            nn.Conv1d(2 * RATES, RATES, PATTERN[1], padding=PATTERN[1] // 2),
        )
        seconds, steps = config.window_samples / config.sampling_rate, config.patches * STEPS
        hertz = torch.logspace(math.log10(HERTZ[0]), math.log10(HERTZ[1]), BINS)
        angle = 2 * math.pi * (torch.arange(steps)[:, None] + 0.5) * seconds / steps * hertz
        taper = torch.hann_window(steps, periodic=False)[:, None]
        taper = 2 * taper / taper.sum()  # a sine of amplitude 1 has power 1
        self.register_buffer("cosines", taper * angle.cos(), persistent=False)
        self.register_buffer("sines", taper * angle.sin(), persistent=False)
        # Where on the axis a frequency stands, from -2 to 2.
        self.register_buffer("places", torch.linspace(-2, 2, BINS), persistent=False)
        heard = 2 * wide + BINS * sounds + 2 * RATES
        self.read = nn.Sequential(
            nn.Linear(heard, 2 * config.features),
            nn.GELU(),
            nn.Linear(2 * config.features, config.fingerprint),
        )

    cosines: Tensor
    sines: Tensor
    places: Tensor

    def forward(
        self, grid: Float[Tensor, "batch patch value"], there: Bool[Tensor, "batch patch"]
    ) -> Float[Tensor, "batch print"]:
        """Return what this modality's course adds to the fingerprint.

        Args:
            grid: Tokens, and beside them the samples they were made of, at their places.
            there: Which of them are; the others may hold anything.
        """
        seen = there.to(grid.dtype)[..., None]
        tokens, samples = grid[..., : self.features], grid[..., self.features :]
        both = torch.cat([self.norm(tokens), samples], dim=-1)
        x = rearrange(self.unfold(both) * seen, "b p (s c) -> b c (p s)", s=STEPS)
        time = seen.expand(-1, -1, STEPS).flatten(1)[:, None]
        for layer in self.layers:
            x = x + nn.functional.gelu(layer(x)) * time
        x = x.transpose(1, 2)
        time = time.transpose(1, 2)
        shapes = nn.functional.gelu(self.widen(x)).float()
        share = time / time.sum(dim=1, keepdim=True).clamp_min(1.0)
        mean = (shapes * share).sum(dim=1)
        spread = ((shapes - mean[:, None]).square() * share).sum(dim=1)
        spread = (spread + 1e-4).sqrt()
        sounds = (self.listen(x) * time).transpose(1, 2)
        power = (sounds @ self.cosines).square() + (sounds @ self.sines).square()
        # Zero where nothing is heard: a large constant here made gradients twenty times as long.
        heard = (power.float() / FLOOR).log1p()
        # In bfloat16 the shares add up to 1.004 at times, and a difference of squares is negative.
        here = (4 * self.find(heard).float()).softmax(dim=-1)
        rate = (here * self.places).sum(dim=-1, keepdim=True)
        width = ((here * (self.places - rate).square()).sum(dim=-1) + 1e-4).sqrt()
        # Three axes: onnxruntime's preparation for 8 bits fails at a product of two matrices.
        found = torch.cat([mean, spread, heard.flatten(1), rate[..., 0], width], dim=1)
        return self.read(found[:, None])[:, 0]
