"""PhysioNet/CinC Challenge 2017: 8,528 hand-held ECGs of 9 to 61 s, normal, AF, other or noisy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import data_size, first_named, headers_named
from cardioprint.errors import RecordError
from cardioprint.readers import open_record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

LABELS = {
    "N": {"rhythm": "sinus"},
    "A": {"rhythm": "af"},
    "O": {"rhythm": "other"},
    "~": {"quality": "noisy"},
}
"""The publisher's classes -> labels."""

REFERENCES = ("REFERENCE-v3.csv", "REFERENCE.csv")
"""Classes of the records; the third version corrected some."""


def find(folder: Path) -> Iterator[Entry]:
    """List the recordings; the publisher's validation set is a copy of some and is passed over.

    Raises:
        RecordError: The table of classes is missing or says something else.
    """
    reference = first_named(folder, *REFERENCES)
    classes = _classes(reference)
    headers = headers_named(folder, r"A\d{5}\.hea")
    training = {p.stem: p for p in headers if "validation" not in p.relative_to(folder).parts}
    for record in sorted(training):
        path = training[record]
        yield Entry(
            database="cinc2017",
            record=record,
            path=str(path),
            labels=classes.get(record, {}),
            size=data_size(path),
        )


def _classes(reference: Path) -> dict[str, dict[str, str]]:
    """Return labels by record, from lines such as `A00001,N`."""
    if not reference.is_file():
        raise RecordError(
            "the table of classes is missing",
            source=reference,
            field="path",
            fix=f"fetch {' or '.join(REFERENCES)} too",
        )
    found = {}
    for line in reference.read_text(encoding="utf-8", errors="replace").split():
        record, _, name = line.partition(",")
        if name not in LABELS:
            raise RecordError(
                f"{line!r} is not a record and one of {', '.join(LABELS)}",
                source=reference,
                field="class",
                fix="fetch the table again",
            )
        found[record] = LABELS[name]
    return found


def read(entry: Entry) -> Iterator[Source]:
    """Open a recording."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="cinc2017",
    title="AF Classification from a Short Single Lead ECG Recording: the PhysioNet/Computing in "
    "Cardiology Challenge 2017",
    publisher="PhysioNet (G. D. Clifford et al.); recorded by AliveCor",
    version="1.0.0",
    licence="ODC-By 1.0",
    access="open",
    citation="Clifford GD et al. AF classification from a short single lead ECG recording: the "
    "PhysioNet/Computing in Cardiology Challenge 2017. Comput Cardiol 44, 2017",
    doi="10.13026/d3hm-sf11",
    document="https://physionet.org/content/challenge-2017/1.0.0/",
    records=8528,
    modalities=("ecg",),
    rates=(300.0,),
    channels=("ECG",),
    labels=("rhythm", "quality"),
    defects=(
        "No ids of people, no ages, no sexes: how many recordings one person has is not known.",
        "The device may be held either way round: the polarity is not guaranteed.",
        "Band-passed by the device.",
    ),
    subjects_known=False,
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/challenge-2017/1.0.0/",
        include=("REFERENCE-v3.csv", "training/*.hea", "training/*.mat"),
        size_gb=0.2,
    ),
    find=find,
    read=read,
    released=True,
)
