"""A ResNet1D of PaPaGei-S's published size, our own: a yardstick for speed, not for scores.

18 residual blocks, 32 filters doubling every fourth block, stride 2 every second block,
kernel 3, an embedding of 512 numbers and three small experts (Pillai et al., ICLR 2025):
about 5.8 M parameters on 10 s at 125 Hz.
"""

from __future__ import annotations

from torch import Tensor, nn

BLOCKS, FILTERS, EMBEDDING = 18, 32, 512


class Residual(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm1d(inputs),
            nn.ReLU(),
            nn.Conv1d(inputs, outputs, 3, stride=stride, padding=1),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Conv1d(outputs, outputs, 3, padding=1),
        )
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv1d(inputs, outputs, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output."""
        return self.body(x) + self.shortcut(x)


class ResNet1D(nn.Module):
    """Window -> embedding."""

    def __init__(self):
        super().__init__()
        blocks, width = [], FILTERS
        for i in range(BLOCKS):
            wider = width * 2 if i and i % 4 == 0 else width
            blocks.append(Residual(width, wider, 2 if i % 2 == 1 else 1))
            width = wider
        self.stem = nn.Sequential(nn.Conv1d(1, FILTERS, 3, padding=1), nn.BatchNorm1d(FILTERS))
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(width, EMBEDDING)
        self.experts = nn.ModuleList(
            nn.Sequential(
                nn.Linear(EMBEDDING, EMBEDDING // 4), nn.ReLU(), nn.Linear(EMBEDDING // 4, 1)
            )
            for _ in range(3)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return embeddings for windows of shape (batch, 1, time)."""
        return self.head(self.blocks(self.stem(x)).relu().mean(dim=-1))
