"""A recording becomes rows of a corpus, block by block, and rows become signals again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.corpus import layout
from cardioprint.corpus.lag import FEWEST_AGREEING, followed, lag_of
from cardioprint.datasets.base import LABELS
from cardioprint.datasets.labels import clean
from cardioprint.errors import ChannelError, RecordError
from cardioprint.signal.blocks import prepared_blocks
from cardioprint.signal.preparation import LAST_SAMPLE, MODALITIES
from cardioprint.signal.selection import EXAMINED, Selection, select

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from cardioprint.signal.blocks import PreparedBlock, Source
    from cardioprint.signal.preparation import Preparation


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What all windows of a record share.

    Attributes:
        key: "database/record".
        database: Key of the catalogue.
        subject: With its id space.
        split: Side.
        labels: All that is known; rows carry `layout.TYPED_LABELS` of it.
    """

    key: str
    database: str
    subject: str
    split: str
    labels: Mapping[str, float | str] = field(default_factory=dict)


class Rows:
    """The rows of one record, made as they are asked for; afterwards, what they were.

    Args:
        sources: The record's pieces, as an adapter reads them.
        origin: What all rows share.
        preparation: How to prepare.

    Attributes:
        windows: Rows so far.
        seconds: Time in them in which at least one modality was measured.
        pieces: Pieces so far.
        channels: Why the channels of the first piece were chosen.
        labels: The origin's, and those that only reading the pieces tells.
    """

    def __init__(self, sources: Iterator[Source], origin: Origin, preparation: Preparation):
        self._sources, self._origin, self._preparation = sources, origin, preparation
        self.windows = self.pieces = 0
        self.seconds = 0.0
        self.channels = ""
        self.labels: dict[str, float | str] = dict(origin.labels)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, a block of the record at a time.

        A piece with neither ECG nor PPG is passed over where others have them.

        Raises:
            RecordError: No piece has ECG or PPG, or no window holds enough of either; or what
                reading the record raises.
        """
        unusable: ChannelError | None = None
        for name, source in self._named():
            try:
                chosen = _choose(source, self._preparation)
            except ChannelError as error:
                unusable = error
                continue
            self.channels = self.channels or chosen.why
            found = _labels_of(source) | dict(self._origin.labels)
            self.labels = found | self.labels
            origin = replace(self._origin, labels=found)
            blocks = prepared_blocks(source, chosen.ecg, chosen.ppg, self._preparation)
            for block in blocks:
                batch = block_rows(block, name, origin, self._preparation)
                if batch.num_rows:
                    self.windows += batch.num_rows
                    self.seconds += measured(batch).sum() * self._preparation.window
                    yield batch
        if self.windows == 0:
            raise unusable or RecordError(
                f"no window holds {self._preparation.shortest:g} s of ECG or PPG",
                source=self._origin.key,
                field="samples",
            )

    def _named(self) -> Iterator[tuple[str, Source]]:
        """Yield (name of the row's record, piece); "#piece" only where there are several."""
        previous: Source | None = None
        for source in self._sources:
            if previous is not None:
                yield f"{self._origin.key}#{self.pieces - 1}", previous
            previous, self.pieces = source, self.pieces + 1
        if previous is not None:
            last = self.pieces - 1
            yield self._origin.key + (f"#{last}" if last else ""), previous


def block_rows(
    block: PreparedBlock, record: str, origin: Origin, preparation: Preparation
) -> pa.RecordBatch:
    """Return the rows of a block's windows in which at least one modality was measured.

    Absent numbers are null, not NaN: in a filter such as `ecg_quality >= 0.5` NaN would pass.

    Args:
        block: Prepared windows with their quality and beats.
        record: Name for the column `record`.
        origin: What all rows share.
        preparation: How they were prepared.
    """
    import pyarrow as pa

    windows, rate = block.windows, preparation.sampling_rate
    schema = _schema(preparation.window_samples)
    least = round((preparation.shortest - LAST_SAMPLE) * rate)
    kept = np.flatnonzero((windows.valid.sum(axis=-1) >= least).any(axis=1))
    first = np.round((windows.start - block.prepared.start) * rate).astype(np.int64)
    lag, agreement = _lags(block, first, preparation)
    # Two pulses may share their steepest rise.
    beats = [np.unique(found) for found in block.quality.beats]
    r_peaks, upslopes = (_within(found, first[kept], preparation) for found in beats)
    valid = windows.valid[kept]
    samples = windows.samples[kept] * windows.scale[kept, :, None] + windows.mean[kept, :, None]
    counts, scale, offset = layout.encode(samples, valid)
    share, quality = valid.mean(axis=-1), block.quality.index[kept]
    n = len(kept)
    columns: dict[str, Any] = {
        "samples": pa.FixedSizeListArray.from_arrays(
            pa.array(counts.reshape(-1)), 2 * preparation.window_samples
        ),
        "lag": _floats(np.full(n, lag)),
        "agreement": _floats(agreement[kept]),
        "r_peaks": r_peaks,
        "upslopes": upslopes,
        "start": pa.array(windows.start[kept], pa.float64()),
        "labels": pa.repeat(pa.scalar(typed_labels(origin.labels), schema.field("labels").type), n),
    }
    for c, name in enumerate(MODALITIES):
        columns[f"{name}_scale"] = _floats(scale[:, c])
        columns[f"{name}_offset"] = _floats(offset[:, c])
        columns[f"{name}_valid"] = _floats(share[:, c])
        columns[f"{name}_quality"] = _floats(quality[:, c])
    words = {
        "database": origin.database,
        "subject": origin.subject,
        "record": record,
        "split": origin.split,
        "preparation": _hash(preparation),
    }
    columns |= {name: pa.repeat(word, n) for name, word in words.items()}
    return pa.record_batch([columns[name] for name in schema.names], schema=schema)


def measured(rows: pa.RecordBatch) -> NDArray[np.float32]:
    """Return the share of each window in which at least one modality was measured.

    Exact where both are there all the time or one is; a lower bound where they take turns.
    """
    return np.maximum(*(np.asarray(rows.column(f"{m}_valid"), np.float32) for m in MODALITIES))


def signals(rows: pa.Table | pa.RecordBatch) -> NDArray[np.float32]:
    """Return the signals of rows in physical units.

    Args:
        rows: With the columns `samples`, `ecg_scale`, `ecg_offset`, `ppg_scale`, `ppg_offset`.

    Returns:
        Shape (row, 2, time): ECG, PPG; NaN where not measured.
    """
    import pyarrow as pa

    samples = rows.column("samples")
    if isinstance(samples, pa.ChunkedArray):
        samples = samples.combine_chunks()
    counts = samples.flatten().to_numpy().reshape(rows.num_rows, 2, samples.type.list_size // 2)
    scale, offset = (
        np.stack([np.asarray(rows.column(f"{m}_{what}"), np.float32) for m in MODALITIES], axis=1)
        for what in ("scale", "offset")
    )
    return layout.decode(counts, scale, offset)


def typed_labels(labels: Mapping[str, float | str]) -> dict[str, float | str | None]:
    """Return the labels that rows carry; None where unknown or not of the column's type."""
    out: dict[str, float | str | None] = {}
    for name in layout.TYPED_LABELS:
        value = labels.get(name)
        if name in layout.TEXT_LABELS:
            out[name] = str(value) if value not in (None, "") else None
            continue
        try:
            number = float(value)  # type: ignore[arg-type]  # whatever a publisher wrote
        except (TypeError, ValueError):
            number = math.nan
        out[name] = number if math.isfinite(number) else None
    return out


def _labels_of(source: Source) -> dict[str, float | str]:
    """Return what a source's notes say under the names of `LABELS`: some is known once read."""
    notes = getattr(getattr(source, "record", source), "notes", {})
    return clean({name: value for name, value in notes.items() if name in LABELS})


def _choose(source: Source, preparation: Preparation) -> Selection:
    """Choose the channels; the record's beginning is read only where several compete."""
    channels: Any = source.channels
    ours = [c for c in channels if c.modality in MODALITIES]
    compete = any(sum(c.modality == m for c in ours) > 1 for m in MODALITIES)
    sample = None
    if compete:
        begin = min(c.start for c in ours)
        sample = source.read(begin, begin + EXAMINED, [c.name for c in ours])
    return select(channels, source=source.name, sample=sample, preparation=preparation)


def _lags(
    block: PreparedBlock, first: NDArray[np.int64], preparation: Preparation
) -> tuple[float, NDArray[np.float64]]:
    """Return the block's lag, NaN where its beats agree on none, and each window's agreement.

    The lag comes from windows in which both signals are believed: a PPG that was off for an
    hour says nothing of the rest.
    """
    rate, n = preparation.sampling_rate, preparation.window_samples
    r_peaks, upslopes = block.quality.beats
    valid = block.prepared.valid
    believed = np.zeros(valid.shape[1], bool)
    for at in first[block.quality.believed.all(axis=1)]:
        believed[at : at + n] = True
    lag, share = lag_of(r_peaks[believed[r_peaks]] / rate, upslopes / rate)
    agreement = np.full(len(first), np.nan)
    if not share >= FEWEST_AGREEING:
        return math.nan, agreement
    # A pulse that falls into a gap or after the end cannot be asked for.
    due = np.round(r_peaks + lag * rate).astype(np.int64)
    asked = due < valid.shape[1]
    asked[asked] = valid[1, due[asked]]
    met = followed(r_peaks / rate, upslopes / rate, lag)
    for i, at in enumerate(first):
        mine = (r_peaks >= at) & (r_peaks < at + n) & asked
        if mine.any():
            agreement[i] = met[mine].mean()
    return lag, agreement


def _within(
    beats: NDArray[np.int64], first: NDArray[np.int64], preparation: Preparation
) -> pa.ListArray:
    """Return the beats of each window as samples after its start."""
    import pyarrow as pa

    low = np.searchsorted(beats, first)
    high = np.searchsorted(beats, first + preparation.window_samples)
    inside = [beats[a:b] - at for a, b, at in zip(low, high, first, strict=True)]
    offsets = np.concatenate(([0], np.cumsum(high - low))).astype(np.int32)
    values = np.concatenate([np.zeros(0, np.int64), *inside]).astype(np.int16)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))


def _floats(values: NDArray[np.floating]) -> pa.Array:
    """Return a column of float32 with null for NaN."""
    import pyarrow as pa

    return pa.array(values.astype(np.float32), from_pandas=True)


@lru_cache(maxsize=4)
def _schema(window_samples: int) -> pa.Schema:
    return layout.schema(window_samples)


@lru_cache(maxsize=4)
def _hash(preparation: Preparation) -> str:
    return layout.preparation_hash(preparation)
