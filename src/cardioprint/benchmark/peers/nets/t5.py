"""The encoder of T5 (Raffel et al. 2020) and two time-series models that are built on it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

BUCKETS, FARTHEST = 32, 128
"""Relative positions share 32 biases; beyond 128 tokens all are alike (T5)."""


class RootNorm(nn.Module):
    """Division by the root mean square, no mean taken away, no bias (T5's layer norm)."""

    def __init__(self, features: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))

    def forward(self, x: Tensor) -> Tensor:
        """Return x scaled."""
        return self.weight * x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + 1e-6)


class SelfAttention(nn.Module):
    """Attention without scaling; the first block owns the bias of relative positions."""

    def __init__(self, features: int, heads: int, size: int, biased: bool):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(features, heads * size, bias=False)
        self.k = nn.Linear(features, heads * size, bias=False)
        self.v = nn.Linear(features, heads * size, bias=False)
        self.o = nn.Linear(heads * size, features, bias=False)
        if biased:
            self.relative_attention_bias = nn.Embedding(BUCKETS, heads)

    def bias(self, tokens: int) -> Tensor:
        """Return the bias of relative positions, (1, head, token, token)."""
        at = torch.arange(tokens)
        return self.relative_attention_bias(_bucket(at[None] - at[:, None])).permute(2, 0, 1)[None]

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Return (batch, token, feature)."""
        parts = (p(x) for p in (self.q, self.k, self.v))
        q, k, v = (p.unflatten(-1, (self.heads, -1)).transpose(1, 2) for p in parts)
        weight = (q @ k.transpose(-1, -2) + bias).softmax(dim=-1)
        return self.o((weight @ v).transpose(1, 2).flatten(2))


def _bucket(distance: Tensor) -> Tensor:
    """Return the bucket of key minus query positions: half for each direction, then log."""
    half = BUCKETS // 2
    exact = half // 2
    far = distance.abs()
    large = (
        exact
        + (
            (far.clamp(min=1).float() / exact).log() / math.log(FARTHEST / exact) * (half - exact)
        ).long()
    )
    return (distance > 0) * half + torch.where(far < exact, far, large.clamp(max=half - 1))


class _AttentionLayer(nn.Module):
    def __init__(self, features: int, heads: int, size: int, biased: bool):
        super().__init__()
        self.SelfAttention = SelfAttention(features, heads, size, biased)
        self.layer_norm = RootNorm(features)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        return x + self.SelfAttention(self.layer_norm(x), bias)


class _Dense(nn.Module):
    def __init__(self, features: int, hidden: int, gated: bool):
        super().__init__()
        self.gated = gated
        if gated:
            self.wi_0 = nn.Linear(features, hidden, bias=False)
            self.wi_1 = nn.Linear(features, hidden, bias=False)
        else:
            self.wi = nn.Linear(features, hidden, bias=False)
        self.wo = nn.Linear(hidden, features, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.gated:
            return self.wo(F.gelu(self.wi_0(x), approximate="tanh") * self.wi_1(x))
        return self.wo(torch.relu(self.wi(x)))


class _DenseLayer(nn.Module):
    def __init__(self, features: int, hidden: int, gated: bool):
        super().__init__()
        self.DenseReluDense = _Dense(features, hidden, gated)
        self.layer_norm = RootNorm(features)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.DenseReluDense(self.layer_norm(x))


class _Block(nn.Module):
    def __init__(
        self, features: int, hidden: int, heads: int, size: int, gated: bool, biased: bool
    ):
        super().__init__()
        self.layer = nn.ModuleList(
            [
                _AttentionLayer(features, heads, size, biased),
                _DenseLayer(features, hidden, gated),
            ]
        )

    def bias(self, tokens: int) -> Tensor:
        attend = self.layer[0]
        assert isinstance(attend, _AttentionLayer)
        return attend.SelfAttention.bias(tokens)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        return self.layer[1](self.layer[0](x, bias))


class Encoder(nn.Module):
    """T5's stack of pre-norm blocks."""

    def __init__(self, features: int, hidden: int, heads: int, size: int, layers: int, gated: bool):
        super().__init__()
        self.block = nn.ModuleList(
            _Block(features, hidden, heads, size, gated, i == 0) for i in range(layers)
        )
        self.final_layer_norm = RootNorm(features)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        """Return (batch, token, feature).

        Args:
            x: Embedded tokens.
            seen: bool, (batch, token): which of them may be looked at.
        """
        first = self.block[0]
        assert isinstance(first, _Block)
        bias = first.bias(x.shape[1])  # of the first block, used by all
        bias = bias.masked_fill(~seen[:, None, None], torch.finfo(x.dtype).min)
        for block in self.block:
            x = block(x, bias)
        return self.final_layer_norm(x)


