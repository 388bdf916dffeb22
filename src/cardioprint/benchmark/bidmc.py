"""The cross-modal benchmark on BIDMC: 46 people whom no released weights were trained on.

    python -m cardioprint.benchmark.bidmc --checkpoint last.safetensors --out folder

BIDMC and UCI's blood-pressure records both come from MIMIC-II without patient numbers: a person
may be in both.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark import report, summary
from cardioprint.benchmark import similarity_tasks as similarity
from cardioprint.benchmark.bidmc_tasks import TestSet, heart_rate, reconstruction
from cardioprint.benchmark.encoders import Cached, HandMade, load_checkpoint, random_encoder
from cardioprint.benchmark.sets import median_rate, paired_set
from cardioprint.datasets.tables import paired_records
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    from cardioprint.benchmark.encoders import Encoder

TASKS = {
    "heart_rate": heart_rate,
    "reconstruction": reconstruction,
    "window_retrieval": similarity.window_retrieval,
    "person_retrieval": similarity.person_retrieval,
    "stability": similarity.stability,
    "identity": similarity.identity,
    "isolated": similarity.isolated,
}
"""In the order of the report."""

QUICK_RECORDS = 24
"""Records of a quick run."""

RATE_CHECK = 5.0
"""Beats/min by which a record's median of our R-R rates may differ from the publisher's."""

AMONG = "Retrieval PPG -> ECG, same window, among {} of other people, Recall@1"

PANELS = (
    ("Heart rate by a linear probe, MAE in beats/min", "from PPG", "HR from PPG, MAE/min"),
    ("PPG -> ECG", "r aligned", "PPG -> ECG, r aligned"),
    ("PPG -> ECG", "F1@50 ms aligned", "PPG -> ECG, F1@50 ms aligned"),
    ("ECG -> PPG", "r aligned", "ECG -> PPG, r aligned"),
    (AMONG.format(100), "as recorded", "Own ECG of 100, as recorded"),
    (AMONG.format(1000), "free choice of lag", "Own ECG of 1,000, free lag"),
    (AMONG.format(1000), "record's lag known (told)", "Own ECG of 1,000, lag told"),
    (
        "Retrieval of the person, PPG -> another ECG window, among 46, Recall@1",
        "shared half",
        "Person of 46",
    ),
    ("Stability when the window slides, d' against other people", "PPG, 0.5 s", "d', PPG, 0.5 s"),
)
"""(task, measure, title) of the forest plot."""


def load(quick: bool = False) -> tuple[TestSet, list[str]]:
    """Return the test set and what was left out of it, in sentences.

    Raises:
        RecordError: The table is not on this machine.
    """
    pairs = list(paired_records("bidmc"))[: QUICK_RECORDS if quick else None]
    paired = paired_set([record for record, _ in pairs], Preparation())
    use = paired.believed
    low = (paired.quality < 0.5).sum(axis=0)
    about = [
        f"{len(pairs)} records, {len(np.unique(paired.subject))} people, {len(use)} windows; "
        f"{int((~use).sum())} abstained ({low[0]} for the ECG, {low[1]} for the PPG) and are "
        "excluded everywhere.",
    ]
    rates = np.array([median_rate(x) for x in paired.r_peaks])
    for i, (record, row) in enumerate(pairs):
        mine = use & (paired.record == i)
        if mine.any() and abs(np.nanmedian(rates[mine]) - row["hr_median"]) > RATE_CHECK:
            use &= paired.record != i
            about.append(f"{record.name} is excluded: our heart rate is not the monitor's.")
    data = TestSet(
        paired=paired,
        records=tuple(record for record, _ in pairs),
        use=np.flatnonzero(use),
        stride=10 if quick else 6,
    )
    return data, about


def run(
    encoders: Sequence[Encoder], out: Path, quick: bool = False, tasks: Sequence[str] = ()
) -> dict[str, Any]:
    """Measure encoders and what they must beat; write results.json, results.md and figures.

    Args:
        encoders: Models under test; the random and hand-made ones are added.
        out: Folder to write into.
        quick: Half the records and fewer windows, for a look during training.
        tasks: Names out of `TASKS`; default: all.

    Returns:
        What results.json holds.
    """
    began = time.monotonic()
    data, about = load(quick)
    cached = [Cached(e) for e in (*encoders, random_encoder(), HandMade())]
    results = report.Results()
    for name in tasks or TASKS:
        TASKS[name](data, cached, results)
    about += [
        "Intervals: 95 % by bootstrap over people. Folds, inner choice, imputation: by person.",
        "Template, nearest neighbour, gain and data set's lag come from other people only.",
        "BIDMC's monitor delays the PPG: R-peak to upslope is about 560 ms. 'raw' figures judge "
        "that delay too; 'aligned' ones follow the one best lag of each record within 0.6 s "
        "(F1: the lag that matches most beats).",
        "Retrieval with a known lag: the PPG is cut later, so that the lag that is left is the "
        "usual 250 ms of pretraining; beat matching is told the same lag.",
        f"Took {time.monotonic() - began:.0f} s.",
    ]
    plain = report.write(results, out, "Cross-modal benchmark on BIDMC", about, "results")
    report.forest(results, [p[:2] for p in PANELS], [p[2] for p in PANELS], out / "forest.png")
    if "PPG -> ECG" in results.examples:
        report.examples(results.examples["PPG -> ECG"], out / "ppg_to_ecg.png")
    return plain


def run_model(model: str | Path, out: Path, *, quick: bool = False) -> None:
    """Measure a packaged model or model folder on BIDMC and on the labelled tables."""
    from cardioprint.benchmark import labelled
    from cardioprint.benchmark.encoders import TorchEncoder
    from cardioprint.models.pretrained import load_pretrained

    encoder = TorchEncoder(load_pretrained(model), f"M2AE {Path(model).name}")
    out.mkdir(parents=True, exist_ok=True)
    run([encoder], out, quick)
    labelled.run([encoder], out, quick)
    summary.write(out)


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """The cross-modal benchmark on BIDMC."""

    checkpoint: Path
    """Training checkpoint whose averaged weights are measured."""
    out: Path
    """Folder for results and figures."""
    quick: bool = False
    """Half the records, fewer windows."""
    labelled: bool = True
    """Run the labelled probes as well."""


def main(arguments: Arguments) -> None:
    """Run both benchmarks on one checkpoint."""
    from cardioprint.benchmark import labelled

    encoder = load_checkpoint(arguments.checkpoint)
    run([encoder], arguments.out, arguments.quick)
    if arguments.labelled:
        labelled.run([encoder], arguments.out, arguments.quick)
    print((arguments.out / "results.md").read_text())


if __name__ == "__main__":
    import tyro

    main(tyro.cli(Arguments))
