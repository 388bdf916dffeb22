"""AnyPPG, PPG aligned with ECG by contrast (Nie et al. 2025).

Preparation as in the authors' pretraining: Butterworth band-pass 0.5-8 Hz of order 3, zero
phase, then 125 Hz, then a z-score over the window.

Names and shapes follow the published code; the count of weights (4,044,272) agrees with what
others report of the published file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, SAMPLES = 125.0, 1250


def prepare(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return the network's input."""
    x = steps.butterworth(x, rate, 0.5, 8.0, 3)
    return steps.centred(steps.z_score(steps.to_rate(x, rate, RATE), 1e-5), SAMPLES)


def _build(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.net1d import Net1D

    return Net1D((64, 160, 160, 400, 400, 512), (2, 2, 2, 3, 3, 1), 3, norm=True)


ANYPPG = Peer(
    name="anyppg",
    title="AnyPPG",
    paper="Nie, Tang, Xiao, Li, Huang, Zhang, Zhao & Hong 2025 (arXiv 2511.01747)",
    project="github.com/PKUDigitalHealth/AnyPPG",
    code_licence="not stated",
    weights="github.com/PKUDigitalHealth/AnyPPG, folder load_anyppg",
    weights_licence="not stated",
    file="anyppg_ckpt.pth",
    modalities=("ppg",),
    sampling_rate=RATE,
    seconds=10.0,
    features=512,
    architecture="Net1D, 6 stages, 64-512 channels, kernel 3, squeeze and excitation",
    short="zeros on both sides (the authors take 10-s windows alone)",
    verified=True,
    notes="Pretrained on PulseDB (MIMIC-III, VitalDB), MESA, HSP, CFS and MC-MED.",
    prepare=prepare,
    build=_build,
)
