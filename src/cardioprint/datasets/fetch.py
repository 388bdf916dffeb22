"""A database from its publisher to a folder: what is there is kept, what is missing is fetched."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cardioprint.datasets.access import refused
from cardioprint.datasets.base import Database
from cardioprint.datasets.checksums import spread
from cardioprint.datasets.folders import PART, SUMS, folder_of, inside
from cardioprint.datasets.listings import Remote, chosen, list_files
from cardioprint.datasets.manifest import (
    Fetched,
    Manifest,
    read_manifest,
    write_manifest,
)
from cardioprint.datasets.transfer import SPARE, Obtained, obtain
from cardioprint.datasets.web import AccessError, EverythingError, FetchError, Web
from cardioprint.errors import CardioprintError, RecordError

WORKERS = 4
"""Connections at a time: more would be rude to a public archive."""

Progress = Callable[[int, int], None]
"""Called with files done and bytes on the disk."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be fetched.

    Attributes:
        database: The database.
        folder: Where to.
        base: Address of the publisher's folder or record.
        files: The files.
        left_out: Number of files that were not asked for.
        size: Bytes of all files; approximate where the publisher gives no sizes, 0 where unknown.
        sums: The publisher's SHA256SUMS.txt.
    """

    database: Database
    folder: Path
    base: str
    files: tuple[Remote, ...] = field(repr=False)
    left_out: int
    size: int
    sums: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run did.

    Attributes:
        folder: Where the files are.
        fetched: Number of files that came.
        kept: Number of files that were there and right.
        size: Bytes of both.
        failed: Path -> message of the files that could not be had.
        unchecked: Number of files for which the publisher gives no checksum.
    """

    folder: Path
    fetched: int
    kept: int
    size: int
    failed: Mapping[str, str]
    unchecked: int


def plan(database: Database, folder: Path | None, web: Web, *, include: Iterable[str] = ()) -> Plan:
    """Ask the publisher which files there are; nothing is written.

    Args:
        database: The database.
        folder: Where to; default `folder_of` its name.
        web: The door to the network.
        include: Glob patterns instead of the database's own.

    Raises:
        AccessError: The publisher wants a login, or more steps from the user.
        FetchError: The list cannot be had, or no file matches.
        UnsafeFileError: A path of the list leaves the folder.
    """
    try:
        listing = list_files(database, web)
    except AccessError as error:
        raise AccessError(refused(database, error, login_sent=web.login is not None)) from None
    patterns = tuple(include) or database.files.include
    files = chosen(listing.files, patterns)
    if not files:
        some = ", ".join(f.path for f in listing.files[:3])
        raise FetchError(
            f"none of {len(listing.files)} files matches {', '.join(patterns) or 'anything'}",
            source=listing.base,
            field="include",
            fix=f"the files are named like {some}" if some else "",
        )
    left_out = len(listing.files) - len(files)
    size = sum(f.size for f in files)
    if any(f.size < 0 for f in files):
        size = 0 if left_out else round(database.files.size_gb * 1e9)
    return Plan(
        database=database,
        folder=folder or folder_of(database.name),
        base=listing.base,
        files=files,
        left_out=left_out,
        size=size,
        sums=listing.sums,
    )


