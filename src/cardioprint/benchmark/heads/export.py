"""From fingerprints and labels to a head for use: fitted, judged by person, written as a folder.

What is judged is what is answered: a record's windows are put together as a user's are, and every
figure comes from people that the head in question had not seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import cardioprint
from cardioprint.benchmark.heads import onnx_graph
from cardioprint.benchmark.heads.base import Head, Scale, fit_folds, outer_folds
from cardioprint.benchmark.heads.calibrated import Calibrated, CalibratedFitted
from cardioprint.benchmark.heads.judging import ME, Rows, Spec, conformal, judged
from cardioprint.benchmark.heads.likeness import Likeness, person_quantile
from cardioprint.benchmark.heads.linear import Linear, LinearFitted
from cardioprint.errors import RecordError
from cardioprint.fingerprints.heads.card import (
    FORMAT,
    NAME,
    Abstention,
    Applicability,
    Card,
    Interval,
    Population,
    Score,
)
from cardioprint.fingerprints.heads.head import CARD, GRAPH
from cardioprint.signal.quality import THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.heads.onnx_graph import Weights
    from cardioprint.benchmark.statistics import Estimate
    from cardioprint.runtime.session import Session

REPLICATES = 24
"""Heads on resampled people: their spread is then known to within about 15 %."""

PROBABILITY_LEVEL = 0.95
"""Of the interval of a probability, over heads on resampled people."""

NEARER = 0.99
"""Share of windows of people it had not seen that a head accepts."""

OWN = "people it had not seen, of the same data"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A head that was fitted and judged.

    Attributes:
        card: With scores; its statement is empty.
        graph: Bytes of head.onnx.
        fitted: The head itself.
        estimates: (on, method) -> main measure with replicates, for paired comparisons.
    """

    card: Card
    graph: bytes
    fitted: LinearFitted | CalibratedFitted
    estimates: Mapping[tuple[str, str], Estimate]


def fit(
    spec: Spec,
    rows: Rows,
    population: Population,
    engine: Session,
    modality: str,
    *,
    quality: float = THRESHOLD,
    seed: int = 0,
    replicates: int = REPLICATES,
    progress: Callable[[str], None] | None = None,
) -> Made:
    """Fit a linear head, calibrate it, judge it and the baselines, all by person.

    Args:
        spec: What it is to read.
        rows: What it learns from.
        population: Whom the rows come from.
        engine: The model of the fingerprints.
        modality: What the fingerprints are of: "ecg", "ppg" or "ecg+ppg".
        quality: Below it the head keeps silent.
        seed: Of folds and resampling.
        replicates: Heads on resampled people.
        progress: Told what begins.

    Raises:
        RecordError: The labels are not of the kind, or too few people are there.
        CardioprintError: The package onnx is not installed.
    """
    onnx_graph.need_onnx()
    if not NAME.fullmatch(spec.name):
        raise RecordError(
            f"{spec.name!r} is no name of a head",
            field="name",
            fix="use lower-case letters, digits and _, a letter first",
        )
    say = progress or (lambda _: None)
    number = spec.kind == "number"
    head: Head = Linear() if number else Calibrated(head=Linear())
    say("judging it on people it has not seen")
    folds = outer_folds(rows.y, rows.person, spec.kind, seed)
    predictions: dict[str, list[NDArray]] = {}
    for again in range(spec.repeats):
        for name, found in _unseen(spec, rows, head, seed + again):
            predictions.setdefault(name, []).append(found)
    unseen = predictions[ME][0]
    distance = np.full(len(rows.vectors), np.nan)
    for train, test in folds:
        distance[test] = Likeness.of(rows.vectors[train])(rows.vectors[test])
    limit = person_quantile(distance, rows.person, NEARER)
    scores, estimates = judged(spec, rows, predictions)
    interval = Interval(
        method="bootstrap", level=PROBABILITY_LEVEL, replicates=replicates, lowest=None
    )
    if number:
        interval, covered = conformal(spec, rows, unseen, folds)
        scores.append(covered)
    say("fitting it on everybody")
    fitted = head.fit(rows.vectors, rows.y, rows.person, spec.kind, seed)
    linear = fitted.head if isinstance(fitted, CalibratedFitted) else fitted
    assert isinstance(linear, LinearFitted)
    others: list[Weights] = []
    if not number:
        say(f"fitting it on {replicates} resamples of people")
        others = _resampled(rows, linear.scale, spec, replicates, seed)
    graph = onnx_graph.write(
        linear,
        Likeness.of(rows.vectors, linear.scale),
        fitted.maps if isinstance(fitted, CalibratedFitted) else (),
        others,
    )
    y = rows.y.astype(float).reshape(len(rows.y), -1)
    if spec.kind == "classes":
        y = (rows.y[:, None] == np.arange(len(spec.outputs))).astype(float)
    own = Abstention(
        on=OWN,
        windows=len(distance),
        people=population.people,
        share=float((distance > limit).mean()),
    )
    card = Card(
        format=FORMAT,
        name=spec.name,
        task=spec.task,
        kind=spec.kind,
        outputs=spec.outputs,
        unit=spec.unit,
        model=engine.model_id,
        weights=str(engine.about["files"]["weights.safetensors"]),
        features=rows.vectors.shape[1],
        modality=modality,
        prevalence=tuple(float(v) for v in y.mean(axis=0)),
        population=population,
        scores=tuple(scores),
        statement="",
        not_for=spec.not_for,
        interval=interval,
        applicability=Applicability(
            quality=quality, distance=limit, quantile=NEARER, measured=(own,)
        ),
        graph=hashlib.sha256(graph).hexdigest(),
        made_by=cardioprint.__version__,
        notes=spec.notes,
    )
    return Made(card=card, graph=graph, fitted=fitted, estimates=estimates)


