"""Sex, from each modality: reported as an attribute that fingerprints give away."""

from __future__ import annotations

from functools import partial

from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT
from cardioprint.benchmark.tasks.people import COHORTS, Cohort, rows_with


def load(cohort: Cohort, quick: bool) -> Rows:
    """Return windows with 1 for a man and 0 for a woman."""
    return rows_with(cohort, lambda found: found.signals.known["sex"], quick)


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
