"""Blood pressure of the moment, invasive: high or not, and in mmHg."""

from __future__ import annotations

from dataclasses import replace

from cardioprint.benchmark.tasks import sources
from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, rows_of

HIGH = 140.0
"""mmHg of systolic pressure from which it is high."""


def _load(quick: bool, column: str) -> Rows:
    found = sources.uci_bp(quick)
    side = found.column("side")
    pressure = found.column("sbp" if column == "high" else column)
    known = pressure == pressure  # NaN is not
    found, side, pressure = found[known], side[known], pressure[known]
    target = (pressure >= HIGH).astype(float) if column == "high" else pressure
    return rows_of(
        found, target, metadata={"seams": found.column("n_splices")}, groups={"pretraining": side}
    )


def load_high(quick: bool) -> Rows:
    """Return windows with systolic pressure of 140 mmHg or more, and others."""
    return _load(quick, "high")


def load_systolic(quick: bool) -> Rows:
    """Return windows with their record's systolic pressure."""
    return _load(quick, "sbp")


def load_diastolic(quick: bool) -> Rows:
    """Return windows with their record's diastolic pressure."""
    return _load(quick, "dbp")


BLOOD_PRESSURE = Probe(
    name="blood_pressure",
    title="Systolic pressure of 140 mmHg or more from PPG, UCI",
    paper="4",
    facts=Facts(
        data="uci_bp (Kachuee 2015, from MIMIC-II; CC BY 4.0), up to four records of a person.",
        people="No ids: neighbouring records are taken for one person (439 proxies).",
        inputs="PPG, ECG lead II, or both; one block of 8 s at 125 Hz of each record, without a "
        "seam.",
        split=SPLIT,
        metric="AUROC; AUPRC, Brier, sensitivity at 90 % specificity.",
        caveats="uci_bp is a source of pretraining: 'reserved' people in the subgroups never are. "
        "No age or sex is known. Two proxies may be one person.",
    ),
    load=load_high,
    kind="labels",
    measure="AUROC",
    inputs=(("ppg",), ("ecg",), ("ecg", "ppg")),
    classes=("SBP >= 140",),
    tables=("uci_bp",),
    supervised=True,
)

SYSTOLIC = replace(
    BLOOD_PRESSURE,
    name="systolic",
    title="Systolic pressure from PPG, UCI",
    facts=replace(
        BLOOD_PRESSURE.facts,
        metric="MAE in mmHg; R2.",
        caveats="Reported, never a device claim: AAMI/ISO 81060-2 asks for a mean error of at "
        "most 5 and an SD of at most 8 mmHg in 85 people. " + BLOOD_PRESSURE.facts.caveats,
    ),
    load=load_systolic,
    kind="number",
    measure="MAE, mmHg",
    inputs=(("ppg",),),
    classes=(),
)

DIASTOLIC = replace(
    SYSTOLIC,
    name="diastolic",
    title="Diastolic pressure from PPG, UCI",
    load=load_diastolic,
)
