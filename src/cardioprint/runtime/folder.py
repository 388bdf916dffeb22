"""Where models lie, and whether their files are the ones that were released."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from cardioprint.errors import ModelError, UnknownNameError

PACKAGED = Path(__file__).parent.parent / "weights"
"""Folder of the models inside the package."""

WEIGHTS = "weights.safetensors"

FORMAT = 1
"""Layout of a model folder; a reader refuses layouts it does not know."""


def packaged() -> list[str]:
    """Return the names of the models inside the package."""
    return sorted(p.parent.name for p in PACKAGED.glob("*/model.json"))


def resolve(name: str | Path) -> Path:
    """Return the folder of a packaged model or of a path.

    Raises:
        UnknownNameError: Neither a packaged name nor a folder with a model.json.
    """
    folder = Path(name)
    if (folder / "model.json").is_file():
        return folder
    if str(name) in packaged():
        return PACKAGED / str(name)
    raise UnknownNameError("model (or folder with a model.json)", str(name), packaged())


def read_about(folder: Path, check: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a model's description after checking the hashes of the named files.

    Raises:
        ModelError: The description is unreadable, of another layout, or a file differs from
            the one that was released.
    """
    try:
        about = json.loads((folder / "model.json").read_text())
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}/model.json cannot be read: {error}") from None
    if not isinstance(about, dict):
        raise ModelError(f"{folder}/model.json is not a model's description")
    if about.get("format") != FORMAT:
        raise ModelError(
            f"{folder}: model layout {about.get('format')!r} is not the layout {FORMAT} this "
            "release reads. Fix: use the release that wrote it, or export the model again"
        )
    for file in check:
        expected = about.get("files", {}).get(file)
        if expected is None or not (folder / file).is_file():
            raise ModelError(f"{folder}: {file} is missing. Fix: reinstall, or export the model")
        if digest(folder / file) != expected:
            raise ModelError(
                f"{folder}: {file} is not the file that was released (SHA-256 differs). "
                "Fix: reinstall, or export the model again"
            )
    return about


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def model_id(about: dict[str, Any]) -> str:
    """Return a name that changes whenever the weights do: "tiny-3f2a9c1b"."""
    return f"{about['name']}-{about['files'][WEIGHTS][:8]}"
