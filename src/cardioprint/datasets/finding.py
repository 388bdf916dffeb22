"""Files of a database below a folder, in the same order on every system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cardioprint.datasets.metadata import check_folder
from cardioprint.readers import RecordFile


def files_named(folder: Path, pattern: str) -> list[Path]:
    """Return the files somewhere below a folder, hidden places passed over.

    Args:
        folder: Root.
        pattern: Regular expression that the whole file name matches.

    Raises:
        RecordError: No such folder.
    """
    matches = re.compile(pattern).fullmatch
    found = [
        path
        for path in check_folder(folder).rglob("*")
        if matches(path.name)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def headers_named(folder: Path, pattern: str) -> list[Path]:
    """Return the WFDB headers below a folder whose data lie beside them; else as `files_named`.

    A header is fetched in no time, its data are not: they may still be missing.
    """
    return [path for path in files_named(folder, pattern) if data_size(path)]


def first_named(folder: Path, *names: str) -> Path:
    """Return the first of these files that is somewhere below, else where it should be.

    Args:
        folder: Root.
        names: File names, the preferred one first.

    Raises:
        RecordError: No such folder.
    """
    for name in names:
        if found := files_named(folder, re.escape(name)):
            return found[0]
    return folder / names[0]


def comments(header: Path) -> list[str]:
    """Return the comment lines of a WFDB header, without the marks."""
    text = header.read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines()]
    return [line.lstrip("#").strip() for line in lines if line.startswith("#")]


def data_size(header: Path) -> int:
    """Return the bytes of the data that a WFDB header of one file describes."""
    data = [header.with_suffix(suffix) for suffix in (".dat", ".mat")]
    return sum(path.stat().st_size for path in data if path.is_file())


def renamed(file: RecordFile, names: Mapping[str, str]) -> RecordFile:
    """Return the same recording with other channel names."""
    channels = tuple(replace(c, name=names.get(c.name, c.name)) for c in file.channels)
    return replace(file, channels=channels)
