"""PulseDB, the part cut from MIMIC-III; see `pulsedb` for the layout."""

from __future__ import annotations

from functools import partial

from cardioprint.datasets import pulsedb
from cardioprint.datasets.base import Database, Files
from cardioprint.datasets.mimic3wdb_matched import SPACE

DATABASE = Database(
    name="pulsedb_mimic",
    title="PulseDB, MIMIC part",
    publisher="PulseLab, Rutgers University and Case Western Reserve University",
    version="2023",
    licence="Open Database License 1.0 (ODbL), Database Contents License 1.0",
    access="open",
    citation=pulsedb.CITATION,
    doi="10.3389/fdgth.2022.1090854",
    document="https://github.com/pulselabteam/PulseDB",
    rates=(pulsedb.RATE,),
    channels=("ECG_Record", "PPG_Record", "ABP_Raw"),
    labels=("sbp", "dbp", "age", "sex", "quality", "case", "subset"),
    defects=(
        *pulsedb.DEFECTS,
        "the same seconds are in the MIMIC-III Waveform Database Matched Subset",
    ),
    family="mimic",
    space=SPACE,
    pretraining=True,
    released=True,
    files=Files(
        kind="manual",
        where="https://github.com/pulselabteam/PulseDB",
        size_gb=136,
        steps=tuple(step.format(name="PulseDB_MIMIC") for step in pulsedb.STEPS),
    ),
    find=partial(pulsedb.find, database="pulsedb_mimic", part="PulseDB_MIMIC"),
    read=pulsedb.read,
)
