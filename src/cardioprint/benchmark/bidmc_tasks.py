"""What is measured on paired records: one function a task, all with the same three arguments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import generators, probes, retrieval, statistics, waveforms
from cardioprint.benchmark.encoders import HandMade, Reconstructs, Timing
from cardioprint.benchmark.sets import Paired, excerpt_of, join, median_rate, select, stretch_of
from cardioprint.signal.preparation import cut, prepare_record
from cardioprint.types import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cardioprint.benchmark.encoders import Cached
    from cardioprint.benchmark.report import Results
    from cardioprint.types import Windows

USUAL_LAG = 0.25
"""Seconds from R-peak to upslope without a monitor's delay; pretraining moves PPG to about it."""

BOTH = (("ecg",), ("ppg",), ("ecg", "ppg"))

SLIDES = (0.1, 0.25, 0.5, 1.0)
"""Seconds by which windows slide in the test of stability."""

MOVES = tuple(round(0.08 * k, 2) for k in range(8))
"""Seconds by which the PPG is moved in retrieval: controls, and a search over delays."""

BEST, USUAL, TOLD = "best of all moves", "data set's lag known", "record's lag known (told)"
"""Conditions of retrieval in which the monitor's delay does not count."""


@dataclass(frozen=True, kw_only=True)
class TestSet:
    """The paired test set, with what all tasks need of it.

    Attributes:
        paired: Everything that was cut.
        records: The records as read.
        use: Windows in which both channels are believed.
        stride: Take every so-many-th window where a task embeds many versions of each.
    """

    paired: Paired
    records: tuple[Record, ...]
    use: NDArray[np.int64]
    stride: int

    @cached_property
    def windows(self) -> Windows:
        """The windows of `use`."""
        return select(self.paired.windows, self.use)

    @cached_property
    def subject(self) -> NDArray[np.str_]:
        """The person of each of them."""
        return self.paired.subject[self.use]

    @cached_property
    def record(self) -> NDArray[np.int64]:
        """The record of each of them."""
        return self.paired.record[self.use]

    @cached_property
    def ecg_rate(self) -> NDArray[np.float64]:
        """Beats/min of each of them from R-peaks: the truth."""
        return np.array([median_rate(self.paired.r_peaks[i]) for i in self.use])

    @cached_property
    def ppg_rate(self) -> NDArray[np.float64]:
        """Beats/min of each of them by counting pulses."""
        return np.array([median_rate(self.paired.pulses[i]) for i in self.use])

    @cached_property
    def some(self) -> NDArray[np.int64]:
        """Positions in `use` for costly tasks: a later start still lies in the record."""
        place = self.paired.place[self.use]
        last = np.array([place[self.record == r].max() for r in self.record])
        return np.flatnonzero(place < last)[:: self.stride]


def heart_rate(data: TestSet, encoders: Sequence[Cached], results: Results) -> None:
    """Heart rate by a ridge probe, beside counting beats and a constant."""
    task = "Heart rate by a linear probe, MAE in beats/min"
    seen = np.isfinite(data.ecg_rate)
    truth, subject = data.ecg_rate[seen], data.subject[seen]

    def add(measure: str, method: str, kind: str, guesses: list[NDArray]) -> None:
        error = np.mean([np.abs(g - truth) for g in guesses], axis=0)
        results.add(task, measure, method, kind, statistics.mean(error, subject), "lower")

    folds = [probes.constant(truth, subject, seed) for seed in probes.SEEDS]
    counted = np.where(np.isfinite(data.ppg_rate[seen]), data.ppg_rate[seen], folds[0])
    for modalities in BOTH:
        measure = "from " + " + ".join(m.upper() for m in modalities)
        add(measure, "constant", "trivial", folds)
        if modalities == ("ppg",):
            add(measure, "beat counting", "trivial", [counted])
        for encoder in encoders:
            x = encoder.embed(data.windows, modalities)[seen]
            guesses = [probes.ridge(x, truth, subject, seed) for seed in probes.SEEDS]
            add(measure, encoder.name, encoder.kind, guesses)


