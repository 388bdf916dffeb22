"""LUDB: 200 12-lead ECGs of 10 s with hand-drawn waves and diagnoses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import comments, data_size, headers_named
from cardioprint.datasets.labels import clean
from cardioprint.readers import open_record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source


def find(folder: Path) -> Iterator[Entry]:
    """List the ECGs by number; age, sex and diagnoses stand in the headers."""
    for path in sorted(headers_named(folder, r"\d+\.hea"), key=lambda p: int(p.stem)):
        yield Entry(
            database="ludb",
            record=path.stem,
            path=str(path),
            subject=path.stem,
            labels=_labels(comments(path)),
            size=data_size(path),
        )


def _labels(lines: list[str]) -> dict[str, float | str]:
    """Return labels from lines such as `<age>: 51`, `<diagnoses>:`, `Rhythm: ...` and the rest."""
    found = [m for line in lines if (m := re.fullmatch(r"<(\w+)>:\s*(.*)", line))]
    about = {m[1]: m[2] for m in found}
    statements = [line.rstrip(". ") for line in lines if not line.startswith("<")]
    rhythms = {_rhythm(s.split(":", 1)[1]) for s in statements if s.startswith("Rhythm:")}
    return clean(
        {
            "age": about.get("age"),
            "sex": about.get("sex"),
            "rhythm": rhythms.pop() if len(rhythms) == 1 else None,
            "diagnosis": ";".join(statements),
        }
    )


def _rhythm(text: str) -> str:
    """Return the rhythm: sinus whatever its rate and regularity; else in the publisher's words."""
    text = text.strip().lower()
    kinds = {"fibrillation": "af", "flutter": "flutter", "sinus": "sinus"}
    return next((kind for word, kind in kinds.items() if word in text), text)


def read(entry: Entry) -> Iterator[Source]:
    """Open an ECG. Its header's gains are no calibration; the reader puts 1 uV per count."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="ludb",
    title="Lobachevsky University Electrocardiography Database",
    publisher="PhysioNet (A. Kalyakulina et al.)",
    version="1.0.1",
    licence="ODC-By 1.0",
    access="open",
    citation="Kalyakulina AI et al. LUDB: a new open-access validation tool for electrocardiogram "
    "delineation algorithms. IEEE Access 8:186181-186190, 2020",
    doi="10.13026/eegm-h675",
    document="https://physionet.org/content/ludb/1.0.1/",
    records=200,
    hours=0.6,
    modalities=("ecg",),
    rates=(500.0,),
    channels=("i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"),
    labels=("age", "sex", "rhythm", "diagnosis"),
    defects=(
        "Every lead's gain in the header equals its own peak-to-peak, so that other programs see "
        "each lead as 1 mV high. One count is 1 microvolt.",
        "Hypertrophy is far commoner than elsewhere: a model can score by knowing the source.",
        "No ids of people: every record is taken for one person.",
    ),
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/ludb/1.0.1/",
        include=("*.hea", "*.dat", "ludb.csv"),
        size_gb=0.03,
    ),
    find=find,
    read=read,
    released=True,
)
