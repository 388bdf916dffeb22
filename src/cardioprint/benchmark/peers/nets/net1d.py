"""Net1D: stages of bottleneck blocks with squeeze and excitation (ECGFounder, AnyPPG).

After Hong's net1d: RegNet-like stages (Radosavovic et al. 2020) whose first block halves the
rate, grouped convolutions, and squeeze-and-excitation at half the channels (Hu et al. 2018).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from cardioprint.benchmark.peers.nets.same import SameConv, same_pool, widened


class Block(nn.Module):
    """One wide, one grouped, one wide convolution, channels weighted, plus a shortcut.

    ECGFounder's blocks own norms whose numbers are in its file although they are never used.
    """

    def __init__(
        self,
        channels: int,
        outputs: int,
        kernel: int,
        stride: int,
        width: int,
        norm: bool,
        first: bool,
    ):
        super().__init__()
        self.outputs, self.stride, self.norm, self.first = outputs, stride, norm, first
        self.bn1 = nn.BatchNorm1d(channels)
        self.conv1 = SameConv(channels, outputs, 1, 1)
        self.bn2 = nn.BatchNorm1d(outputs)
        self.conv2 = SameConv(outputs, outputs, kernel, stride, outputs // width)
        self.bn3 = nn.BatchNorm1d(outputs)
        self.conv3 = SameConv(outputs, outputs, 1, 1)
        self.se_fc1 = nn.Linear(outputs, outputs // 2)
        self.se_fc2 = nn.Linear(outputs // 2, outputs)

    def _act(self, x: Tensor, norm: nn.Module) -> Tensor:
        return F.silu(norm(x) if self.norm else x)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, output, ceil(time / stride))."""
        y = self.conv1(x if self.first else self._act(x, self.bn1))
        y = self.conv2(self._act(y, self.bn2))
        y = self.conv3(self._act(y, self.bn3))
        weight = torch.sigmoid(self.se_fc2(F.silu(self.se_fc1(y.mean(dim=-1)))))
        shortcut = same_pool(x, self.stride) if self.stride > 1 else x
        return y * weight[..., None] + widened(shortcut, self.outputs)


class Stage(nn.Module):
    """Blocks of the same width; the first halves the rate."""

    def __init__(
        self,
        channels: int,
        outputs: int,
        blocks: int,
        kernel: int,
        width: int,
        norm: bool,
        first: bool,
    ):
        super().__init__()
        self.block_list = nn.ModuleList(
            Block(
                outputs if i else channels,
                outputs,
                kernel,
                1 if i else 2,
                width,
                norm,
                first and i == 0,
            )
            for i in range(blocks)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, output, time / 2)."""
        for block in self.block_list:
            x = block(x)
        return x


class Net1D(nn.Module):
    """First convolution, stages, mean over time.

    Args:
        filters: Channels of each stage.
        blocks: Blocks of each stage.
        kernel: Samples of the grouped convolutions and of the first one.
        norm: Whether batch norms are applied.
        classes: Outputs of the file's last layer, which the embedding does not use; 0: none.
        base: Channels of the first convolution.
        width: Channels of a group.
    """

    def __init__(
        self,
        filters: tuple[int, ...],
        blocks: tuple[int, ...],
        kernel: int,
        *,
        norm: bool,
        classes: int = 0,
        base: int = 64,
        width: int = 16,
    ):
        super().__init__()
        self.norm = norm
        self.first_conv = SameConv(1, base, kernel, 2)
        self.first_bn = nn.BatchNorm1d(base)
        self.stage_list = nn.ModuleList(
            Stage(before, after, n, kernel, width, norm, i == 0)
            for i, (before, after, n) in enumerate(
                zip((base, *filters[:-1]), filters, blocks, strict=True)
            )
        )
        if classes:
            self.dense = nn.Linear(filters[-1], classes)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return what the last layer would classify, (batch, channel), of (batch, 1, time)."""
        x = self.first_conv(x)
        x = F.silu(self.first_bn(x) if self.norm else x)
        for stage in self.stage_list:
            x = stage(x)
        return x.mean(dim=-1)
