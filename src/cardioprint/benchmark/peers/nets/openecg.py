"""The backbone of OpenECG's layered codec: a strided tokenizer, convolutions, a transformer."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class OpenECGBackbone(nn.Module):
    """10 s at 500 Hz -> mean and SD over time of the last layer's 500 tokens.

    OpenECG publishes labels and no embedding: this read-out is ours.
    """

    def __init__(
        self,
        features: int = 128,
        heads: int = 4,
        hidden: int = 256,
        lower: int = 4,
        upper: int = 4,
        kernel: int = 7,
        patch: int = 10,
        tokens: int = 512,
    ):
        super().__init__()
        self.conv_tok = nn.Conv1d(1, features, 2 * patch, stride=patch, padding=patch // 2)
        self.register_buffer("pos_enc", torch.zeros(1, tokens, features))
        self.lower_convs = nn.ModuleList(
            nn.Conv1d(features, features, kernel, padding=kernel // 2) for _ in range(lower)
        )
        self.lower_norms = nn.ModuleList(nn.LayerNorm(features) for _ in range(lower))
        layer = nn.TransformerEncoderLayer(
            features, heads, hidden, activation="gelu", batch_first=True, norm_first=True
        )
        self.upper_transformer = nn.TransformerEncoder(layer, upper, enable_nested_tensor=False)

    pos_enc: Tensor

    def tokens(self, x: Tensor) -> Tensor:
        """Return the last layer's tokens, (batch, token, feature), of (batch, 1, time)."""
        z = self.conv_tok(x).transpose(1, 2)
        z = z[:, : x.shape[-1] // self.conv_tok.stride[0]]
        z = z + self.pos_enc[:, : z.shape[1]]
        for conv, norm in zip(self.lower_convs, self.lower_norms, strict=True):
            z = norm(F.gelu(conv(z.transpose(1, 2)).transpose(1, 2)) + z)
        return self.upper_transformer(z)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return (batch, 2 features)."""
        z = self.tokens(x)
        return torch.cat([z.mean(dim=1), z.std(dim=1)], dim=1)
