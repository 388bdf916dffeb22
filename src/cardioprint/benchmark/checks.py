"""Checks of an evaluation that need no head: people, pretraining, copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from cardioprint.benchmark import copies
from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.development import DEVELOPMENT
from cardioprint.datasets.families import Sharing, may_share
from cardioprint.errors import UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Verdict = Literal["pass", "warn", "fail"]
_WORST: tuple[Verdict, ...] = ("pass", "warn", "fail")

SAME = 0.999
"""Correlation from which two people's windows are one recording. On real tables the highest of
different recordings is 0.998 (PPG of two seconds), 0.996 (PPG of ten), 0.95 (ECG)."""

SAME_VECTOR = 0.9999
"""Correlation from which two people's z-scored vectors are one."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the audit.

    Attributes:
        name: What was looked at.
        verdict: "pass", "warn" (say so beside the figure) or "fail" (do not report the figure).
        value: What was measured; NaN where it is a matter of fact.
        sentence: What was found.
    """

    name: str
    verdict: Verdict
    sentence: str
    value: float = float("nan")


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the worst of some verdicts; "pass" where there is none."""
    return _WORST[max((_WORST.index(v) for v in verdicts), default=0)]


def people_across_folds(
    subject: NDArray, folds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> Check:
    """Check that nobody is learnt from and tested in one fold, and that all are tested once.

    Args:
        subject: Person of each row.
        folds: (rows learnt from, rows tested) of each fold, as they were used.
    """
    subject = np.asarray(subject)
    both: set[str] = set()
    tested = np.zeros(len(subject), int)
    for train, test in folds:
        both |= set(np.intersect1d(subject[train], subject[test]).astype(str))
        tested[test] += 1
    name = "people on both sides of a fold"
    if both:
        some = ", ".join(sorted(both)[:5])
        sentence = f"{len(both)} people are learnt from and tested in one fold: {some}."
        return Check(name=name, verdict="fail", value=float(len(both)), sentence=sentence)
    if (tested != 1).any():
        sentence = f"{int((tested != 1).sum())} rows are not tested exactly once."
        return Check(name=name, verdict="warn", value=0.0, sentence=sentence)
    people = len(np.unique(subject))
    sentence = f"None of {people} people; every row is tested once in {len(folds)} folds."
    return Check(name=name, verdict="pass", value=0.0, sentence=sentence)


def pretraining(
    tested: str,
    trained: Sequence[str] | None,
    tested_people: Sequence[str] | None = None,
    trained_people: Mapping[str, Sequence[str]] | None = None,
) -> Check:
    """Check by declared facts whether people were in pretraining and are tested here.

    Args:
        tested: Database that is tested.
        trained: Databases that the encoder was trained on; None where nobody wrote them down.
        tested_people: Their ids, where known.
        trained_people: Ids by database, where known.

    Raises:
        UnknownNameError: The tested database is not in the catalogue.
    """
    name = "people shared with pretraining"
    if trained is None:
        sentence = "Unknown: nobody wrote down which databases the encoder learnt from."
        return Check(name=name, verdict="warn", sentence=sentence)
    if not trained:
        return Check(
            name=name, verdict="pass", value=0.0, sentence="The encoder learnt from no database."
        )
    told: list[str] = []
    verdicts: list[Verdict] = []
    for database in trained:
        sharing = _sharing(tested, database)
        ids = (trained_people or {}).get(database)
        if sharing == "no":
            verdicts.append("pass")
        elif sharing == "unknown":
            told.append(f"{tested} may hold people of {database}, and ids cannot tell")
            verdicts.append("warn")
        elif tested_people is None or ids is None:
            told.append(f"{tested} and {database} hold the same people; ids were not compared")
            verdicts.append("warn")
        else:
            shared = len(set(tested_people) & set(ids))
            told.append(f"{shared} people of {tested} were in pretraining as {database}")
            verdicts.append("fail" if shared else "pass")
    sentence = "; ".join(told) if told else f"{', '.join(trained)} hold other people than {tested}"
    return Check(name=name, verdict=worst(verdicts), sentence=f"{sentence}.")


def _sharing(tested: str, database: str) -> Sharing:
    """Return what is declared of two databases; of one of the user's own nothing is."""
    try:
        return may_share(tested, database)
    except UnknownNameError:
        if database in {**DEVELOPMENT, **DATABASES}:
            raise
        return "unknown"


def same_windows(
    windows: NDArray[np.floating], subject: NDArray, fold: NDArray | None = None
) -> Check:
    """Check for windows of two people that are one recording: see `copies.copies`."""
    found = copies.copies(windows, subject, fold=fold)
    return _alike("the same window under two people", found, subject, SAME)


def same_vectors(x: NDArray[np.floating], subject: NDArray, fold: NDArray | None = None) -> Check:
    """Check for vectors of two people that are one."""
    x = np.asarray(x, np.float64)
    seen = np.isfinite(x)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, x, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(seen, (x - mean) ** 2, 0).sum(axis=0) / count)
    z = np.where(seen & (spread > 1e-12), (x - mean) / np.maximum(spread, 1e-12), 0)
    name = "the same vector under two people"
    if x.shape[1] < 8:  # a few numbers may well agree
        return Check(name=name, verdict="pass", sentence="Too few features to tell.")
    return _alike(name, copies.most_alike(z, subject, fold=fold), subject, SAME_VECTOR)


def _alike(name: str, found: Sequence[copies.Pair], subject: NDArray, limit: float) -> Check:
    subject = np.asarray(subject)
    if not found:
        return Check(name=name, verdict="pass", sentence="There is one person alone.")
    told = ", ".join(
        f"{subject[p.a]} and {subject[p.b]} (rows {p.a}, {p.b}; r {p.r:.4f})" for p in found[:3]
    )
    same = [p for p in found if p.r >= limit]
    many = "at least " if len(same) == len(found) else ""
    sentence = (
        f"{many}{len(same)} of the pairs of rows agree at r >= {limit:g}: {told}."
        if same
        else f"None; the most alike are {told}."
    )
    return Check(name=name, verdict="fail" if same else "pass", value=found[0].r, sentence=sentence)
