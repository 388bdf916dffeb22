"""A PPG window's own ECG among many, from the tokens that carry phase; and what that means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import generators, retrieval, statistics
from cardioprint.benchmark.paired.entrant import Entrant, entrants
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.results import TaskResult
from cardioprint.benchmark.statistics import CLAIM_RESAMPLES
from cardioprint.benchmark.tasks import bidmc_records
from cardioprint.benchmark.tasks.base import Bench, Facts, Measured
from cardioprint.benchmark.tasks.bidmc_records import USUAL_LAG, PairedRecords

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = (100, 1000)
"""Windows of other people, the own one counted, among which it is to be found."""

CONTROLS = (0.08, 0.16, 0.24)
"""Seconds by which the PPG is moved to see how much of retrieval is beat timing."""

SEARCH = tuple(0.04 * k for k in range(16))
"""Seconds by which the PPG is moved in search of the best lag of each pair; every other one in a
quick run."""

RAW, ANY, KNOWN, TOLD = "as recorded", "any lag", "data set's lag known", "record's lag told"
"""What is known of the monitor's delay."""

ANOTHER = "another window of the person"


@dataclass(frozen=True, kw_only=True)
class _Search:
    """What all encoders are judged by: queries, candidates, lags, and a place for figures."""

    data: PairedRecords
    scores: Scores
    sizes: tuple[int, ...]
    usual: NDArray[np.float64]
    own: NDArray[np.float64]
    another: NDArray[np.int64]
    quick: bool

    def add(self, encoder: str, kind: str, score: NDArray[np.float32], condition: str) -> None:
        """Add Recall@1 of each query's own window among others, and within its record."""
        data, query = self.data, self.data.some
        subject, record = data.subject[query], data.record[query]
        places = {
            f"among {n:,}": retrieval.among_others(score, data.subject, query, n, subject)
            for n in self.sizes
        }
        places["within the record"] = retrieval.within_record(score, data.record, query, record)
        for place, hits in places.items():
            self._add(encoder, kind, place, condition, hits)

    def add_another(
        self, encoder: str, kind: str, score: NDArray[np.float32], condition: str
    ) -> None:
        """Add Recall@1 of another window of the same person among others: the second control."""
        data, query = self.data, self.data.some
        some = self.another >= 0
        for n in self.sizes:
            hits = np.full(len(query), np.nan)
            hits[some] = retrieval.among_others(
                score[some], data.subject, self.another[some], n, data.subject[query[some]]
            )
            self._add(encoder, kind, f"among {n:,}", f"{condition}, {ANOTHER}", hits)

    def _add(
        self, encoder: str, kind: str, place: str, condition: str, hits: NDArray[np.float64]
    ) -> None:
        found = statistics.mean(hits, self.data.subject[self.data.some], CLAIM_RESAMPLES)
        self.scores.add(encoder, kind, "ppg>ecg", f"Recall@1 {place}, {condition}", found)


def run(task: Measured, bench: Bench) -> TaskResult:
    """Measure all encoders whose ECG and PPG can be held against each other."""
    return measure(task, bench, bidmc_records.load(bench.quick))


def measure(task: Measured, bench: Bench, data: PairedRecords) -> TaskResult:
    """Measure on any paired test set."""
    query = data.some
    fewest = min(int((data.subject != s).sum()) for s in np.unique(data.subject))
    sizes = tuple(n for n in SIZES if fewest >= n)
    # The largest crowd that this test set fills stands for the task.
    place = f"among {sizes[-1]:,}" if sizes else "within the record"
    scores = Scores(task, ("ppg>ecg", "", f"Recall@1 {place}, {KNOWN}"))
    scores.notes += data.about
    scores.notes.append(
        f"{len(query)} queries among the {len(data.use)} windows. 'Among 1,000' is the exact mean "
        "over all choices of 999 windows of other people."
    )
    start = data.full.windows.start
    drawn = retrieval.lineups(query, data.subject, data.record, start, seed=bench.seed, draws=1)
    search = _Search(
        data=data,
        scores=scores,
        sizes=sizes,
        usual=generators.usual_lags(data.paired, data.use[query], data.lags),
        own=np.array([data.lags[r] for r in data.record[query]]),
        another=drawn.own[:, 0],
        quick=bench.quick,
    )
    if bench.trivial:
        _by_beats(search)
        _by_rate(search)
    for entrant in entrants(bench):
        if entrant.phased:
            _by_tokens(search, entrant)
        elif entrant.shared:
            _by_shared(search, entrant)
    return scores.result(data.data)