def reconstruction(data: TestSet, encoders: Sequence[Cached], results: Results) -> None:
    """One modality from the other, beside generators that have learnt nothing."""
    paired = data.paired
    counts = np.array([(len(paired.r_peaks[i]), len(paired.pulses[i])) for i in data.use])
    agree = (np.abs(counts[:, 0] - counts[:, 1]) <= 1) & (counts.min(axis=1) >= 3)
    lags = generators.record_lags(paired, data.use[agree])
    index, rate = data.use[agree], paired.windows.sampling_rate
    windows = select(paired.windows, index)
    subject, record = paired.subject[index], paired.record[index]
    own = np.array([lags[r] for r in record])
    usual = generators.usual_lags(paired, index, lags)
    rates = data.ecg_rate[agree]
    usual_rate = np.array([np.median(rates[subject != s]) for s in subject])
    for source, target in (("ppg", "ecg"), ("ecg", "ppg")):
        task = f"{source.upper()} -> {target.upper()}"
        results.note(
            task,
            f"{len(index)} windows; {int((~agree).sum())} believed windows were left out because "
            "their beat counts differ by more than one or are below three.",
        )
        truth = windows.samples[:, 0 if target == "ecg" else 1]
        beats = paired.r_peaks if target == "ecg" else paired.onsets
        made = {
            "flat line": np.zeros_like(truth),
            f"mean {target.upper()}": generators.others_mean(truth, subject),
            "nearest neighbour": generators.nearest(
                retrieval.standardised(HandMade().embed(windows, (source,))), truth, subject
            ),
            "template, data set's lag": generators.template(paired, index, target, usual, own),
            "template, record's lag (told)": generators.template(paired, index, target, own, own),
        }
        made = {k: generators.with_gain(v, truth, subject) for k, v in made.items()}
        kinds = dict.fromkeys(made, "trivial")
        sign = -1 if target == "ecg" else 1
        for encoder in encoders:
            if encoder.kind == "model" and isinstance(encoder.encoder, Reconstructs):
                guess = encoder.encoder.reconstruct(windows, source, target)
                moved = generators.delayed(guess, sign * (usual - USUAL_LAG), rate)
                made |= {encoder.name: guess, f"{encoder.name}, data set's lag": moved}
                kinds |= {encoder.name: "model", f"{encoder.name}, data set's lag": "model"}
        for name, guess in made.items():
            measures, lag = waveforms.compare(
                truth, guess, [beats[i] for i in index], record, target, rate, usual_rate
            )
            for measure, values in measures.items():
                better = "lower" if measure.startswith(("RMSE", "HR")) else "higher"
                found = statistics.mean(values, subject)
                results.add(task, measure, name, kinds[name], found, better)
            if kinds[name] == "model" and "lag" not in name:
                results.examples[task] = {
                    "r": measures["r aligned"],
                    "lag": lag,
                    "made": guess,
                    "windows": windows,
                    "name": name,
                    "record": record,
                }


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
        conditions = {f"PPG moved by {1000 * m:.0f} ms": m for m in MOVES}
        if encoder.kind == "model":
            conditions |= {
                USUAL: np.maximum(usual - USUAL_LAG, 0),
                TOLD: np.maximum(own - USUAL_LAG, 0),
            }
        best = np.full((len(query), len(data.use)), -np.inf, np.float32)
        for condition, move in conditions.items():
            ppg = fix(encoder.timing(paired.moved(index, move), ("ppg",)))
            score = retrieval.cosines(ppg, ecg)
            if isinstance(move, float):
                np.maximum(best, score, out=best)
            name = "as recorded" if isinstance(move, float) and move == 0 else condition
            add(encoder.name, encoder.kind, score, name)
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
                        task, f"{modality.upper()}, {name}", encoder.name, encoder.kind, found
                    )


TASKS = {
    "heart_rate": heart_rate,
    "reconstruction": reconstruction,
    "window_retrieval": window_retrieval,
    "person_retrieval": person_retrieval,
    "stability": stability,
    "identity": identity,
    "isolated": isolated,
}
"""In the order of the report."""
