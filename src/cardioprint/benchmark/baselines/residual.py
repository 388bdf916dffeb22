"""Blocks of the supervised network."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two convolutions over seven samples and a shortcut (He et al. 2016); halves the rate."""

    def __init__(self, channels: int, outputs: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, outputs, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Conv1d(outputs, outputs, 7, padding=3, bias=False),
            nn.BatchNorm1d(outputs),
        )
        self.shortcut = nn.Sequential(
            nn.AvgPool1d(2, ceil_mode=True), nn.Conv1d(channels, outputs, 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, output, time / 2)."""
        return torch.relu(self.body(x) + self.shortcut(x))


class PooledMeanMax(nn.Module):
    """Mean and maximum over time, side by side."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, 2 channels)."""
        return torch.cat([x.mean(dim=-1), x.amax(dim=-1)], dim=1)
