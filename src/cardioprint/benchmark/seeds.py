"""How far a headline moves when the model is pretrained again with another seed.

People are one source of chance, and every interval of the report is over people; the seed of
pretraining is another. More runs of one recipe are judged on the headline of each probe task with
the linear head, on the same rows and folds as the model under test, and on nothing else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import results
from cardioprint.benchmark.measures import Average
from cardioprint.benchmark.probe import Case, linear_for
from cardioprint.benchmark.results import Seed, TaskResult
from cardioprint.benchmark.tasks.base import Bench, Probe, Task
from cardioprint.benchmark.tasks.catalogue import TASKS
from cardioprint.benchmark.vectors import code, identity
from cardioprint.errors import CardioprintError

if TYPE_CHECKING:
    from cardioprint.benchmark.columns import Participants
    from cardioprint.benchmark.weights import Pretraining

Say = Callable[[str, int, int], None]
"""(what is being done, tasks done, tasks in all)."""


def added(
    found: Sequence[TaskResult],
    bench: Bench,
    people: Participants,
    say: Say,
    tasks: Mapping[str, Task] = TASKS,
) -> list[TaskResult]:
    """Return results in which each probe says how its headline does in every pretraining.

    What was compared already is left as it is. Where no other seeds are asked for, those of an
    earlier run are taken out: a report holds what its command says.

    Args:
        found: Results of the run; what is no probe is passed on. Those that change are written
            into the folder of the run, one after the other.
        bench: What makes vectors.
        people: The model under test, and its other seeds.
        say: Told what is being done.
        tasks: Catalogue.
    """
    names = [identity(other.encoder) for other in people.seeds]
    out = []
    for done, result in enumerate(found):
        task, key = tasks[result.name], _key(result, names, people.seeds)
        if task.family == "probe" and result.seeds_key != key:
            seeds: tuple[Seed, ...] = ()
            if people.seeds:
                say(f"{task.name}: other seeds", done, len(found))
                seeds = compared(task, result, bench, people)
            result = replace(result, seeds=seeds, seeds_key=key)
            results.save(result, bench.folder / "tasks" / f"{task.name}.json")
        out.append(result)
    return out


def compared(
    task: Probe, found: TaskResult, bench: Bench, people: Participants
) -> tuple[Seed, ...]:
    """Return a task's headline in every pretraining, the model under test first.

    Args:
        task: A probe.
        found: What was found in it with the model under test.
        bench: What makes vectors.
        people: The model under test, and its other seeds.

    Raises:
        CardioprintError: An encoder cannot read these windows.
    """
    wanted = (people.model, *found.headline)
    own = next(
        (s.value for s in found.scores if (s.encoder, s.inputs, s.head, s.measure) == wanted),
        float("nan"),
    )
    case, inputs = Case(task, task.load(bench.quick), bench), task.inputs[0]
    out = [Seed(name=people.model, seed=people.seed, value=own)]
    for other in people.seeds:
        try:
            x = case.vectors(other.encoder, inputs)
        except CardioprintError as error:
            told = "; ".join(t for t in (other.differs, f"left out: {error}") if t)
            out.append(Seed(name=other.name, seed=other.seed, value=float("nan"), differs=told))
            continue
        head = linear_for(other.encoder, inputs)
        made = (head.fit_predict(x, case.y, case.subject, task.kind, s) for s in case.seeds)
        value = Average([case.main.measure(p, case.y) for p in made])(np.ones(len(case.y)))
        out.append(Seed(name=other.name, seed=other.seed, value=value, differs=other.differs))
    return tuple(out)


def _key(found: TaskResult, names: Sequence[str], others: Sequence[Pretraining]) -> str:
    """Return a digest of everything that the comparison follows from; "" without other seeds."""
    if not others:
        return ""
    said = [(o.name, o.seed, o.differs) for o in others]
    made = [found.key, list(names), said, code(("benchmark/seeds.py",))]
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()[:16]
