"""Tables: CSV, TSV and other delimited text, one column (or one very long row) a channel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import RecordError, TruncatedFileError, UnknownFormatError
from cardioprint.readers.arrays import Variable, camera_guess, open_arrays
from cardioprint.readers.columns import Request
from cardioprint.readers.files import RecordFile
from cardioprint.readers.naming import identify, split_unit
from cardioprint.readers.safety import check_file, translated
from cardioprint.readers.units import MILLIVOLTS, SECONDS, plain
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

MISSING = ("", "na", "nan", "n/a", "null", "none", "-", "--", "?", "inf", "-inf")
"""Cells that mean 'no value', in lower case."""

LONG_ROW = 100
"""Cells. A table of fewer rows than a quarter of its cells per row lies on its side."""

FEWEST_NUMBERS = 250
"""A text file of fewer numbers is not listed as a recording: 2 s at 125 Hz."""


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """How a text file is laid out.

    Attributes:
        delimiter: Between cells; " " stands for any white space.
        skip: Lines before the first row of numbers.
        names: Column names, or none.
        units: One a name.
        on_side: True where each row is a channel.
        decimal: The decimal mark.
        numeric: True where the first row of data holds numbers only.
    """

    delimiter: str
    skip: int
    names: tuple[str, ...]
    units: tuple[str, ...]
    on_side: bool
    decimal: str
    numeric: bool


def open_table(path: Path, request: Request) -> RecordFile:
    """Open delimited text. Names come from the header line if there is one.

    A file of few, very long lines holds one channel a line; `columns` then counts lines.

    Raises:
        RecordError: Not a table, or rows of unequal length.
    """
    check_file(path)
    shape = _shape(path)
    variables = _lying(path, shape) if shape.on_side else _standing(path, shape)
    return open_arrays(path, variables=variables, request=request)


def looks_like_table(path: Path) -> bool:
    """Return True where a text file names an ECG or PPG, or holds many numbers without names."""
    try:
        shape = _shape(path)
    except RecordError:
        return False
    if shape.names and not shape.on_side:
        names = [split_unit(n)[0] for n in shape.names]
        return any(identify(n).modality != Modality.OTHER or camera_guess(n, names) for n in names)
    if not shape.numeric:
        return False
    count = 0
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for line in lines:
            count += len(_cells(line, shape.delimiter))
            if count >= FEWEST_NUMBERS:
                return True
    return False


def _shape(path: Path) -> _Shape:
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        head, skip = [], 0
        for line in stream:
            if "\0" in line:
                raise UnknownFormatError(
                    "this is not text", source=path, field="format", fix="export it as CSV"
                )
            if not head and (not line.strip() or line.startswith(("#", "%"))):
                skip += 1
                continue
            head.append(line)
            if len(head) > LONG_ROW:  # enough to tell rows from columns
                break
    if not head:
        raise RecordError("the table has no rows", source=path, field="rows", fix="export it again")
    first = head[0]
    # In this order: where ; or tab delimits, a comma may well be the decimal mark.
    delimiter = next((d for d in ";\t," if d in first), " ")
    decimal = "," if delimiter in ";\t" and re.search(r"\d,\d", head[-1]) else "."
    cells = _cells(first, delimiter)
    widest = max(len(_cells(line, delimiter)) for line in head[:3])
    on_side = widest >= LONG_ROW and len(head) < widest / 4
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    if not on_side and not all(_is_number(c, decimal) for c in cells):
        names = tuple(c.strip(" '\"") for c in cells)
        units = tuple(split_unit(n)[1] for n in names)
        skip += 1
        if len(head) > 1 and (row := _units_row(_cells(head[1], delimiter))):
            units, skip = row, skip + 1  # PhysioNet's rdsamp -v writes units under the names
    data = head[-1] if names else first
    numeric = all(_is_number(c, decimal) for c in _cells(data, delimiter)[1 if on_side else 0 :])
    return _Shape(
        delimiter=delimiter,
        skip=skip,
        names=names,
        units=units,
        on_side=on_side,
        decimal=decimal,
        numeric=numeric,
    )


def _units_row(cells: list[str]) -> tuple[str, ...]:
    units = tuple(c.strip(" '\"") for c in cells)
    known = any(plain(u) in MILLIVOLTS or plain(u) in SECONDS for u in units)
    return units if known and not any(_is_number(u, ".") and u for u in units) else ()


def _cells(line: str, delimiter: str) -> list[str]:
    line = line.strip("\r\n")
    cells = line.split() if delimiter == " " else line.split(delimiter)
    if len(cells) > 1 and not cells[-1].strip():  # a delimiter at the end of the line
        cells.pop()
    return [c.strip() for c in cells]


def _is_number(cell: str, decimal: str) -> bool:
    if cell.lower() in MISSING:
        return True
    try:
        float(cell.replace(decimal, "."))
    except ValueError:
        return False
    return True


def _lying(path: Path, shape: _Shape) -> list[Variable]:
    """Read a table of few, long rows: each is a channel, named by its first cell if by any."""
    variables = []
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        for number, line in enumerate(stream):
            if number < shape.skip or not line.strip():
                continue
            cells = _cells(line, shape.delimiter)
            named = not _is_number(cells[0], shape.decimal)
            name, unit = split_unit(cells[0].strip("'\"")) if named else ("", "")
            samples = _floats(cells[1:] if named else cells, shape, path, row=number)
            variables.append(Variable(name=name, unit=unit, samples=samples))
    _same_length(variables, path)
    return variables


def _floats(cells: list[str], shape: _Shape, path: Path, *, row: int) -> NDArray[np.float64]:
    try:
        return np.array(
            [
                np.nan if c.lower() in MISSING else float(c.replace(shape.decimal, "."))
                for c in cells
            ]
        )
    except ValueError as error:
        raise RecordError(
            f"line {row + 1}: {error}", source=path, field="cells", fix="correct the cell"
        ) from None


def _same_length(variables: list[Variable], path: Path) -> None:
    lengths = [len(v.samples) for v in variables if v.samples is not None]
    if len(set(lengths)) > 1:
        raise TruncatedFileError(
            f"rows hold {', '.join(map(str, lengths[:10]))} numbers",
            source=path,
            field="rows",
            fix="every row is one channel and must be as long as the others; copy it again",
        )


def _standing(path: Path, shape: _Shape) -> list[Variable]:
    """Read a table of one column a channel; columns of text come back without samples."""
    if shape.delimiter == " ":
        columns = _read_spaced(path, shape)
    else:
        columns = _read_delimited(path, shape)
    names = shape.names or ("",) * len(columns)
    if len(names) == len(columns) - 1:  # an index column without a name
        names = ("", *names)
    units = shape.units or ("",) * len(columns)
    return [
        Variable(name=n, unit=u, samples=c, guess=camera_guess(n, names))
        for n, u, c in zip(names, units, columns, strict=True)
    ]


def _read_spaced(path: Path, shape: _Shape) -> list[NDArray | None]:
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        rows = [
            _floats(_cells(line, " "), shape, path, row=i)
            for i, line in enumerate(stream)
            if i >= shape.skip and line.strip()
        ]
    if len({len(r) for r in rows}) != 1:
        raise RecordError(
            "rows differ in length", source=path, field="rows", fix="export the table again"
        )
    return list(np.array(rows).T)


def _read_delimited(path: Path, shape: _Shape) -> list[NDArray | None]:
    from pyarrow import csv

    spellings = sorted({form for m in MISSING for form in (m, m.upper(), m.title(), "NaN")})
    with translated(path, what="table", fix="every row needs the same cells; export it again"):
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(
                skip_rows=shape.skip, autogenerate_column_names=True, block_size=2**24
            ),
            parse_options=csv.ParseOptions(delimiter=shape.delimiter),
            convert_options=csv.ConvertOptions(
                null_values=spellings, strings_can_be_null=True, decimal_point=shape.decimal
            ),
        )
        return [arrow_numbers(column) for column in table.columns]


def arrow_numbers(column: Any) -> NDArray | None:
    """Return an Arrow column as NumPy numbers with NaN for null, or None where it holds text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_timestamp(kind) and not column.null_count:
        return column.to_numpy().astype("datetime64[ns]")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.float64()).to_numpy()
    return None
