"""Principal components of the mean beat: how far the average shape alone goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.benchmark.baselines.hand.shape import aligned
from cardioprint.signal import beats
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

AROUND = {"ecg": (0.25, 0.45), "ppg": (0.10, 0.70)}
"""Seconds before and after the R-peak or the steepest upslope."""


class MeanBeats:
    """Mean beats as they are, for heads that turn them into axes themselves (`heads.axes`).

    A mean beat is a median over the window's beats, as of `BeatPCA`.

    Args:
        preparation: How windows are prepared.
    """

    name = "PCA of mean beats"
    kind: Kind = "baseline"
    seconds = None
    modalities = ("ecg", "ppg")

    def __init__(self, preparation: Preparation | None = None):
        self.preparation = preparation or Preparation()

    @property
    def sampling_rate(self) -> float:
        """Hertz of the preparation."""
        return self.preparation.sampling_rate

    def blocks(self, modalities: tuple[str, ...]) -> tuple[int, ...]:
        """Return how many samples the mean beat of each modality has."""
        return tuple(sum(round(s * self.sampling_rate) for s in AROUND[m]) for m in modalities)

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return the mean beats side by side, ECG first; NaN where a window has no beat."""
        found = mean_beats(signals, usable(signals, self.modalities, self.name), self.preparation)
        return np.concatenate(list(found.values()), axis=1).astype(np.float32)


class BeatPCA:
    """Mean beats of a window in the axes of most variance of the training fold's mean beats.

    Before `fit` it has no axes, and `embed` says so. A mean beat is a median over the window's
    beats, less its median level, in its own unit (ECG) or over its range (PPG, whose unit
    means nothing).

    Args:
        components: Of each modality.
        preparation: How windows are prepared.
    """

    name = "PCA of mean beats"
    kind: Kind = "baseline"
    seconds = None
    modalities = ("ecg", "ppg")

    def __init__(self, components: int = 20, preparation: Preparation | None = None):
        self.components = components
        self.preparation = preparation or Preparation()
        self._axes: dict[str, tuple[NDArray, NDArray]] = {}

    @property
    def sampling_rate(self) -> float:
        """Hertz of the preparation."""
        return self.preparation.sampling_rate

    def fit(self, signals: Signals) -> BeatPCA:
        """Return the encoder with the principal axes of these windows.

        Raises:
            ValueError: Fewer windows with a beat than two.
        """
        made = BeatPCA(self.components, self.preparation)
        for m, means in self._mean_beats(signals).items():
            seen = means[np.isfinite(means).all(axis=1)]
            if len(seen) < 2:
                raise ValueError(f"{len(seen)} windows have a mean beat ({m}): no axes")
            centre = seen.mean(axis=0)
            axes = np.linalg.svd(seen - centre, full_matrices=False)[2][: self.components]
            # An axis has no sign of its own: the largest weight is made positive.
            largest = np.argmax(np.abs(axes), axis=1)
            axes *= np.sign(axes[np.arange(len(axes)), largest])[:, None]
            made._axes[m] = (centre, axes)
        return made

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return coordinates along the axes; NaN where a window has no beat.

        Raises:
            ValueError: It was not fitted, or not on this modality.
        """
        means = self._mean_beats(signals)
        absent = [m for m in means if m not in self._axes]
        if absent:
            raise ValueError(f"fit on training windows that hold {', '.join(absent)} first")
        parts = [(x - self._axes[m][0]) @ self._axes[m][1].T for m, x in means.items()]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def _mean_beats(self, signals: Signals) -> dict[str, NDArray[np.float64]]:
        return mean_beats(signals, usable(signals, self.modalities, self.name), self.preparation)


def mean_beats(
    signals: Signals, use: list[str], preparation: Preparation
) -> dict[str, NDArray[np.float64]]:
    """Return the median beat of each window and modality; NaN where a window has no beat."""
    rate = preparation.sampling_rate
    spans = {m: tuple(round(s * rate) for s in AROUND[m]) for m in use}
    out = {m: np.full((len(signals), sum(spans[m])), np.nan) for m in use}
    for i, window in enumerate(prepared.each(signals, use, preparation)):
        if window is None:
            continue
        for m in use:
            x = window.samples[MODALITIES.index(m)]
            at = beats.find_r_peaks(x, rate) if m == "ecg" else beats.find_pulses(x, rate).upslope
            cut = aligned(x, at, *spans[m])
            if len(cut):
                mean = np.median(cut, axis=0)
                mean -= np.median(mean)
                out[m][i] = mean / (np.ptp(mean) or np.nan) if m == "ppg" else mean
    return out
