"""Results as JSON, as tables to read, and as two figures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.probes import SEEDS
from cardioprint.benchmark.statistics import RESAMPLES, SEED, Estimate, difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLOURS = {"model": "#1f5fa8", "random": "#b0b0b0", "trivial": "#c8741c"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One method's figure for one measure of one task.

    Attributes:
        task: Table of the report.
        measure: Row of the table.
        method: Column of the table.
        kind: "model", "random" or "trivial".
        found: Value and interval.
        better: "higher", "lower" or "neither".
    """

    task: str
    measure: str
    method: str
    kind: str
    found: Estimate
    better: str


class Results:
    """Everything measured so far."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.notes: dict[str, list[str]] = {}
        self.examples: dict[str, dict[str, Any]] = {}

    def add(
        self,
        task: str,
        measure: str,
        method: str,
        kind: str,
        found: Estimate,
        better: str = "higher",
    ) -> None:
        """Add one figure."""
        self.rows.append(
            Row(task=task, measure=measure, method=method, kind=kind, found=found, better=better)
        )

    def note(self, task: str, text: str) -> None:
        """Add a sentence below a task's heading."""
        self.notes.setdefault(task, []).append(text)

    def of(self, task: str, measure: str) -> list[Row]:
        """Return the figures of one measure."""
        return [r for r in self.rows if r.task == task and r.measure == measure]

    @property
    def tasks(self) -> dict[str, list[str]]:
        """Measures of each task, in order."""
        out: dict[str, list[str]] = {}
        for row in self.rows:
            measures = out.setdefault(row.task, [])
            if row.measure not in measures:
                measures.append(row.measure)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON, replicates left out."""
        return {
            "bootstrap": {"unit": "person", "resamples": RESAMPLES, "seed": SEED, "interval": 0.95},
            "probe_seeds": list(SEEDS),
            "notes": self.notes,
            "verdicts": {task: verdicts(self, task) for task in self.tasks},
            "results": [
                {
                    "task": r.task,
                    "measure": r.measure,
                    "method": r.method,
                    "kind": r.kind,
                    "value": _plain(r.found.value),
                    "low": _plain(r.found.low),
                    "high": _plain(r.found.high),
                    "windows": r.found.rows,
                    "people": r.found.people,
                    "better": r.better,
                }
                for r in self.rows
            ],
        }


def _plain(x: float) -> float | None:
    return round(x, 5) if np.isfinite(x) else None


def _best(rows: list[Row]) -> Row | None:
    rows = [r for r in rows if np.isfinite(r.found.value) and r.better != "neither"]
    if not rows:
        return None
    sign = 1 if rows[0].better == "higher" else -1
    return max(rows, key=lambda r: sign * r.found.value)


def verdicts(results: Results, task: str) -> list[str]:
    """Say for each measure where a method without learning beats the best model."""
    out = []
    for measure in results.tasks[task]:
        rows = results.of(task, measure)
        model = _best([r for r in rows if r.kind == "model"])
        plain = _best([r for r in rows if r.kind != "model"])
        if model is None or plain is None:
            continue
        sign = 1 if model.better == "higher" else -1
        gap, low, high = difference(plain.found, model.found)
        if sign * gap <= 0:
            continue
        sure = low * high > 0
        out.append(
            f"{measure}: {plain.method} wins, {plain.found.value:.3f} against "
            f"{model.found.value:.3f} of {model.method} "
            f"(paired difference {gap:+.3f} [{low:+.3f}, {high:+.3f}]"
            + (")." if sure else "; the interval holds 0).")
        )
    return out


def markdown(results: Results, heading: str, about: list[str]) -> str:
    """Return all tables; the best figure of each row is bold."""
    lines = [f"# {heading}", "", *about, ""]
    for task, measures in results.tasks.items():
        methods = list(dict.fromkeys(r.method for r in results.rows if r.task == task))
        lines += [f"## {task}", ""]
        lines += [text + "\n" for text in results.notes.get(task, [])]
        mine = [r for r in results.rows if r.task == task]
        n, people = max(r.found.rows for r in mine), max(r.found.people for r in mine)
        lines += [f"n = {n} (windows, pairs of windows or people) of {people} people.", ""]
        lines += ["| | " + " | ".join(methods) + " |", "|---" * (len(methods) + 1) + "|"]
        for measure in measures:
            rows = {r.method: r for r in results.of(task, measure)}
            best = _best(list(rows.values()))
            cells = []
            for method in methods:
                row = rows.get(method)
                if row is None:
                    cells.append("")
                    continue
                value = f"{row.found.value:.3f}"
                # Equal to the eye is equal: all that print alike are bold.
                if best is not None and len(rows) > 1 and value == f"{best.found.value:.3f}":
                    value = f"**{value}**"
                cells.append(f"{value} [{row.found.low:.3f}, {row.found.high:.3f}]")
            lines.append(f"| {measure} | " + " | ".join(cells) + " |")
        said = verdicts(results, task)
        if any(r.kind == "model" and r.better != "neither" for r in mine):
            if said:
                lines += ["", "Where the best is not the model:", "", *(f"- {s}" for s in said)]
            else:
                lines += ["", "No method without learning wins here."]
        lines.append("")
    return "\n".join(lines)


def write(results: Results, out: Path, heading: str, about: list[str], name: str) -> dict[str, Any]:
    """Write `name`.json and `name`.md and return what the first holds."""
    out.mkdir(parents=True, exist_ok=True)
    plain = results.to_dict() | {"about": about}
    (out / f"{name}.json").write_text(json.dumps(plain, indent=1) + "\n")
    (out / f"{name}.md").write_text(markdown(results, heading, about))
    return plain


def forest(
    results: Results, panels: list[tuple[str, str]], titles: list[str], path: Path, columns: int = 3
) -> None:
    """Draw value and interval of every method, one panel a (task, measure)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kept = [(p, t) for p, t in zip(panels, titles, strict=True) if results.of(*p)]
    if not kept:
        return
    tall = -(-len(kept) // columns)
    most = max(len(results.of(*p)) for p, _ in kept)
    figure = Figure(figsize=(4.6 * columns, (0.27 * most + 0.8) * tall), layout="constrained")
    FigureCanvasAgg(figure)
    for k, ((task, measure), title) in enumerate(kept):
        axes = figure.add_subplot(tall, columns, k + 1)
        rows = results.of(task, measure)[::-1]
        for y, row in enumerate(rows):
            f, colour = row.found, COLOURS[row.kind]
            axes.plot([f.low, f.high], [y, y], color=colour, lw=2, solid_capstyle="butt")
            axes.plot(f.value, y, "o", color=colour, ms=5)
            axes.annotate(
                f"{f.value:.2f}",
                (f.high, y),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color="#444444",
            )
        axes.set_yticks(range(len(rows)), [r.method for r in rows], fontsize=8)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.margins(x=0.15)
        arrow = {"higher": "right is better", "lower": "left is better", "neither": ""}
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xlabel(arrow[rows[0].better], fontsize=7, color="#666666", labelpad=1)
        axes.tick_params(axis="x", labelsize=8)
        axes.grid(axis="x", color="#e6e6e6", lw=0.7)
        axes.set_axisbelow(True)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(axis="y", length=0)
    figure.savefig(path, dpi=120)


def examples(example: dict[str, Any], path: Path) -> None:
    """Draw the PPG, the true ECG and the generated ECG at the best, median and worst r."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    r: NDArray[np.float64] = example["r"]
    order = np.argsort(r)
    chosen = {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}
    windows = example["windows"]
    time = np.arange(windows.samples.shape[2]) / windows.sampling_rate
    figure = Figure(figsize=(11, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    for k, (word, i) in enumerate(chosen.items()):
        axes = figure.add_subplot(3, 1, k + 1)
        ecg, ppg = windows.samples[i]
        lag = example["lag"][i]
        axes.plot(time, ppg + 9, color="#8a8a8a", lw=1)
        axes.plot(time, ecg, color="#222222", lw=0.9)
        axes.plot(time + lag, example["made"][i] - 7, color=COLOURS["model"], lw=0.9)
        axes.set_yticks([9, 0, -7], ["PPG\n(seen)", "ECG\n(true)", "ECG\n(generated)"], fontsize=9)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(0, time[-1])
        axes.set_title(
            f"{word} of {len(r)} windows: r = {r[i]:.2f} after moving the generated ECG by "
            f"{1000 * lag:+.0f} ms (the record's best lag)",
            fontsize=9,
            loc="left",
        )
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    axes.set_xlabel("seconds; measured signals z-scored, the generated one as it came, one scale")
    figure.suptitle(
        f"{example['name']}: ECG generated from PPG. Generated, not measured: never diagnostic.",
        fontsize=10,
        x=0.01,
        ha="left",
    )
    figure.savefig(path, dpi=120)
