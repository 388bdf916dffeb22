"""Where fetched databases lie, and which names may be written there."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath, PureWindowsPath

from cardioprint.errors import UnsafeFileError

HOME_VARIABLE = "CARDIOPRINT_HOME"
"""Environment variable that names the folder of everything that cardioprint keeps."""

MANIFEST = "fetched.json"
"""What was fetched: database, version, date, files with checksum and size."""

SUMS = "SHA256SUMS.txt"
"""The publisher's checksums, as PhysioNet names them."""

PART, TAG = ".part", ".part.tag"
"""Suffixes of an unfinished file, and of the server's version mark for it."""


PLAIN = re.compile(r"\w[\w-]*(\.[\w-]+)*(/\w[\w-]*(\.[\w-]+)*)*", re.ASCII)
"""Paths that need no second look: a list of a million files is read in seconds."""


def home() -> Path:
    """Return $CARDIOPRINT_HOME, else ~/.cache/cardioprint; it need not exist yet."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named).expanduser() if named else Path.home() / ".cache" / "cardioprint"


def folder_of(name: str) -> Path:
    """Return where the files of a database lie unless the user says otherwise.

    Args:
        name: Key of `catalogue.DATABASES`.
    """
    return home() / "data" / safe_name(name, source="name of a database")


def safe_name(name: str, *, source: object) -> str:
    """Return a relative path of a listing in one spelling, or refuse it.

    Listings come from servers and from folders of strangers.

    Raises:
        UnsafeFileError: Empty, absolute, with `..`, a drive, a backslash or a control character,
            or a name that this package keeps for itself.
    """
    if PLAIN.fullmatch(name) and not name.endswith((PART, TAG, MANIFEST)):
        return name
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    leaves = posix.is_absolute() or windows.drive or windows.root or ".." in posix.parts
    odd = "\\" in name or any(ord(c) < 32 or ord(c) == 127 for c in name)
    if not posix.name or leaves or odd:
        raise UnsafeFileError(
            f"the listing names {name!r}, which could leave the folder",
            source=source,
            field="path",
            fix="do not use this listing; tell the publisher",
        )
    if str(posix) == MANIFEST or posix.name.endswith((PART, TAG)):
        raise UnsafeFileError(
            f"the listing names {name!r}, a name kept for unfinished and fetched files",
            source=source,
            field="path",
        )
    return str(posix)


def inside(folder: Path, name: str) -> Path:
    """Return where a file of a listing belongs, or refuse a symbolic link that leads elsewhere.

    Args:
        folder: Root; may be a link itself: that is the user's choice.
        name: Path that `safe_name` returned.

    Raises:
        UnsafeFileError: The file, its unfinished form or a folder on the way is a link that
            leaves the root.
    """
    path, root = folder / name, folder.resolve()
    files = (path, path.with_name(path.name + PART), path.with_name(path.name + TAG))
    for place in (path.parent, *(f for f in files if f.is_symlink())):
        if not place.resolve().is_relative_to(root):
            raise UnsafeFileError(
                "a symbolic link on the way to this file leaves the folder",
                source=place,
                field="path",
                fix="remove the link",
            )
    return path
