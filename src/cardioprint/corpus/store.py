"""A corpus opened for reading, from a disk or an object store.

windows.lance/    the windows, a Lance dataset: `layout.schema`
records/          what became of every recording: `records.schema`, one Parquet part a commit
corpus.json       the manifest: format, preparation, databases and their licences
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cardioprint.corpus import records
from cardioprint.corpus.place import Place
from cardioprint.corpus.records import FOLDER
from cardioprint.corpus.units import WINDOWS
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    import lance
    import pyarrow as pa
    from numpy.typing import NDArray


FORMAT = "cardioprint corpus"
"""First word of a manifest."""

LAYOUT_VERSION = 1
"""Changes when the columns do."""

MANIFEST = "corpus.json"


class Corpus:
    """A corpus opened for reading; while it is open no build rearranges it.

    Args:
        place: Where it is.
        manifest: Its manifest.

    Attributes:
        windows: The Lance dataset, as it was when the corpus was opened.

    Raises:
        RecordError: The dataset is missing or damaged.
    """

    def __init__(self, place: Place, manifest: Mapping[str, Any]):
        self.place, self.manifest = place, dict(manifest)
        self._lock = place.lock("use")
        if place.folder is None or os.access(place.folder, os.W_OK):
            self._lock.take(shared=True)
        self.windows: lance.LanceDataset = dataset(place)

    @property
    def preparation(self) -> Preparation:
        """How the samples were made."""
        return Preparation(**self.manifest["preparation"])

    def __len__(self) -> int:
        """Return the number of windows."""
        return self.windows.count_rows()

    def count(self, where: str = "") -> int:
        """Return the number of windows for which a condition (SQL) holds."""
        return self.windows.count_rows(filter=where or None)

    def records(self) -> pa.Table:
        """Return the table of records, one row each: see `records.schema`."""
        names = [n for n in self.place.names(FOLDER) if records.is_part(n)]
        # Committed by a build that was killed before it could say so.
        names += [
            n
            for n in records.pending(self.place)
            if landed(self.windows, records.files_of_part(self.place, n))
        ]
        return records.latest(records.read_parts(self.place, names))

    def take(
        self, rows: Sequence[int] | NDArray[Any], columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return windows by number, in the order asked for.

        A batch of 512 to 2,048 windows at a time is fastest; `windows.signals` turns samples
        into numbers.

        Args:
            rows: From 0 to `len(self) - 1`; any order, repeats allowed.
            columns: Of `layout.schema`; default: all.
        """
        import pyarrow as pa

        return self.windows.take(pa.array(rows), columns=None if columns is None else [*columns])

    def batches(
        self,
        columns: Sequence[str] | None = None,
        *,
        where: str = "",
        batch_size: int = 1024,
    ) -> Iterator[pa.RecordBatch]:
        """Yield all windows in order; those of a record follow each other.

        Args:
            columns: Of `layout.schema`; default: all.
            where: Condition (SQL), e.g. "split = 'train' AND ecg_quality >= 0.5".
            batch_size: Most windows in a batch; memory grows with it.
        """
        scanner = self.windows.scanner(
            columns=None if columns is None else [*columns],
            filter=where or None,
            batch_size=batch_size,
            batch_readahead=2,
            fragment_readahead=1,
            scan_in_order=True,
        )
        yield from scanner.to_batches()

    def close(self) -> None:
        """Let builds rearrange the corpus again; reading from this handle may fail then."""
        self._lock.free()

    def __enter__(self) -> Corpus:
        """Return the corpus."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def open_corpus(where: str | os.PathLike[str] | Place) -> Corpus:
    """Open a corpus.

    Args:
        where: Folder or address.

    Raises:
        RecordError: There is none, or it is of another kind or version.
    """
    place = Place.at(where)
    manifest = read_manifest(place)
    if manifest is None:
        raise RecordError(
            "there is no corpus",
            source=place.uri,
            field=MANIFEST,
            fix="make one with `cardioprint corpus build`",
        )
    return Corpus(place, manifest)


def dataset(place: Place) -> lance.LanceDataset:
    """Return the Lance dataset of a corpus, as it is now.

    Raises:
        RecordError: It is missing or damaged.
    """
    import lance

    try:
        return lance.dataset(place.child(WINDOWS))
    except (ValueError, OSError) as error:
        raise RecordError(
            f"its windows cannot be opened ({' '.join(str(error).split())[:200]})",
            source=place.uri,
            field=WINDOWS,
            fix="restore the folder from a copy, or build the corpus anew",
        ) from error


def read_manifest(place: Place) -> dict[str, Any] | None:
    """Return the manifest; None where there is none.

    Raises:
        RecordError: It is of another kind or version.
    """
    if not place.exists(MANIFEST):
        return None
    try:
        manifest = json.loads(place.read(MANIFEST))
        kind, version = manifest["format"], manifest["layout"]
        if kind == FORMAT and version == LAYOUT_VERSION:
            Preparation(**manifest["preparation"])
            return manifest
    except (ValueError, TypeError, KeyError):
        kind, version = "something else", ""
    raise RecordError(
        f"it holds {kind} {version}, not {FORMAT} {LAYOUT_VERSION}",
        source=place.uri,
        field=MANIFEST,
        fix="give another folder, or build it anew with this version of cardioprint",
    )


def check_preparation(
    place: Place, manifest: Mapping[str, Any], preparation: Preparation | Mapping[str, Any]
) -> None:
    """Refuse a corpus that was prepared otherwise.

    Raises:
        RecordError: With the fields that differ.
    """
    ours = preparation if isinstance(preparation, Mapping) else preparation.to_dict()
    theirs = manifest["preparation"]
    if theirs == dict(ours):
        return
    differ = [k for k in sorted({*theirs, *ours}) if theirs.get(k) != ours.get(k)]
    raise RecordError(
        "its windows were prepared otherwise: "
        + ", ".join(f"{k} {theirs.get(k)} instead of {ours.get(k)}" for k in differ),
        source=place.uri,
        field="preparation",
        fix="build into another folder",
    )


def landed(windows: lance.LanceDataset, files: list[str]) -> bool:
    """Return whether Lance data files are part of a dataset: a commit takes all or none."""
    held = {f.path for fragment in windows.get_fragments() for f in fragment.metadata.files}
    return bool(files) and held.issuperset(files)
