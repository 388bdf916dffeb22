"""What a training step does with the machine: in one run, beside what the machine could do.

    taskset -c 0 python benchmarks/training.py [--recipes tiny small base] [--cache runs/cache]

The limit is the rate of square matrix products. Beside it stands what the step's own products
reach with nothing between them: they are narrow, and no way of writing the step gets beyond that.
On a CPU seconds are those of the one thread that works, so that other processes count little.
"""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import torch
import tyro
from batches import simulated
from torch.profiler import ProfilerActivity, profile

from cardioprint.corpus.cache import Cache, export_cache, open_cache
from cardioprint.models.m2ae import M2AE
from cardioprint.training.batches import Sampler
from cardioprint.training.flops import Products, clock, flops, matmul_rate, products_alone
from cardioprint.training.loop import _update, tensors
from cardioprint.training.machine import Machine, ahead, autocast, fit, optimizer, precision
from cardioprint.training.objective import Objective, TensorBatch
from cardioprint.training.recipes import Run, recipe

GROUPS: dict[str, tuple[str, ...]] = {
    "linear layers": ("mm", "addmm", "linear"),
    "attention": ("bmm", "baddbmm", "matmul", "_softmax", "_softmax_backward_data"),
    "norms and GELU": (
        *("native_layer_norm", "native_layer_norm_backward"),
        *("gelu", "gelu_backward"),
    ),
    "copies and casts": ("copy_", "_to_copy", "to", "contiguous", "clone", "cat", "empty_strided"),
}
"""Kernels by what they are for; the rest is small element by element work and bookkeeping."""


@dataclass
class Steps:
    """Some steps of a run, timed part by part."""

    run: Run
    objective: Objective
    device: torch.device
    dtype: torch.dtype
    """What products are taken in."""
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds of each part."""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time what is inside."""
        began = clock(self.device)
        yield
        self.spent[name] += clock(self.device) - began

    def go(self, sampler: Sampler, number: int, machine: Machine) -> float:
        """Take steps as the loop does, and return the share of the time spent waiting for data."""
        run, adam = self.run, optimizer(self.objective, machine, self.run.weight_decay)
        average = {k: v.detach().clone() for k, v in self.objective.state_dict().items()}
        began, waited = time.perf_counter(), 0.0
        batches = ahead(sampler.batch, 0, number, machine.prefetch)
        for step in range(number):
            asked = time.perf_counter()
            batch = next(batches)
            waited += time.perf_counter() - asked
            adam.zero_grad()
            with self.part("augmentation"):
                rows = tensors(batch, run, step, self.device)
            with self.part("forward"), autocast(self.device, self.dtype):
                loss, _ = self.objective(rows)
            with self.part("backward"):
                loss.backward()
            with self.part("optimiser and average"):
                torch.nn.utils.clip_grad_norm_(self.objective.parameters(), run.clip)
                adam.step()
                _update(average, self.objective, run.average)
        return waited / (time.perf_counter() - began)

    def both_ways(self, batches: list[TensorBatch]) -> None:
        """Go forward and back, without a step."""
        for batch in batches:
            with autocast(self.device, self.dtype):
                loss, _ = self.objective(batch)
            loss.backward()
        self.objective.zero_grad()


