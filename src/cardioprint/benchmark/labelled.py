"""Frozen probes on the public labelled tables: one row of `TASKS` each, by person throughout."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark import probes, report, statistics
from cardioprint.benchmark.encoders import Cached, HandMade, random_encoder
from cardioprint.benchmark.sets import Labelled, labelled_set

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.encoders import Encoder

RHYTHMS = ("sinus", "PVC", "PAC", "VT", "SVT", "AF")
CLASSES = ("NORM", "MI", "STTC", "CD", "HYP")

QUICK_THINNING = 4
"""A quick run takes every fourth row of tables with more than 2,000."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One probe.

    Attributes:
        title: Heading.
        table: Key of the table.
        column: Waveform.
        labels: Table -> labels: shape (row,) numbers or class names, or (row, label) of 0/1;
            NaN where unknown.
        kind: "classes", "labels" or "number".
        people: Keys of `KNOWN` that make a baseline without a signal; none: no such baseline.
        keep: Which rows take part.
        by_person: Average a person's vectors first, one row a person.
        seeds: Repetitions of the CV with other folds.
    """

    title: str
    table: str
    column: str
    labels: Callable[[Labelled], NDArray]
    kind: str
    people: tuple[str, ...] = ()
    keep: Callable[[Labelled], NDArray] | None = None
    by_person: bool = False
    seeds: int = 3


def _five(table: Labelled) -> NDArray:
    return np.stack([table.column(c) for c in CLASSES], axis=1)


def _male(table: Labelled) -> NDArray:
    return np.where(np.isin(table.column("sex"), ["M", "F"]), table.column("sex") == "M", np.nan)


def _age(table: Labelled) -> NDArray:
    # PTB-XL writes 300 for "over 89" (Wagner 2020): one such row would move a mean by a year.
    return np.where(table.column("age") > 120, np.nan, table.column("age"))


KNOWN: dict[str, Callable[[Labelled], NDArray]] = {
    "age": _age,
    "sex": _male,
    "bmi": lambda t: t.column("bmi"),
}
"""What may be known of a person without a signal."""


def _ptb_xl(table: Labelled) -> NDArray:
    return np.array(["PTB-XL" in row["source"] for row in table.rows])


TASKS: dict[str, Task] = {
    "rhythm": Task(
        title="Rhythm from PPG, six classes, macro AUROC",
        table="rhythm_ppg",
        column="ppg",
        labels=lambda t: t.column("rhythm"),
        kind="classes",
        seeds=1,
    ),
    "five_class_ptb_xl": Task(
        title="Five-class CVD from ECG lead II, PTB-XL alone, macro AUROC",
        table="five_class",
        column="II",
        labels=_five,
        kind="labels",
        people=("age", "sex"),
        keep=_ptb_xl,
    ),
    "five_class": Task(
        title="Five-class CVD from ECG lead II, all sources, macro AUROC",
        table="five_class",
        column="II",
        labels=_five,
        kind="labels",
        people=("age", "sex"),
    ),
    "age_ecg": Task(
        title="Age from ECG lead II, MAE in years",
        table="five_class",
        column="II",
        labels=_age,
        kind="number",
    ),
    "sex_ecg": Task(
        title="Sex from ECG lead II, AUROC",
        table="five_class",
        column="II",
        labels=_male,
        kind="labels",
    ),
    "hypertension": Task(
        title="Hypertension (stage 1+2) from PPG, PPG-BP, AUROC",
        table="ppg_bp",
        column="ppg",
        labels=lambda t: t.column("hypertension"),
        kind="labels",
        people=("age", "sex", "bmi"),
        seeds=10,
        by_person=True,
    ),
    "age_ppg": Task(
        title="Age from PPG, PPG-BP, MAE in years",
        table="ppg_bp",
        column="ppg",
        labels=_age,
        kind="number",
        seeds=10,
        by_person=True,
    ),
    "sex_ppg": Task(
        title="Sex from PPG, PPG-BP, AUROC (reported, never claimed)",
        table="ppg_bp",
        column="ppg",
        labels=_male,
        kind="labels",
        seeds=10,
        by_person=True,
    ),
}


def averaged(x: NDArray, subject: NDArray) -> NDArray:
    """Return the mean of each person's rows, missing ones left out, people by name."""
    people, person = np.unique(subject, return_inverse=True)
    sums, counts = np.zeros((2, len(people), x.shape[1]))
    np.add.at(sums, person, np.nan_to_num(x))
    np.add.at(counts, person, np.isfinite(x))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def measure(
    task: Task, table: Labelled, encoders: Sequence[Cached], results: report.Results
) -> None:
    """Probe every encoder, and what is known without a signal, on one task."""
    labels = task.labels(table)
    if task.kind == "classes":
        labels = np.searchsorted(np.sort(RHYTHMS), labels).astype(float)
    labels = labels.reshape(len(labels), -1).astype(float)
    keep = np.isfinite(labels).all(axis=1)
    if task.keep is not None:
        keep &= task.keep(table)
    subject = table.subject[keep]
    vectors = {e.name: (e.kind, e.embed(table.windows, (table.modality,))[keep]) for e in encoders}
    if task.people:
        known = np.stack([KNOWN[c](table) for c in task.people], axis=1)
        vectors[" + ".join(task.people)] = ("trivial", known[keep])
    y = labels[keep]
    if task.by_person:
        vectors = {k: (kind, averaged(x, subject)) for k, (kind, x) in vectors.items()}
        y, subject = averaged(y, subject), np.unique(subject)
    if task.kind == "number":
        truth = y[:, 0]
        guesses = [probes.constant(truth, subject, s) for s in range(task.seeds)]
        _add_error(results, task, "constant", "trivial", guesses, truth, subject)
    else:
        share = (
            y.mean(axis=0) if task.kind == "labels" else np.bincount(y[:, 0].astype(int)) / len(y)
        )
        names = CLASSES if y.shape[1] == 5 else RHYTHMS if task.kind == "classes" else ("positive",)
        order = sorted(names) if task.kind == "classes" else names
        said = ", ".join(f"{n} {s:.2f}" for n, s in zip(order, share, strict=True))
        results.note(task.title, f"Prevalence: {said}.")
    for name, (kind, x) in vectors.items():
        if task.kind == "number":
            guesses = [probes.ridge(x, y[:, 0], subject, s) for s in range(task.seeds)]
            _add_error(results, task, name, kind, guesses, y[:, 0], subject)
            continue
        curves = []
        for seed in range(task.seeds):
            if task.kind == "classes":
                label = y[:, 0].astype(int)
                score = probes.logistic(x, label, subject, seed)
                curves += [statistics.auroc(score[:, c], label == c) for c in range(score.shape[1])]
            else:
                for column in y.T.astype(int):
                    score = probes.logistic(x, column, subject, seed)[:, 1]
                    curves.append(statistics.auroc(score, column == 1))
        found = statistics.weighted(
            lambda w, c=tuple(curves): float(np.nanmean([curve(w) for curve in c])), subject
        )
        results.add(task.title, "linear probe", name, kind, found)


