"""PPG-BP (Liang 2018): three finger pulses of 2.1 s from each of 219 people, with a cuff reading.

The archive holds `0_subject/2_1.txt` (subject 2, segment 1: tab-separated counts) and the
workbook `PPG-BP dataset.xlsx` with one row a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import files_named, first_named
from cardioprint.datasets.labels import clean
from cardioprint.datasets.spreadsheet import records_of
from cardioprint.errors import RecordError
from cardioprint.readers import open_record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

RATE = 1000.0
"""Hertz."""

SEGMENT = 2100
"""Samples of a segment."""

WORKBOOK = "PPG-BP dataset.xlsx"

_NUMBERS = {
    "Age(year)": "age",
    "Height(cm)": "height",
    "Weight(kg)": "weight",
    "BMI(kg/m^2)": "bmi",
    "Systolic Blood Pressure(mmHg)": "sbp",
    "Diastolic Blood Pressure(mmHg)": "dbp",
    "Heart Rate(b/m)": "heart_rate",
}


COLUMNS = (
    "subject_ID",
    "Sex(M/F)",
    "Hypertension",
    "Diabetes",
    "cerebral infarction",
    "cerebrovascular disease",
    *_NUMBERS,
)
"""Of the workbook."""


def find(folder: Path) -> Iterator[Entry]:
    """List the segments, by subject and number.

    Raises:
        RecordError: The workbook is missing or lacks a subject.
    """
    files = {tuple(map(int, p.stem.split("_"))): p for p in files_named(folder, r"\d+_\d\.txt")}
    workbook = first_named(folder, WORKBOOK)
    if not workbook.is_file():
        raise RecordError(
            f"{WORKBOOK} is missing: it holds everything that is known of the people",
            source=workbook,
            field="path",
            fix="unpack the whole archive; the workbook lies beside the folder 0_subject",
        )
    people = {row["subject_ID"]: _labels(row) for row in records_of(workbook, COLUMNS)}
    for subject, segment in sorted(files):
        path = files[subject, segment]
        if str(subject) not in people:
            raise RecordError(
                f"the workbook has no subject {subject}",
                source=workbook,
                field="subject_ID",
                fix=f"fetch it again, or remove {path.name}",
            )
        yield Entry(
            database="ppg_bp",
            record=f"{subject}_{segment}",
            path=str(path),
            subject=str(subject),
            labels=people[str(subject)],
            size=path.stat().st_size,
        )


def _labels(row: Mapping[str, str]) -> dict[str, float | str]:
    """Return a person's labels. Hypertension is stage 1 or 2; prehypertension is none."""
    stage, diabetes = row["Hypertension"], row["Diabetes"]
    return clean(
        {label: row[column] for column, label in _NUMBERS.items()}
        | {
            "sex": row["Sex(M/F)"],
            "hypertension": float(stage.startswith("Stage")) if stage else None,
            "hypertension_stage": stage,
            "diabetes": float(bool(diabetes)),
            "cerebral_infarction": float(bool(row["cerebral infarction"])),
            "cerebrovascular": row["cerebrovascular disease"],
        }
    )


def read(entry: Entry) -> Iterator[Source]:
    """Open a segment. A file of several segments end to end (231_1) comes as its segments."""
    from cardioprint.signal.blocks import InMemory  # brings SciPy

    file = open_record(
        entry.path, columns={0: "ppg:finger"}, sampling_rate=RATE, subject=entry.subject
    )
    channel = file.channels[0]
    if channel.n_samples <= SEGMENT:
        yield file
        return
    record = file.read()
    samples = record.channels[0].samples
    for i, first in enumerate(range(0, len(samples), SEGMENT)):
        piece = replace(record.channels[0], samples=samples[first : first + SEGMENT])
        yield InMemory(record=replace(record.with_channels(piece), name=f"{record.name}#{i}"))


DATABASE = Database(
    name="ppg_bp",
    title="PPG-BP Database",
    publisher="figshare (Y. Liang, G. Liu, Z. Chen, M. Elgendi)",
    version="5",
    licence="CC0 1.0",
    access="open",
    citation="Liang Y, Chen Z, Liu G, Elgendi M. A new, short-recorded photoplethysmogram dataset "
    "for blood pressure monitoring in China. Sci Data 5:180020, 2018",
    doi="10.6084/m9.figshare.5459299",
    document="https://doi.org/10.1038/sdata.2018.20",
    subjects=219,
    records=657,
    hours=0.4,
    modalities=("ppg",),
    rates=(RATE,),
    channels=("PPG",),
    labels=(
        *_NUMBERS.values(),
        "sex",
        "hypertension",
        "hypertension_stage",
        "diabetes",
        "cerebral_infarction",
        "cerebrovascular",
    ),
    defects=(
        "Segments last 2.1 s: two or three beats.",
        "231_1 holds 4,200 samples: two segments end to end, with a jump between them.",
        "An empty cell for a disease is taken for its absence.",
    ),
    files=Files(
        kind="figshare", where="5459299", size_gb=0.002, steps=("Unpack the archive in its folder",)
    ),
    find=find,
    read=read,
    released=True,
)
