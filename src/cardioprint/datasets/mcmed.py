"""MC-MED: visits to an emergency department with ECG, pleth and outcome.

Layout: https://physionet.org/content/mc-med/1.0.1/, https://github.com/physionet/mc-med and
https://docs.ngsci.org/datasets/mcmed-stanford-multi

    data/visits.csv                          one row a visit (CSN) of a patient (MRN)
    data/split_random_{train,val,test}.csv   one CSN a line; no patient is in two of them
    data/waveforms/369/99370369/II/99370369_1.hea, .dat     ECG, 500 Hz
    data/waveforms/369/99370369/Pleth/99370369_1.hea, .dat  125 Hz; 369: last digits of the CSN

The waveforms come as ten archives, waveforms_0xx.zip and so on, to be unpacked in place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import (
    check_folder,
    folders,
    number,
    rows,
    sizes,
)
from cardioprint.datasets.sources import Piece, after
from cardioprint.errors import RecordError, TimestampError
from cardioprint.readers import RecordFile, open_record
from cardioprint.readers.physionet_header import read_header

CHANNELS = ("II", "Pleth")
SPLITS = {"train": "train", "val": "valid", "test": "test"}
"""Our name of each side of the publishers' random split."""

KEPT = (
    "ED_dispo",
    "DC_dispo",
    "Triage_acuity",
    "Triage_HR",
    "Triage_RR",
    "Triage_SpO2",
    "Triage_SBP",
    "Triage_DBP",
    "ED_LOS",
    "Hosp_LOS",
    "Race",
    "Ethnicity",
)
"""Columns of visits.csv kept under the publishers' names; at triage is not while recording."""

OLDEST = 90
"""Years. The publishers give older people this age."""

LONGEST_VISIT = 60 * 86_400
"""Seconds. Pieces further apart than this carry a wrong date."""


def find(root: Path) -> Iterator[Entry]:
    """List the visits with an ECG or a pleth, by the last digits of their number."""
    check_folder(root)
    data = root / "data" if (root / "data").is_dir() else root
    waves = data / "waveforms"
    archives = [*data.glob("waveforms_*.zip"), *waves.glob("*.zip")]
    people = _people(data)
    sides = _sides(data)
    groups = [g for g in folders(waves) if g.name.isdecimal()] if waves.is_dir() else []
    if archives and not groups:
        raise RecordError(
            "the waveforms are still packed",
            source=archives[0],
            field="waveforms",
            fix=f"unpack the archives in {waves}, so that it holds folders named 000 to 999",
        )
    for group in groups:
        for folder in folders(group):
            pieces = {c: _pieces(folder / c) for c in CHANNELS}
            size = sum(size for found in pieces.values() for size in found.values())
            if not size or folder.name not in people:
                continue
            row = people[folder.name]
            yield Entry(
                database=DATABASE.name,
                record=folder.name,
                path=str(folder),
                subject=row["MRN"],
                split=sides.get(folder.name, ""),
                labels=_labels(row),
                size=size,
            )


def _people(data: Path) -> dict[str, dict[str, str]]:
    columns = ["MRN", "CSN", "Age", "Gender"]
    optional = ["Dx_ICD10", *KEPT]
    fix = "fetch data/visits.csv too: it says whose each visit is"
    return {
        row["CSN"]: row for row in rows(data / "visits.csv", columns, optional=optional, fix=fix)
    }


def _sides(data: Path) -> dict[str, str]:
    sides = {}
    for theirs, ours in SPLITS.items():
        table = data / f"split_random_{theirs}.csv"
        if not table.is_file():
            raise RecordError(
                "this table is missing: without it the publishers' test people would be trained on",
                source=table,
                field="path",
                fix="fetch data/split_random_{train,val,test}.csv too",
            )
        for line in table.read_text(encoding="utf-8-sig", errors="replace").splitlines():
            number_of_visit = re.match(r"\s*(\d+)\b", line)  # a line without is a header
            if number_of_visit:
                sides[number_of_visit[1]] = ours
    return sides


