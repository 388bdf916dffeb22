"""Windows through cardioprint's own preparation, each as the isolated excerpt that it is.

Every encoder of a task asks for the same windows: the last ones that were prepared are remembered.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.signal.preparation import MODALITIES, Preparation, Prepared, cut, prepare
from cardioprint.types import Channel, Modality, Windows

if TYPE_CHECKING:
    from cardioprint.benchmark.baselines.base import Signals


REMEMBERED, LARGEST = 8, 32 * 2**20
"""Sets of windows that are remembered, and bytes of samples beyond which one is not."""

_known: OrderedDict[bytes, Sequence[Prepared | None]] = OrderedDict()


def each(
    signals: Signals, modalities: list[str], preparation: Preparation
) -> Iterator[Prepared | None]:
    """Yield every window resampled and filtered; None where nothing of it was measured."""
    if sum(signals.series[m].samples.nbytes for m in modalities) > LARGEST:
        yield from _prepared(signals, modalities, preparation)
        return
    key = _digest(signals, modalities, preparation)
    if key not in _known:
        _known[key] = tuple(_prepared(signals, modalities, preparation))
        while len(_known) > REMEMBERED:
            _known.popitem(last=False)
    _known.move_to_end(key)
    yield from _known[key]


def _digest(signals: Signals, modalities: list[str], preparation: Preparation) -> bytes:
    made = hashlib.blake2b(repr(preparation).encode(), digest_size=16)
    for m in modalities:
        s = signals.series[m]
        made.update(repr((m, s.sampling_rate, s.lead, s.samples.shape, s.samples.dtype)).encode())
        made.update(np.ascontiguousarray(s.samples).tobytes())
    return made.digest()


def _prepared(
    signals: Signals, modalities: list[str], preparation: Preparation
) -> Iterator[Prepared | None]:
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
