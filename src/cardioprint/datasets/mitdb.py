"""MIT-BIH Arrhythmia Database: 48 half-hour Holter ECGs, every beat annotated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import comments, data_size, headers_named
from cardioprint.datasets.labels import clean
from cardioprint.readers import open_record
from cardioprint.readers.safety import translated

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

SAME_PERSON = {"202": "201"}
"""Two excerpts of one man's tape: 47 people in 48 records."""

RHYTHMS = {
    "N": "sinus",
    "SBR": "sinus",
    "AFIB": "af",
    "AFL": "flutter",
    "SVTA": "svt",
    "VT": "vt",
    "VFL": "ventricular flutter",
    "IVR": "idioventricular",
    "B": "bigeminy",
    "AB": "atrial bigeminy",
    "T": "trigeminy",
    "NOD": "nodal",
    "BII": "av block ii",
    "P": "paced",
    "PREX": "pre-excitation",
}
"""The publisher's rhythm annotations -> rhythm."""


def find(folder: Path) -> Iterator[Entry]:
    """List the records.

    `rhythm` is given where one rhythm lasts all through a record; else `rhythms` lists the
    publisher's annotations, and neither where there is no annotation file.
    """
    for path in headers_named(folder, r"\d{3}\.hea"):
        person = re.match(r"(-?\d+)\s+([MF])\b", " ".join(comments(path)[:1]))
        yield Entry(
            database="mitdb",
            record=path.stem,
            path=str(path),
            subject=SAME_PERSON.get(path.stem, path.stem),
            labels=clean(
                {
                    "age": person[1] if person else None,
                    "sex": person[2] if person else None,
                    **_rhythms(path),
                }
            ),
            size=data_size(path),
        )


def _rhythms(header: Path) -> dict[str, str]:
    if not header.with_suffix(".atr").is_file():
        return {}
    import wfdb

    with translated(header.with_suffix(".atr"), what="annotations"):
        notes = wfdb.rdann(str(header.with_suffix("")), "atr").aux_note or []
    codes = sorted({note.strip("(\0 ") for note in notes if note.startswith("(")})
    found = {RHYTHMS.get(code, code) for code in codes}
    return {"rhythm": found.pop()} if len(found) == 1 else {"rhythms": ";".join(codes)}


def read(entry: Entry) -> Iterator[Source]:
    """Open a record."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="mitdb",
    title="MIT-BIH Arrhythmia Database",
    publisher="PhysioNet (G. B. Moody, R. G. Mark)",
    version="1.0.0",
    licence="ODC-By 1.0",
    access="open",
    citation="Moody GB, Mark RG. The impact of the MIT-BIH Arrhythmia Database. IEEE Eng Med Biol "
    "20(3):45-50, 2001",
    doi="10.13026/C2F305",
    document="https://physionet.org/content/mitdb/1.0.0/",
    subjects=47,
    records=48,
    hours=24.1,
    modalities=("ecg",),
    rates=(360.0,),
    channels=("MLII", "V5", "V1", "V2", "V4"),
    labels=("age", "sex", "rhythm", "rhythms"),
    defects=(
        "Records 201 and 202 are of one man.",
        "Half the records were chosen for rare arrhythmias; four are of paced hearts.",
        "Analogue tape: its flutter shows in the heart rate.",
    ),
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/mitdb/1.0.0/",
        include=("???.hea", "???.dat", "???.atr"),
        size_gb=0.1,
    ),
    find=find,
    read=read,
    released=True,
)
