"""Model folders: float16 safetensors and a JSON that says everything else. Never a pickle.

model.json            sizes, preparation, recipe, training data, hashes of the files
weights.safetensors   float16
*.int8.onnx           graphs for use without torch (see `edge.export`)
README.md             the model card
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from cardioprint.errors import ModelError
from cardioprint.models.m2ae import M2AE, ModelConfig
from cardioprint.runtime.folder import WEIGHTS, digest, read_about, resolve


def save_pretrained(model: M2AE, folder: Path, about: dict[str, Any]) -> None:
    """Write weights and description; graphs are added by `edge.export`.

    Args:
        model: The model, with the weights to keep.
        folder: Where to write; made if missing.
        about: What to say beside the sizes: name, preparation, recipe, data, scores.
    """
    folder.mkdir(parents=True, exist_ok=True)
    half = {k: v.detach().to(torch.float16).contiguous() for k, v in model.state_dict().items()}
    save_file(half, folder / WEIGHTS, metadata={"format": "pt"})
    whole = {**about, "model": model.config.to_dict()}
    whole["files"] = {**about.get("files", {}), WEIGHTS: digest(folder / WEIGHTS)}
    (folder / "model.json").write_text(json.dumps(whole, indent=1) + "\n")


def load_pretrained(name: str | Path = "tiny") -> M2AE:
    """Load a model for research or further training.

    Args:
        name: A packaged model's name or a model folder.

    Returns:
        The model in float32, in evaluation mode.

    Raises:
        ModelError: Files are missing, damaged, or made for other sizes.
    """
    folder = resolve(name)
    about = read_about(folder, check=(WEIGHTS,))
    try:
        model = M2AE(ModelConfig.of(about["model"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{folder}: model.json does not give sizes this release knows ({error}). "
            "Fix: use the release that wrote it"
        ) from None
    weights = {k: v.to(torch.float32) for k, v in load_file(folder / WEIGHTS).items()}
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise ModelError(
            f"{folder}: the weights do not fit the sizes in model.json ({error}). "
            "Fix: use the folder of one release, unmixed"
        ) from None
    return model.eval()
