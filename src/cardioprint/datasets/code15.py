"""CODE-15 %: 345,779 12-lead ECGs of Brazilian telehealth, with deaths.

The publisher offers `exams.csv` and eighteen `exams_part*.hdf5`, each with `exam_id` (exam) and
`tracings` (exam x 4,096 samples x 12 leads, zeros where the recording is shorter). A layout of
one MATLAB file an exam (`meta.csv`, `org/code_15_*.mat`), as ECG toolkits make of it, is read as
well. `ST` among the publisher's flags is sinus tachycardia.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import files_named, first_named, renamed
from cardioprint.datasets.hdf5 import member, opened
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import rows
from cardioprint.errors import RecordError
from cardioprint.readers import open_record
from cardioprint.types import Channel, Modality, Record

if TYPE_CHECKING:
    from cardioprint.signal.blocks import Source

RATE = 400.0
"""Hertz."""

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
"""In the order of `tracings`."""

FLAGS = ("1dAVb", "RBBB", "LBBB", "SB", "ST", "AF")
"""Abnormalities, by the publisher's names."""

_ABOUT = ("exam_id", "patient_id", "age", "is_male", "death", "timey", "normal_ecg", *FLAGS)


def find(folder: Path) -> Iterator[Entry]:
    """List the exams that are in the table and in a file that is there, in the files' order.

    Raises:
        RecordError: The table of exams is missing or damaged.
    """
    table = first_named(folder, "exams.csv", "meta.csv")
    fix = "fetch exams.csv: it tells whose exams these are"
    # Tuples, not dictionaries: there are 345,779 of them.
    exams = {row["exam_id"]: tuple(row.values()) for row in rows(table, _ABOUT, fix=fix)}
    for exam, path, place, size in _stored(folder):
        if found := exams.pop(exam, None):
            row: dict[str, str] = dict(zip(_ABOUT, found, strict=True))
            yield Entry(
                database="code15",
                record=exam,
                path=str(path),
                part=place,
                subject=row["patient_id"],
                labels=_labels(row),
                size=size,
            )


def _stored(folder: Path) -> Iterator[tuple[str, Path, str, int]]:
    """Yield exam, file, place in the file and bytes of all tracings."""
    parts = files_named(folder, r"exams_part\d+\.hdf5")
    for path in sorted(parts, key=lambda p: int(re.sub(r"\D", "", p.stem))):
        with opened(path) as file:
            exams, tracings = (
                _member(file, *what, path) for what in (("exam_id", "iu"), ("tracings", "f"))
            )
            size = tracings.nbytes // max(len(tracings), 1)
            numbers = exams[()].reshape(-1)[: len(tracings)]
        for place, exam in enumerate(numbers):
            yield str(int(exam)), path, str(place), size
    for path in files_named(folder, r"code_15_\d+\.mat"):
        yield path.stem.removeprefix("code_15_"), path, "", path.stat().st_size


def _member(file, name: str, kinds: str, path: Path):
    """Return a data set of numbers of these dtype kinds."""
    found = member(file, name, path)
    if found is None or getattr(found, "dtype", np.dtype(object)).kind not in kinds:
        raise RecordError(
            f"there is no data set {name!r} of numbers",
            source=path,
            field=name,
            fix="fetch the file again",
        )
    return found


def _labels(row: Mapping[str, str]) -> dict[str, float | str]:
    """Return the labels of an exam; death and follow-up stand with a patient's first exam only."""
    true = {name: _flag(row[name]) for name in (*FLAGS, "normal_ecg", "death")}
    sinus = true["SB"] or true["ST"]
    return clean(
        {
            "age": row["age"],
            "sex": {"true": "M", "false": "F"}.get(row["is_male"].lower()),
            "rhythm": "af" if true["AF"] else "sinus" if sinus else None,
            "diagnosis": ";".join(name for name in FLAGS if true[name]),
            "normal_ecg": true["normal_ecg"],
            "death": true["death"],
            "followup": row["timey"],
        }
    )


def _flag(text: str) -> float | None:
    return {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}.get(text.lower())


def read(entry: Entry) -> Iterator[Source]:
    """Open an exam, without the zeros it was padded with.

    Raises:
        RecordError: Nothing but zeros, or damaged.
    """
    from cardioprint.signal.blocks import InMemory  # brings SciPy

    path = Path(entry.path)
    if path.suffix == ".mat":
        spec: dict[str | int, str] = {
            f"feats[{i}]": f"ecg:{lead}:mV" for i, lead in enumerate(LEADS)
        }
        file = open_record(path, columns=spec, subject=entry.subject)
        yield renamed(file, dict(zip(map(str, spec), LEADS, strict=True)))
        return
    with opened(path) as file:
        tracings = _member(file, "tracings", "f", path)
        if tracings.ndim != 3 or tracings.shape[2] != len(LEADS):
            raise RecordError(
                f"tracings are {tracings.shape}, not exam x sample x {len(LEADS)} leads",
                source=path,
                field="tracings",
                fix="fetch the file again",
            )
        samples = tracings[int(entry.part)].T
    recorded = np.flatnonzero((samples != 0).any(axis=0))
    if len(recorded) == 0:
        raise RecordError(
            f"exam {entry.record} is all zeros",
            source=path,
            field="tracings",
            fix="leave it out; the publisher has some hundred like it",
        )
    samples = samples[:, recorded[0] : recorded[-1] + 1]
    channels = [
        Channel(
            name=lead, modality=Modality.ECG, sampling_rate=RATE, samples=x, unit="mV", lead=lead
        )
        for lead, x in zip(LEADS, samples, strict=True)
    ]
    record = Record(
        channels=tuple(channels), subject=entry.subject, source=entry.path, name=entry.record
    )
    yield InMemory(record=record)


DATABASE = Database(
    name="code15",
    title="CODE-15%: a large scale annotated dataset of 12-lead ECGs",
    publisher="Zenodo (A. H. Ribeiro et al., Telehealth Network of Minas Gerais)",
    version="1.0.0",
    licence="CC BY 4.0",
    access="open",
    citation="Ribeiro AH et al. CODE-15%: a large scale annotated dataset of 12-lead ECGs. "
    "Zenodo, 2021; Lima EM et al. Deep neural network-estimated electrocardiographic age as a "
    "mortality predictor. Nat Commun 12:5117, 2021",
    doi="10.5281/zenodo.4916206",
    document="https://zenodo.org/records/4916206",
    subjects=233770,
    records=345779,
    modalities=("ecg",),
    rates=(RATE,),
    channels=LEADS,
    labels=("age", "sex", "rhythm", "diagnosis", "normal_ecg", "death", "followup"),
    defects=(
        "Most exams last 7.3 s, the others about 10 s, padded with zeros to 4,096 samples.",
        "Some hundred tracings are nothing but zeros; some are copies, even across patients.",
        "The unit is stated in contradictory ways. Values are read as mV, as the Challenge of 2025 "
        "does; amplitudes are about 1.6 times those of other databases.",
        "Diagnoses are by telehealth routine and rules, not confirmed one by one.",
        "Death and follow-up are given with a patient's first exam only.",
    ),
    pretraining=True,
    files=Files(
        kind="zenodo",
        where="4916206",
        include=("exams.csv", "exams_part*.zip"),
        steps=("Unpack the archives exams_part*.zip beside exams.csv",),
    ),
    find=find,
    read=read,
    released=True,
)
