"""Heart rate, at rest in intensive care and while running, beside counting beats."""

from __future__ import annotations

from dataclasses import replace

from cardioprint.benchmark.tasks import sources
from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, rows_of

COUNTED = "beat counting"


def load_rest(quick: bool) -> Rows:
    """Return windows of BIDMC with the rate of their R-peaks."""
    found, truth, counted = sources.bidmc(quick)
    return rows_of(found, truth, guesses={(COUNTED, "ppg"): counted})


def load_running(quick: bool) -> Rows:
    """Return windows of TROIKA with the publisher's rate."""
    found, truth, ecg, ppg = sources.troika(quick)
    return rows_of(found, truth, guesses={(COUNTED, "ecg"): ecg, (COUNTED, "ppg"): ppg})


HEART_RATE = Probe(
    name="heart_rate",
    title="Heart rate in intensive care, BIDMC",
    paper="",
    facts=Facts(
        data="bidmc (Pimentel 2017, from MIMIC-II; ODC-By 1.0), a window every minute.",
        people="46 patients in 53 records; uci_bp comes from MIMIC-II too: a person may be in "
        "pretraining.",
        inputs="PPG, ECG lead II, or both; 10 s at 125 Hz.",
        split=SPLIT,
        metric="MAE in beats/min; R2. Truth: the median interval of R-peaks in the record.",
        caveats="From the ECG the truth is the signal itself. Pauses and ectopic beats make the "
        "median interval differ from beats counted in a minute.",
    ),
    load=load_rest,
    kind="number",
    measure="MAE, beats/min",
    inputs=(("ppg",), ("ecg",), ("ecg", "ppg")),
    robust=True,
    tables=("bidmc",),
    supervised=True,
)

HEART_RATE_RUNNING = replace(
    HEART_RATE,
    name="heart_rate_running",
    title="Heart rate while running, TROIKA",
    facts=replace(
        HEART_RATE.facts,
        data="troika (Zhang 2015; to be cited), windows of 8 s side by side.",
        people="12 runners in 13 records.",
        inputs="Wrist PPG, chest ECG, or both; 8 s at 125 Hz.",
        metric="MAE in beats/min; R2. Truth: the publisher's, from the ECG.",
        caveats="Twelve people. Published methods use acceleration as well and follow the rate "
        "over time (KID-PPG: 2.9 on other data); one window alone has to do here.",
    ),
    load=load_running,
    robust=False,
    tables=("troika",),
)
