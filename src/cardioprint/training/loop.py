"""The training loop: one page, read top to bottom.

The same on a CPU, one GPU or several (`torchrun --nproc-per-node N -m cardioprint pretrain ...`).
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cardioprint.corpus.pairs import Pairs
from cardioprint.models.m2ae import M2AE
from cardioprint.training import augment, checkpoint
from cardioprint.training.batches import Batch, Sampler
from cardioprint.training.objective import Objective, TensorBatch
from cardioprint.training.recipes import Run

VALIDATION_STEPS = 8
"""Batches of people kept apart, the same ones at every validation."""

DEAD_RANK = 1.5
"""Effective rank of fingerprints below which a run that is past warm-up is stopped."""


class DeadRunError(RuntimeError):
    """The loss is not finite, or all fingerprints have become one."""


def train(run: Run, pairs: Pairs, held_out: Pairs | None, folder: Path) -> Objective:
    """Pretrain an M2AE, resuming from `folder` where a checkpoint lies there.

    Args:
        run: The whole configuration.
        pairs: Corpus of people to learn from.
        held_out: Corpus of other people to validate on, or None.
        folder: Run folder: run.json, log.jsonl, TensorBoard events, last.safetensors, and
            best.safetensors of the lowest loss on the people kept apart.

    Returns:
        The objective with averaged weights.

    Raises:
        DeadRunError: Non-finite loss (before the step is taken) or collapsed fingerprints.
    """
    rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = torch.device(
        f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    )
    if ranks > 1:
        torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    torch.manual_seed(run.seed)
    objective = Objective(M2AE(run.model), run.objective).to(device)
    optimizer = torch.optim.AdamW(_groups(objective, run.weight_decay), betas=(0.9, 0.98))
    average = {k: v.detach().clone() for k, v in objective.state_dict().items()}
    folder.mkdir(parents=True, exist_ok=True)
    last, first = folder / "last.safetensors", 0
    if last.exists():
        first = checkpoint.load(last, module=objective, average=average, optimizer=optimizer)
    keep = partial(_keep, objective, average, optimizer, run)
    stepper: nn.Module = objective
    if ranks > 1:
        stepper = nn.parallel.DistributedDataParallel(objective, find_unused_parameters=True)
    sampler = Sampler(pairs, run.batch, seed=run.seed)
    plain = dataclasses.replace(run.batch, stretch=0.0)
    checker = None if held_out is None else Sampler(held_out, plain, seed=10_000 + run.seed)
    best = _lowest(folder / "log.jsonl")
    log = Log(folder, run, enabled=rank == 0)
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=run.bfloat16)
    began = time.monotonic()
    for step in range(first, run.steps):
        batch = tensors(sampler.batch(step), run, step, device, rank, ranks)
        for group in optimizer.param_groups:
            group["lr"] = run.learning_rate * schedule(step, run)
        with autocast:
            loss, parts = stepper(batch)
        if not torch.isfinite(loss):
            raise DeadRunError(f"loss is {loss.item()} at step {step}; the last checkpoint is good")
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(objective.parameters(), run.clip)
        optimizer.step()
        _update(average, objective, min(run.average, (1 + step) / (10 + step)))
        if step % 10 == 0:
            rate = (step - first + 1) * run.batch.size / (time.monotonic() - began)
            log.write("train", step, {**parts, "norm": norm, "pairs_per_second": rate})
            if step > max(run.warmup, 1000) and parts["rank"] < DEAD_RANK:
                raise DeadRunError(f"fingerprints have effective rank {parts['rank']:.2f}")
        done = step + 1
        if rank == 0 and checker and (done % run.validate_every == 0 or done == run.steps):
            with swapped(objective, average):
                found = validate(objective, checker, run, device)
            log.write("valid", done, found)
            if found["loss"] < best:
                best = found["loss"]
                keep(folder / "best.safetensors", done)
        if rank == 0 and (done % run.save_every == 0 or done == run.steps):
            keep(last, done)
    objective.load_state_dict(average)
    if ranks > 1:
        torch.distributed.destroy_process_group()
    return objective


def _keep(
    objective: Objective,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    run: Run,
    path: Path,
    step: int,
) -> None:
    """Write a checkpoint of the run."""
    checkpoint.save(
        path,
        module=objective,
        average=average,
        optimizer=optimizer,
        step=step,
        about=dataclasses.asdict(run),
    )


def _lowest(log: Path) -> float:
    """Return the lowest validation loss of a run so far."""
    if not log.exists():
        return math.inf
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return min((d["loss"] for d in lines if d["kind"] == "valid"), default=math.inf)


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
    rank: int = 0,
    ranks: int = 1,
    *,
    disturb: bool = True,
) -> TensorBatch:
    """Return a rank's slice of a batch on its device, as a device would see it, and noise."""
    mine = slice(rank * run.batch.size // ranks, (rank + 1) * run.batch.size // ranks)
    generator = torch.Generator().manual_seed(run.seed * 1_000_003 + 500_009 * rank + step)
    clean = torch.from_numpy(batch.windows[:, mine]).to(device)
    rate, n = run.model.sampling_rate, batch.patches_valid * run.model.patch
    noisy = clean
    if disturb:
        clean = clean.clone()
        clean[..., :n] = augment.device_filter(clean[..., :n], rate, generator)
        noisy = clean.clone()
        noisy[..., :n] = augment.add_noise(clean[..., :n], rate, generator)
    a, b = (
        {m: torch.from_numpy(at[mine]).to(device) for m, at in view.items()} for view in batch.shown
    )
    return TensorBatch(
        kind=batch.kind,
        clean=clean,
        noisy=noisy,
        shown=(a, b),
        patches_valid=batch.patches_valid,
        subject=torch.from_numpy(batch.subject[mine]).to(device),
        beats=torch.from_numpy(batch.beats[:, mine]).to(device),
        progress=step / run.steps if disturb else 1.0,
    )


@torch.no_grad()
def validate(
    objective: Objective, sampler: Sampler, run: Run, device: torch.device
) -> dict[str, float]:
    """Return mean losses and hit rates over fixed batches of people kept apart."""
    sums: dict[str, list[float]] = {}
    objective.eval()
    for i in range(VALIDATION_STEPS):
        batch = tensors(sampler.batch(i), run, i, device, disturb=False)
        _, parts = objective(batch)
        for key, value in parts.items():
            sums.setdefault(key, []).append(float(value))
    objective.train()
    return {key: sum(v) / len(v) for key, v in sums.items()}


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


class Log:
    """JSON lines for people and scripts, TensorBoard where it is installed."""

    def __init__(self, folder: Path, run: Run, *, enabled: bool):
        self.enabled, self.path = enabled, folder / "log.jsonl"
        self.board: Any = None
        if enabled:
            (folder / "run.json").write_text(json.dumps(dataclasses.asdict(run), indent=1))
            try:
                from torch.utils.tensorboard import SummaryWriter

                self.board = SummaryWriter(str(folder))
            except ImportError:
                pass

    def write(self, kind: str, step: int, values: dict[str, Any]) -> None:
        """Append one line."""
        if not self.enabled:
            return
        plain = {k: round(float(v), 5) for k, v in values.items()}
        with self.path.open("a") as file:
            file.write(json.dumps({"kind": kind, "step": step, **plain}) + "\n")
        if self.board is not None:
            for key, value in plain.items():
                self.board.add_scalar(f"{kind}/{key}", value, step)


def _groups(module: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    matrices = [p for p in module.parameters() if p.ndim >= 2]
    others = [p for p in module.parameters() if p.ndim < 2]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


@torch.no_grad()
def _update(average: dict[str, Tensor], module: nn.Module, decay: float) -> None:
    for name, value in module.state_dict().items():
        average[name].lerp_(value, 1 - decay)
