"""What every fingerprint is shown beside: one plain dictionary of baselines."""

from __future__ import annotations

from collections.abc import Callable

from cardioprint.benchmark.baselines.base import Encoder
from cardioprint.benchmark.baselines.beat_pca import BeatPCA
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.baselines.kernels import RandomKernels
from cardioprint.benchmark.baselines.m2ae import untrained
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.errors import UnknownNameError

BASELINES: dict[str, Callable[[], Encoder]] = {
    "hand": HandMade,
    "kernels": RandomKernels,
    "beat_pca": BeatPCA,
    "demographics": Demographics,
    "random_m2ae": untrained,
}
"""Baselines by name. `beat_pca` must be fitted on each training fold (`base.Fits`); the
supervised network (`cnn.SupervisedCNN`) predicts and embeds nothing, see `crossfit`."""


def make_baseline(name: str) -> Encoder:
    """Return a baseline.

    Raises:
        UnknownNameError: There is none of this name.
    """
    if name not in BASELINES:
        raise UnknownNameError("baseline", name, BASELINES)
    return BASELINES[name]()
