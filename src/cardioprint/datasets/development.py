"""The development tables as databases: people, names and labels as in the originals.

The project's real recordings are kept outside the repository as Parquet tables (`tables`).
Here each is a `Database` under its real name, so that a corpus does not care where its bytes
came from. A table holds a part of its source; the rest is kept apart for evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardioprint.datasets import (
    bidmc,
    cinc2015,
    ecgid,
    liu2022,
    ppg_bp,
    table_facts,
    troika,
    uci_bp,
)
from cardioprint.datasets.base import Database, Entry
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import number
from cardioprint.datasets.neighbours import block_of, on_border
from cardioprint.datasets.table_layouts import LAYOUTS
from cardioprint.datasets.tables import TABLES, decode
from cardioprint.errors import RecordError
from cardioprint.readers.naming import lead_of
from cardioprint.readers.safety import check_file, translated
from cardioprint.types import Channel, Modality, Record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

_SPLITS = {"train": "train", "validation": "valid", "test": "test"}
"""The tables' names of a publisher's split -> `Entry.split`."""


def find(table: str, name: str, folder: Path) -> Iterator[Entry]:
    """List the rows of a table without reading a waveform.

    Args:
        table: Key of `tables.TABLES`.
        name: Name of the database.
        folder: The folder of all tables, or the one that the table itself is in.

    Raises:
        RecordError: The table is not there, or lacks a column.
    """
    layout, path = LAYOUTS[table], _path(table, folder)
    people: dict[str, str] = {}
    for place, size, row in _rows(path):
        about, subject = {}, str(row["subject"])
        with translated(path, what="table", fix="this is not the development table"):
            said = {k: v(row) if callable(v) else row[v] for k, v in layout.labels.items()}
            if layout.neighbours:
                part, n = int(row.get("part") or 0), int(row["num"])
                # A person goes where the block of the first of their records goes.
                about["block"] = people.setdefault(subject, block_of(name, n, part))
                about["border"] = on_border(name, n, part)
        yield Entry(
            database=name,
            record=re.sub(*layout.record, str(row["record"])),
            path=str(path),
            part=place,
            subject=layout.subject + subject.partition(":")[2] if ":" in subject else subject,
            split=_SPLITS.get(str(row.get("split")), ""),
            labels=clean(said),
            size=size,
            **about,
        )


def _path(table: str, folder: Path) -> Path:
    place = Path(TABLES[table].path)
    found = [p for p in (folder / place, folder / place.name) if p.is_file()]
    if not found:
        raise RecordError(
            f"the development table {place.name} is missing",
            source=folder,
            field="path",
            fix=f"give the folder that holds {place}",
        )
    return found[0]


def _rows(path: Path) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield place ("row group:row in it"), bytes and metadata of every row."""
    import pyarrow.parquet as pq

    check_file(path)
    with translated(path, what="table"):
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        waves = {f"{wave}{suffix}" for wave in _waves(names) for suffix in ("", "_gain", "_offset")}
        wanted = [name for name in names if name not in waves]
        if missing := {"record", "subject", "fs"}.difference(names):
            raise RecordError(
                f"the table has no column {', '.join(sorted(missing))}",
                source=path,
                field="columns",
                fix="this is not a development table",
            )
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, columns=wanted).to_pylist()
            size = file.metadata.row_group(group).total_byte_size // max(len(rows), 1)
            for i, row in enumerate(rows):
                yield f"{group}:{i}", size, row


def _waves(names: list[str]) -> list[str]:
    return [name.removesuffix("_gain") for name in names if name.endswith("_gain")]