def fetch(
    plan: Plan, web: Web, *, workers: int = WORKERS, progress: Progress | None = None
) -> Outcome:
    """Fetch what is missing; a rerun goes on, also after a crash.

    Args:
        plan: What to fetch.
        web: The door to the network.
        workers: Connections at a time.
        progress: Called from several threads, one at a time.

    Returns:
        What was done; files that could not be had are named and do not stop the others.

    Raises:
        EverythingError: No network, no access, no room: going on makes no sense.
        RecordError: The folder cannot be written or holds something else.
    """
    folder, counter = plan.folder, _Counter(progress)
    done: dict[str, Obtained] = {}
    failed: dict[str, str] = {}
    with _written(folder), _alone(folder):
        earlier = _earlier(plan)
        _check_room(plan)
        if plan.sums:
            part = inside(folder, SUMS).with_name(SUMS + PART)
            part.write_bytes(plan.sums)
            part.replace(folder / SUMS)
        work = spread(
            lambda remote: obtain(remote, folder, web, counter.received),
            plan.files,
            max(1, workers),
            web.stop,
        )
        with contextlib.closing(work):  # an error here ends the other threads
            for remote, future in work:
                try:
                    done[remote.path] = future.result()
                except AccessError as error:
                    if not (done or plan.sums):  # nobody gets in; else it is this file's fault
                        raise AccessError(
                            refused(plan.database, error, login_sent=web.login is not None)
                        ) from None
                    failed[remote.path] = str(error)
                except EverythingError:
                    raise
                except CardioprintError as error:
                    failed[remote.path] = str(error)
                counter.file()
        published = {remote.path for remote in plan.files if remote.checksum}
        new = {
            name: Fetched(checksum=o.checksum, size=o.size, published=name in published)
            for name, o in done.items()
        }
        manifest = Manifest(
            name=plan.database.name,
            version=plan.database.version,
            base=plan.base,
            files={**earlier, **new},
        )
        write_manifest(folder, manifest)
    return Outcome(
        folder=folder,
        fetched=sum(not o.kept for o in done.values()),
        kept=sum(o.kept for o in done.values()),
        size=sum(o.size for o in done.values()),
        failed=failed,
        unchecked=sum(not f.published for f in new.values()),
    )


class _Counter:
    """Counts what comes in from all threads."""

    def __init__(self, progress: Progress | None):
        self.files, self.bytes = 0, 0
        self._progress, self._lock = progress or (lambda *_: None), threading.Lock()

    def received(self, count: int) -> None:
        with self._lock:
            self.bytes += count
            self._progress(self.files, self.bytes)

    def file(self) -> None:
        with self._lock:
            self.files += 1
            self._progress(self.files, self.bytes)


def _earlier(plan: Plan) -> dict[str, Fetched]:
    """Return the files that an earlier run fetched, or refuse a folder of something else."""
    told = read_manifest(plan.folder)
    if told is None:
        return {}
    this = (plan.database.name, plan.database.version)
    if (told.name, told.version) != this:
        raise RecordError(
            f"the folder holds {told.name} {told.version}, not {' '.join(this)}",
            source=plan.folder,
            field="to",
            fix="give another folder with --to, or move this one away",
        )
    return {name: f for name, f in told.files.items() if (plan.folder / name).is_file()}


def _check_room(plan: Plan) -> None:
    """Refuse to begin what the disk cannot hold."""
    there = 0
    for remote in plan.files:
        path = plan.folder / remote.path
        for place in (path, path.with_name(path.name + PART)):
            with contextlib.suppress(OSError):
                there += place.stat().st_size
    need, free = plan.size - there, shutil.disk_usage(plan.folder).free
    if need + SPARE > free:
        raise EverythingError(
            f"needs {need / 1e9:.2f} GB more, {free / 1e9:.2f} GB are free",
            source=plan.folder,
            fix="make room, use another disk with --to, or fetch less with --include",
        )


@contextlib.contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Make the folder, and turn what the disk refuses into one error."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise EverythingError(
            "the disk is full" if full else f"cannot write here: {error.strerror or error}",
            source=error.filename or folder,
            field="to",
            fix="make room; a rerun goes on" if full else "give another folder with --to",
        ) from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep two runs from writing the same files; the lock of a killed run is gone with it."""
    try:
        import fcntl
    except ImportError:  # Windows, which lets nobody rename a file that is open elsewhere
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RecordError(
                "another run is fetching into this folder", source=folder, field="to"
            ) from None
        except OSError:
            pass  # a file system without locks; the checksums still tell
        yield
    finally:
        os.close(handle)
