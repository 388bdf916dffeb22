"""BUT PPG: ten seconds of smartphone PPG with a chest ECG, and whether the PPG is any good.

Layout: https://physionet.org/content/butppg/2.0.0/

    subject-info.csv       one row a recording: age, gender, place, motion, blood pressure
    quality-hr-ann.csv     ID, Quality, HR
    100001/100001_PPG.hea, .dat     30 Hz; 100001_ECG.hea, .dat  1000 Hz; both from one instant

The first three digits of a recording are the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import (
    check_folder,
    folders,
    rows,
    sizes,
)
from cardioprint.datasets.sources import beside, with_site
from cardioprint.readers import RecordFile, open_record

SITES = {"0": "ear", "1": "finger"}
"""Column Ear/finger."""

SIGNALS = ("PPG", "ECG")
INFO = (
    "Age [years]",
    "Gender",
    "Height [cm]",
    "Weight [kg]",
    "Ear/finger",
    "Motion",
    "Blood pressure [mmHg]",
)


def find(root: Path) -> Iterator[Entry]:
    """List the recordings whose PPG is there, by number."""
    fix = "fetch subject-info.csv and quality-hr-ann.csv too"
    said = {
        row["ID"]: row
        for row in rows(check_folder(root) / "subject-info.csv", ["ID"], optional=INFO, fix=fix)
    }
    table = root / "quality-hr-ann.csv"
    for row in rows(table, ["ID", "Quality", "HR"], fix=fix):
        said[row["ID"]] = said.get(row["ID"], dict.fromkeys(INFO, "")) | row
    for folder in folders(root):
        record = folder.name
        if not re.fullmatch(r"\d{6}", record) or record not in said:
            continue
        there = sizes(folder)
        if not {f"{record}_PPG.hea", f"{record}_PPG.dat"} <= there.keys():
            continue
        row = said[record]
        yield Entry(
            database=DATABASE.name,
            record=record,
            path=str(folder),
            part=SITES.get(row["Ear/finger"], ""),
            subject=record[:3],
            labels=_labels(row),
            size=sum(size for name, size in there.items() if name.endswith(".dat")),
        )


def _labels(row: dict[str, str]) -> dict[str, float | str]:
    pressure = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", row["Blood pressure [mmHg]"])
    return clean(
        {
            "age": row["Age [years]"],
            "sex": row["Gender"],
            "height": row["Height [cm]"],
            "weight": row["Weight [kg]"],
            "sbp": pressure[1] if pressure else None,
            "dbp": pressure[2] if pressure else None,
            "heart_rate": row.get("HR"),
            "quality": {"1": "good", "0": "bad"}.get(row.get("Quality", ""), ""),
            "Motion": row["Motion"],
            "Ear/finger": SITES.get(row["Ear/finger"], ""),
        }
    )


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a recording: PPG, and ECG where it is there."""
    folder = Path(entry.path)
    headers = [folder / f"{entry.record}_{name}.hea" for name in SIGNALS]
    files = [open_record(h, subject=entry.subject) for h in headers if h.is_file()]
    yield with_site(beside(entry.record, entry.subject, files), entry.part)


DATABASE = Database(
    name="but_ppg",
    title="Brno University of Technology Smartphone PPG Database (BUT PPG)",
    publisher="PhysioNet (Brno University of Technology)",
    version="2.0.0",
    licence="CC BY 4.0",
    access="open",
    citation="Nemcova A, Smisek R, Vargova E, Marsanova L, Vitek M, Smital L, et al. Brno "
    "University of Technology Smartphone PPG Database (BUT PPG) (version 2.0.0). PhysioNet, 2024.",
    doi="10.13026/tn53-8153",
    document="https://physionet.org/content/butppg/2.0.0/",
    subjects=50,
    records=3_888,
    hours=10.8,
    rates=(30.0, 1000.0),
    channels=("PPG_R", "PPG_G", "PPG_B", "ECG"),
    labels=(
        "age",
        "sex",
        "height",
        "weight",
        "sbp",
        "dbp",
        "heart_rate",
        "quality",
        "Motion",
        "Ear/finger",
    ),
    defects=(
        "30 Hz and a phone's camera: the shape of a pulse is coarse",
        "quality is whether experts could tell the heart rate; the heart rate is the ECG's",
        "a person has up to some hundred recordings: count people",
        "acceleration is not read",
    ),
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/butppg/2.0.0/",
        include=(
            "subject-info.csv",
            "quality-hr-ann.csv",
            "[0-9]*/*_PPG.hea",
            "[0-9]*/*_PPG.dat",
            "[0-9]*/*_ECG.hea",
            "[0-9]*/*_ECG.dat",
        ),
    ),
    released=True,
    find=find,
    read=read,
)
