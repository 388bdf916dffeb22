"""Tasks that compare fingerprints or tokens with each other: retrieval, stability, identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import generators, retrieval, statistics
from cardioprint.benchmark.bidmc_tasks import BOTH, USUAL_LAG
from cardioprint.benchmark.encoders import Timing
from cardioprint.benchmark.sets import excerpt_of, join, select, stretch_of
from cardioprint.signal.preparation import cut, prepare_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cardioprint.benchmark.bidmc_tasks import TestSet
    from cardioprint.benchmark.encoders import Cached
    from cardioprint.benchmark.report import Results

SLIDES = (0.1, 0.25, 0.5, 1.0)
"""Seconds by which windows slide in the test of stability."""

CONTROLS = (0.08, 0.16, 0.24)
"""Seconds by which the PPG is moved to see how much of retrieval is beat timing."""

SEARCH = tuple(0.04 * k for k in range(16))
"""Seconds by which the PPG is moved in search of the best delay of each pair."""

BEST, USUAL, TOLD = "free choice of lag", "data set's lag known", "record's lag known (told)"
"""Conditions of retrieval in which the monitor's delay does not count."""


def window_retrieval(data: TestSet, encoders: Sequence[Cached], results: Results) -> None:
    """A PPG window's own ECG among windows of other people, and of its own record."""
    paired, query = data.paired, data.some
    index, subject = data.use[query], data.subject[query]
    lags = generators.record_lags(paired, data.use)
    own = np.array([lags[r] for r in data.record[query]])
    usual = generators.usual_lags(paired, index, lags)
    sizes = [n for n in (100, 1000) if len(data.use) > n + 200]

    def add(method: str, kind: str, score: NDArray, condition: str = "as recorded") -> None:
        for n in sizes:
            hits = retrieval.among_others(score, data.subject, query, n, subject)
            task = f"Retrieval PPG -> ECG, same window, among {n} of other people, Recall@1"
            results.add(task, condition, method, kind, statistics.mean(hits, subject))
        hits = retrieval.within_record(score, data.record, query, data.record[query])
        task = "Retrieval PPG -> ECG, same window, among the windows of one record, Recall@1"
        results.add(task, condition, method, kind, statistics.mean(hits, subject))

    pulses = [paired.pulses[i] for i in index]
    r_peaks = [paired.r_peaks[i] for i in data.use]
    length = paired.preparation.window
    # Beat matching gets what the model gets: no lag, the data set's, the record's, a free choice.
    free = retrieval.beat_matching(pulses, r_peaks, length)
    add("beat matching", "trivial", free)
    add("beat matching", "trivial", free, BEST)
    for condition, lag, within in ((USUAL, usual, 0.1), (TOLD, own, 0.03)):
        score = retrieval.beat_matching(pulses, r_peaks, length, expected=lag, within=within)
        add("beat matching", "trivial", score, condition)
    rates = np.nan_to_num(data.ppg_rate[query])[:, None], np.nan_to_num(data.ecg_rate)[None]
    add("heart rate", "trivial", -np.abs(rates[0] - rates[1]).astype(np.float32))
    for encoder in encoders:
        fix = retrieval.standardised if encoder.standardise else np.asarray
        if not isinstance(encoder.encoder, Timing):
            ecg = retrieval.standardised(encoder.embed(data.windows, ("ecg",)))
            ppg = retrieval.standardised(encoder.embed(data.windows, ("ppg",)))
            near = retrieval.nearness(ppg[query, : encoder.shared], ecg[:, : encoder.shared])
            add(encoder.name, encoder.kind, near)
            continue
        ecg = fix(encoder.timing(data.windows, ("ecg",)))
        searched = {"as recorded" if m == 0 else m: np.full(len(query), m) for m in SEARCH}
        controls = {}
        if encoder.kind == "model":
            known = np.maximum(usual - USUAL_LAG, 0)
            controls = {
                USUAL: known,
                TOLD: np.maximum(own - USUAL_LAG, 0),
                **{f"as recorded, PPG moved by {1000 * m:.0f} ms": m for m in CONTROLS},
                **{f"{USUAL}, PPG moved by {1000 * m:.0f} ms": known + m for m in CONTROLS},
            }
        best = np.full((len(query), len(data.use)), -np.inf, np.float32)
        for condition, move in (searched | controls).items():
            ppg = fix(encoder.timing(paired.moved(index, move), ("ppg",)))
            score = retrieval.cosines(ppg, ecg)
            if condition in searched:
                np.maximum(best, score, out=best)
            if isinstance(condition, str):
                add(encoder.name, encoder.kind, score, condition)
        add(encoder.name, encoder.kind, best, BEST)


