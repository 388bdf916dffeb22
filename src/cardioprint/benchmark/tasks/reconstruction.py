"""Task 1 and 2 of the paper: one modality's waveform from the other's, on people never seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import generators, retrieval, statistics, waveforms
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.paired.entrant import Entrant, entrants
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.results import TaskResult
from cardioprint.benchmark.statistics import CLAIM_RESAMPLES
from cardioprint.benchmark.tasks import bidmc_records
from cardioprint.benchmark.tasks.base import Bench, Facts, Measured
from cardioprint.benchmark.tasks.bidmc_records import USUAL_LAG, PairedRecords

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cardioprint.benchmark.statistics import Estimate

HEADLINE = ("ppg>ecg", "", "r, aligned")

KNOWN = "data set's lag known"
"""Condition in which the generator may use the median lag of other people's records."""

FEWEST_BEATS = 3
"""A window with fewer has no heart rate."""


def run(task: Measured, bench: Bench) -> TaskResult:
    """Measure all encoders that have decoders, beside generators that have learnt nothing."""
    return measure(task, bench, bidmc_records.load(bench.quick))


def measure(task: Measured, bench: Bench, data: PairedRecords) -> TaskResult:
    """Measure on any paired test set."""
    scores = Scores(task, HEADLINE)
    scores.notes += data.about
    paired, rate = data.paired, data.paired.windows.sampling_rate
    counts = np.array([(len(paired.r_peaks[i]), len(paired.pulses[i])) for i in data.use])
    agree = np.abs(counts[:, 0] - counts[:, 1]) <= 1
    agree &= counts.min(axis=1) >= FEWEST_BEATS
    scores.notes.append(
        f"{int(agree.sum())} windows; {int((~agree).sum())} believed windows were left out because "
        f"their beat counts differ by more than one or are below {FEWEST_BEATS}."
    )
    index, subject, record = data.use[agree], data.subject[agree], data.record[agree]
    lags = generators.record_lags(paired, index)
    own = np.array([lags[r] for r in record])
    usual = generators.usual_lags(paired, index, lags)
    rates = data.ecg_rate[agree]
    # What a silent generator is taken to say: it may not gain by having no beats.
    fallback = np.array([np.median(rates[subject != s]) for s in subject])
    competing = entrants(bench)
    hand = next((e for e in competing if isinstance(e.encoder, HandMade)), None)
    hand = hand or Entrant(encoder=HandMade(), ask=bench.embed)
    examples = ""
    for source, target in (("ppg", "ecg"), ("ecg", "ppg")):
        truth = data.full.windows.samples[agree, 0 if target == "ecg" else 1]
        beats = [(paired.r_peaks if target == "ecg" else paired.onsets)[i] for i in index]

        def compare(
            made: NDArray[np.float32], truth=truth, beats=beats, target=target
        ) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float64]]:
            return waveforms.compare(truth, made, beats, record, target, rate, fallback)

        def add(
            name: str,
            kind: str,
            found: dict[str, Estimate],
            path=f"{source}>{target}",
            beat="R-peak" if target == "ecg" else "onset",
        ) -> None:
            for measure, estimate in found.items():
                words = _words(measure, beat)
                better = "higher" if measure.startswith(("r ", "F1")) else "lower"
                known = "(told)" in name
                note = "told what nobody knows of a new record" if known else ""
                scores.add(name, kind, path, words, estimate, better, note, rival=not known)

        trivial: dict[str, NDArray[np.float32]] = {}
        if bench.trivial:
            near = retrieval.standardised(hand.embed(data.full, (source,)))[agree]
            trivial = {
                "flat line": np.zeros_like(truth),
                f"mean {target.upper()}": generators.others_mean(truth, subject),
                "nearest neighbour": generators.nearest(near, truth, subject),
                "template, data set's lag": generators.template(paired, index, target, usual, own),
                "template, record's lag (told)": generators.template(
                    paired, index, target, own, own
                ),
            }
        for name, made in trivial.items():
            measures, _ = compare(generators.with_gain(made, truth, subject))
            found = _estimates(measures, subject)
            if name == "template, data set's lag":
                found |= {k.replace("raw", KNOWN): v for k, v in found.items() if "raw" in k}
            add(name, "trivial", found)
        for entrant in competing:
            if entrant.kind != "model" or not entrant.generates:
                continue  # an untrained decoder makes noise
            made = entrant.reconstruct(data.full, source, target)[agree]
            measures, lag = compare(made)
            sign = -1 if target == "ecg" else 1
            known, _ = compare(generators.delayed(made, sign * (usual - USUAL_LAG), rate))
            measures |= {k.replace("raw", KNOWN): v for k, v in known.items() if "raw" in k}
            add(entrant.name, entrant.kind, _estimates(measures, subject))
            if target == "ecg" and not examples:
                examples = "reconstruction.npz"
                r = measures["r aligned"]
                path = bench.folder / "examples" / examples
                save_examples(path, data, agree, made, r, lag, bench.seed)
                scores.notes.append(
                    f"Examples: the best, the median and the worst window of {entrant.name} by "
                    f"aligned r, and three drawn by lot (seed {bench.seed})."
                )
    return scores.result(data.data, examples=examples)


