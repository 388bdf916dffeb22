"""Is an excerpt's fingerprint the same whether or not the rest of its record was there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import retrieval, statistics
from cardioprint.benchmark.paired import stretches
from cardioprint.benchmark.paired.entrant import entrants
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.results import TaskResult
from cardioprint.benchmark.tasks import bidmc_records
from cardioprint.benchmark.tasks.base import Bench, Facts, Measured

if TYPE_CHECKING:
    from cardioprint.benchmark.tasks.bidmc_records import PairedRecords

LENGTHS = (10.0, 2.1)
"""Seconds: a window, and the shortest excerpt of a public data set (PPG-BP)."""

QUANTILES = (("1 %", 0.01), ("5 %", 0.05), ("median", 0.5))

HEADLINE = ("ppg", "", "cosine, 1 % quantile, 10 s")


def run(task: Measured, bench: Bench) -> TaskResult:
    """Measure all encoders that take what was filtered in a whole record."""
    return measure(task, bench, bidmc_records.load(bench.quick))


def measure(task: Measured, bench: Bench, data: PairedRecords) -> TaskResult:
    """Measure on any paired test set."""
    scores = Scores(task, HEADLINE)
    scores.notes += data.about
    preparation = data.paired.preparation
    index = data.use[data.some][::2]
    subject = data.paired.subject[index]
    for seconds in LENGTHS:
        within = stretches.inside(
            f"{data.name}/{seconds:g} s of the record",
            data.records,
            data.paired.prepared,
            data.paired.record[index],
            data.paired.windows.start[index],
            seconds,
            preparation,
        )
        alone = stretches.alone(f"{data.name}/{seconds:g} s alone", within, preparation)
        for entrant in entrants(bench):
            if not entrant.prepared:
                continue
            for modality in ("ecg", "ppg"):
                a, b = entrant.embed(within, (modality,)), entrant.embed(alone, (modality,))
                if entrant.standardise:
                    a, b = np.split(retrieval.standardised(np.concatenate((a, b))), 2)
                cosine = np.diagonal(retrieval.cosines(a, b))
                for name, q in QUANTILES:
                    words = f"cosine, {name}{' quantile' if '%' in name else ''}, {seconds:g} s"
                    found = statistics.quantile(cosine, subject, q)
                    scores.add(entrant.name, entrant.kind, modality, words, found)
    return scores.result(data.data)


TASK = Measured(
    name="isolated",
    title="An excerpt prepared alone, against the same one cut from its record",
    paper="",
    family="paired",
    facts=Facts(
        data=bidmc_records.DATA,
        people=bidmc_records.PEOPLE,
        inputs="ECG lead II and finger PPG, 125 Hz, excerpts of 10 s and of 2.1 s",
        split="nothing is fitted on these people",
        metric="cosine of the two vectors of the same excerpt, one filtered within its whole "
        "record, one as if nothing else had been recorded: median, 5 % and 1 % quantile",
        caveats=bidmc_records.OVERLAP
        + "It judges the preparation as much as the encoder. Only encoders that take filtered "
        "windows take part: all others always see an excerpt alone. Every encoder but the model "
        "has its features z-scored over the test set first",
    ),
    run=run,
    tables=("bidmc",),
)
"""The task."""
