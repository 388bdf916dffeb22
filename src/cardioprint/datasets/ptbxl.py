"""PTB-XL: 21,799 clinical 12-lead ECGs of 10 s, with cardiologists' statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import data_size, first_named
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import number, rows
from cardioprint.errors import RecordError
from cardioprint.readers import open_record
from cardioprint.readers.safety import check_inside

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

FOLDS = {"9": "valid", "10": "test"}
"""Folds that the publisher proposes for validation and test; 1 to 8 are for training."""

OVER_89 = 300
"""The publisher's age of everybody over 89."""

RHYTHMS = {
    "SR": "sinus",
    "STACH": "sinus",
    "SBRAD": "sinus",
    "SARRH": "sinus",
    "AFIB": "af",
    "AFLT": "flutter",
    "SVTAC": "svt",
    "PSVT": "svt",
    "SVARR": "supraventricular arrhythmia",
    "BIGU": "bigeminy",
    "TRIGU": "trigeminy",
    "PACE": "paced",
}
"""The publisher's rhythm statements (scp_statements.csv) -> rhythm."""

_QUALITY = ("baseline_drift", "static_noise", "burst_noise", "electrodes_problems")
_COLUMNS = ("ecg_id", "patient_id", "age", "sex", "scp_codes", "strat_fold")
_COLUMNS += ("filename_lr", "filename_hr")
_OPTIONAL = ("height", "weight", "device", "recording_date", *_QUALITY)


def find(folder: Path) -> Iterator[Entry]:
    """List the ECGs, those at 500 Hz where they are there, else those at 100 Hz.

    Raises:
        RecordError: ptbxl_database.csv is missing or damaged.
    """
    database = first_named(folder, "ptbxl_database.csv")
    classes = _classes(first_named(folder, "scp_statements.csv"))
    fix = "fetch ptbxl_database.csv: it tells whose ECGs these are"
    for row in rows(database, _COLUMNS, optional=_OPTIONAL, fix=fix):
        for column in ("filename_hr", "filename_lr"):
            name = check_inside(row[column], source=database, field=column)
            header = database.parent / f"{name}.hea"
            if name and header.is_file() and data_size(header):
                yield Entry(
                    database="ptbxl",
                    record=f"{_id(row, 'ecg_id', database):05d}",
                    path=str(header),
                    subject=str(_id(row, "patient_id", database)),
                    split=FOLDS.get(row["strat_fold"].removesuffix(".0"), "train"),
                    labels=_labels(row, classes, database),
                    size=data_size(header),
                )
                break


def _id(row: Mapping[str, str], column: str, database: Path) -> int:
    """Return an id; the table writes some of them as 15709.0."""
    found = number(row[column])
    if found is None:
        raise RecordError(
            f"the row of ECG {row['ecg_id']!r} has no {column}",
            source=database,
            field=column,
            fix="fetch the table again",
        )
    return int(found)


def _labels(
    row: Mapping[str, str], classes: Mapping[str, str], database: Path
) -> dict[str, float | str]:
    codes = _codes(row["scp_codes"], database)
    rhythms = {RHYTHMS[code] for code in codes if code in RHYTHMS}
    found = sorted({classes[code] for code in codes if code in classes})
    age = number(row["age"])
    return clean(
        {
            "age": ">89" if age == OVER_89 else age,
            "sex": {"0": "M", "1": "F"}.get(row["sex"].removesuffix(".0")),
            "height": row["height"],
            "weight": row["weight"],
            "rhythm": rhythms.pop() if len(rhythms) == 1 else None,
            "diagnosis": ";".join(codes),
            "diagnostic_class": ";".join(found),
            "quality": ";".join(name for name in _QUALITY if row[name]),
            "device": row["device"],
            "day": row["recording_date"][:10],
        }
    )


def _codes(text: str, database: Path) -> list[str]:
    """Return the statements of a cell such as {'NORM': 100.0, 'SR': 0.0}, as published.

    The number is the likelihood, 0 where it is not known: it excludes nothing.
    """
    try:
        return list(json.loads(text.replace("'", '"')))
    except ValueError as error:
        raise RecordError(
            f"cannot read the statements {text!r}",
            source=database,
            field="scp_codes",
            fix="fetch the table again",
        ) from error


def _classes(statements: Path) -> dict[str, str]:
    """Return the diagnostic class (NORM, MI, STTC, CD, HYP) of each diagnostic statement."""
    if not statements.is_file():
        return {}
    wanted = ("", "diagnostic", "diagnostic_class")
    return {
        row[""]: row["diagnostic_class"]
        for row in rows(statements, wanted, fix="fetch it again")
        if number(row["diagnostic"]) == 1 and row["diagnostic_class"]
    }


def read(entry: Entry) -> Iterator[Source]:
    """Open an ECG."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="ptbxl",
    title="PTB-XL, a large publicly available electrocardiography dataset",
    publisher="PhysioNet (P. Wagner, N. Strodthoff, R. Bousseljot, W. Samek, T. Schaeffter)",
    version="1.0.3",
    licence="CC BY 4.0",
    access="open",
    citation="Wagner P et al. PTB-XL, a large publicly available electrocardiography dataset. "
    "Sci Data 7:154, 2020",
    doi="10.13026/kfzx-aw45",
    document="https://physionet.org/content/ptb-xl/1.0.3/",
    subjects=18869,
    records=21799,
    hours=60.6,
    modalities=("ecg",),
    rates=(500.0, 100.0),
    channels=("I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6"),
    labels=(
        "age",
        "sex",
        "height",
        "weight",
        "rhythm",
        "diagnosis",
        "diagnostic_class",
        "quality",
        "device",
        "day",
    ),
    defects=(
        "Ages over 89 are published as 300; they come as `age_over` 89.",
        "Dates are shifted, by the same time for all ECGs of a person.",
        "Parts of it are in the Challenges of 2020, 2021 and 2024 under other names.",
    ),
    family="ptbxl",
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/ptb-xl/1.0.3/",
        include=("ptbxl_database.csv", "scp_statements.csv", "records500/*"),
        size_gb=3.0,
    ),
    find=find,
    read=read,
    released=True,
)
