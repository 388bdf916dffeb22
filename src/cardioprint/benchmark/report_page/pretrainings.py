"""What the report says of the seed of pretraining, a source of chance beside the people."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cardioprint.benchmark.report_page import wording
from cardioprint.benchmark.results import TaskResult

ALONE = "One pretraining seed: spread between pretrainings unknown"
FEWEST = 3
"""Pretrainings below which a spread is no headline: see docs/benchmark.md."""


def short(task: TaskResult, decimals: int) -> str:
    """Return a spread in a cell: "SD 0.012 over 3"; a dash where it is not known."""
    if not math.isfinite(task.seed_spread):
        return wording.NONE
    return f"SD {wording.number(task.seed_spread, decimals)} over {_counted(task)}"


def sentence(task: TaskResult) -> str:
    """Return what is known of a task's spread between pretrainings; "" where none is measured."""
    if task.family != "probe":
        return ""
    if not math.isfinite(task.seed_spread):
        left_out = "; ".join(f"{s.name}: {s.differs}" for s in task.seeds if s.differs)
        return f"{ALONE}{f' ({left_out})' if left_out else ''}."
    decimals = wording.digits(task.headline[2], (s.value for s in task.seeds))
    listed = wording.listed(
        f"{wording.number(s.value, decimals)} ({_named(s.seed)})" for s in task.seeds
    )
    said = [
        f"Seed to seed: SD {wording.number(task.seed_spread, decimals)} over {_counted(task)} "
        f"pretraining seeds: {listed}."
    ]
    if _counted(task) < FEWEST:
        said.append(f"Fewer than {FEWEST} seeds are no headline.")
    said += [f"{s.name} is not the same recipe: {s.differs}." for s in task.seeds if s.differs]
    return " ".join(said)


def summary(tasks: Sequence[TaskResult]) -> str:
    """Return a sentence on all probe tasks; "" where there is none."""
    probes = [t for t in tasks if t.family == "probe"]
    known = [t for t in probes if math.isfinite(t.seed_spread)]
    if not known:
        return f"{ALONE}." if probes else ""
    counts = sorted({_counted(t) for t in known})
    many = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    said = [
        f"Seed to seed: standard deviation of the figure over {many} pretraining seeds of one "
        "recipe. Intervals and p are over people and do not hold it."
    ]
    if len(known) < len(probes):
        said.append(f"Known on {len(known)} of {len(probes)} probe tasks.")
    strange = dict.fromkeys(s.name for t in known for s in t.seeds if s.differs)
    if strange:
        said.append(f"Not of the same recipe, see the tasks: {wording.listed(strange)}.")
    return " ".join(said)


def any_known(tasks: Sequence[TaskResult]) -> bool:
    """Whether a spread is known on some task."""
    return any(math.isfinite(t.seed_spread) for t in tasks)


def _counted(task: TaskResult) -> int:
    return sum(math.isfinite(s.value) for s in task.seeds)


def _named(seed: int | None) -> str:
    return "seed unknown" if seed is None else f"seed {seed}"
