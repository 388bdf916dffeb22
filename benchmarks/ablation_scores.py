"""What an arm of `ablations.py` is worth: frozen probes and paired tasks, beside the baseline.

    python benchmarks/ablation_scores.py score --core-minutes 20     # each finished arm once
    python benchmarks/ablation_scores.py table --out docs/results    # ablations.md, ablations.png

Every arm is judged on the same people, folds and resamples, so that its gap to the baseline is a
paired one. Arms of several seeds are averaged, seed by seed, before they are compared.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from ablations import ARMS, RUNS, folder_of

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
    ("person", "ppg>ecg", "Recall@1, shared features", "the person of 46"),
    ("stability", "ppg", "d', window slides by 0.5 s", "stability, PPG, d'"),
    ("identity", "ecg", "EER, across records (ecgid)", "identity, ECG, EER"),
)
"""Task, inputs, measure and heading of what is measured on paired records."""

NEUTRAL = "identity, ECG, EER"
"""A privacy floor: told, never a win."""


def score(core_minutes: float = 20.0, quick: bool = False) -> None:
    """Measure every finished arm that has no scores yet.

    Args:
        core_minutes: Budget of the arms.
        quick: Fewer people, to try the script.
    """
    import torch

    from cardioprint.benchmark.vectors import Vectors

    torch.set_num_threads(1)
    vectors = Vectors(None)
    for done in sorted((RUNS / f"{core_minutes:g}").glob("*/done.json")):
        target = done.with_name("quick.json" if quick else "scores.json")
        if target.exists():
            continue
        found = _scores(done.parent, vectors, quick)
        target.write_text(json.dumps(found))
        told = ", ".join(f"{k} {v['value']:.3f}" for k, v in found.items())
        print(f"{done.parent.name}: {told}", flush=True)


def _scores(folder: Path, vectors: Any, quick: bool) -> dict[str, dict[str, Any]]:
    from cardioprint.benchmark.baselines.m2ae import Fingerprints
    from cardioprint.benchmark.heads.linear import Linear
    from cardioprint.benchmark.probe import Case
    from cardioprint.benchmark.tasks.base import Bench
    from cardioprint.benchmark.tasks.catalogue import TASKS
    from cardioprint.edge.package import from_checkpoint

    arm = Fingerprints(from_checkpoint(folder)[0], folder.name)
    bench = Bench(encoders=[arm], folder=folder / "bench", quick=quick, embed=vectors.embed)
    out: dict[str, dict[str, Any]] = {}
    for name, inputs, title in PROBES:
        task: Any = TASKS[name]
        case = Case(task, task.load(quick), bench)
        x = case.vectors(arm, inputs)
        guesses = [Linear().fit_predict(x, case.y, case.subject, task.kind, s) for s in case.seeds]
        found = case.estimate(case.main, guesses)
        out[title] = {
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "better": case.main.better,
            "replicates": [float(v) for v in found.replicates],
        }
    results: dict[str, Any] = {}
    for name, inputs, measure, title in PAIRED:
        task = TASKS[name]
        if name not in results:
            results[name] = task.run(task, bench)
        (one,) = [
            s
            for s in results[name].scores
            if (s.encoder, s.inputs, s.measure) == (arm.name, inputs, measure)
        ]
        out[title] = {"value": one.value, "low": one.low, "high": one.high, "better": one.better}
    return out


def table(core_minutes: float = 20.0, out: Path = Path("docs/results")) -> None:
    """Write the arms that were measured as a table and a picture.

    Args:
        core_minutes: Budget of the arms.
        out: Folder for ablations.md and ablations.png.
    """
    measured = {name: _arm(name, core_minutes) for name in ARMS}
    measured = {name: found for name, found in measured.items() if found}
    base = measured["baseline"]
    titles = list(base[0])
    lines = [
        "# What makes a good fingerprint",
        "",
        f"Equal compute: {core_minutes:g} core-minutes an arm, one change at a time. Linear probes "
        "on frozen fingerprints, the benchmark's people and folds. In brackets the gap to the "
        "baseline; **bold** where its paired 95 % interval leaves out 0 (not corrected for the "
        "number of arms: a screen). Paired tasks have no replicates, so no gap is claimed. "
        f"{NEUTRAL}: low means that fingerprints identify people.",
        "",
        "| arm | seeds | " + " | ".join(titles) + " |",
        "|---|--:|" + "--:|" * len(titles),
    ]
    question = ""
    for name, seeds in measured.items():
        if ARMS[name].question != question:
            question = ARMS[name].question
            lines.append(f"| *{question}* |" + " |" * (len(titles) + 1))
        cells = [_cell(base, seeds, title, name == "baseline") for title in titles]
        lines.append(f"| {name} | {len(seeds)} | " + " | ".join(cells) + " |")
    out.mkdir(parents=True, exist_ok=True)
    (out / "ablations.md").write_text("\n".join(lines) + "\n")
    _picture(measured, titles, out / "ablations.png")
    print("\n".join(lines))


def _arm(name: str, core_minutes: float) -> list[dict[str, Any]]:
    """Return the scores of an arm, one a seed."""
    found = []
    for seed in range(10):
        path = folder_of(name, seed, core_minutes) / "scores.json"
        if path.exists():
            found.append(json.loads(path.read_text()))
    return found


def gap(
    base: list[dict[str, Any]], arm: list[dict[str, Any]], title: str
) -> tuple[float, float, float]:
    """Return the mean gap over seeds with its interval; NaN where there are no replicates."""
    value = _mean(arm, title) - _mean(base, title)
    if "replicates" not in base[0][title]:
        return value, float("nan"), float("nan")
    ours, theirs = (np.mean([s[title]["replicates"] for s in x], axis=0) for x in (arm, base))
    low, high = np.nanpercentile(ours - theirs, [2.5, 97.5])
    return value, float(low), float(high)


def _mean(seeds: list[dict[str, Any]], title: str) -> float:
    return float(np.mean([s[title]["value"] for s in seeds]))


def _cell(base: list[dict[str, Any]], arm: list[dict[str, Any]], title: str, first: bool) -> str:
    value = _mean(arm, title)
    text = f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
    if first:
        return text
    found, low, high = gap(base, arm, title)
    told = f"{found:+.2f}" if abs(value) >= 1 else f"{found:+.3f}"
    return f"{text} (**{told}**)" if low > 0 or high < 0 else f"{text} ({told})"


def _picture(measured: dict[str, list[dict[str, Any]]], titles: list[str], path: Path) -> None:
    """Draw gaps to the baseline as a matrix, in units of the baseline's own interval."""
    from matplotlib.figure import Figure

    from cardioprint.plotting import style

    arms = [name for name in measured if name != "baseline"]
    base = measured["baseline"]
    figure = Figure(
        figsize=(style.WIDTH, 1.6 + 0.34 * max(1, len(arms))), dpi=130, facecolor=style.PAPER
    )
    axes = figure.add_axes((0.24, 0.06, 0.74, 0.7))
    for y, name in enumerate(arms):
        for x, title in enumerate(titles):
            found, low, high = gap(base, measured[name], title)
            half = (base[0][title]["high"] - base[0][title]["low"]) / 2
            good = found if base[0][title]["better"] == "higher" else -found
            size = float(np.clip(abs(good) / max(half, 1e-9), 0.05, 2.0))
            colour = style.MUTED if title == NEUTRAL else style.PPG if good < 0 else style.GENERATED
            sure = low > 0 or high < 0
            axes.scatter(x, y, s=150 * size, color=colour, alpha=0.95 if sure else 0.3, lw=0)
    axes.set_xticks(range(len(titles)), titles, rotation=40, ha="left", fontsize=8)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(arms)), arms, fontsize=8)
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_xlim(-0.6, len(titles) - 0.4)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    figure.text(
        0.01,
        0.01,
        "green better, orange worse than the baseline; area: gap over the baseline's own interval; "
        "faint: the paired interval holds 0, or none",
        fontsize=7.5,
        color=style.MUTED,
    )
    figure.savefig(path)


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"score": score, "table": table})
