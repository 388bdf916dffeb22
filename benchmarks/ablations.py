"""What makes a good fingerprint: one change at a time, under equal compute, on frozen probes.

    python benchmarks/ablations.py train                     # resumes; arms one after another
    python benchmarks/ablation_scores.py                     # each finished arm once
    python benchmarks/ablation_table.py --out docs/results   # table and picture

Every arm gets as many steps as its floating-point operations allow for the same total, so that
a larger bottleneck pays for itself, and an arm that another machine trains is worth as much.
Arms are compared with the baseline of the same budget on the same people.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro

from cardioprint.corpus.cache import Cache, open_cache
from cardioprint.errors import UnknownNameError
from cardioprint.models.m2ae import M2AE
from cardioprint.training.augment import AugmentConfig
from cardioprint.training.batches import Sampler
from cardioprint.training.flops import flops
from cardioprint.training.loop import DeadRunError, tensors, train
from cardioprint.training.machine import Machine, precision
from cardioprint.training.objective import Objective
from cardioprint.training.recipes import WORN, Run, recipe

LAST_WITH = "0eb31c8"
"""The last commit with the switches of the arms that are `gone`."""

CORPUS, RUNS = Path("runs/cache"), Path("runs/ablations")
"""Where the cache of people to learn from (`train`, `valid`) and the finished arms are."""


LOOP = 2
"""Raised when what a run ends with changes: arms before and after are never in one table. 2: means
and spreads of averaged weights are settled, and a run without reconstruction does not decode."""


def first() -> Run:
    """The recipe of the first weights: `tiny` without the course, the rhythm, or what is worn."""
    return Run(name="tiny")


def narrow() -> Run:
    """Half as wide as `tiny`, 0.76 M parameters: a proxy that a core can afford forty times."""
    wide = first()
    model = replace(wide.model, features=64, heads=2, decoder_features=32)
    # As in `recipes`: the best learning rate falls as one over the width.
    return replace(wide, name="narrow", model=model, learning_rate=2 * wide.learning_rate)


BASES: dict[str, Callable[[], Run]] = {"narrow": narrow, "tiny": first}
"""What an arm changes."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What every arm of one table gets; arms of two budgets are never in one table."""

    pflop: float = 0.016
    """Operations of the matrix products, forward and back, in 1e15."""
    base: str = "narrow"
    """What the arms change: a key of `BASES`."""
    loop: int = LOOP
    """Of the training loop, as in `LOOP`; arms of an earlier one are only read."""

    def __post_init__(self) -> None:
        if self.base not in BASES:
            raise UnknownNameError("base", self.base, BASES)

    @classmethod
    def named(cls, name: str) -> Budget:
        """Return the budget whose results lie in a folder of this name."""
        base, pflop, *loop = name.split("-")
        number = int(loop[0].removeprefix("loop")) if loop else 1
        return cls(pflop=float(pflop), base=base, loop=number)

    @property
    def name(self) -> str:
        """Of the folders of runs and results."""
        return f"{self.base}-{self.pflop:g}" + (f"-loop{self.loop}" if self.loop > 1 else "")


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One change to the baseline.

    Attributes:
        question: Row of the table it belongs to.
        change: What it does to the run.
        share: Of the people that are learnt from.
        corpus: Cache of people to learn from, a folder in `CORPUS`.
    """

    question: str
    change: Callable[[Run], Run]
    share: float = 1.0
    corpus: str = "train"


def model(**changes: object) -> Callable[[Run], Run]:
    """Return a change of the model."""
    return lambda run: replace(run, model=replace(run.model, **changes))


def loss(**changes: object) -> Callable[[Run], Run]:
    """Return a change of the objective."""
    return lambda run: replace(run, objective=replace(run.objective, **changes))


def batch(**changes: object) -> Callable[[Run], Run]:
    """Return a change of the batches."""
    return lambda run: replace(run, batch=replace(run.batch, **changes))


def sized(like: Run) -> Callable[[Run], Run]:
    """Return a change to another recipe's model, with the learning rate that goes with it."""
    return lambda run: replace(run, model=like.model, learning_rate=like.learning_rate)


def refused(why: str) -> Callable[[Run], Run]:
    """Return what stands for the change of an arm that cannot be trained; its figures stay."""

    def change(run: Run) -> Run:
        raise ValueError(f"{run.name!r} cannot be trained: {why}")

    return change


gone = refused(f"what it needs lost and was deleted; commit {LAST_WITH} has it")
never = refused("it was a patch that did not win; docs/lab_notebook.md describes it")


def both(*changes: Callable[[Run], Run]) -> Callable[[Run], Run]:
    """Return several changes as one."""

    def change(run: Run) -> Run:
        for one in changes:
            run = one(run)
        return run

    return change


PHASE, LOSS, MASK = "state against phase", "which losses", "what is hidden"
COLLAPSE, BOTTLENECK = "what prevents the collapse", "the bottleneck"
TOLD, PEOPLE = "what the fingerprint is told to describe", "how people are weighted"
SAME, APART = "two windows of a person alike", "features apart"
FORESEEN = "latents of a teacher as a target"
SEEN, WAVE = "which modalities, delays and devices", "the shape of the waves"
PERSONS, SIZE = "how many people", "how large"
VIRTUAL = "whether simulated people help"

