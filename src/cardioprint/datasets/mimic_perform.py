"""MIMIC PERform: 10 to 20 minutes of ECG, PPG and respiration of 435 patients, two collections.

Layout: https://ppg-beats.readthedocs.io/en/latest/datasets/mimic_perform_af/ (and _training,
_testing) and mimic_perform_dataset_converter.m of https://github.com/peterhcharlton/ppg-beats

    mimic_perform_af_csv/mimic_perform_af_001_data.csv   Time, PPG, ECG, resp
    mimic_perform_af_csv/mimic_perform_af_001_fix.txt    subject, record, lead
    mimic_perform_af_wfdb/mimic_perform_af_001.hea, .dat
    mimic_perform_af_data.mat                            all subjects: data(i).ppg.v, .fs, ...
    likewise non_af, train_all, test_all; or train_a, train_n, test_a, test_n: the adults and
    newborns of *_all
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import check_folder
from cardioprint.datasets.mimic3wdb_matched import SPACE
from cardioprint.datasets.sources import Read, from_series
from cardioprint.errors import RecordError, UnsafeFileError
from cardioprint.readers import RecordFile, open_record
from cardioprint.readers.naming import Identity, lead_of
from cardioprint.readers.safety import check_file, translated
from cardioprint.readers.series import Series
from cardioprint.types import Modality

RHYTHM = {"af": "af", "non_af": "sinus"}
SPLIT = {"train": "train", "test": "test"}
GROUPS = {"a": "adult", "n": "newborn"}

NAME = re.compile(r"mimic_perform_(af|non_af|(?:train|test)_(?:all|a|n))_(\d{3})(_data\.csv|\.hea)")
MATLAB = re.compile(r"mimic_perform_(af|non_af|(?:train|test)_(?:all|a|n))_data\.mat")
MOST_BYTES = 512 * 2**20
"""A MATLAB file larger than this is none of these: the largest published has 134 MB."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What the publisher says of one recording."""

    subject: str
    lead: str
    group: str = ""


def find(root: Path) -> Iterator[Entry]:
    """List the recordings, each once whatever formats it is there in, by set and number."""
    found: dict[tuple[str, int], Path] = {}
    for path in sorted(check_folder(root).rglob("mimic_perform_*")):
        match = NAME.fullmatch(path.name)
        if match and path.is_file() and _complete(path):
            key = (match[1], int(match[2]))
            if key not in found or path.suffix == ".hea":  # WFDB is read in parts
                found[key] = path
    for path in sorted(root.rglob("mimic_perform_*_data.mat")):
        match = MATLAB.fullmatch(path.name)
        if match and not any(name == match[1] for name, _ in found):
            found |= {(match[1], i + 1): path for i in range(len(_content(path)))}
    together = {name.removesuffix("_all") for name, _ in found if name.endswith("_all")}
    for (name, place), path in sorted(found.items()):
        base = name.split("_")[0]
        if base in together and not name.endswith("_all"):
            continue  # adults and newborns are in *_all already
        about = _about(path, place)
        group = GROUPS.get(about.group, GROUPS.get(name.split("_")[-1], "adult"))
        labels: dict[str, float | str] = clean({"rhythm": RHYTHM.get(name, ""), "group": group})
        yield Entry(
            database=DATABASE.name,
            record=f"{name}_{place:03d}",
            path=str(path),
            part=str(place),
            subject=about.subject,
            split=SPLIT.get(base, ""),
            labels=labels,
            size=path.stat().st_size,
        )


def _complete(path: Path) -> bool:
    """Return whether the file that belongs to a header or a table is there too."""
    if path.suffix == ".hea":
        return path.with_suffix(".dat").is_file() or path.with_suffix(".mat").is_file()
    return _fix_of(path).is_file()


def _fix_of(path: Path) -> Path:
    return path.with_name(path.name.replace("_data.csv", "_fix.txt"))


def _about(path: Path, place: int) -> About:
    if path.suffix == ".mat":
        item = _content(path)[place - 1]
        fix = item.get("fix", {})
        method = str(item["ekg"].get("method", ""))
        return _said(str(fix.get("subj_id", "")), method, fix.get("group"))
    text = (_fix_of(path) if path.suffix == ".csv" else path).read_text(errors="replace")
    subject = re.search(r"Original Subject ID>?:\s*(\w+)", text)
    group = re.search(r"(?:^|\n)Group:\s*(\w)|<subject group>:\s*(\w)", text)
    said = next((g for g in group.groups() if g), "") if group else ""
    return _said(subject[1] if subject else "", text, said)


