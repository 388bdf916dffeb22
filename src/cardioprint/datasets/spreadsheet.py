"""Cells of an Excel workbook (.xlsx), without a library for it.

An .xlsx file is a ZIP archive of XML (ECMA-376). Strangers made it: archives that unpack beyond
measure and documents that define entities (the "billion laughs") are refused.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from cardioprint.errors import RecordError, UnsafeFileError
from cardioprint.readers.safety import check_file, check_growth, translated

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def read_sheet(path: Path) -> list[list[str]]:
    """Return the first sheet as rows of text; missing cells are "".

    Raises:
        RecordError: Not a workbook, or damaged.
        UnsafeFileError: It defines entities, or would fill the memory.
    """
    check_file(path)
    with translated(path, what="workbook"), zipfile.ZipFile(path) as archive:
        shared = []
        if _STRINGS in archive.namelist():
            shared = [_text(item) for item in _tree(archive, _STRINGS, path).iter(f"{_NS}si")]
        rows = []
        for row in _tree(archive, _SHEET, path).iter(f"{_NS}row"):
            cells: dict[int, str] = {}
            for cell in row.iter(f"{_NS}c"):
                cells[_column(cell.get("r", ""), len(cells))] = _value(cell, shared)
            rows.append([cells.get(i, "") for i in range(max(cells, default=-1) + 1)])
        return rows


def _tree(archive: zipfile.ZipFile, member: str, path: Path) -> Element:
    from xml.etree import ElementTree

    info = archive.getinfo(member)
    check_growth(
        stored=info.compress_size, unpacked=info.file_size, source=path, field=info.filename
    )
    data = archive.read(info)

    def refuse(*_: object) -> None:
        raise UnsafeFileError(
            "the workbook brings its own document type",
            source=path,
            field=member,
            fix="save it again with a spreadsheet program",
        )

    guard = expat.ParserCreate()  # entities can only be defined in a document type
    guard.StartDoctypeDeclHandler = refuse
    guard.Parse(data, True)
    return ElementTree.fromstring(data)


def _value(cell: Element, shared: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return _text(cell)
    value = cell.find(f"{_NS}v")
    text = (value.text or "") if value is not None else ""
    return shared[int(text)] if cell.get("t") == "s" and text else text


def _text(element: Element) -> str:
    return "".join(t.text or "" for t in element.iter(f"{_NS}t"))


def _column(reference: str, following: int) -> int:
    """Return the column of a cell, from 0: B7 is 1. A cell without reference follows the last."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        return following
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def records_of(path: Path, columns: Collection[str]) -> list[dict[str, str]]:
    """Return the rows below the one that names the columns.

    Args:
        path: Workbook.
        columns: Columns that have to be there; the first row that holds them is the header.

    Raises:
        RecordError: No row holds them all.
    """
    rows = read_sheet(path)
    for i, header in enumerate(rows):
        if set(columns) <= set(header):
            below = [row + [""] * (len(header) - len(row)) for row in rows[i + 1 :]]
            return [dict(zip(header, row, strict=False)) for row in below if any(row)]
    raise RecordError(
        f"no row names the columns {', '.join(columns)}",
        source=path,
        field="header",
        fix="fetch the file again",
    )
