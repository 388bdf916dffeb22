"""The training loop: one page, read top to bottom.

The same on a CPU, one GPU or several:
`torchrun --nproc-per-node N -m -- cardioprint pretrain ...`.
"""

from __future__ import annotations

import dataclasses
import math
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cardioprint.corpus.cache import Cache
from cardioprint.corpus.order import rank_slice
from cardioprint.errors import CardioprintError
from cardioprint.training import checkpoint, ranks
from cardioprint.training.augment import augment
from cardioprint.training.batches import Batch, Sampler
from cardioprint.training.beginning import begin, learnt_before
from cardioprint.training.chance import Chance
from cardioprint.training.log import Log, lowest
from cardioprint.training.machine import (
    Machine,
    ahead,
    autocast,
    fit,
    optimizer,
    precision,
    start,
    unsynchronised,
    whole,
)
from cardioprint.training.objective import Objective, TensorBatch
from cardioprint.training.recipes import Run, as_begun

LOG_EVERY = 10
"""Steps between lines of the log."""

VALIDATION_STEPS = 8
"""Batches of people kept apart, the same ones at every validation."""

SETTLING_STEPS = 48
"""Batches from which the means and spreads of the final weights are taken."""

DEAD_RANK, DEAD_COSINE = 1.5, 0.995
"""Effective rank of fingerprints at and below which, or mean cosine above which, they tell
nothing. The rank alone would not do: it is taken about their mean, where rounding is of full rank.
In runs that came alive the cosine was 0.99 at step 50 and 0.45 to 0.92 at step 300."""

DEAD_LINES = 20
"""Lines of the log past warm-up, one after the other, in which they tell nothing until a run is
stopped: 200 steps. A prototype that recovered did so by step 220, one that did not took 900."""


class DeadRunError(CardioprintError):
    """The loss is not finite, or all fingerprints have become one."""


