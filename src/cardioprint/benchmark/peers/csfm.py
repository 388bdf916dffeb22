"""CSFM, the Cardiac Sensing Foundation Model of ECG and PPG (Gu et al. 2025).

Preparation as in the authors' code: 250 Hz; ECG: high-pass 0.5 Hz (Butterworth, order 5, zero
phase) and a mean over one period of 50-Hz hum; PPG: 0.5-8 Hz (Butterworth, order 3); shorter
windows followed by zeros; then a z-score over the window. The embedding is the class token.

Not verified: the architecture and its names are the published code's, but the weights are only
given to academics who sign an agreement, and nobody we could read lists what is in the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer, without

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, SAMPLES = 250.0, 2500


def prepare(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return one channel of the network's input."""
    x = steps.to_rate(x, rate, RATE)
    if modality == "ecg":
        x = steps.smooth(steps.butterworth(x, RATE, 0.5, None, 5), round(RATE / 50))
    else:
        x = steps.butterworth(x, RATE, 0.5, 8.0, 3)
    return steps.z_score(steps.ended(x, SAMPLES))


def _build(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.csfm import CSFM, sizes

    return CSFM() if state is None else CSFM(**sizes(state))


def _select(state: dict[str, Tensor]) -> dict[str, Tensor]:
    encoder = {k.removeprefix("encoder."): v for k, v in state.items() if k.startswith("encoder.")}
    return without(encoder or state, "mlp_head.")


CSFM_TINY = Peer(
    name="csfm",
    title="CSFM",
    paper="Gu, Tang, Han et al. 2025 (Cardiac Sensing Foundation Model)",
    project="github.com/guxiao0822/Cardiac-Sensing-FM",
    code_licence="not stated",
    weights="the authors, on request from an academic address (see the project page)",
    weights_licence="Academic Access Agreement, signed",
    file="as sent (.pth)",
    modalities=("ecg", "ppg"),
    sampling_rate=RATE,
    seconds=10.0,
    features=768,
    architecture="transformer over patches of 25 samples of any channels, class token; the size "
    "(Tiny, Base, Large) is read from the file",
    short="zeros after the end (the authors' code)",
    verified=False,
    notes="Pretrained on 1.7 million people of many sources: check the overlap.",
    prepare=prepare,
    build=_build,
    select=_select,
    joint=True,
)
