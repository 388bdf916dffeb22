"""Writes a cache from rows of a corpus, as they come.

The samples' file has its final size from the beginning and is written in place; what is kept in
memory does not grow with the samples. Everything happens in a folder beside the cache, which
gets the cache's name when all of it is on the disk.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.corpus import layout
from cardioprint.corpus.cache import COLUMNS, FORMAT
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from cardioprint.signal.preparation import Preparation

NEEDED = (
    "samples",
    *(f"{m}_{what}" for m in MODALITIES for what in ("scale", "offset", "valid", "quality")),
    *("lag", "agreement", "r_peaks", "upslopes", "database", "subject", "record", "start"),
    "preparation",
)
"""Columns of a corpus that go into a cache."""

Progress = Callable[[int, int], None]
"""Called with the windows written and all of them."""


def write_cache(
    batches: Iterable[pa.RecordBatch],
    out: Path,
    *,
    windows: int,
    preparation: Preparation,
    about: Mapping[str, Any],
    progress: Progress | None = None,
) -> None:
    """Write a cache from rows of a corpus; its folder appears when it is complete.

    Args:
        batches: Rows in the layout of `layout.schema`, ordered by database, record and start.
        out: Folder to write.
        windows: How many rows there will be.
        preparation: How they were prepared.
        about: Split, filters and origin, for cache.json.
        progress: Called with the windows written and all of them.

    Raises:
        RecordError: The rows are out of order, prepared otherwise, or not as many as said; the
            disk is too small.
    """
    out, n = Path(out).absolute(), preparation.window_samples
    size = windows * (4 * n + 400)
    out.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(out.parent).free < size:
        raise RecordError(
            f"the cache needs about {size / 1e9:.1f} GB, more than is free",
            source=out,
            fix="choose another disk, or fewer windows with `where` and `min_quality`",
        )
    with _beside(out) as folder:
        writer = _Writer(folder, windows, preparation, source=str(out))
        for batch in batches:
            writer.add(batch)
            if progress is not None:
                progress(writer.windows, windows)
        beats = writer.close()
        names = {k: list(v) for k, v in writer.names.items()}
        whole = {
            "format": FORMAT,
            "windows": windows,
            "beats": beats,
            "preparation": preparation.to_dict(),
            **about,
            "subjects": names["subject"],
            "records": names["record"],
            "databases": names["database"],
        }
        (folder / "cache.json").write_text(json.dumps(whole))


@dataclass
class _Last:
    """The row before, in codes."""

    database: int = -1
    record: int = -1
    start: float = 0.0


class _Writer:
    """The arrays of a cache while they are filled."""

    def __init__(self, folder: Path, windows: int, preparation: Preparation, *, source: str):
        self.n, self.rate = preparation.window_samples, preparation.sampling_rate
        self.digits = layout.preparation_hash(preparation)
        self.total, self.windows, self.source = windows, 0, source
        self.names: dict[str, dict[str, int]] = {k: {} for k in ("subject", "record", "database")}
        self.last = _Last()
        create = np.lib.format.open_memmap
        self.samples = create(
            folder / "samples.npy", mode="w+", dtype=np.int16, shape=(windows * self.n, 2)
        )
        self.columns = {
            name: create(folder / f"{name}.npy", mode="w+", dtype=kind, shape=(windows, *shape))
            for name, (kind, shape) in COLUMNS.items()
        }
        self.beats = [_Growing(folder / f"beats_{m}.npy") for m in MODALITIES]

    def add(self, batch: pa.RecordBatch) -> None:
        """Write some rows after those that are there."""
        rows, first = batch.num_rows, self.windows
        if rows == 0:
            return
        if first + rows > self.total:
            raise self._wrong(f"more than the {self.total} windows announced")
        if set(batch.column("preparation").unique().to_pylist()) != {self.digits}:
            raise self._wrong("windows of another preparation")
        counts = batch.column("samples").flatten().to_numpy().reshape(rows, 2, self.n)
        at = slice(first * self.n, (first + rows) * self.n)
        self.samples[at] = counts.transpose(0, 2, 1).reshape(-1, 2)
        here = slice(first, first + rows)
        for what in ("scale", "offset", "valid", "quality"):
            for c, modality in enumerate(MODALITIES):
                self.columns[what][here, c] = floats(batch, f"{modality}_{what}")
        for name in ("lag", "agreement", "start"):
            self.columns[name][here] = floats(batch, name)
        codes = {name: self._codes(name, batch) for name in self.names}
        for name, values in codes.items():
            self.columns[name][here] = values
        self.columns["continues"][here] = self._follow(codes, self.columns["start"][here])
        for growing, name in zip(self.beats, ("r_peaks", "upslopes"), strict=True):
            growing.add(self._beats(batch.column(name), first))
        self.windows += rows

    def close(self) -> list[int]:
        """Bring everything to the disk and return the number of R-peaks and of upslopes."""
        if self.windows != self.total:
            raise self._wrong(f"{self.windows} windows instead of {self.total}")
        for array in (self.samples, *self.columns.values()):
            array.flush()
        return [growing.close() for growing in self.beats]

    def _codes(self, name: str, batch: pa.RecordBatch) -> NDArray[np.int32]:
        """Return a number for each name, in the order in which the names come."""
        coded = batch.column(name).dictionary_encode()
        known = self.names[name]
        mine = [known.setdefault(value, len(known)) for value in coded.dictionary.to_pylist()]
        return np.array(mine, np.int32)[coded.indices.to_numpy()]

    def _follow(
        self, codes: Mapping[str, NDArray[np.int32]], start: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Return where a row continues the one before, and refuse rows out of order."""
        record = np.concatenate(([self.last.record], codes["record"]))
        database = np.concatenate(([self.last.database], codes["database"]))
        since = np.diff(np.concatenate(([self.last.start], start)))
        same = record[1:] == record[:-1]
        # New names get the next number: a smaller one than before is a record that came back.
        if (np.diff(record) < 0).any() or (np.diff(database) < 0).any() or (since[same] <= 0).any():
            raise self._wrong("windows that are not ordered by database, record and start")
        self.last = _Last(int(database[-1]), int(record[-1]), float(start[-1]))
        return same & (np.abs(since * self.rate - self.n) < 0.5)

    def _beats(self, lists: pa.Array, first: int) -> NDArray[np.int64]:
        """Return beats as indices into the samples."""
        lists = lists.fill_null([]) if lists.null_count else lists
        each = np.diff(lists.offsets.to_numpy())
        inside = lists.flatten().to_numpy().astype(np.int64)
        if len(inside) and not (inside.min() >= 0 and inside.max() < self.n):
            raise self._wrong("beats outside their windows")
        at = np.repeat(np.arange(first, first + len(lists)), each) * self.n + inside
        # Two pulses of a disturbed PPG may share one steepest upslope.
        return at[np.diff(at, prepend=-1) != 0]

    def _wrong(self, what: str) -> RecordError:
        return RecordError(f"the corpus gives {what}", source=self.source)


