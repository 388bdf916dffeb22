"""One file from its publisher to the disk: goes on where it ended, checked before it is named.

A file grows as `NAME.part` beside the server's version mark (`NAME.part.tag`: ETag or date) and
gets its own name only when its checksum is right.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

from cardioprint.datasets.checksums import checksum_of, matches
from cardioprint.datasets.folders import PART, TAG, inside
from cardioprint.datasets.listings import Remote
from cardioprint.datasets.web import (
    BLOCK,
    Busy,
    EverythingError,
    FetchError,
    Stopped,
    Web,
)

SPARE = 1 << 26
"""Bytes of the disk that are left free (64 MiB)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Obtained:
    """A file that is on the disk and right.

    Attributes:
        checksum: The publisher's, or ours where they give none.
        size: Bytes.
        kept: Whether it was there before.
    """

    checksum: str
    size: int
    kept: bool


def obtain(remote: Remote, folder: Path, web: Web, received: Callable[[int], None]) -> Obtained:
    """Return a file once it lies in the folder with the right checksum.

    Args:
        remote: The file.
        folder: Folder of the database.
        web: The door to the network.
        received: Called with the number of bytes that came in; negative where some are void.

    Raises:
        FetchError: It cannot be had, or is wrong twice; no wrong file bears its name.
        EverythingError: The disk is full, or access is refused.
        UnsafeFileError: A link leads out of the folder.
    """
    path = inside(folder, remote.path)
    part, tag = path.with_name(path.name + PART), path.with_name(path.name + TAG)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        size = path.stat().st_size
        if right(path, remote):
            received(size)
            return Obtained(checksum=_checksum(path, remote), size=size, kept=True)
        path.replace(part)  # the head of the right file, perhaps: another program's leftover
        tag.unlink(missing_ok=True)
    if part.is_file():
        received(part.stat().st_size)
    for last in (False, True):
        if not _complete(part, remote):
            web.patiently(lambda: _transfer(remote, part, tag, web, received), remote.address)
        if right(part, remote):
            break
        found = "" if not remote.checksum else f" ({_checksum_like(part, remote.checksum)})"
        received(-part.stat().st_size)
        part.unlink()
        tag.unlink(missing_ok=True)
        if last:
            raise FetchError(
                f"{remote.path}: what came is not what the publisher announced{found}",
                source=remote.address,
                field="checksum",
                fix="run the command again later, or tell the publisher",
            )
    result = Obtained(checksum=_checksum(part, remote), size=part.stat().st_size, kept=False)
    part.replace(path)
    tag.unlink(missing_ok=True)
    return result


def right(path: Path, remote: Remote) -> bool:
    """Return whether a file has the size and checksum that the publisher announced."""
    if remote.size not in (-1, path.stat().st_size):
        return False
    return not remote.checksum or matches(path, remote.checksum)


def _complete(part: Path, remote: Remote) -> bool:
    """Return whether all bytes are there, so that the server need not be asked."""
    return part.is_file() and part.stat().st_size == remote.size


def _checksum(path: Path, remote: Remote) -> str:
    return remote.checksum or checksum_of(path)


def _checksum_like(path: Path, checksum: str) -> str:
    algorithm = checksum.partition(":")[0]
    return f"{checksum_of(path, algorithm)} instead of {checksum}"


def _transfer(
    remote: Remote, part: Path, tag: Path, web: Web, received: Callable[[int], None]
) -> None:
    """Append what is missing to the unfinished file, or write it anew; one attempt."""
    have = part.stat().st_size if part.is_file() else 0
    mark = tag.read_text(encoding="latin-1").strip() if tag.is_file() else ""
    headers = {}
    if have and (mark or remote.checksum):  # else nothing tells two versions of a file apart
        headers["Range"] = f"bytes={have}-"
        if mark.isprintable() and mark:
            headers["If-Range"] = mark
    with web.open(remote.address, headers) as answer:
        if answer.status == 416 and _total(answer) == have:
            return
        anew = answer.status == 200
        if have and (anew or answer.status == 416 or _first(answer) != have):
            part.unlink()  # ignored the range, has changed, or is not what was asked for
            tag.unlink(missing_ok=True)
            received(-have)
        if not anew and not part.is_file():
            raise Busy(f"no part that begins at byte {have:,} is to be had", wait=0.0)
        _check_room(part, answer)
        _mark(tag, answer)
        _write(part, answer, web, received)


def _write(part: Path, answer: HTTPResponse, web: Web, received: Callable[[int], None]) -> None:
    """Stream an answer to the disk.

    Raises:
        Busy: The connection broke, or ended before the length that the server announced.
    """
    length, came = answer.length, 0
    with part.open("ab") as file:
        while length is None or came < length:
            if web.stop.is_set():
                raise Stopped
            ask = BLOCK if length is None else min(BLOCK, length - came)
            try:
                block = answer.read1(ask)  # what has come, without waiting for more
            except (OSError, HTTPException) as error:
                reason = str(error) or type(error).__name__
                raise Busy(f"the connection broke: {reason}", progress=came > 0) from None
            if not block:
                break
            file.write(block)
            file.flush()  # a killed run keeps it
            came += len(block)
            received(len(block))
    if length is not None and came < length:
        reason = f"the connection ended {length - came:,} bytes early"
        raise Busy(reason, progress=came > 0)


def _mark(tag: Path, answer: HTTPResponse) -> None:
    """Keep what tells this version of the file from another, for If-Range (RFC 9110, 13.1.5)."""
    etag = answer.headers.get("ETag", "")
    mark = etag if etag.startswith('"') else answer.headers.get("Last-Modified", "")
    if mark:
        tag.write_text(mark, encoding="latin-1")
    else:
        tag.unlink(missing_ok=True)


def _check_room(part: Path, answer: HTTPResponse) -> None:
    free = shutil.disk_usage(part.parent).free
    if answer.length is not None and answer.length + SPARE > free:
        raise EverythingError(
            f"the disk is full: {answer.length / 1e9:.2f} GB to come, {free / 1e9:.2f} GB free",
            source=part.parent,
            fix="make room or use another disk with --to; a rerun goes on",
        )


def _first(answer: Any) -> int:
    """Return the first byte's number in a partial answer, -1 where it is not said."""
    with contextlib.suppress(ValueError):
        return int(answer.headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0])
    return -1


def _total(answer: Any) -> int:
    """Return the file's length in a Content-Range header, -1 where it is not said."""
    with contextlib.suppress(ValueError):
        return int(answer.headers.get("Content-Range", "").rpartition("/")[2])
    return -1
