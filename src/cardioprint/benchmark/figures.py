"""Which figures a probe gets, by the kind of its target and the name of its measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.comparison import Better
from cardioprint.benchmark.heads.base import Kind
from cardioprint.benchmark.measures import (
    Average,
    Measure,
    Statistic,
    absolute_error,
    auprc,
    auroc,
    brier,
    decided,
    estimate,
    macro,
    r_squared,
    sensitivity_at,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measure as it is reported.

    Attributes:
        name: With its unit.
        measure: Of predictions and truth.
        better: Which direction is.
    """

    name: str
    measure: Measure
    better: Better = "higher"


def figures(kind: Kind, main: str, subject: NDArray) -> tuple[Figure, ...]:
    """Return the figures of a probe, the main one first.

    Args:
        kind: What its target holds.
        main: Name of its measure: "macro AUROC", "AUROC", "MAE, years".
        subject: Person of each row.
    """
    if kind == "number":
        unit = main.partition(", ")[2]
        return (
            Figure(name=main, measure=absolute_error, better="lower"),
            Figure(name="R2", measure=r_squared),
            Figure(name=f"bias, {unit}", measure=_bias, better="lower"),
        )
    word = "macro " if main.startswith("macro") else ""
    return (
        Figure(name=main, measure=macro(auroc)),
        Figure(name=f"{word}AUPRC", measure=macro(auprc)),
        Figure(name=f"{word}Brier score", measure=macro(brier), better="lower"),
        Figure(name=f"{word}sensitivity at 90 % specificity", measure=macro(sensitivity_at(0.9))),
        Figure(
            name=f"{word}sensitivity at a threshold of other people",
            measure=macro(decided(subject, "sensitivity")),
        ),
        Figure(
            name=f"{word}specificity at a threshold of other people",
            measure=macro(decided(subject, "specificity")),
        ),
    )


def _bias(guess: NDArray, truth: NDArray) -> Statistic:
    """Return the absolute value of the mean error."""
    error = np.asarray(guess, float) - np.asarray(truth)
    return lambda weight: abs(float(weight @ error) / max(float(weight.sum()), 1e-12))


def over_seeds(
    figure: Figure,
    predictions: Sequence[NDArray],
    truth: NDArray,
    subject: NDArray,
    resamples: int,
) -> Estimate:
    """Return a figure averaged over repetitions with other folds, with its interval.

    Args:
        figure: Which one.
        predictions: Of every row, one array a seed.
        truth: As the measure takes it.
        subject: Person of each row.
        resamples: Of people.
    """
    parts = [figure.measure(p, truth) for p in predictions]
    return estimate(Average(parts), subject, resamples)
