"""Weights as a command names them: a packaged model, a model folder, a run, or a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardioprint.errors import ModelError, RecordError
from cardioprint.runtime.folder import WEIGHTS, digest, model_id, read_about, resolve
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    from cardioprint.benchmark.baselines.base import Encoder
    from cardioprint.models.m2ae import M2AE

CHECKPOINT = ".safetensors"
"""Suffix of a checkpoint."""

NO_MATTER = ("seed", "name", "validate_every", "save_every")
"""Of a recipe: what may differ between seeds of one recipe, or changes no weight."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """Weights, and what is said of them.

    Attributes:
        name: Of the folder.
        described: model.json, or as much of it as a checkpoint says.
        sha256: Of the file of weights.
        folder: Model folder, which may hold graphs; None for a run.
        checkpoint: File of a run; None for a model folder.
    """

    name: str
    described: Mapping[str, Any]
    sha256: str
    folder: Path | None = None
    checkpoint: Path | None = None

    @property
    def id(self) -> str:
        """What changes whenever the weights do: "tiny-3f2a9c1b"."""
        if self.folder is not None:
            return model_id(dict(self.described))
        return f"{self.name}-{self.sha256[:8]}"

    @property
    def preparation(self) -> Preparation:
        """How the windows were prepared that it learnt from."""
        return Preparation(**self.described["preparation"])

    @property
    def databases(self) -> tuple[str, ...] | None:
        """Databases that it learnt from; None where nobody wrote them down."""
        listed = self.described.get("databases")
        if not isinstance(listed, list | tuple) or not all(isinstance(d, str) for d in listed):
            return None
        return tuple(listed)

    @property
    def seed(self) -> int | None:
        """Of its pretraining; None where it is not known."""
        recipe = self.described.get("recipe")
        found = recipe.get("seed") if isinstance(recipe, Mapping) else None
        return found if isinstance(found, int) else None

    def load(self) -> M2AE:
        """Return the model, in float32.

        Raises:
            ModelError: Files are missing, damaged, or made for other sizes.
        """
        if self.checkpoint is not None:
            from cardioprint.edge.package import from_checkpoint

            return from_checkpoint(self.checkpoint.parent, self.checkpoint.stem)[0]
        from cardioprint.models.pretrained import load_pretrained

        assert self.folder is not None
        return load_pretrained(self.folder)


def given(model: str | Path) -> Given:
    """Return what a command names.

    Args:
        model: Name of a packaged model; a model folder; a run folder, which stands for its last
            checkpoint; or a checkpoint.

    Raises:
        UnknownNameError: None of these.
        ModelError: Files are missing or damaged.
    """
    path = Path(model)
    file = path if path.suffix == CHECKPOINT else path / f"last{CHECKPOINT}"
    if (path / "model.json").is_file() or not file.is_file():
        folder = resolve(model)
        described = read_about(folder, check=(WEIGHTS,))
        name = Path(model).name or folder.resolve().name
        return Given(
            name=name, described=described, sha256=described["files"][WEIGHTS], folder=folder
        )
    from cardioprint.edge.package import about_checkpoint

    run = file.resolve().parent.name
    name = run if file.stem == "last" else f"{run} {file.stem}"
    described = {"preparation": Preparation().to_dict(), **about_checkpoint(file)}
    described["model"] = described["recipe"]["model"]
    return Given(name=name, described=described, sha256=digest(file), checkpoint=file)


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """Another run of the recipe of the model under test.

    Attributes:
        encoder: With its weights.
        name: Of its folder.
        seed: Of its pretraining; None where it is not known.
        differs: What else is not as in the model under test; "" where nothing is.
    """

    encoder: Encoder
    name: str
    seed: int | None
    differs: str = ""


def check_others(model: Given, others: tuple[Given, ...]) -> None:
    """Refuse weights that are given twice: a spread over copies would be too small.

    Raises:
        RecordError: Two are the same file.
    """
    seen = {model.sha256: model.name}
    for other in others:
        if other.sha256 in seen:
            raise RecordError(
                f"{other.name} holds the same weights as {seen[other.sha256]}",
                source="--seeds",
                fix="give runs of the same recipe with other seeds, each once",
            )
        seen[other.sha256] = other.name


def differences(model: Given, other: Given) -> str:
    """Return how two pretrainings differ beside their seed, in words; "" where they do not."""
    if model.preparation != other.preparation:
        return "other preparation"
    a, b = (_settings(g.described) for g in (model, other))
    if not a or not b:
        return "recipe not known"
    both = [k for k in a if k in b]
    told = [f"{k} {b[k]} instead of {a[k]}" for k in both if a[k] != b[k]]
    if alone := len(a) + len(b) - 2 * len(both):
        told.append(f"{alone} settings are written down for one of them only")
    if model.seed is not None and model.seed == other.seed:
        told.append(f"the same seed ({model.seed})")
    if None not in (model.databases, other.databases) and model.databases != other.databases:
        told.append("other databases")
    return "; ".join(told)


def _settings(described: Mapping[str, Any]) -> dict[str, Any]:
    recipe = described.get("recipe")
    if not isinstance(recipe, Mapping):
        return {}
    plain = {k: v for k, v in recipe.items() if k not in NO_MATTER}
    if "bfloat16" in plain:  # how precision was written down before it was the machine's
        plain["precision"] = "bfloat16" if plain.pop("bfloat16") else "float32"
    return _flat(plain) | {"step": described.get("step")}


def _flat(nested: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return a recipe with one level: {"batch.size": 128}."""
    out: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, Mapping):
            out |= _flat(value, f"{above}{key}.")
        else:
            out[f"{above}{key}"] = list(value) if isinstance(value, tuple) else value
    return out


def shown(found: Given, engine: str, name: str) -> Encoder:
    """Return weights as an encoder.

    Args:
        found: Which weights.
        engine: "torch": float32; "onnx": the int8 graphs of a model folder.
        name: Column of the report.

    Raises:
        ModelError: They cannot be loaded, or there are no graphs.
    """
    if engine == "onnx":
        from cardioprint.benchmark.baselines.onnx import ShippedFingerprints

        if found.folder is None:
            raise ModelError(
                f"{found.name} is a run without graphs. Fix: `cardioprint export` it, or use "
                "--engine torch"
            )
        return ShippedFingerprints(found.folder, name)
    from cardioprint.benchmark.baselines.m2ae import Fingerprints

    return Fingerprints(found.load(), name, preparation=found.preparation)
