"""Adding to a corpus: all of a unit or nothing, and no record twice.

Windows and records of a commit belong together: the part of the records is written as pending,
naming the Lance files, before they are committed, and gets its name afterwards. Whoever finds a
pending part sees from the dataset whether its windows made it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from cardioprint.corpus import layout, records
from cardioprint.corpus.place import LOCKS, MARKER, UNFINISHED, Place
from cardioprint.corpus.records import FOLDER, PART, PENDING, Ledger
from cardioprint.corpus.store import (
    FORMAT,
    LAYOUT_VERSION,
    MANIFEST,
    check_preparation,
    dataset,
    landed,
    read_manifest,
)
from cardioprint.corpus.units import STORAGE, WINDOWS, PreparedUnit
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    from cardioprint.datasets.base import Database

FRAGMENT_ROWS = 200_000
"""Rows of a Lance fragment after compaction (1 GB): random access slows down with their number."""

MOST_SMALL = 16
"""Fragments below `FRAGMENT_ROWS`, or parts of the records, that are left as they are."""

FACTS = (
    "title",
    "publisher",
    "version",
    "licence",
    "access",
    "citation",
    "doi",
    "document",
    "family",
    "space",
    "subjects_known",
    "pretraining",
    "released",
    "virtual",
)
"""What the manifest says of every database."""


def create(place: Place, preparation: Preparation) -> None:
    """Make an empty corpus, or check that the one there was prepared alike.

    Raises:
        RecordError: Something else is there, it was prepared otherwise, or windows would overlap.
    """
    import lance

    if preparation.stride != preparation.window:
        raise RecordError(
            f"windows of {preparation.window:g} s every {preparation.stride:g} s would overlap or "
            "leave gaps",
            source=place.uri,
            field="stride",
            fix="build with stride = window; training cuts anywhere",
        )
    if not place.exists(MANIFEST):  # asked before a lock file is put there
        _check_empty(place)
    with place.committing():
        manifest = read_manifest(place)
        if manifest is not None:
            check_preparation(place, manifest, preparation)
            dataset(place)
            return
        schema = layout.schema(preparation.window_samples)
        lance.write_dataset(
            schema.empty_table(),
            place.child(WINDOWS),
            mode="overwrite" if place.exists(WINDOWS) else "create",
            data_storage_version=STORAGE,
        )
        _write_manifest(place, preparation, {})


def _check_empty(place: Place) -> None:
    """Refuse a folder that holds anything but the beginning of a corpus.

    Raises:
        RecordError: With what is there.
    """
    if place.names(FOLDER):  # the manifest is written before the first commit
        raise RecordError(
            "there are windows and records, but no manifest",
            source=place.uri,
            field=MANIFEST,
            fix="put the manifest back, or move the folder away",
        )
    names = {n for n in place.names() if not n.startswith(MANIFEST)}
    strange = sorted(names - {WINDOWS, FOLDER, LOCKS, MARKER})
    if strange:
        raise RecordError(
            f"the folder holds other things ({', '.join(strange[:3])}) and no corpus",
            source=place.uri,
            field="out",
            fix="give an empty or a new folder",
        )


def describe(place: Place, databases: Mapping[str, Mapping[str, Any]]) -> None:
    """Add databases to the manifest.

    Args:
        place: The corpus.
        databases: `facts` of each by name.
    """
    with place.committing():
        manifest = read_manifest(place)
        assert manifest is not None
        held = manifest["databases"]
        if any(held.get(name) != about for name, about in databases.items()):
            _write_manifest(place, Preparation(**manifest["preparation"]), {**held, **databases})


def facts(database: Database) -> dict[str, Any]:
    """Return what the manifest says of a database."""
    return {name: getattr(database, name) for name in FACTS}


def _write_manifest(place: Place, preparation: Preparation, databases: dict[str, Any]) -> None:
    try:
        cardioprint = version("cardioprint")
    except PackageNotFoundError:  # run from its sources, not installed
        cardioprint = ""
    manifest = {
        "format": FORMAT,
        "layout": LAYOUT_VERSION,
        "preparation": asdict(preparation),
        "preparation_hash": layout.preparation_hash(preparation),
        "databases": dict(sorted(databases.items())),
        "cardioprint": cardioprint,
    }
    place.write(MANIFEST, json.dumps(manifest, indent=1).encode())


def commit(place: Place, ledger: Ledger, prepared: PreparedUnit) -> frozenset[str]:
    """Make a prepared unit part of the corpus: all of it or nothing, and no record twice.

    Args:
        place: The corpus.
        ledger: What is in it; brought up to date.
        prepared: The unit.

    Returns:
        Keys of records that somebody else has committed meanwhile. Where any of them has windows
        in this unit nothing was committed and its files are deleted: prepare the others again.
    """
    import lance
    import pyarrow as pa

    with place.committing():
        settle(place)
        ledger.refresh()
        taken = frozenset(r["key"] for r in prepared.records if r["key"] in ledger)
        if prepared.has_windows_of(taken):
            discard(place, prepared.files)
            return taken
        rows = list(prepared.without(taken).records)
        if not rows:
            return taken
        name = f"{FOLDER}/{uuid.uuid4().hex}"
        table = pa.Table.from_pylist(rows, schema=records.schema())
        part = records.part_bytes(table, prepared.files)
        if not prepared.fragments:
            place.write(name + PART, part)
        else:
            place.write(name + PENDING, part)
            fragments = [lance.FragmentMetadata.from_json(text) for text in prepared.fragments]
            lance.LanceDataset.commit(
                place.child(WINDOWS),
                lance.LanceOperation.Append(fragments),
                read_version=dataset(place).version,
            )
            place.move(name + PENDING, name + PART)
        ledger.refresh()
        return taken


def settle(place: Place) -> None:
    """Finish or undo what a killed build left half done; the commit lock has to be held."""
    waiting = records.pending(place)
    if not waiting:
        return
    windows = dataset(place)
    for name in waiting:
        path, files = f"{FOLDER}/{name}", records.files_of_part(place, name)
        if landed(windows, files):
            place.move(path, path.removesuffix(PENDING) + PART)
        else:
            discard(place, files)
            place.remove(path)


def discard(place: Place, files: Iterable[str]) -> None:
    """Delete Lance data files that were never committed."""
    for name in files:
        place.remove(f"{WINDOWS}/data/{name}")


def tidy(place: Place) -> bool:
    """Join many small files into few large ones and delete what killed builds left behind.

    To be called by the only user of the corpus, holding its lock exclusively.

    Returns:
        Whether files were joined.
    """
    with place.committing():
        settle(place)
        windows = dataset(place)
        small = [f for f in windows.get_fragments() if f.count_rows() < FRAGMENT_ROWS]
        joined = len(small) > MOST_SMALL
        if joined:
            windows.optimize.compact_files(
                target_rows_per_fragment=FRAGMENT_ROWS, batch_size=1024, num_threads=1
            )
            windows = dataset(place)
        windows.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)
        names = place.names(FOLDER)
        for name in names:
            if name.endswith(UNFINISHED):
                place.remove(f"{FOLDER}/{name}")
        parts = [n for n in names if records.is_part(n)]
        if len(parts) > MOST_SMALL:
            # Killed in the middle this leaves rows twice, which `records.latest` makes one.
            table = records.latest(records.read_parts(place, parts))
            place.write(f"{FOLDER}/{uuid.uuid4().hex}{PART}", records.part_bytes(table))
            for name in parts:
                place.remove(f"{FOLDER}/{name}")
        return joined