def _unseen(spec: Spec, rows: Rows, head: Head, seed: int) -> Iterator[tuple[str, NDArray]]:
    """Yield (method, out-of-fold predictions) of the head and of what stands beside it."""
    folds = outer_folds(rows.y, rows.person, spec.kind, seed)
    everything = [(ME, head, rows.vectors)]
    everything += [(name, Linear(), x) for name, x in rows.baselines.items()]
    for name, method, x in everything:
        fitted = fit_folds(method, x, rows.y, rows.person, spec.kind, seed, folds)
        yield name, fitted.predict(x)
    if spec.kind == "number":
        constant = np.full(len(rows.y), np.nan)
        for train, test in folds:
            constant[test] = np.median(rows.y[train])
        yield "constant", constant
    yield from rows.guesses.items()


def save(made: Made, folder: Path) -> Path:
    """Write a head's folder and return it; a half-written one never has a card."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CARD).unlink(missing_ok=True)
    (folder / GRAPH).write_bytes(made.graph)
    (folder / CARD).write_text(made.card.to_json(), encoding="utf-8")
    return folder


def _resampled(rows: Rows, scale: Scale, spec: Spec, replicates: int, seed: int) -> list[Weights]:
    """Return heads on resampled people, for vectors in the head's scale."""
    rng = np.random.default_rng(seed)
    people, person = np.unique(rows.person, return_inverse=True)
    inside, out = scale(rows.vectors), []
    for number in range(replicates):
        count = rng.multinomial(len(people), np.full(len(people), 1 / len(people)))
        drawn = np.repeat(np.arange(len(person)), count[person])
        found = Linear().fit(inside[drawn], rows.y[drawn], person[drawn], spec.kind, number)
        weights = found.weights / found.scale.spread[:, None]
        offset = found.offset - found.scale.mean @ weights
        lacking = len(spec.outputs) - len(offset)  # the last classes, if nobody drawn has them
        weights = np.pad(weights, ((0, 0), (0, lacking)))
        out.append((weights, np.pad(offset, (0, lacking), constant_values=-20.0)))
    return out


def with_words(made: Made, statement: str, measured: Sequence[Abstention] = (),
               scores: Sequence[Score] = ()) -> Made:  # fmt: skip
    """Return the head with its plain sentence, and what was measured on other data."""
    applicability = replace(
        made.card.applicability, measured=(*made.card.applicability.measured, *measured)
    )
    card = replace(
        made.card,
        statement=statement,
        applicability=applicability,
        scores=(*made.card.scores, *scores),
    )
    return replace(made, card=card)