def sizes(state: Mapping[str, Tensor], hidden: str) -> dict[str, int]:
    """Return the sizes of a published encoder from the shapes of its tensors.

    Args:
        state: Tensors by name.
        hidden: Name of the first block's widening layer, "wi" or "wi_0".
    """
    block = "encoder.block.0.layer."
    heads = state[f"{block}0.SelfAttention.relative_attention_bias.weight"].shape[1]
    inner, features = state[f"{block}0.SelfAttention.q.weight"].shape
    return {
        "features": features,
        "hidden": state[f"{block}1.DenseReluDense.{hidden}.weight"].shape[0],
        "heads": heads,
        "layers": len({k.split(".")[2] for k in state if k.startswith("encoder.block.")}),
        "size": inner // heads,
    }


class _Positions(nn.Module):
    def __init__(self, features: int, longest: int = 5000):
        super().__init__()
        at = torch.arange(longest)[:, None]
        rate = torch.exp(torch.arange(0, features, 2) * (-math.log(10000.0) / features))
        code = torch.stack([(at * rate).sin(), (at * rate).cos()], dim=-1).flatten(1)
        self.register_buffer("pe", code[None])

    pe: Tensor


class _PatchEmbedding(nn.Module):
    def __init__(self, features: int, patch: int):
        super().__init__()
        self.value_embedding = nn.Linear(patch, features, bias=False)
        self.mask_embedding = nn.Parameter(torch.zeros(features))
        self.position_embedding = _Positions(features)

    def forward(self, patches: Tensor, seen: Tensor) -> Tensor:
        x = torch.where(seen[..., None], self.value_embedding(patches), self.mask_embedding)
        return x + self.position_embedding.pe[:, : x.shape[1]]


class Moment(nn.Module):
    """MOMENT (Goswami et al. 2024): patches of 8 samples through the encoder of Flan-T5.

    NaN marks padding. A patch counts as seen where all its samples are; the embedding is the
    mean over the patches seen.
    """

    PATCH = 8

    def __init__(
        self,
        features: int = 512,
        hidden: int = 1024,
        heads: int = 6,
        layers: int = 8,
        size: int = 64,
    ):
        super().__init__()
        self.patch_embedding = _PatchEmbedding(features, self.PATCH)
        self.encoder = Encoder(features, hidden, heads, size, layers, gated=True)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return (batch, feature) of (batch, 1, time)."""
        x = x[:, 0]
        spread = (nan_mean((x - nan_mean(x)) ** 2) + 1e-5).sqrt()
        patches = ((x - nan_mean(x)) / spread).unflatten(-1, (-1, self.PATCH))
        seen = patches.isfinite().all(dim=-1)
        z = self.encoder(self.patch_embedding(patches.nan_to_num(), seen), seen)
        weight = seen[..., None].to(z.dtype)
        return (z * weight).sum(dim=1) / weight.sum(dim=1)


class _ResidualLayer(nn.Module):
    def __init__(self, inputs: int, hidden: int, outputs: int):
        super().__init__()
        self.hidden_layer = nn.Linear(inputs, hidden)
        self.output_layer = nn.Linear(hidden, outputs)
        self.residual_layer = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.output_layer(torch.relu(self.hidden_layer(x))) + self.residual_layer(x)


class ChronosBolt(nn.Module):
    """The encoder of Chronos-Bolt (Ansari et al. 2024): patches of 16 samples and their masks.

    NaN is missing. The window is padded at its beginning to whole patches; a register token is
    appended; the embedding is the mean over all tokens that were looked at.
    """

    PATCH = 16

    def __init__(
        self,
        features: int = 256,
        hidden: int = 1024,
        heads: int = 4,
        layers: int = 4,
        size: int = 64,
    ):
        super().__init__()
        self.shared = nn.Embedding(2, features)
        self.input_patch_embedding = _ResidualLayer(2 * self.PATCH, hidden, features)
        self.encoder = Encoder(features, hidden, heads, size, layers, gated=False)

    def forward(self, x: Tensor, places: tuple[int, ...]) -> Tensor:
        """Return (batch, feature) of (batch, 1, time)."""
        x = x[:, 0]
        level = nan_mean(x).nan_to_num()
        scale = nan_mean((x - level) ** 2).sqrt().nan_to_num(nan=1.0)
        scale = torch.where(scale == 0, level.abs() + 1e-5, scale)
        x = F.pad((x - level) / scale, (-x.shape[-1] % self.PATCH, 0), value=float("nan"))
        patches = x.unflatten(-1, (-1, self.PATCH))
        mask = patches.isfinite()
        tokens = self.input_patch_embedding(
            torch.cat([patches.nan_to_num(), mask.to(x.dtype)], dim=-1)
        )
        register = self.shared(torch.ones(len(x), 1, dtype=torch.long))
        seen = F.pad(mask.any(dim=-1), (0, 1), value=True)
        z = self.encoder(torch.cat([tokens, register], dim=1), seen)
        weight = seen[..., None].to(z.dtype)
        return (z * weight).sum(dim=1) / weight.sum(dim=1)


def nan_mean(x: Tensor) -> Tensor:
    """Return the mean over what is there along the last axis, which is kept."""
    return x.nanmean(dim=-1, keepdim=True)
