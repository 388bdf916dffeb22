"""Windows per second from a corpus to a training step, in one run and one process.

python benchmarks/batches.py [--cache runs/cache/train] [--corpus runs/corpus] [--seconds 2]

Without a cache or a corpus, simulated ones of the same layout are made in a temporary folder.
Every line is the median of several repeats; beside it stands what a second of the processor
gives, which does not depend on what else the machine does, and the share of the limit: copying
windows out of the memory map and nothing else.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
import tyro

from cardioprint.corpus.cache import Cache, export_cache, open_cache
from cardioprint.corpus.commits import create
from cardioprint.corpus.place import Place
from cardioprint.corpus.store import open_corpus
from cardioprint.corpus.windows import Origin, Rows, signals
from cardioprint.signal.blocks import InMemory
from cardioprint.signal.preparation import MODALITIES, Preparation
from cardioprint.simulate import patient
from cardioprint.training.augment import AugmentConfig, augment, everyday
from cardioprint.training.batches import BatchConfig, Sampler
from cardioprint.training.chance import Chance

REPEATS = 7
"""Of each measurement; the median counts."""

PEOPLE, MINUTES, COPIES = 4, 15.0, 40
"""Of the simulated corpus: the same windows under many names, 14,400 in all (72 MB)."""

COLUMNS = ["samples", *(f"{m}_{what}" for m in MODALITIES for what in ("scale", "offset"))]
"""What turns a row of the corpus into signals."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Windows per second of the clock, and per second of the processor."""

    clock: float
    processor: float


def speed_of(call: Callable[[int], int], seconds: float) -> Speed:
    """Return the speed of a function that says how many windows it has made; medians."""
    call(0)
    clock, processor, number = [], [], 1
    for _ in range(REPEATS):
        done, began, used = 0, time.perf_counter(), time.process_time()
        while time.perf_counter() - began < seconds / REPEATS:
            done += call(number)
            number += 1
        clock.append(done / (time.perf_counter() - began))
        processor.append(done / max(time.process_time() - used, 1e-9))
    return Speed(clock=float(np.median(clock)), processor=float(np.median(processor)))


def simulated(folder: Path) -> Path:
    """Make a corpus of simulated people and return its folder."""
    import lance

    create(Place.at(folder), Preparation())
    for person in range(PEOPLE):
        record, _ = patient(minutes=MINUTES, seed=person, events=False)
        for copy in range(COPIES):
            name = f"p{person}c{copy}"
            origin = Origin(
                key=f"simulated/{name}",
                database="simulated",
                subject=f"simulated:{name}",
                split="train",
            )
            if copy == 0:
                rows = Rows(iter([InMemory(record=record)]), origin, Preparation())
                table = pa.Table.from_batches(list(rows))
            for column, value in (("record", origin.key), ("subject", origin.subject)):
                at = table.schema.get_field_index(column)
                table = table.set_column(at, column, pa.repeat(value, len(table)))
            lance.write_dataset(table, folder / "windows.lance", mode="append")
    lance.dataset(folder / "windows.lance").optimize.compact_files()
    return folder


def from_cache(cache: Cache, size: int, seconds: float) -> dict[str, Speed]:
    """Measure reading the memory map, whole windows and batches."""
    rng = np.random.default_rng(0)
    rows = cache.samples.reshape(len(cache), -1)

    def some() -> np.ndarray:
        return rng.integers(0, len(cache), size)

    sampler = Sampler(cache, BatchConfig(size=size))
    out = {
        "memory map, copied as it is (limit)": speed_of(
            lambda _: len(rows.take(some(), axis=0)), seconds
        ),
        "Cache.windows, shuffled, float32": speed_of(lambda _: len(cache.windows(some())), seconds),
        "Sampler": speed_of(lambda step: _windows(sampler, step), seconds),
    }
    still = Sampler(cache, replace(sampler.config, stretch=0.0))
    out["Sampler without time stretch"] = speed_of(lambda step: _windows(still, step), seconds)
    for name, config in (("filter and noise", AugmentConfig()), ("everyday", everyday())):
        out[f"Sampler, {name}"] = speed_of(
            lambda step, c=config: _windows(sampler, step, c), seconds
        )
    return out


def _windows(sampler: Sampler, step: int, config: AugmentConfig | None = None) -> int:
    """Make a batch and return its windows: two a row."""
    batch = sampler.batch(step)
    if config is not None:
        windows = torch.from_numpy(batch.windows)
        augment(windows, sampler.rate, config, Chance(windows, step=step))
    return 2 * len(batch.subject)


def from_corpus(folder: Path, size: int, seconds: float) -> dict[str, Speed]:
    """Measure reading shuffled windows from Lance, as counts and as signals."""
    rng = np.random.default_rng(0)
    with open_corpus(folder) as corpus:
        total = len(corpus)

        def rows() -> pa.Table:
            return corpus.take(rng.integers(0, total, size), COLUMNS)

        return {
            f"Lance take of {size:,}": speed_of(lambda _: len(rows()), seconds),
            f"Lance take of {size:,}, float32": speed_of(lambda _: len(signals(rows())), seconds),
        }


def main(
    cache: Path | None = None,
    corpus: Path | None = None,
    size: int = 512,
    take: int = 2048,
    seconds: float = 2.0,
) -> None:
    """Run all measurements.

    Args:
        cache: Cache to read; default: exported from the corpus into a temporary folder.
        corpus: Corpus to read; default: simulated.
        size: Rows in a batch.
        take: Windows asked of Lance at a time.
        seconds: Seconds each measurement lasts.
    """
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        folder = corpus or simulated(here / "corpus")
        began = time.perf_counter()
        opened = open_cache(cache) if cache else export_cache(folder, here / "cache")
        if cache is None:
            took = time.perf_counter() - began
            print(f"exported {len(opened):,} windows, {len(opened) / took:,.0f} a second")
        found = from_cache(opened, size, seconds)
        found |= from_corpus(folder, take, seconds)
    limit = next(iter(found.values()))
    print(f"{len(opened):,} windows of {opened.window_samples} samples, batches of {size}\n")
    print(f"{'':38}{'windows/s':>12}{'per CPU-second':>16}{'of the limit':>14}")
    for name, speed in found.items():
        share = speed.processor / limit.processor
        print(f"{name:38}{speed.clock:12,.0f}{speed.processor:16,.0f}{share:14.4f}")


if __name__ == "__main__":
    tyro.cli(main)
