"""Does a fingerprint stay the same when the window slides, as a state of the person should?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import measures, retrieval
from cardioprint.benchmark.paired.entrant import entrants
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.results import TaskResult
from cardioprint.benchmark.tasks import bidmc_records
from cardioprint.benchmark.tasks.base import Bench, Facts, Measured
from cardioprint.benchmark.tasks.bidmc_records import BOTH

if TYPE_CHECKING:
    from cardioprint.benchmark.tasks.bidmc_records import PairedRecords

SLIDES = (0.5, 0.1, 0.25, 1.0)
"""Seconds by which windows slide; the first stands for the task, and alone in a quick run."""

RIVALS = 20
"""Windows of other people that each window is held against."""


def run(task: Measured, bench: Bench) -> TaskResult:
    """Measure all encoders."""
    return measure(task, bench, bidmc_records.load(bench.quick))


def measure(task: Measured, bench: Bench, data: PairedRecords) -> TaskResult:
    """Measure on any paired test set."""
    scores = Scores(task, ("ppg", "", _words(SLIDES[0])))
    scores.notes += data.about
    scores.notes.append(
        "A bottleneck token stands for one second: sliding by exactly 1 s moves whole tokens, "
        "which even an untrained model survives. Judge by 0.5 s."
    )
    subject = data.subject[data.some]
    rng = np.random.default_rng(bench.seed)
    rivals = rng.integers(len(subject), size=(len(subject), RIVALS))
    i, j = np.repeat(np.arange(len(subject)), RIVALS), rivals.ravel()
    i, j = i[subject[i] != subject[j]], j[subject[i] != subject[j]]
    for slide in SLIDES[:1] if bench.quick else SLIDES:
        there = data.moved(slide, f"moved {slide:g} s")
        for entrant in entrants(bench):
            for modalities in BOTH:
                if not entrant.takes(modalities):
                    continue
                a = entrant.embed(data.full, modalities)[data.some]
                b = entrant.embed(there, modalities)
                if entrant.standardise:
                    a, b = np.split(retrieval.standardised(np.concatenate((a, b))), 2)
                cosine = retrieval.cosines(a, b)
                statistic = retrieval.Separation(np.diagonal(cosine), cosine[i, j], i, j)
                found = measures.estimate(statistic, subject)
                scores.add(entrant.name, entrant.kind, "+".join(modalities), _words(slide), found)
    return scores.result(data.data)


def _words(slide: float) -> str:
    return f"d', window slides by {slide:g} s"


TASK = Measured(
    name="stability",
    title="Stability when the window slides",
    paper="",
    family="paired",
    facts=Facts(
        data=bidmc_records.DATA,
        people=bidmc_records.PEOPLE,
        inputs=f"{bidmc_records.INPUTS}, each a second time 0.1 to 1 s later",
        split="nothing is fitted on these people",
        metric="d' between cosines of a window with itself slid, and with slid windows of other "
        "people (difference of means over the root mean variance)",
        caveats=bidmc_records.OVERLAP
        + "Every encoder but the model has its features z-scored over the test set first, a help. "
        "A vector that says nothing but who recorded it would be stable too: read it beside the "
        "other tasks",
    ),
    run=run,
    tables=("bidmc",),
)
"""The task."""
