"""Rows of the public tables as windows to embed, without those that abstain.

Every encoder is given the same excerpts as they were recorded. Where the quality index of one of
the channels is below its threshold, the row is left out for everybody, and counted.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark import controls, copies
from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Series, Signals
from cardioprint.benchmark.results import Data
from cardioprint.benchmark.sets import median_rate
from cardioprint.benchmark.subgroups import AGE, HEART_RATE, bands
from cardioprint.benchmark.tasks.base import Rows
from cardioprint.datasets import tables
from cardioprint.signal.preparation import MODALITIES, Preparation, cut
from cardioprint.signal.quality import THRESHOLD, assess

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SPLIT = (
    "Five folds by person, the same for every encoder and head; imputation, scale and penalty are "
    "learnt from the training folds, the penalty by inner folds that are by person too."
)

OVER_89 = 120.0
"""Years above which an age is no age: PTB-XL writes 300 for "over 89" (Wagner 2020)."""


@dataclass(frozen=True, kw_only=True)
class Excerpts:
    """Windows of a table that did not abstain.

    Attributes:
        signals: As recorded.
        rows: What else the table says of each.
        subject: The person.
        heart_rate: Beats/min from the beats of the ECG, or of the PPG where there is no ECG.
        place: Number of each among the windows that were judged.
        data: The table as it took part.
    """

    signals: Signals
    rows: tuple[Mapping[str, Any], ...]
    subject: NDArray[np.str_]
    heart_rate: NDArray[np.float64]
    place: NDArray[np.int64]
    data: Data

    def column(self, name: str) -> NDArray:
        """Return what the table says of each window; missing numbers are NaN."""
        values = [row[name] for row in self.rows]
        if any(isinstance(v, str) for v in values):
            return np.array(["" if v is None else str(v) for v in values])
        return np.array([np.nan if v is None else v for v in values], float)

    def __getitem__(self, index: NDArray) -> Excerpts:
        """Return some of the windows, by position or by a boolean array."""
        at = np.atleast_1d(np.arange(len(self.rows))[index])
        return replace(
            self,
            signals=self.signals[at],
            rows=tuple(self.rows[int(i)] for i in at),
            subject=self.subject[at],
            heart_rate=self.heart_rate[at],
            place=self.place[at],
        )


def gathered(
    table: str,
    rows: Sequence[Mapping[str, Any]],
    samples: Mapping[str, Sequence[NDArray]],
    sampling_rate: float,
    *,
    lead: str = "",
    about: str = "",
) -> Excerpts:
    """Return excerpts without those that abstain in any channel, and without copies.

    A recording that is in the table under two people's names is left out: see `copies.REPEATED`.

    Args:
        table: Key of `datasets.tables.TABLES`.
        rows: What the table says of each, with "subject".
        samples: "ecg" and "ppg" -> samples of each, shape (time,); padded with NaN to one length.
        sampling_rate: Hertz.
        lead: ECG view.
        about: What is known to be wrong with it.
    """
    series = {
        m: Series(samples=padded(x), sampling_rate=sampling_rate, lead=lead if m == "ecg" else "")
        for m, x in samples.items()
    }
    signals = Signals(series=series, known=known_of(rows))
    subject = np.array([str(r["subject"]) for r in rows])
    once = np.array([str(r.get("record")) not in copies.REPEATED.get(table, ()) for r in rows])
    good, rate = judged(signals)
    kept = np.flatnonzero(good & once)
    facts = tables.TABLES[table]
    return Excerpts(
        signals=signals[kept],
        rows=tuple(rows[int(i)] for i in kept),
        subject=subject[kept],
        heart_rate=rate[kept],
        place=kept,
        data=Data(
            name=table,
            rows=int(once.sum()),
            people=len(np.unique(subject[once])),
            abstained=int((~good & once).sum()),
            licence=facts.licence,
            sha256=sha256(table),
            about=about,
        ),
    )


def judged(signals: Signals) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return whether every channel of each window is believed, and its heart rate."""
    preparation, use = Preparation(), list(signals.series)
    at = [k for k, m in enumerate(MODALITIES) if m in use]
    good, rate = np.zeros(len(signals), bool), np.full(len(signals), np.nan)
    for i, whole in enumerate(prepared.each(signals, use, preparation)):
        windows = None if whole is None else cut(whole, preparation)
        if whole is None or windows is None or not len(windows):
            continue
        found = assess(whole, windows)
        good[i] = (found.index[0, at] >= THRESHOLD).all()
        rate[i] = median_rate(np.sort(found.beats[at[0]]) / whole.sampling_rate)
    return good, rate


