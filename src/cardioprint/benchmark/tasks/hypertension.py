"""Hypertension as a diagnosis or a stage, by person."""

from __future__ import annotations

from cardioprint.benchmark.tasks import sources
from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, rows_of


def load_ppg_bp(quick: bool) -> Rows:
    """Return three short segments of each person: stage 1 or 2, or neither."""
    found = sources.ppg_bp(quick)
    return rows_of(found, found.column("hypertension"))


def load_vitaldb(quick: bool) -> Rows:
    """Return windows of surgical patients with and without the diagnosis."""
    found = sources.vitaldb_short(quick)
    device = {"recorded rate": found.column("fs")}
    return rows_of(
        found,
        found.column("preop_htn"),
        metadata=device,
        groups={"device": found.column("fs").astype(int).astype(str)},
    )


HYPERTENSION = Probe(
    name="hypertension",
    title="Hypertension (stage 1 or 2) from PPG, PPG-BP",
    paper="4",
    facts=Facts(
        data="ppg_bp (Liang 2018; CC0 1.0), 155 of the published 219 people.",
        people="One row a person: the mean vector of three segments. 23_3 and 24_1 are one "
        "recording under two people's names, and are left out.",
        inputs="Finger PPG, three segments of 2.1 s at 1 kHz.",
        split=SPLIT,
        metric="AUROC by person; AUPRC, Brier, sensitivity at 90 % specificity.",
        caveats="Stages come from one cuff measurement in the same session. 155 people: noise "
        "vectors vary by 0.05, so differences within about 0.10 mean nothing. Of 219 people "
        "published figures are 0.77 (PaPaGei-S) and 0.826 (Pulse-PPG, secondary source).",
    ),
    load=load_ppg_bp,
    kind="labels",
    measure="AUROC",
    inputs=(("ppg",),),
    classes=("hypertension",),
    known=("age", "sex", "bmi"),
    by_person=True,
    seeds=10,
    tables=("ppg_bp",),
    supervised=True,
)

HYPERTENSION_VITALDB = Probe(
    name="hypertension_vitaldb",
    title="Hypertension (diagnosed before surgery) from ECG and PPG, VitalDB",
    paper="4",
    facts=Facts(
        data="vitaldb_short (Lee 2022; VitalDB's own terms, non-commercial): evaluation only, "
        "nothing that is released learns from it.",
        people="244 surgical patients, 93 with the diagnosis; one row a person, the mean vector "
        "of their windows.",
        inputs="ECG lead II and finger PPG, windows of 3 s (100 Hz) and 5 s (60 Hz, brought to "
        "100 Hz).",
        split=SPLIT,
        metric="AUROC by person; AUPRC, Brier, sensitivity at 90 % specificity.",
        caveats="Early in anaesthesia, under drugs that act on vessels and rate; many windows of "
        "one person are of the same seconds. The diagnosis is from the history, treated or not.",
    ),
    load=load_vitaldb,
    kind="labels",
    measure="AUROC",
    inputs=(("ecg", "ppg"), ("ecg",), ("ppg",)),
    classes=("hypertension",),
    known=("age", "sex", "bmi"),
    by_person=True,
    seeds=5,
    tables=("vitaldb_short",),
    supervised=True,
)
