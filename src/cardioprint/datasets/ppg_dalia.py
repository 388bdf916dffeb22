"""PPG-DaLiA: two and a half hours of daily life, wrist PPG and chest ECG, of 15 people.

Layout: PPG_FieldStudy_readme.pdf in https://archive.ics.uci.edu/dataset/495/ppg+dalia

    PPG_FieldStudy/S1/S1_E4.zip         wrist: BVP.csv at 64 Hz
    PPG_FieldStudy/S1/S1_RespiBAN.h5    chest: ECG at 700 Hz
    PPG_FieldStudy/S1/S1_quest.csv      age, gender, height, weight, skin type, sport
    PPG_FieldStudy/S1/S1.pkl            never opened; see `wearables`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import check_folder, number
from cardioprint.datasets.wearables import chest_hdf5, sheet, wrist
from cardioprint.readers import RecordFile


def find(root: Path) -> Iterator[Entry]:
    """List the people with a file of either device, by number."""
    check_folder(root)
    below = root / "PPG_FieldStudy" if (root / "PPG_FieldStudy").is_dir() else root
    people = [p for p in below.iterdir() if p.is_dir() and re.fullmatch(r"S\d+", p.name)]
    for folder in sorted(people, key=lambda p: int(p.name[1:])):
        size = sum(p.stat().st_size for p in _files(folder) if p.is_file())
        if size:
            yield Entry(
                database=DATABASE.name,
                record=folder.name,
                path=str(folder),
                subject=folder.name,
                labels=_labels(folder),
                size=size,
            )


def _files(folder: Path) -> tuple[Path, Path]:
    return folder / f"{folder.name}_E4.zip", folder / f"{folder.name}_RespiBAN.h5"


def _labels(folder: Path) -> dict[str, float | str]:
    said = dict(sheet(folder / f"{folder.name}_quest.csv"))
    return clean(
        {
            "age": said.get("AGE"),
            "sex": said.get("GENDER"),
            "height": said.get("HEIGHT"),
            "weight": said.get("WEIGHT"),
            "skin": number(said.get("SKIN")),
            "sport": number(said.get("SPORT")),
        }
    )


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open the wrist's PPG, then the chest's ECG: two clocks, two sources."""
    pulse, heart = _files(Path(entry.path))
    if pulse.is_file():
        yield wrist(pulse, f"{entry.record}_wrist", entry.subject)
    if heart.is_file():
        yield chest_hdf5(heart, f"{entry.record}_chest", entry.subject)


DATABASE = Database(
    name="ppg_dalia",
    title="PPG-DaLiA",
    publisher="Robert Bosch GmbH, Bosch Sensortec, University of Siegen (UCI)",
    version="2019",
    licence="CC BY 4.0 by the UCI listing; its authors ask for non-commercial use",
    access="open",
    citation="Reiss A, Indlekofer I, Schmidt P, Van Laerhoven K. Deep PPG: Large-scale heart "
    "rate estimation with convolutional neural networks. Sensors 19, 3079 (2019).",
    doi="10.24432/C53890",
    document="https://archive.ics.uci.edu/dataset/495/ppg+dalia",
    subjects=15,
    records=15,
    hours=36,
    rates=(64.0, 700.0),
    channels=("BVP", "ECG"),
    labels=("age", "sex", "height", "weight", "skin", "sport"),
    defects=(
        "wrist and chest were put on one clock by hand, and only the pickles hold the result; a "
        "pickle can run code and is never opened, so PPG and ECG are two sources without a "
        "common time here; windows of both cannot be paired",
        "the heart rate per 8-s window and the activities on one clock are in the pickles alone",
        "the readme gives no unit for the chest: the transfer function is that of WESAD's "
        "readme, for the same device",
        "the inside of S*_RespiBAN.h5 is taken to be that of OpenSignals, as for the same device "
        "elsewhere; a file that does not name its ECG channel is refused",
        "S6's device failed after an hour and a half",
        "motion artefacts are the purpose of the collection",
    ),
    files=Files(
        kind="manual",
        where="https://archive.ics.uci.edu/dataset/495/ppg+dalia",
        size_gb=2.9,
        steps=(
            "download the archive from https://archive.ics.uci.edu/dataset/495/ppg+dalia",
            "unpack it, and data.zip inside it; S*.pkl (20 GB) may be left out",
            "keep the folders PPG_FieldStudy/S1 to S15",
        ),
    ),
    find=find,
    read=read,
)