def _by_beats(search: _Search) -> None:
    """Match pulse times with R-peak times: no learning, and hard to beat."""
    data, length = search.data, search.data.paired.preparation.window
    pulses = [data.paired.pulses[i] for i in data.use[data.some]]
    r_peaks = [data.paired.r_peaks[i] for i in data.use]
    # It gets what a model gets: no lag, the data set's, the record's, a free choice.
    free = retrieval.beat_matching(pulses, r_peaks, length)
    search.add("beat matching", "trivial", free, RAW)
    search.add("beat matching", "trivial", free, ANY)
    for condition, lag, within in ((KNOWN, search.usual, 0.1), (TOLD, search.own, 0.03)):
        score = retrieval.beat_matching(pulses, r_peaks, length, expected=lag, within=within)
        search.add("beat matching", "trivial", score, condition)
        if condition == KNOWN:
            search.add_another("beat matching", "trivial", score, condition)


def _by_rate(search: _Search) -> None:
    """Hold counted heart rates against each other; a lag means nothing to them."""
    data = search.data
    ppg, ecg = np.nan_to_num(data.ppg_rate[data.some]), np.nan_to_num(data.ecg_rate)
    score = -np.abs(ppg[:, None] - ecg[None]).astype(np.float32)
    for condition in (RAW, KNOWN):
        search.add("heart rate", "trivial", score, condition)
    search.add_another("heart rate", "trivial", score, KNOWN)


def _by_shared(search: _Search, entrant: Entrant) -> None:
    """Hold features that mean the same in both modalities against each other."""
    data, part = search.data, entrant.shared
    ecg = retrieval.standardised(entrant.embed(data.full, ("ecg",)))
    ppg = retrieval.standardised(entrant.embed(data.full, ("ppg",)))
    score = retrieval.nearness(ppg[data.some][:, part], ecg[:, part])
    for condition in (RAW, KNOWN):
        search.add(entrant.name, entrant.kind, score, condition)
    search.add_another(entrant.name, entrant.kind, score, KNOWN)


def _by_tokens(search: _Search, entrant: Entrant) -> None:
    """Hold tokens that carry phase against each other, the PPG moved as a condition says."""
    data = search.data
    fix = retrieval.standardised if entrant.standardise else np.asarray
    ecg = fix(entrant.timing(data.full, ("ecg",)))

    def score(move: float | NDArray[np.float64], key: str) -> NDArray[np.float32]:
        ppg = entrant.timing(data.moved(move, key), ("ppg",))
        return retrieval.cosines(fix(ppg), ecg)

    best = np.full((len(data.some), len(data.use)), -np.inf, np.float32)
    for move in SEARCH[:: 2 if search.quick else 1]:
        found = score(move, f"moved {move:g} s")
        np.maximum(best, found, out=best)
        if move == 0:
            search.add(entrant.name, entrant.kind, found, RAW)
    search.add(entrant.name, entrant.kind, best, ANY)
    known = np.maximum(search.usual - USUAL_LAG, 0)
    told = np.maximum(search.own - USUAL_LAG, 0)
    if entrant.kind != "model":
        search.add(entrant.name, entrant.kind, score(known, KNOWN), KNOWN)
        return
    found = score(known, KNOWN)
    search.add(entrant.name, entrant.kind, found, KNOWN)
    search.add_another(entrant.name, entrant.kind, found, KNOWN)
    search.add(entrant.name, entrant.kind, score(told, TOLD), TOLD)
    for move in CONTROLS:
        words = f"PPG moved by {1000 * move:.0f} ms"
        for condition, start in ((RAW, 0.0), (KNOWN, known)):
            found = score(start + move, f"{condition}, {words}")
            search.add(entrant.name, entrant.kind, found, f"{condition}, {words}")


TASK = Measured(
    name="retrieval",
    title="The own ECG of a PPG window",
    paper="",
    family="paired",
    facts=Facts(
        data=bidmc_records.DATA,
        people=bidmc_records.PEOPLE,
        inputs=f"{bidmc_records.INPUTS}; the query is a PPG window, the candidates are ECG windows",
        split="nothing is fitted on these people; the data set's lag is the median of other "
        "people's records",
        metric="Recall@1 of the same ten seconds among 100 and 1,000 windows of other people, and "
        "among the windows of its own record. With a known lag the PPG is cut later, so that the "
        "lag that is left is the usual 250 ms; beat matching is told the same lag. 'Any lag': the "
        "best of each pair. Controls: the PPG moved by 80, 160 and 240 ms, and another window of "
        "the same person at least a minute away",
        caveats=bidmc_records.OVERLAP
        + "Same-window retrieval is beat timing, not a state of the person: judge it by its "
        "controls and beside beat matching, which learns nothing. It is measured on tokens that "
        "never leave the machine, not on the fingerprint. 'Told' conditions know what nobody "
        "knows of a new record",
    ),
    run=run,
    tables=("bidmc",),
)
"""The task."""
