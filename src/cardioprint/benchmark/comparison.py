"""Whether one method is better than another, on the same people and over a whole family.

Both methods' replicates come from the same resamples of people, so their difference is a paired
replicate. p is the smallest level at which a two-sided percentile interval leaves out 0; Holm's
step-down (Holm 1979) holds the chance of any false claim in the family at 5 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate

Better = Literal["higher", "lower"]

LEVEL = 0.05
"""Chance of any false claim in a family."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One method against another.

    Attributes:
        task: What was measured.
        a: First method.
        b: Second method.
        better: Which direction is better.
        gap: Value of a less that of b.
        low: 2.5th percentile of the paired replicates.
        high: 97.5th percentile.
        p: Two-sided, by bootstrap; NaN where nothing could be compared.
        adjusted: p after Holm's correction; p itself before `family`.
        people: Resampled.
    """

    task: str
    a: str
    b: str
    better: Better
    gap: float
    low: float
    high: float
    p: float
    adjusted: float
    people: int

    @property
    def winner(self) -> str:
        """The better method where the family's level allows the claim, else ""."""
        if not self.adjusted <= LEVEL or self.gap == 0:
            return ""
        return self.a if (self.gap > 0) == (self.better == "higher") else self.b

    def sentence(self) -> str:
        """Say it."""
        if not np.isfinite(self.gap):
            return f"{self.task}: {self.a} and {self.b} cannot be compared."
        found = (
            f"{self.task}: {self.a} less {self.b} is {self.gap:+.3f} "
            f"[{self.low:+.3f}, {self.high:+.3f}], Holm p {self.adjusted:.3f}, "
            f"{self.people} people"
        )
        return f"{found}: {self.winner} is better." if self.winner else f"{found}: not told apart."


def compare(
    task: str, a: str, b: str, found_a: Estimate, found_b: Estimate, better: Better = "higher"
) -> Comparison:
    """Compare two estimates over the same people.

    Args:
        task: What was measured.
        a: First method.
        b: Second method.
        found_a: Of a.
        found_b: Of b, from the same resamples.
        better: Which direction is better.

    Raises:
        RecordError: The two were not measured on the same people.
    """
    gap = found_a.value - found_b.value
    same = found_a.people == found_b.people or not np.isfinite(gap)
    if not same or found_a.replicates.shape != found_b.replicates.shape:
        raise RecordError(
            f"{a} was measured on {found_a.people} people and {b} on {found_b.people}",
            source=task,
            fix="measure both on the rows that both have",
        )
    gaps = found_a.replicates - found_b.replicates
    seen = gaps[np.isfinite(gaps)]
    low, high = np.percentile(seen, [2.5, 97.5]) if len(seen) else (np.nan, np.nan)
    p = bootstrap_p(seen) if np.isfinite(gap) else float("nan")
    return Comparison(
        task=task,
        a=a,
        b=b,
        better=better,
        gap=gap,
        low=float(low),
        high=float(high),
        p=p,
        adjusted=p,
        people=max(found_a.people, found_b.people),
    )


def bootstrap_p(gaps: NDArray[np.float64]) -> float:
    """Return the two-sided p of paired replicates against 0.

    One replicate is added on either side (Davison & Hinkley 1997, section 4.2.3), so that p is
    never 0: with 1,000 resamples it is at least 0.002.
    """
    if len(gaps) == 0:
        return float("nan")
    tail = min((gaps <= 0).sum(), (gaps >= 0).sum())
    return float(min(1.0, 2 * (tail + 1) / (len(gaps) + 1)))


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return p-values adjusted by Holm's step-down; NaN stays NaN and does not count.

    Args:
        p: Of every comparison in the family.
    """
    p = np.asarray(p, np.float64)
    out = np.full(p.shape, np.nan)
    seen = np.flatnonzero(np.isfinite(p))
    order = seen[np.argsort(p[seen], kind="stable")]
    left = len(order) - np.arange(len(order))
    out[order] = np.minimum(np.maximum.accumulate(p[order] * left), 1.0)
    return out


def family(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Return the comparisons of one family with their p adjusted for each other.

    Decide what belongs to a family before looking: one claim of a report, for instance "better
    than hand-made features" over all tasks.
    """
    listed = tuple(comparisons)
    adjusted = holm([c.p for c in listed])
    return tuple(replace(c, adjusted=float(q)) for c, q in zip(listed, adjusted, strict=True))
