"""Five classes of heart disease from one lead: PTB-XL alone, and all sources."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cardioprint.benchmark.tasks import sources
from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, Excerpts, rows_of

CLASSES = ("NORM", "MI", "STTC", "CD", "HYP")


def _rows(found: Excerpts) -> Rows:
    source = found.column("source")
    target = np.stack([found.column(c) for c in CLASSES], axis=1)
    return rows_of(found, target, metadata={"source": source}, groups={"source": source})


def load_all(quick: bool) -> Rows:
    """Return recordings of all sources."""
    return _rows(sources.five_class(quick))


def load_ptb_xl(quick: bool) -> Rows:
    """Return recordings of PTB-XL alone, whoever repackaged them."""
    found = sources.five_class(quick)
    return _rows(found[np.char.find(found.column("source"), "PTB-XL") >= 0])


def load_others(quick: bool) -> Rows:
    """Return recordings of all sources but PTB-XL."""
    found = sources.five_class(quick)
    return _rows(found[np.char.find(found.column("source"), "PTB-XL") < 0])


FIVE_CLASS_PTB_XL = Probe(
    name="five_class_ptb_xl",
    title="Five-class heart disease from ECG lead II, PTB-XL alone",
    paper="3",
    facts=Facts(
        data="five_class, rows of PTB-XL (Wagner 2020; CC BY 4.0).",
        people="Patients of PTB-XL by the publisher's numbers.",
        inputs="ECG lead II, 10 s at 100 Hz.",
        split=SPLIT,
        metric="Macro AUROC over NORM, MI, STTC, CD, HYP (several may be true); AUPRC, Brier.",
        caveats="A few hundred recordings, and one lead where published figures have twelve: "
        "infarction and hypertrophy show in leads that are not looked at.",
    ),
    load=load_ptb_xl,
    kind="labels",
    measure="macro AUROC",
    inputs=(("ecg",),),
    classes=CLASSES,
    known=("age", "sex"),
    robust=True,
    tables=("five_class",),
    supervised=True,
)

FIVE_CLASS = replace(
    FIVE_CLASS_PTB_XL,
    name="five_class",
    title="Five-class heart disease from ECG lead II, all sources",
    facts=replace(
        FIVE_CLASS_PTB_XL.facts,
        data="five_class: PTB-XL, LUDB, CPSC, Georgia, Chapman-Shaoxing/Ningbo (CC BY 4.0; "
        "ODC-By 1.0).",
        people="By the publishers' numbers; Georgia's E07509 and E07510 are one recording, which "
        "counts once.",
        caveats="Hypertrophy is 71 % of LUDB and 8 % of PTB-XL: knowing the source alone gives "
        "about 0.70, see the metadata probe. PTB-XL alone is the headline. Mappings of LUDB and "
        "SNOMED to the five classes are ours.",
    ),
    load=load_all,
    robust=False,
)

FIVE_CLASS_OTHERS = replace(
    FIVE_CLASS,
    name="five_class_others",
    title="Five-class heart disease from ECG lead II, without PTB-XL",
    load=load_others,
)
"""No task of its own: what a head that was fitted on PTB-XL is asked about."""
