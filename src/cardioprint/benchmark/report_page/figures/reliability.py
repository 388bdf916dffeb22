"""Reliability diagrams: what was predicted against what came true."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cardioprint.benchmark.report_page import wording
from cardioprint.benchmark.report_page.drawing import Drawing, Scale
from cardioprint.benchmark.report_page.figures.looks import Look, look
from cardioprint.benchmark.results import Reliability

WIDTH, SIDE, LEFT, TOP = 272.0, 216.0, 44.0, 8.0
BARS, FOOT = 34.0, 42.0
"""Pixels of the counts below the square, and of the axis below them."""


def panel(found: Sequence[Reliability], model: str, looks: Mapping[str, Look]) -> Drawing:
    """Draw one label: the model and what it is compared with, and how the model's rows lie.

    Args:
        found: Of one label, inputs and head.
        model: Drawn with its intervals and counts.
        looks: Of the encoders.
    """
    own = next((r for r in found if r.encoder == model), found[0])
    title = own.label or "positive"
    subtitle = (
        f"Brier {wording.number(own.brier, 3)}, calibration error {wording.number(own.error, 3)}, "
        f"slope {wording.number(own.slope, 2)}"
    )
    about = f"Reliability of {title}: {len(found)} encoders, {len(own.predicted)} bins."
    height = TOP + SIDE + BARS + FOOT
    out = Drawing(title=title, subtitle=subtitle, about=about, width=WIDTH, height=height)
    x = Scale(low=0, high=1, first=LEFT, last=LEFT + SIDE)
    y = Scale(low=0, high=1, first=TOP + SIDE, last=TOP)
    _frame(out, x, y, height)
    for one in sorted(found, key=lambda r: r is own):
        mine, strong = look(one.encoder, looks), one is own
        points = [(x(p), y(o)) for p, o in zip(one.predicted, one.observed, strict=False)]
        if strong:
            _intervals(out, one, x, y, mine.role)
        out.line(points, mine.role, 2.2 if strong else 1.3, () if strong else mine.dash)
        for k, (a, b) in enumerate(points):
            out.mark(a, b, mine.shape, mine.role, 7 if strong else 5.5, _tip(one, k))
    _counts(out, own, x)
    return out


def _frame(out: Drawing, x: Scale, y: Scale, height: float) -> None:
    for value in (0.0, 0.25, 0.5, 0.75, 1.0):
        out.line([(x.first, y(value)), (x.last, y(value))], "faint")
        out.line([(x(value), y.first), (x(value), y.last)], "faint")
        out.text(x.first - 6, y(value) + 3.5, f"{value:g}", "muted", 10, "end")
        out.text(x(value), height - FOOT + 13, f"{value:g}", "muted", 10, "middle")
    out.line([(x(0), y(0)), (x(1), y(1))], "muted", 1, (4, 3))
    out.text(x(0.97), y(0.04), "dashed: perfect", "muted", 10, "end")
    out.text(x.first, height - 8, "predicted probability; bars: rows of the model", "muted", 10)
    out.text(x(0.03), TOP + 13, "observed share", "muted", 10)


def _intervals(out: Drawing, one: Reliability, x: Scale, y: Scale, role: str) -> None:
    for p, low, high in zip(one.predicted, one.low, one.high, strict=False):
        out.line([(x(p), y.held(low)), (x(p), y.held(high))], role, 1.4, opacity=0.55)


def _counts(out: Drawing, own: Reliability, x: Scale) -> None:
    base = TOP + SIDE + BARS
    most = max((c for c in own.count if math.isfinite(c)), default=0)
    out.line([(x.first, base), (x.last, base)], "rule")
    for p, n in zip(own.predicted, own.count, strict=False):
        if most > 0 and math.isfinite(p) and math.isfinite(n):
            tall = (BARS - 8) * n / most
            out.box(x(p) - 3, base - tall, 6, tall, "model", 0.35)


def _tip(one: Reliability, k: int) -> str:
    low = one.low[k] if k < len(one.low) else math.nan
    high = one.high[k] if k < len(one.high) else math.nan
    rows = f"; {wording.count(one.count[k])} rows" if k < len(one.count) else ""
    seen = wording.full(one.observed[k], low, high, 3)
    return f"{one.encoder}: predicted {wording.number(one.predicted[k], 3)}, observed {seen}{rows}"
