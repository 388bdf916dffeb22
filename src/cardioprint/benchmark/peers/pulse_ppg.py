"""Pulse-PPG, a foundation model of wrist PPG from the field (Saha, Xu et al., IMWUT 2025).

Pretrained on four minutes at 50 Hz of raw signal normalised by person; the authors' laboratory
data (PPG-BP) pass PaPaGei's filter first, and so do ours: z-score, 0.5-12 Hz, 50-ms mean, then
50 Hz. The network normalises each window again and takes the maximum over time (the paper says
mean; the released code and weights say maximum).

Names and shapes follow the published code; the count of weights (28,497,920) agrees with what
others report of the published file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer
from cardioprint.benchmark.peers.papagei import pyppg

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, LEAST_SAMPLES = 50.0, 500


def prepare(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return the network's input: 10 s at least, 4 minutes at most."""
    x = steps.to_rate(pyppg(x, rate), rate, RATE)
    return steps.centred(x, max(LEAST_SAMPLES, len(x)))


def _build(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.resnet1d import PulsePPG

    return PulsePPG()


PULSE_PPG = Peer(
    name="pulse_ppg",
    title="Pulse-PPG",
    paper="Saha, Xu, Mao, Neupane, Rehg & Kumar, IMWUT 2025 (arXiv 2502.01108)",
    project="github.com/maxxu05/pulseppg",
    code_licence="not stated",
    weights="zenodo.org/records/17270930 (DOI 10.5281/zenodo.17270930)",
    weights_licence="see the Zenodo record",
    file="checkpoint_best.pkl",
    modalities=("ppg",),
    sampling_rate=RATE,
    seconds=240.0,
    features=512,
    architecture="ResNet1D, 12 blocks, 128-512 channels, kernel 11, maximum over time",
    short="zeros on both sides up to 10 s (the authors' PPG-BP example); from there as it is",
    verified=True,
    notes="Pretrained on wrist PPG of 120 people; ten seconds are far from its four minutes.",
    prepare=prepare,
    build=_build,
)
