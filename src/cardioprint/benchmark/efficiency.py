"""How many people's labels a head needs: the same test folds, fewer and fewer people to learn from.

A share is a share of the people in each training fold. The smaller shares of a draw are part of
its larger ones, so that a curve does not jump because other people were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Head, Kind, checked, fit_folds, matrix, outer_folds
from cardioprint.benchmark.measures import Average, Measure, absent, estimate
from cardioprint.benchmark.statistics import RESAMPLES, Estimate
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES = (0.01, 0.05, 0.1, 0.25, 1.0)
"""Of the people in a training fold."""

DRAWS = 5
"""Subsets of people drawn for each share below 1."""

PEOPLE_OF_EACH = 2
"""People that each class, and each side of each label, has to have among those learnt from: with
one, the choice of the penalty inside would never see the class on both sides."""

PEOPLE_OF_A_NUMBER = 5
"""People that a head for numbers needs."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One share of the curve.

    Attributes:
        share: Of the people in a training fold.
        people: Learnt from in a fold, on average.
        found: Mean over draws, with its interval over test people; NaN where no draw had what a
            class needs.
        draws: Draws that could be used.
        spread: SD over draws, NaN for fewer than two.
        note: Why there is no value, else "".
    """

    share: float
    people: float
    found: Estimate
    draws: int
    spread: float
    note: str = ""


def curve(
    head: Head,
    x: NDArray[np.floating],
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    measure: Measure,
    *,
    shares: Sequence[float] = SHARES,
    draws: int = DRAWS,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> tuple[Point, ...]:
    """Return a measure against the share of people whose labels were learnt.

    Args:
        head: What learns.
        x: Vectors, shape (row, feature).
        y: Labels, as for `Head.fit`.
        subject: Person of each row.
        kind: What y holds.
        measure: Of out-of-fold predictions and labels.
        shares: Of people, between 0 and 1.
        draws: Subsets of people for each share below 1.
        seed: Of folds, draws and head.
        resamples: Resamples of test people.

    Raises:
        RecordError: The arrays do not fit, or a share is not between 0 and 1.
    """
    x, y, subject = checked(x, y, subject, kind)
    if not shares or min(shares) <= 0 or max(shares) > 1 or draws < 1:
        raise RecordError(
            f"shares {tuple(shares)} and {draws} draws",
            source="label efficiency",
            fix="give shares above 0 and up to 1, and at least one draw",
        )
    folds = outer_folds(y, subject, kind, seed)
    total = len(np.unique(subject))
    points = []
    for share in shares:
        statistics, counted = [], []
        for draw in range(draws if share < 1 else 1):
            rng = np.random.default_rng([seed, draw])
            chosen = [(nested(a, subject, share, rng), b) for a, b in folds]
            counted.append(np.mean([len(np.unique(subject[a])) for a, _ in chosen]))
            if all(enough(y[a], subject[a], y, kind) for a, _ in chosen):
                found = fit_folds(head, x, y, subject, kind, seed, chosen).predict(x)
                statistics.append(measure(found, y))
        note = ""
        if not statistics:
            note = f"{np.mean(counted):.0f} people hold too few of some class to learn it"
        values = [s(np.ones(len(y))) for s in statistics]
        points.append(
            Point(
                share=share,
                people=float(np.mean(counted)),
                found=estimate(Average(statistics), subject, resamples)
                if statistics
                else absent(total, resamples),
                draws=len(statistics),
                spread=float(np.std(values, ddof=1)) if len(values) > 1 else float("nan"),
                note=note,
            )
        )
    return tuple(points)


def nested(
    rows: NDArray[np.int64], subject: NDArray, share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the rows of a share of the people: the first ones of a random order.

    The same generator state gives the same order, whatever the share.

    Args:
        rows: To draw from.
        subject: Person of each row of the whole set.
        share: Of the people among `rows`, rounded, at least one.
        rng: Source of chance.
    """
    people = rng.permutation(np.unique(subject[rows]))
    kept = people[: max(1, round(share * len(people)))]
    return rows[np.isin(subject[rows], kept)]


def enough(y: NDArray, subject: NDArray, whole: NDArray, kind: Kind) -> bool:
    """Return whether these rows hold what a head needs of every class.

    Args:
        y: Labels of the rows learnt from.
        subject: Their people.
        whole: Labels of the whole set, which say what classes there are.
        kind: What they are.
    """
    if kind == "number":
        return len(np.unique(subject)) >= PEOPLE_OF_A_NUMBER
    outputs = matrix(y, kind, int(whole.max()) + 1 if kind == "classes" else None) > 0
    there = matrix(whole, kind).any(axis=0)
    sides = (outputs, ~outputs) if kind == "labels" else (outputs,)
    return all(
        len(np.unique(subject[side[:, k]])) >= PEOPLE_OF_EACH
        for side in sides
        for k in np.flatnonzero(there)
    )
