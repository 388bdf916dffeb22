"""What is in a corpus, counted in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.corpus.records import DONE
from cardioprint.corpus.windows import measured
from cardioprint.datasets.splits import SPLITS
from cardioprint.signal.preparation import MODALITIES
from cardioprint.signal.quality import THRESHOLD

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from cardioprint.corpus.store import Corpus

QUALITY_BINS = np.linspace(0, 1, 21)
LAG_BINS = np.arange(0.06, 0.87, 0.02)
HEART_RATE_BINS = np.arange(30.0, 221.0, 5.0)
"""Beats per minute; what lies outside counts in the first or last bin."""

PASSES = f"ECG and PPG quality {THRESHOLD:g} or better, and beats that agree on a lag"
"""What makes a window a pair to train on."""


@dataclass(kw_only=True)
class Group:
    """Counts of one database on one side of the split."""

    records: int = 0
    quarantined: int = 0
    people: int = 0
    windows: int = 0
    believed: list[int] = field(default_factory=lambda: [0, 0])
    """Windows with an ECG, and with a PPG, of quality `THRESHOLD` or better."""
    passed: int = 0
    """Windows that fulfil `PASSES`."""
    seconds: float = 0.0
    """Time in which at least one modality was measured."""

    @property
    def hours(self) -> float:
        """Hours of signal."""
        return self.seconds / 3600


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What is in a corpus.

    Attributes:
        groups: By database and split.
        window: Seconds in a window.
        quality: int64, shape (2, bin): windows by quality of each modality.
        lag: By database, int64, shape (bin,): windows by lag.
        heart_rate: int64, shape (bin,): windows by heart rate.
        per_person: int64, descending: windows of each person.
        reasons: Kinds of quarantine and how often.
    """

    groups: Mapping[tuple[str, str], Group]
    window: float
    quality: NDArray[np.int64]
    lag: Mapping[str, NDArray[np.int64]]
    heart_rate: NDArray[np.int64]
    per_person: NDArray[np.int64]
    reasons: Mapping[str, int]

    def total(self, *, database: str = "", split: str = "") -> Group:
        """Return the counts of all groups, or of those of a database or split.

        People are those of each database counted apart; `len(per_person)` counts each once.
        """
        out = Group()
        for (d, s), g in self.groups.items():
            if database in ("", d) and split in ("", s):
                out.records += g.records
                out.quarantined += g.quarantined
                out.people += g.people
                out.windows += g.windows
                out.passed += g.passed
                out.seconds += g.seconds
                out.believed = [a + b for a, b in zip(out.believed, g.believed, strict=True)]
        return out

    @property
    def databases(self) -> list[str]:
        """Names, sorted."""
        return sorted({d for d, _ in self.groups})

    @property
    def splits(self) -> list[str]:
        """Sides that occur, in their usual order."""
        there = {s for _, s in self.groups}
        return [s for s in SPLITS if s in there] + sorted(there - set(SPLITS))


def summarise(corpus: Corpus) -> Summary:
    """Count what is in a corpus, in one pass over all columns but the samples."""
    groups: dict[tuple[str, str], Group] = {}
    people: Counter[tuple[str, str, str]] = Counter()
    quality = np.zeros((2, len(QUALITY_BINS) - 1), np.int64)
    lags: dict[str, NDArray[np.int64]] = {}
    rates = np.zeros(len(HEART_RATE_BINS) - 1, np.int64)
    sampling_rate = corpus.preparation.sampling_rate
    columns = [f"{m}_quality" for m in MODALITIES]
    columns += [f"{m}_valid" for m in MODALITIES]
    columns += ["lag", "r_peaks", "upslopes", "database", "subject", "split"]
    for batch in corpus.batches(columns, batch_size=8192):
        index = np.stack([np.asarray(batch.column(c), np.float32) for c in columns[:2]])
        lag = np.asarray(batch.column("lag"), np.float32)
        believed = index >= THRESHOLD
        seconds = measured(batch) * corpus.preparation.window
        passed = believed.all(axis=0) & np.isfinite(lag)
        for c in range(2):
            quality[c] += np.histogram(index[c][np.isfinite(index[c])], QUALITY_BINS)[0]
        beats = [_rates(batch.column(c), sampling_rate) for c in ("r_peaks", "upslopes")]
        rate = np.where(believed[0], beats[0], np.where(believed[1], beats[1], np.nan))
        rates += _histogram(rate, HEART_RATE_BINS)
        for key, rows in _grouped(batch).items():
            group = groups.setdefault(key[:2], Group())
            group.people += key not in people
            people[key] += len(rows)
            group.windows += len(rows)
            group.passed += int(passed[rows].sum())
            group.seconds += float(seconds[rows].sum())
            for c in range(2):
                group.believed[c] += int(believed[c, rows].sum())
            held = lags.setdefault(key[0], np.zeros(len(LAG_BINS) - 1, np.int64))
            held += _histogram(lag[rows], LAG_BINS)
    reasons = _count_records(corpus.records(), groups)
    by_person: Counter[str] = Counter()
    for (_, _, subject), count in people.items():
        by_person[subject] += count
    return Summary(
        groups=dict(sorted(groups.items())),
        window=corpus.preparation.window,
        quality=quality,
        lag=lags,
        heart_rate=rates,
        per_person=np.array(sorted(by_person.values(), reverse=True), np.int64),
        reasons=dict(reasons.most_common()),
    )


def _count_records(table: pa.Table, groups: dict[tuple[str, str], Group]) -> Counter[str]:
    """Add the records to the groups; return the kinds of quarantine."""
    reasons: Counter[str] = Counter()
    names = ("database", "split", "status", "reason")
    for database, split, status, reason in zip(
        *(table.column(c).to_pylist() for c in names), strict=True
    ):
        group = groups.setdefault((database, split), Group())
        if status == DONE:
            group.records += 1
        else:
            group.quarantined += 1
            # "a104.hea: no such channel" and "a105.hea: no such channel" are of one kind.
            source, colon, kind = reason.partition(": ")
            reasons[kind if colon and " " not in source else reason] += 1
    return reasons


def _grouped(batch: pa.RecordBatch) -> dict[tuple[str, str, str], NDArray[np.int64]]:
    """Return the rows of every (database, split, subject) in a batch."""
    keys = list(
        zip(*(batch.column(c).to_pylist() for c in ("database", "split", "subject")), strict=True)
    )
    rows: dict[tuple[str, str, str], list[int]] = {}
    for at, key in enumerate(keys):
        rows.setdefault(key, []).append(at)
    return {key: np.array(at, np.int64) for key, at in rows.items()}


def _rates(beats: pa.ListArray, sampling_rate: float) -> NDArray[np.float64]:
    """Return beats per minute from the mean interval of each row; NaN with fewer than three."""
    values = np.asarray(beats.values, np.float64)
    offsets = np.asarray(beats.offsets, np.int64)
    count = np.diff(offsets)
    out = np.full(len(count), np.nan)
    enough = count >= 3
    first, last = values[offsets[:-1][enough]], values[offsets[1:][enough] - 1]
    out[enough] = 60 * sampling_rate * (count[enough] - 1) / np.maximum(last - first, 1)
    return out


def _histogram(values: NDArray[np.floating], bins: NDArray[np.floating]) -> NDArray[np.int64]:
    """Count finite values; those outside go to the first and the last bin."""
    inside = np.clip(values[np.isfinite(values)], bins[0], bins[-1])
    return np.histogram(inside, bins)[0]
