"""MIMIC-IV Waveform Database, first release: days of bedside monitoring in intensive care.

Layout: https://physionet.org/content/mimic4wdb/0.1.0/

    waves/p100/p10014354/81739927/81739927.hea     a record: header of its segments
    waves/p100/p10014354/81739927/81739927_0000.hea, 81739927_0001.hea, 81739927_0001e.dat (ECG),
        81739927_0001p.dat (pleth), 81739927_0001r.dat (respiration), ...
    waves/p100/p10014354/81739927/81739927n.csv.gz  numerics: no waves
    patients.csv(.gz)    not part of it: the MIMIC-IV clinical table, where the user has it
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import (
    check_folder,
    day,
    either,
    folders,
    number,
    rows,
    sizes,
)
from cardioprint.datasets.mimic3wdb_matched import stored
from cardioprint.readers import RecordFile, open_record

SPACE = "mimic4"
"""MIMIC-IV's subject ids, spelled "p10014354"."""

DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b")
"""Day, month and year in the first line of a WFDB header."""


def find(root: Path) -> Iterator[Entry]:
    """List the records of which every segment is there, by subject and record number."""
    waves = check_folder(root) / "waves"
    people = _people(root)
    for folder in _records(waves) if waves.is_dir() else ():
        there = sizes(folder)
        header = folder / f"{folder.name}.hea"
        size = stored(header, there) if header.name in there else None
        if size is not None:
            subject = folder.parent.name
            yield Entry(
                database=DATABASE.name,
                record=folder.name,
                path=str(header),
                subject=subject,
                labels=_labels(people.get(subject), header),
                size=size,
            )


def _records(waves: Path) -> Iterator[Path]:
    for group in folders(waves):
        for person in folders(group):
            yield from folders(person)


def _people(root: Path) -> dict[str, dict[str, str]]:
    table = either(root, "patients.csv", "patients.csv.gz")
    if not table.is_file():
        return {}
    columns = ["subject_id", "gender", "anchor_age", "anchor_year", "dod"]
    found = rows(table, columns, fix="copy hosp/patients.csv.gz of MIMIC-IV")
    return {f"p{row['subject_id']}": row for row in found}


def _labels(person: dict[str, str] | None, header: Path) -> dict[str, float | str]:
    with header.open(encoding="utf-8", errors="replace") as stream:
        match = next((DATE.search(line) for line in stream if "/" in line.split(" ")[0]), None)
    if match is None:
        return {}
    recorded = day(f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}")
    if recorded is None:
        return {}
    labels: dict[str, float | str] = {"day": recorded.isoformat()}
    if person is None:
        return labels
    anchor, anchor_year = number(person["anchor_age"]), number(person["anchor_year"])
    aged = anchor is not None and anchor_year is not None
    age = anchor + recorded.year - anchor_year if aged else None  # type: ignore[operator]  # aged
    died = day(person["dod"])
    followup = None if died is None else round(max((died - recorded).days, 0) / 365.25, 4)
    return labels | clean(
        {
            "sex": person["gender"],
            "age": age,
            "death": None if died is None else 1.0,
            "followup": followup,
        }
    )


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a record; its segments and gaps make one clock, each signal at its own rate."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="mimic4wdb",
    title="MIMIC-IV Waveform Database",
    publisher="PhysioNet (MIT Laboratory for Computational Physiology)",
    version="0.1.0",
    licence="Open Database License 1.0 (ODbL)",
    access="open",
    citation="Moody B, Hao S, Gow B, Pollard T, Zong W, Mark R. MIMIC-IV Waveform Database "
    "(version 0.1.0). PhysioNet, 2022. Goldberger A et al. Circulation 101, e215-e220 (2000).",
    doi="10.13026/a2mw-f949",
    document="https://physionet.org/content/mimic4wdb/0.1.0/",
    subjects=198,
    records=200,
    rates=(249.89, 124.945, 62.4725),
    channels=("II", "V", "aVR", "III", "Pleth", "ABP", "Resp"),
    labels=("day", "age", "sex", "death", "followup"),
    defects=(
        "the clock runs at 62.4725 frames/s: ECG at 249.89 Hz, pleth at 124.945 Hz, not 250, 125",
        "leads, and which signals there are, change from segment to segment",
        "age, sex, death and follow-up need hosp/patients.csv.gz of MIMIC-IV (credentialed) "
        "beside `waves`; the age is whole years; death is known to one year after discharge, and "
        "who has no date of death is not known to live",
        "people of the same hospital are in MIMIC-III under other ids",
    ),
    family="mimic",
    space=SPACE,
    pretraining=True,
    released=True,
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/mimic4wdb/0.1.0/",
        include=("waves/p*/p*/*/*.hea", "waves/p*/p*/*/*.dat"),
    ),
    find=find,
    read=read,
)
