"""Ablations as a table and a picture, from what is kept in the repository.

    python benchmarks/ablation_table.py --out docs/results    # ablations.md, ablations.png

Only arms of one budget stand in one table. Arms of several seeds are averaged, seed by seed,
before they are compared with the baseline's.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from ablation_files import Found, seeds
from ablations import ARMS, BASES, Budget, arms

AGAIN = "one seed less another"
"""Row of the picture that shows what chance alone does."""

NEUTRAL = ("identity, ECG, EER",)
"""Privacy floors: told, never a win."""


def table(
    budget: Budget = Budget(),  # noqa: B008 (frozen)
    out: Path = Path("docs/results"),
) -> None:
    """Write the arms that were measured as a table and a picture.

    Args:
        budget: Of the arms; `--budget.loop 1` for those of before.
        out: Folder for ablations.md and ablations.png.
    """
    known = {name: found for name in arms(budget) if (found := seeds(name, budget))}
    text = Path(__file__).with_name("ablations.txt").read_text()
    marks = {
        "{budget}": _words(budget, known),
        "{table}": "\n".join(rows(known)),
        "{missing}": _missing(budget, known),
        "{earlier}": _earlier(budget),
    }
    for mark, words in marks.items():
        text = text.replace(mark, words)
    out.mkdir(parents=True, exist_ok=True)
    (out / "ablations.md").write_text(text)
    alive = {name: [f for _, f in found if f] for name, found in known.items()}
    base = alive.pop("baseline")
    groups = {name: ARMS[name].question for name in alive}
    matrix(
        base, {k: v for k, v in alive.items() if v}, list(base[0]), out / "ablations.png", groups
    )
    print(text)


def _words(budget: Budget, known: dict[str, list[tuple[dict[str, Any], Found]]]) -> str:
    """Say what every arm of a table got."""
    about = known["baseline"][0][0]
    run = BASES[budget.base]()
    rate = float(np.median([a["pairs_per_second"] for found in known.values() for a, _ in found]))
    minutes = about["steps"] * run.batch.size / rate / 60
    return (
        f"{budget.pflop:g} PFLOP an arm, base `{budget.base}` ({run.model.features} features), "
        f"loop {budget.loop}: "
        f"{about['steps']:,} steps\n  of {run.batch.size} pairs for the baseline, {minutes:.0f} "
        f"minutes at the {rate:.0f} pairs/s of the median arm, on\n  a core that others used too."
    )


def _missing(budget: Budget, known: dict[str, Any]) -> str:
    """Say which arms nobody has measured."""
    names = [name for name in arms(budget) if name not in known]
    return f"Not measured at this budget: {'; '.join(names)}." if names else ""


def _earlier(budget: Budget) -> str:
    """Return the tables of the loops before, each with its own baseline."""
    out = []
    for loop in range(budget.loop - 1, 0, -1):
        before = replace(budget, loop=loop)
        known = {name: found for name in arms(before) if (found := seeds(name, before))}
        if "baseline" in known:
            out.append(f"## Loop {loop}\n\n{_words(before, known)}\n\n" + "\n".join(rows(known)))
    return "\n\n".join(out)


def rows(known: dict[str, list[tuple[dict[str, Any], Found]]]) -> list[str]:
    """Return the table: a row an arm, under the question that it answers."""
    base = [found for _, found in known["baseline"]]
    titles = list(base[0])
    lines = [
        "| arm | seeds | steps | precision | " + " | ".join(titles) + " |",
        "|---|--:|--:|---|" + "--:|" * len(titles),
    ]
    question = ""
    for name, measured in known.items():
        if ARMS[name].question != question:
            question = ARMS[name].question
            lines.append(f"| *{question}* |" + " |" * (len(titles) + 3))
        about = measured[0][0]
        steps = f"{about['steps']:,}"
        precision = ", ".join(sorted({a["precision"] for a, _ in measured}))
        alive = [found for _, found in measured if found]
        if len(alive) < len(measured):
            dead = next(a for a, _ in measured if "dead" in a)
            steps = f"stopped as dead at {dead['step']:,} of {steps}"
        cells = [cell(base, base if name == "baseline" else alive, title) for title in titles]
        head = f"| {name} | {len(measured)} | {steps} | {precision} | "
        lines.append(head + " | ".join(cells) + " |")
        if name == "baseline" and len(base) > 1:
            apart = " | ".join(_apart(base, title) for title in titles)
            lines.append(f"| *its seeds apart, at most* | | | | {apart} |")
    return lines


def _apart(base: list[Found], title: str) -> str:
    values = [found[title]["value"] for found in base]
    return f"{max(values) - min(values):.{2 if abs(values[0]) >= 1 else 3}f}"


def gap(base: list[Found], arm: list[Found], title: str) -> tuple[float, float, float]:
    """Return the mean gap over seeds with its interval; NaN where rows or replicates differ.

    The interval is of people, for the mean of the seeds that were trained: with one seed each it
    knows nothing of what another seed would have brought.
    """
    value = mean(arm, title) - mean(base, title)
    figures = [s[title] for s in (*arm, *base)]
    if any("replicates" not in f for f in figures) or len({f.get("rows") for f in figures}) > 1:
        return value, float("nan"), float("nan")
    ours, theirs = (np.mean([s[title]["replicates"] for s in x], axis=0) for x in (arm, base))
    low, high = np.nanpercentile(ours - theirs, [2.5, 97.5])
    return value, float(low), float(high)


def mean(seeds: list[Found], title: str) -> float:
    """Return the mean over seeds."""
    return float(np.mean([s[title]["value"] for s in seeds]))


def cell(base: list[Found], arm: list[Found], title: str) -> str:
    """Return a figure as text, and its gap to the base; empty where it was not measured."""
    if not arm or title not in arm[0]:
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
    groups: dict[str, str] | None = None,
    than: str = "the baseline",
) -> None:
    """Draw gaps to a base, in units of the base's own interval.

    Args:
        base: Scores of what all others are held against, one a seed.
        others: The same of each row, from above.
        titles: Columns.
        path: Of the picture.
        groups: The heading under which a row stands.
        than: What the base is called.
    """
    from matplotlib.figure import Figure

    from cardioprint.plotting import style

    lines = _lines(others, groups or {})
    if len(base) > 1:
        lines.insert(0, (AGAIN, AGAIN))
        others = {AGAIN: base[1:2], **others}
    longest = max(len(words) for words, _ in lines)
    height = 2.15 + 0.27 * len(lines)
    figure = Figure(figsize=(style.WIDTH, height), dpi=style.DPI, facecolor=style.PAPER)
    left = 0.02 + 0.0066 * longest
    bottom = 0.42
    axes = figure.add_axes((left, bottom / height, 0.915 - left, 1 - (bottom + 1.35) / height))
    for y, (words, name) in enumerate(lines):
        colour, weight = (style.INK, "normal") if name else (style.MUTED, "bold")
        axes.annotate(
            words + (f"  x{len(others[name])}" if name and len(others[name]) > 1 else ""),
            (-0.012, y),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            fontsize=style.LABEL,
            color=colour,
            weight=weight,
        )
        if name:
            axes.axhline(y, color=style.FAINT, lw=0.6, zorder=0)
            for x, title in enumerate(titles):
                if title in others[name][0]:
                    _dot(axes, x, y, base[:1] if name == AGAIN else base, others[name], title)
    for x, title in enumerate(titles):
        value = mean(base, title)
        axes.annotate(
            f"{value:.{2 if abs(value) >= 1 else 3}f}",
            (x, -1),
            ha="center",
            va="center",
            fontsize=style.SMALL,
            color=style.INK,
        )
    axes.annotate(
        than.removeprefix("the ") + (f"  x{len(base)}" if len(base) > 1 else ""),
        (-0.012, -1),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="center",
        fontsize=style.LABEL,
        color=style.INK,
    )
    axes.set_xticks(range(len(titles)), titles, rotation=40, ha="left", fontsize=style.LABEL)
    axes.xaxis.tick_top()
    axes.set_yticks([])
    axes.set_ylim(len(lines) - 0.5, -1.6)
    axes.set_xlim(-0.6, len(titles) - 0.4)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, labelcolor=style.INK)
    figure.text(
        0.01,
        0.1 / height,
        f"green better, orange worse than {than}; area: gap over half the interval of {than}, at "
        "most 2; faint: the paired interval holds 0; grey: a privacy floor, no merit",
        fontsize=style.SMALL,
        color=style.MUTED,
    )
    figure.savefig(path)


def _lines(others: dict[str, Any], groups: dict[str, str]) -> list[tuple[str, str]]:
    """Return what is written at the left, line by line: (words, row), or (heading, "")."""
    lines: list[tuple[str, str]] = []
    heading = ""
    for name in others:
        if groups.get(name, "") != heading:
            heading = groups[name]
            lines.append((heading, ""))
        lines.append((name, name))
    return lines


def _dot(axes: Any, x: int, y: int, base: list[Found], found: list[Found], title: str) -> None:
    from cardioprint.plotting import style

    value, low, high = gap(base, found, title)
    half = (base[0][title]["high"] - base[0][title]["low"]) / 2
    good = value if base[0][title]["better"] == "higher" else -value
    size = float(np.clip(abs(good) / max(half, 1e-9), 0.05, 2.0))
    colour = style.MUTED if title in NEUTRAL else style.PPG if good < 0 else style.GENERATED
    sure = low > 0 or high < 0
    axes.scatter(x, y, s=95 * size, color=colour, alpha=0.95 if sure else 0.3, lw=0)


if __name__ == "__main__":
    tyro.cli(table)
