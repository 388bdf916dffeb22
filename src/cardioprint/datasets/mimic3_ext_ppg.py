"""MIMIC-III-Ext-PPG: half-minutes of intensive care with the rhythm that nurses charted.

Layout: https://physionet.org/content/mimic-iii-ext-ppg/1.1.0/ and the publishers' repository
https://github.com/AI4HealthUOL/MIMIC-III-Ext-PPG_dataset

    metadata.csv                               one row a segment
    p00/p000020/.../3000060_0002_0_2.hea, .dat  30 s; folder_path names it without extension
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.folders import safe_name
from cardioprint.datasets.labels import clean
from cardioprint.datasets.metadata import check_folder, rows, sizes
from cardioprint.datasets.mimic3wdb_matched import SPACE, subject_of
from cardioprint.readers import RecordFile, open_record

RHYTHMS = {
    "SR": "sinus",
    "AF": "af",
    "AFLT": "flutter",
    "STACH": "sinus tachycardia",
    "SBRAD": "sinus bradycardia",
}
"""Our word for the publishers' code; the others of the 26 keep theirs."""

NUMBERS = {
    "age": "age",
    "median_30s_hr": "heart_rate",
    "median_30s_rr": "respiratory_rate",
    "median_30s_sbp": "sbp",
    "median_30s_dbp": "dbp",
}
"""Our label for a column of numbers."""

KEPT = ("strat_fold", "vector_10s_ecg_sqi", "vector_10s_abp_sqi", "record_id", "event_id")
"""Columns kept under the publishers' names."""


def find(root: Path) -> Iterator[Entry]:
    """List the segments that are there, in the order of the publishers' table."""
    columns = ["signal_file_name", "folder_path", "subject_id", "event_rhythm"]
    optional = [*NUMBERS, *KEPT, "gender", "vector_10s_pleth_sqi"]
    table = check_folder(root) / "metadata.csv"
    fix = "fetch metadata.csv too: it says whose each segment is, and its rhythm"
    last, there = None, {}
    for row in rows(table, columns, optional=optional, fix=fix):
        header = _header(row, table)
        folder = root / header.parent
        if folder != last:  # segments of a folder stand together: one look at it for all
            last, there = folder, sizes(folder) if folder.is_dir() else {}
        data = header.with_suffix(".dat").name
        if header.name in there and data in there:
            yield Entry(
                database=DATABASE.name,
                record=row["signal_file_name"],
                path=str(root / header),
                subject=subject_of(row["subject_id"]),
                labels=_labels(row),
                size=there[data],
            )


def _header(row: dict[str, str], table: Path) -> PurePosixPath:
    path = PurePosixPath(safe_name(row["folder_path"], source=table))
    name = safe_name(row["signal_file_name"], source=table)
    # Version 1.1.0 gives the whole path of the record there; a mere folder is understood too.
    return path.with_name(f"{name}.hea") if path.name == name else path / f"{name}.hea"


def _labels(row: dict[str, str]) -> dict[str, float | str]:
    code = row["event_rhythm"]
    labels = {
        "rhythm": RHYTHMS.get(code, code.lower()),
        "event_rhythm": code,
        "sex": row["gender"],
        "quality": row["vector_10s_pleth_sqi"],
    }
    labels |= {ours: row[theirs] for theirs, ours in NUMBERS.items()}
    return clean(labels | {name: row[name] for name in KEPT})


def read(entry: Entry) -> Iterator[RecordFile]:
    """Open a segment: PLETH, and II, ABP and RESP where they were recorded."""
    yield open_record(entry.path, subject=entry.subject)


DATABASE = Database(
    name="mimic3_ext_ppg",
    title="MIMIC-III-Ext-PPG: A PPG Benchmark Dataset for Cardiorespiratory Analysis",
    publisher="PhysioNet (Moulaeifard, Charlton, Strodthoff)",
    version="1.1.0",
    licence="PhysioNet Credentialed Health Data License 1.5.0",
    access="credentialed",
    citation="Moulaeifard M, Charlton PH, Strodthoff N. MIMIC-III-Ext-PPG: A PPG Benchmark "
    "Dataset for Cardiorespiratory Analysis (version 1.1.0). PhysioNet, 2026.",
    doi="10.13026/r6k1-xt76",
    document="https://github.com/AI4HealthUOL/MIMIC-III-Ext-PPG_dataset",
    subjects=6_189,
    records=6_399_754,
    hours=53_300,
    rates=(125.0,),
    channels=("PLETH", "II", "ABP", "RESP"),
    labels=(
        "rhythm",
        "event_rhythm",
        "age",
        "age_over",
        "sex",
        "heart_rate",
        "respiratory_rate",
        "sbp",
        "dbp",
        "quality",
        *KEPT,
    ),
    defects=(
        "the rhythm is what was charted near the segment, not read from the segment itself",
        "many segments have PLETH alone, without an ECG",
        "quality is the publishers' index of the PLETH, one number for each 10 s",
        "weight and height are left out: their units are not stated where we could read it",
        "cut from the MIMIC-III Waveform Database Matched Subset: the same seconds are in both",
        "strat_fold is the publishers' fold by patient; which folds test is left to the user",
    ),
    family="mimic",
    space=SPACE,
    pretraining=True,
    files=Files(
        kind="physionet",
        where="https://physionet.org/files/mimic-iii-ext-ppg/1.1.0/",
        include=("metadata.csv", "p0[0-9]/p[0-9]*/*.hea", "p0[0-9]/p[0-9]*/*.dat"),
        steps=(
            "make a PhysioNet account and become a credentialed user "
            "(training in human-subject research)",
            "sign the data use agreement at https://physionet.org/content/mimic-iii-ext-ppg/1.1.0/",
            "fetch with your PhysioNet name and password",
        ),
    ),
    find=find,
    read=read,
)
