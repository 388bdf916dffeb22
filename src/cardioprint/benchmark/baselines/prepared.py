"""Windows through cardioprint's own preparation, each as the isolated excerpt that it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.signal.preparation import MODALITIES, Preparation, Prepared, cut, prepare
from cardioprint.types import Channel, Modality, Windows

if TYPE_CHECKING:
    from cardioprint.benchmark.baselines.base import Signals


def each(
    signals: Signals, modalities: list[str], preparation: Preparation
) -> Iterator[Prepared | None]:
    """Yield every window resampled and filtered; None where nothing of it was measured."""
    series = {m: signals.series[m] for m in modalities}
    for i in range(len(signals)):
        channels = {
            m: Channel(
                name=m,
                modality=Modality(m),
                sampling_rate=s.sampling_rate,
                samples=s.samples[i],
                lead=s.lead,
            )
            for m, s in series.items()
        }
        prepared = prepare(channels.get("ecg"), channels.get("ppg"), preparation)
        yield prepared if prepared.valid.any() else None


def windows_of(signals: Signals, modalities: list[str], preparation: Preparation) -> Windows:
    """Return one prepared window for each: its first `preparation.window` seconds.

    A window too short for the preparation, or without a measured sample, is invalid throughout.
    """
    n, count = preparation.window_samples, len(signals)
    samples = np.zeros((count, len(MODALITIES), n), np.float32)
    valid = np.zeros(samples.shape, bool)
    mean, scale = np.zeros((2, count, len(MODALITIES)), np.float32)
    for i, prepared in enumerate(each(signals, modalities, preparation)):
        parts = None if prepared is None else cut(prepared, preparation)
        if parts is None or len(parts) == 0:
            continue
        samples[i], valid[i] = parts.samples[0], parts.valid[0]
        mean[i], scale[i] = parts.mean[0], parts.scale[0]
    return Windows(
        start=np.zeros(count),
        samples=samples,
        valid=valid,
        mean=mean,
        scale=scale,
        sampling_rate=preparation.sampling_rate,
    )
