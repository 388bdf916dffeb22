"""From a finished run to a model folder that ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open

from cardioprint.edge.export import export
from cardioprint.errors import ModelError
from cardioprint.models.m2ae import M2AE, ModelConfig
from cardioprint.models.pretrained import load_pretrained, save_pretrained
from cardioprint.runtime.folder import FORMAT, WEIGHTS
from cardioprint.signal.preparation import Preparation

AVERAGED = "average.model."
"""Prefix of the averaged weights in a checkpoint: the ones that are shipped."""


def package(
    run: Path,
    out: Path,
    *,
    name: str,
    float32: bool = False,
    summary: str = "",
    checkpoint: str = "last",
) -> list[Path]:
    """Write weights (float16), int8 graphs and description of a run's averaged weights.

    The graphs are made from the float16 weights that ship, so that both agree. `checkpoint` is
    "last" or "best" (lowest loss on the people kept apart).

    Raises:
        ModelError: No checkpoint, or one that does not fit its recipe.
    """
    model, about = from_checkpoint(run, checkpoint)
    about |= {"format": FORMAT, "name": name, "summary": summary}
    about.setdefault("preparation", Preparation().to_dict())
    save_pretrained(model, out, about)
    return [out / WEIGHTS, *export(load_pretrained(out), out, float32=float32)]


def from_checkpoint(run: Path, checkpoint: str = "last") -> tuple[M2AE, dict[str, Any]]:
    """Return the averaged model of a run folder, and what its checkpoint says of it."""
    path = run / f"{checkpoint}.safetensors"
    if not path.is_file():
        raise ModelError(f"{path}: no checkpoint. Fix: run `cardioprint pretrain` first")
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
        weights = {
            k.removeprefix(AVERAGED): file.get_tensor(k)
            for k in file.keys()  # noqa: SIM118 (not a dict)
            if k.startswith(AVERAGED)
        }
    recipe = json.loads(header["about"])
    model = M2AE(ModelConfig(**recipe["model"]))
    model.load_state_dict(weights)
    return model.eval(), {"recipe": recipe, "step": int(header["step"])}
