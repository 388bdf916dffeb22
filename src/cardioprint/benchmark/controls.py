"""Controls of an evaluation: what heads make of labels, vectors and metadata that mean nothing.

All are judged by AUROC (chance 0.5), or by R2 (chance 0) where the label is a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.checks import Check, Verdict
from cardioprint.benchmark.heads.base import Head, Kind
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import auroc, estimate, macro, r_squared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate

DRAWS = 5
"""Shuffles of labels, and draws of noise."""

ERRORS = 3.0
"""Standard errors by which the mean over draws may pass chance. The error rests on the spread over
draws or that over resampled people, whichever is larger: five draws alone misjudge it."""

FAINT = 0.02
"""Gain over chance below which no leak is claimed, however steady it is."""

TOLD, NEARLY = 0.05, 0.75
"""Gain over chance from which metadata are worth a warning, and share of the vectors' own gain
from which they are a failure."""

CATEGORIES = 20
"""Values of a column of metadata that are told apart."""


def metadata_probe(
    metadata: Mapping[str, NDArray],
    x: NDArray[np.floating],
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    *,
    seed: int = 0,
) -> Check:
    """Check how far the labels can be told from what is known about the recordings.

    Args:
        metadata: Name -> value of each row, numbers (NaN: missing) or strings.
        x: The vectors, for what they gain over chance.
        y: Labels.
        subject: Person of each row.
        kind: What y holds.
        seed: Of folds and head.
    """
    columns = {name: coded(values) for name, values in metadata.items()}
    columns = {k: v for k, v in columns.items() if v.shape[1] > 0}
    name = "labels from metadata alone"
    if not columns:
        said = "The metadata are the same for all rows."
        return Check(name=name, verdict="pass", value=_chance(kind), sentence=said)
    head = Linear()
    found = {k: _judged(head, v, y, subject, kind, seed) for k, v in columns.items()}
    whole = next(iter(found.values()))
    if len(columns) > 1:
        joint = np.concatenate(list(columns.values()), axis=1)
        whole = _judged(head, joint, y, subject, kind, seed)
    own = _judged(head, x, y, subject, kind, seed)
    best = max(found, key=lambda k: found[k].value)
    gain, own_gain = whole.value - _chance(kind), own.value - _chance(kind)
    verdict: Verdict = "pass"
    if whole.low > _chance(kind) and gain > TOLD:
        verdict = "fail" if gain >= NEARLY * own_gain else "warn"
    sentence = (
        f"{', '.join(columns)} give {_measure_name(kind)} {_told(whole)}, the vectors "
        f"{_told(own)}; most of it from {best} ({found[best].value:.3f})."
    )
    return Check(name=name, verdict=verdict, value=whole.value, sentence=sentence)


def recording_facts(samples: NDArray[np.floating], sampling_rate: float) -> dict[str, NDArray]:
    """Return what windows betray of how they were recorded, for `metadata_probe`.

    Args:
        samples: One modality as recorded, shape (row, time); NaN: missing.
        sampling_rate: Hertz.
    """
    seen = np.isfinite(samples)
    last = samples.shape[1] - np.argmax(seen[:, ::-1], axis=1)
    length = np.where(seen.any(axis=1), last, 0) / sampling_rate
    inside = np.arange(samples.shape[1]) < last[:, None]
    missing = 1 - (seen & inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
    levels = [len(np.unique(x[k])) for x, k in zip(samples, seen, strict=True)]
    return {
        "length": length,
        "missing share": missing,
        "converter levels": np.array(levels, float),
    }


def coded(values: NDArray) -> NDArray[np.float64]:
    """Return a column of metadata as 0/1 columns: one a value, or one a fifth of many numbers.

    The rarest values share a column; nothing is left of a column that never varies.
    """
    values = np.asarray(values)
    if values.dtype.kind in "fiub" and len(np.unique(values)) > CATEGORIES:
        edges = np.nanquantile(values.astype(float), [0.2, 0.4, 0.6, 0.8])
        band = np.searchsorted(edges, np.nan_to_num(values.astype(float)))
        values = np.where(np.isfinite(values), band, -1)
    names, place, count = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    if len(names) < 2:
        return np.zeros((len(values), 0))
    order = np.argsort(-count, kind="stable")
    rank = np.empty(len(names), int)
    rank[order] = np.minimum(np.arange(len(names)), CATEGORIES)
    return (rank[place][:, None] == np.arange(rank.max() + 1)).astype(np.float64)


def shuffled_labels(
    x: NDArray[np.floating],
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    head: Head,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Check:
    """Check that the whole machinery finds nothing in labels that mean nothing."""
    found = []
    for draw in range(draws):
        mixed = exchanged(y, subject, np.random.default_rng([seed, draw]))
        found.append(_judged(head, x, mixed, subject, kind, seed + draw, resamples=200))
    return _at_chance("labels exchanged between people", found, kind)[0]


def exchanged(y: NDArray, subject: NDArray, rng: np.random.Generator) -> NDArray:
    """Return labels that belong to other people, with their runs within a person kept.

    Where each person has one label, people exchange them; else all labels are strung together,
    people in random order, and moved along by a random number of rows.
    """
    people, first, person = np.unique(subject, return_index=True, return_inverse=True)
    if np.array_equal(y[first][person], y):
        return y[first][rng.permutation(len(people))][person]
    turn = rng.permutation(len(people))
    strung = np.argsort(turn[person], kind="stable")
    out = np.empty_like(y)
    out[np.argsort(person, kind="stable")] = np.roll(y[strung], rng.integers(len(y)), axis=0)
    return out


def noise_vectors(
    features: int,
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    head: Head,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Check:
    """Check vectors that tell persons apart and nothing else, and how much they vary.

    Each person has a random vector, each row half as much of its own. The SD over draws and folds
    is the floor below which differences between encoders mean nothing.
    """
    people, person = np.unique(subject, return_inverse=True)
    found = []
    for draw in range(draws):
        rng = np.random.default_rng([seed, draw])
        x = rng.normal(size=(len(people), features))[person]
        x = (x + 0.5 * rng.normal(size=x.shape)).astype(np.float32)
        found.append(_judged(head, x, y, subject, kind, seed + draw, resamples=200))
    told, spread = _at_chance(f"noise of {features} features", found, kind)
    more = f" SD {spread:.3f}: differences below {2 * spread:.2f} mean nothing."
    return replace(told, sentence=told.sentence + more)


def constant_vectors(
    y: NDArray, subject: NDArray, kind: Kind, head: Head, *, seed: int = 0
) -> Check:
    """Check that an encoder that always says the same is at chance."""
    found = _judged(head, np.ones((len(y), 1), np.float32), y, subject, kind, seed)
    verdict: Verdict = "fail" if found.low > _chance(kind) else "pass"
    sentence = f"{_measure_name(kind)} {_told(found)}; folds differ in prevalence and no more."
    return Check(name="constant vectors", verdict=verdict, value=found.value, sentence=sentence)


def _at_chance(name: str, found: Sequence[Estimate], kind: Kind) -> tuple[Check, float]:
    """Return the check, and the SD of one draw."""
    values = [f.value for f in found]
    mean = float(np.mean(values))
    spread = float(np.mean([np.nanstd(f.replicates) for f in found]))
    if len(values) > 1:
        spread = max(spread, float(np.std(values, ddof=1)))
    half = ERRORS * spread / np.sqrt(len(found))
    above = mean - max(half, FAINT) > _chance(kind)
    sentence = f"{_measure_name(kind)} {mean:.3f} +- {half:.3f} over {len(found)} draws" + (
        ", above chance: something leaks." if above else ", not above chance."
    )
    verdict: Verdict = "fail" if above else "pass"
    return Check(name=name, verdict=verdict, value=mean, sentence=sentence), spread


def _judged(
    head: Head,
    x: NDArray,
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    seed: int,
    resamples: int = 500,
) -> Estimate:
    found = head.fit_predict(x, y, subject, kind, seed)
    measure = r_squared if kind == "number" else macro(auroc)
    return estimate(measure(found, y), subject, resamples)


def _chance(kind: Kind) -> float:
    return 0.0 if kind == "number" else 0.5


def _measure_name(kind: Kind) -> str:
    return "R2" if kind == "number" else "AUROC"


def _told(found: Estimate) -> str:
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
