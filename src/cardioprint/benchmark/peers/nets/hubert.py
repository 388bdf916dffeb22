"""HuBERT-ECG (Coppola et al. 2024): HuBERT (Hsu et al. 2021) over twelve leads in a row."""

from __future__ import annotations

from collections.abc import Mapping

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

LEADS, LEAD_SAMPLES = 12, 500
"""Five seconds of each lead at 100 Hz stand one after the other."""

KERNELS, STRIDES = (10, 3, 3, 2, 2), (4, 2, 2, 2, 2)
"""Of the five convolutions in front of the transformer."""


class _Conv(nn.Module):
    def __init__(self, channels: int, outputs: int, kernel: int, stride: int, normed: bool):
        super().__init__()
        self.conv = nn.Conv1d(channels, outputs, kernel, stride, bias=False)
        self.layer_norm = nn.GroupNorm(outputs, outputs) if normed else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return F.gelu(x if self.layer_norm is None else self.layer_norm(x))


class _Features(nn.Module):
    def __init__(self, outputs: int):
        super().__init__()
        self.conv_layers = nn.ModuleList(
            _Conv(1 if i == 0 else outputs, outputs, kernel, stride, i == 0)
            for i, (kernel, stride) in enumerate(zip(KERNELS, STRIDES, strict=True))
        )

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.conv_layers:
            x = layer(x)
        return x.transpose(1, 2)


class _Projection(nn.Module):
    def __init__(self, inputs: int, features: int):
        super().__init__()
        self.layer_norm = nn.LayerNorm(inputs)
        self.projection = nn.Linear(inputs, features)

    def forward(self, x: Tensor) -> Tensor:
        return self.projection(self.layer_norm(x))


class _Positions(nn.Module):
    def __init__(self, features: int):
        super().__init__()
        self.conv = nn.Conv1d(features, features, 128, padding=64, groups=16)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(self.conv(x.transpose(1, 2))[..., :-1]).transpose(1, 2)


class _Attention(nn.Module):
    def __init__(self, features: int, heads: int):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(features, features) for _ in range(4)
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = (p(x) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in parts)
        return self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class _Dense(nn.Module):
    def __init__(self, features: int, hidden: int):
        super().__init__()
        self.intermediate_dense = nn.Linear(features, hidden)
        self.output_dense = nn.Linear(hidden, features)

    def forward(self, x: Tensor) -> Tensor:
        return self.output_dense(F.gelu(self.intermediate_dense(x)))


class _Layer(nn.Module):
    def __init__(self, features: int, hidden: int, heads: int):
        super().__init__()
        self.attention = _Attention(features, heads)
        self.layer_norm = nn.LayerNorm(features)
        self.feed_forward = _Dense(features, hidden)
        self.final_layer_norm = nn.LayerNorm(features)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer_norm(x + self.attention(x))
        return self.final_layer_norm(x + self.feed_forward(x))


class _Encoder(nn.Module):
    def __init__(self, features: int, hidden: int, heads: int, layers: int):
        super().__init__()
        self.pos_conv_embed = _Positions(features)
        self.layer_norm = nn.LayerNorm(features)
        self.layers = nn.ModuleList(_Layer(features, hidden, heads) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer_norm(x + self.pos_conv_embed(x))
        for layer in self.layers:
            x = layer(x)
        return x


class HubertECG(nn.Module):
    """Five seconds of twelve leads -> the mean over the transformer's tokens."""

    def __init__(
        self,
        features: int = 512,
        hidden: int = 2048,
        heads: int = 8,
        layers: int = 8,
        channels: int = 512,
    ):
        super().__init__()
        self.feature_extractor = _Features(channels)
        self.feature_projection = _Projection(channels, features)
        self.encoder = _Encoder(features, hidden, heads, layers)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return (batch, feature) of one lead, (batch, 1, time), in its place among zeros.

        A window of several five-second pieces gives the mean of their vectors.
        """
        pieces = x[:, 0].unflatten(-1, (-1, LEAD_SAMPLES))
        rows = pieces.new_zeros(*pieces.shape[:2], LEADS, LEAD_SAMPLES)
        rows[:, :, places[0]] = pieces
        z = self.feature_extractor(rows.flatten(0, 1).flatten(1)[:, None])
        z = self.encoder(self.feature_projection(z)).mean(dim=1)
        return z.unflatten(0, pieces.shape[:2]).mean(dim=1)


def plain_weight(g: Tensor, v: Tensor) -> Tensor:
    """Return the weight of a weight-normed convolution from its size and direction, per tap."""
    return g * v / v.norm(dim=(0, 1), keepdim=True)


def sizes(state: Mapping[str, Tensor]) -> dict[str, int]:
    """Return the sizes of a published model from the shapes of its tensors; heads have 64."""
    features, channels = state["feature_projection.projection.weight"].shape
    layers = {k.split(".")[2] for k in state if k.startswith("encoder.layers.")}
    hidden = state["encoder.layers.0.feed_forward.intermediate_dense.weight"].shape[0]
    return {
        "features": features,
        "hidden": hidden,
        "heads": features // 64,
        "layers": len(layers),
        "channels": channels,
    }