def rows_of(
    found: Excerpts,
    target: NDArray,
    *,
    metadata: Mapping[str, NDArray] | None = None,
    groups: Mapping[str, NDArray] | None = None,
    guesses: Mapping[tuple[str, str], NDArray] | None = None,
    notes: tuple[str, ...] = (),
) -> Rows:
    """Return the rows of a probe: those whose target is known.

    Args:
        found: Windows.
        target: Shape (row,) or (row, label); NaN where unknown.
        metadata: What else must not give the label away.
        groups: What else people are divided by.
        guesses: See `Rows`.
        notes: Sentences.
    """
    target = np.asarray(target, float)
    kept = np.flatnonzero(np.isfinite(target.reshape(len(target), -1)).all(axis=1))
    facts = {
        f"{m} {name}" if len(found.signals.series) > 1 else name: values
        for m, s in found.signals.series.items()
        for name, values in controls.recording_facts(s.samples, s.sampling_rate).items()
    }
    parts = {"heart rate": bands(found.heart_rate, HEART_RATE, "/min")}
    known = found.signals.known
    if "sex" in known:
        parts["sex"] = np.where(known["sex"] == 1, "male", "female")
        parts["sex"][~np.isfinite(known["sex"])] = ""
    if "age" in known:
        parts["age"] = bands(known["age"], AGE, "years")
    parts |= groups or {}
    unknown = len(target) - len(kept)
    more = (f"{unknown} windows without a label are left out.",) if unknown else ()
    return Rows(
        signals=found.signals[kept],
        target=target[kept],
        subject=found.subject[kept],
        metadata={k: np.asarray(v)[kept] for k, v in (facts | dict(metadata or {})).items()},
        groups={k: np.asarray(v)[kept] for k, v in parts.items()},
        data=(found.data,),
        notes=(*notes, *more),
        guesses={k: np.asarray(v, float)[kept] for k, v in (guesses or {}).items()},
    )


def thinned(subject: NDArray, people: int) -> NDArray[np.bool_]:
    """Return which rows belong to some of the people: always the same ones.

    Args:
        subject: Person of each row.
        people: How many to keep.
    """
    names = sorted(set(subject.tolist()), key=lambda s: (zlib.crc32(str(s).encode()), s))
    return np.isin(subject, names[:people])


def spread(subject: NDArray, most: int) -> NDArray[np.bool_]:
    """Return which rows to keep so that nobody has more than `most`: evenly over each person's."""
    out = np.zeros(len(subject), bool)
    for person in np.unique(subject):
        mine = np.flatnonzero(subject == person)
        count = min(most, len(mine))
        out[mine[np.round(np.linspace(0, len(mine) - 1, count)).astype(int)]] = True
    return out


def ages(found: Excerpts) -> NDArray[np.float64]:
    """Return ages as targets: NaN where "over 89" is all that is known."""
    return np.array([_age(r) for r in found.rows])


def path_of(table: str) -> Path | None:
    """Return the file of a table, or None where it is not on this machine."""
    folder = tables.data_folder()
    path = None if folder is None else folder / tables.TABLES[table].path
    return path if path is not None and path.is_file() else None


def sha256(table: str) -> str:
    """Return the first 16 digits of a table's SHA-256, "" where it is not on this machine."""
    path = path_of(table)
    return "" if path is None else _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _digest(path: Path, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def padded(samples: Sequence[NDArray]) -> NDArray[np.float32]:
    """Return series of several lengths as rows that end in NaN."""
    out = np.full((len(samples), max(map(len, samples))), np.nan, np.float32)
    for row, x in zip(out, samples, strict=True):
        row[: len(x)] = x
    return out


def known_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
    """Return what rows say of their people, as `Signals.known`."""
    out = {
        "age": np.array([_age(r, over=90.0) for r in rows]),
        "sex": np.array([_SEX.get(str(r.get("sex")).lower(), np.nan) for r in rows]),
        "bmi": np.array([_number(r.get("bmi")) for r in rows]),
    }
    return {k: v for k, v in out.items() if np.isfinite(v).any()}


_SEX = {"m": 1.0, "male": 1.0, "f": 0.0, "female": 0.0}


def _age(row: Mapping[str, Any], over: float = np.nan) -> float:
    age = _number(row.get("age"))
    return over if age > OVER_89 else age


def _number(value: Any) -> float:
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError):
        return np.nan  # "18-35 (cohort range only)"
