"""The hand-made features as an encoder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.benchmark.baselines.hand import ecg_waves, pulse, rhythm, shape
from cardioprint.signal import beats
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.preparation import Prepared

TABLE: dict[str, dict[str, dict[str, str]]] = {
    "ecg": rhythm.FEATURES | ecg_waves.FEATURES | shape.BEAT | shape.SIGNAL["ecg"],
    "ppg": rhythm.FEATURES | pulse.FEATURES | shape.BEAT | shape.SIGNAL["ppg"],
}
"""Modality -> paper -> feature -> meaning and unit: all there is, in the order of the vector."""

NAMES = {m: tuple(n for group in papers.values() for n in group) for m, papers in TABLE.items()}
"""Modality -> names of the features."""

SHARED = (
    "hr_median",
    "hr_mean",
    "beats_per_min",
    "sdnn_ms",
    "rmssd_ms",
    "pnn50",
    "rr_min",
    "rr_max",
    "step_median",
)
"""Rate and variability: what ECG and PPG have in common, at the same places in both vectors. The
finer measures of rhythm are left out: in ten seconds they differ more between the modalities than
between people, and find fewer (Recall@1 among 100 windows 0.26 with them, 0.38 without)."""


class HandMade:
    """Rhythm, waves, mean beat, spectrum and distribution; see `TABLE`.

    Signals pass cardioprint's own preparation (125 Hz, ECG 0.5-40 Hz in mV, PPG 0.5-12 Hz).
    Any length will do; what a short window cannot give is NaN. With both modalities the
    features stand side by side, ECG first.
    """

    name = "hand features"
    kind: Kind = "baseline"
    seconds = None
    modalities = ("ecg", "ppg")

    def __init__(self, preparation: Preparation | None = None):
        self.preparation = preparation or Preparation()

    @property
    def sampling_rate(self) -> float:
        """Hertz of the preparation."""
        return self.preparation.sampling_rate

    @property
    def shared(self) -> tuple[int, ...]:
        """Features of a vector of one modality that may be held against the other's."""
        return tuple(NAMES["ecg"].index(name) for name in SHARED)

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return the features; NaN where one has no value."""
        use = usable(signals, self.modalities, self.name)
        return self.embed_stretches(prepared.each(signals, use, self.preparation), tuple(use))

    def embed_stretches(
        self, stretches: Iterable[Prepared | None], modalities: tuple[str, ...]
    ) -> NDArray[np.float32]:
        """Return the features of stretches that are prepared already; None gives NaN.

        Args:
            stretches: In their own units, for instance parts of a record that was filtered whole.
            modalities: Whose features are wanted, side by side in this order.
        """
        blank = {m: np.full(len(NAMES[m]), np.nan, np.float32) for m in modalities}
        out = []
        for window in stretches:
            rows = blank if window is None else {m: describe(window, m) for m in modalities}
            out.append(np.concatenate([rows[m] for m in modalities]))
        width = sum(len(NAMES[m]) for m in modalities)
        return np.stack(out) if out else np.zeros((0, width), np.float32)


def describe(window: Prepared, modality: str) -> NDArray[np.float32]:
    """Return the features of one modality of a prepared window, in the order of `NAMES`."""
    row, rate = MODALITIES.index(modality), window.sampling_rate
    where = np.flatnonzero(window.valid[row])
    found: dict[str, float] = {}
    if len(where) >= rate:
        part = slice(where[0], where[-1] + 1)
        x, level = window.samples[row, part], window.broadband[row, part]
        measure = _ecg if modality == "ecg" else _ppg
        with np.errstate(all="ignore"):
            found = measure(x, level, rate) | shape.describe(x, modality, rate)
    values = np.array([found.get(n, np.nan) for n in NAMES[modality]], np.float64)
    values[~np.isfinite(values)] = np.nan
    return values.astype(np.float32)


def _ecg(x: NDArray, level: NDArray, rate: float) -> dict[str, float]:
    at = beats.find_r_peaks(x, rate)
    around = shape.aligned(x, at, round(0.25 * rate), round(0.45 * rate))
    return (
        rhythm.rhythm(at / rate, len(x) / rate)
        | ecg_waves.waves(x, at, rate)
        | shape.beat_shape(around, scaled=False)
    )


def _ppg(x: NDArray, level: NDArray, rate: float) -> dict[str, float]:
    found = beats.find_pulses(x, rate)
    around = shape.aligned(x, found.onset, 0, round(0.75 * rate))
    return (
        rhythm.rhythm(found.upslope / rate, len(x) / rate)
        | pulse.pulses(x, found, rate, level)
        | shape.beat_shape(around, scaled=True)
    )