ARMS: dict[str, Arm] = {
    "baseline": Arm(question="", change=lambda run: run),
    "rhythm told": Arm(question=TOLD, change=loss(rhythm=0.5)),
    "course read": Arm(question=TOLD, change=model(course=32)),
    "course read, rhythm told": Arm(question=TOLD, change=both(model(course=32), loss(rhythm=0.5))),
    "phase in the fingerprint": Arm(question=PHASE, change=gone),
    "one pooled vector for all": Arm(question=PHASE, change=gone),
    "no phase contrast": Arm(question=PHASE, change=loss(phase=0.0)),
    "reconstruction only": Arm(
        question=LOSS, change=loss(phase=0.0, state=0.0, description=0.0, decorrelation=0.0)
    ),
    "contrast only": Arm(question=LOSS, change=loss(reconstruct=0.0, description=0.0)),
    "no description": Arm(question=TOLD, change=loss(description=0.0)),
    "contrast x 0.25": Arm(question=LOSS, change=loss(phase=0.025, state=0.05)),
    "contrast x 4": Arm(question=LOSS, change=loss(phase=0.4, state=0.8)),
    "temperature 0.05": Arm(question=LOSS, change=loss(temperature=0.05)),
    "temperature 0.2": Arm(question=LOSS, change=loss(temperature=0.2)),
    "sigmoid pairs": Arm(question=LOSS, change=loss(contrast="sigmoid")),
    "hide 50 %": Arm(question=MASK, change=batch(mask_ratio=0.5)),
    "hide 80 %": Arm(question=MASK, change=batch(mask_ratio=0.8)),
    "blocks of 0.2 s": Arm(question=MASK, change=batch(block=1)),
    "blocks of 2 s": Arm(question=MASK, change=batch(block=10)),
    "independent masks": Arm(question=MASK, change=gone),
    "no folding": Arm(question=COLLAPSE, change=gone),
    "no distance bias": Arm(question=COLLAPSE, change=gone),
    "no unfolding": Arm(question=COLLAPSE, change=gone),
    "no loss on visible": Arm(question=COLLAPSE, change=loss(visible=0.0)),
    "content and position alike": Arm(
        question=COLLAPSE, change=model(content_scale=1.0, position_scale=1.0)
    ),
    "none of the five": Arm(question=COLLAPSE, change=gone),
    "people by the root of hours": Arm(question=PEOPLE, change=batch(people=0.5)),
    "each person alike": Arm(question=PEOPLE, change=batch(people=0.0)),
    "1 token": Arm(question=BOTTLENECK, change=model(latents=1)),
    "5 tokens": Arm(question=BOTTLENECK, change=model(latents=5)),
    "25 tokens": Arm(question=BOTTLENECK, change=model(latents=25)),
    "10 free tokens": Arm(question=BOTTLENECK, change=gone),
    "decoders see encoders": Arm(question=BOTTLENECK, change=gone),
    "no person contrast": Arm(question=SAME, change=loss(state=0.0)),
    "person contrast x 4": Arm(question=SAME, change=loss(state=0.8)),
    "hospitals mixed in a batch": Arm(question=SAME, change=batch(one_database=False)),
    "no decorrelation": Arm(question=APART, change=loss(decorrelation=0.0)),
    "total coding rate": Arm(question=APART, change=never),
    "decorrelation x 5": Arm(question=APART, change=loss(decorrelation=0.1)),
    "never both at once": Arm(question=SEEN, change=batch(both=0.0)),
    "half of the steps both": Arm(question=SEEN, change=batch(both=0.5, short=0.1, same=0.15)),
    "no delay moved": Arm(question=SEEN, change=batch(jitter=0.0, device_lag=(0.0, 0.0))),
    "time at its own speed": Arm(question=SEEN, change=batch(stretch=0.0)),
    "what wearables do": Arm(question=SEEN, change=lambda run: replace(run, augment=WORN)),
    "no noise, no devices": Arm(
        question=SEEN, change=lambda run: replace(run, augment=AugmentConfig(filter=0.0, noise=0.0))
    ),
    "teacher's tokens foreseen": Arm(question=FORESEEN, change=never),
    "no derivative": Arm(question=WAVE, change=loss(derivative=0.0)),
    "derivative x 3": Arm(question=WAVE, change=loss(derivative=0.9)),
    "simulated people too": Arm(question=VIRTUAL, change=lambda run: run, corpus="train_simulated"),
    "simulated too, course, rhythm": Arm(
        question=VIRTUAL,
        change=both(model(course=32), loss(rhythm=0.5)),
        corpus="train_simulated",
    ),
    "a tenth of the people": Arm(question=PERSONS, change=lambda run: run, share=0.1),
    "a quarter of the people": Arm(question=PERSONS, change=lambda run: run, share=0.25),
    "half of the people": Arm(question=PERSONS, change=lambda run: run, share=0.5),
    "narrow": Arm(question=SIZE, change=sized(narrow())),
    "tiny": Arm(question=SIZE, change=sized(first())),
    "small": Arm(question=SIZE, change=sized(recipe("small"))),
}
"""In the order in which they are trained: the first questions first."""