def save_examples(
    path: Path,
    data: PairedRecords,
    agree: NDArray[np.bool_],
    made: NDArray[np.float32],
    r: NDArray[np.float64],
    lag: NDArray[np.float64],
    seed: int = 0,
) -> None:
    """Write the best, the median and the worst window by aligned r, and three drawn by lot.

    Args:
        path: Of an .npz with time (seconds, shape (time,)), ecg, ppg and made (normalised, shape
            (example, time)), r (aligned), lag (seconds by which `made` is to be moved later) and
            names, each of shape (example,).
        data: The test set.
        agree: Which windows of `use` were reconstructed.
        made: The ECG made of each.
        r: Aligned correlation of each.
        lag: Best lag of its record, seconds.
        seed: Of the lot.
    """
    order = np.argsort(r)
    drawn = np.random.default_rng(seed).choice(len(r), min(3, len(r)), replace=False)
    chosen = [order[-1], order[len(order) // 2], order[0], *drawn]
    names = ["best", "median", "worst", *(f"random {k + 1}" for k in range(len(drawn)))]
    samples = data.full.windows.samples[agree][chosen]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        time=np.arange(samples.shape[2]) / data.full.windows.sampling_rate,
        ecg=samples[:, 0],
        ppg=samples[:, 1],
        made=made[chosen],
        r=r[chosen],
        lag=lag[chosen],
        names=np.array(names),
    )


def _estimates(
    measures: dict[str, NDArray[np.float64]], subject: NDArray[np.str_]
) -> dict[str, Estimate]:
    return {k: statistics.mean(v, subject, CLAIM_RESAMPLES) for k, v in measures.items()}


def _words(measure: str, beat: str) -> str:
    """Say a measure of `waveforms.compare` as the report does."""
    if measure == "HR MAE":
        return "HR MAE, beats/min"
    name, condition = measure.split(" ", 1)
    if name.startswith("F1"):
        tolerance, condition = measure.removeprefix("F1@").split(" ms ")
        name = f"{beat} F1 at {tolerance} ms"
    return f"{name}, {condition}"


TASK = Measured(
    name="reconstruction",
    title="ECG from PPG, and PPG from ECG",
    paper="1, 2",
    family="paired",
    facts=Facts(
        data=bidmc_records.DATA,
        people=bidmc_records.PEOPLE,
        inputs=f"{bidmc_records.INPUTS}; one modality is shown, the other is made",
        split="nothing is fitted on these people; templates, neighbours, gains and the data set's "
        "lag come from other people only",
        metric="per window, z-scored: Pearson r, RMSE (a flat line has 1.00), F1 of R-peaks or "
        "pulse onsets at 50 and 150 ms, heart-rate error. 'raw' judges the monitor's delay too; "
        "'data set's lag known' moves what was made by other people's median delay; 'aligned' "
        "moves it by the one best lag of each record within 0.6 s (F1: the lag that matches most "
        "beats)",
        caveats=bidmc_records.OVERLAP
        + "BIDMC's monitor delays the PPG: R-peak to upslope is about 560 ms, so raw figures "
        "judge a monitor. PPG to ECG is not unique: a made ECG is never diagnostic. 'told' "
        "generators know what nobody knows of a new record",
    ),
    run=run,
    tables=("bidmc",),
)
"""The task."""
