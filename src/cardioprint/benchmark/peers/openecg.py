"""OpenECG's layered codec v6 (Lee 2026): a delineator and rhythm classifier of one lead.

Its weights (1.16 million, Apache-2.0) are part of the `openecg` wheel: where that package is
installed, its file is used, and nothing of the package is run. Preparation as in its code:
500 Hz, every value replaced by its rank in the window, zeros after the end.

OpenECG publishes labels and no embedding. Ours is the mean and SD over time of the last
transformer layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.base import Peer, without

if TYPE_CHECKING:
    from torch import Tensor, nn

RATE, SAMPLES = 500.0, 5000

FILE = "codec_v6.pt"


def installed() -> Path | None:
    """Return the weights of the installed `openecg` package, or None."""
    spec = find_spec("openecg")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "models" / FILE
        if path.is_file():
            return path
    return None


def prepare(x: steps.Series, rate: float, modality: str) -> steps.Series:
    """Return the network's input."""
    return steps.ended(steps.rank(steps.to_rate(x, rate, RATE)[:SAMPLES]), SAMPLES)


def _build(state: Mapping[str, Tensor] | None) -> nn.Module:
    from cardioprint.benchmark.peers.nets.openecg import OpenECGBackbone

    return OpenECGBackbone()


def _select(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return without(state, "head.", "head_sample.", "beat_sample.", "rhythm_sample.", "refine.")


OPENECG = Peer(
    name="openecg",
    title="OpenECG v6",
    paper="Lee 2026, openecg 0.11 (software)",
    project="github.com/vitaldb/openecg",
    code_licence="Apache-2.0",
    weights="the Python package `openecg`",
    weights_licence="Apache-2.0",
    file=FILE,
    modalities=("ecg",),
    sampling_rate=RATE,
    seconds=10.0,
    features=256,
    architecture="strided convolution, 4 convolutions, 4 transformer layers of 128 features",
    short="zeros after the end (its code)",
    verified=True,
    notes="Supervised on LUDB, QTDB, ISP, MIT-BIH and hospital rhythm: overlap with LUDB tests.",
    prepare=prepare,
    build=_build,
    select=_select,
)
