"""MIMIC-III Waveform Database Matched Subset: days of bedside monitoring in intensive care.

Layout: https://physionet.org/content/mimic3wdb-matched/1.0/ and
https://archive.physionet.org/physiobank/database/mimic3wdb/matched/

    p00/p000020/p000020-2183-04-28-17-47.hea     a record: header of its segments
    p00/p000020/p000020-2183-04-28-17-47n.hea    its numerics, once a minute or second: no waves
    p00/p000020/3544749_layout.hea, 3544749_0001.hea, 3544749_0001.dat, ...
    PATIENTS.csv(.gz)    not part of it: the MIMIC-III clinical table, where the user has it
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import (
    check_folder,
    day,
    either,
    folders,
    rows,
    sizes,
)
from cardioprint.readers import RecordFile, open_record

SPACE = "mimic3"
"""MIMIC-III's subject ids, spelled "p000020"."""

RECORD = re.compile(r"(p\d{6})-(\d{4}-\d{2}-\d{2})-\d{2}-\d{2}\.hea")
"""Header of a waveform record; that of its numerics ends in n.hea."""

MASKED = 120
"""Years. MIMIC-III moves the birth of who is over 89 to 300 years before their admission."""


def subject_of(number: int | str) -> str:
    """Return MIMIC-III's subject 20 as it is spelled in every database here: "p000020"."""
    return f"p{int(number):06d}"


def find(root: Path) -> Iterator[Entry]:
    """List the records of which every segment is there, by subject and date."""
    people = _people(check_folder(root))
    for group in folders(root):
        for folder in folders(group):
            there = sizes(folder)
            for name in sorted(there):
                match = RECORD.fullmatch(name)
                if match is None or match[1] != folder.name:
                    continue
                size = stored(folder / name, there)
                if size is not None:
                    labels = _labels(people.get(match[1]), match[2])
                    yield Entry(
                        database=DATABASE.name,
                        record=name.removesuffix(".hea"),
                        path=str(folder / name),
                        subject=match[1],
                        labels=labels,
                        size=size,
                    )


def stored(header: Path, there: Mapping[str, int]) -> int | None:
    """Return the bytes of a multi-segment record, or None where a file of it is missing.

    Args:
        header: The master header. One that cannot be understood counts as there: opening it
            says what is wrong.
        there: Sizes of the files in its folder.
    """
    with header.open(encoding="utf-8", errors="replace") as stream:
        lines = [line.split() for line in stream if line.strip() and line[0] != "#"]
    if not lines or "/" not in lines[0][0] or any(len(line) < 2 for line in lines[1:]):
        return there[header.name]
    # Data files share their segment's stem: 3544749_0001.dat, 81739927_0001e.dat, ..._0001p.dat
    waves: dict[str, int] = {}
    for name, size in there.items():
        if name.endswith(".dat"):
            stem = name.removesuffix(".dat").rstrip("epr")
            waves[stem] = waves.get(stem, 0) + size
    total = 0
    for name, length in (line[:2] for line in lines[1:]):
        if name == "~":
            continue
        if f"{name}.hea" not in there or (length != "0" and name not in waves):
            return None
        total += waves.get(name, 0)
    return total


def _people(root: Path) -> dict[str, dict[str, str]]:
    """Return the rows of MIMIC-III's PATIENTS table by subject, empty where it is not there."""
    table = either(root, "PATIENTS.csv", "PATIENTS.csv.gz")
    if not table.is_file():
        return {}
    columns = ["SUBJECT_ID", "GENDER", "DOB", "DOD", "EXPIRE_FLAG"]
    found = rows(table, columns, fix="copy PATIENTS.csv of MIMIC-III 1.4")
    return {subject_of(row["SUBJECT_ID"]): row for row in found}


def _labels(person: dict[str, str] | None, when: str) -> dict[str, float | str]:
    labels: dict[str, float | str] = {"day": when}
    recorded = day(when)
    if person is None or recorded is None:
        return labels
    born, died = day(person["DOB"]), day(person["DOD"])
    age = None if born is None else (recorded - born).days / 365.25
    later = None if died is None else max((died - recorded).days, 0) / 365.25
    return labels | clean(
        {
            "sex": person["GENDER"],
            "age": None if age is None else ">89" if age > MASKED else round(age, 2),
            "death": person["EXPIRE_FLAG"],
            "followup": None if later is None else round(later, 4),
        }
    )


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a record; its segments and gaps make one clock."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="mimic3wdb_matched",
    title="MIMIC-III Waveform Database Matched Subset",
    publisher="PhysioNet (MIT Laboratory for Computational Physiology)",
    version="1.0",
    licence="Open Database License 1.0 (ODbL)",
    access="open",
    citation="Moody B, Moody G, Villarroel M, Clifford GD, Silva I. MIMIC-III Waveform Database "
    "Matched Subset (version 1.0). PhysioNet, 2020. Johnson AEW et al. MIMIC-III, a freely "
    "accessible critical care database. Sci Data 3, 160035 (2016). Goldberger A et al. "
    "Circulation 101, e215-e220 (2000).",
    doi="10.13026/c2294b",
    document="https://physionet.org/content/mimic3wdb-matched/1.0/",
    subjects=10_282,
    records=22_317,
    rates=(125.0,),
    channels=("I", "II", "III", "V", "MCL1", "PLETH", "ABP", "RESP"),
    labels=("day", "age", "age_over", "sex", "death", "followup"),
    defects=(
        "leads, and which signals there are, change from segment to segment; days of gaps",
        "the monitor delays PLETH against the ECG by a constant that is not the person's",
        "dates are shifted, a person's records among each other are not",
        "age, sex, death and follow-up need PATIENTS.csv of MIMIC-III 1.4 (credentialed) beside "
        "the folders; ages over 89 are masked there: `age_over`; for survivors the end of the "
        "follow-up is not known",
        "holds the recordings that PulseDB, MIMIC-III-Ext-PPG and MIMIC PERform AF were cut from",
    ),
    family="mimic",
    space=SPACE,
    pretraining=True,
    released=True,
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/mimic3wdb-matched/1.0/",
        include=(
            "p0[0-9]/p[0-9]*/p[0-9]*-[0-9][0-9].hea",
            "p0[0-9]/p[0-9]*/[0-9]*_layout.hea",
            "p0[0-9]/p[0-9]*/[0-9]*_[0-9]*.hea",
            "p0[0-9]/p[0-9]*/[0-9]*_[0-9]*.dat",
        ),
    ),
    find=find,
    read=read,
)
