"""Files on an object store ("s3://bucket/folder"), through fsspec."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from cardioprint.datasets.folders import safe_name
from cardioprint.errors import CardioprintError, RecordError

MOST_FILES = 10_000
"""Files that are fetched for one recording."""


def is_address(text: object) -> bool:
    """Return whether this names something on an object store."""
    return "://" in str(text)


def child(address: str, name: str) -> str:
    """Return the address of something below another."""
    return f"{address.rstrip('/')}/{name}"


def opened(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the path in it.

    Raises:
        RecordError: Its driver is missing, or there is no such kind.
    """
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise RecordError(
            f"this kind of address cannot be opened: {error}",
            source=address,
            fix="pip install fsspec and the driver of this store (s3fs, gcsfs, adlfs ...)",
        ) from error
    return system, path.rstrip("/")


def modified(about: dict[str, Any]) -> int:
    """Return when an object was changed, in nanoseconds and whole seconds; 0: unknown."""
    for name in ("LastModified", "mtime", "updated", "last_modified", "created"):
        value = about.get(name)
        if isinstance(value, datetime):
            value = value.timestamp()
        if isinstance(value, int | float):
            return int(value) * 10**9
    return 0


@contextmanager
def told(address: str) -> Iterator[None]:
    """Say where it was when a store does not answer."""
    try:
        yield
    except CardioprintError:
        raise
    except Exception as error:  # every store has its own
        text = " ".join(str(error).split())[:300] or type(error).__name__
        raise CardioprintError(
            f"{address}: the store does not answer as it should ({text}). Fix: check the address, "
            "the network, and the credentials in the environment"
        ) from error


def fetch(address: str, folder: Path) -> Path:
    """Fetch a recording: a file, what its WFDB header names, or all below a folder.

    Args:
        address: Of the recording.
        folder: Where to; its path on the store is kept below it.

    Returns:
        Path of the recording. Nothing may be there: whoever opens it says so.

    Raises:
        CardioprintError: The store does not answer.
    """
    system, key = opened(address)
    root = folder / safe_name(key.lstrip("/"), source=address)
    with told(address):
        if not system.isfile(key):
            for name in islice(system.find(key), MOST_FILES):
                below = safe_name(name[len(key) :].lstrip("/"), source=address)
                _copy(system, name, root / below)
            return root
        seen, todo = {root.name}, [root.name]
        while todo and len(seen) <= MOST_FILES:
            name = todo.pop()
            path = root.with_name(name)
            if not _copy(system, f"{key.rpartition('/')[0]}/{name}", path):
                continue
            if path.suffix.lower() == ".hea":
                fresh = set(_named_in(path)) - seen
                seen |= fresh
                todo += fresh
        date = modified(system.info(key))
        os.utime(root, ns=(date, date))
    return root


def upload(path: Path, address: str) -> None:
    """Put a file on the store, where it appears whole or not at all.

    Raises:
        CardioprintError: The store does not take it.
    """
    from fsspec.implementations.local import LocalFileSystem

    system, key = opened(address)
    with told(address):
        if isinstance(system, LocalFileSystem):  # it knows folders, and shows half a file
            system.makedirs(key.rpartition("/")[0], exist_ok=True)
            system.put_file(str(path), f"{key}.part")
            Path(f"{key}.part").replace(key)
        else:
            system.put_file(str(path), key)


def download(address: str, path: Path) -> bool:
    """Fetch one file; return whether there is one.

    Raises:
        CardioprintError: The store does not answer.
    """
    system, key = opened(address)
    with told(address):
        return _copy(system, key, path)


def names(address: str) -> list[str]:
    """Return the names of the files in a folder."""
    system, key = opened(address)
    with told(address):
        system.invalidate_cache()
        if not system.isdir(key):
            return []
        return sorted(str(found).rpartition("/")[2] for found in system.ls(key, detail=False))


def remove(address: str) -> None:
    """Delete a folder and all that is in it, if it is there."""
    system, key = opened(address)
    with told(address):
        system.invalidate_cache()
        if system.exists(key):
            system.rm(key, recursive=True)


def _copy(system: Any, key: str, path: Path) -> bool:
    """Fetch a file; return False where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        system.get_file(key, str(path))
    except FileNotFoundError:
        path.unlink(missing_ok=True)
        return False
    return True


def _named_in(header: Path) -> list[str]:
    """Return the names of the files that a WFDB header names, all of its own folder."""
    with header.open(errors="replace") as stream:
        lines = [words for ln in stream if not ln.startswith("#") and (words := ln.split())]
    named = (w[0] + ("" if "." in w[0] else ".hea") for w in lines[1:] if w[0] != "~")
    return [n for n in named if PurePosixPath(n).name == n and n not in (".", "..")]
