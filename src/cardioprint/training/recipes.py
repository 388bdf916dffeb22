"""Recipes: functions that return a whole run configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cardioprint.errors import UnknownNameError
from cardioprint.models.m2ae import ModelConfig
from cardioprint.training.augment import AugmentConfig
from cardioprint.training.batches import BatchConfig
from cardioprint.training.objective import ObjectiveConfig


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that decides what a pretraining run does."""

    name: str
    """Name of the recipe, kept with the weights."""
    start: str = ""
    """Packaged model or model folder whose weights it begins with, where names and sizes agree."""
    learn: str = "all"
    """all; or readout: everything else stays as it begins, decoders are not run."""
    model: ModelConfig = field(default_factory=ModelConfig)
    """Sizes."""
    batch: BatchConfig = field(default_factory=BatchConfig)
    """What a batch is made of."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    """What devices and surroundings do to the windows."""
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    """Weights of the loss."""
    steps: int = 10_000
    """Optimiser steps; the learning rate ends at their end."""
    learning_rate: float = 1.5e-3
    """Highest learning rate (AdamW)."""
    warmup: int = 300
    """Steps to the highest learning rate."""
    weight_decay: float = 0.05
    """On matrices only."""
    clip: float = 1.0
    """Largest norm of the gradient."""
    average: float = 0.999
    """Decay of the averaged weights, which are the ones shipped."""
    seed: int = 0
    """Of weights, batches and augmentation."""
    validate_every: int = 250
    """Steps between validations on people kept apart."""
    save_every: int = 250
    """Steps between checkpoints."""

    def __post_init__(self) -> None:
        if self.steps < 1 or self.warmup < 0 or self.learning_rate <= 0:
            raise ValueError("need steps >= 1, warmup >= 0 and learning_rate > 0")
        if self.learn not in ("all", "readout"):
            raise ValueError(f"learn must be all or readout, not {self.learn!r}")
        if self.learn == "readout" and (self.objective.reconstruct or self.objective.phase):
            raise ValueError(
                "a read-out alone changes nothing of reconstruct and phase: set both 0"
            )
        if self.batch.patch != self.model.patch:
            raise ValueError("batch.patch and model.patch must agree")


WORN = AugmentConfig(
    low_rate=0.1,
    noise=0.3,
    wander=0.1,
    muscle=0.05,
    motion=0.1,
    walking=0.05,
    hum=0.05,
    normalise=True,
)
"""What wearables and their surroundings do to windows."""


def tiny() -> Run:
    """About 3.8 M parameters: an hour or two on a CPU core that multiplies in bfloat16.

    Tokens and what reads them learn together: heart rate and rhythm are told to the fingerprint,
    and what wearables do to a signal is seen through.
    """
    plain = Run(name="tiny")
    return replace(
        plain,
        model=replace(plain.model, course=32),
        augment=WORN,
        objective=replace(plain.objective, rhythm=1.0, state=0.1, decorrelation=0.01, centre=0.02),
        steps=5_600,
    )


def further() -> Run:
    """A finished model learns on, all of it: `--start` says which, people decide how far it gets.

    The contrast of people counts twice as much as in a first run.
    """
    first = tiny()
    return replace(
        first,
        name="further",
        start="tiny",
        objective=replace(first.objective, state=0.2),
        steps=7_000,
        learning_rate=1e-3,
        seed=2,
    )


def _sized(name: str, model: ModelConfig, **more: Any) -> Run:
    """Return a recipe for another width than `tiny`'s.

    AdamW's best learning rate falls as one over the width (Yang 2022, "Tensor Programs V"), so
    that what was found for `tiny` need not be searched for again.
    """
    plain = Run(name=name)
    rate = plain.learning_rate * plain.model.features / model.features
    return replace(plain, model=model, learning_rate=rate, **more)


def small() -> Run:
    """About 11 M parameters: a night on eight CPU cores, half an hour on a GPU."""
    model = ModelConfig(features=256, heads=8, decoder_features=96)
    return _sized("small", model, steps=20_000)


def base() -> Run:
    """About 34 M parameters: for a GPU and a corpus of thousands of hours."""
    model = ModelConfig(
        features=384,
        heads=8,
        encoder_layers=6,
        bottleneck_layers=4,
        decoder_features=128,
        decoder_layers=3,
    )
    return _sized("base", model, steps=60_000, batch=BatchConfig(size=512), warmup=1000)


def large() -> Run:
    """About 90 M parameters: for several GPUs and millions of pairs; never trained here."""
    model = ModelConfig(
        features=600,
        heads=10,
        encoder_layers=7,
        bottleneck_layers=4,
        decoder_features=200,
        decoder_layers=3,
    )
    return _sized("large", model, steps=200_000, batch=BatchConfig(size=2048), warmup=2000)


def readout() -> Run:
    """The way from tokens to fingerprint alone, on a finished model: the second stage of `tiny`.

    Windows are shown whole in most steps, as they are in use; the rhythm counts twice as much, and
    the heart rate by its hundredths. Tokens and decoders stay as they are. Short: what the
    modalities share of a person overfitted from step 900 on when it was longer.
    """
    first = tiny()
    return replace(
        first,
        name="readout",
        start="tiny",
        learn="readout",
        batch=replace(first.batch, size=64, same=0.0, full=0.7),
        objective=replace(
            first.objective,
            reconstruct=0.0,
            phase=0.0,
            rhythm=2.0,
            precision=0.15,
            prominence=0.1,
        ),
        steps=2000,
        learning_rate=7.5e-4,
        warmup=100,
        average=0.998,
        seed=1,
    )


def smoke() -> Run:
    """Seconds on any machine: for tests of the machinery, not for use."""
    return Run(
        name="smoke",
        model=ModelConfig(
            features=32,
            heads=2,
            encoder_layers=1,
            bottleneck_layers=1,
            decoder_features=16,
            decoder_layers=1,
            timing=8,
            fingerprint=32,
        ),
        batch=BatchConfig(size=8),
        steps=20,
        warmup=4,
        validate_every=10,
        save_every=10,
    )


RECIPES: dict[str, Callable[[], Run]] = {
    "tiny": tiny,
    "small": small,
    "base": base,
    "large": large,
    "further": further,
    "readout": readout,
    "smoke": smoke,
}


BEFORE = {"people": 1.0}
"""What was done before there was a field of `BatchConfig` for it."""


def as_begun(run: Run, about: dict[str, Any]) -> Run:
    """Return a run that goes on as it was begun, where the choice did not yet exist then.

    Args:
        run: How it would be begun today.
        about: The configuration that its checkpoint holds.
    """
    then = {k: v for k, v in BEFORE.items() if k not in about.get("batch", {})}
    return replace(run, batch=replace(run.batch, **then))


def recipe(name: str) -> Run:
    """Return a recipe's run configuration.

    Raises:
        UnknownNameError: No such recipe; the message lists the known ones.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]()