def train(
    run: Run,
    cache: Cache,
    held_out: Cache | None,
    folder: Path,
    machine: Machine = Machine(),  # noqa: B008 (frozen)
) -> Objective:
    """Pretrain an M2AE, resuming from `folder` where a checkpoint lies there.

    Args:
        run: The whole configuration.
        cache: Corpus of people to learn from.
        held_out: Corpus of other people to validate on, or None.
        folder: Run folder: run.json, log.jsonl, TensorBoard events, last.safetensors, and
            best.safetensors of the lowest loss on the people kept apart.
        machine: How the run is spread over the machine, and in which precision.

    Returns:
        The objective with averaged weights.

    Raises:
        DeadRunError: Non-finite loss or gradient (before the step is taken) or collapsed
            fingerprints.
        ModelError: The checkpoint in `folder` is damaged, or of other sizes.
    """
    device, rank, world = start()
    objective = begin(run).to(device)
    stepper = fit(objective, machine, device, world)
    adam = optimizer(objective, machine, run.weight_decay)
    average = {k: v.detach().clone() for k, v in objective.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    last, first = folder / "last.safetensors", 0
    before = learnt_before(run)
    if last.exists():
        first = checkpoint.load(last, module=objective, average=average, optimizer=adam)
        run, before = as_begun(run, checkpoint.about(last)), checkpoint.databases(last)
    sampler = Sampler(cache, run.batch, seed=run.seed)
    # Of a run that was begun by an older release nobody knows what it had learnt from.
    learnt = None if before is None else sorted({*before, *sampler.places.used})
    dtype = precision(machine, device)
    told = {"device": device.type, "precision": str(dtype).removeprefix("torch."), "ranks": world}
    about = {**dataclasses.asdict(run), "precision": told["precision"]}
    keep = partial(_keep, objective, average, adam, about, learnt)
    plain = dataclasses.replace(run.batch, stretch=0.0)
    checker = None if held_out is None else Sampler(held_out, plain, seed=10_000 + run.seed)
    best = lowest(folder / "log.jsonl")
    log = Log(folder, run, enabled=rank == 0, machine=told)
    began, waited, alike = time.monotonic(), 0.0, 0
    make = partial(sampler.batch, rank=rank, ranks=world)
    batches = ahead(make, first, run.steps, machine.prefetch)
    for step in range(first, run.steps):
        asked = time.monotonic()
        batch = next(batches)
        waited += time.monotonic() - asked
        for group in adam.param_groups:
            group["lr"] = run.learning_rate * schedule(step, run)
        adam.zero_grad()
        for part in range(machine.accumulate):
            rows = tensors(batch, run, step, device, part, machine.accumulate)
            with unsynchronised(stepper, last=part + 1 == machine.accumulate):
                with autocast(device, dtype):
                    loss, parts = stepper(rows)
                (loss / machine.accumulate).backward()
            # All ranks stop or none: one that went on alone would wait for the others for ever.
            if not ranks.everywhere(torch.isfinite(loss.detach())):
                raise DeadRunError(
                    f"loss is {loss.item()} at step {step}; the last checkpoint is good"
                )
        norm = whole(nn.utils.clip_grad_norm_(objective.parameters(), run.clip))
        if not torch.isfinite(norm):  # the same on all ranks
            raise DeadRunError(
                f"the gradient is {norm.item()} at step {step}, though the loss is "
                f"{loss.item():.3g}; the last checkpoint is good"
            )
        adam.step()
        _update(average, objective, min(run.average, (1 + step) / (10 + step)))
        if step % LOG_EVERY == 0:
            seconds = time.monotonic() - began
            rate = (step - first + 1) * run.batch.size / seconds
            said = {"norm": norm, "pairs_per_second": rate, "waiting": waited / seconds}
            said["bfloat16"] = dtype == torch.bfloat16  # a resumed run may have changed it
            found = _mean_over_ranks(parts)
            log.write("train", step, {**found, **said})
            dead = found["rank"] <= DEAD_RANK or found["cosine"] > DEAD_COSINE
            alike = alike + 1 if dead and step >= run.warmup else 0
            if alike == DEAD_LINES:
                raise DeadRunError(
                    f"fingerprints have been alike for {DEAD_LINES * LOG_EVERY} steps: at step "
                    f"{step} their effective rank is {found['rank']:.2f}, their mean cosine "
                    f"{found['cosine']:.4f}. Fix: another seed or a lower learning rate; see "
                    f"{folder / 'log.jsonl'}"
                )
        done = step + 1
        if done == run.steps:
            with swapped(objective, average):
                settle(objective, sampler, run, device, rank, world)
                for name, value in objective.state_dict().items():
                    average[name].copy_(value)
        if checker and (done % run.validate_every == 0 or done == run.steps):
            with swapped(objective, average):
                found = validate(objective, checker, run, device, rank, world)
            log.write("valid", done, found)
            if found["loss"] < best:
                best = found["loss"]
                keep(folder / "best.safetensors", done)
        if done % run.save_every == 0 or done == run.steps:
            keep(last, done)
    objective.load_state_dict(average)
    if world > 1:
        torch.distributed.destroy_process_group()
    return objective


def _mean_over_ranks(parts: dict[str, Tensor]) -> dict[str, float]:
    """Return the parts of a loss as numbers, the same on every rank."""
    values = ranks.mean(torch.stack([v.detach().float() for v in parts.values()]))
    return dict(zip(parts, values.tolist(), strict=True))


def _keep(
    objective: Objective,
    average: dict[str, Tensor],
    adam: torch.optim.Optimizer,
    about: dict[str, Any],
    databases: list[str] | None,
    path: Path,
    step: int,
) -> None:
    """Write a checkpoint of the run; every rank has to call it."""
    checkpoint.save(
        path,
        module=objective,
        average=average,
        optimizer=adam,
        step=step,
        about=about,
        databases=databases,
    )


def schedule(step: int, run: Run) -> float:
    """Return the fraction of the learning rate: linear warm-up, then half a cosine to 1 %."""
    if step < run.warmup:
        return (step + 1) / run.warmup
    progress = (step - run.warmup) / max(1, run.steps - run.warmup)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))


