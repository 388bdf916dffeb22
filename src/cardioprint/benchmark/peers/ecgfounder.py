"""ECGFounder with one lead (Li et al., NEJM AI 2025).

Preparation as in the authors' code: 500 Hz, 50-Hz notch (Q 30), Butterworth band-pass 0.67-40 Hz
of order 4, less the running median over 0.4 s, z-score over the window. The embedding is what
the last layer classifies. The published file was trained on lead I.

Names and shapes follow the published code and configuration. Its blocks hold batch norms that
the published configuration switches off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, SAMPLES = 500.0, 5000


def prepare(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return the network's input."""
    x = steps.notch(steps.to_rate(x, rate, RATE), RATE)
    x = steps.butterworth(x, RATE, 0.67, 40.0, 4)
    return steps.ended(steps.z_score(steps.less_median(x, RATE, 0.4)), SAMPLES)


def _build(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.net1d import Net1D

    stages = (64, 160, 160, 400, 400, 1024, 1024), (2, 2, 2, 3, 3, 4, 4)
    return Net1D(*stages, 16, norm=False, classes=150)


ECGFOUNDER = Peer(
    name="ecgfounder",
    title="ECGFounder",
    paper="Li, Aguirre, Moura et al., NEJM AI 2025 (arXiv 2410.04133)",
    project="github.com/PKUDigitalHealth/ECGFounder",
    code_licence="MIT",
    weights="huggingface.co/PKUDigitalHealth/ECGFounder",
    weights_licence="MIT, as others report it; see the model card",
    file="1_lead_ECGFounder.pth",
    modalities=("ecg",),
    sampling_rate=RATE,
    seconds=10.0,
    features=1024,
    architecture="Net1D, 7 stages, 64-1024 channels, kernel 16, squeeze and excitation",
    short="zeros after the end (the authors stretch to 10 s, which would change the heart rate)",
    verified=True,
    notes="Supervised on 10.8 million ECGs with 150 labels; the one-lead file knows lead I.",
    prepare=prepare,
    build=_build,
)
