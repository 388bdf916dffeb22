"""CSFM, the Cardiac Sensing Foundation Model (Gu et al. 2025): a transformer over channels."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

CHANNELS = 13
"""Twelve ECG leads in the usual order, then PPG."""

TEXT, VOCABULARY = 64, 30_522
"""Tokens of a report and of BERT's vocabulary: in the file, unused for signals alone."""


class _Attention(nn.Module):
    def __init__(self, features: int, heads: int, size: int):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(features)
        self.to_qkv = nn.Linear(features, 3 * heads * size, bias=False)
        self.to_out = nn.Sequential(nn.Linear(heads * size, features))

    def forward(self, x: Tensor) -> Tensor:
        parts = self.to_qkv(self.norm(x)).chunk(3, dim=-1)
        q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in parts)
        z = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.to_out(z.transpose(1, 2).flatten(2))


class _FeedForward(nn.Module):
    def __init__(self, features: int, hidden: int):
        super().__init__()
        # The number of a layer is its name in the file, dropouts counted.
        self.net = nn.Sequential(
            nn.LayerNorm(features),
            nn.Linear(features, hidden),
            nn.GELU(),
            nn.Identity(),
            nn.Linear(hidden, features),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class _Layer(nn.ModuleList):
    def forward(self, x: Tensor) -> Tensor:
        for part in self:
            x = part(x) + x
        return x


class _Transformer(nn.Module):
    def __init__(self, features: int, hidden: int, heads: int, size: int, layers: int):
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.layers = nn.ModuleList(
            _Layer([_Attention(features, heads, size), _FeedForward(features, hidden)])
            for _ in range(layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class CSFM(nn.Module):
    """Patches of 25 samples of any of 13 channels and a class token, whose output is the vector."""

    PATCH, SAMPLES = 25, 2500

    def __init__(
        self,
        features: int = 768,
        hidden: int = 1024,
        heads: int = 8,
        layers: int = 6,
        size: int = 64,
    ):
        super().__init__()
        self.ts_to_patch_embedding = nn.Sequential(
            nn.Identity(),
            nn.LayerNorm(self.PATCH),
            nn.Linear(self.PATCH, features),
            nn.LayerNorm(features),
        )
        self.text_to_embedding = nn.Sequential(
            nn.Embedding(VOCABULARY, features), nn.LayerNorm(features)
        )
        patches = self.SAMPLES // self.PATCH
        self.cls_token = nn.Parameter(torch.randn(1, 1, features))
        self.ts_channel_type_embedding = nn.Parameter(torch.randn(1, CHANNELS, features))
        self.text_type_embedding = nn.Parameter(torch.randn(1, 1, features))
        self.ts_pos_embedding = nn.Parameter(torch.randn(1, patches, features))
        self.text_pos_embedding = nn.Parameter(torch.randn(1, TEXT, features))
        self.transformer = _Transformer(features, hidden, heads, size, layers)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return (batch, feature).

        Args:
            x: (batch, channel, time), each channel normalised.
            places: Which of the 13 channels they are.
        """
        z = self.ts_to_patch_embedding(x.unflatten(-1, (-1, self.PATCH)))
        z = z + self.ts_channel_type_embedding[:, list(places)][:, :, None]
        z = (z + self.ts_pos_embedding[:, None]).flatten(1, 2)
        z = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), z], dim=1)
        return self.transformer(z)[:, 0]


def sizes(state: Mapping[str, Tensor]) -> dict[str, int]:
    """Return the sizes of a published model from the shapes of its tensors; heads have 64."""
    inner, features = state["transformer.layers.0.0.to_qkv.weight"].shape
    return {
        "features": features,
        "hidden": state["transformer.layers.0.1.net.1.weight"].shape[0],
        "heads": inner // (3 * 64),
        "layers": len({k.split(".")[2] for k in state if k.startswith("transformer.layers.")}),
    }
