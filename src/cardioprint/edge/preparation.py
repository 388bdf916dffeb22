"""The preparation as two convolutions, for graphs that take raw samples.

Resampling by up / down is one strided convolution with `up` output channels: output n uses the
filter's phase n modulo up, and every `down` input samples give `up` outputs. The band-pass is
another. Both use the very coefficients of `signal.resampling` and `signal.filters`.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from cardioprint.errors import SamplingRateError
from cardioprint.signal import resampling
from cardioprint.signal.preparation import Preparation
from cardioprint.types import Modality


class PreparationGraph(nn.Module):
    """Raw samples of one channel -> the filtered signal at the model's rate.

    Without padding: the output holds the instants whose whole reach lies inside the input, so
    that a stream feeds it stretches that overlap by `context` seconds on either side.

    Args:
        sampling_rate: Hertz of the input.
        modality: Which band-pass.
        preparation: The model's preparation.

    Raises:
        SamplingRateError: No small fraction leads from this rate to the model's.
    """

    def __init__(self, sampling_rate: float, modality: Modality, preparation: Preparation):
        super().__init__()
        fraction = resampling.ratio(sampling_rate, preparation.sampling_rate)
        if fraction is None:
            raise SamplingRateError(
                f"no small fraction leads from {sampling_rate:g} Hz to "
                f"{preparation.sampling_rate:g} Hz",
                field="sampling_rate",
                fix="resample the signal before",
            )
        self.up, self.down = fraction.numerator, fraction.denominator
        weight, self.first_input = self._phases()
        self.register_buffer("phases", torch.from_numpy(weight.astype(np.float32))[:, None])
        kernel = preparation.kernel(modality)
        self.register_buffer("kernel", torch.from_numpy(kernel.astype(np.float32))[None, None])
        self.skipped = -(-max(0, -self.first_input) // self.down) * self.up + len(kernel) // 2

    phases: Tensor
    kernel: Tensor
    skipped: int
    """Output instants lost at the beginning: output 0 is instant `skipped` of the input's clock."""

    def _phases(self) -> tuple[np.ndarray, int]:
        """Return weights (up, taps) and the first input sample, relative to a frame's start.

        Output j is the sum over n of x[n] h[j down - n up + centre]; with j = up m + p and
        n = down m + r only p and r remain.
        """
        if self.up == self.down:
            return np.ones((1, 1)), 0
        taps = resampling.design(self.up, self.down)
        centre = len(taps) // 2
        first = -(centre // self.up)
        last = ((self.up - 1) * self.down + centre) // self.up
        at = np.arange(self.up)[:, None] * self.down - np.arange(first, last + 1) * self.up + centre
        inside = (at >= 0) & (at < len(taps))
        return np.where(inside, taps[np.clip(at, 0, len(taps) - 1)], 0.0), first

    def forward(self, samples: Tensor) -> Tensor:
        """Return filtered samples, (batch, time) -> (batch, time at the model's rate)."""
        # Begin at the first frame whose whole reach lies inside the input.
        begin = -(-max(0, -self.first_input) // self.down) * self.down + self.first_input
        x = samples[:, None, begin:]
        # Large offsets cost digits in float32 and the band-pass has no gain for them.
        x = x - x.mean(dim=-1, keepdim=True)
        frames = nn.functional.conv1d(x, self.phases, stride=self.down)
        y = frames.transpose(1, 2).flatten(1)[:, None]
        return nn.functional.conv1d(y, self.kernel)[:, 0]
