"""Whether a folder holds what its publisher published; works without a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cardioprint.datasets.base import Database
from cardioprint.datasets.checksums import cores, matches, read_sums, spread
from cardioprint.datasets.folders import MANIFEST, PART, SUMS, TAG, safe_name
from cardioprint.datasets.listings import wanted
from cardioprint.datasets.manifest import read_manifest
from cardioprint.errors import RecordError

RECORDS = "RECORDS"
"""PhysioNet's list of records, one a line without extension; a line that ends in / is a folder."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a check of a folder found.

    Attributes:
        lists: Names of the lists that it was checked against.
        right: Number of files with the right checksum.
        unchecked: Number of files that are there, without a checksum to compare with.
        missing: Files of the list that are not there.
        changed: Files with another content than published, or that cannot be read.
        unneeded: Number of files of the list that are not there and that nobody needs: the
            adapter does not read them, or they were not asked for.
        extra: Files that no list names.
        unfinished: Files whose fetching was interrupted.
    """

    lists: tuple[str, ...]
    right: int
    unchecked: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    unneeded: int
    extra: tuple[str, ...]
    unfinished: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether everything that is needed is there and right."""
        return not (self.missing or self.changed or self.unfinished)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a database's adapter found in a folder.

    Attributes:
        records: Number of recordings.
        subjects: Number of people with an id.
        labels: Names of the labels that at least one recording carries.
    """

    records: int
    subjects: int
    labels: tuple[str, ...]


def verify(
    folder: Path,
    database: Database | None = None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Verified:
    """Compare a folder with the publisher's lists in it.

    SHA256SUMS.txt counts first, then fetched.json; RECORDS where neither is there.

    Args:
        folder: The folder.
        database: Whose files they are, to tell which ones are needed.
        workers: Threads; default: the cores this process may use.
        progress: Called with files done and files in all.

    Raises:
        RecordError: No such folder, or a list is damaged.
        UnsafeFileError: A list names a path outside the folder.
    """
    if not folder.is_dir():
        raise RecordError("no such folder", source=folder, fix="check the spelling")
    try:
        expected, lists, fetched = _expected(folder)
    except OSError as error:
        source, reason = error.filename or folder, error.strerror or error
        raise RecordError(f"cannot be read: {reason}", source=source) from error
    include = database.files.include if database else ()
    present, unfinished = _present(folder)
    missing: list[str] = []
    changed: list[str] = []
    right = unchecked = unneeded = 0
    for name in expected:
        if name not in present:
            needed = name in fetched if fetched else not include or wanted(name, include)
            if needed:
                missing.append(name)
            else:
                unneeded += 1
    there = [name for name in expected if name in present]

    def compare(name: str) -> bool | None:
        return matches(folder / name, expected[name]) if expected[name] else None

    work = spread(compare, there, workers or cores())
    for done, (name, future) in enumerate(work, start=1):
        try:
            verdict = future.result()
        except OSError:
            verdict = False
        right, unchecked = right + (verdict is True), unchecked + (verdict is None)
        if verdict is False:
            changed.append(name)
        if progress:
            progress(done, len(there))
    known = {*expected, *lists, MANIFEST, SUMS}
    return Verified(
        lists=lists,
        right=right,
        unchecked=unchecked,
        missing=tuple(sorted(missing)),
        changed=tuple(sorted(changed)),
        unneeded=unneeded,
        extra=tuple(sorted(present - known)) if lists else (),
        unfinished=tuple(sorted(unfinished)),
    )


def layout(folder: Path, database: Database) -> Layout:
    """Ask a database's adapter what it finds: the layout is the expected one, or it is not.

    Raises:
        RecordError: The adapter does not find what it needs.
    """
    records, subjects, labels = 0, set(), set()
    for entry in database.find(folder):
        records += 1
        labels.update(entry.labels)
        if entry.subject:
            subjects.add(entry.subject)
    return Layout(records=records, subjects=len(subjects), labels=tuple(sorted(labels)))


def _expected(folder: Path) -> tuple[dict[str, str], tuple[str, ...], Mapping[str, object]]:
    """Return path -> checksum, the lists it comes from, and the files that were fetched."""
    manifest = read_manifest(folder)
    fetched = manifest.files if manifest else {}
    expected = {name: f.checksum for name, f in fetched.items()}
    lists = (MANIFEST,) if manifest else ()
    sums = folder / SUMS
    if sums.is_file():
        with sums.open("rb") as file:
            expected.update(pair for pair in read_sums(file, source=sums) if pair[0] != SUMS)
        lists = (SUMS, *lists)
    if not lists and (folder / RECORDS).is_file():
        expected = dict.fromkeys(_headers(folder, PurePosixPath()), "")
        lists = (RECORDS,)
    return expected, lists, fetched


def _headers(folder: Path, below: PurePosixPath, depth: int = 0) -> Iterator[str]:
    """Yield the header files that RECORDS promises, and those of the folders it names."""
    path = folder / below / RECORDS
    if depth > 8 or not path.is_file():
        return
    for line in dict.fromkeys(path.read_text(encoding="utf-8", errors="replace").split("\n")):
        if not line.strip():
            continue
        name = below / safe_name(line.strip(), source=path)
        if line.strip().endswith("/"):
            yield from _headers(folder, name, depth + 1)
        else:
            yield f"{name}.hea"


def _present(folder: Path) -> tuple[set[str], set[str]]:
    """Return the files below a folder, finished and unfinished; links are not followed."""
    finished, unfinished = set(), set()
    for place, _, names in os.walk(folder):
        for name in names:
            path = (Path(place) / name).relative_to(folder).as_posix()
            if name.endswith(PART):
                unfinished.add(path.removesuffix(PART))
            elif not name.endswith(TAG):
                finished.add(path)
    return finished, unfinished
