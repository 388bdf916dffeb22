"""What reads a label out of a frozen vector, behind one interface; all of it by person.

A head learns from rows of some people and predicts rows of others. Imputation, scale and the
choice of hyper-parameters see the rows it learns from and no others; the inner folds of that
choice are dealt by person as the outer ones are.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from cardioprint.benchmark import probes
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["classes", "labels", "number"]
"""One of several classes, integers from 0; one or more labels of 0 and 1; a number."""

CLIP = 6.0
"""SDs beyond which a feature is cut off: one wild value must not carry a probe."""

MEDIAN_ROWS = 2000
"""Rows, evenly spaced, whose median fills what is missing: more change nothing but the time."""


class Fitted(Protocol):
    """A head that has learnt."""

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return predictions for vectors of shape (row, feature).

        Returns:
            Classes: probabilities, shape (row, class). Labels: probabilities, in the shape of the
            labels it learnt. Numbers: shape (row,).
        """
        ...


class Head:
    """A kind of head. Subclasses are frozen settings; `fit` gives what has learnt."""

    name = ""

    def fit(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> Fitted:
        """Return the head that these rows make.

        Args:
            x: Vectors, shape (row, feature); NaN where a feature has no value.
            y: Labels, shape (row,), or (row, label) for several labels of 0 and 1.
            subject: Person of each row.
            kind: What y holds.
            seed: Of the inner folds and of whatever the head draws.

        Raises:
            RecordError: The arrays do not belong together, or y is not of that kind.
        """
        raise NotImplementedError

    def fit_predict(
        self, x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
    ) -> NDArray[np.float64]:
        """Return out-of-fold predictions of every row by a head fitted on other people.

        Raises:
            RecordError: As for `fit`, or too few people for the folds.
        """
        return fit_folds(self, x, y, subject, kind, seed).predict(x)


@dataclass(frozen=True, kw_only=True)
class Folds:
    """One fitted head a fold, and the rows that each has not seen.

    Attributes:
        tests: Rows of each fold.
        heads: What the other folds' people made.
        shape: Of the predictions.
    """

    tests: tuple[NDArray[np.int64], ...]
    heads: tuple[Fitted, ...]
    shape: tuple[int, ...]

    def predict(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return out-of-fold predictions of these vectors of the same rows.

        They need not be those that were learnt from: a set of windows to which noise was added
        is judged by the heads that learnt from clean ones.

        Raises:
            RecordError: They are not the same rows.
        """
        x = np.asarray(x)
        if len(x) != self.shape[0]:
            raise RecordError(
                f"{len(x)} vectors for folds over {self.shape[0]} rows",
                source="heads",
                fix="give the rows the folds were made for, in the same order",
            )
        out = np.full(self.shape, np.nan)
        for test, head in zip(self.tests, self.heads, strict=True):
            found = head.predict(x[test])
            if found.ndim == 2 and found.shape[1] < out.shape[1]:  # classes it never saw
                found = np.pad(found, ((0, 0), (0, out.shape[1] - found.shape[1])))
            out[test] = found
        return out


def outer_folds(
    y: NDArray, subject: NDArray, kind: Kind, seed: int = 0
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return (train, test) rows of the outer folds, the same for every head and encoder.

    Raises:
        RecordError: Fewer people than folds.
    """
    people = len(np.unique(subject))
    if people < probes.FOLDS:
        raise RecordError(
            f"{people} people do not fill {probes.FOLDS} folds",
            source="heads",
            field="subject",
            fix="cross-validation needs more people; fit on one set and test on another",
        )
    return list(probes.grouped_folds(subject, probes.FOLDS, seed, balanced(y, kind)))


def fit_folds(
    head: Head,
    x: NDArray[np.floating],
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    seed: int = 0,
    folds: list[tuple[NDArray[np.int64], NDArray[np.int64]]] | None = None,
) -> Folds:
    """Return a head fitted for each outer fold.

    Args:
        head: Which one.
        x: Shape (row, feature).
        y: As for `Head.fit`.
        subject: Person of each row.
        kind: What y holds.
        seed: Of the folds and of the head.
        folds: Rows to learn from and rows to test of each fold; default: `outer_folds`.

    Raises:
        RecordError: As for `Head.fit`, or too few people.
    """
    x, y, subject = checked(x, y, subject, kind)
    folds = folds or outer_folds(y, subject, kind, seed)
    shape = (len(y), int(y.max()) + 1) if kind == "classes" else y.shape
    return Folds(
        tests=tuple(test for _, test in folds),
        heads=tuple(head.fit(x[a], y[a], subject[a], kind, seed) for a, _ in folds),
        shape=shape,
    )


def inner_folds(
    y: NDArray, subject: NDArray, kind: Kind, seed: int, folds: int = probes.INNER_FOLDS
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield (train, test) rows for the choice of hyper-parameters; none for a single person.

    A fold whose training rows hold one class alone teaches nothing and is left out.
    """
    folds = min(folds, len(np.unique(subject)))
    if folds < 2:
        return
    for train, test in probes.grouped_folds(subject, folds, seed, balanced(y, kind)):
        target = matrix(y[train], kind)
        if kind == "number" or (target.min(axis=0) < target.max(axis=0)).any():
            yield train, test


def balanced(y: NDArray, kind: Kind) -> NDArray[np.int64] | None:
    """Return what folds balance: the class, or the rarest label of each row; None for numbers."""
    if kind == "number":
        return None
    if y.ndim == 1:
        return y.astype(int)
    order = np.argsort(y.sum(axis=0), kind="stable")
    first = np.argmax(y[:, order] > 0, axis=1)
    return np.where(y.any(axis=1), order[first] + 1, 0)


def matrix(y: NDArray, kind: Kind, classes: int | None = None) -> NDArray[np.float64]:
    """Return labels as shape (row, output): one column a class, a label, or the number."""
    if kind == "classes":
        return (y[:, None] == np.arange(classes or int(y.max()) + 1)).astype(np.float64)
    return np.asarray(y, np.float64).reshape(len(y), -1)


def checked(
    x: NDArray[np.floating], y: NDArray, subject: NDArray, kind: Kind
) -> tuple[NDArray[np.floating], NDArray, NDArray]:
    """Return the arrays as heads want them.

    Raises:
        RecordError: The arrays do not belong together, or y is not of that kind.
    """
    x, y, subject = np.asarray(x), np.asarray(y), np.asarray(subject)
    wrong = ""
    if kind not in ("classes", "labels", "number"):
        wrong = f"unknown kind of labels {kind!r}"
    elif x.ndim != 2 or x.dtype.kind not in "fiub":
        wrong = f"vectors must be numbers of shape (row, feature), got {x.dtype} {x.shape}"
    elif not len(x) == len(y) == len(subject):
        wrong = f"{len(x)} vectors, {len(y)} labels, {len(subject)} people"
    elif len(x) == 0 or x.shape[1] == 0:
        wrong = "there is nothing to learn from"
    elif y.dtype.kind not in "fiub" or not np.isfinite(y).all():
        wrong = "labels must be finite numbers"
    elif kind == "labels" and not (y.ndim <= 2 and np.isin(y, (0, 1)).all()):
        wrong = "labels must be 0 or 1, shape (row,) or (row, label)"
    elif kind == "classes" and not (y.ndim == 1 and (y == np.round(y)).all() and y.min() >= 0):
        wrong = "classes must be integers from 0, shape (row,)"
    elif kind == "number" and y.ndim != 1:
        wrong = f"numbers must have shape (row,), got {y.shape}"
    if wrong:
        raise RecordError(
            wrong, source="heads", fix="leave out the rows whose label is unknown beforehand"
        )
    y = y.astype(np.float64) if kind == "number" else y.astype(np.int64)
    return (x if x.dtype.kind == "f" else x.astype(np.float64)), y, subject


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Imputation by the median and z-scores, as learnt from some rows.

    Attributes:
        middle: Median of each feature, shape (feature,); 0 where no row has a value.
        mean: After imputation.
        spread: SD after imputation; infinite where a feature never varies.
    """

    middle: NDArray[np.float32]
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def of(cls, x: NDArray[np.floating]) -> Scale:
        """Return the scale of these rows."""
        x = np.asarray(x, np.float32)
        seen = np.isfinite(x)
        some = x[:: -(-len(x) // MEDIAN_ROWS)]
        if seen.all():
            middle = np.median(some, axis=0)
        else:
            with warnings.catch_warnings():  # a feature without any value: 0 will do
                warnings.simplefilter("ignore", RuntimeWarning)
                middle = np.nanmedian(np.where(np.isfinite(some), some, np.nan), axis=0)
            middle = np.nan_to_num(middle)
            x = np.where(seen, x, middle)
        mean = x.mean(axis=0, dtype=np.float64)
        spread = np.sqrt(((x - mean.astype(np.float32)) ** 2).mean(axis=0, dtype=np.float64))
        rounding = 1e-6 * np.maximum(np.abs(mean), 1e-3)  # what is left of a constant
        spread = np.where(spread > rounding, spread, np.inf)
        return cls(
            middle=middle.astype(np.float32),
            mean=mean.astype(np.float32),
            spread=spread.astype(np.float32),
        )

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return z-scores, cut off at `CLIP`.

        Raises:
            RecordError: There are other features than those learnt from.
        """
        x = np.asarray(x, np.float32)
        if x.ndim != 2 or x.shape[1] != len(self.mean):
            raise RecordError(
                f"vectors of shape {x.shape} for a head of {len(self.mean)} features",
                source="heads",
                fix="ask a head about vectors of the encoder and the modalities it learnt from",
            )
        x = np.where(np.isfinite(x), x, self.middle)
        return np.clip((x - self.mean) / self.spread, -CLIP, CLIP)
