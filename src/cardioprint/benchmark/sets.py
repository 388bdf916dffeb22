"""Test sets: windows with their people, and the prepared records they were cut from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.signal import beats
from cardioprint.signal.preparation import Preparation, Prepared, cut, prepare_record
from cardioprint.signal.quality import THRESHOLD, assess
from cardioprint.types import Record, Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray


def select(windows: Windows, index: NDArray) -> Windows:
    """Return some of the windows, by position or by a boolean array."""
    return replace(
        windows,
        start=windows.start[index],
        samples=windows.samples[index],
        valid=windows.valid[index],
        mean=windows.mean[index],
        scale=windows.scale[index],
    )


def join(parts: Sequence[Windows]) -> Windows:
    """Return the windows of several records as one."""
    return Windows(
        start=np.concatenate([p.start for p in parts]),
        samples=np.concatenate([p.samples for p in parts]),
        valid=np.concatenate([p.valid for p in parts]),
        mean=np.concatenate([p.mean for p in parts]),
        scale=np.concatenate([p.scale for p in parts]),
        sampling_rate=parts[0].sampling_rate,
    )


def stretch_of(
    prepared: Prepared, start: float, seconds: float, preparation: Preparation
) -> Windows:
    """Return the one window, perhaps short, that a stretch of a prepared record makes."""
    first = round((start - prepared.start) * prepared.sampling_rate)
    stop = first + math.floor(seconds * prepared.sampling_rate)
    return cut(prepared.part(first, stop), preparation)


def excerpt_of(record: Record, start: float, seconds: float) -> Record:
    """Return a stretch of a record as it would be read from a file of its own."""
    parts = []
    for c in record.channels:
        first = round((start - c.start) * c.sampling_rate)
        stop = first + math.floor(seconds * c.sampling_rate)
        parts.append(replace(c, samples=c.samples[first:stop], start=0.0))
    return record.with_channels(*parts)


@dataclass(frozen=True, kw_only=True)
class Paired:
    """Windows of records that hold ECG and PPG.

    Attributes:
        windows: All full windows of all records, in order.
        subject: The person, shape (window,).
        record: Number of the record, shape (window,).
        place: Number of the window in its record, shape (window,).
        quality: Shape (window, 2), ECG then PPG.
        r_peaks: R-peaks of each window, seconds after its start, found in the whole record.
        pulses: Steepest upslopes of each window, likewise.
        onsets: Pulse onsets of each window, likewise.
        prepared: The records, filtered and not cut.
        preparation: How they were prepared.
    """

    windows: Windows
    subject: NDArray[np.str_]
    record: NDArray[np.int64]
    place: NDArray[np.int64]
    quality: NDArray[np.float32]
    r_peaks: list[NDArray[np.float64]]
    pulses: list[NDArray[np.float64]]
    onsets: list[NDArray[np.float64]]
    prepared: tuple[Prepared, ...]
    preparation: Preparation

    @property
    def believed(self) -> NDArray[np.bool_]:
        """True where neither channel abstains, shape (window,)."""
        return np.all(self.quality >= THRESHOLD, axis=1)

    def moved(self, index: NDArray[np.int64], seconds: float | NDArray[np.float64]) -> Windows:
        """Return the windows that begin `seconds` after those of `index`, from the same records.

        Args:
            index: Windows, ascending.
            seconds: At least 0; one for all, or one a window, the same within a record.

        Raises:
            ValueError: Such a window would leave its record, or `index` is not ascending.
        """
        if np.any(np.diff(index) < 0):
            raise ValueError("index must be ascending")
        later_by = np.broadcast_to(seconds, len(index))
        parts = []
        for record in np.unique(self.record[index]):
            mine = self.record[index] == record
            first = round(float(later_by[mine][0]) * self.windows.sampling_rate)
            later = cut(self.prepared[record].part(max(first, 0)), self.preparation)
            places = self.place[index][mine]
            stop = places.max() * self.preparation.stride + self.preparation.window
            if first < 0 or self.prepared[record].duration < stop + later_by[mine][0]:
                raise ValueError(f"{later_by[mine][0]:g} s later a window leaves its record")
            parts.append(select(later, places))
        return join(parts)


def paired_set(records: Sequence[Record], preparation: Preparation) -> Paired:
    """Prepare, cut and assess records that hold one ECG and one PPG channel each."""
    parts, subject, number, place, quality, prepared = [], [], [], [], [], []
    found: tuple[list, list, list] = ([], [], [])
    for i, record in enumerate(records):
        whole = prepare_record(record, preparation)
        windows = cut(whole, preparation)
        judged = assess(whole, windows)
        rate, n = whole.sampling_rate, preparation.window_samples
        first = np.round((windows.start - whole.start) * rate).astype(int)
        full = np.flatnonzero(first + n <= whole.samples.shape[1])
        parts.append(select(windows, full))
        quality.append(judged.index[full])
        subject += [record.subject] * len(full)
        number += [i] * len(full)
        place += full.tolist()
        pulses = beats.find_pulses(whole.samples[1], rate)
        for where, at in zip(found, (judged.beats[0], pulses.upslope, pulses.onset), strict=True):
            at = np.sort(at)
            bounds = np.searchsorted(at, np.stack((first[full], first[full] + n)))
            where.extend((at[a:b] - first[f]) / rate for f, a, b in zip(full, *bounds, strict=True))
        prepared.append(whole)
    return Paired(
        windows=join(parts),
        subject=np.array(subject),
        record=np.array(number),
        place=np.array(place),
        quality=np.concatenate(quality),
        r_peaks=found[0],
        pulses=found[1],
        onsets=found[2],
        prepared=tuple(prepared),
        preparation=preparation,
    )


def median_rate(at: NDArray[np.float64]) -> float:
    """Return beats per minute from the median interval of beat times in seconds, or NaN."""
    return float(60 / np.median(np.diff(at))) if len(at) >= 3 else float("nan")
