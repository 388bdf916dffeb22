"""Whose PPG is this? The person's ECG at another moment, among one window of everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import retrieval, statistics
from cardioprint.benchmark.paired.entrant import entrants
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.results import TaskResult
from cardioprint.benchmark.statistics import CLAIM_RESAMPLES
from cardioprint.benchmark.tasks import bidmc_records
from cardioprint.benchmark.tasks.base import Bench, Facts, Measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.tasks.bidmc_records import PairedRecords

SHARED, WHOLE = "Recall@1, shared features", "Recall@1, whole vector"
CENTRED = f"{SHARED}, each modality centred on the test set"


def run(task: Measured, bench: Bench) -> TaskResult:
    """Measure all encoders whose ECG and PPG can be held against each other."""
    return measure(task, bench, bidmc_records.load(bench.quick))


def measure(task: Measured, bench: Bench, data: PairedRecords) -> TaskResult:
    """Measure on any paired test set."""
    scores = Scores(task, ("ppg>ecg", "", SHARED))
    scores.notes += data.about
    query = data.some
    start = data.full.windows.start
    drawn = retrieval.lineups(query, data.subject, data.record, start, seed=bench.seed)
    people = len(np.unique(data.subject))
    scores.notes.append(
        f"{len(query)} queries, five drawn lineups each of one window of each of {people} people: "
        f"chance is {1 / people:.3f}."
    )

    def add(measure: str, name: str, kind: str, score: NDArray[np.float32]) -> None:
        hits = retrieval.person(score, drawn)
        found = statistics.mean(hits, data.subject[query], CLAIM_RESAMPLES)
        scores.add(name, kind, "ppg>ecg", measure, found)

    rates = np.nan_to_num(data.ppg_rate[query])[:, None], np.nan_to_num(data.ecg_rate)[None]
    add(SHARED, "heart rate", "trivial", -np.abs(rates[0] - rates[1]).astype(np.float32))
    for entrant in entrants(bench):
        if not entrant.shared:
            continue
        ecg, ppg = (entrant.embed(data.full, (m,)) for m in ("ecg", "ppg"))
        if entrant.standardise:
            ecg, ppg = retrieval.standardised(ecg), retrieval.standardised(ppg)
        learnt = ecg.shape == ppg.shape  # hand features of a pulse are not those of a QRS complex
        alike = retrieval.cosines if learnt else retrieval.nearness
        half = entrant.shared
        add(SHARED, entrant.name, entrant.kind, alike(ppg[query][:, half], ecg[:, half]))
        if learnt:
            add(WHOLE, entrant.name, entrant.kind, alike(ppg[query], ecg))
        if entrant.kind == "model":
            centred = [x[:, half] - x[:, half].mean(axis=0) for x in (ppg, ecg)]
            add(CENTRED, entrant.name, entrant.kind, alike(centred[0][query], centred[1]))
    return scores.result(data.data)


TASK = Measured(
    name="person",
    title="The person of a PPG window, from an ECG window of another moment",
    paper="",
    family="paired",
    facts=Facts(
        data=bidmc_records.DATA,
        people=bidmc_records.PEOPLE,
        inputs=f"{bidmc_records.INPUTS}; the query is a PPG window, the candidates are ECG windows",
        split="nothing is fitted on these people",
        metric="Recall@1 of the person among one ECG window of each person; the own one is from "
        "another record or begins at least a minute away. From the fingerprint: its half that "
        "training draws together across modalities, and the whole",
        caveats=bidmc_records.OVERLAP
        + "Minutes of one stay in intensive care are alike in heart rate, which alone finds one "
        "person in five: what is above that is more than rate",
    ),
    run=run,
    tables=("bidmc",),
)
"""The task."""