def tensors(
    batch: Batch,
    run: Run,
    step: int,
    device: torch.device,
    part: int = 0,
    parts: int = 1,
    *,
    disturb: bool = True,
) -> TensorBatch:
    """Return a part of a batch on its device, as a device would see it, and disturbed.

    Args:
        batch: This rank's rows.
        run: The whole configuration.
        step: Of the run.
        device: Where to.
        part: Which part of the rows.
        parts: Into how many they are divided.
        disturb: Whether anything happens to the windows.
    """
    mine = rank_slice(len(batch.subject), part, parts)
    clean = torch.from_numpy(batch.windows[:, mine]).to(device)
    rate, n = run.model.sampling_rate, batch.patches_valid * run.model.patch
    noisy, valid = clean, None
    if disturb:
        chance = Chance(clean, seed=run.seed, step=step, first_row=batch.first_row + mine.start)
        signal, heard, there = augment(clean[..., :n], rate, run.augment, chance)
        rest = clean.shape[-1] - n  # zeros after a short window
        clean, noisy = (torch.nn.functional.pad(x, (0, rest)) for x in (signal, heard))
        valid = None if there is None else torch.nn.functional.pad(there, (0, rest), value=True)
    a, b = (
        {m: torch.from_numpy(at[mine]).to(device) for m, at in view.items()} for view in batch.shown
    )
    return TensorBatch(
        kind=batch.kind,
        clean=clean,
        noisy=noisy,
        valid=valid,
        shown=(a, b),
        patches_valid=batch.patches_valid,
        subject=torch.from_numpy(batch.subject[mine]).to(device),
        beats=torch.from_numpy(batch.beats[:, mine]).to(device),
        progress=step / run.steps if disturb else 1.0,
    )


@torch.no_grad()
def validate(
    objective: Objective,
    sampler: Sampler,
    run: Run,
    device: torch.device,
    rank: int = 0,
    world: int = 1,
) -> dict[str, float]:
    """Return mean losses and hit rates over fixed batches of people kept apart."""
    sums: dict[str, list[float]] = {}
    objective.eval()
    for i in range(VALIDATION_STEPS):
        batch = tensors(sampler.batch(i, rank, world), run, i, device, disturb=False)
        _, parts = objective(batch)
        for key, value in _mean_over_ranks(parts).items():
            sums.setdefault(key, []).append(value)
    objective.train()
    return {key: sum(v) / len(v) for key, v in sums.items()}


@torch.no_grad()
def settle(
    objective: Objective,
    sampler: Sampler,
    run: Run,
    device: torch.device,
    rank: int = 0,
    world: int = 1,
) -> None:
    """Take the running means and spreads of averaged weights anew, from training windows.

    What is common to all fingerprints drifts, since no loss sees it, and an average over steps of
    weights and of means that followed them do not fit each other: heart rates that the read-out
    told were off by 3/min, all of them. Batch norms need the same (Izmailov 2018, section 3.2).
    """
    usual = objective.momentum
    for i in range(SETTLING_STEPS):
        objective.momentum = 1 / (1 + i)
        objective(tensors(sampler.batch(i, rank, world), run, i, device, disturb=False))
    objective.momentum = usual


class swapped:  # noqa: N801 (reads as a verb)
    """Put averaged weights into a module for the length of a `with` block."""

    def __init__(self, module: nn.Module, average: dict[str, Tensor]):
        self.module, self.average = module, average

    def __enter__(self) -> None:
        """Keep the module's own weights and load the averaged ones."""
        self.own = {k: v.detach().clone() for k, v in self.module.state_dict().items()}
        self.module.load_state_dict(self.average)

    def __exit__(self, *_: object) -> None:
        """Give the module its own weights back."""
        self.module.load_state_dict(self.own)


@torch.no_grad()
def _update(average: dict[str, Tensor], module: nn.Module, decay: float) -> None:
    for name, value in module.state_dict().items():
        average[name].lerp_(value, 1 - decay)
