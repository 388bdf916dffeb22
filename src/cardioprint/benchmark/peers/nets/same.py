"""Convolution and pooling whose output has ceil(length / stride) samples, zeros outside."""

from __future__ import annotations

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class SameConv(nn.Module):
    """A convolution that pads so that no sample is lost; an odd zero goes to the end."""

    def __init__(self, channels: int, outputs: int, kernel: int, stride: int, groups: int = 1):
        super().__init__()
        self.conv = nn.Conv1d(channels, outputs, kernel, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, output, ceil(time / stride))."""
        kernel, stride = self.conv.kernel_size[0], self.conv.stride[0]
        length = x.shape[-1]
        pad = max(0, (-(-length // stride) - 1) * stride + kernel - length)
        return self.conv(F.pad(x, (pad // 2, pad - pad // 2)))


def same_pool(x: Tensor, kernel: int) -> Tensor:
    """Return the maxima of successive groups of `kernel` samples after padding with zeros."""
    pad = kernel - 1
    return F.max_pool1d(F.pad(x, (pad // 2, pad - pad // 2)), kernel)


def widened(x: Tensor, channels: int) -> Tensor:
    """Return x with channels of zeros added on both sides, the odd one at the end."""
    missing = channels - x.shape[1]
    return F.pad(x, (0, 0, missing // 2, missing - missing // 2)) if missing else x
