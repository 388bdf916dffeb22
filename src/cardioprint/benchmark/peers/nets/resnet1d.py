"""The one-dimensional pre-activation ResNet of PaPaGei and Pulse-PPG.

Both follow Hong's resnet1d (after Hannun et al. 2019): a first convolution, then blocks of two
convolutions each; every second block halves the rate, every fourth doubles the channels, and
the shortcut is a max-pool with zero channels added.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cardioprint.benchmark.peers.nets.same import SameConv, same_pool, widened


class Block(nn.Module):
    """Norm, ReLU, convolution, twice; the very first block has its first two already behind it."""

    def __init__(self, channels: int, outputs: int, kernel: int, stride: int, first: bool):
        super().__init__()
        self.outputs, self.stride, self.first = outputs, stride, first
        self.bn1 = nn.BatchNorm1d(channels)
        self.conv1 = SameConv(channels, outputs, kernel, stride)
        self.bn2 = nn.BatchNorm1d(outputs)
        self.conv2 = SameConv(outputs, outputs, kernel, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, output, ceil(time / stride))."""
        y = x if self.first else torch.relu(self.bn1(x))
        y = self.conv2(torch.relu(self.bn2(self.conv1(y))))
        shortcut = same_pool(x, self.stride) if self.stride > 1 else x
        return y + widened(shortcut, self.outputs)


class ResNet1D(nn.Module):
    """The trunk that both networks share.

    Args:
        width: Channels of the first blocks.
        kernel: Samples of every convolution.
        blocks: Residual blocks.
        halve: Every so-many-th block, counted from the second, halves the rate.
        double: Every so-many-th block doubles the channels.
    """

    def __init__(self, width: int, kernel: int, blocks: int, halve: int = 2, double: int = 4):
        super().__init__()
        self.first_block_conv = SameConv(1, width, kernel, 1)
        self.first_block_bn = nn.BatchNorm1d(width)
        self.basicblock_list = nn.ModuleList()
        channels = width
        for i in range(blocks):
            outputs = 2 * channels if i and i % double == 0 else channels
            stride = 2 if i % halve == 1 else 1
            self.basicblock_list.append(Block(channels, outputs, kernel, stride, i == 0))
            channels = outputs
        self.channels = channels

    def trunk(self, x: Tensor) -> Tensor:
        """Return (batch, channel, time) after all blocks."""
        x = torch.relu(self.first_block_bn(self.first_block_conv(x)))
        for block in self.basicblock_list:
            x = block(x)
        return x


class PaPaGei(ResNet1D):
    """PaPaGei-P (Pillai et al. 2025): trunk, norm, mean over time, one linear layer."""

    def __init__(self, width: int = 32, blocks: int = 18, outputs: int = 512):
        super().__init__(width, kernel=3, blocks=blocks)
        self.final_bn = nn.BatchNorm1d(self.channels)
        self.dense = nn.Linear(self.channels, outputs)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return the published embedding, (batch, output), of (batch, 1, time)."""
        return self.dense(torch.relu(self.final_bn(self.trunk(x))).mean(dim=-1))


class PaPaGeiS(PaPaGei):
    """PaPaGei-S: the same with two heads of three experts, which the embedding does not use."""

    def __init__(self, width: int = 32, blocks: int = 18, outputs: int = 512, experts: int = 3):
        super().__init__(width, blocks, outputs)
        n = self.channels
        self.expert_layers_1 = nn.ModuleList(_expert(n, dropout=False) for _ in range(experts))
        self.gating_network_1 = nn.Sequential(nn.Linear(n, experts))
        self.expert_layers_2 = nn.ModuleList(_expert(n, dropout=True) for _ in range(experts))
        self.gating_network_2 = nn.Sequential(nn.Linear(n, experts))


def _expert(n: int, *, dropout: bool) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(n, n // 2), nn.ReLU()]
    if dropout:  # it holds no weights, and moves the last layer's number by one
        layers.append(nn.Dropout(0.3))
    return nn.Sequential(*layers, nn.Linear(n // 2, 1))


class PulsePPG(ResNet1D):
    """Pulse-PPG (Saha, Xu et al. 2025): every window normalised, trunk, maximum over time."""

    def __init__(self, width: int = 128, blocks: int = 12):
        super().__init__(width, kernel=11, blocks=blocks)
        self.instnorm = nn.InstanceNorm1d(1)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return (batch, channel) of (batch, 1, time)."""
        return self.trunk(self.instnorm(x)).amax(dim=-1)
