"""What an arm of `ablations.py` is worth: frozen probes and paired tasks.

    python benchmarks/ablation_scores.py      # each finished arm that has no scores yet

Every arm is judged on the same people, folds and resamples, and its replicates are kept beside
its figures (`ablation_files.py`): a gap to an arm that was measured elsewhere is a paired one.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from ablation_files import KEPT, Found, keep, results_of
from ablations import RUNS, Budget, facts

PROBES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("five_class_ptb_xl", ("ecg",), "five classes, ECG"),
    ("rhythm", ("ppg",), "rhythm, PPG"),
    ("hypertension", ("ppg",), "hypertension, PPG"),
    ("blood_pressure", ("ppg",), "SBP >= 140, PPG"),
    ("sex_five_class", ("ecg",), "sex, ECG"),
    ("age_five_class", ("ecg",), "age, ECG, years"),
    ("age_ppg_bp", ("ppg",), "age, PPG, years"),
    ("heart_rate", ("ecg",), "HR, ECG, /min"),
    ("heart_rate", ("ppg",), "HR, PPG, /min"),
)
"""Task, inputs and heading of the linear probes."""

PAIRED: tuple[tuple[str, str, str, str], ...] = (
    ("reconstruction", "ppg>ecg", "r, aligned", "PPG → ECG, r"),
    ("reconstruction", "ecg>ppg", "r, aligned", "ECG → PPG, r"),
    ("retrieval", "ppg>ecg", "Recall@1 among 100, data set's lag known", "own window of 100"),
    (
        "retrieval",
        "ppg>ecg",
        "Recall@1 among 100, data set's lag known, another window of the person",
        "another window of 100",
    ),
    ("person", "ppg>ecg", "Recall@1, shared features", "the person of 46"),
    ("stability", "ppg", "d', window slides by 0.5 s", "stability, PPG, d'"),
    ("stability", "ecg", "d', window slides by 0.5 s", "stability, ECG, d'"),
    ("identity", "ecg", "EER, across records (ecgid)", "identity, ECG, EER"),
)
"""Task, inputs, measure and heading of what is measured on paired records."""


def score(
    budget: Budget = Budget(),  # noqa: B008 (frozen)
    quick: bool = False,
) -> None:
    """Measure every finished arm that has no scores yet, and keep what was found.

    All of them at once: the rows, and what the tasks measure beside them, are made once.

    Args:
        budget: Of the arms.
        quick: Fewer people, to try the script; nothing is kept.
    """
    import torch

    from cardioprint.benchmark.baselines.m2ae import Fingerprints
    from cardioprint.benchmark.tasks.base import Bench
    from cardioprint.benchmark.vectors import Vectors
    from cardioprint.edge.package import from_checkpoint

    torch.set_num_threads(1)
    arms, about = [], {}
    for done in sorted((RUNS / budget.name).glob("*/done.json")):
        name = done.parent.name
        if _file(name, budget).exists() and not quick:
            continue
        about[name] = json.loads(done.read_text()) | facts(done.parent)
        if "dead" in about[name]:
            keep(_file(name, budget), about[name], {})
        else:
            arms.append(Fingerprints(from_checkpoint(done.parent)[0], name))
    if not arms:
        return
    folder, vectors = RUNS / budget.name / "bench", Vectors(None)
    bench = Bench(encoders=arms, folder=folder, quick=quick, embed=vectors.embed, trivial=False)
    probes, pairs = probed(bench), paired(bench)
    for arm in arms:
        found = probes[arm.name] | pairs[arm.name]
        if not quick:
            keep(_file(arm.name, budget), about[arm.name], found)
        told = ", ".join(f"{k} {v['value']:.3f}" for k, v in found.items())
        print(f"{arm.name}: {told}", flush=True)


def _file(name: str, budget: Budget) -> Path:
    return results_of(budget) / f"{name}.npz"


def probed(bench: Any) -> dict[str, Found]:
    """Return the linear probes of a bench's encoders, by name; all see the same rows and folds."""
    from cardioprint.benchmark.heads.linear import Linear
    from cardioprint.benchmark.probe import Case
    from cardioprint.benchmark.tasks.catalogue import TASKS

    out: dict[str, Found] = {encoder.name: {} for encoder in bench.encoders}
    for name, inputs, title in PROBES:
        task: Any = TASKS[name]
        case = Case(task, _rows(name, bench.quick), bench)
        for encoder in bench.encoders:
            x = case.vectors(encoder, inputs)
            guesses = [
                Linear().fit_predict(x, case.y, case.subject, task.kind, s) for s in case.seeds
            ]
            found = case.estimate(case.main, guesses)
            out[encoder.name][title] = {
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "better": case.main.better,
                "replicates": found.replicates[:KEPT].tolist(),
                "rows": digest(case.subject, case.y),
            }
    return out


def digest(*parts: Any) -> str:
    """Return what tells the rows behind a figure: only figures of the same rows are paired."""
    made = hashlib.sha256()
    for part in parts:
        made.update(np.ascontiguousarray(part).astype("U").tobytes())
    return made.hexdigest()[:8]


@lru_cache(maxsize=len(PROBES))
def _rows(name: str, quick: bool) -> Any:
    """Return a probe's rows, read once for all arms."""
    from cardioprint.benchmark.tasks.catalogue import TASKS

    task: Any = TASKS[name]
    return task.load(quick)


def paired(bench: Any, tasks: tuple[tuple[str, str, str, str], ...] = PAIRED) -> dict[str, Found]:
    """Return what a bench's encoders do on paired records, where they take part."""
    from cardioprint.benchmark.paired.scores import heard
    from cardioprint.benchmark.tasks.catalogue import TASKS

    out: dict[str, Found] = {encoder.name: {} for encoder in bench.encoders}
    for name in dict.fromkeys(task for task, *_ in tasks):
        titles = {(i, measure): title for task, i, measure, title in tasks if task == name}

        def hear(score: Any, found: Any, titles: dict[tuple[str, str], str] = titles) -> None:
            title = titles.get((score.inputs, score.measure))
            if title is not None and score.encoder in out:
                out[score.encoder][title] = {
                    "value": score.value,
                    "low": score.low,
                    "high": score.high,
                    "better": score.better,
                    "replicates": found.replicates[:KEPT].tolist(),
                    "rows": f"{score.people}/{score.rows}",
                }

        task: Any = TASKS[name]
        with heard(hear):
            task.run(task, bench)
    return out


if __name__ == "__main__":
    tyro.cli(score)