class _Growing:
    """A .npy file of int64 whose length is known when it is closed."""

    def __init__(self, path: Path):
        self.file, self.length, self.last = path.open("wb"), 0, -1
        self._head()

    def _head(self) -> None:
        # NumPy pads headers so that a longer array's takes no more room.
        about = {"descr": "<i8", "fortran_order": False, "shape": (self.length,)}
        np.lib.format.write_array_header_1_0(self.file, about)

    def add(self, values: NDArray[np.int64]) -> None:
        """Append ascending values."""
        if len(values) == 0:
            return
        if values[0] <= self.last or (np.diff(values) <= 0).any():
            raise RecordError("the corpus gives beats that are not ascending")
        self.last = int(values[-1])
        self.file.write(values.astype("<i8", copy=False).tobytes())
        self.length += len(values)

    def close(self) -> int:
        """Write the length into the header and return it."""
        self.file.seek(0)
        self._head()
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        return self.length


def floats(batch: pa.RecordBatch, name: str) -> NDArray[np.floating]:
    """Return a column with NaN for null."""
    return batch.column(name).to_numpy(zero_copy_only=False)


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Give a folder to write to that becomes `out` at the end, and is gone after an error."""
    mark = f".{out.name}.partial."
    for left in [p for p in out.parent.iterdir() if p.name.startswith(mark)]:
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=mark, dir=out.parent))
    try:
        yield folder
        folder.chmod(0o755)
        folder.replace(out)  # an empty folder of that name gives way
    finally:
        shutil.rmtree(folder, ignore_errors=True)
