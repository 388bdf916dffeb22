"""How well a vector tells who somebody is: what a privacy audit begins with, never a goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import retrieval, statistics
from cardioprint.benchmark.paired.entrant import Entrant, entrants
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.results import TaskResult
from cardioprint.benchmark.statistics import RESAMPLES
from cardioprint.benchmark.tasks import bidmc_records, ecgid_records
from cardioprint.benchmark.tasks.base import Bench, Facts, Measured
from cardioprint.benchmark.tasks.bidmc_records import BOTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cardioprint.benchmark.tasks.bidmc_records import PairedRecords
    from cardioprint.benchmark.tasks.ecgid_records import DatedRecords

APART = 240.0
"""Seconds between the two windows of one BIDMC record."""

RIVALS = 20
"""Windows of other people that each window is held against."""

QUICK_RESAMPLES = 200
"""Of people, in a quick run."""

FLOOR = "a privacy floor, not a goal"

MINUTES = "EER, windows 4 min apart (bidmc)"

HEADLINE = ("ecg", "", MINUTES)


def run(task: Measured, bench: Bench) -> TaskResult:
    """Measure all encoders."""
    return measure(task, bench, bidmc_records.load(bench.quick), ecgid_records.load())


def measure(task: Measured, bench: Bench, data: PairedRecords, dated: DatedRecords) -> TaskResult:
    """Measure on any paired test set, and on any records with days."""
    scores = Scores(task, HEADLINE)
    scores.notes += (*data.about, *dated.about)
    a, b, genuine = minutes_apart(data, bench.seed)
    resamples = QUICK_RESAMPLES if bench.quick else RESAMPLES
    for entrant in entrants(bench):
        for modalities in BOTH:
            if not entrant.takes(modalities):
                continue
            x = entrant.embed(data.full, modalities)
            x = retrieval.standardised(x) if entrant.standardise else x
            x = x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9)
            statistic = statistics.equal_error(genuine, (x[a] * x[b]).sum(axis=1))
            found = statistics.weighted(statistic, data.subject[a], resamples)
            inputs = "+".join(modalities)
            scores.add(
                entrant.name, entrant.kind, inputs, MINUTES, found, "lower", FLOOR, rival=False
            )
        if entrant.takes(("ecg",)):
            _across_days(scores, entrant, dated, resamples)
    people = [len(set(dated.day[dated.subject == s])) for s in np.unique(dated.subject)]
    scores.notes.append(
        f"Across days: {sum(n > 1 for n in people)} people with two or more days, held against "
        f"all {len(people)}."
    )
    return scores.result((*data.data, *dated.data))


def minutes_apart(
    data: PairedRecords, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of windows (first, second, 1 where of one record, 0 where of two people)."""
    places = zip(data.record, data.paired.place[data.use], strict=True)
    at = {place: k for k, place in enumerate(places)}
    apart = round(APART / data.paired.preparation.stride)
    rows = [(k, at[r, p + apart], 1) for (r, p), k in at.items() if (r, p + apart) in at]
    rng = np.random.default_rng(seed)
    second = np.array([b for _, b, _ in rows], int)
    for a, _, _ in rows.copy():
        rivals = second[data.subject[second] != data.subject[a]]
        rows += [(a, b, 0) for b in rng.choice(rivals, min(RIVALS, len(rivals)), replace=False)]
    first, second, genuine = np.array(rows).T
    return first, second, genuine


def _across_days(scores: Scores, entrant: Entrant, dated: DatedRecords, resamples: int) -> None:
    """Add figures between records, and between records of different days."""
    x = by_record(entrant, dated)
    cosine = x @ x.T
    subject, day = dated.subject, dated.day
    i, j = np.triu_indices(len(subject), 1)
    same, people = subject[i] == subject[j], np.unique(subject)
    returning = np.array([len(set(day[subject == s])) > 1 for s in subject])
    for words, pairs, probes in (
        ("across records", np.ones(len(i), bool), np.ones(len(subject), bool)),
        # A person with one day can be nobody's genuine pair: kept as impostors only.
        ("across days", (returning[i] | returning[j]) & ~(same & (day[i] == day[j])), returning),
    ):
        at = np.flatnonzero(pairs)
        error = statistics.equal_error(same[at], cosine[i[at], j[at]])
        weigh = _weigh_pairs(i[at], j[at], subject, error)
        found = statistics.weighted(weigh, subject, resamples)
        scores.add(
            entrant.name, entrant.kind, "ecg", f"EER, {words} (ecgid)", found, "lower", FLOOR
        )
        hits = rank_one(cosine, subject, day, later=words == "across days")
        hits = np.where(probes, hits, np.nan)
        # People come with 2 to 22 records: each has one voice.
        seen = [s for s in people if np.isfinite(hits[subject == s]).any()]
        share = np.array([np.nanmean(hits[subject == s]) for s in seen])
        found = statistics.mean(share, np.array(seen))
        scores.add(
            entrant.name, entrant.kind, "ecg", f"Rank-1, {words} (ecgid)", found, "higher", FLOOR
        )


