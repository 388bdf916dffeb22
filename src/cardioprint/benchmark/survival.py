"""Risk of an event over time, with censoring: concordance and time-dependent AUROC, by person.

No public table that this project may keep holds enough deaths to score mortality. The machinery
is complete and runs on simulated outcomes; rows without real outcomes say so in their own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import measures
from cardioprint.benchmark.concordance import auroc_at, harrell, uno
from cardioprint.benchmark.heads.base import Head, outer_folds
from cardioprint.benchmark.measures import Statistic
from cardioprint.benchmark.statistics import RESAMPLES, Estimate
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOT_EVALUATED = "not evaluated on real outcomes"
"""What a row says where no real outcome is behind it."""

LEAST_EVENTS = 10
"""People with an event below whom no figure is given: an interval would hold nearly anything."""


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What became of each row's person.

    Attributes:
        time: To the event or to the last time seen without it, shape (row,), in one unit, > 0.
        event: True where the event was seen, False where follow-up ended before.
        subject: Person of each row.
        real: Whether they were observed in people; False for simulated ones.
        source: Where they come from.
        unit: Of time.

    Raises:
        RecordError: Shapes differ, a time is not positive and finite, or an event not 0 or 1.
    """

    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    subject: NDArray
    real: bool
    source: str
    unit: str = "years"

    def __post_init__(self) -> None:
        time, event = np.asarray(self.time, np.float64), np.asarray(self.event)
        subject = np.asarray(self.subject)
        wrong = ""
        if not time.shape == event.shape == subject.shape or time.ndim != 1:
            wrong = f"shapes {time.shape}, {event.shape} and {subject.shape} do not agree"
        elif not (np.isfinite(time).all() and (time > 0).all()):
            wrong = "every time must be a positive number"
        elif not np.isin(event, (0, 1)).all():
            wrong = "events must be 0 or 1"
        if wrong:
            raise RecordError(
                wrong,
                source=self.source,
                field="outcomes",
                fix="leave out people without follow-up; count time from the recording",
            )
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "event", event.astype(bool))
        object.__setattr__(self, "subject", subject)

    @property
    def died(self) -> int:
        """People with an event."""
        return len(np.unique(self.subject[self.event]))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the mortality report.

    Attributes:
        measure: What was measured.
        found: Value and interval; NaN where there is none.
        note: Why there is none, or that outcomes were simulated; "" for a plain result.
    """

    measure: str
    found: Estimate
    note: str = ""

    def text(self) -> str:
        """Return the line as it is printed."""
        if not np.isfinite(self.found.value):
            return f"{self.measure}: {self.note}"
        f = self.found
        line = f"{self.measure}: {f.value:.3f} [{f.low:.3f}, {f.high:.3f}], {f.people} people"
        return f"{line} ({self.note})" if self.note else line


def mortality(
    risk: NDArray,
    outcomes: Outcomes,
    horizons: Sequence[float] = (1.0, 5.0),
    resamples: int = RESAMPLES,
) -> tuple[Row, ...]:
    """Return the rows of the mortality task.

    Args:
        risk: Out-of-fold, higher means earlier, shape (row,).
        outcomes: What became of the people.
        horizons: Times at which the AUROC is taken.
        resamples: Resamples of people.
    """
    o = outcomes
    if np.asarray(risk).shape != o.time.shape:
        raise RecordError(
            f"{np.asarray(risk).shape} risks for {o.time.shape} outcomes",
            source=o.source,
            fix="give one risk a row",
        )
    note = "" if o.real else f"{NOT_EVALUATED}: {o.source}"
    longest = float(np.quantile(o.time, 0.9)) if len(o.time) else 0.0
    asked: dict[str, Statistic | None] = {
        "C-index (Harrell)": harrell(risk, o.time, o.event) if o.died else None,
        f"C-index (Uno, to {longest:.3g} {o.unit})": (
            uno(risk, o.time, o.event, longest) if o.died else None
        ),
    }
    for at in horizons:
        early = len(np.unique(o.subject[o.event & (o.time <= at)]))
        late = len(np.unique(o.subject[o.time > at]))
        enough = min(early, late) >= LEAST_EVENTS
        asked[f"AUROC at {at:g} ({o.unit})"] = (
            auroc_at(at, risk, o.time, o.event) if enough else None
        )
    people, rows = len(np.unique(o.subject)), []
    for measure, statistic in asked.items():
        if statistic is None or o.died < LEAST_EVENTS:
            few = f"too few events to score: {o.died} people of {people} had one"
            why = f"{NOT_EVALUATED}: {few}" if o.real else f"{few} ({note})"
            rows.append(Row(measure=measure, found=measures.absent(people, resamples), note=why))
            continue
        found = measures.estimate(statistic, o.subject, resamples)
        rows.append(Row(measure=measure, found=found, note=note))
    return tuple(rows)


def risk(
    x: NDArray,
    outcomes: Outcomes,
    head: Head,
    seed: int,
    horizon: float | None,
) -> NDArray[np.float64]:
    """Return each person's probability of dying by a horizon, by a head of other people.

    Heads learn from those of whom it is known: dead by then, or seen alive after it. Without a
    horizon they learn who died while they were followed.
    """
    early, told = outcomes.event, np.ones(len(x), bool)
    if horizon is not None:
        early = early & (outcomes.time <= horizon)
        told = early | (outcomes.time > horizon)
    out = np.full(len(x), np.nan)
    for train, test in outer_folds(early.astype(int), outcomes.subject, "labels", seed):
        train = train[told[train]]
        fitted = head.fit(x[train], early[train].astype(int), outcomes.subject[train], "labels")
        out[test] = fitted.predict(x[test])
    return out


def without_outcomes(source: str) -> Row:
    """Return the row of a data set that knows no deaths."""
    return Row(
        measure="C-index", found=measures.absent(), note=f"{NOT_EVALUATED}: {source} has none"
    )


def simulated(
    hazard: NDArray,
    subject: NDArray,
    *,
    yearly: float = 0.03,
    follow_up: float = 10.0,
    shape: float = 1.2,
    seed: int = 0,
) -> Outcomes:
    """Return outcomes of a simulated cohort, to exercise the task and never to report.

    Times follow a Weibull distribution of proportional hazards; follow-up begins over half of
    the study, and ends with it.

    Args:
        hazard: Logarithm of each person's relative hazard, shape (row,); a person's first row
            decides.
        subject: Person of each row.
        yearly: Share who have the event in the first year at a hazard of 1.
        follow_up: Years of the study.
        shape: Of the distribution; above 1 the hazard rises.
        seed: Of the drawing.
    """
    hazard = np.asarray(hazard, np.float64)
    _, first, person = np.unique(subject, return_index=True, return_inverse=True)
    rng = np.random.default_rng(seed)
    rate = -np.log1p(-yearly) * np.exp(hazard[first])
    event = (rng.exponential(size=len(first)) / rate) ** (1 / shape)
    censored = rng.uniform(0.5 * follow_up, follow_up, len(first))
    time = np.maximum(np.minimum(event, censored), 1 / 365)
    return Outcomes(
        time=time[person],
        event=(event <= censored)[person],
        subject=np.asarray(subject),
        real=False,
        source="simulated cohort with proportional hazards",
    )