def measure(
    name: str,
    cache: Cache,
    limits_of: dict[torch.dtype, float],
    rows: int,
    steps: int,
    repeats: int,
) -> None:
    """Print one recipe's figures, beside the highest limit that was seen."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = recipe(name)
    if rows:
        run = replace(run, batch=replace(run.batch, size=min(rows, run.batch.size)))
    torch.manual_seed(0)
    objective = Objective(M2AE(run.model), run.objective).to(device)
    machine = Machine()
    dtype = precision(machine, device)
    fit(objective, machine, device, 1)
    sampler = Sampler(cache, run.batch, seed=0)
    timed = Steps(run, objective, device, dtype)
    timed.go(sampler, min(steps, 4), machine)  # warms up
    batches = [tensors(sampler.batch(i), run, i, device) for i in range(steps)]
    with autocast(device, dtype):
        operations = sum(flops(objective, batches))
    with Products() as products:
        timed.both_ways(batches)
    rates, limits, alone, waits = [], [], [], []
    parts: dict[str, float] = {}
    for _ in range(repeats):
        limits.append(matmul_rate(device, dtype, seconds=1.0))
        alone.append(operations / products_alone(products.seen, device))
        timed.spent.clear()
        waits.append(timed.go(sampler, steps, machine))
        seconds = sum(timed.spent.values())
        if not rates or operations / seconds > max(rates):
            parts = {k: v / seconds for k, v in timed.spent.items()}
        rates.append(operations / seconds)
    kinds = {b.kind for b in batches}
    pairs = steps * run.batch.size / operations
    limit = max(limits_of[dtype], *limits)
    print(
        f"\n{name}: {run.batch.size} pairs a step, {steps} steps ({', '.join(sorted(kinds))}), "
        f"{operations / steps / run.batch.size / 1e9:.2f} GFLOP a pair"
    )
    for label, values in (("products alone", alone), ("the step", rates)):
        print(
            f"  {label:22}best {max(values) / 1e9:7.1f}  median {median(values) / 1e9:7.1f} "
            f"GFLOP/s, {max(values) / limit:4.0%} of the limit ({limit / 1e9:.0f})"
        )
    best, usual = pairs * max(rates), pairs * median(rates)
    print(f"  pairs per second      best {best:7.1f}  median {usual:7.1f}")
    print(f"  waits for data        best {min(waits):7.1%}  median {median(waits):7.1%}")
    print("  parts                 " + ", ".join(f"{k} {v:.1%}" for k, v in parts.items()))
    shares = kernels(timed, batches[: max(1, steps // 2)])
    print("  kernels, both ways    " + ", ".join(f"{k} {v:.1%}" for k, v in shares.items()))


def kernels(timed: Steps, batches: list[TensorBatch]) -> dict[str, float]:
    """Return shares of the time forward and back, by what kernels are for."""
    gpu = timed.device.type == "cuda"
    activities = [ProfilerActivity.CUDA if gpu else ProfilerActivity.CPU]
    with profile(activities=activities) as found:
        timed.both_ways(batches)
    sums: dict[str, float] = defaultdict(float)
    group = {f"aten::{kernel}": name for name, of in GROUPS.items() for kernel in of}
    for event in found.key_averages():
        own = event.self_device_time_total if gpu else event.self_cpu_time_total
        sums[group.get(event.key, "the rest")] += own
    total = sum(sums.values())
    return {k: v / total for k, v in sorted(sums.items(), key=lambda x: -x[1])}


def main(
    recipes: tuple[str, ...] = ("tiny", "small", "base"),
    cache: Path = Path("runs/cache"),
    rows: int = 128,
    steps: int = 12,
    repeats: int = 3,
) -> None:
    """Measure recipes one after the other.

    Args:
        recipes: Names.
        cache: Folder with train/; simulated people where there is none.
        rows: Most pairs in a step; 0: as many as the recipe says.
        steps: Steps in a repeat; the mix of kinds is that of a run's first ones.
        repeats: Repeats, each with its own measure of the limit.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(1)
    limits: dict[torch.dtype, float] = {}
    for dtype in sorted({precision(Machine(), device), torch.float32}, key=str):
        best = max(matmul_rate(device, dtype, size=n, seconds=0.5) for n in (512, 1024, 2048))
        limits[dtype] = best
        print(f"limit of square products, {dtype}: {best / 1e9:.0f} GFLOP/s")
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        opened = (
            open_cache(cache / "train")
            if cache.exists()
            else export_cache(simulated(here / "corpus"), here / "cache")
        )
        for name in recipes:
            measure(name, opened, limits, rows, steps, repeats)


if __name__ == "__main__":
    tyro.cli(main)