def _weigh_pairs(
    i: NDArray[np.int64],
    j: NDArray[np.int64],
    subject: NDArray[np.str_],
    statistic: Callable[[NDArray], float],
) -> Callable[[NDArray], float]:
    """Return a statistic of pairs as one of records, in which every person has one voice.

    A person drawn twice counts twice, however many records there are.
    """
    _, person, count = np.unique(subject, return_inverse=True, return_counts=True)
    same = person[i] == person[j]
    genuine = np.bincount(person[i[same]], minlength=len(count))
    base = np.where(
        same, 1 / np.maximum(genuine[person[i]], 1), 1 / (count[person[i]] * count[person[j]])
    )
    return lambda w: statistic(base * np.where(same, w[i], w[i] * w[j]))


def by_record(entrant: Entrant, dated: DatedRecords) -> NDArray[np.float32]:
    """Return one vector a record, of length 1: the mean of its windows'."""
    x = entrant.embed(dated.windows, ("ecg",))
    x = retrieval.standardised(x) if entrant.standardise else x
    out = np.zeros((len(dated.subject), x.shape[1]), np.float32)
    np.add.at(out, dated.windows.record, x)
    return out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-9)


def rank_one(
    cosine: NDArray[np.float32], subject: NDArray[np.str_], day: NDArray[np.str_], *, later: bool
) -> NDArray[np.float64]:
    """Return whether each record is nearest to its own person's first; NaN for the first itself.

    Args:
        cosine: Between all records.
        subject: Person of each.
        day: ISO date of each.
        later: Only records of a later day than the person's first take part.
    """
    order = np.lexsort((np.arange(len(day)), day))
    enrolled = np.array([order[subject[order] == s][0] for s in np.unique(subject)])
    nearest = enrolled[np.argmax(cosine[:, enrolled], axis=1)]
    hits = (subject[nearest] == subject).astype(np.float64)
    first_day = dict(zip(subject[enrolled], day[enrolled], strict=True))
    hits[enrolled] = np.nan
    if later:
        hits[[day[k] == first_day[s] for k, s in enumerate(subject)]] = np.nan
    return hits


TASK = Measured(
    name="identity",
    title="Identity: a privacy floor, not a goal",
    paper="",
    family="paired",
    facts=Facts(
        data=f"{bidmc_records.DATA}; ECG-ID (Lugovaya 2005; PhysioNet, ODC-By 1.0)",
        people=f"bidmc: {bidmc_records.PEOPLE}. ecgid: 90 volunteers, 310 records of 20 s, 20 "
        "people on two or more days, numbered by the publisher",
        inputs=f"bidmc: {bidmc_records.INPUTS}. ecgid: lead I, 500 Hz; a record's vector is the "
        "mean of its two 10-s windows'",
        split="nothing is fitted on these people",
        metric="equal error rate of 'the same person?' from the cosine: windows of one bidmc "
        "record 4 min apart, 20 windows of other people each; any two records of ecgid; records "
        "of ecgid on different days. Rank-1: the nearest of all people's first records is the own. "
        "In ecgid every person has one voice, whether 2 or 22 records",
        caveats=bidmc_records.OVERLAP
        + "Lower EER and higher Rank-1 mean that a vector gives more of a person away: the gaps "
        "here are no merit. ECG-ID has healthy volunteers in one laboratory, most of them "
        "young; monitors and leads of one stay in intensive care help to tell people apart in "
        "bidmc",
    ),
    run=run,
    tables=("bidmc", "ecgid"),
)
"""The task."""
