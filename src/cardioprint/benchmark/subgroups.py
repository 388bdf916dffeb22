"""Whether a figure holds for women and men, young and old, every device: by group, with gaps.

All groups and the whole share the same resamples of people, so that the gap of a group to
everybody else is paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import statistics
from cardioprint.benchmark.heads.base import Kind
from cardioprint.benchmark.measures import Measure, Statistic, absent, replicates, summary
from cardioprint.benchmark.statistics import RESAMPLES, Estimate
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_PEOPLE = 20
"""People in a group below whom no figure is given."""

LEAST_OF_EACH = 5
"""People with, and without, each label in a group below whom no figure is given."""

AGE = (40.0, 60.0, 75.0)
"""Years: edges of age bands."""

HEART_RATE = (60.0, 100.0)
"""Beats/min: below is bradycardia, above tachycardia."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of rows.

    Attributes:
        axis: What they are grouped by.
        name: Of the group.
        found: The measure in it, with its people; NaN where they are too few.
        gap: The measure in it less that in all other rows of this axis, NaN likewise.
        note: Why there is no value, else "".
    """

    axis: str
    name: str
    found: Estimate
    gap: Estimate
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether the gap's interval leaves out 0; not corrected for the number of groups."""
        return self.gap.low > 0 or self.gap.high < 0


def bands(values: NDArray, edges: Sequence[float], unit: str = "") -> NDArray[np.str_]:
    """Return the band of each value by name; "" where it is unknown.

    Args:
        values: Numbers, NaN where unknown.
        edges: Ascending; a band holds its lower edge.
        unit: Written after the name.
    """
    values = np.asarray(values, np.float64)
    told = [f"{e:g}" for e in edges]
    names = [f"below {told[0]}"]
    names += [f"{a} to {b}" for a, b in pairwise(told)]
    names += [f"from {told[-1]}"]
    named = np.array([f"{n} {unit}".strip() for n in names])
    band = np.searchsorted(np.asarray(edges), np.nan_to_num(values), side="right")
    return np.where(np.isfinite(values), named[band], "")


def subgroups(
    prediction: NDArray,
    truth: NDArray,
    subject: NDArray,
    axes: Mapping[str, NDArray],
    kind: Kind,
    measure: Measure,
    *,
    least_people: int = LEAST_PEOPLE,
    resamples: int = RESAMPLES,
) -> tuple[Group, ...]:
    """Return a measure in every group of every axis.

    Args:
        prediction: Out-of-fold, shape (row,) or (row, output).
        truth: Labels, as the measure takes them.
        subject: Person of each row.
        axes: What to group by -> name of each row's group, "" where unknown. Several rows of a
            person may lie in different groups (heart rate).
        kind: What truth holds.
        measure: Of predictions and truth.
        least_people: Below whom no figure is given.
        resamples: Resamples of people.

    Raises:
        RecordError: Rows do not agree.
    """
    prediction, truth, subject = np.asarray(prediction), np.asarray(truth), np.asarray(subject)
    person, counts = statistics.resampled_people(subject, resamples)
    out = []
    for axis, of in axes.items():
        of = np.asarray(of).astype(str)
        if not len(of) == len(prediction) == len(truth) == len(subject):
            raise RecordError(
                f"{axis} is given for {len(of)} rows, predictions for {len(prediction)}",
                source="subgroups",
                field=axis,
                fix="give one group a row",
            )
        for name in sorted(set(of) - {""}):
            mine, others = of == name, (of != name) & (of != "")
            people = len(np.unique(subject[mine]))
            note = _too_few(truth, subject, mine, kind, least_people)
            if note:
                none = absent(people, resamples)
                out.append(Group(axis=axis, name=name, found=none, gap=none, note=note))
                continue
            inside = _restricted(measure, prediction, truth, mine)
            found = _among(inside, mine, person, counts)
            gap = absent(people, resamples)
            if not _too_few(truth, subject, others, kind, least_people):
                outside = _restricted(measure, prediction, truth, others)
                rest = _among(outside, others, person, counts)
                gap = summary(
                    found.value - rest.value,
                    found.replicates - rest.replicates,
                    int((mine | others).sum()),
                    len(np.unique(subject[mine | others])),
                )
            out.append(Group(axis=axis, name=name, found=found, gap=gap))
    return tuple(out)


def _restricted(measure: Measure, prediction: NDArray, truth: NDArray, mine: NDArray) -> Statistic:
    return measure(prediction[mine], truth[mine])


def _among(statistic: Statistic, mine: NDArray, person: NDArray, counts: NDArray) -> Estimate:
    """Return a statistic of some rows over resamples of all people."""
    found = replicates(statistic, person[mine], counts)
    people = len(np.unique(person[mine]))
    return summary(statistic(np.ones(int(mine.sum()))), found, int(mine.sum()), people)


def _too_few(truth: NDArray, subject: NDArray, mine: NDArray, kind: Kind, least: int) -> str:
    """Return why a group cannot be judged, or ""."""
    people = len(np.unique(subject[mine]))
    if people < least:
        return f"{people} people are fewer than {least}"
    if kind == "number":
        return ""
    for column in truth.reshape(len(truth), -1).T:
        for value in np.unique(column):
            n = len(np.unique(subject[mine & (column == value)]))
            if n < LEAST_OF_EACH:
                return f"{n} people with label {value:g} are fewer than {LEAST_OF_EACH}"
    return ""
