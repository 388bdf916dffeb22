"""A corpus unpacked into plain arrays on a local disk, for training.

    samples.npy                   int16, (time, 2): all windows end to end, ECG and PPG columns
    scale.npy ... agreement.npy   one row a window: see `COLUMNS`
    beats_ecg.npy, beats_ppg.npy  R-peaks and steepest upslopes, as indices into samples.npy
    cache.json                    names, preparation, where all of it comes from

Windows are ordered by database, record and time, so that consecutive windows of a record lie
side by side: a training window may be cut anywhere in such a run. Everything is memory-mapped;
opening needs neither pyarrow nor Lance, and processes share one copy in the page cache.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.corpus.layout import MISSING
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FORMAT = 1
"""Number of the layout; caches of another one are refused."""

COLUMNS: dict[str, tuple[str, tuple[int, ...]]] = {
    "scale": ("float32", (2,)),
    "offset": ("float32", (2,)),
    "quality": ("float32", (2,)),
    "valid": ("float32", (2,)),
    "subject": ("int32", ()),
    "record": ("int32", ()),
    "database": ("int32", ()),
    "start": ("float64", ()),
    "lag": ("float32", ()),
    "agreement": ("float32", ()),
    "continues": ("bool", ()),
}
"""Type and shape of a window's row in each column."""

TOGETHER = 32
"""Windows unpacked at a time: they and their floats stay in a core's own cache."""


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A corpus opened for training.

    Attributes:
        folder: Where it lies.
        samples: int16, shape (time, 2): windows end to end.
        scale: float32, shape (window, 2): value = counts * scale + offset.
        offset: float32, shape (window, 2).
        quality: float32, shape (window, 2): signal quality index; NaN where absent.
        valid: float32, shape (window, 2): share of samples that were measured.
        subject: int32, shape (window,): index into `subjects`.
        record: int32, shape (window,): index into `records`.
        database: int32, shape (window,), ascending: index into `databases`.
        start: float64, shape (window,): seconds after the record's zero.
        lag: float32, shape (window,): R-peak to upslope, seconds; NaN where none is agreed on.
        agreement: float32, shape (window,): share of its beats at that lag; NaN likewise.
        continues: bool, shape (window,): whether it follows the window before without a gap.
        beats: int64, ascending: R-peaks, and steepest upslopes, as indices into `samples`.
        subjects: Names of the people, with their id space.
        records: Names of the records.
        databases: Names of the databases.
        preparation: How the samples were made.
        about: The rest of cache.json: split, filters, origin.
    """

    folder: Path
    samples: NDArray[np.int16]
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]
    quality: NDArray[np.float32]
    valid: NDArray[np.float32]
    subject: NDArray[np.int32]
    record: NDArray[np.int32]
    database: NDArray[np.int32]
    start: NDArray[np.float64]
    lag: NDArray[np.float32]
    agreement: NDArray[np.float32]
    continues: NDArray[np.bool_]
    beats: tuple[NDArray[np.int64], NDArray[np.int64]]
    subjects: tuple[str, ...]
    records: tuple[str, ...]
    databases: tuple[str, ...]
    preparation: Preparation
    about: Mapping[str, Any]

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.subject)

    @property
    def window_samples(self) -> int:
        """Samples in a window."""
        return self.preparation.window_samples

    @property
    def hours(self) -> float:
        """Hours of windows."""
        return len(self) * self.preparation.window / 3600

    def windows(self, indices: ArrayLike) -> NDArray[np.float32]:
        """Return whole windows in physical units.

        Args:
            indices: Any order, shape (row,).

        Returns:
            Shape (row, 2, time): ECG, PPG; NaN where not measured.

        Raises:
            IndexError: There is no such window.
        """
        at, n = np.asarray(indices, np.int64), self.window_samples
        rows = self.samples.reshape(-1, 2 * n)
        # An ECG and a PPG count make 32 bits. Shifted or masked, each is 65,536 times itself:
        # whole vectors of them become floats at once, which every other count would not.
        scale, offset = self.scale[at][..., None] / 65536, self.offset[at][..., None]
        out = np.empty((len(at), 2, n), np.float32)
        for first in range(0, len(at), TOGETHER):
            here = slice(first, first + TOGETHER)
            pairs, part = rows.take(at[here], axis=0).view(np.int32), out[here]
            part[:, 0] = pairs << 16
            pairs &= -65536
            part[:, 1] = pairs
            part *= scale[here]
            part += offset[here]
        for row in np.flatnonzero(np.any(self.valid[at] < 1, axis=1)):
            np.copyto(out[row], np.nan, where=rows[at[row]].reshape(n, 2).T == MISSING)
        return out

    def crops(
        self,
        modality: int,
        starts: ArrayLike,
        length: int,
        *,
        used: ArrayLike | None = None,
    ) -> NDArray[np.float32]:
        """Return stretches of one modality, cut anywhere in runs of consecutive windows.

        Every window has its own scale: at a join the values agree to half a count.

        Args:
            modality: 0 for ECG, 1 for PPG.
            starts: First samples, as indices into `samples`, shape (row,).
            length: Samples in each.
            used: Leading samples of each that matter, shape (row,); the rest may belong to
                another record, or lie beyond the end, and holds anything. Default: all.

        Returns:
            Shape (row, length), physical units, NaN where not measured.

        Raises:
            IndexError: A stretch begins before or ends after the samples.
            ValueError: The part of a stretch that matters runs over a gap.
        """
        at, n, total = np.asarray(starts, np.int64), self.window_samples, len(self.samples)
        if len(at) == 0:
            return np.zeros((0, length), np.float32)
        ends = at + (length if used is None else np.asarray(used))
        if at.min() < 0 or ends.max() > total or length > total:
            raise IndexError(f"stretches of {length} samples must lie in 0 to {total}")
        # Both modalities in one piece: neighbours in memory are copied at once.
        late = np.maximum(at + length - total, 0)
        counts = self._pieces(length)[at - late][:, modality::2]
        for row in np.flatnonzero(late):
            counts[row, : length - late[row]] = counts[row, late[row] :].copy()
        out = counts.astype(np.float32)
        first, last = at // n, (ends - 1) // n
        number = first[:, None] + np.arange(int((last - first).max()) + 1)
        window = np.minimum(number, last[:, None])
        if not (self.continues[window] | (window == first[:, None])).all():
            raise ValueError("a stretch runs over the gap between two windows")
        scales, offsets = (a[window, modality].tolist() for a in (self.scale, self.offset))
        edges = np.minimum((number + 1) * n - at[:, None], length).tolist()
        for row, here in enumerate(out):
            begin = 0
            for end, scale, offset in zip(edges[row], scales[row], offsets[row], strict=True):
                part = here[begin:end]
                part *= scale
                part += offset
                begin = end
        partial = (self.valid[window, modality] < 1).any(axis=1)
        if partial.any():
            out[(counts == MISSING) & partial[:, None]] = np.nan
        return out

    def _pieces(self, length: int) -> NDArray[np.int16]:
        """Return a view of all stretches, shape (start, 2 * length), interleaved."""
        shape, strides = (len(self.samples) - length + 1, 2 * length), (4, 2)
        return np.lib.stride_tricks.as_strided(self.samples, shape, strides, writeable=False)


def open_cache(folder: Path) -> Cache:
    """Open a cache written by `export_cache`; the samples stay on disk.

    Raises:
        RecordError: It is missing, of another format, damaged, or half written.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "cache.json").read_text())
        if about["format"] != FORMAT:
            raise RecordError(
                f"a cache of format {about['format']}, this version reads {FORMAT}",
                source=folder,
                fix="export it again: cardioprint corpus export",
            )
        preparation = Preparation(**about["preparation"])
        names: dict[str, Any] = {
            k: tuple(map(str, about[k])) for k in ("subjects", "records", "databases")
        }
        count, beats = int(about["windows"]), [int(n) for n in about["beats"]]
        columns = {
            name: _load(folder, name, kind, (count, *shape))
            for name, (kind, shape) in COLUMNS.items()
        }
        samples = _load(folder, "samples", "int16", (count * preparation.window_samples, 2))
        peaks = _load(folder, "beats_ecg", "int64", (beats[0],))
        rises = _load(folder, "beats_ppg", "int64", (beats[1],))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise RecordError(
            f"no whole cache of a corpus lies here ({error})",
            source=folder,
            fix="cardioprint corpus export CORPUS --memmap FOLDER",
        ) from error
    return Cache(
        folder=folder,
        samples=samples,
        **columns,
        beats=(peaks, rises),
        **names,
        preparation=preparation,
        about={k: about.get(k) for k in ("split", "filters", "origin")},
    )


