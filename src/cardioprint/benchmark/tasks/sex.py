"""Sex, from each modality: reported as an attribute that fingerprints give away."""

from __future__ import annotations

from functools import partial

import numpy as np

from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, rows_of
from cardioprint.benchmark.tasks.people import COHORTS, Cohort


def load(cohort: Cohort, quick: bool) -> Rows:
    """Return windows with 1 for a man and 0 for a woman."""
    found = cohort.find(quick)
    metadata: dict[str, np.ndarray] = {}
    if cohort.device:
        metadata["source"] = found.column(cohort.device).astype(str)
    rows = rows_of(found, found.signals.known["sex"], metadata=metadata, groups=metadata)
    return rows


def _task(name: str, cohort: Cohort) -> Probe:
    return Probe(
        name=f"sex_{name}",
        title=f"Sex from {cohort.place}",
        paper="7",
        facts=Facts(
            data=cohort.data,
            people=cohort.people,
            inputs=cohort.signal,
            split=SPLIT,
            metric="AUROC (male); AUPRC, Brier, sensitivity at 90 % specificity.",
            caveats=f"{cohort.caveats} Reported, never claimed: few people.",
        ),
        load=partial(load, cohort),
        kind="labels",
        measure="AUROC",
        inputs=cohort.inputs,
        classes=("male",),
        known=("age",),
        by_person=cohort.by_person,
        seeds=cohort.seeds,
        tables=(cohort.table,),
        supervised=name == "five_class",
    )


TASKS = {f"sex_{name}": _task(name, cohort) for name, cohort in COHORTS.items()}
"""Tasks by name."""
