"""Several files of one recording as one source: side by side, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import RecordError
from cardioprint.readers import ChannelInfo, RecordFile
from cardioprint.readers.columns import Request
from cardioprint.readers.series import Series, make_file
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.readers.files import Span

Read = Callable[[int, int], "NDArray[np.floating]"]
"""Samples from a first to one past a last, in the file's unit."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of one channel in a file of its own.

    Attributes:
        start: Seconds after the record's zero.
        file: The opened file; its first channel is the one.
    """

    start: float
    file: RecordFile


def from_series(
    path: Path,
    name: str,
    subject: str,
    series: Sequence[tuple[Series, Read]],
    *,
    units: Mapping[str, str] | None = None,
) -> RecordFile:
    """Return a record of series that are read by functions of their own.

    Args:
        path: Where they are.
        name: Of the record.
        subject: The person.
        series: What each is, and how to read it.
        units: Units that the publisher does not state, as in `readers.open_record`: "a.u." for
            an ECG whose numbers are kept as they are.

    Raises:
        RecordError: Or one of its kinds, as `readers.series.make_file`.
    """

    def load(spans: Sequence[Span]) -> list[NDArray[np.floating]]:
        return [series[i][1](first, last) for i, first, last in spans]

    return make_file(
        path,
        series=[s for s, _ in series],
        request=Request(subject=subject, units={**units} if units else None),
        load=load,
        name=name,
    )


def beside(name: str, subject: str, files: Sequence[RecordFile]) -> RecordFile:
    """Return one record with the channels of several files that began at one instant."""
    owners = [(file, i) for file in files for i in range(len(file.channels))]

    def load(spans: Sequence[Span]) -> list[NDArray[np.floating]]:
        read: dict[int, NDArray[np.floating]] = {}
        for file in files:  # each file once, whatever is asked of it
            asked = [k for k, (place, _, _) in enumerate(spans) if owners[place][0] is file]
            inner = [(owners[spans[k][0]][1], *spans[k][1:]) for k in asked]
            read |= zip(asked, file.load(inner) if inner else [], strict=True)
        return [read[k] for k in range(len(spans))]

    return RecordFile(
        path=files[0].path,
        name=name,
        subject=subject,
        channels=tuple(file.channels[i] for file, i in owners),
        load=load,
        notes={k: v for file in files for k, v in file.notes.items()},
    )


def after(name: str, subject: str, channels: Sequence[tuple[str, Sequence[Piece]]]) -> RecordFile:
    """Return one record whose channels are pieced together on one clock, with NaN in gaps.

    Args:
        name: Of the record.
        subject: The person.
        channels: Name and pieces of each channel.

    Raises:
        RecordError: A channel changes its rate or unit from piece to piece.
    """
    infos: list[ChannelInfo] = []
    placed: list[list[tuple[int, RecordFile]]] = []
    for label, pieces in channels:
        first = pieces[0].file.channels[0]
        for piece in pieces:
            here = piece.file.channels[0]
            if (here.sampling_rate, here.unit) != (first.sampling_rate, first.unit):
                raise RecordError(
                    f"{label!r} changes from {first.sampling_rate:g} Hz, {first.unit!r}, to "
                    f"{here.sampling_rate:g} Hz, {here.unit!r}",
                    source=piece.file.path,
                    field=label,
                    fix="read the pieces one by one",
                )
        start = min(piece.start for piece in pieces)
        rate = first.sampling_rate
        at = [(round((piece.start - start) * rate), piece.file) for piece in pieces]
        n_samples = max(begin + file.channels[0].n_samples for begin, file in at)
        infos.append(replace(first, name=label, start=start, n_samples=n_samples))
        placed.append(at)

    def load(spans: Sequence[Span]) -> list[NDArray[np.floating]]:
        read = []
        for place, low, high in spans:
            out = np.full(high - low, np.nan)
            for begin, file in placed[place]:
                first = max(low, begin)
                last = min(high, begin + file.channels[0].n_samples)
                if first < last:
                    out[first - low : last - low] = file.load([(0, first - begin, last - begin)])[0]
            read.append(out)
        return read

    files = [piece.file for _, pieces in channels for piece in pieces]
    return RecordFile(
        path=files[0].path, name=name, subject=subject, channels=tuple(infos), load=load
    )


def with_site(file: RecordFile, site: str) -> RecordFile:
    """Return the same record with the place of its PPG, where the publisher gives it elsewhere."""
    channels = (replace(c, site=site) if c.modality == Modality.PPG else c for c in file.channels)
    return replace(file, channels=tuple(channels))
