"""WESAD: wrist PPG and chest ECG of 15 people at rest, amused, stressed and meditating.

Layout: wesad_readme.pdf in https://archive.ics.uci.edu/dataset/465/wesad

    WESAD/S2/S2_E4_Data.zip    wrist: BVP.csv at 64 Hz
    WESAD/S2/S2_respiban.txt   chest: ECG at 700 Hz, counts of 16 bits
    WESAD/S2/S2_readme.txt     age, height, weight, gender, notes
    WESAD/S2/S2.pkl            never opened; see `wearables`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import check_folder
from cardioprint.datasets.wearables import chest_text, sheet, wrist
from cardioprint.readers import RecordFile


def find(root: Path) -> Iterator[Entry]:
    """List the people with a file of either device, by number."""
    check_folder(root)
    below = root / "WESAD" if (root / "WESAD").is_dir() else root
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
    return folder / f"{folder.name}_E4_Data.zip", folder / f"{folder.name}_respiban.txt"


def _labels(folder: Path) -> dict[str, float | str]:
    said = dict(sheet(folder / f"{folder.name}_readme.txt"))
    return clean(
        {
            "age": said.get("AGE"),
            "sex": said.get("GENDER"),
            "height": said.get("HEIGHT"),
            "weight": said.get("WEIGHT"),
            "hand": said.get("DOMINANT HAND"),
        }
    )


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open the wrist's PPG, then the chest's ECG: two clocks, two sources."""
    pulse, heart = _files(Path(entry.path))
    if pulse.is_file():
        yield wrist(pulse, f"{entry.record}_wrist", entry.subject)
    if heart.is_file():
        yield chest_text(heart, f"{entry.record}_chest", entry.subject)


DATABASE = Database(
    name="wesad",
    title="WESAD: Wearable Stress and Affect Detection",
    publisher="Robert Bosch GmbH, University of Siegen (UCI)",
    version="2018",
    licence="scientific and other non-commercial use",
    access="open",
    citation="Schmidt P, Reiss A, Duerichen R, Marberger C, Van Laerhoven K. Introducing WESAD, "
    "a multimodal dataset for wearable stress and affect detection. ICMI 2018, 400-408.",
    doi="10.1145/3242969.3242985",
    document="https://archive.ics.uci.edu/dataset/465/wesad",
    subjects=15,
    records=15,
    rates=(64.0, 700.0),
    channels=("BVP", "ECG"),
    labels=("age", "sex", "height", "weight", "hand"),
    defects=(
        "wrist and chest were put on one clock by hand, and only the pickles hold the result; a "
        "pickle can run code and is never opened, so PPG and ECG are two sources without a "
        "common time here; windows of both cannot be paired",
        "the conditions on one clock are in the pickles alone; S*_quest.csv gives minutes of the "
        "chest's clock and is not read",
        "S1 and S12 were left out by the authors: their devices failed",
    ),
    files=Files(
        kind="manual",
        where="https://archive.ics.uci.edu/dataset/465/wesad",
        steps=(
            "download WESAD.zip from https://archive.ics.uci.edu/dataset/465/wesad",
            "unpack it; S*.pkl may be left out",
            "keep the folders WESAD/S2 to S17",
        ),
    ),
    find=find,
    read=read,
)
