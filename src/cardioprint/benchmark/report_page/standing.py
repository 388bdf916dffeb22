"""Who wins: the model of each task beside what it must beat."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cardioprint.benchmark.report_page.loading import Loaded
from cardioprint.benchmark.results import Gap, Score, TaskResult

Verdict = Literal["wins", "loses", "open", "untested", "absent"]
"""Better than every baseline; worse than one at least; neither; no test; no figure of the model."""

TOLD = "(told)"
"""In the name of a method that is told what nobody knows in earnest: no rival."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The headline of a task.

    Attributes:
        task: Which one.
        model: The model's figure, None where it has none.
        rival: The best of what it must beat (no published weights), None where there is none.
        peer: The best of others' published weights.
        gap: The model less the rival, paired; None where that was not tested.
        verdict: Over all rivals, after Holm's correction.
        beaten_by: Rivals that are better than the model by the same rule.
        compared: Rivals that the model was tested against in pairs.
        beats: How many of them it beats.
    """

    task: TaskResult
    model: Score | None
    rival: Score | None
    peer: Score | None
    gap: Gap | None
    verdict: Verdict
    beaten_by: tuple[Gap, ...]
    compared: int = 0
    beats: int = 0

    @property
    def better(self) -> str:
        """The better of model and rival where a corrected test says so, else ""."""
        return self.gap.winner if self.gap and self.verdict not in ("untested", "absent") else ""

    @property
    def measure(self) -> str:
        """What stands for the task."""
        return self.task.headline[2]


def headline(task: TaskResult) -> list[Score]:
    """Return the figures that stand for a task, one an encoder.

    What has no signal or no head (demographics, counting beats) is set beside what has.
    """
    inputs, head, measure = task.headline
    found: dict[str, Score] = {}
    for score in task.scores:
        fits = (
            score.measure == measure and score.inputs in (inputs, "") and score.head in (head, "")
        )
        exact = (score.inputs, score.head) == (inputs, head)
        if fits and (exact or score.encoder not in found):
            found[score.encoder] = score
    return list(found.values())


def ranked(scores: Iterable[Score]) -> list[Score]:
    """Return figures from the best to the worst, those without a value last."""

    def place(score: Score) -> tuple[bool, float]:
        known = math.isfinite(score.value)
        return (not known, 0.0 if not known else score.value * (1 if lower(score) else -1))

    return sorted(scores, key=place)


def lower(score: Score | Gap) -> bool:
    """Whether less is better."""
    return score.better == "lower"


def best(scores: Sequence[Score]) -> Score | None:
    """Return the best figure that has a value."""
    found = [s for s in ranked(scores) if math.isfinite(s.value)]
    return found[0] if found else None


def oriented(gap: Gap, model: str) -> Gap:
    """Return a gap as the model less the other."""
    if gap.a == model:
        return gap
    return replace(gap, a=gap.b, b=gap.a, gap=-gap.gap, low=-gap.high, high=-gap.low)


def gaps_of(task: TaskResult, model: str) -> list[Gap]:
    """Return the paired comparisons of the model on the headline's figure."""
    inputs, head, measure = task.headline
    return [
        oriented(g, model)
        for g in task.gaps
        if model in (g.a, g.b)
        and g.measure == measure
        and g.inputs in (inputs, "")
        and g.head in (head, "")
    ]


def standing(task: TaskResult, model: str, *, finished: bool = True) -> Standing:
    """Return where the model stands in a task.

    Args:
        task: Which one.
        model: Column of the model under test.
        finished: Whether p is corrected; without that nobody wins.
    """
    scores = headline(task)
    kinds = {s.encoder: s.kind for s in task.scores}
    own = next((s for s in scores if s.encoder == model), None)
    if own is None:
        own = best([s for s in scores if s.kind == "model"])
    rivals = [s for s in scores if s.kind not in ("model", "peer") and TOLD not in s.encoder]
    rival, peer = best(rivals), best([s for s in scores if s.kind == "peer"])
    name = own.encoder if own else model
    against = [g for g in gaps_of(task, name) if kinds.get(g.b) not in ("model", "peer")]
    # A rival that has no figure of its own is neither beaten nor an obstacle.
    against = [g for g in against if TOLD not in g.b and math.isfinite(g.gap)]
    beaten = tuple(g for g in against if g.winner == g.b)
    verdict: Verdict = "open"
    if own is None or not math.isfinite(own.value):
        verdict = "absent"
    elif not against or not finished:
        verdict = "untested"
    elif beaten:
        verdict = "loses"
    elif all(g.winner == g.a for g in against):
        verdict = "wins"
    return Standing(
        task=task,
        model=own,
        rival=rival,
        peer=peer,
        gap=next((g for g in against if rival and g.b == rival.encoder), None),
        verdict=verdict,
        beaten_by=beaten,
        compared=len(against),
        beats=sum(g.winner == g.a for g in against),
    )


def standings(loaded: Loaded) -> list[Standing]:
    """Return the standing in every task that was read."""
    return [standing(t, loaded.model, finished=loaded.finished) for t in loaded.tasks]


NO_CLAIM = ("not a goal", "never a headline", "never claimed", "never a claim")
"""Words of a task by which whoever wrote it says that its figures prove nothing."""


def claimed(task: TaskResult) -> bool:
    """Whether a task counts when it is told where the model wins or loses."""
    words = " ".join((task.title, *task.facts.values(), *task.notes)).lower()
    return not simulated(task) and not any(w in words for w in NO_CLAIM)


def simulated(task: TaskResult) -> bool:
    """Whether a survival task knows no real deaths."""
    words = " ".join((*task.facts.values(), *task.notes)).lower()
    return task.family == "survival" and ("simulat" in words or "not evaluated on real" in words)
