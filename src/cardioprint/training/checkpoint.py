"""Checkpoints without pickles: tensors in safetensors, numbers in its JSON header."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from cardioprint.errors import ModelError
from cardioprint.training import ranks
from cardioprint.training.machine import shared_out, whole


def save(
    path: Path,
    *,
    module: nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    step: int,
    about: dict[str, Any],
    databases: Sequence[str] | None = None,
) -> None:
    """Write everything a run needs to go on, atomically: a kill leaves the old file whole.

    Every rank has to call it, since shards are put together; the first one writes. The file says
    nothing of how many ranks there were: the run may go on with another number. Where databases
    are given, it says that the weights learnt from these and no others.
    """
    tensors = {f"module.{k}": v for k, v in module.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.items()}
    state = optimizer.state_dict()
    for index, values in state["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v for k, v in values.items()}
    header = {"step": str(step), "about": json.dumps(about)}
    if databases is not None:
        header["databases"] = json.dumps(list(databases))
    fresh = path.with_suffix(".partial")
    contiguous = {k: whole(v.detach()).cpu().contiguous().clone() for k, v in tensors.items()}
    if ranks.place() > 0:
        return
    save_file(contiguous, fresh, metadata=header)
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())  # the name must not reach the disk before what it stands for
    fresh.replace(path)


def about(path: Path) -> dict[str, Any]:
    """Return what `save` was told about the run."""
    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["about"])


def databases(path: Path) -> tuple[str, ...] | None:
    """Return the databases that a run has learnt from; None where nobody wrote them down."""
    with safe_open(path, framework="pt") as file:
        listed = file.metadata().get("databases")
    return None if listed is None else tuple(json.loads(listed))


def load(
    path: Path, *, module: nn.Module, average: dict[str, Tensor], optimizer: torch.optim.Optimizer
) -> int:
    """Restore a run in place and return its step.

    Raises:
        ModelError: The file is damaged, or of a model of other sizes.
    """
    try:
        with safe_open(path, framework="pt") as file:
            step = int(file.metadata()["step"])
            read = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} is no checkpoint of a run, or damaged ({error}). Fix: delete it to begin again"
        ) from error
    own = module.state_dict()
    weights = _under("module.", read)
    if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in own.items()}:
        raise ModelError(
            f"{path} is of a model of other sizes. Fix: choose another run folder (--out), or the "
            "recipe that it was begun with"
        )
    module.load_state_dict({k: shared_out(v, own[k]) for k, v in weights.items()})
    for name, value in _under("average.", read).items():
        average[name].copy_(shared_out(value, average[name]))
    state = optimizer.state_dict()
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in _under("optimizer.", read).items():
        index, name = key.split(".", 1)
        shape = parameters[int(index)].shape  # a step counter has none and is nobody's shard
        value = shared_out(value, parameters[int(index)]) if value.shape == shape else value
        moments.setdefault(int(index), {})[name] = value
    state["state"] = moments
    optimizer.load_state_dict(state)
    return step


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
