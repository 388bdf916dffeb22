"""A folder of your own recordings, in any format that cardioprint reads.

Beside the recordings there may be a table `records.csv` (or .tsv, .parquet) of what you know:

    file            path below the folder; or `record`: the file's name without extension
    subject         the person: the unit of splitting
    split           train, valid or test, where you have decided it
    sampling_rate   hertz, for files that state none
    units           unit of the ECG, for files that state none
    age, sex, ...   labels: `base.LABELS` where the names fit, else your own

Without a table nobody knows who is who: the files of one subfolder are never separated.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from cardioprint.datasets.base import LABELS, Database, Entry, Files
from cardioprint.datasets.finding import data_size
from cardioprint.datasets.labels import RANGES, clean
from cardioprint.datasets.metadata import number
from cardioprint.errors import RecordError
from cardioprint.readers import find_records, open_record
from cardioprint.readers.safety import check_file, translated

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

TABLES = ("records.csv", "records.tsv", "records.parquet")
"""Names by which the table is found."""

SPLITS = {"train": "train", "valid": "valid", "validation": "valid", "val": "valid", "test": "test"}

_NO_LABELS = ("file", "record", "subject", "split", "sampling_rate", "units")

_NAMED = 5
"""Names in a message; the rest is counted."""

Row = Mapping[str, str]


def find(folder: Path, table: Path | None = None) -> Iterator[Entry]:
    """List the recordings below a folder.

    Args:
        folder: Root; hidden files are passed over.
        table: What is known of them; default: one of `TABLES` in the folder, if it is there.

    Raises:
        RecordError: No such folder; or the table lacks a column, says something twice or that
            cannot be, or does not know a recording that is there.
    """
    found = find_records(folder)
    beside = [folder / name for name in TABLES if (folder / name).is_file()]
    table = table or next(iter(beside), None)
    tables = {path.resolve() for path in (*beside, table or folder)}
    paths = {p.relative_to(folder).as_posix(): p for p in found if p.resolve() not in tables}
    whole = _by(paths, lambda p: p.with_suffix("").as_posix())
    rows = _rows(table, paths, whole) if table else {}
    for name in sorted(paths):
        row, path, place = rows.get(name, {}), paths[name], PurePosixPath(name)
        stem, parent = place.with_suffix("").as_posix(), place.parent.as_posix()
        yield Entry(
            database="folder",
            record=stem if len(whole[stem]) == 1 else name,
            path=str(path),
            part=urlencode({k: row[k] for k in ("sampling_rate", "units") if row.get(k)}),
            subject=row.get("subject", ""),
            split=SPLITS.get(row.get("split", ""), ""),
            block="" if table or parent == "." else f"folder:{parent}",
            labels=clean({k: _value(k, v) for k, v in row.items() if k not in _NO_LABELS}),
            size=data_size(path) if path.suffix == ".hea" else path.stat().st_size,
        )


def _by(names: Mapping[str, Path], key) -> dict[str, list[str]]:
    groups = defaultdict(list)
    for name in names:
        groups[key(PurePosixPath(name))].append(name)
    return groups


def _value(name: str, text: str) -> float | str:
    """Return a number where a column holds one and is not known to be words."""
    found = number(text)
    return text if found is None or (name in LABELS and name not in RANGES) else found


def _rows(
    table: Path, paths: Mapping[str, Path], whole: Mapping[str, Sequence[str]]
) -> dict[str, Row]:
    """Return a table's rows by file, after checking them against the files that are there.

    A row without a file is passed over: the table may know more than this folder holds.
    """
    rows = _read(table)
    columns = list(rows[0]) if rows else []
    key = next((c for c in ("file", "record") if c in columns), None)
    if key is None or "subject" not in columns:
        missing = "subject" if key else "file (or record)"
        raise _error(
            table,
            f"there is no column {missing}; the table has {', '.join(columns) or 'no rows'}",
            field=missing,
            fix="a recording has to name its person: nothing else keeps test people out of "
            "training",
        )
    by_stem = _by(paths, lambda p: p.stem)
    known: dict[str, Row] = {}
    for line, row in enumerate(rows, start=2):
        _check(row, line, table)
        name = row[key].replace("\\", "/").removeprefix("./")
        files = [name] if name in paths else []
        if key == "record":  # a name, perhaps with the folders before it
            files = list(whole.get(name) or by_stem.get(name) or ())
        if len(files) > 1:
            raise _error(
                table,
                f"line {line}: {row[key]!r} is the name of {len(files)} files",
                field=key,
                fix=f"name them in a column file: {', '.join(files[:_NAMED])}",
            )
        if files and files[0] in known:
            raise _error(
                table,
                f"line {line}: {row[key]!r} stands in the table twice",
                field=key,
                fix="keep one row a recording",
            )
        known.update(dict.fromkeys(files, row))
    unknown = sorted(name for name in paths if name not in known)
    if unknown:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        raise _error(
            table,
            f"not in the table: {', '.join(unknown[:_NAMED])}{more}",
            field=key,
            fix="add a row for each, or take them out of the folder",
        )
    return known


def _check(row: Row, line: int, table: Path) -> None:
    """Refuse a row that says what cannot be: a label left out in silence would be missed."""
    if not row["subject"]:
        raise _error(table, f"line {line} names no subject", field="subject", fix="fill the cell")
    if row.get("split") and row["split"] not in SPLITS:
        raise _error(
            table,
            f"line {line}: split {row['split']!r} is unknown",
            field="split",
            fix=f"use one of {', '.join(SPLITS)}, or leave the cell empty",
        )
    rate = row.get("sampling_rate")
    if rate and not (number(rate) or 0) > 0:
        raise _error(
            table, f"line {line}: {rate!r} hertz", field="sampling_rate", fix="give the true rate"
        )
    for name in ("sex", *RANGES):
        value = row.get(name, "")
        # What counts as unknown (NA, ?) is left out of either.
        if len(clean({name: value})) < len(clean({"text": value})):
            low, high = RANGES.get(name, (0, 0))
            raise _error(
                table,
                f"line {line}: {name} is {value!r}",
                field=name,
                fix="write F or M" if name == "sex" else f"give {low:g} to {high:g}, or nothing",
            )


def _read(table: Path) -> list[dict[str, str]]:
    """Return a table as text; column names in lower case, cells without surrounding blanks."""
    check_file(table)
    with translated(table, what="table of recordings"):
        if table.suffix.lower() in (".parquet", ".pq"):
            import pyarrow.parquet as pq

            rows = pq.read_table(table).to_pylist()
        else:
            delimiter = "," if table.suffix.lower() == ".csv" else "\t"
            with table.open(encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.DictReader(stream, delimiter=delimiter))
    for line, row in enumerate(rows, start=2):
        if None in row:
            raise _error(
                table,
                f"line {line} has more cells than the first",
                field="rows",
                fix='put cells with commas into "quotation marks"',
            )
    return [
        {str(k).strip().lower(): "" if v is None else str(v).strip() for k, v in row.items()}
        for row in rows
    ]


def _error(table: Path, message: str, *, field: str, fix: str) -> RecordError:
    return RecordError(message, source=table, field=field, fix=fix)


def read(entry: Entry) -> Iterator[Source]:
    """Open a recording, with the rate and unit that the table gives."""
    said = {k: v[0] for k, v in parse_qs(entry.part).items()}
    yield open_record(
        entry.path,
        sampling_rate=number(said.get("sampling_rate")),
        units=said.get("units"),
        subject=entry.subject,
    )


DATABASE = Database(
    name="folder",
    title="A folder of recordings",
    publisher="you",
    version="",
    licence="yours to know",
    access="open",
    citation="",
    document="python -m pydoc cardioprint.datasets.folder",
    defects=(
        "Without a table of subjects the files of one subfolder count as one person's, and each "
        "file in the folder itself as another's.",
    ),
    pretraining=True,
    files=Files(
        kind="",
        steps=(
            "Put your recordings into a folder",
            "Write records.csv beside them, with the columns file and subject and what you know",
        ),
    ),
    find=find,
    read=read,
)
