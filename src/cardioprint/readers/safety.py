"""The door: what a file must be before any library sees it, and how failures come back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from cardioprint.errors import CardioprintError, RecordError, TruncatedFileError, UnsafeFileError

MOST_BYTES = 8 * 2**30
"""Bytes one compressed member may grow to: a day of twelve float64 leads at 1 kHz is 7.7 GiB."""

BOMB_BYTES = 64 * 2**20
BOMB_RATIO = 200.0
"""Members that grow past `BOMB_BYTES` must not grow by more than this factor. Measured
biosignals deflate two- to tenfold; only constant filler reaches deflate's limit near 1,000."""


def check_file(path: Path) -> None:
    """Refuse what is not a file with something in it.

    Raises:
        RecordError: Missing, a directory, not a regular file, or unreadable.
        TruncatedFileError: 0 bytes.
    """
    if path.is_dir():
        raise RecordError(
            "this is a folder, not a recording",
            source=path,
            field="path",
            fix="give one file, or list the recordings in it with find_records(folder)",
        )
    if not path.exists():
        raise RecordError(
            "no such file", source=path, field="path", fix="check the spelling and the folder"
        )
    if not path.is_file():  # a pipe or a device would block or never end
        raise RecordError("not a regular file", source=path, field="path", fix="give a file")
    if path.stat().st_size == 0:
        raise TruncatedFileError(
            "the file is empty (0 bytes)", source=path, field="size", fix="copy the file again"
        )


def check_inside(name: str, *, source: object, field: str) -> str:
    """Return a file name found in a header, or refuse one that leaves the record's folder.

    Headers come from strangers: `../../etc/passwd` or `http://...` in one is an attack or a
    mistake. The check is on the name alone, so that data kept behind symbolic links (git-annex)
    still opens.

    Raises:
        UnsafeFileError: Absolute, with a `..` part, a drive or a web address.
    """
    windows, posix = PureWindowsPath(name), PurePosixPath(name)
    parts = set(posix.parts) | set(windows.parts)
    if posix.is_absolute() or windows.drive or windows.root or ".." in parts or "://" in name:
        raise UnsafeFileError(
            f"the header refers to {name!r}, outside the record's own folder",
            source=source,
            field=field,
            fix="put the data file beside the header and name it without a path",
        )
    return name


def check_growth(*, stored: int, unpacked: int, source: object, field: str) -> None:
    """Refuse a compressed member that would fill the memory.

    Raises:
        UnsafeFileError: It grows past `MOST_BYTES`, or past `BOMB_BYTES` by `BOMB_RATIO`.
    """
    ratio = unpacked / max(stored, 1)
    if unpacked > MOST_BYTES or (unpacked > BOMB_BYTES and ratio > BOMB_RATIO):
        raise UnsafeFileError(
            f"{stored:,} stored bytes would unpack to {unpacked:,}",
            source=source,
            field=field,
            fix="save the array uncompressed, or in parts, if it really is a recording",
        )


@contextmanager
def translated(path: Path, *, what: str, fix: str = "") -> Iterator[None]:
    """Turn whatever a library raises on a damaged file into one RecordError.

    The only place where foreign exceptions are caught. Libraries raise almost any type on
    damaged bytes (struct.error, zlib.error, KeyError, OSError ...), hence `Exception`.

    Args:
        path: The file being read.
        what: What was being read, for the message.
        fix: Advice; by default to copy the file again.
    """
    try:
        yield
    except (CardioprintError, MemoryError, ImportError, NameError):
        raise  # ours, or no fault of the file
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise RecordError(
            f"cannot read the {what}: {reason}",
            source=path,
            field=what,
            fix=fix or "the file is damaged or not what its extension says; copy it again",
        ) from error
