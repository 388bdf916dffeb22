"""The headline of every task on one screen: the model beside what it must beat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cardioprint.benchmark import results
from cardioprint.benchmark.columns import HAND
from cardioprint.benchmark.results import Score, TaskResult

HEADS = ("| task | inputs | measure | model | hand features | best other | untrained | verdict |",)


def table(folder: Path) -> str:
    """Return the headlines of a run folder as Markdown.

    Raises:
        RecordError: There is no run in it.
    """
    made = results.load_run(folder / "run.json")
    found = [results.load_task(folder / "tasks" / f"{name}.json") for name in made.tasks]
    lines = [*HEADS, "|---" * 8 + "|", *(line(task, made.model) for task in found)]
    lines += ["", *made.skipped] if made.skipped else []
    return "\n".join(lines)


def line(task: TaskResult, model: str) -> str:
    """Return a task's headline: value, interval, and who is better after Holm's correction."""
    inputs, head, measure = task.headline
    there = [
        s
        for s in task.scores
        if s.measure == measure and s.inputs in (inputs, "") and s.head in (head, "")
    ]
    mine = next((s for s in there if s.encoder == model), None)
    hand = next((s for s in there if s.encoder == HAND), None)
    plain = next((s for s in there if s.kind == "random"), None)
    known = [s for s in (mine, hand, plain) if s is not None]
    others = [s for s in there if s not in known and "(told)" not in s.encoder]
    others = [s for s in others if s.kind not in ("model",)]
    best = _best(others)
    cells = [task.title, inputs, measure, _cell(mine), _cell(hand), _named(best), _cell(plain)]
    return "| " + " | ".join([*cells, _verdict(task, inputs, measure)]) + " |"


def _verdict(task: TaskResult, inputs: str, measure: str) -> str:
    gap = next(
        (g for g in task.gaps if (g.b, g.inputs, g.measure) == (HAND, inputs, measure)), None
    )
    if gap is None:
        return ""
    told = f"{gap.gap:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"
    return f"{told}: {f'{gap.winner} better' if gap.winner else 'not told apart'}"


def _best(scores: Sequence[Score]) -> Score | None:
    scores = [s for s in scores if np.isfinite(s.value)]
    if not scores:
        return None
    sign = 1 if scores[0].better == "higher" else -1
    return max(scores, key=lambda s: sign * s.value)


def _named(score: Score | None) -> str:
    return "" if score is None else f"{score.encoder}: {_cell(score)}"


def _cell(score: Score | None) -> str:
    if score is None or not np.isfinite(score.value):
        return ""
    digits = 3 if abs(score.value) < 1.5 else 2
    return f"{score.value:.{digits}f} [{score.low:.{digits}f}, {score.high:.{digits}f}]"
