"""The picture of a data card: where a corpus comes from and what its windows are like."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.corpus.summary import HEART_RATE_BINS, LAG_BINS, QUALITY_BINS
from cardioprint.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from cardioprint.corpus.summary import Summary

SIDES = {
    "train": "#4B3B66",
    "valid": "#8676A3",
    "test": "#1F2328",
    "reserved": "#B9AECB",
    "border": "#9CA3AF",
}
"""Colours of the sides of the split; none is the colour of a signal."""

MOST_BARS, MOST_LINES = 14, 3
"""Databases that get a bar, and a line of their own among the lags; the rest is summed up."""

LEAST = 0.01
"""Percent of windows at which the logarithmic axis begins."""

BAR, PANEL = 0.26, 1.35
"""Inches of a database's bar and of a panel."""

TOP, AFTER, GAP, FOOT = 0.92, 0.66, 0.86, 0.55
"""Inches above the bars, below them, between rows of panels and below the last."""

BESIDE, NAMES = 0.95, 1.5
"""Inches between two panels, and left of the bars for the names of databases."""


def draw(summary: Summary) -> bytes:
    """Return the picture as PNG: hours by database and side, quality, lag, heart rate, people.

    Args:
        summary: Counts of a corpus.
    """
    from matplotlib.figure import Figure

    bars = min(len(summary.databases), MOST_BARS + 1)
    tall = max(bars, 1) * BAR
    second = TOP + tall + AFTER
    third = second + PANEL + GAP
    height = third + PANEL + FOOT
    figure = Figure(figsize=(style.WIDTH, height), dpi=style.DPI, facecolor=style.PAPER)
    _title(figure, summary, height)
    width = (style.WIDTH - style.LEFT - BESIDE - style.RIGHT) / 2
    left, right = style.LEFT, style.LEFT + width + BESIDE
    _hours(_axes(figure, NAMES, TOP, style.WIDTH - NAMES - style.RIGHT, tall, height), summary)
    _quality(_axes(figure, left, second, width, PANEL, height), summary)
    _lag(_axes(figure, right, second, width, PANEL, height), summary)
    _heart_rate(_axes(figure, left, third, width, PANEL, height), summary)
    _people(_axes(figure, right, third, width, PANEL, height), summary)
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=style.DPI, metadata={"Software": None})
    return out.getvalue()


def _axes(
    figure: Figure, left: float, top: float, width: float, tall: float, height: float
) -> Axes:
    """Return a panel placed in inches from the upper left corner."""
    axes = figure.add_axes(
        (left / style.WIDTH, 1 - (top + tall) / height, width / style.WIDTH, tall / height)
    )
    style.bare(axes)
    return axes


def _title(figure: Figure, summary: Summary, height: float) -> None:
    every = summary.total()
    share = 100 * every.passed / max(every.windows, 1)
    left = style.LEFT / style.WIDTH
    figure.text(
        left,
        1 - 0.30 / height,
        f"{every.hours:,.0f} hours of ECG and PPG",
        fontsize=style.TITLE,
        fontweight="bold",
        color=style.INK,
        va="center",
    )
    figure.text(
        1 - style.RIGHT / style.WIDTH,
        1 - 0.30 / height,
        f"{len(summary.per_person):,} people   {every.records:,} recordings   "
        f"{every.windows:,} windows of {summary.window:g} s   {share:.0f} % pairs to train on",
        fontsize=style.LABEL,
        color=style.MUTED,
        ha="right",
        va="center",
    )


def _hours(axes: Axes, summary: Summary) -> None:
    """Draw one bar a database, the longest first, divided by side."""
    order = sorted(summary.databases, key=lambda d: -summary.total(database=d).windows)
    rows = [[d] for d in order[:MOST_BARS]]
    if order[MOST_BARS:]:
        rows.append(order[MOST_BARS:])
    parts: list[tuple[str, str]] = [("Hours", style.INK)]
    parts += [(s, SIDES.get(s, style.MUTED)) for s in summary.splits]
    style.heading(axes, parts)
    longest = 0.0
    for at, databases in enumerate(rows):
        left = 0.0
        for split in summary.splits:
            hours = sum(summary.total(database=d, split=split).hours for d in databases)
            axes.barh(at, hours, left=left, height=0.72, color=SIDES.get(split, style.MUTED))
            left += hours
        groups = [summary.total(database=d) for d in databases]
        windows, passed = sum(g.windows for g in groups), sum(g.passed for g in groups)
        axes.annotate(
            f"{left:,.1f} h   {sum(g.people for g in groups):,} people   "
            f"{100 * passed / max(windows, 1):.0f} % pairs",
            xy=(left, at),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=style.SMALL,
            color=style.MUTED,
        )
        longest = max(longest, left)
    axes.set_yticks(range(len(rows)))
    names = [d[0] if len(d) == 1 else f"{len(d)} others" for d in rows]
    axes.set_yticklabels(names, fontsize=style.LABEL, color=style.INK)
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
    axes.set_xlim(0, 1.33 * longest or 1)
    axes.tick_params(axis="y", length=0)
    axes.set_xticks([])


