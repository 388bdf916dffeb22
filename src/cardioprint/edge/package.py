"""From a finished run to a model folder that ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from cardioprint.edge.export import export
from cardioprint.errors import CardioprintError, ModelError
from cardioprint.models.m2ae import M2AE, ModelConfig
from cardioprint.models.pretrained import load_pretrained, save_pretrained
from cardioprint.runtime.folder import FORMAT, WEIGHTS, model_id, read_about, resolve
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
    about |= _first_stage(about["recipe"])
    about |= {"format": FORMAT, "name": name, "summary": summary}
    about.setdefault("preparation", Preparation().to_dict())
    save_pretrained(model, out, about)
    return [out / WEIGHTS, *export(load_pretrained(out), out, float32=float32)]


def _first_stage(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of the model that a run began with, and name it without its folder."""
    start = recipe.get("start")
    if not start:
        return {}
    try:
        known = read_about(resolve(start))
    except CardioprintError:  # it has gone since
        recipe["start"] = Path(start).name
        return {}
    recipe["start"] = model_id(known)
    kept = {k: known[k] for k in ("recipe", "step", "first_stage") if k in known}
    return {"first_stage": {"identifier": recipe["start"], **kept}}


def from_checkpoint(run: Path, checkpoint: str = "last") -> tuple[M2AE, dict[str, Any]]:
    """Return the averaged model of a run folder, and what its checkpoint says of it.

    Raises:
        ModelError: No checkpoint, a damaged one, or one of sizes that this release does not know.
    """
    path = run / f"{checkpoint}.safetensors"
    about = about_checkpoint(path)
    try:
        with safe_open(path, framework="pt") as file:
            weights = {
                k.removeprefix(AVERAGED): file.get_tensor(k)
                for k in file.keys()  # noqa: SIM118 (not a dict)
                if k.startswith(AVERAGED)
            }
        model = M2AE(ModelConfig.of(about["recipe"]["model"]))
        model.load_state_dict(weights)
    except (SafetensorError, TypeError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path}: the weights do not fit the sizes of the recipe ({error}). "
            "Fix: use the release that wrote it"
        ) from None
    return model.eval(), about


def about_checkpoint(path: Path) -> dict[str, Any]:
    """Return what a checkpoint says: recipe, step, and databases where they were written down.

    Raises:
        ModelError: No checkpoint, or a damaged one.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no checkpoint. Fix: run `cardioprint pretrain` first")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata()
        recipe, step = json.loads(header["about"]), int(header["step"])
        databases = json.loads(header["databases"]) if "databases" in header else None
        if not isinstance(recipe, dict) or not isinstance(recipe.get("model"), dict):
            raise ValueError("its recipe names no sizes")
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} is no checkpoint of a run, or damaged ({error}). Fix: train it again"
        ) from None
    told = {} if databases is None else {"databases": databases}
    return {"recipe": recipe, "step": step, **told}
