"""Recordings on an object store ("s3://bucket/folder"): listed from afar, fetched one by one.

Readers and adapters need files on a disk. To list recordings the store's listing is rebuilt in a
scratch folder, in which the files that only hold samples are empty shells. To read a recording its
files are fetched into another one, which is deleted afterwards.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardioprint.datasets import stores
from cardioprint.datasets.folders import safe_name
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from cardioprint.datasets.base import Database, Entry

SHELLS = {".dat": 0, ".edf": 2**16, ".bdf": 2**16, ".csv": 2**20, ".tsv": 2**20}
"""Files of which so many bytes suffice to list recordings, by suffix. Tables of what is known of
recordings are shorter than that, but for some that databases publish: see `database`."""

AT_ONCE = 100
"""Files that are fetched at a time to list recordings."""

MOST_BYTES = 20 * 2**30
"""Bytes that may have to be fetched to list the recordings of a folder."""


def database(known: Database, address: str) -> Database:
    """Return a database whose recordings lie on an object store: `find` ignores its folder.

    Args:
        known: The database.
        address: Where its folder is.
    """
    own = known.name == "folder"
    # Publishers' tables of people may be long; recordings of one's own may be tables.
    whole = () if own else (".csv", ".tsv")
    return replace(known, find=partial(_entries, known.find, address, whole))


def _entries(
    find: Callable[[Path], Iterator[Entry]], address: str, whole: Sequence[str], _: Path
) -> Iterator[Entry]:
    """Yield the entries of a database with addresses for paths."""
    with mirrored(address, whole=whole) as folder:
        for entry in find(folder):
            name = Path(entry.path).relative_to(folder).as_posix()
            yield replace(entry, path=_known(stores.child(address, name), Path(entry.path)))


def recordings(address: str, find: Callable[[Path], Iterable[Path]]) -> list[str]:
    """Return the addresses of recordings below an address, or the address if it is one itself.

    Args:
        address: A folder or a recording.
        find: Lists the recordings in a folder.
    """
    system, path = stores.opened(address)
    with stores.told(address):
        if system.isfile(path):
            about = system.info(path)
            _states[address] = (int(about["size"]), stores.modified(about))
            return [address]
    with mirrored(address) as folder:
        found = [(p.relative_to(folder).as_posix(), p) for p in find(folder)]
        return [_known(stores.child(address, name), p) for name, p in found]


_states: dict[str, tuple[int, int]] = {}


def state(address: str) -> tuple[int, int]:
    """Return (bytes, nanoseconds when it was changed) of a recording that was listed."""
    return _states.get(address, (0, 0))


def _known(address: str, shell: Path) -> str:
    """Note the state of a file that was listed, and return its address."""
    if shell.is_file():
        about = shell.stat()
        _states[address] = (about.st_size, about.st_mtime_ns)
    return address


@contextmanager
def mirrored(address: str, *, whole: Sequence[str] = ()) -> Iterator[Path]:
    """Yield a folder with the names, sizes and dates of an address, and what listings read.

    Args:
        address: A folder on an object store.
        whole: Suffixes of `SHELLS` that are fetched whole nevertheless.

    Raises:
        RecordError: Nothing is there, or too much would have to be fetched.
    """
    with tempfile.TemporaryDirectory(prefix="cardioprint-") as scratch:
        with stores.told(address):
            _mirror(address, Path(scratch), whole)
        yield Path(scratch)


def _mirror(address: str, folder: Path, whole: Sequence[str]) -> None:
    """Fill a folder as `mirrored` says."""
    system, root = stores.opened(address)
    shells = {k: v for k, v in SHELLS.items() if k not in whole}
    found: dict[str, Any] = system.find(root, detail=True)
    files: list[tuple[str, Path, int]] = []
    for key, about in found.items():
        path = folder / safe_name(key[len(root) :].lstrip("/"), source=address)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        size = int(about["size"])
        os.truncate(path, size)  # takes no room
        files.append((key, path, min(size, shells.get(path.suffix.lower(), size))))
    total = sum(part for _, _, part in files)
    if not files:
        raise RecordError(
            "nothing is there",
            source=address,
            field="sources",
            fix="check the address, and the credentials in the environment",
        )
    if total > MOST_BYTES:
        raise RecordError(
            f"to list the recordings {total / 2**30:,.0f} GB would have to be fetched",
            source=address,
            field="sources",
            fix="copy them to a disk that all machines see, or mount the store as a folder",
        )
    _fill(system, files)
    for key, path, _ in files:
        date = stores.modified(found[key])
        os.utime(path, ns=(date, date))


def _fill(system: Any, files: Sequence[tuple[str, Path, int]]) -> None:
    """Fetch the beginnings of files, many at a time: a store takes long to answer.

    Args:
        system: The store.
        files: (key, file of the right size, bytes wanted).
    """
    whole = [(key, path) for key, path, part in files if 0 < part == path.stat().st_size]
    heads = [(key, path, part) for key, path, part in files if 0 < part < path.stat().st_size]
    for first in range(0, len(whole), AT_ONCE):
        keys, paths = zip(*whole[first : first + AT_ONCE], strict=True)
        system.get([*keys], [str(p) for p in paths])
    for first in range(0, len(heads), AT_ONCE):
        keys, paths, parts = zip(*heads[first : first + AT_ONCE], strict=True)
        for path, head in zip(
            paths, system.cat_ranges([*keys], [0] * len(keys), [*parts]), strict=True
        ):
            with path.open("r+b") as stream:
                stream.write(head)


@contextmanager
def local(entries: Sequence[Entry]) -> Iterator[tuple[Entry, ...]]:
    """Yield entries whose files are on this machine, deleted afterwards; others as they are.

    Raises:
        CardioprintError: The store does not answer.
    """
    if not any(stores.is_address(e.path) for e in entries):
        yield tuple(entries)
        return
    with tempfile.TemporaryDirectory(prefix="cardioprint-") as scratch:
        paths = {
            e.path: stores.fetch(e.path, Path(scratch))
            for e in entries
            if stores.is_address(e.path)
        }
        yield tuple(replace(e, path=str(paths.get(e.path, e.path))) for e in entries)