def _said(subject: str, text: str, group: object) -> About:
    lead = re.search(r"lead (\w+)", text)
    return About(
        subject=subject, lead=lead_of(lead[1]) if lead else "", group=str(group or "")[:1].lower()
    )


@lru_cache(maxsize=1)
def _content(path: Path) -> list[dict[str, Any]]:
    """Return `data` of a MATLAB file: it can only be read as a whole, so the last one is kept."""
    import pymatreader

    check_file(path)
    if path.stat().st_size > MOST_BYTES:
        raise UnsafeFileError(
            "the file is far larger than any that was published",
            source=path,
            field="size",
            fix="fetch the publisher's file again",
        )
    with translated(path, what="MATLAB file"):
        data: Any = pymatreader.read_mat(path, variable_names=["data"])["data"]
    if isinstance(data, dict):  # one subject, or MATLAB v7.3: a structure of lists
        many = isinstance(data.get("ppg"), list)
        n = len(data["ppg"]) if many else 1
        data = [{k: v[i] if many else v for k, v in data.items()} for i in range(n)]
    if not all(isinstance(item, dict) and {"ppg", "ekg"} <= item.keys() for item in data):
        raise RecordError(
            "`data` is not an array of structures with ppg and ekg",
            source=path,
            field="data",
            fix="this is not the publisher's file; fetch it again",
        )
    return list(data)


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a recording: PPG, one lead of ECG in mV, and respiration."""
    path, place = Path(entry.path), int(entry.part)
    if path.suffix == ".mat":
        yield _from_matlab(path, place, entry)
    elif path.suffix == ".hea":
        yield open_record(path, subject=entry.subject)
    else:
        lead = _about(path, place).lead
        known = {"Time": "time", "PPG": "ppg", "ECG": f"ecg:{lead}:mV", "resp": "other"}
        with path.open(encoding="utf-8-sig", errors="replace") as stream:
            header = [name.strip() for name in stream.readline().split(",")]
        columns: dict[str | int, str] = {n: said for n, said in known.items() if n in header}
        yield open_record(path, columns=columns, subject=entry.subject)


def _from_matlab(path: Path, place: int, entry: Entry) -> RecordFile:
    item = _content(path)[place - 1]
    about = _about(path, place)
    series: list[tuple[Series, Read]] = []
    for name, unit, what in (
        ("ppg", "", Identity(modality=Modality.PPG)),
        ("ekg", "mV", Identity(modality=Modality.ECG, lead=about.lead)),
        ("imp", "", Identity(modality=Modality.OTHER)),
    ):
        held = item.get(name)
        if isinstance(held, dict) and "v" in held:
            samples = np.asarray(held["v"], dtype=np.float64).ravel()
            described = Series(
                name=name,
                unit=unit,
                guess=what,
                sampling_rate=held.get("fs"),
                n_samples=len(samples),
            )
            series.append((described, lambda first, last, x=samples: x[first:last]))
    return from_series(path, entry.record, entry.subject, series)


DATABASE = Database(
    name="mimic_perform",
    title="MIMIC PERform Datasets",
    publisher="Peter H. Charlton, University of Cambridge (Zenodo)",
    version="15906524",
    licence="Open Database License 1.0 (ODbL)",
    access="open",
    citation="Charlton PH et al. Detecting beats in the photoplethysmogram: benchmarking "
    "open-source algorithms. Physiol Meas 43, 085007 (2022).",
    doi="10.5281/zenodo.6807402",
    document="https://ppg-beats.readthedocs.io/en/latest/datasets/summary/",
    subjects=435,
    records=435,
    hours=78.3,
    rates=(125.0,),
    channels=("PPG", "ECG", "resp"),
    labels=("rhythm", "group"),
    defects=(
        "cut from the MIMIC-III waveforms: the same seconds are there; the AF set carries "
        "MIMIC-III's subject ids, the training and testing sets only numbers of unmatched "
        "records, which are not people's",
        "a segment of the matched subset is named after the unmatched record it is from: the "
        "one way to tell whether a person of the training and testing sets is in it",
        "half of the training and testing sets are newborns",
        "rhythm is one label a recording, of another group's manual annotation",
        "the monitor delays the PPG against the ECG by a constant that is not the person's",
    ),
    family="mimic",
    space=SPACE,
    files=Files(
        kind="zenodo",
        where="15906524",
        include=(
            "mimic_perform_af_wfdb.zip",
            "mimic_perform_non_af_wfdb.zip",
            "mimic_perform_train_all_wfdb.zip",
            "mimic_perform_test_all_wfdb.zip",
        ),
    ),
    released=True,
    find=find,
    read=read,
)
