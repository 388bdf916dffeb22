"""Figures of a paired task as they come in, and the model's gaps to everybody else."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import comparison
from cardioprint.benchmark.results import Better, Data, Gap, Score, TaskResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cardioprint.benchmark.statistics import Estimate
    from cardioprint.benchmark.tasks.base import Measured

Headline = tuple[str, str, str]
"""(inputs, head, measure) of the figure that stands for a task."""

_HEAR: ContextVar[Callable[[Score, Estimate], None] | None] = ContextVar("hear", default=None)


@contextmanager
def heard(hear: Callable[[Score, Estimate], None]) -> Iterator[None]:
    """Have every figure told as it comes in, with the replicates that a report has no use for.

    Who keeps them can compare encoders that were measured on different days.
    """
    before = _HEAR.set(hear)
    try:
        yield
    finally:
        _HEAR.reset(before)


class Scores:
    """The figures of one task.

    Args:
        task: The task, for its words.
        headline: The figure that stands for it.
    """

    def __init__(self, task: Measured, headline: Headline):
        self.task, self.headline = task, headline
        self.scores: list[Score] = []
        self.notes: list[str] = []
        self._heads: list[tuple[Score, Estimate]] = []

    def add(
        self,
        encoder: str,
        kind: str,
        inputs: str,
        measure: str,
        found: Estimate,
        better: Better = "higher",
        note: str = "",
        rival: bool = True,
    ) -> None:
        """Add one figure.

        Args:
            encoder: Column of the report.
            kind: As in `results.Score`.
            inputs: Likewise.
            measure: Likewise.
            found: The figure.
            better: Which direction is better.
            note: A remark.
            rival: Whether the model's gap to it is a comparison: not where a method is told what
                nobody knows of a new record, nor where nobody wants to win.
        """
        score = Score(
            encoder=encoder,
            kind=kind,
            inputs=inputs,
            head="",
            measure=measure,
            better=better,
            value=found.value,
            low=found.low,
            high=found.high,
            people=found.people,
            rows=found.rows,
            note=note,
        )
        self.scores.append(score)
        hear = _HEAR.get()
        if hear is not None:
            hear(score, found)
        if rival and (inputs, "", measure) == self.headline:
            self._heads.append((score, found))

    def result(self, data: Sequence[Data], *, examples: str = "") -> TaskResult:
        """Return everything that was found.

        Args:
            data: Data sets as they took part.
            examples: Name of a file in `examples/`.
        """
        facts = self.task.facts
        return TaskResult(
            name=self.task.name,
            title=self.task.title,
            family=self.task.family,
            paper=self.task.paper,
            facts={k: getattr(facts, k) for k in facts.__dataclass_fields__},
            headline=self.headline,
            scores=tuple(self.scores),
            gaps=self._gaps(),
            examples=examples,
            notes=tuple(self.notes),
            data=tuple(data),
        )

    def _gaps(self) -> tuple[Gap, ...]:
        """Return the first model against all others on the headline; p not yet adjusted."""
        models = [h for h in self._heads if h[0].kind == "model"]
        if not models:
            return ()
        mine, found = models[0]
        rivals = [(s, f) for s, f in self._heads if s is not mine and np.isfinite(f.value)]
        out = []
        for score, rival in rivals:
            gap = comparison.compare(
                self.task.title, mine.encoder, score.encoder, found, rival, mine.better
            )
            out.append(
                Gap(
                    a=gap.a,
                    b=gap.b,
                    inputs=mine.inputs,
                    head="",
                    measure=mine.measure,
                    better=gap.better,
                    gap=gap.gap,
                    low=gap.low,
                    high=gap.high,
                    p=gap.p,
                    adjusted=gap.adjusted,
                    winner=gap.winner,
                    people=gap.people,
                )
            )
        return tuple(out)