def export_cache(
    folder: Path | str,
    out: Path,
    *,
    split: str = "train",
    where: str = "",
    min_quality: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> Cache:
    """Unpack one side of a corpus for training.

    The folder appears when all is written; what a killed run left beside it is cleared away by
    the next. Memory: about 30 bytes a window, and a few thousand windows.

    Args:
        folder: Corpus with `windows.lance`.
        out: Folder to write; must not exist, or be the same cache already.
        split: One of `datasets.splits.SPLITS`, after duplicates were joined.
        where: More conditions in SQL, on any column of the corpus: "database != 'mimic3'".
        min_quality: Windows without any modality of at least this quality are left out.
        progress: Called with the windows written and all of them.

    Raises:
        RecordError: No such corpus, wrong condition, nothing left, or `out` holds something else.
    """
    from cardioprint.corpus.export import export

    export(folder, out, split=split, where=where, min_quality=min_quality, progress=progress)
    return open_cache(out)


def _load(folder: Path, name: str, kind: str, shape: tuple[int, ...]) -> Any:
    """Return a memory-mapped array, checked against what cache.json says of it."""
    path = folder / f"{name}.npy"
    # An empty file cannot be mapped; one without beats is small enough to read.
    mapped = np.load(path, mmap_mode="r" if 0 not in shape else None, allow_pickle=False)
    if mapped.dtype != np.dtype(kind) or mapped.shape != shape:
        raise ValueError(f"{path.name} holds {mapped.dtype} {mapped.shape}, not {kind} {shape}")
    return np.asarray(mapped)
