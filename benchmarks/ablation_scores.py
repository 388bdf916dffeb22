"""What an arm of `ablations.py` is worth: frozen probes and paired tasks, beside the baseline.

    python benchmarks/ablation_scores.py score --core-minutes 20     # each finished arm once
    python benchmarks/ablation_scores.py table --out docs/results    # ablations.md, ablations.png

Every arm is judged on the same people, folds and resamples, so that its gap to the baseline is a
paired one. Arms of several seeds are averaged, seed by seed, before they are compared.
"""

from __future__ import annotations

import json
from functools import lru_cache
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


Found = dict[str, dict[str, Any]]
"""Heading -> value, low, high, better; replicates of a probe, gap to the first of a paired task."""


def score(core_minutes: float = 20.0, quick: bool = False) -> None:
    """Measure every finished arm that has no scores yet.

    Args:
        core_minutes: Budget of the arms.
        quick: Fewer people, to try the script.
    """
    import torch

    from cardioprint.benchmark.baselines.m2ae import Fingerprints
    from cardioprint.benchmark.tasks.base import Bench
    from cardioprint.benchmark.vectors import Vectors
    from cardioprint.edge.package import from_checkpoint

    torch.set_num_threads(1)
    vectors = Vectors(None)
    for done in sorted((RUNS / f"{core_minutes:g}").glob("*/done.json")):
        folder, target = done.parent, done.with_name("quick.json" if quick else "scores.json")
        if target.exists():
            continue
        arm = Fingerprints(from_checkpoint(folder)[0], folder.name)
        bench = Bench(encoders=[arm], folder=folder / "bench", quick=quick, embed=vectors.embed)
        (found,) = (*probed(bench).values(),)
        found |= paired(bench)[arm.name]
        target.write_text(json.dumps(found))
        told = ", ".join(f"{k} {v['value']:.3f}" for k, v in found.items())
        print(f"{folder.name}: {told}", flush=True)


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
                "replicates": [float(v) for v in found.replicates],
            }
    return out


@lru_cache(maxsize=len(PROBES))
def _rows(name: str, quick: bool) -> Any:
    """Return a probe's rows, read once for all arms."""
    from cardioprint.benchmark.tasks.catalogue import TASKS

    task: Any = TASKS[name]
    return task.load(quick)


def paired(bench: Any, tasks: tuple[tuple[str, str, str, str], ...] = PAIRED) -> dict[str, Found]:
    """Return what a bench's encoders do on paired records, where they take part.

    The gap of the first encoder to each other is known where the task itself compares them: on
    its headline.
    """
    from cardioprint.benchmark.tasks.catalogue import TASKS

    out: dict[str, Found] = {encoder.name: {} for encoder in bench.encoders}
    results: dict[str, Any] = {}
    for name, inputs, measure, title in tasks:
        task: Any = TASKS[name]
        if name not in results:
            results[name] = task.run(task, bench)
        for s in results[name].scores:
            if s.encoder in out and (s.inputs, s.measure) == (inputs, measure):
                out[s.encoder][title] = {
                    "value": s.value,
                    "low": s.low,
                    "high": s.high,
                    "better": s.better,
                }
        for gap in results[name].gaps:
            if gap.b in out and (gap.inputs, gap.measure) == (inputs, measure):
                out[gap.b][title]["gap"] = [-gap.gap, -gap.high, -gap.low]
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
        cells = [cell(base, seeds, title) for title in titles]
        lines.append(f"| {name} | {len(seeds)} | " + " | ".join(cells) + " |")
    out.mkdir(parents=True, exist_ok=True)
    (out / "ablations.md").write_text("\n".join(lines) + "\n")
    others = {name: seeds for name, seeds in measured.items() if name != "baseline"}
    matrix(base, others, titles, out / "ablations.png")
    print("\n".join(lines))


