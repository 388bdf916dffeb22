"""Publishers' tables of people and recordings: read as text, checked, said what is missing."""

from __future__ import annotations

import csv
import gzip
import math
import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from cardioprint.errors import RecordError


def rows(
    path: Path, columns: Sequence[str], *, optional: Sequence[str] = (), fix: str
) -> Iterator[dict[str, str]]:
    """Yield the rows of a comma-separated table, a line in memory at a time.

    Args:
        path: The table, perhaps gzipped; a byte-order mark is passed over.
        columns: Names it must have, in any case. Other columns are left out.
        optional: Names it may have; "" where it does not.
        fix: What the user can do where the table is missing.

    Yields:
        Cells without surrounding blanks, by the names asked for; "" for cells a row lacks.

    Raises:
        RecordError: No such table, no such column, or not text.
    """
    if not path.is_file():
        raise RecordError("this table is missing", source=path, field="path", fix=fix)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as stream:
            lines = csv.reader(stream)
            header = [name.strip().lower() for name in next(lines, [])]
            missing = [name for name in columns if name.lower() not in header]
            if missing:
                raise RecordError(
                    f"the table has no column {', '.join(map(repr, missing))}",
                    source=path,
                    field="columns",
                    fix=f"get the publisher's file; this has {', '.join(header[:30]) or 'none'}",
                )
            wanted = [*columns, *(n for n in optional if n.lower() in header)]
            places = [(name, header.index(name.lower())) for name in wanted]
            blank = dict.fromkeys(optional, "")
            for cells in lines:
                if cells:
                    n = len(cells)
                    found = {name: cells[i].strip() if i < n else "" for name, i in places}
                    yield blank | found
    except (csv.Error, EOFError, gzip.BadGzipFile) as error:
        raise RecordError(
            f"the table cannot be read: {error}", source=path, field="rows", fix="fetch it again"
        ) from error


def either(folder: Path, *names: str) -> Path:
    """Return the first of these files that is there, else where the first should be."""
    paths = [folder / name for name in names]
    return next((path for path in paths if path.is_file()), paths[0])


def check_folder(root: Path) -> Path:
    """Return a database's folder.

    Raises:
        RecordError: There is none.
    """
    if not root.is_dir():
        raise RecordError(
            "no such folder",
            source=root,
            field="folder",
            fix="fetch the database first, or name the folder it lies in",
        )
    return root


def folders(root: Path) -> list[Path]:
    """Return the folders in a folder, by name; hidden ones are passed over."""
    with os.scandir(root) as found:
        names = sorted(e.name for e in found if e.is_dir() and not e.name.startswith("."))
    return [root / name for name in names]


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each file in a folder, by name; one look at the folder for all."""
    with os.scandir(folder) as found:
        return {e.name: e.stat().st_size for e in found if e.is_file()}


def number(text: str | float | None) -> float | None:
    """Return a finite number, or None where a cell holds none."""
    try:
        value = float(text)  # type: ignore[arg-type]  # None and words end below
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def day(text: str) -> date | None:
    """Return the date that an ISO date or date and time begins with, or None."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def sex(text: str) -> str:
    """Return "F" or "M", or "" where a cell says neither."""
    return {"f": "F", "female": "F", "m": "M", "male": "M"}.get(text.strip().lower(), "")
