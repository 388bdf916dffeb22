"""What a head answers about a recording, and how its windows make one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.fingerprints.heads.card import Card

EDGE = 1e-6
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken."""

WIDTH = 1.959964
"""Standard deviations on either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a head says of one recording. Research use; not a diagnosis.

    Attributes:
        head: Name of the head.
        record: Name of the record.
        subject: The person; "" where unknown.
        source: File.
        outputs: Classes or labels; for a number, its one name.
        value: Of each output: probability, or the number. Empty where it abstains.
        low: Lower limits.
        high: Upper limits.
        unit: Of a number; "" for probabilities.
        windows: In the record.
        used: Windows that the answer rests on.
        abstained: Why the others were left out, and how many.
        shares: Classes: share of the used windows in which each is the likeliest.
        why: Why there is no answer; "" where there is one.
        level: Of the interval.
        unchecked: Limits of the head that could not be checked, each with why; an answer that
            lacks a check is worth less.
    """

    head: str
    record: str
    subject: str
    source: str
    outputs: tuple[str, ...]
    windows: int
    used: int
    abstained: Mapping[str, int]
    level: float
    unit: str = ""
    value: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    why: str = ""
    unchecked: tuple[str, ...] = ()


def summarised(
    card: Card, output: NDArray[np.floating], replicates: NDArray[np.floating] | None
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Return one answer for several windows: value, lower and upper limit of each output.

    Args:
        card: Of the head.
        output: Shape (window, output).
        replicates: Shape (window, replicate, output); None for numbers.
    """
    interval = card.interval
    if card.kind == "number" or replicates is None:
        value = float(np.median(output[:, 0]))
        low, high = value + interval.below, value + interval.above
        if interval.lowest is not None:
            value, low = max(value, interval.lowest), max(low, interval.lowest)
        return (value,), (low,), (max(high, value),)
    sums = card.kind == "classes"
    value = together(output, sums)
    centre = log_odds(value)
    spread = log_odds(together(np.moveaxis(replicates, 0, -2), sums)).std(axis=0, ddof=1)
    low, high = (0.5 * (1 + np.tanh(0.5 * (centre + s * WIDTH * spread))) for s in (-1, 1))
    return _floats(value), _floats(low), _floats(high)


def together(probability: NDArray[np.floating], sums: bool) -> NDArray[np.float64]:
    """Return the probabilities of several windows as one, by the mean of their log odds.

    Args:
        probability: Shape (..., window, output).
        sums: Whether the outputs are classes, whose probabilities sum to 1: then it is the mean
            of their logarithms.
    """
    if not sums:
        return 0.5 * (1 + np.tanh(0.5 * log_odds(probability).mean(axis=-2)))
    log = np.log(np.clip(np.asarray(probability, np.float64), EDGE, 1)).mean(axis=-2)
    share = np.exp(log - log.max(axis=-1, keepdims=True))
    return share / share.sum(axis=-1, keepdims=True)


def log_odds(probability: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return log odds of probabilities, kept `EDGE` away from 0 and 1."""
    inside = np.clip(np.asarray(probability, np.float64), EDGE, 1 - EDGE)
    return np.log(inside) - np.log1p(-inside)


def _floats(values: NDArray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)
