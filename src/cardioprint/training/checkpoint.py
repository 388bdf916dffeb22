"""Checkpoints without pickles: tensors in safetensors, numbers in its JSON header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


def save(
    path: Path,
    *,
    module: nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    step: int,
    about: dict[str, Any],
) -> None:
    """Write everything a run needs to go on, atomically: a kill leaves the old file whole."""
    tensors = {f"module.{k}": v for k, v in module.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.items()}
    state = optimizer.state_dict()
    for index, values in state["state"].items():
        tensors |= {f"optimizer.{index}.{k}": v for k, v in values.items()}
    header = {"step": str(step), "about": json.dumps(about)}
    fresh = path.with_suffix(".partial")
    contiguous = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
    save_file(contiguous, fresh, metadata=header)
    fresh.replace(path)


def load(
    path: Path, *, module: nn.Module, average: dict[str, Tensor], optimizer: torch.optim.Optimizer
) -> int:
    """Restore a run in place and return its step."""
    with safe_open(path, framework="pt") as file:
        step = int(file.metadata()["step"])
        read = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118 (not a dict)
    module.load_state_dict(_under("module.", read))
    for name, value in _under("average.", read).items():
        average[name].copy_(value)
    state = optimizer.state_dict()
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in _under("optimizer.", read).items():
        index, name = key.split(".", 1)
        moments.setdefault(int(index), {})[name] = value
    state["state"] = moments
    optimizer.load_state_dict(state)
    return step


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
