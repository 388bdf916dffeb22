"""Rhythm from PPG: six classes, three, and atrial fibrillation against sinus rhythm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.tasks import sources
from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, Excerpts, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

RHYTHMS = ("sinus", "PVC", "PAC", "VT", "SVT", "AF")
COARSE = ("sinus", "AF", "other")


def _six(found: Excerpts) -> NDArray[np.float64]:
    said = found.column("rhythm")
    return np.array([RHYTHMS.index(r) for r in said], float)


def _three(found: Excerpts) -> NDArray[np.float64]:
    said = found.column("rhythm")
    return np.select([said == "sinus", said == "AF"], [0.0, 1.0], 2.0)


def load_six(quick: bool) -> Rows:
    """Return windows with one of six rhythms."""
    found = sources.rhythm_ppg(quick)
    return rows_of(found, _six(found), metadata={"publisher's split": found.column("split")})


def load_three(quick: bool) -> Rows:
    """Return the same windows: sinus rhythm, atrial fibrillation, anything else."""
    found = sources.rhythm_ppg(quick)
    return rows_of(found, _three(found))


def load_fibrillation(quick: bool) -> Rows:
    """Return the windows of sinus rhythm and of atrial fibrillation alone."""
    found = sources.rhythm_ppg(quick)
    found = found[_three(found) < 2]
    return rows_of(found, _three(found))


ONCE = "Dealt once: three times as often would cost minutes, and the six classes are the headline."

RHYTHM = Probe(
    name="rhythm",
    title="Rhythm from PPG, six classes",
    paper="3b",
    facts=Facts(
        data="rhythm_ppg (Liu 2022; to be cited, no licence stated), 10,620 windows.",
        people="28 patients of one hospital, by the publisher's file of each.",
        inputs="Finger PPG, 10 s at 100 Hz, scaled to 0..1 by the publisher.",
        split=SPLIT,
        metric="Macro AUROC over sinus, PVC, PAC, VT, SVT, AF; AUPRC, Brier.",
        caveats="28 people: intervals over people are what counts, however many windows there "
        "are. A person may have all six rhythms. Labels come from the simultaneous ECG.",
    ),
    load=load_six,
    kind="classes",
    measure="macro AUROC",
    inputs=(("ppg",),),
    classes=RHYTHMS,
    robust=True,
    tables=("rhythm_ppg",),
    supervised=True,
)

RHYTHM_THREE = replace(
    RHYTHM,
    name="rhythm_three",
    title="Rhythm from PPG: sinus, AF, other",
    facts=replace(
        RHYTHM.facts,
        split=f"{SPLIT} {ONCE}",
        metric="Macro AUROC over sinus, AF, other; AUPRC, Brier.",
    ),
    load=load_three,
    classes=COARSE,
    seeds=1,
    robust=False,
)

FIBRILLATION = replace(
    RHYTHM,
    name="fibrillation",
    title="Atrial fibrillation against sinus rhythm from PPG",
    facts=replace(
        RHYTHM.facts,
        split=f"{SPLIT} {ONCE}",
        metric="AUROC; AUPRC, Brier, sensitivity at 90 % specificity.",
        caveats="Saturated: the spread of intervals alone nearly solves it. Never a headline. "
        + RHYTHM.facts.caveats,
    ),
    load=load_fibrillation,
    kind="labels",
    measure="AUROC",
    classes=("AF",),
    seeds=1,
    robust=False,
    supervised=False,
)
