"""What makes a good fingerprint: one change at a time, under equal compute, on frozen probes.

    python benchmarks/ablations.py train --core-minutes 20        # resumes; arms one after another
    python benchmarks/ablations.py measure --out docs/results     # table and picture

Every arm gets as many steps as its floating-point operations allow for the same total, so that
a larger bottleneck pays for itself. Arms are compared with the baseline on the same people.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import tyro

from cardioprint.corpus.cache import Cache, open_cache
from cardioprint.training.flops import flops
from cardioprint.training.loop import tensors, train
from cardioprint.training.objective import Objective
from cardioprint.training.recipes import Run, recipe

FLOPS_A_CORE_MINUTE = 60 * 200e9
"""What a core of the machine the figures come from does in training (bfloat16), measured."""

CORPUS, RUNS = Path("runs/cache"), Path("runs/ablations")
"""Where the cache of people to learn from (`train`, `valid`) and the finished arms are."""


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
PERSONS, SIZE = "how many people", "how large"
VIRTUAL = "whether simulated people help"

ARMS: dict[str, Arm] = {
    "baseline": Arm(question="", change=lambda run: run),
    "rhythm told": Arm(question=TOLD, change=loss(rhythm=0.5)),
    "course read": Arm(question=TOLD, change=model(course=32)),
    "course read, rhythm told": Arm(question=TOLD, change=both(model(course=32), loss(rhythm=0.5))),
    "phase in the fingerprint": Arm(question=PHASE, change=loss(phase_from="fingerprint")),
    "one pooled vector for all": Arm(
        question=PHASE, change=both(model(latents=1), loss(phase_from="fingerprint"))
    ),
    "no phase contrast": Arm(question=PHASE, change=loss(phase=0.0)),
    "reconstruction only": Arm(
        question=LOSS, change=loss(phase=0.0, state=0.0, description=0.0, decorrelation=0.0)
    ),
    "contrast only": Arm(question=LOSS, change=loss(reconstruct=0.0, description=0.0)),
    "no description": Arm(question=TOLD, change=loss(description=0.0)),
    "contrast x 0.25": Arm(question=LOSS, change=loss(phase=0.025, state=0.05)),
    "contrast x 4": Arm(question=LOSS, change=loss(phase=0.4, state=0.8)),
    "sigmoid pairs": Arm(question=LOSS, change=loss(contrast="sigmoid")),
    "hide 50 %": Arm(question=MASK, change=batch(mask_ratio=0.5)),
    "hide 80 %": Arm(question=MASK, change=batch(mask_ratio=0.8)),
    "blocks of 0.2 s": Arm(question=MASK, change=batch(block=1)),
    "blocks of 2 s": Arm(question=MASK, change=batch(block=10)),
    "independent masks": Arm(question=MASK, change=batch(complementary=False)),
    "no folding": Arm(question=COLLAPSE, change=model(fold=False)),
    "no distance bias": Arm(question=COLLAPSE, change=model(near=False)),
    "no unfolding": Arm(question=COLLAPSE, change=model(unfold=False)),
    "no loss on visible": Arm(question=COLLAPSE, change=loss(visible=0.0)),
    "content and position alike": Arm(
        question=COLLAPSE, change=model(content_scale=1.0, position_scale=1.0)
    ),
    "none of the five": Arm(
        question=COLLAPSE,
        change=both(
            model(fold=False, near=False, unfold=False, content_scale=1.0, position_scale=1.0),
            loss(visible=0.0),
        ),
    ),
    "people by the root of hours": Arm(question=PEOPLE, change=batch(people=0.5)),
    "each person alike": Arm(question=PEOPLE, change=batch(people=0.0)),
    "1 token": Arm(question=BOTTLENECK, change=model(latents=1)),
    "5 tokens": Arm(question=BOTTLENECK, change=model(latents=5)),
    "25 tokens": Arm(question=BOTTLENECK, change=model(latents=25)),
    "10 free tokens": Arm(question=BOTTLENECK, change=model(fold=False, near=False)),
    "decoders see encoders": Arm(question=BOTTLENECK, change=model(peek=True)),
    "simulated people too": Arm(question=VIRTUAL, change=lambda run: run, corpus="train_simulated"),
    "simulated too, course, rhythm": Arm(
        question=VIRTUAL,
        change=both(model(course=32), loss(rhythm=0.5)),
        corpus="train_simulated",
    ),
    "a tenth of the people": Arm(question=PERSONS, change=lambda run: run, share=0.1),
    "a quarter of the people": Arm(question=PERSONS, change=lambda run: run, share=0.25),
    "half of the people": Arm(question=PERSONS, change=lambda run: run, share=0.5),
    "half as wide": Arm(
        question=SIZE,
        change=both(
            model(features=64, heads=2, decoder_features=32),
            # As in `recipes`: the best learning rate falls as one over the width.
            lambda run: replace(run, learning_rate=2 * run.learning_rate),
        ),
    ),
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


def operations(run: Run, cache: Cache) -> float:
    """Return the floating-point operations of a mean step of a run."""
    from cardioprint.training.batches import Sampler

    torch.manual_seed(0)
    objective = Objective(_fresh(run), run.objective)
    sampler, cpu = Sampler(cache, run.batch, seed=0), torch.device("cpu")
    seen: dict[str, list[float]] = {}
    for step in range(48):
        made = sampler.batch(step)
        if len(seen.setdefault(made.kind, [])) < 2:
            seen[made.kind] += flops(objective, [tensors(made, run, step, cpu)])
    c = run.batch
    share = {"same": c.same, "both": c.both, "short": c.short}
    share["other"] = 1 - sum(share.values())
    return sum(share[kind] * float(np.mean(counts)) for kind, counts in seen.items())


def _fresh(run: Run):
    from cardioprint.models.m2ae import M2AE

    return M2AE(run.model)


def prepared(name: str, seed: int, core_minutes: float, cache: Cache) -> Run:
    """Return an arm's run with the steps that the budget allows."""
    run = recipe("tiny")
    run = replace(run, batch=replace(run.batch, people=1.0))  # by hours, as all arms were trained
    run = replace(ARMS[name].change(run), name=name, seed=seed)
    steps = math.floor(core_minutes * FLOPS_A_CORE_MINUTE / operations(run, cache))
    steps = max(1, steps // 50) * 50
    return replace(run, steps=steps, warmup=min(run.warmup, steps // 10), validate_every=250)


def folder_of(name: str, seed: int, core_minutes: float) -> Path:
    """Return where an arm's run lies."""
    return RUNS / f"{core_minutes:g}" / f"{name.replace(' ', '_')}-{seed}"


def train_arms(
    core_minutes: float = 20.0, seeds: tuple[int, ...] = (0,), only: tuple[str, ...] = ()
) -> None:
    """Train arms that are not finished yet, one after the other.

    Args:
        core_minutes: Budget of each.
        seeds: Seeds, all arms with the first before any with the second.
        only: Names of arms; default: all.
    """
    torch.set_num_threads(1)
    cache, held_out = open_cache(CORPUS / "train"), open_cache(CORPUS / "valid")
    for seed in seeds:
        for name in only or ARMS:
            folder = folder_of(name, seed, core_minutes)
            if (folder / "done.json").exists():
                continue
            run = prepared(name, seed, core_minutes, cache)
            print(f"{name}, seed {seed}: {run.steps} steps", flush=True)
            learnt = open_cache(CORPUS / ARMS[name].corpus)
            train(run, some_people(learnt, ARMS[name].share), held_out, folder)
            (folder / "done.json").write_text(json.dumps({"steps": run.steps}))


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"train": train_arms})