def some_people(cache: Cache, share: float) -> Cache:
    """Return a cache in which only a share of each database's people can be learnt from.

    Who they are follows from their names alone, and a smaller share's people are among a larger
    one's: what is added from one arm to the next is people, not chance. The others' windows
    stay where they are and lose their quality, without which no window is used.
    """
    if share >= 1:
        return cache
    chosen = np.zeros(len(cache.subjects), bool)
    lot = [hashlib.sha256(name.encode()).digest() for name in cache.subjects]
    for database in np.unique(cache.database):
        people = np.unique(cache.subject[cache.database == database]).tolist()
        people.sort(key=lambda person: lot[person])
        chosen[people[: max(1, round(share * len(people)))]] = True
    quality = np.where(chosen[cache.subject][:, None], cache.quality, np.float32(0))
    return replace(cache, quality=quality)


def operations(run: Run, cache: Cache, rows: int = 8, steps: int = 24) -> float:
    """Return the floating-point operations of a mean step of a run.

    Args:
        run: Whose.
        cache: What windows are cut from.
        rows: Pairs in the steps that are counted: a pair costs the same in a larger one, but for
            the contrast, which is nothing beside it.
        steps: How many are counted.
    """
    few = replace(run, batch=replace(run.batch, size=rows))
    with torch.random.fork_rng():
        objective = Objective(M2AE(run.model), run.objective)
    sampler, cpu = Sampler(cache, few.batch, seed=0), torch.device("cpu")
    seen: dict[str, list[float]] = {}
    for step in range(steps):
        made = sampler.batch(step)
        seen.setdefault(made.kind, []).extend(flops(objective, [tensors(made, few, step, cpu)]))
    c = run.batch
    share = {"same": c.same, "both": c.both, "short": c.short}
    share["other"] = 1 - sum(share.values())
    pair = sum(share[kind] * float(np.mean(counts)) for kind, counts in seen.items()) / rows
    return pair * c.size


def begun(budget: Budget) -> Run:
    """Return what the arms of a budget change."""
    run = BASES[budget.base]()
    # By hours, as the first arms were trained; the recipes weight people by the root of them.
    return replace(run, batch=replace(run.batch, people=1.0))


def prepared(name: str, seed: int, budget: Budget, cache: Cache) -> Run:
    """Return an arm's run with the steps that the budget allows."""
    run = replace(ARMS[name].change(replace(begun(budget), name=name)), seed=seed)
    steps = math.floor(budget.pflop * 1e15 / operations(run, cache))
    steps = max(1, steps // 10) * 10
    return replace(run, steps=steps, warmup=min(run.warmup, steps // 10), validate_every=250)


def arms(budget: Budget) -> Iterator[str]:
    """Yield the arms of a budget: all but the size that is the base itself."""
    return (name for name in ARMS if name != budget.base)


def folder_of(name: str, seed: int, budget: Budget) -> Path:
    """Return where an arm's run lies."""
    return RUNS / budget.name / f"{plain(name)}-{seed}"


def plain(name: str) -> str:
    """Return an arm's name as a file's."""
    return name.replace(" ", "_").replace(",", "")


def train_arms(
    budget: Budget = Budget(),
    seeds: tuple[int, ...] = (0,),
    only: tuple[str, ...] = (),
) -> None:
    """Train arms that are not finished yet, one after the other, on one core or a GPU.

    Args:
        budget: Of each.
        seeds: Seeds, all arms with the first before any with the second.
        only: Names of arms; default: all.
    """
    if budget.loop != LOOP:
        raise ValueError(f"arms are trained with loop {LOOP} from now on, not {budget.loop}")
    torch.set_num_threads(1)
    cache, held_out = open_cache(CORPUS / "train"), open_cache(CORPUS / "valid")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = str(precision(Machine(), device)).removeprefix("torch.")
    for seed in seeds:
        for name in only or [n for n in arms(budget) if ARMS[n].change not in (gone, never)]:
            folder = folder_of(name, seed, budget)
            if (folder / "done.json").exists():
                continue
            run = prepared(name, seed, budget, cache)
            print(f"{name}, seed {seed}: {run.steps} steps", flush=True)
            learnt = some_people(open_cache(CORPUS / ARMS[name].corpus), ARMS[name].share)
            about = {"steps": run.steps, "precision": dtype}
            try:
                train(run, learnt, held_out, folder)
            except DeadRunError as error:  # a finding, too
                about["dead"] = str(error)
            (folder / "done.json").write_text(json.dumps(about))


def facts(folder: Path) -> dict[str, Any]:
    """Return what a run's log says: how far it came, how fast, and its errors on people kept apart.

    `valid` has a line a validation: step, loss and the like.
    """
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    trained = [line for line in lines if line.pop("kind") == "train"]
    valid = {line["step"]: line for line in lines if line not in trained}
    return {
        "step": trained[-1]["step"],
        "pairs_per_second": trained[-1]["pairs_per_second"],
        "valid": list(valid.values()),
    }


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"train": train_arms})