def _add_error(
    results: report.Results,
    task: Task,
    name: str,
    kind: str,
    guesses: list[NDArray],
    truth: NDArray,
    subject: NDArray,
) -> None:
    error = np.mean([np.abs(g - truth) for g in guesses], axis=0)
    results.add(task.title, "linear probe", name, kind, statistics.mean(error, subject), "lower")


def run(
    encoders: Sequence[Encoder], out: Path, quick: bool = False, tasks: Sequence[str] = ()
) -> dict[str, Any]:
    """Probe encoders on the labelled tables; write labelled.json, labelled.md and a figure.

    Args:
        encoders: Models under test; the random and hand-made ones are added.
        out: Folder to write into.
        quick: A quarter of the rows of the large table.
        tasks: Keys of `TASKS`; default: all.

    Returns:
        What labelled.json holds.
    """
    began = time.monotonic()
    cached = [Cached(e) for e in (*encoders, random_encoder(), HandMade())]
    results, tables = report.Results(), {}
    for name in tasks or TASKS:
        task = TASKS[name]
        key = (task.table, task.column)
        if key not in tables:
            thin = QUICK_THINNING if quick and task.table == "rhythm_ppg" else 1
            tables[key] = labelled_set(*key, thin=thin)
        measure(task, tables[key], cached, results)
    about = [
        *(t.about for t in tables.values()),
        "Grouped 5-fold CV by person; penalty chosen by inner grouped CV; 95 % intervals by "
        "bootstrap over people. Each excerpt is prepared alone.",
        f"Took {time.monotonic() - began:.0f} s.",
    ]
    plain = report.write(results, out, "Linear probes on public labelled data", about, "labelled")
    panels = [(t, m) for t, measures in results.tasks.items() for m in measures]
    titles = [t.split(",")[0] + (", PTB-XL" if "PTB-XL" in t else "") for t, _ in panels]
    report.forest(results, panels, titles, out / "labelled.png")
    return plain
