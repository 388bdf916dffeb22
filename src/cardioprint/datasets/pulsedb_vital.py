"""PulseDB, the part cut from VitalDB; see `pulsedb` for the layout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cardioprint.datasets import pulsedb
from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.vitaldb import SPACE, subject_of


def find(root: Path) -> Iterator[Entry]:
    """List the segments, each with the person spelled as in VitalDB."""
    for entry in pulsedb.find(root, database=DATABASE.name, part="PulseDB_Vital"):
        yield replace(entry, subject=subject_of(entry.subject.removeprefix("p")))


DATABASE = Database(
    name="pulsedb_vital",
    title="PulseDB, VitalDB part",
    publisher="PulseLab, Rutgers University and Case Western Reserve University",
    version="2023",
    licence="CC BY-NC-SA 4.0",
    access="open",
    citation=pulsedb.CITATION,
    doi="10.3389/fdgth.2022.1090854",
    document="https://github.com/pulselabteam/PulseDB",
    rates=(pulsedb.RATE,),
    channels=("ECG_Record", "PPG_Record", "ABP_Raw"),
    labels=(
        "sbp",
        "dbp",
        "age",
        "sex",
        "height",
        "weight",
        "bmi",
        "quality",
        "case",
        "subset",
    ),
    defects=(
        *pulsedb.DEFECTS,
        "the guidelines call the six digits of a file the subject id of VitalDB; if they are "
        "case numbers instead, a person with several operations is not recognised in VitalDB "
        "by id, only by equal samples",
        "the same seconds are in VitalDB, at 500 Hz",
    ),
    family="vitaldb",
    space=SPACE,
    pretraining=True,
    files=Files(
        kind="manual",
        where="https://github.com/pulselabteam/PulseDB",
        size_gb=77.4,
        steps=tuple(step.format(name="PulseDB_Vital") for step in pulsedb.STEPS),
    ),
    find=find,
    read=pulsedb.read,
)
