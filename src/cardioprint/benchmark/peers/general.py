"""MOMENT and Chronos-Bolt: models of time series of any kind, through the encoder of T5.

Neither knows a sampling rate. MOMENT sees 512 samples: ten seconds become 51.2 Hz. Chronos-Bolt
sees up to 2,048: ten seconds at 125 Hz. Each modality is embedded alone; both normalise a
window themselves.

Names and shapes: MOMENT's as others list them from the published safetensors file, Chronos-
Bolt's as in the published code; sizes are read from the file, and the counts of weights agree
with the published ones (MOMENT-1-small 152 MB, Chronos-Bolt tiny 8.65 million).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer, without

if TYPE_CHECKING:
    from torch import Tensor, nn

MOMENT_RATE, MOMENT_SAMPLES = 51.2, 512
CHRONOS_RATE = 125.0


def prepare_moment(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return MOMENT's input; NaN before a short window, which the model is told to ignore."""
    return steps.preceded(steps.to_rate(x, rate, MOMENT_RATE), MOMENT_SAMPLES)


def prepare_chronos(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return Chronos-Bolt's input: as long as the window is."""
    return steps.to_rate(x, rate, CHRONOS_RATE)


def _build_moment(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.t5 import Moment, sizes

    return Moment() if state is None else Moment(**sizes(state, "wi_0"))


def _build_chronos(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.t5 import ChronosBolt, sizes

    return ChronosBolt() if state is None else ChronosBolt(**sizes(state, "wi"))


def _select_moment(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return without(state, "encoder.embed_tokens.", "head.")


def _select_chronos(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return without(
        state, "encoder.embed_tokens.", "decoder.", "output_patch_embedding.", "lm_head."
    )


MOMENT = Peer(
    name="moment",
    title="MOMENT",
    paper="Goswami, Szafer, Choudhry, Cai, Li & Dubrawski, ICML 2024 (arXiv 2402.03885)",
    project="github.com/moment-timeseries-foundation-model/moment",
    code_licence="MIT",
    weights="huggingface.co/AutonLab/MOMENT-1-small (also -base, -large)",
    weights_licence="MIT",
    file="model.safetensors",
    modalities=("ecg", "ppg"),
    sampling_rate=MOMENT_RATE,
    seconds=10.0,
    features=512,
    architecture="encoder of Flan-T5 over patches of 8 samples; the size is read from the file",
    short="padding before the beginning, masked (the authors' classification data set)",
    verified=True,
    notes="Its pretraining pile holds the UCR and UEA archives with their ECG sets.",
    prepare=prepare_moment,
    build=_build_moment,
    select=_select_moment,
)

CHRONOS_BOLT = Peer(
    name="chronos_bolt",
    title="Chronos-Bolt",
    paper="Ansari et al., TMLR 2024 (arXiv 2403.07815); Chronos-Bolt, November 2024",
    project="github.com/amazon-science/chronos-forecasting",
    code_licence="Apache-2.0",
    weights="huggingface.co/amazon/chronos-bolt-tiny (also -mini, -small, -base)",
    weights_licence="Apache-2.0",
    file="model.safetensors",
    modalities=("ecg", "ppg"),
    sampling_rate=CHRONOS_RATE,
    seconds=16.0,
    features=256,
    architecture="encoder of T5 over patches of 16 samples; the size is read from the file",
    short="as it is; filled to whole patches before the beginning, masked (the authors' code)",
    verified=True,
    notes="A forecaster; the mean over its encoder's tokens is the embedding others probe.",
    prepare=prepare_chronos,
    build=_build_chronos,
    select=_select_chronos,
)
