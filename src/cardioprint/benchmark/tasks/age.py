"""Age in years, from each modality."""

from __future__ import annotations

from functools import partial

from cardioprint.benchmark.tasks.base import Facts, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import SPLIT, ages
from cardioprint.benchmark.tasks.people import COHORTS, Cohort, rows_with


def load(cohort: Cohort, quick: bool) -> Rows:
    """Return windows with the age of their person."""
    return rows_with(cohort, ages, quick)


def _task(name: str, cohort: Cohort) -> Probe:
    return Probe(
        name=f"age_{name}",
        title=f"Age from {cohort.place}",
        paper="6",
        facts=Facts(
            data=cohort.data,
            people=cohort.people,
            inputs=cohort.signal,
            split=SPLIT,
            metric="MAE in years; R2.",
            caveats=f"{cohort.caveats} An age of 'over 89' is left out.",
        ),
        load=partial(load, cohort),
        kind="number",
        measure="MAE, years",
        inputs=cohort.inputs,
        known=("sex",),
        by_person=cohort.by_person,
        seeds=cohort.seeds,
        tables=(cohort.table,),
        supervised=True,
    )


TASKS = {f"age_{name}": _task(name, cohort) for name, cohort in COHORTS.items()}
"""Tasks by name."""