def read(table: str, entry: Entry) -> Iterator[Source]:
    """Open one row; a glued record comes as its gapless pieces.

    Raises:
        RecordError: No such row, or no waveform in it.
    """
    from cardioprint.signal.blocks import InMemory  # brings SciPy

    layout, path = LAYOUTS[table], Path(entry.path)
    group, index = map(int, entry.part.split(":"))
    check_file(path)
    rows = _group(entry.path, path.stat().st_mtime_ns, group)
    row = {name: column[index] for name, column in rows.items()}
    channels = []
    for wave in _waves(list(rows)):
        samples = decode(row[wave], row[f"{wave}_gain"].as_py(), row[f"{wave}_offset"].as_py())
        if samples is None:
            continue
        ecg = wave != "ppg"
        given = str(row["ecg_lead"].as_py()) if "ecg_lead" in row else ""
        lead = (lead_of(wave) or lead_of(given) or layout.lead) if ecg else ""
        channels.append(
            Channel(
                name=(wave if lead_of(wave) else lead or "ECG") if ecg else "PPG",
                modality=Modality.ECG if ecg else Modality.PPG,
                sampling_rate=number(row["fs"].as_py()) or 0.0,
                samples=samples,
                unit=layout.ecg_unit if ecg else "",
                lead=lead,
                site="" if ecg else layout.site,
            )
        )
    if not channels:
        raise RecordError(
            f"row {entry.part} holds no waveform",
            source=path,
            field=entry.record,
            fix="leave it out",
        )
    record = Record(
        channels=tuple(channels), subject=entry.subject, source=entry.path, name=entry.record
    )
    yield from uci_bp.gapless(record) if layout.glued else [InMemory(record=record)]


@lru_cache(maxsize=1)  # entries come in the table's order: the same group again, then the next
def _group(path: str, changed: int, group: int) -> dict[str, Any]:
    """Return the columns of a row group that `read` needs.

    Args:
        path: The table.
        changed: When it was written: a table written anew is read anew.
        group: Number of the row group.
    """
    import pyarrow.parquet as pq

    with translated(Path(path), what="table"):
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        waves = [f"{wave}{suffix}" for wave in _waves(names) for suffix in ("", "_gain", "_offset")]
        wanted = [name for name in names if name in {*waves, "fs", "ecg_lead"}]
        rows = file.read_row_group(group, columns=wanted)
        return {name: rows.column(name).combine_chunks() for name in wanted}


def _part(table: str, database: Database, **facts: Any) -> Database:
    """Return the facts of a database, of which the table holds a part."""
    return replace(
        database,
        labels=tuple(LAYOUTS[table].labels),
        find=partial(find, table, database.name),
        read=partial(read, table),
        **facts,
    )


def _only(table: str, facts: Mapping[str, Any]) -> Database:
    """Return a database that exists as a table only."""
    return Database(
        name=table,
        **facts,
        labels=tuple(LAYOUTS[table].labels),
        find=partial(find, table, table),
        read=partial(read, table),
    )


_PAIR = ("ECG", "PPG")

DEVELOPMENT: dict[str, Database] = {
    "bidmc": _part("bidmc", bidmc.DATABASE, channels=("II", "PPG")),
    "cinc2015": _part("cinc2015", cinc2015.DATABASE, records=538, hours=47, channels=_PAIR),
    "ecgid": _part("ecgid", ecgid.DATABASE, channels=("I",)),
    "five_class": _only("five_class", table_facts.FIVE_CLASS),
    "polar_oximeter": _only("polar_oximeter", table_facts.POLAR_OXIMETER),
    "ppg_bp": _part("ppg_bp", ppg_bp.DATABASE, subjects=155, records=465, hours=0.3),
    "rhythm_ppg": _part("rhythm_ppg", liu2022.DATABASE, subjects=28, records=10620, hours=29.5),
    "troika": _part("troika", troika.DATABASE, channels=_PAIR),
    "uci_bp": _part("uci_bp", uci_bp.DATABASE, records=3091, hours=195, channels=("II", "PPG")),
    "vitaldb_short": _only("vitaldb_short", table_facts.VITALDB_SHORT),
}
"""Development tables by name. `rhythm_ppg` is the database `liu2022`; the others have the table's
name. `find` takes the folder of all tables (`tables.data_folder`)."""
