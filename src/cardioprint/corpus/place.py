"""Where a corpus lies, and who may write there.

On a local disk a lock (`flock`) is a process's own and vanishes with it, however it ends. Object
stores have no such lock: one builder at a time may write there.
"""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from cardioprint.errors import RecordError

LOCKS, MARKER = ".locks", "building.json"
"""Folder of the lock files; on an object store, the note that somebody builds."""

UNFINISHED = ".part"
"""Suffix of a file that is being written."""


class Lock:
    """An advisory lock on a file; freed by `free`, or when the process ends.

    Args:
        path: File to lock; made if missing. None: a lock that is always to be had.
    """

    def __init__(self, path: Path | None):
        self.path = path
        self._file: int | None = None

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Take the lock, or change it from shared to exclusive and back; return whether it is ours.

        A change that fails gives up what was held (as flock does).

        Args:
            shared: Several may hold it at once, but nobody exclusively.
            wait: Wait for those who hold it.
        """
        if self.path is None:
            return True
        import fcntl

        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._file, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            self.free()
            return False
        return True

    def free(self, *, remove: bool = False) -> None:
        """Give the lock back.

        Args:
            remove: Delete its file first: whoever opened it before finds the work done.
        """
        if self._file is not None:
            if remove and self.path is not None:
                self.path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None


@dataclass(frozen=True)
class Place:
    """A folder, or a prefix on an object store ("s3://bucket/corpus")."""

    uri: str

    @classmethod
    def at(cls, where: str | os.PathLike[str] | Place) -> Place:
        """Return a place from a path or an address; "file://" is a path."""
        if isinstance(where, Place):
            return where
        text = os.fspath(where)
        if text.startswith("file://"):
            text = text.removeprefix("file://")
        return cls(text.rstrip("/") if "://" in text else str(Path(text).absolute()))

    @property
    def folder(self) -> Path | None:
        """The folder, None on an object store."""
        return None if "://" in self.uri else Path(self.uri)

    @cached_property
    def _system(self) -> tuple[Any, str]:
        """The file system and the place's path in it."""
        import fsspec

        try:
            return fsspec.core.url_to_fs(self.uri)
        except (ImportError, ValueError) as error:
            raise RecordError(
                f"this kind of address cannot be opened: {error}",
                source=self.uri,
                fix="install the fsspec driver of this store (s3fs, gcsfs, adlfs ...)",
            ) from error

    def child(self, name: str) -> str:
        """Return the address of something in it."""
        return f"{self.uri}/{name}"

    def _inside(self, name: str) -> str:
        return f"{self._system[1].rstrip('/')}/{name}"

    def exists(self, name: str = "") -> bool:
        """Return whether a file or folder is there."""
        system, root = self._system
        return bool(system.exists(self._inside(name) if name else root))

    def names(self, folder: str = "") -> list[str]:
        """Return the names in a folder, sorted; none where the folder is missing."""
        system, root = self._system
        system.invalidate_cache()
        try:
            found = system.ls(self._inside(folder) if folder else root, detail=False)
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            raise RecordError(
                "this is a file, not a folder", source=self.child(folder), field="out"
            ) from error
        return sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)

    def size(self) -> int:
        """Return the bytes of all files in it."""
        return int(self._system[0].du(self._system[1], total=True))

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        return bytes(self._system[0].cat_file(self._inside(name)))

    def write(self, name: str, content: bytes) -> None:
        """Write a file; it appears whole or not at all."""
        system = self._system[0]
        system.makedirs(self._inside(name).rpartition("/")[0], exist_ok=True)
        if self.folder is None:  # an object appears when all of it has arrived
            system.pipe_file(self._inside(name), content)
            return
        beside = self._inside(f"{name}.{uuid.uuid4().hex[:8]}{UNFINISHED}")
        system.pipe_file(beside, content)
        Path(beside).replace(self._inside(name))

    def move(self, name: str, to: str) -> None:
        """Rename a file; on an object store by copying, after which the old one is deleted."""
        self._system[0].mv(self._inside(name), self._inside(to))

    def remove(self, name: str) -> None:
        """Delete a file; nothing happens where there is none."""
        try:
            self._system[0].rm_file(self._inside(name))
        except FileNotFoundError:
            return

    def lock(self, name: str) -> Lock:
        """Return a lock of this place; on an object store one that nobody else respects."""
        return Lock(None if self.folder is None else self.folder / LOCKS / name)

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Hold the lock under which anything already in the corpus is changed or added to.

        Raises:
            RecordError: It cannot be written.
        """
        lock = self.lock("commit")
        try:
            lock.take()
            yield
        except OSError as error:
            raise RecordError(
                f"cannot be written ({' '.join(str(error).split())[:300]})",
                source=self.uri,
                field="out",
                fix="free space, or check the folder and who may write there",
            ) from error
        finally:
            lock.free()

    @contextmanager
    def building(self) -> Iterator[Lock]:
        """Be one of the builders: of several on a disk, the only one on an object store.

        Yields:
            The lock that all who use the corpus share; exclusive use may be tried with it.

        Raises:
            RecordError: Somebody else builds on this object store, or left a note that says so.
        """
        lock = self.lock("use")
        if self.folder is None:
            if self.exists(MARKER):
                raise RecordError(
                    "another build writes here, or was killed: an object store has no locks, so "
                    f"that only one build at a time is safe ({self.read(MARKER).decode()})",
                    source=self.uri,
                    fix=f"wait for it; if it is dead, delete {self.child(MARKER)} and start again",
                )
            about = {
                "host": socket.gethostname(),
                "process": os.getpid(),
                "since": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            self.write(MARKER, json.dumps(about).encode())
        lock.take(shared=True)
        try:
            yield lock
        finally:
            lock.free()
            if self.folder is None:
                self.remove(MARKER)