def _arm(name: str, core_minutes: float) -> list[Found]:
    """Return the scores of an arm, one a seed."""
    found = []
    for seed in range(10):
        path = folder_of(name, seed, core_minutes) / "scores.json"
        if path.exists():
            found.append(json.loads(path.read_text()))
    return found


def gap(base: list[Found], arm: list[Found], title: str) -> tuple[float, float, float]:
    """Return the mean gap over seeds with its interval; NaN where there are no replicates."""
    value = mean(arm, title) - mean(base, title)
    if len(arm) == 1 and "gap" in arm[0][title]:
        _, low, high = arm[0][title]["gap"]
        return value, low, high
    if "replicates" not in base[0][title]:
        return value, float("nan"), float("nan")
    ours, theirs = (np.mean([s[title]["replicates"] for s in x], axis=0) for x in (arm, base))
    low, high = np.nanpercentile(ours - theirs, [2.5, 97.5])
    return value, float(low), float(high)


def mean(seeds: list[Found], title: str) -> float:
    """Return the mean over seeds."""
    return float(np.mean([s[title]["value"] for s in seeds]))


def cell(base: list[Found], arm: list[Found], title: str) -> str:
    """Return a figure as text, and its gap to the base; empty where it was not measured."""
    if title not in arm[0]:
        return ""
    value = mean(arm, title)
    digits = 2 if abs(value) >= 1 else 3
    if arm is base:
        return f"{value:.{digits}f}"
    found, low, high = gap(base, arm, title)
    told = f"{found:+.{digits}f}"
    return (
        f"{value:.{digits}f} (**{told}**)"
        if low > 0 or high < 0
        else f"{value:.{digits}f} ({told})"
    )


def matrix(
    base: list[Found],
    others: dict[str, list[Found]],
    titles: list[str],
    path: Path,
    than: str = "the baseline",
) -> None:
    """Draw gaps to a base, in units of the base's own interval.

    Args:
        base: Scores of what all others are held against, one a seed.
        others: The same of each row, from above.
        titles: Columns.
        path: Of the picture.
        than: What the base is called.
    """
    from matplotlib.figure import Figure

    from cardioprint.plotting import style

    longest = max((len(name) for name in others), default=1)
    height = 1.6 + 0.3 * max(1, len(others))
    figure = Figure(figsize=(style.WIDTH, height), dpi=style.DPI, facecolor=style.PAPER)
    left = 0.02 + 0.0072 * longest
    axes = figure.add_axes((left, 0.36 / height, 0.91 - left, 1 - 1.6 / height))
    for y in range(len(others)):
        axes.axhline(y, color=style.FAINT, lw=0.6, zorder=0)
    for y, found in enumerate(others.values()):
        for x, title in enumerate(titles):
            if title not in found[0]:
                continue
            value, low, high = gap(base, found, title)
            half = (base[0][title]["high"] - base[0][title]["low"]) / 2
            good = value if base[0][title]["better"] == "higher" else -value
            size = float(np.clip(abs(good) / max(half, 1e-9), 0.05, 2.0))
            colour = style.MUTED if title == NEUTRAL else style.PPG if good < 0 else style.GENERATED
            sure = low > 0 or high < 0
            axes.scatter(x, y, s=110 * size, color=colour, alpha=0.95 if sure else 0.3, lw=0)
    axes.set_xticks(range(len(titles)), titles, rotation=40, ha="left", fontsize=style.LABEL)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(others)), list(others), fontsize=style.LABEL, color=style.INK)
    axes.set_ylim(len(others) - 0.5, -0.5)
    axes.set_xlim(-0.6, len(titles) - 0.4)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    figure.text(
        0.01,
        0.1 / height,
        f"green better, orange worse than {than}; area: gap over the interval of {than}; faint: "
        "the paired interval holds 0, or there is none; grey: a privacy floor, no merit",
        fontsize=style.SMALL,
        color=style.MUTED,
    )
    figure.savefig(path)


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"score": score, "table": table})
