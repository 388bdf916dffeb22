"""Who takes part: the model under test, what it must beat, and the peers that were pointed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from cardioprint.benchmark.baselines.base import Encoder
from cardioprint.benchmark.baselines.beat_pca import MeanBeats
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.baselines.kernels import RandomKernels
from cardioprint.benchmark.peers.base import PeerEncoder
from cardioprint.benchmark.vectors import identity
from cardioprint.benchmark.weights import (
    Given,
    Pretraining,
    check_others,
    differences,
    given,
    shown,
)
from cardioprint.errors import ModelError, RecordError

Engine = Literal["torch", "onnx"]

HAND = HandMade.name
"""The column that the main family of comparisons is against."""


@dataclass(frozen=True, kw_only=True)
class Participants:
    """All encoders of a run, and what is said of them.

    Attributes:
        encoders: The model under test first.
        model: Its name.
        model_hash: Of its weights.
        trained: Databases that it learnt from; None where nobody wrote them down.
        about: Name of an encoder -> who made it, which weights.
        shipped: The int8 graphs of the same weights, where the model under test is not they.
        seeds: More runs of its recipe, with other seeds.
        seed: Of its own pretraining; None where it is not known.
    """

    encoders: tuple[Encoder, ...]
    model: str
    model_hash: str
    trained: tuple[str, ...] | None
    about: dict[str, str] = field(default_factory=dict)
    shipped: Encoder | None = None
    seeds: tuple[Pretraining, ...] = ()
    seed: int | None = None

    @cached_property
    def identities(self) -> tuple[tuple[str, ...], str]:
        """What tells the encoders, and the int8 graphs, from all others; hashed once."""
        shipped = identity(self.shipped) if self.shipped else ""
        return tuple(identity(e) for e in self.encoders), shipped


def participants(
    model: str | Path,
    engine: Engine = "torch",
    peers: Sequence[str] = (),
    installed: bool = True,
    seeds: Sequence[str | Path] = (),
) -> Participants:
    """Return the encoders of a run.

    Args:
        model: Packaged model, model folder, run folder or checkpoint.
        engine: "torch": float32; "onnx": the int8 graphs that are shipped.
        peers: NAME=PATH of published weights.
        installed: Whether OpenECG takes part unasked where its wheel is installed.
        seeds: More runs of the model's recipe with other seeds, each as `model`.

    Raises:
        UnknownNameError: No such model, or no such peer.
        ModelError: Files are missing or damaged.
        RecordError: A peer that is not given as NAME=PATH; weights that are given twice.
    """
    tested = given(model)
    others = tuple(given(s) for s in seeds)
    check_others(tested, others)
    name = f"M2AE {tested.name}"
    first = shown(tested, engine, name)
    hand, kernels, beats = HandMade(), RandomKernels(), MeanBeats()
    about: dict[str, str] = {
        first.name: f"{tested.id}, {'int8, ONNX' if engine == 'onnx' else 'float32'}. "
        + f"{tested.described.get('summary', '')} "
        + f"Pretrained on: {', '.join(tested.databases or ()) or 'unknown'}.",
        hand.name: "Rhythm, waves, mean beat, spectrum, distribution; nothing is learnt.",
        kernels.name: "Random convolution kernels of the MiniRocket kind.",
        beats.name: "20 principal axes of the training folds' mean beats, by modality.",
    }
    encoders: list[Encoder] = [first]
    untrained = _untrained(tested)
    about[untrained.name] = "The model's architecture before training."
    encoders += [untrained, hand, kernels, beats]
    for peer in _peers(peers, installed):
        encoders.append(peer)
        facts = peer.peer
        verified = "names and shapes verified" if facts.verified else "parameters not verified"
        about[peer.name] = f"{facts.paper}. {verified}. {facts.notes}".strip()
    return Participants(
        encoders=tuple(encoders),
        model=name,
        model_hash=tested.sha256[:16],
        trained=tested.databases,
        about=about,
        shipped=None if engine == "onnx" else _graphs(tested, name),
        seeds=tuple(
            Pretraining(
                encoder=shown(other, engine, f"pretraining {other.name}"),
                name=other.name,
                seed=other.seed,
                differs=differences(tested, other),
            )
            for other in others
        ),
        seed=tested.seed,
    )


def _graphs(tested: Given, name: str) -> Encoder | None:
    """Return the int8 graphs of the model under test; None where it has none."""
    try:
        return shown(tested, "onnx", f"{name} int8")
    except ModelError:  # a run that was not exported
        return None


def _untrained(tested: Given) -> Encoder:
    """Return the same architecture with random weights."""
    import torch

    from cardioprint.benchmark.baselines.m2ae import Fingerprints
    from cardioprint.models.m2ae import M2AE, ModelConfig

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = M2AE(ModelConfig.of(tested.described["model"]))
    return Fingerprints(model, "random M2AE", "random", preparation=tested.preparation)


def _peers(given: Sequence[str], unasked: bool) -> list[PeerEncoder]:
    from cardioprint.benchmark.peers.catalogue import find, load_peer
    from cardioprint.benchmark.peers.openecg import installed

    paths: dict[str, str | None] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise RecordError(
                f"{text!r} is not NAME=PATH",
                source="--peer",
                fix="give the name of a peer and the file of its weights: papagei_s=weights.pt",
            )
        find(name)
        paths[name] = path
    if unasked and "openecg" not in paths and installed() is not None:
        paths["openecg"] = None
    return [load_peer(name, path) for name, path in paths.items()]
