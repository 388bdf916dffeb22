"""Pulse Transit Time PPG: 22 people sitting, walking and running, six PPGs on one finger.

Layout: https://physionet.org/content/pulse-transit-time-ppg/1.1.0/

    s1_sit.hea, s1_sit.dat, s1_walk.hea, s1_run.hea, ...   ecg, pleth_1 to pleth_6, motion, load
    csv/subjects_info.csv    record, activity, gender, age, height, weight, pressure, ...

The headers' comments carry the same facts, as `<age>: 28 <bp_sys_start>: 120`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import check_folder, number, rows
from cardioprint.datasets.sources import with_site
from cardioprint.readers import RecordFile, open_record

RECORD = re.compile(r"(s\d+)_(sit|walk|run)\.hea")
PERSON = ("age", "height", "weight")
MEASURED = (
    "bp_sys_start",
    "bp_sys_end",
    "bp_dia_start",
    "bp_dia_end",
    "hr_1_start",
    "hr_1_end",
    "hr_2_start",
    "hr_2_end",
    "spo2_start",
    "spo2_end",
)
"""Measured before and after a recording; kept under the publisher's names."""


def find(root: Path) -> Iterator[Entry]:
    """List the recordings, by person and activity."""
    found = []
    for path in check_folder(root).iterdir():
        match = RECORD.fullmatch(path.name)
        if match and path.with_suffix(".dat").is_file():
            found.append((int(match[1][1:]), match[2], path))
    table = root / "csv" / "subjects_info.csv"
    columns = (*PERSON, *MEASURED, "gender")
    listed = rows(table, ["record"], optional=columns, fix="") if table.is_file() else ()
    said = {row["record"]: row for row in listed}
    for person, activity, path in sorted(found):
        row = said.get(path.stem) or dict.fromkeys(columns, "") | _comments(path)
        yield Entry(
            database=DATABASE.name,
            record=path.stem,
            path=str(path),
            subject=f"s{person}",
            labels=_labels(row, activity),
            size=path.with_suffix(".dat").stat().st_size,
        )


def _comments(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    text = " ".join(line for line in lines if line.startswith("#"))
    return {k: v.strip() for k, v in re.findall(r"<(\w+)>:?\s*([^<#]*)", text)}


def _labels(row: dict[str, str], activity: str) -> dict[str, float | str]:
    return clean(
        {
            "activity": activity,
            "sex": row["gender"],
            **{name: row[name] for name in PERSON},
            **{name: number(row[name]) for name in MEASURED},
        }
    )


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a recording: ECG, six PPGs of one finger, and the other sensors."""
    yield with_site(open_record(entry.path, subject=entry.subject), "finger")


DATABASE = Database(
    name="pulse_transit_time_ppg",
    title="Pulse Transit Time PPG Dataset",
    publisher="PhysioNet (Mehrgardt, Khushi, Poon, Withana)",
    version="1.1.0",
    licence="Open Database License 1.0 (ODbL)",
    access="open",
    citation="Mehrgardt P, Khushi M, Poon S, Withana A. Pulse Transit Time PPG Dataset "
    "(version 1.1.0). PhysioNet, 2022.",
    doi="10.13026/jpan-6n92",
    document="https://physionet.org/content/pulse-transit-time-ppg/1.1.0/",
    subjects=22,
    records=66,
    rates=(500.0,),
    channels=("ecg", *(f"pleth_{i}" for i in range(1, 7))),
    labels=("activity", "sex", *PERSON, *MEASURED),
    defects=(
        "pleth_1 to 3 and pleth_4 to 6 are two sensors at two places of one finger, three "
        "wavelengths each; the publisher's texts differ on which of 1 and 2 (4 and 5) is red "
        "and which infrared, so no wavelength is claimed here",
        "blood pressure by cuff before and after a recording, never during it",
        "walking and running: motion artefacts",
    ),
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/pulse-transit-time-ppg/1.1.0/",
        include=("s[0-9]*_*.hea", "s[0-9]*_*.dat", "csv/subjects_info.csv"),
    ),
    released=True,
    find=find,
    read=read,
)
