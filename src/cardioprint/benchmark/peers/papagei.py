"""PaPaGei-S and PaPaGei-P, foundation models of PPG (Pillai et al., ICLR 2025).

Preparation as in the authors' PPG-BP example: z-score, pyPPG's band-pass (Chebyshev II, order
4, 20 dB, 0.5-12 Hz, zero phase) and 50-ms moving mean at the native rate, then 125 Hz; shorter
windows stand in the middle of zeros. The embedding is the first output, the linear layer's.

Parameter names and shapes follow the published code; the counts of weights (4,993,024 and
5,785,612) agree with those that others report of the published files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, SAMPLES = 125.0, 1250

SMOOTHED_FROM = 75.0
"""Hertz; pyPPG does not smooth signals of lower rates."""


def pyppg(x: steps.Series, rate: float) -> steps.Series:
    """Return a window as pyPPG 1.0.41 with PaPaGei's settings filters it."""
    x = steps.chebyshev(steps.z_score(x), rate, 0.5, 12.0)
    return steps.smooth(x, round(0.05 * rate)) if rate >= SMOOTHED_FROM else x


def prepare(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return the network's input."""
    return steps.centred(steps.to_rate(pyppg(x, rate), rate, RATE), SAMPLES)


def _build_p(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.resnet1d import PaPaGei

    return PaPaGei()


def _build_s(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.resnet1d import PaPaGeiS

    return PaPaGeiS()


PAPAGEI_S = Peer(
    name="papagei_s",
    title="PaPaGei-S",
    paper="Pillai, Spathis, Kawsar & Malekzadeh, ICLR 2025 (arXiv 2410.20542)",
    project="github.com/Nokia-Bell-Labs/papagei-foundation-model",
    code_licence="BSD 3-Clause Clear",
    weights="zenodo.org/records/13983110",
    weights_licence="see the Zenodo record",
    file="papagei_s.pt",
    modalities=("ppg",),
    sampling_rate=RATE,
    seconds=10.0,
    features=512,
    architecture="ResNet1D, 18 blocks, 32-512 channels, kernel 3; two mixture-of-experts heads",
    short="zeros on both sides (the authors' PPG-BP example)",
    verified=True,
    notes="Pretrained on VitalDB, MIMIC-III and MESA: overlaps with test sets from these.",
    prepare=prepare,
    build=_build_s,
)

PAPAGEI_P = Peer(
    name="papagei_p",
    title="PaPaGei-P",
    paper=PAPAGEI_S.paper,
    project=PAPAGEI_S.project,
    code_licence=PAPAGEI_S.code_licence,
    weights=PAPAGEI_S.weights,
    weights_licence=PAPAGEI_S.weights_licence,
    file="papagei_p.pt",
    modalities=("ppg",),
    sampling_rate=RATE,
    seconds=10.0,
    features=512,
    architecture="ResNet1D, 18 blocks, 32-512 channels, kernel 3",
    short=PAPAGEI_S.short,
    verified=True,
    notes=PAPAGEI_S.notes,
    prepare=prepare,
    build=_build_p,
)
