"""How good a head is: its out-of-fold predictions put together as in use, by person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import measures
from cardioprint.benchmark.heads.base import Kind
from cardioprint.benchmark.heads.likeness import person_quantile
from cardioprint.errors import RecordError
from cardioprint.fingerprints.heads.answer import together
from cardioprint.fingerprints.heads.card import Interval, Score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate

ME = "this head"
"""Method of a score of the head itself."""

LEVEL = 0.9
"""Share of people whose number lies in the interval."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a head is to read, in words."""

    name: str
    task: str
    """One line."""
    kind: Kind
    outputs: tuple[str, ...]
    """Classes or labels in order; for a number, its one name."""
    unit: str = ""
    """Of a number."""
    lowest: float | None = None
    """No value lies below; None: no such limit."""
    not_for: str
    """What it must not be used for."""
    notes: tuple[str, ...] = ()
    """Licences, defects of the data."""
    on: str = "out of fold by person"
    """Whose records it was judged on."""
    repeats: int = 1
    """Times it is judged, with folds dealt anew; the measures are averaged."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a head learns from.

    Attributes:
        vectors: Fingerprints, shape (window, feature); none abstained.
        y: Labels as `heads.base.Head.fit` wants them.
        person: Of each window; copies of one recording share theirs.
        unit: What is answered about: record, or person; its windows share a label, or the label
            of a number is their mean.
        baselines: Name -> vectors that the same windows get without the model.
        guesses: Name -> predictions of the same windows that nothing was learnt for.
        subsets: What the score is on -> rows; judged apart, by the same out-of-fold predictions.
    """

    vectors: NDArray[np.float32]
    y: NDArray
    person: NDArray
    unit: NDArray
    baselines: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    guesses: Mapping[str, NDArray[np.floating]] = field(default_factory=dict)
    subsets: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


def by_unit(
    kind: Kind, prediction: NDArray, y: NDArray, person: NDArray, unit: NDArray
) -> tuple[NDArray, NDArray, NDArray]:
    """Return predictions, labels and people of units: windows are put together as in use.

    Args:
        kind: Of the labels.
        prediction: Shape (window,) or (window, output).
        y: Of each window.
        person: Of each window.
        unit: Of each window.
    """
    _, first, whose = np.unique(unit, return_index=True, return_inverse=True)
    found, truth = [], []
    for rows in np.split(np.argsort(whose, kind="stable"), np.cumsum(np.bincount(whose))[:-1]):
        if kind == "number":
            found.append(np.median(prediction[rows]))
            truth.append(y[rows].mean())
            continue
        wide = prediction[rows].reshape(len(rows), -1)
        found.append(together(wide, kind == "classes").reshape(prediction.shape[1:]))
        truth.append(y[rows[0]])
    return np.array(found), np.array(truth), person[first]


def judged(
    spec: Spec, rows: Rows, predictions: Mapping[str, Sequence[NDArray]]
) -> tuple[list[Score], dict[tuple[str, str], Estimate]]:
    """Return the scores of every method on every subset, and the main ones with replicates."""
    subsets = rows.subsets or {spec.on: np.ones(len(rows.y), bool)}
    scores: list[Score] = []
    main: dict[tuple[str, str], Estimate] = {}
    for on, keep in subsets.items():
        y, whose, unit = rows.y[keep], rows.person[keep], rows.unit[keep]
        for method, repeats in predictions.items():
            parts = [by_unit(spec.kind, p[keep], y, whose, unit) for p in repeats]
            person = parts[0][2]
            listed = zip(*(_measures(spec, found, truth) for found, truth, _ in parts), strict=True)
            for place, same in enumerate(listed):
                if method != ME and place:
                    break
                name, better, _ = same[0]
                got = measures.estimate(measures.Average([s for _, _, s in same]), person)
                if place == 0:
                    main[on, method] = got
                if np.isfinite([got.value, got.low, got.high]).all():
                    scores.append(score(name, on, method, better, got, len(person)))
    if not any(s.method == ME for s in scores):
        raise RecordError(
            "no measure has a value on these labels",
            source=spec.name,
            fix="every class or label needs people that have it and people that have not",
        )
    return scores, main


def score(name: str, on: str, method: str, better: str, got: Estimate, units: int) -> Score:
    """Return an estimate as a card has it."""
    return Score(
        measure=name,
        on=on,
        method=method,
        value=got.value,
        low=got.low,
        high=got.high,
        people=got.people,
        units=units,
        better="lower" if better == "lower" else "higher",
    )


def _measures(
    spec: Spec, found: NDArray, truth: NDArray
) -> Sequence[tuple[str, str, measures.Statistic]]:
    """Return (name, which direction is better, statistic), the main one first."""
    if spec.kind == "number":
        return (
            (f"mean absolute error, {spec.unit}", "lower", measures.absolute_error(found, truth)),
            ("R2", "higher", measures.r_squared(found, truth)),
        )
    if spec.kind == "classes":
        truth = truth[:, None] == np.arange(len(spec.outputs))
    found, truth = found.reshape(len(found), -1), truth.reshape(len(found), -1).astype(int)
    found = np.pad(found, ((0, 0), (0, truth.shape[1] - found.shape[1])))
    many = truth.shape[1] > 1
    out: list[tuple[str, str, measures.Statistic]] = [
        ("macro AUROC" if many else "AUROC", "higher",
         measures.macro(measures.auroc)(found, truth)),
        ("macro AUPRC" if many else "AUPRC", "higher",
         measures.macro(measures.auprc)(found, truth)),
        ("Brier score", "lower", measures.macro(measures.brier)(found, truth)),
    ]  # fmt: skip
    if many:
        out += [
            (f"AUROC {name}", "higher", measures.auroc(p, t))
            for name, p, t in zip(spec.outputs, found.T, truth.T, strict=True)
        ]
    return out


def conformal(
    spec: Spec,
    rows: Rows,
    unseen: NDArray,
    folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
) -> tuple[Interval, Score]:
    """Return the interval of a number, and the share of people that such intervals cover.

    The share is measured on each fold with the limits that the other folds' people give.
    """
    tail = (1 - LEVEL) / 2

    def limits(keep: NDArray) -> tuple[float, float]:
        found, truth, person = by_unit(
            "number", unseen[keep], rows.y[keep], rows.person[keep], rows.unit[keep]
        )
        error = truth - found
        below = person_quantile(error, person, tail, upper=False)
        return min(below, 0.0), max(person_quantile(error, person, 1 - tail), 0.0)

    inside, whose = [], []
    for train, test in folds:
        below, above = limits(train)
        found, truth, person = by_unit(
            "number", unseen[test], rows.y[test], rows.person[test], rows.unit[test]
        )
        inside.append((truth - found >= below) & (truth - found <= above))
        whose.append(person)
    covered = np.concatenate(inside)
    got = measures.estimate(measures.RowMean(covered), np.concatenate(whose))
    below, above = limits(np.arange(len(rows.y)))
    interval = Interval(
        method="conformal", level=LEVEL, below=below, above=above, lowest=spec.lowest
    )
    name = f"share inside the {100 * LEVEL:g} % interval"
    return interval, score(name, spec.on, ME, "higher", got, len(covered))
