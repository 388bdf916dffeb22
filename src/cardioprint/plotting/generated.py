"""One modality of a window as the model makes it from the other, and how like the truth it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.fingerprints.pipeline import shown
from cardioprint.signal.blocks import trimmed
from cardioprint.signal.preparation import MODALITIES, cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.runtime.session import Session
    from cardioprint.signal.preparation import Prepared

    Floats = NDArray[np.floating]

LONGEST_SHIFT = 0.3
"""Seconds by which a reconstruction may be moved for the second correlation: what monitors
delay PPG by. More would compare a beat with its neighbour."""


@dataclass(frozen=True, kw_only=True)
class Generated:
    """One window of one modality as the model makes it from the other.

    Attributes:
        source: Row of the modality shown: 0 ECG, 1 PPG.
        target: Row of the modality generated.
        time: Seconds after the excerpt's start.
        samples: Generated, mean 0 and SD 1; NaN where nothing was shown.
        truth: Measured, mean 0 and SD 1; NaN where there is none.
        r: Pearson correlation of both; NaN without truth.
        r_shifted: The highest correlation within `LONGEST_SHIFT`.
        shift: Seconds by which the generated signal is late there.
    """

    source: int
    target: int
    time: Floats
    samples: Floats
    truth: Floats
    r: float
    r_shifted: float
    shift: float


def generate(
    engine: Session,
    prepared: Prepared,
    used: NDArray[np.bool_],
    channels: tuple[str, str],
    at: float,
    start: float,
) -> Generated | None:
    """Reconstruct one modality of the window at `at` from the other: ECG from PPG if there is."""
    source = 1 if channels[1] else 0
    if not used[source]:
        return None
    target, preparation = 1 - source, engine.preparation
    windows = cut(trimmed(prepared, at, at + preparation.window), preparation)
    show = np.zeros((len(windows), 2), bool)
    show[:, source] = True
    if len(windows) == 0:
        return None
    _, tokens = engine.encode(*shown(windows, show))
    made = engine.decode(tokens, MODALITIES[target])[0].astype(np.float64)
    made[~windows.valid[0, source]] = np.nan
    made = (made - np.nanmean(made)) / max(float(np.nanstd(made)), 1e-9)
    truth = np.where(windows.valid[0, target], windows.samples[0, target], np.nan)
    r, r_shifted, shift = agreement(truth, made, preparation.sampling_rate)
    return Generated(
        source=source,
        target=target,
        time=at - start + np.arange(len(made)) / preparation.sampling_rate,
        samples=made,
        truth=truth,
        r=r,
        r_shifted=r_shifted,
        shift=shift,
    )


def agreement(truth: Floats, made: Floats, sampling_rate: float) -> tuple[float, float, float]:
    """Return Pearson's r, its maximum over shifts, and the shift in seconds (made is late: +)."""
    reach = int(LONGEST_SHIFT * sampling_rate)
    n = len(truth)
    best, at, raw = -math.inf, 0, math.nan
    for lag in range(-reach, reach + 1):
        a = truth[max(0, -lag) : n - max(0, lag)]
        b = made[max(0, lag) : n - max(0, -lag)]
        both = np.isfinite(a) & np.isfinite(b)
        if both.sum() < sampling_rate:  # a second holds a beat
            continue
        a, b = a[both] - a[both].mean(), b[both] - b[both].mean()
        r = float(a @ b / max(math.sqrt((a @ a) * (b @ b)), 1e-12))
        if lag == 0:
            raw = r
        if r > best:
            best, at = r, lag
    return (raw, best, at / sampling_rate) if math.isfinite(raw) else (math.nan, math.nan, 0.0)
