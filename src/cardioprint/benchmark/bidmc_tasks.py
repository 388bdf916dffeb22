"""What is measured on paired records: one function a task, all with the same three arguments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import generators, probes, retrieval, statistics, waveforms
from cardioprint.benchmark.encoders import HandMade, Reconstructs
from cardioprint.benchmark.sets import Paired, median_rate, select
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
