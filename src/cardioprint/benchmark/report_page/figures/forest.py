"""Forest plots: one line an encoder, its value and 95 % interval, the best at the top."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardioprint.benchmark.report_page import standing, wording
from cardioprint.benchmark.report_page.drawing import Drawing, Scale, reach, tick_words, ticks
from cardioprint.benchmark.report_page.figures.looks import Look, look
from cardioprint.benchmark.results import Score, Subgroup, TaskResult

WIDTH, NAMES, SIZE = 344.0, (64.0, 148.0), 11.5
"""Pixels of a panel, of its column of names (least and most) and of its letters."""

ROW, FOOT, TOP = 20.0, 34.0, 4.0
"""Pixels of a line, of the axis below the lines, and above them."""

CHANCE = {"auroc": 0.5, "c-index": 0.5}
"""What guessing gives, by a word of the measure."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a forest.

    Attributes:
        name: At its left; "" where it belongs to the line above.
        value: NaN where there is none.
        low: Of the interval.
        high: Of the interval.
        look: Of its mark.
        tip: The whole of it in words.
    """

    name: str
    value: float
    low: float
    high: float
    look: Look
    tip: str


def of_task(task: TaskResult, model: str, looks: Mapping[str, Look], anchor: str = "") -> Drawing:
    """Draw the headline of a task, all encoders from the best to the worst."""
    inputs, head, measure = task.headline
    scores = standing.ranked(standing.headline(task))
    decimals = wording.digits(measure, (s.value for s in scores))
    better = scores[0].better if scores else "higher"
    people = max((s.people for s in scores), default=0)
    subtitle = " · ".join(
        t
        for t in (
            wording.tied(measure),
            wording.how(inputs, head),
            f"{wording.count(people)}\N{NO-BREAK SPACE}people" if people else "",
        )
        if t
    )
    rows = [
        Row(
            name=s.encoder,
            value=s.value,
            low=s.low,
            high=s.high,
            look=look(s.encoder, looks),
            tip=said(s, decimals),
        )
        for s in scores
    ]
    winner = f"; the best is {scores[0].encoder}" if scores else ""
    about = f"Forest plot of {task.title}: {measure}, {len(rows)} encoders{winner}."
    return panel(
        task.title, subtitle, about, rows, measure, better, model, decimals=decimals, anchor=anchor
    )


def of_groups(
    group: str,
    found: Sequence[Subgroup],
    model: str,
    better: str,
    looks: Mapping[str, Look],
    decimals: int,
) -> Drawing:
    """Draw a figure in parts of the people: the model and, below it, what it is compared with."""
    measure = found[0].measure
    rows = []
    for level in sorted(dict.fromkeys(s.level for s in found), key=_band):
        mine = sorted((s for s in found if s.level == level), key=lambda s: s.encoder != model)
        for k, s in enumerate(mine):
            told = wording.full(s.value, s.low, s.high, decimals)
            name = "" if k else f"{s.level} ({wording.count(s.people)})"
            tip = f"{s.level}, {s.encoder}: {told}; {wording.count(s.people)} people"
            rows.append(
                Row(
                    name=name,
                    value=s.value,
                    low=s.low,
                    high=s.high,
                    look=look(s.encoder, looks),
                    tip=tip,
                )
            )
    about = f"{measure} by {group}, {len(rows)} lines."
    return panel(f"By {group}", measure, about, rows, measure, better, "", decimals=decimals)


def _band(level: str) -> tuple[int, float]:
    """Return the place of a level: bands of numbers in their order, others as they came."""
    number = re.search(r"\d+(\.\d+)?", level)
    if number is None:
        return (0, 0.0)
    return (-1 if level.startswith("below") else 0, float(number.group()))


def said(score: Score, decimals: int) -> str:
    """Return a figure in words."""
    told = wording.full(score.value, score.low, score.high, decimals)
    note = f"; {score.note}" if score.note else ""
    people = f"{wording.count(score.people)} people, {wording.count(score.rows)} rows"
    return f"{score.encoder}: {told}; {people}{note}"


def panel(
    title: str,
    subtitle: str,
    about: str,
    rows: Sequence[Row],
    measure: str,
    better: str,
    model: str,
    *,
    decimals: int,
    anchor: str = "",
) -> Drawing:
    """Draw lines with a common axis."""
    bottom = TOP + ROW * max(len(rows), 1)
    out = Drawing(
        title=title,
        subtitle=subtitle,
        about=about,
        width=WIDTH,
        height=bottom + FOOT,
        anchor=anchor,
    )
    low, high = reach(v for r in rows for v in (r.value, r.low, r.high))
    longest = max((wording.text_width(r.name, SIZE + 0.5) for r in rows), default=0.0)
    names = min(max(longest, NAMES[0]), NAMES[1])
    figures = (wording.number(r.value, decimals) for r in rows)
    values = max((wording.text_width(f, SIZE + 0.5) for f in figures), default=0.0)
    scale = Scale(low=low, high=high, first=names + 10, last=WIDTH - values - 12)
    _axis(out, scale, bottom, measure, better)
    for row in rows:
        if model and row.name == model and math.isfinite(row.low) and math.isfinite(row.high):
            left, right = scale(row.low), scale(row.high)
            out.box(left, TOP, max(right - left, 1), bottom - TOP, "model", 0.09)
    for k, row in enumerate(rows):
        strong = bool(model) and row.name == model
        _row(out, row, TOP + ROW * (k + 0.5), scale, decimals, strong=strong)
    if not rows:
        out.text(8, TOP + 14, "no figure", "muted")
    return out


def _row(out: Drawing, row: Row, y: float, scale: Scale, decimals: int, *, strong: bool) -> None:
    colour = row.look.role
    names = scale.first - 10
    short = wording.shortened(row.name, names + 2, SIZE)
    role = "model" if strong else "ink"
    out.text(names, y + 4, short, role, SIZE, "end", bold=strong, tip=row.tip)
    if not math.isfinite(row.value):
        out.text(scale.first, y + 4, "no value", "muted", 10.5, tip=row.tip)
        return
    out.line([(scale(row.low), y), (scale(row.high), y)], colour, 3 if strong else 2, opacity=0.75)
    out.mark(scale(row.value), y, row.look.shape, colour, 9 if strong else 7.5, row.tip)
    told = wording.number(row.value, decimals)
    out.text(WIDTH, y + 4, told, role, SIZE, "end", bold=strong, tip=row.tip)


def _axis(out: Drawing, scale: Scale, bottom: float, measure: str, better: str) -> None:
    places = ticks(scale.low, scale.high, 4)
    for value, words in zip(places, tick_words(places), strict=True):
        x = scale(value)
        out.line([(x, TOP), (x, bottom)], "faint")
        out.text(x, bottom + 13, words, "muted", 10, "middle")
    chance = next((v for k, v in CHANCE.items() if k in measure.lower()), math.nan)
    if scale.low <= chance <= scale.high:
        out.line([(scale(chance), TOP), (scale(chance), bottom)], "muted", 1, (2, 3))
    out.line([(scale.first, bottom), (scale.last, bottom)], "rule")
    if better == "lower":
        out.text(scale.first, bottom + 28, "\N{LEFTWARDS ARROW} better", "muted", 10)
    else:
        out.text(scale.last, bottom + 28, "better \N{RIGHTWARDS ARROW}", "muted", 10, "end")
