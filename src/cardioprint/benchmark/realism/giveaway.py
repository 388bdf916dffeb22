"""A classifier that is told to tell two sets of excerpts apart, and what it goes by.

0.5: it cannot; 1.0: it always can. People are never on both sides of a fold. No feature that a
gain changes is shown to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.base import Head, fit_folds
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.trees import Trees
from cardioprint.benchmark.measures import auroc, estimate
from cardioprint.benchmark.realism.quantities import GROUPS, Described, free_of_gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate

TREES = Trees(leaves=(4,), stages=(0, 25, 50))
"""Small ones: telling a simulation apart is not hard, and larger ones took thrice as long."""

SHUFFLES = 3
"""Times that a group is shuffled among the people held out."""

LISTED = 6
"""Single numbers that are named."""

ALIKE = 0.95
"""Rank correlation from which on two numbers say the same and one of them is named."""


@dataclass(frozen=True, kw_only=True)
class Alone:
    """How well one number alone tells two sets apart.

    Attributes:
        name: "modality feature".
        auroc: Of that number, 0.5 to 1, whichever way it points.
        real: Median of the first set.
        other: Median of the second.
    """

    name: str
    auroc: float
    real: float
    other: float


@dataclass(frozen=True, kw_only=True)
class Giveaway:
    """What a classifier makes of two sets.

    Attributes:
        pair: Names of the two.
        auroc: Of gradient-boosted trees on all features.
        groups: Group -> (AUROC of a linear head on this group alone; by how much the trees fall
            when the group is shuffled among the people held out).
        alone: Single numbers, the most telling first, each unlike those before it.
    """

    pair: tuple[str, str]
    auroc: Estimate
    groups: dict[str, tuple[float, float]]
    alone: tuple[Alone, ...]


def tell_apart(
    first: Described, second: Described, *, groups: bool = True, seed: int = 0
) -> Giveaway:
    """Let a classifier tell two sets of excerpts apart by grouped cross-validation.

    Args:
        first: Real, as a rule.
        second: Simulated, or another data set; the same modalities.
        groups: Also find out what it goes by.
        seed: Of folds and shuffles.
    """
    raw = np.concatenate((first.values, second.values))
    values, names = free_of_gain(raw, first.names)
    label = np.repeat((0, 1), (len(first.values), len(second.values)))
    subject = np.concatenate((first.excerpts.subject, second.excerpts.subject))
    folds = fit_folds(TREES, values, label, subject, "labels", seed)
    score = folds.predict(values)
    found = estimate(auroc(score, label), subject)
    said: dict[str, tuple[float, float]] = {}
    if groups:
        rng = np.random.default_rng(seed)
        for group, members in GROUPS.items():
            columns = np.array([i for i, n in enumerate(names) if n.split(" ", 1)[1] in members])
            if not len(columns):
                continue
            alone = _auroc(Linear(), values[:, columns], label, subject, seed)
            fall = [
                found.value
                - _area(folds.predict(_shuffled(values, columns, folds.tests, rng)), label)
                for _ in range(SHUFFLES)
            ]
            said[group] = (alone, float(np.mean(fall)))
    return Giveaway(
        pair=(first.excerpts.name, second.excerpts.name),
        auroc=found,
        groups=said,
        alone=singles(values, names, label),
    )


def _auroc(head: Head, x: NDArray, label: NDArray, subject: NDArray, seed: int) -> float:
    return _area(head.fit_predict(x, label, subject, "labels", seed), label)


def _area(score: NDArray, label: NDArray) -> float:
    return auroc(score, label)(np.ones(len(label)))


def _shuffled(
    values: NDArray, columns: NDArray, tests: tuple[NDArray, ...], rng: np.random.Generator
) -> NDArray:
    """Return the values with some columns exchanged, together, within the rows of each fold."""
    out = values.copy()
    for rows in tests:
        out[np.ix_(rows, columns)] = values[np.ix_(rng.permutation(rows), columns)]
    return out


def singles(values: NDArray, names: tuple[str, ...], label: NDArray) -> tuple[Alone, ...]:
    """Return the numbers that tell two sets apart best on their own; see `Giveaway.alone`."""
    found: list[Alone] = []
    for i, name in enumerate(names):
        x = values[:, i]
        seen = np.isfinite(x)
        sides = (seen & (label == 0), seen & (label == 1))
        if min(side.sum() for side in sides) < 0.5 * min((label == 0).sum(), (label == 1).sum()):
            continue
        area = _area(x[seen], label[seen])
        middle = [float(np.median(x[side])) for side in sides]
        found.append(Alone(name=name, auroc=max(area, 1 - area), real=middle[0], other=middle[1]))
    found.sort(key=lambda a: -a.auroc)
    kept: list[Alone] = []
    for one in found:
        x = values[:, names.index(one.name)]
        if all(_alike(x, values[:, names.index(k.name)]) < ALIKE for k in kept):
            kept.append(one)
        if len(kept) == LISTED:
            break
    return tuple(kept)


def _alike(a: NDArray, b: NDArray) -> float:
    """Return the absolute rank correlation of two numbers where both are known."""
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3:
        return 0.0
    x, y = (np.argsort(np.argsort(values[both])) - (both.sum() - 1) / 2 for values in (a, b))
    return float(abs(x @ y) / (x @ x))  # ranks: both have the same size
