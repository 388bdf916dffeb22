"""HuBERT-ECG (Coppola et al., medRxiv 2024): self-supervised on 9.1 million 12-lead ECGs.

Preparation as in the authors' code: 500 Hz, FIR band-pass 0.05-47 Hz over 0.3 s forwards and
backwards, each lead scaled to -1 ... 1, 100 Hz, five seconds, the twelve leads in a row. The
embedding is the mean over the transformer's tokens; ten seconds give the mean of two halves.

For one lead the authors publish results and, where we could read it, no code: here the lead
stands in its place and the other eleven are zeros. That choice is ours.

Names and shapes are those of `HubertModel` in transformers with the published configuration
of the small model, in both spellings of its weight-normed convolution; heads are taken to have
64 features, as in the small one. A test compares our numbers with `HubertModel`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer, without

if TYPE_CHECKING:
    from torch import Tensor, nn

FILTER_RATE, RATE, SAMPLES = 500.0, 100.0, 1000

POSITIONS = "encoder.pos_conv_embed.conv."

SPELLINGS = (
    ("weight_g", "weight_v"),
    ("parametrizations.weight.original0", "parametrizations.weight.original1"),
)
"""Size and direction of a weight-normed convolution, before and since PyTorch 2.0."""


def prepare(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return one lead: two pieces of five seconds."""
    x = steps.fir_bandpass(steps.to_rate(x, rate, FILTER_RATE), FILTER_RATE, 0.05, 47.0, 0.3)
    return steps.ended(steps.to_rate(steps.min_max(x), FILTER_RATE, RATE), SAMPLES)


def _build(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.hubert import HubertECG, sizes

    return HubertECG() if state is None else HubertECG(**sizes(state))


def _select(state: dict[str, Tensor]) -> dict[str, Tensor]:
    from cardioprint.benchmark.peers.nets.hubert import plain_weight

    out = without(state, "masked_spec_embed", "final_proj.", "label_embedding.")
    for size, direction in SPELLINGS:
        if POSITIONS + size in out:
            g, v = out.pop(POSITIONS + size), out.pop(POSITIONS + direction)
            out[f"{POSITIONS}weight"] = plain_weight(g, v)
    return out


HUBERT_ECG = Peer(
    name="hubert_ecg",
    title="HuBERT-ECG",
    paper="Coppola, Savardi, Massussi, Adamo, Metra & Signoroni 2024 (medRxiv 2024.11.14.24317328)",
    project="github.com/Edoar-do/HuBERT-ECG",
    code_licence="CC BY-NC 4.0",
    weights="huggingface.co/Edoardo-BS/hubert-ecg-small (also -base)",
    weights_licence="CC BY-NC 4.0",
    file="model.safetensors",
    modalities=("ecg",),
    sampling_rate=RATE,
    seconds=10.0,
    features=512,
    architecture="HuBERT: 5 convolutions and 8 transformer layers (small); the size is read from "
    "the file",
    short="zeros after the end",
    verified=True,
    notes="Made for twelve leads; pretrained on 9.1 million ECGs of many sources: check overlap.",
    prepare=prepare,
    build=_build,
    select=_select,
)
