"""Verbs for people who make models; they need the extra `train`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from cardioprint.errors import CardioprintError

Recipe = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RECIPE")]
Folder = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]


def pretrain(
    name: Recipe,
    /,
    cache: Path = Path("runs/cache"),
    out: Path | None = None,
    start: str | None = None,
    steps: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    people: float | None = None,
    precision: Literal["auto", "bfloat16", "float32"] = "auto",
    strategy: Literal["ddp", "fsdp"] = "ddp",
    accumulate: int = 1,
    recompute: bool = False,
    engine: Literal["local", "ray"] = "local",
    address: str = "",
    ranks: int = 1,
    gpu: bool = False,
) -> int:
    """Pretrain an M2AE; a rerun resumes from the last checkpoint, on any number of ranks.

    $ cardioprint pretrain tiny

    $ torchrun --nproc-per-node 4 -m -- cardioprint pretrain base --strategy fsdp

    $ cardioprint pretrain further --start models/mine

    $ cardioprint pretrain readout --start models/mine

    $ cardioprint pretrain base --engine ray --address auto --ranks 16 --gpu --out /shared/base

    Args:
        name: Recipe: tiny, small, base, large; further: a finished model learns on; readout:
            fingerprints anew on a finished model's frozen tokens; or smoke.
        cache: Folder with a cache of each side, train/ and, to watch the run, valid/:
            `cardioprint corpus export DIR --memmap CACHE/train --split train`.
        out: Run folder; default runs/RECIPE.
        start: Begin with the weights of this model, packaged or a folder of `export`, and take its
            sizes. Default: the recipe's, fresh weights but for further and readout. Under torchrun
            leave its `--` where the examples have it: it takes --start for an option of its own.
        steps: Steps instead of the recipe's.
        seed: Seed instead of the recipe's.
        threads: CPU threads; default: the cores this process may use.
        people: How the people of a database are weighted, instead of the recipe's: by
            hours ** people. 1: by hours; 0.5: by the square root of hours; 0: each alike.
        precision: Of products of matrices. auto: bfloat16 where the device multiplies in it
            (2.5 times the speed; a CPU without its instructions is 7 times slower), else float32.
        strategy: ddp: every rank holds the model; fsdp: a part of it.
        accumulate: Parts that a rank's rows are worked off in; contrast then compares the rows
            of a part.
        recompute: Compute activations again on the way back instead of keeping them.
        engine: local: this process, or one rank of a torchrun. ray: a Ray cluster, on all of
            whose machines cardioprint[train,ray] is installed and the run folder is the same;
            ranks that die are started again from the last checkpoint.
        address: Of the cluster: auto or host:port; default RAY_ADDRESS, else one is started here.
        ranks: Processes on the cluster, each with as many cores as `threads` says (default 1).
        gpu: Give each of them a GPU.
    """
    _need_torch()
    if engine == "local" and (address or gpu or ranks != 1):
        raise CardioprintError(
            "--address, --ranks and --gpu are for a cluster. Fix: add --engine ray, or start the "
            "ranks with torchrun; a GPU of this machine is found without being asked for"
        )
    import dataclasses

    import torch

    from cardioprint.corpus.cache import open_cache
    from cardioprint.runtime.session import usable_cores
    from cardioprint.training.beginning import starting_from
    from cardioprint.training.loop import train
    from cardioprint.training.machine import Machine
    from cardioprint.training.recipes import recipe

    run = recipe(name)
    changes: dict[str, Any] = {k: v for k, v in (("steps", steps), ("seed", seed)) if v is not None}
    if people is not None:
        if not 0 <= people <= 1:
            raise CardioprintError(f"--people {people:g} does not lie between 0 and 1")
        changes["batch"] = dataclasses.replace(run.batch, people=people)
    run = dataclasses.replace(run, **changes)
    if start is not None:
        run = starting_from(run, start)
    machine = Machine(
        bfloat16=None if precision == "auto" else precision == "bfloat16",
        strategy=strategy,
        accumulate=accumulate,
        recompute=recompute,
    )
    folder = out or Path("runs") / name
    if engine == "ray":
        from cardioprint.training.ray_launch import Ranks, launch

        wanted = Ranks(number=ranks, cores=threads or 1, gpu=gpu)
        launch(run, cache, folder, machine, wanted=wanted, address=address)
        return 0
    torch.set_num_threads(threads or usable_cores())
    held_out = cache / "valid"
    train(
        run,
        open_cache(cache / "train"),
        open_cache(held_out) if (held_out / "cache.json").exists() else None,
        folder,
        machine,
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


def bench(
    model: str = "tiny",
    out: Path = Path("out/bench"),
    tasks: tuple[str, ...] = (),
    quick: bool = False,
    seed: int = 0,
    engine: Literal["torch", "onnx"] = "torch",
    peer: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    cnn: bool = True,
    seeds: tuple[str, ...] = (),
    workers: int | None = None,
) -> int:
    """Measure a model on public data beside baselines and peers, and write an honest report.

    A rerun goes on where the last one stopped. Data sets that are not on this machine are left
    out, and the report says which.

    $ cardioprint bench --out out/bench

    $ cardioprint bench --quick --tasks five_class_ptb_xl rhythm

    $ cardioprint bench --engine onnx --peer papagei_s=papagei_s.pt --peer csfm=csfm-tiny.bin

    $ cardioprint bench --model models/a --seeds runs/a-seed1 runs/a-seed2

    Args:
        model: Packaged model, model folder, run folder of `pretrain`, or checkpoint.
        out: Run folder: results, vectors, report.
        tasks: Which tasks; default: all.
        quick: Fewer people and resamples, one seed, no CNN, no trees: never a headline.
        seed: Of folds, draws and heads.
        engine: torch: float32 weights; onnx: the int8 graphs that are shipped.
        peer: NAME=PATH of published weights; repeat it for more peers. OpenECG takes part by
            itself where its package is installed.
        cnn: Train a small supervised network on the same folds.
        seeds: More runs of the model's recipe with other seeds, each named as the model is: how
            far the headline of each probe moves from pretraining to pretraining.
        workers: Processes of one thread each, which changes no figure. Default: usable cores, at
            most 4.
    """
    _need_torch()
    from cardioprint.benchmark import report_page
    from cardioprint.benchmark.run import Settings, run

    settings = Settings(
        model=model,
        out=out,
        tasks=tasks,
        quick=quick,
        seed=seed,
        engine=engine,
        peers=peer,
        cnn=cnn,
        seeds=seeds,
        workers=workers,
    )
    with _progress() as say:
        run(settings, say)
    print(report_page.table(out))
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on standard error while a run says what it is doing."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    parts = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*parts, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("", total=None)
        yield lambda text, done, of: bar.update(line, description=text, completed=done, total=of)


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise CardioprintError(
            "this verb needs torch. Fix: pip install torch, then pip install 'cardioprint[train]'"
        )
