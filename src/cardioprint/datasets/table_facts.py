"""Facts of the development tables whose originals cardioprint has no adapter for."""

from __future__ import annotations

from typing import Any

from cardioprint.datasets.base import Files

_TABLE = Files(kind="", steps=("Put the development table into $CARDIOPRINT_DATA",))

VITALDB_SHORT: dict[str, Any] = {
    "title": "VitalDB, windows of 3 s and 5 s early in anaesthesia",
    "publisher": "Seoul National University Hospital (H.-C. Lee et al.)",
    "version": "",
    "licence": "VitalDB's own terms, non-commercial: evaluate on it, release nothing",
    "access": "open",
    "citation": "Lee HC et al. VitalDB, a high-fidelity multi-parameter vital signs database in "
    "surgical patients. Sci Data 9:279, 2022",
    "doi": "10.1038/s41597-022-01411-5",
    "document": "https://vitaldb.net/dataset/",
    "subjects": 244,
    "records": 1147,
    "hours": 1.3,
    "rates": (100.0, 60.0),
    "channels": ("ECG", "PPG"),
    "defects": (
        "Many windows are of the same seconds of one case: count people, never windows.",
        "Windows of 3 s and 5 s hold a few beats only.",
    ),
    "family": "vitaldb",
    "space": "vitaldb",
    "files": _TABLE,
}

POLAR_OXIMETER: dict[str, Any] = {
    "title": "Chest strap (Polar H10) and finger oximeter, at rest and in exercise",
    "publisher": "not stated",
    "version": "",
    "licence": "none stated: evaluate only",
    "access": "open",
    "citation": "",
    "document": "",
    "subjects": 13,
    "records": 26,
    "hours": 1.1,
    "rates": (100.0,),
    "channels": ("ECG", "PPG"),
    "defects": (
        "Two Bluetooth clocks were joined: the lag between ECG and PPG is uncertain by tens of ms.",
    ),
    "files": _TABLE,
}

FIVE_CLASS: dict[str, Any] = {
    "title": "12-lead ECGs of five classes: normal, infarction, ST-T, conduction, hypertrophy",
    "publisher": "PTB-XL (Wagner 2020), LUDB (Kalyakulina 2020), CPSC, Georgia, "
    "Chapman-Shaoxing/Ningbo (Perez Alday 2020)",
    "version": "",
    "licence": "CC BY 4.0; ODC-By 1.0 (LUDB)",
    "access": "open",
    "citation": "Wagner P et al. Sci Data 7:154, 2020; Kalyakulina AI et al. IEEE Access "
    "8:186181-186190, 2020; Perez Alday EA et al. Physiol Meas 41:124003, 2020",
    "document": "https://physionet.org/content/ptb-xl/1.0.3/",
    "records": 587,
    "hours": 1.6,
    "modalities": ("ecg",),
    "rates": (100.0,),
    "channels": ("I", "II", "III", "AVR", "AVL", "AVF", "V1", "V2", "V3", "V4", "V5", "V6"),
    "defects": (
        "Hypertrophy is 71 % of LUDB and 8 % of PTB-XL: a model can score by knowing the source.",
        "The classes of LUDB and of the SNOMED codes are our own mapping.",
    ),
    "family": "ptbxl",
    "files": _TABLE,
}