def person_retrieval(data: TestSet, encoders: Sequence[Cached], results: Results) -> None:
    """The person of a PPG window, from another ECG window, among all people."""
    people = len(np.unique(data.subject))
    task = f"Retrieval of the person, PPG -> another ECG window, among {people}, Recall@1"
    query = data.some

    def add(measure: str, method: str, kind: str, score: NDArray) -> None:
        hits = retrieval.person(score, query, data.subject, data.record, data.windows.start)
        found = statistics.mean(hits, data.subject[query])
        results.add(task, measure, method, kind, found)

    rates = np.nan_to_num(data.ppg_rate[query])[:, None], np.nan_to_num(data.ecg_rate)[None]
    add("shared half", "heart rate", "trivial", -np.abs(rates[0] - rates[1]).astype(np.float32))
    for encoder in encoders:
        ecg = encoder.embed(data.windows, ("ecg",))
        ppg = encoder.embed(data.windows, ("ppg",))
        if encoder.standardise:
            ecg, ppg = retrieval.standardised(ecg), retrieval.standardised(ppg)
        alike = retrieval.nearness if encoder.kind == "trivial" else retrieval.cosines
        half = slice(encoder.shared)
        add("shared half", encoder.name, encoder.kind, alike(ppg[query, half], ecg[:, half]))
        if encoder.kind != "trivial":  # a pulse's shape cannot be held against a QRS complex
            add("whole fingerprint", encoder.name, encoder.kind, alike(ppg[query], ecg))
        if encoder.kind == "model":
            centred = [x[:, half] - x[:, half].mean(axis=0) for x in (ppg, ecg)]
            score = alike(centred[0][query], centred[1])
            add("shared half, test set centred", encoder.name, encoder.kind, score)


def stability(data: TestSet, encoders: Sequence[Cached], results: Results) -> None:
    """Fingerprints of windows that slide, against those of other people: d'."""
    task = "Stability when the window slides, d' against other people"
    results.note(
        task,
        "A bottleneck token stands for one second: sliding by exactly 1 s moves whole tokens, "
        "which even an untrained model survives. Judge by 0.5 s.",
    )
    index, subject = data.use[data.some], data.subject[data.some]
    rng = np.random.default_rng(0)
    pairs = rng.integers(len(index), size=(len(index), 20))
    i, j = np.repeat(np.arange(len(index)), 20), pairs.ravel()
    i, j = i[subject[i] != subject[j]], j[subject[i] != subject[j]]
    here = select(data.paired.windows, index)
    for slide in SLIDES:
        there = data.paired.moved(index, slide)
        for modalities in BOTH:
            measure = f"{' + '.join(m.upper() for m in modalities)}, {slide:g} s"
            for encoder in encoders:
                a, b = encoder.embed(here, modalities), encoder.embed(there, modalities)
                if encoder.standardise:
                    a, b = np.split(retrieval.standardised(np.concatenate((a, b))), 2)
                cosine = retrieval.cosines(a, b)
                same, other = np.diagonal(cosine), cosine[i, j]
                found = statistics.weighted(
                    lambda w, s=same, o=other: retrieval.separation(s, o, (w, w[i] * w[j])),
                    subject,
                )
                results.add(task, measure, encoder.name, encoder.kind, found)


def identity(data: TestSet, encoders: Sequence[Cached], results: Results) -> None:
    """Are two windows four minutes apart one person's? A floor for privacy, not a goal."""
    task = "Identity, windows 4 min apart, equal error rate (a privacy floor, not a goal)"
    places = zip(data.record, data.paired.place[data.use], strict=True)
    at = {place: k for k, place in enumerate(places)}
    apart = round(240 / data.paired.preparation.stride)
    rows = [(k, at[r, p + apart], 1) for (r, p), k in at.items() if (r, p + apart) in at]
    rng = np.random.default_rng(0)
    second = np.array([b for _, b, _ in rows])
    for a, _, _ in rows.copy():
        rivals = second[data.subject[second] != data.subject[a]]
        rows += [(a, b, 0) for b in rng.choice(rivals, min(20, len(rivals)), replace=False)]
    a, b, genuine = np.array(rows).T
    for modalities in BOTH:
        measure = " + ".join(m.upper() for m in modalities)
        for encoder in encoders:
            x = encoder.embed(data.windows, modalities)
            x = retrieval.standardised(x) if encoder.standardise else x
            x = x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9)
            statistic = statistics.equal_error(genuine, (x[a] * x[b]).sum(axis=1))
            found = statistics.weighted(statistic, data.subject[a])
            results.add(task, measure, encoder.name, encoder.kind, found, "neither")


def isolated(data: TestSet, encoders: Sequence[Cached], results: Results) -> None:
    """What filtering a window alone, not in its record, does to its fingerprint."""
    preparation = data.paired.preparation
    index = data.use[data.some][::2]
    subject = data.paired.subject[index]
    for seconds in (preparation.window, 2.1):
        task = f"{seconds:g} s prepared alone against cut from the record, cosine of fingerprints"
        inside, alone = [], []
        for i in index:
            record, first = data.paired.record[i], float(data.paired.windows.start[i])
            inside.append(stretch_of(data.paired.prepared[record], first, seconds, preparation))
            excerpt = excerpt_of(data.records[record], first, seconds)
            alone.append(cut(prepare_record(excerpt, preparation), preparation))
        long, short = join(inside), join(alone)
        for modality in ("ecg", "ppg"):
            for encoder in encoders:
                a, b = encoder.embed(long, (modality,)), encoder.embed(short, (modality,))
                if encoder.standardise:
                    a, b = np.split(retrieval.standardised(np.concatenate((a, b))), 2)
                cosine = np.diagonal(retrieval.cosines(a, b))
                for name, q in (("1 %", 0.01), ("5 %", 0.05), ("median", 0.5)):
                    found = statistics.quantile(cosine, subject, q)
                    results.add(
                        task,
                        f"{modality.upper()}, {name}",
                        encoder.name,
                        encoder.kind,
                        found,
                        "neither",
                    )
