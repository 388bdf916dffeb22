"""What more compute, more people and a larger model bring, and what training on millions takes.

    python benchmarks/scaling.py cost                 # operations a pair of each recipe
    python benchmarks/scaling.py measure              # the shipped weights, and what was kept
    python benchmarks/ablations.py train --budget.pflop 0.032 --only baseline   # more points
    python benchmarks/scaling.py page                 # docs/scaling.md, docs/results/scaling.png

The page is made from whatever arms of `ablations.py` are kept in the repository.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ablation_files
import numpy as np
import tyro
from ablation_files import Found, seeds
from ablation_scores import paired, probed
from ablations import ARMS, CORPUS, PERSONS, SIZE, Budget, begun

from cardioprint.training.recipes import recipe

WORK = Path("runs/scaling")
"""Where the scores of kept checkpoints lie."""

COSTS = Path("docs/results/scaling_cost.json")
"""What a pair costs with each recipe, to three digits."""

SIZES = ("tiny", "small", "base", "large")
"""Recipes of the table."""

KEPT = {
    "tiny, 5,250 steps": (Path("runs"), "tiny_5k"),
    "tiny, 9,000 steps": (Path("runs/tiny"), "last"),
}
"""Checkpoints of the shipped run: folder and name."""

PAIRS = 3_400_000
"""Pairs of windows in the corpus that the paper speaks of."""

PEAKS = {"A100 SXM": 312e12, "H100 SXM": 989e12}
"""Published bf16 peaks without sparsity, operations a second (NVIDIA's data sheets)."""

ASSUMED = 0.4
"""Share of a GPU's peak that is assumed; none was measured."""

MEASURED = {"tiny": 135e9, "base": 223e9}
"""Operations a second of a training step on one core, measured by `training.py`: 27 and 47 % of
what square products reach there."""

CUTS = 15_700
"""Pairs that one core cuts in a second, measured by `batches.py` (15,300 to 16,100)."""

STEP = 1e11
"""Operations of a step of `tiny`."""

SHOWN = ("five classes, ECG", "rhythm, PPG", "HR, PPG, /min", "PPG → ECG, r")
"""Scores that are drawn."""

ERRORS = {"loss": "held-out loss", "mse_ppg_to_ecg": "PPG → ECG error"}
"""Held-out quantities that are drawn and told."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A model that was trained so far, on so many people, of such a size.

    Attributes:
        name: In words.
        compute: Operations spent.
        share: Of the people.
        features: Width of the model.
        held: Held-out quantities; empty: not known.
        scores: As in `ablation_scores`, one a seed; empty: not measured.
        curve: (operations, held-out quantities) on the way.
    """

    name: str
    compute: float
    share: float
    features: int
    held: dict[str, float]
    scores: list[Found] = field(default_factory=list)
    curve: tuple[tuple[float, dict[str, float]], ...] = ()

    def score(self, title: str) -> float:
        """Return a score; NaN where it was not measured."""
        found = [s[title]["value"] for s in self.scores if title in s]
        return float(np.mean(found)) if found else math.nan


def cost(rows: int = 4, steps: int = 24) -> None:
    """Count the operations of a pair in training, both ways, for each recipe.

    Args:
        rows: Pairs in the steps that are counted: a pair costs the same in a larger one, but for
            the contrast, which is nothing beside it.
        steps: Steps whose mean counts: what is shown differs from one to the next.
    """
    import torch

    from cardioprint.corpus.cache import open_cache
    from cardioprint.models.m2ae import M2AE
    from cardioprint.training.batches import Sampler
    from cardioprint.training.flops import flops
    from cardioprint.training.loop import tensors
    from cardioprint.training.objective import Objective

    torch.set_num_threads(1)
    cache, cpu = open_cache(CORPUS / "train"), torch.device("cpu")
    out: dict[str, dict[str, float]] = {}
    for name in SIZES:
        run = recipe(name)
        few = replace(run, batch=replace(run.batch, size=rows))
        objective = Objective(M2AE(run.model), run.objective)
        sampler = Sampler(cache, few.batch, seed=0)
        counts = flops(objective, (tensors(sampler.batch(i), few, i, cpu) for i in range(steps)))
        out[name] = {
            "flop_a_pair": float(f"{sum(counts) / len(counts) / rows:.3g}"),
            "parameters": float(f"{sum(p.numel() for p in objective.model.parameters()):.3g}"),
            "usual_pairs": run.steps * run.batch.size,
        }
        print(name, out[name], flush=True)
    COSTS.write_text(json.dumps(out, indent=1) + "\n")


def measure(quick: bool = False) -> None:
    """Score the checkpoints of the shipped run as the arms are.

    They have no held-out loss here: 29 of the 35 people whom the arms are validated on were
    learnt from in that run, whose corpus was divided otherwise.

    Args:
        quick: Fewer people, to try the script.
    """
    import torch

    from cardioprint.benchmark.baselines.m2ae import Fingerprints
    from cardioprint.benchmark.tasks.base import Bench
    from cardioprint.benchmark.vectors import Vectors
    from cardioprint.edge.package import from_checkpoint

    torch.set_num_threads(1)
    vectors = Vectors(None)
    WORK.mkdir(parents=True, exist_ok=True)
    for name, (folder, checkpoint) in KEPT.items():
        target = _kept(name, quick)
        if target.exists() or not (folder / f"{checkpoint}.safetensors").exists():
            continue
        model, about = from_checkpoint(folder, checkpoint)
        encoder = Fingerprints(model, name)
        bench = Bench(encoders=[encoder], folder=WORK / "bench", quick=quick, embed=vectors.embed)
        scores = probed(bench)[name] | paired(bench)[name]
        target.write_text(json.dumps({"step": about["step"], "scores": scores}))
        print(name, {k: round(v["value"], 3) for k, v in scores.items()}, flush=True)


def _kept(name: str, quick: bool = False) -> Path:
    plain = "".join(c if c.isalnum() else "_" for c in name)
    return WORK / f"{plain}{'-quick' if quick else ''}.json"


BEFORE = (
    Point(
        name="tiny, 2,400 steps",
        compute=0.24e15,
        share=1.0,
        features=128,
        held={},
        scores=[
            {
                title: {"value": value}
                for title, value in zip(SHOWN, (0.820, 0.911, 3.004, 0.572), strict=True)
            }
        ],
    ),
)
"""What was measured on another machine and an earlier corpus; only these figures are left."""


def finished() -> list[Point]:
    """Return the arms of this page that are kept, and the checkpoints that were measured."""
    out = []
    for budget in budgets():
        for name, arm in ARMS.items():
            known = seeds(name, budget)
            if known and (name == "baseline" or arm.question in (PERSONS, SIZE)):
                out.append(_arm(name, budget, known))
    out += BEFORE
    for name in KEPT:
        if _kept(name).exists():
            found = json.loads(_kept(name).read_text())
            compute = found["step"] * STEP
            point = Point(
                name=name,
                compute=compute,
                share=1.0,
                features=128,
                held={},
                scores=[found["scores"]],
            )
            out.append(point)
    return out


def budgets() -> list[Budget]:
    """Return the budgets of which results are kept, smallest first, each of its last loop."""
    found = [Budget.named(folder.name) for folder in ablation_files.RESULTS.glob("*-*")]
    last = {(b.pflop, b.base): b for b in sorted(found, key=lambda b: b.loop)}
    return [last[key] for key in sorted(last)]


def _arm(name: str, budget: Budget, known: list[tuple[dict[str, Any], Found]]) -> Point:
    about, arm = known[0][0], ARMS[name]
    compute = 1e15 * budget.pflop
    valid = {line["step"]: line for line in about["valid"]}
    return Point(
        name=f"{budget.base if name == 'baseline' else name}, {about['steps']:,} steps",
        compute=compute,
        share=arm.share,
        features=arm.change(begun(budget)).model.features,
        held=valid[max(valid)] if valid else {},
        scores=[found for _, found in known if found],
        curve=tuple((compute * at / about["steps"], line) for at, line in sorted(valid.items())),
    )


def costs() -> dict[str, dict[str, float]]:
    """Return what `cost` found."""
    return json.loads(COSTS.read_text())


def hours(pairs: float, flop_a_pair: float, rate: float) -> float:
    """Return the hours that pairs take at a rate in operations a second."""
    return pairs * flop_a_pair / rate / 3600


def told(duration: float) -> str:
    """Return hours in words, to two digits."""
    if duration < 1 / 60:
        return f"{3600 * duration:.2g} s"
    if duration < 1:
        return f"{60 * duration:.2g} min"
    return f"{duration:.2g} h" if duration < 100 else f"{duration / 24:.3g} days"


def gpu_table(found: dict[str, dict[str, float]]) -> list[str]:
    """Return rows of time on GPUs: what is measured, what is assumed."""
    lines = [
        "| recipe | parameters | GFLOP a pair | pairs | one core, measured rate | "
        + " | ".join(f"{n} x {gpu}" for gpu in PEAKS for n in (1, 4, 8))
        + " | cores to feed 8 x H100 |",
        "|---|--:|--:|---|--:|" + "--:|" * (3 * len(PEAKS) + 1),
    ]
    for name, c in found.items():
        flop = c["flop_a_pair"]
        for label, pairs in (
            ("3.4 M, one epoch", PAIRS),
            (f"{c['usual_pairs'] / 1e6:.3g} M, the recipe", c["usual_pairs"]),
        ):
            core = told(hours(pairs, flop, MEASURED[name])) if name in MEASURED else "—"
            gpus = [
                told(hours(pairs, flop, n * ASSUMED * peak))
                for peak in PEAKS.values()
                for n in (1, 4, 8)
            ]
            feed = 8 * ASSUMED * PEAKS["H100 SXM"] / flop / CUTS
            lines.append(
                f"| {name} | {c['parameters'] / 1e6:.3g} M | {flop / 1e9:.3g} | {label} | {core} | "
                + " | ".join(gpus)
                + f" | {feed:,.0f} |"
            )
    return lines


def results_table(points: list[Point]) -> list[str]:
    """Return a row a model: what it cost, what it saw, what it is worth."""
    lines = [
        "| model | people | PFLOP | " + " | ".join((*ERRORS.values(), *SHOWN)) + " |",
        "|---|--:|--:|" + "--:|" * (len(ERRORS) + len(SHOWN)),
    ]
    for p in points:
        cells = [_cell(p.held.get(key, math.nan)) for key in ERRORS]
        cells += [_cell(p.score(title)) for title in SHOWN]
        row = f"| {p.name} | {p.share:.0%} | {p.compute / 1e15:.3g} | "
        lines.append(row + " | ".join(cells) + " |")
    return lines


def _cell(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "—"


def page(out: Path = Path("docs")) -> None:
    """Write docs/scaling.md and its picture.

    Args:
        out: The folder of the documentation.
    """
    points = finished()
    (out / "results").mkdir(parents=True, exist_ok=True)
    draw(points, out / "results" / "scaling.png")
    text = Path(__file__).with_name("scaling.txt").read_text()
    arms = [p.name for p in points if p.curve]
    missing = [
        name
        for name, arm in ARMS.items()
        if arm.question in (PERSONS, SIZE) and not any(n.startswith(f"{name}, ") for n in arms)
    ]
    waiting = f"Not trained yet: {', '.join(missing)}." if missing else ""
    for mark, lines in (
        ("{results}", [*results_table(points), "", waiting]),
        ("{gpus}", gpu_table(costs())),
    ):
        text = text.replace(mark, "\n".join(lines).rstrip())
    (out / "scaling.md").write_text(text)
    print(text)


def draw(points: list[Point], path: Path) -> None:
    """Draw held-out errors along the way, and scores against compute, people and size.

    A row of scores for which there are no two different models yet is left out.
    """
    from matplotlib.figure import Figure

    from cardioprint.plotting import style

    of_size = [p for p in points if p.features == points[0].features]
    rows: list[tuple[str, list[Point], list[float], str]] = []
    for what, some, x, unit in (
        ("compute", [p for p in of_size if p.share == 1], lambda p: p.compute / 1e15, "PFLOP"),
        ("people", [p for p in of_size if p.curve], lambda p: 100 * p.share, "% of the people"),
        (
            "width",
            [p for p in points if p.share == 1 and p.curve],
            lambda p: p.features,
            "features",
        ),
    ):
        known = [p for p in some if p.scores]
        if len({round(x(p), 6) for p in known}) > 1:
            rows.append((what, known, [x(p) for p in known], unit))
    height = 2.9 + 2.3 * len(rows)
    figure = Figure(figsize=(style.WIDTH, height), dpi=style.DPI, facecolor=style.PAPER)
    whole = figure.add_gridspec(
        1 + len(rows),
        4,
        left=0.07,
        right=0.98,
        top=1 - 0.45 / height,
        bottom=0.5 / height,
        hspace=0.6,
        wspace=0.35,
    )
    for column, (key, title) in enumerate(ERRORS.items()):
        axes = figure.add_subplot(whole[0, 2 * column : 2 * column + 2])
        style.bare(axes)
        style.heading(axes, [(title, style.INK), ("against compute, PFLOP", style.MUTED)])
        _logarithmic(axes, [c / 1e15 for p in points for c, _ in p.curve])
        axes.margins(y=0.2)
        named = []
        for p in points:
            if key not in p.held:
                continue
            main = p in of_size and p.share == 1 and bool(p.curve)
            colour = style.GENERATED if main else style.ECG if p.curve else style.MUTED
            if p.curve:
                x, y = zip(*((c / 1e15, held[key]) for c, held in p.curve), strict=True)
                axes.plot(x, y, color=colour, lw=1.2)
            axes.plot(p.compute / 1e15, p.held[key], "o", color=colour, ms=4)
            named.append((p.held[key], p.compute / 1e15, p.name.split(",")[0], colour))
        _name(axes, named)
    for number, (what, known, xs, unit) in enumerate(rows, start=1):
        for column, title in enumerate(SHOWN):
            axes = figure.add_subplot(whole[number, column])
            style.bare(axes)
            style.heading(axes, [(title, style.INK), (f"by {what}", style.MUTED)])
            _logarithmic(axes, xs)
            axes.set_xlabel(unit, fontsize=style.SMALL, color=style.MUTED)
            for p, x in zip(known, xs, strict=True):
                low, high = _interval(p, title)
                colour = style.GENERATED if p.curve else style.MUTED
                axes.plot([x, x], [low, high], color=colour, lw=1.2, alpha=0.5)
                axes.plot(x, p.score(title), "o", color=colour, ms=4.5)
    figure.savefig(path)


def _name(axes: Any, named: list[tuple[float, float, str, str]]) -> None:
    """Write names to the right of points, each high enough above the one below to be read.

    Args:
        axes: With a logarithmic axis of x; it gets room to the right.
        named: (y, x, name, colour).
    """
    from cardioprint.plotting import style

    low, high = axes.get_xlim()
    axes.set_xlim(low, high * (high / low) ** 0.4)
    last = -math.inf
    pixels = axes.figure.dpi / 72
    for y, x, name, colour in sorted(named):
        place = axes.transData.transform((x, y))[1] / pixels
        last = max(place, last + style.SMALL + 1)
        axes.annotate(
            name,
            (x, y),
            xytext=(6, last - place),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
            color=colour,
        )


def _logarithmic(axes: Any, values: list[float]) -> None:
    """Make the horizontal axis logarithmic, with plain numbers at three places of it."""
    axes.set_xscale("log")
    at = np.geomspace(min(values), max(values), 3)
    axes.set_xticks(at, [f"{float(f'{x:.2g}'):g}" for x in at])
    axes.set_xticks([], minor=True)


def _interval(p: Point, title: str) -> tuple[float, float]:
    found = [s[title] for s in p.scores if title in s]
    if not found:
        return math.nan, math.nan
    low, high = (float(np.mean([f.get(k, math.nan) for f in found])) for k in ("low", "high"))
    return low, high


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"cost": cost, "measure": measure, "page": page})
