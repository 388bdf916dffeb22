"""Verbs for people who make models; they need the extra `train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from cardioprint.errors import CardioprintError

Recipe = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RECIPE")]
Folder = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]


def pretrain(
    name: Recipe,
    /,
    cache: Path = Path("runs/cache"),
    out: Path | None = None,
    steps: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    strategy: Literal["ddp", "fsdp"] = "ddp",
    accumulate: int = 1,
    recompute: bool = False,
) -> int:
    """Pretrain an M2AE; a rerun resumes from the last checkpoint, on any number of ranks.

    $ cardioprint pretrain tiny

    $ torchrun --nproc-per-node 4 -m cardioprint pretrain base --strategy fsdp

    Args:
        name: Recipe: tiny, small, base, large or smoke.
        cache: Folder with a cache of each side, train/ and, to watch the run, valid/:
            `cardioprint corpus export DIR --memmap CACHE/train --split train`.
        out: Run folder; default runs/RECIPE.
        steps: Steps instead of the recipe's.
        seed: Seed instead of the recipe's.
        threads: CPU threads; default: the cores this process may use.
        strategy: ddp: every rank holds the model; fsdp: a part of it.
        accumulate: Parts that a rank's rows are worked off in; contrast then compares the rows
            of a part.
        recompute: Compute activations again on the way back instead of keeping them.
    """
    _need_torch()
    import dataclasses

    import torch

    from cardioprint.corpus.cache import open_cache
    from cardioprint.runtime.session import usable_cores
    from cardioprint.training.loop import train
    from cardioprint.training.machine import Machine
    from cardioprint.training.recipes import recipe

    run = recipe(name)
    changes = {k: v for k, v in (("steps", steps), ("seed", seed)) if v is not None}
    run = dataclasses.replace(run, **changes)
    torch.set_num_threads(threads or usable_cores())
    held_out = cache / "valid"
    train(
        run,
        open_cache(cache / "train"),
        open_cache(held_out) if (held_out / "cache.json").exists() else None,
        out or Path("runs") / name,
        Machine(strategy=strategy, accumulate=accumulate, recompute=recompute),
    )
    return 0


def export(
    run: Folder,
    /,
    out: Path,
    name: str = "tiny",
    float32: bool = False,
    summary: str = "",
    checkpoint: str = "last",
) -> int:
    """Turn a finished run into a model folder: weights, ONNX graphs, description.

    $ cardioprint export runs/tiny --out models/tiny --float32

    Args:
        run: Run folder of `pretrain`.
        out: Model folder to write.
        name: Name of the model.
        float32: Also write graphs in full precision.
        summary: One line for `cardioprint models`.
        checkpoint: last, or best (lowest loss on the people kept apart).
    """
    _need_torch()
    from cardioprint.edge.package import package

    written = package(run, out, name=name, float32=float32, summary=summary, checkpoint=checkpoint)
    for path in written:
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path}")
    return 0


def bench(model: str = "tiny", out: Path = Path("out/bench"), quick: bool = False) -> int:
    """Measure a model on the public test set beside trivial and untrained methods.

    $ cardioprint bench --out out/bench

    Args:
        model: Packaged model or model folder.
        out: Folder for tables and figures.
        quick: Fewer people and resamples, for a first look.
    """
    _need_torch()
    from cardioprint.benchmark.bidmc import run_model

    run_model(model, out, quick=quick)
    print((out / "summary.md").read_text())
    return 0


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise CardioprintError(
            "this verb needs torch. Fix: pip install torch, then pip install 'cardioprint[train]'"
        )