def _labels(row: dict[str, str]) -> dict[str, float | str]:
    return clean(
        {
            "age": "90+" if number(row["Age"]) == OLDEST else row["Age"],
            "sex": row["Gender"],
            "diagnosis": ";".join(re.findall(r"[A-Z]\d[0-9A-Z.]*", row["Dx_ICD10"])),
            **{name: row[name] for name in KEPT},
        }
    )


def _pieces(folder: Path) -> dict[Path, int]:
    """Return the headers of a channel whose data are there, in order, and the bytes of each."""
    there = sizes(folder) if folder.is_dir() else {}
    found = []
    for name in there:
        match = re.fullmatch(r"\d+_(\d+)\.hea", name)
        data = name.replace(".hea", ".dat")
        if match and data in there:
            found.append((int(match[1]), folder / name, there[data]))
    return {header: size for _, header, size in sorted(found)}


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a visit: its pieces of ECG and pleth on the monitor's clock, gaps between them.

    Raises:
        TimestampError: A piece without date and time, or far from the others.
        RecordError: A damaged piece.
    """
    folder = Path(entry.path)
    opened: dict[str, list[tuple[datetime, RecordFile]]] = {}
    for channel in CHANNELS:
        for header in _pieces(folder / channel):
            at = read_header(header).fields.base_datetime
            if at is None:
                raise TimestampError(
                    "the piece has no date and time",
                    source=header,
                    field="base date",
                    fix="fetch the header again",
                )
            piece = open_record(header, subject=entry.subject)
            opened.setdefault(channel, []).append((at, piece))
    times = [at for pieces in opened.values() for at, _ in pieces]
    zero = min(times)
    if (max(times) - zero).total_seconds() > LONGEST_VISIT:
        raise TimestampError(
            f"pieces of one visit are dated {zero} and {max(times)}",
            source=folder,
            field="base date",
            fix="a header carries a wrong date",
        )
    yield after(
        entry.record,
        entry.subject,
        [
            (
                channel,
                [Piece(start=(at - zero).total_seconds(), file=file) for at, file in pieces],
            )
            for channel, pieces in opened.items()
        ],
    )


DATABASE = Database(
    name="mcmed",
    title="Multimodal Clinical Monitoring in the Emergency Department (MC-MED)",
    publisher="PhysioNet (Stanford Health Care)",
    version="1.0.1",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    access="credentialed",
    citation="Kansal A, Chen E, Jin BT, Rajpurkar P, Kim D. MC-MED, multimodal clinical "
    "monitoring in the emergency department. Sci Data 12, 1094 (2025). Kansal A, Chen E, Jin T, "
    "Rajpurkar P, Kim D. MC-MED (version 1.0.1). PhysioNet, 2025.",
    doi="10.13026/wvyw-g663",
    document="https://physionet.org/content/mc-med/1.0.1/",
    subjects=53_123,
    records=83_623,
    rates=(500.0, 125.0),
    channels=CHANNELS,
    labels=("age", "age_over", "sex", "diagnosis", *KEPT),
    defects=(
        "each piece of each channel has a header of its own: ECG and pleth are as well aligned "
        "as the times in them; absolute pulse arrival times are not to be trusted",
        "ages from 90 on are given as 90: `age_over`; dates are shifted by patient",
        "respiration (62.5 Hz) is not read",
        "adults of one hospital, 2020 to 2022; the pleth's delay is the monitor's",
    ),
    pretraining=True,
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/mc-med/1.0.1/",
        include=(
            "data/visits.csv",
            "data/split_random_*.csv",
            "data/waveforms*.zip",
            "data/waveforms/*.zip",
        ),
        steps=(
            "make a PhysioNet account and become a credentialed user "
            "(training in human-subject research)",
            "sign the data use agreement at https://physionet.org/content/mc-med/1.0.1/",
            "fetch with your PhysioNet name and password",
            "unpack every waveforms_*.zip in data/waveforms",
        ),
    ),
    find=find,
    read=read,
)