def _quality(axes: Axes, summary: Summary) -> None:
    """Draw how many windows have which quality, for both modalities."""
    parts: list[tuple[str, str]] = [("Signal quality", style.INK)]
    for c, (name, colour) in enumerate(zip(("ECG", "PPG"), style.SIGNALS, strict=True)):
        count = summary.quality[c]
        good = count[len(count) // 2 :].sum() / max(count.sum(), 1)
        parts.append((f"{name} {100 * good:.0f} % at 0.5 or better", colour))
        axes.stairs(_percent(count), QUALITY_BINS, color=colour, linewidth=1.1, baseline=None)
    style.heading(axes, parts)
    # Most windows are perfect: only the logarithm shows the rest.
    if summary.quality.any():
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    axes.set_ylim(LEAST, 150)
    axes.axvline(0.5, color=style.MUTED, linewidth=0.6, linestyle=(0, (3, 3)))
    _labels(axes, "quality index", "% of windows", least=LEAST)


def _lag(axes: Axes, summary: Summary) -> None:
    """Draw the delay from R-peak to pulse: what monitors add differs between databases."""
    known = {d: h for d, h in summary.lag.items() if h.sum()}
    order = sorted(known, key=lambda d: -known[d].sum())
    own, rest = order[:MOST_LINES], order[MOST_LINES:]
    lines = [(d, known[d]) for d in own]
    if rest:
        name = rest[0] if len(rest) == 1 else "others"
        lines.append((name, np.sum([known[d] for d in rest], axis=0)))
    colours = (style.INK, "#6F5A8C", "#B9AECB", style.MUTED)
    parts: list[tuple[str, str]] = [("Lag", style.INK)]
    for (name, count), colour in zip(lines, colours, strict=False):
        axes.stairs(_percent(count), LAG_BINS, color=colour, linewidth=1.1)
        parts.append((name, colour))
    style.heading(axes, parts)
    axes.set_ylim(bottom=0)
    _labels(
        axes, "seconds from R-peak to steepest upslope, monitor's delay included", "% of windows"
    )


def _heart_rate(axes: Axes, summary: Summary) -> None:
    style.heading(axes, [("Heart rate", style.INK)])
    _steps(axes, _percent(summary.heart_rate), HEART_RATE_BINS, style.INK)
    _labels(axes, "beats per minute", "% of windows")


def _people(axes: Axes, summary: Summary) -> None:
    """Draw how many people have how many windows."""
    people = summary.per_person
    most = int(people.max(initial=1))
    bins = np.unique(np.round(np.geomspace(1, most + 1, 25)).astype(int))
    count = np.histogram(people, bins)[0] if len(bins) > 1 else np.zeros(0, int)
    middle = f"median {np.median(people):,.0f}, most {most:,}" if len(people) else ""
    style.heading(axes, [("Windows per person", style.INK), (middle, style.MUTED)])
    if len(count):
        _steps(axes, count, bins, style.INK)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.minorticks_off()
    _labels(axes, "windows", "people")


def _percent(count: NDArray[np.int64]) -> NDArray[np.float64]:
    return 100 * count / max(count.sum(), 1)


def _steps(axes: Axes, count: NDArray, bins: NDArray, colour: str) -> None:
    axes.stairs(count, bins, color=colour, linewidth=1.1)
    axes.stairs(count, bins, color=colour, alpha=0.10, fill=True, linewidth=0)
    axes.set_ylim(bottom=0)


def _labels(axes: Axes, x: str, y: str, *, least: float = 0.0) -> None:
    """Name the axes and draw the ground line."""
    axes.set_xlabel(x, fontsize=style.SMALL, color=style.MUTED, labelpad=2)
    axes.set_ylabel(y, fontsize=style.SMALL, color=style.MUTED, labelpad=3)
    axes.axhline(least, color=style.FAINT, linewidth=0.8)
    if least == 0:
        axes.locator_params(axis="y", nbins=4)
