"""Detectors trained and tested: what virtual people teach about real ones.

Beside each stand chance, the same head trained on other people of the same real set (grouped
cross-validation), and, where there is one, on another real set.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import probes
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.hand.encoder import NAMES, HandMade
from cardioprint.benchmark.baselines.kernels import RandomKernels
from cardioprint.benchmark.measures import absolute_error, auroc, estimate, macro
from cardioprint.benchmark.realism import twins
from cardioprint.benchmark.realism.detectors import METHODS, RHYTHMS, Detector, Labels
from cardioprint.benchmark.realism.excerpts import Excerpts
from cardioprint.benchmark.realism.quantities import free_of_gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate

KERNELS = 756
"""Random kernels' features: half of the usual number."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """One figure.

    Attributes:
        trained: What it learnt from.
        method: Key of `METHODS`; "" for chance.
        found: With its interval over real people.
    """

    trained: str
    method: str
    found: Estimate


@dataclass(frozen=True, kw_only=True)
class Taught:
    """Rows to learn from or to be tested on.

    Attributes:
        x: Vectors by encoder.
        y: Labels.
        subject: Person of each row.
    """

    x: dict[str, NDArray[np.float64]]
    y: NDArray[np.float64]
    subject: NDArray[np.str_]


def embed(excerpts: Excerpts, modality: str, encoder: str) -> NDArray[np.float64]:
    """Return vectors of one modality of excerpts.

    Millivolts stay, as a hypertrophy is told by them; a PPG has no unit that means anything.
    """
    signals = excerpts.signals.only(modality)
    if encoder == "kernels":
        return RandomKernels(KERNELS).embed(signals).astype(float)
    found = HandMade().embed(signals).astype(float)
    if modality == "ecg":
        return found
    return free_of_gain(found, tuple(f"{modality} {n}" for n in NAMES[modality]))[0]


class Library:
    """Excerpts and their vectors, each made once however many tasks use it.

    Args:
        load: Returns a real set by name.
    """

    def __init__(self, load: Callable[[str], Excerpts]):
        self._load = load
        self._sets: dict[Hashable, Excerpts] = {}
        self._vectors: dict[Hashable, NDArray[np.float64]] = {}

    def real(self, task: Detector, name: str, labels: Labels, keep: Labels | None) -> Taught:
        """Return what a task takes of a real set."""
        key = (name, task.seconds)
        if key not in self._sets:
            excerpts = self._load(name)
            self._sets[key] = excerpts.cropped(task.seconds) if task.seconds else excerpts
        return self._taught(key, task, labels, keep)

    def virtual(self, task: Detector, devices: tuple[str, ...], seed: int) -> Taught:
        """Return what a task takes of virtual people."""
        want = replace(task.virtual, devices=devices, seed=seed)
        key = (want, task.people)
        if key not in self._sets:
            self._sets[key] = twins.people(want, task.people)
        return self._taught(key, task, task.virtual_truth, None)

    def _taught(self, key: Hashable, task: Detector, labels: Labels, keep: Labels | None) -> Taught:
        excerpts = self._sets[key]
        y = labels(excerpts)
        known = np.isfinite(y).reshape(len(y), -1).all(axis=1)
        if keep is not None:
            known = known & keep(excerpts)
        encoders = {METHODS[m][0] for m in task.methods}
        return Taught(
            x={e: self._embedded(key, task, e)[known] for e in sorted(encoders)},
            y=y[known],
            subject=excerpts.subject[known],
        )

    def _embedded(self, key: Hashable, task: Detector, encoder: str) -> NDArray[np.float64]:
        """Return vectors, those of several leads side by side."""
        excerpts = self._sets[key]
        leads = tuple(excerpts.leads) if task.leads else ("",)
        parts = []
        for lead in leads:
            place = (key, task.modality, encoder, lead)
            if place not in self._vectors:
                one = excerpts
                if lead:
                    series = {"ecg": excerpts.leads[lead]}
                    one = replace(excerpts, signals=Signals(series=series))
                self._vectors[place] = embed(one, task.modality, encoder)
            parts.append(self._vectors[place])
        return np.concatenate(parts, axis=1)


def examine(
    task: Detector, library: Library, devices: tuple[str, ...] = (), seed: int = 1
) -> list[Score]:
    """Train and test the detectors of one task.

    Args:
        task: Which.
        library: Of excerpts and vectors.
        devices: Kinds of devices of `Virtual.devices`; none: clean people only.
        seed: Of the virtual people.
    """
    real = library.real(task, task.real, task.truth, task.keep)
    sources = {"virtual people, clean": library.virtual(task, (), seed)}
    if devices:
        sources["virtual people, devices"] = library.virtual(task, devices, seed)
    if task.other:
        sources[_other_name(task)] = library.real(task, task.other, task.truth, task.learn)
    scores = [Score(trained="nothing (chance)", method="", found=_chance(task, real))]
    for name, source in sources.items():
        for method in task.methods:
            encoder, head = METHODS[method]
            fitted = head.fit(source.x[encoder], source.y, source.subject, task.kind)
            guess = fitted.predict(real.x[encoder])
            scores.append(Score(trained=name, method=method, found=_measure(task, guess, real)))
    same = "other people of the same set"
    for method in task.methods:
        encoder, head = METHODS[method]
        guess = head.fit_predict(real.x[encoder], real.y, real.subject, task.kind)
        scores.append(Score(trained=same, method=method, found=_measure(task, guess, real)))
    return scores


def _other_name(task: Detector) -> str:
    return "another real set" + ("" if task.other == task.real else f" ({task.other})")


def _measure(task: Detector, guess: NDArray, real: Taught) -> Estimate:
    if task.kind == "number":
        return estimate(absolute_error(guess, real.y), real.subject)
    truth = real.y.astype(int)
    if task.kind == "classes" and guess.shape[1] < len(RHYTHMS):
        guess = np.pad(guess, ((0, 0), (0, len(RHYTHMS) - guess.shape[1])))
    return estimate(macro(auroc)(guess, truth), real.subject)


def _chance(task: Detector, real: Taught) -> Estimate:
    """Return what knowing nothing scores: the mean of other people, or 0.5."""
    if task.kind == "number":
        return estimate(absolute_error(probes.constant(real.y, real.subject), real.y), real.subject)
    flat = np.zeros(real.y.shape if task.kind == "labels" else (len(real.y), len(RHYTHMS)))
    return _measure(task, flat, real)
