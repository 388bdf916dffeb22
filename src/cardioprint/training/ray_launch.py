"""Pretraining on a Ray cluster: Ray Train starts the ranks, and starts them again.

It is a launcher and nothing else. Every rank calls the same `train` as under `torchrun`, in the
process group that Ray Train made, and a run goes on from the checkpoint in its own folder, which
all machines have to share. Ray's own checkpoints are not used: a run begun on a cluster ends
under `torchrun` and the other way round.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cardioprint.corpus.cache import open_cache
from cardioprint.errors import CardioprintError
from cardioprint.runtime.attempt import installed
from cardioprint.runtime.cluster import Cluster
from cardioprint.runtime.session import usable_cores
from cardioprint.training.loop import DeadRunError, train
from cardioprint.training.machine import Machine
from cardioprint.training.recipes import Run

FAILURES = 10
"""Times that ranks may die until the launch gives up; the same command goes on from there."""

PATIENCE = 180.0
"""Seconds in which a cluster starts a process on each of its machines."""


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """What a launch asks of a cluster."""

    number: int = 1
    """Processes; each has its own rows of every batch."""
    cores: int = 1
    """CPU cores of each."""
    gpu: bool = False
    """Whether each has a GPU."""

    def __post_init__(self) -> None:
        if self.number < 1 or self.cores < 1:
            raise CardioprintError("a run needs at least one rank with one core")


def launch(
    run: Run,
    cache: Path,
    folder: Path,
    machine: Machine = Machine(),  # noqa: B008 (frozen)
    *,
    wanted: Ranks,
    address: str = "",
) -> None:
    """Pretrain on a Ray cluster; ranks that die are started again from the last checkpoint.

    Args:
        run: The whole configuration.
        cache: Folder with train/ and perhaps valid/, to be read on all machines.
        folder: Run folder, shared by all machines.
        machine: How a rank's work is spread over its machine.
        wanted: What is asked of the cluster.
        address: As of `runtime.cluster.Cluster`.

    Raises:
        CardioprintError: Ray is missing, nobody answers, the cluster is too small, folders are
            not shared, or ranks died too often.
        DeadRunError: As of `train`: such a run is not started again.
    """
    cache, folder = cache.absolute(), folder.absolute()
    if run.batch.size < wanted.number:
        raise CardioprintError(
            f"{wanted.number} ranks cannot share {run.batch.size} rows. Fix: ask for fewer --ranks"
        )
    with Cluster(address) as cluster:
        _complete()
        cluster.join(usable_cores())
        _enough(wanted)
        with _token(folder) as token:
            _shared(wanted, cache, token)
        _fit(run, cache, folder, machine, wanted)


def _complete() -> None:
    """Check that all of Ray Train is here.

    Raises:
        CardioprintError: It is not.
    """
    try:
        import ray.train.torch  # noqa: F401 (is it there?)
    except ImportError as error:
        raise CardioprintError(
            f"Ray Train is not complete here ({error}). Fix: pip install 'cardioprint[train,ray]'"
        ) from error


def _enough(wanted: Ranks) -> None:
    """Check that the cluster has what is asked for.

    Raises:
        CardioprintError: It has not; Ray would wait for it for ever.
    """
    import ray

    there = ray.cluster_resources()
    needs = {"CPU": wanted.number * wanted.cores, "GPU": wanted.number * wanted.gpu}
    for kind, number in needs.items():
        if there.get(kind, 0) < number:
            raise CardioprintError(
                f"{wanted.number} ranks need {number} {kind}s, and the cluster has "
                f"{there.get(kind, 0):g}. Fix: ask for fewer --ranks or --threads, or add machines "
                "(`ray start --address=...`)"
            )


@contextmanager
def _token(folder: Path) -> Iterator[Path]:
    """Lend a file in the run folder that another machine sees if it shares the folder."""
    token = folder / f".shared-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        token.touch()
    except OSError as error:
        raise CardioprintError(
            f"cannot write into the run folder {folder} ({error}). Fix: choose another --out"
        ) from error
    try:
        yield token
    finally:
        token.unlink(missing_ok=True)


def _shared(wanted: Ranks, cache: Path, token: Path) -> None:
    """Check that every machine that may get a rank sees the folders and has this release.

    Raises:
        CardioprintError: One does not.
    """
    import ray
    from ray.exceptions import RayError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    kind = "GPU" if wanted.gpu else "CPU"
    nodes = [n for n in ray.nodes() if n["Alive"] and n["Resources"].get(kind, 0) >= 1]
    look: Any = ray.remote(num_cpus=0, max_retries=3)(_looking(cache, token))
    answers = [
        look.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(n["NodeID"], soft=False)
        ).remote()
        for n in nodes
    ]
    try:
        complaints = ray.get(answers, timeout=PATIENCE)
    except RayError as error:
        raise CardioprintError(
            f"nothing can be started on the Ray cluster ({_line(error)}). Fix: see that its "
            "machines have memory left"
        ) from error
    for node, complaint in zip(nodes, complaints, strict=True):
        if complaint:
            raise CardioprintError(f"machine {node['NodeManagerHostname']}: {complaint}")


def _looking(cache: Path, token: Path) -> Callable[[], str]:
    """Return what is asked of a machine; defined in here, so that Ray sends its code."""
    version, folder = installed(), token.parent
    release = "Fix: install the same cardioprint[train,ray] on all machines of the cluster"

    def look() -> str:
        try:
            import torch  # noqa: F401 (is it there?)

            from cardioprint.runtime.attempt import installed
        except ImportError as error:
            return f"{error}. {release}"
        if installed() != version:
            return f"it has cardioprint {installed()}, the driver has {version}. {release}"
        if not token.exists() or not os.access(folder, os.W_OK):
            return (
                f"it does not share the run folder {folder}. Fix: choose an --out that all "
                "machines of the cluster can write to"
            )
        if not (cache / "train" / "cache.json").exists():
            return (
                f"it has no cache at {cache / 'train'}. Fix: put a copy there on every machine, "
                "or choose a --cache that all of them share"
            )
        return ""

    return look


def _fit(run: Run, cache: Path, folder: Path, machine: Machine, wanted: Ranks) -> None:
    """Let Ray Train do it.

    Raises:
        CardioprintError: Ranks died too often.
        DeadRunError: The run is dead.
    """
    from ray.train import FailureConfig, LoggingConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer
    from ray.train.v2.api.exceptions import TrainingFailedError

    trainer = TorchTrainer(
        _rank,
        train_loop_config={
            "run": run,
            "cache": cache,
            "folder": folder,
            "machine": machine,
            "cores": wanted.cores,
        },
        scaling_config=ScalingConfig(
            num_workers=wanted.number,
            use_gpu=wanted.gpu,
            resources_per_worker={"CPU": wanted.cores} | ({"GPU": 1} if wanted.gpu else {}),
        ),
        run_config=RunConfig(
            name="ray",
            storage_path=str(folder),
            failure_config=FailureConfig(max_failures=FAILURES, controller_failure_limit=FAILURES),
            logging_config=LoggingConfig(log_level="ERROR"),
        ),
    )
    try:
        dead = trainer.fit().return_value
    except TrainingFailedError as error:
        raise CardioprintError(
            f"ranks died more than {FAILURES} times ({_line(error)}). Fix: what they died of; the "
            "same command then goes on from the last checkpoint"
        ) from error
    if dead:
        raise DeadRunError(dead)


def _rank(about: dict[str, Any]) -> str:
    """Be one rank, and return why the run is dead: to start it again would not help."""
    import torch

    torch.set_num_threads(about["cores"])
    held_out = about["cache"] / "valid"
    try:
        train(
            about["run"],
            open_cache(about["cache"] / "train"),
            open_cache(held_out) if (held_out / "cache.json").exists() else None,
            about["folder"],
            about["machine"],
        )
    except DeadRunError as error:
        return str(error)
    return ""


def _line(error: Exception) -> str:
    """Return the end of what an error says, in one line: there stands the cause."""
    return " ".join(str(error).split())[-400:]
