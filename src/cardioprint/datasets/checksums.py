"""Checksums of files: "sha256:..." or "md5:...", as publishers give them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from threading import Event
from typing import BinaryIO, TypeVar

from cardioprint.datasets.folders import safe_name
from cardioprint.errors import RecordError

Item = TypeVar("Item")
Result = TypeVar("Result")

DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
"""Hexadecimal digits of the algorithms that publishers use."""

SUMS_LINE = re.compile(r"([0-9a-fA-F]{64})\s[\s*]?(.+)")
"""A line of `sha256sum`: digest, blank, blank or star, path (GNU coreutils manual)."""


def check(checksum: str, *, source: object = "") -> str:
    """Return a checksum in one spelling.

    Raises:
        RecordError: Not "algorithm:digits", or an algorithm that is not in `DIGITS`.
    """
    algorithm, _, digits = checksum.strip().lower().partition(":")
    if len(digits) != DIGITS.get(algorithm, -1) or not re.fullmatch("[0-9a-f]+", digits):
        raise RecordError(
            f"{checksum!r} is not a checksum",
            source=source,
            field="checksum",
            fix=f"give one of {', '.join(DIGITS)} as algorithm:digits",
        )
    return f"{algorithm}:{digits}"


def checksum_of(path: Path, algorithm: str = "sha256") -> str:
    """Return the checksum of a file, read in blocks."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        )  # MD5 is what some publishers give: it finds damage, not an attack
    return f"{algorithm}:{digest.hexdigest()}"


def matches(path: Path, checksum: str) -> bool:
    """Return whether a file has a checksum."""
    return checksum_of(path, checksum.partition(":")[0]) == checksum


def read_sums(sums: BinaryIO, *, source: object) -> Iterator[tuple[str, str]]:
    """Yield (path, checksum) of the lines of a SHA256SUMS.txt, a line in memory at a time.

    Raises:
        RecordError: A line is not of that form; a login page in its place, for one.
        UnsafeFileError: A path leaves the folder.
    """
    lines = TextIOWrapper(sums, encoding="utf-8", errors="replace", newline="\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = SUMS_LINE.fullmatch(line.rstrip("\r\n"))
        if found is None:
            raise RecordError(
                f"line {number} is not a checksum and a path: {line.strip()[:60]!r}",
                source=source,
                field="line",
                fix="this is no list of SHA-256 checksums; a web page may stand in its place",
            )
        yield safe_name(found[2], source=source), f"sha256:{found[1].lower()}"


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    stop: Event | None = None,
) -> Generator[tuple[Item, Future[Result]], None, None]:
    """Yield (item, finished future) as threads finish, with few items under way at a time.

    A million files need no more memory than a hundred: `Executor.map` would queue them all.
    Hashing and reading release the interpreter's lock, so threads use all cores.

    Args:
        function: What to do with an item.
        items: The items.
        workers: Threads.
        stop: Set when the caller gives up or is interrupted, for `function` to look at.
    """
    queue = iter(items)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        running = {pool.submit(function, item): item for item in islice(queue, 2 * workers)}
        try:
            while running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future
                for item in islice(queue, len(done)):
                    running[pool.submit(function, item)] = item
        except BaseException:  # an interrupt, or the caller left its loop
            if stop is not None:
                stop.set()
            for future in running:
                future.cancel()
            raise
