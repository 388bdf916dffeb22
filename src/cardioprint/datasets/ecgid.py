"""ECG-ID: 310 recordings of lead I from 90 people, 20 of them on two days or more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import comments, data_size, headers_named
from cardioprint.datasets.labels import clean
from cardioprint.errors import RecordError
from cardioprint.readers import open_record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source


def find(folder: Path) -> Iterator[Entry]:
    """List the recordings by person and number.

    `day` is the ISO date of a recording; `session` counts the person's days that are there,
    from 0.
    """
    headers = [
        p for p in headers_named(folder, r"rec_\d+\.hea") if p.parent.name.startswith("Person")
    ]
    for person, group in groupby(headers, key=lambda p: p.parent.name):
        paths = sorted(group, key=lambda p: int(p.stem[4:]))
        about = {path: _about(path) for path in paths}
        days = sorted({a["day"] for a in about.values() if a["day"]})
        for path in paths:
            day = about[path]["day"]
            session = float(days.index(day)) if day else None
            yield Entry(
                database="ecgid",
                record=f"{person}/{path.stem}",
                path=str(path),
                subject=person,
                labels=clean({**about[path], "session": session}),
                size=data_size(path),
            )


def _about(header: Path) -> dict[str, str]:
    """Return age, sex and day from comments such as `# ECG date: 07.12.2004`."""
    pairs = [line.partition(":") for line in comments(header)]
    said = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return {
        "age": said.get("age", ""),
        "sex": said.get("sex", ""),
        "day": _iso(said.get("ecg date", ""), header),
    }


def _iso(text: str, header: Path) -> str:
    parts = re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4})", text)
    if not parts:
        return ""
    try:
        return date(int(parts[3]), int(parts[2]), int(parts[1])).isoformat()
    except ValueError as error:
        raise RecordError(
            f"{text!r} is no date", source=header, field="ECG date", fix="fetch the header again"
        ) from error


def read(entry: Entry) -> Iterator[Source]:
    """Open a recording: the raw signal and the publisher's filtered one."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="ecgid",
    title="ECG-ID Database",
    publisher="PhysioNet (T. S. Lugovaya)",
    version="1.0.0",
    licence="ODC-By 1.0",
    access="open",
    citation="Lugovaya TS. Biometric human identification based on electrocardiogram. Master's "
    "thesis, Electrotechnical University LETI, Saint-Petersburg, 2005",
    doi="10.13026/C2J01F",
    document="https://physionet.org/content/ecgiddb/1.0.0/",
    subjects=90,
    records=310,
    hours=1.7,
    modalities=("ecg",),
    rates=(500.0,),
    channels=("ECG I", "ECG I filtered"),
    labels=("age", "sex", "day", "session"),
    defects=(
        "The raw signal carries mains and drift; the publisher's filtered one is channel 2.",
        "From 1 to 22 recordings a person: count people, not recordings.",
        "Recordings of one day are far more alike than those of two.",
    ),
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/ecgiddb/1.0.0/",
        include=("Person_*/*.hea", "Person_*/*.dat"),
        size_gb=0.02,
    ),
    find=find,
    read=read,
    released=True,
)
