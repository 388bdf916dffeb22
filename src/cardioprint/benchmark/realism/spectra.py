"""Median spectra of excerpts, with the band in which eight in ten lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.realism.excerpts import Excerpts

EDGES = {"ecg": np.arange(0.5, 40.1, 0.5), "ppg": np.arange(0.5, 12.1, 0.25)}
"""Hertz: bands that are averaged, so that excerpts of any length can be compared."""


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """Power of prepared excerpts.

    Attributes:
        frequency: Hertz, middles of the bands.
        low: dB of the whole, 10th percentile over excerpts.
        middle: The median.
        high: 90th percentile.
    """

    frequency: NDArray[np.float64]
    low: NDArray[np.float64]
    middle: NDArray[np.float64]
    high: NDArray[np.float64]


def spectrum(excerpts: Excerpts, modality: str) -> Spectrum:
    """Return the spectrum of one modality, each excerpt scaled to the same power."""
    windows = prepared.windows_of(excerpts.signals, [modality], Preparation())
    row = MODALITIES.index(modality)
    x, valid = windows.samples[:, row], windows.valid[:, row]
    length = int(np.median(valid.sum(axis=1)))  # a short excerpt lies at the window's beginning
    power = np.abs(np.fft.rfft(x[:, :length] * np.hanning(length), 4096)) ** 2
    frequency = np.fft.rfftfreq(4096, 1 / windows.sampling_rate)
    edges = EDGES[modality]
    place = np.digitize(frequency, edges) - 1
    bands = np.stack([power[:, place == k].mean(axis=1) for k in range(len(edges) - 1)], axis=1)
    total = bands.sum(axis=1, keepdims=True)
    decibel = 10 * np.log10(bands[total[:, 0] > 0] / total[total[:, 0] > 0] + 1e-9)
    low, middle, high = np.percentile(decibel, (10, 50, 90), axis=0)
    return Spectrum(frequency=(edges[1:] + edges[:-1]) / 2, low=low, middle=middle, high=high)


def difference(real: Spectrum, other: Spectrum) -> float:
    """Return the mean distance of two median spectra, dB."""
    return float(np.abs(real.middle - other.middle).mean())
