"""Signals: what the model was shown, what was measured, and what it made, over each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.report_page import wording
from cardioprint.benchmark.report_page.drawing import Drawing, Scale, reach
from cardioprint.benchmark.report_page.examples import Example

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, LANE, EDGE = 920.0, 92.0, 6.0
"""Pixels of a panel, of a signal's height, and left and right of it."""

FIRST, SECOND, BOTTOM, HEIGHT = 22.0, 150.0, 246.0, 280.0
"""Upper ends of the two lanes, the axis, and the whole."""

MOST_POINTS = 2600
"""Points of a line; of more, the least and the greatest of each stretch are kept."""

Curve = tuple["NDArray[np.float64]", "NDArray[np.float64]", str, float, float]
"""(times, values, role, width, opacity)."""


def panel(example: Example) -> Drawing:
    """Draw one window: the source above, the measured target and the generated one below."""
    source, target = example.source.upper(), example.target.upper()
    moved = f"; generated moved by {milliseconds(example.lag)}" if round(example.lag, 3) else ""
    r = f"r = {wording.number(example.r, 2)}" if math.isfinite(example.r) else "r unknown"
    kind, _, number = example.name.partition(" ")
    name = f"{kind[:1].upper()}{kind[1:]} window {number}".rstrip()
    out = Drawing(
        title=name,
        subtitle=f"{r}{moved}",
        about=f"{name}: {target} generated from {source}, {r}{moved}.",
        width=WIDTH,
        height=HEIGHT,
    )
    x = Scale(low=0, high=example.seconds, first=EDGE, last=WIDTH - EDGE)
    _seconds(out, x)
    out.text(EDGE, FIRST - 7, f"{source}, shown to the model", example.source, 11.5, bold=True)
    _lane(out, x, FIRST, [(example.time, example.shown, example.source, 1.5, 1.0)])
    words = f"{target} as measured"
    out.text(EDGE, SECOND - 7, words, example.target, 11.5, bold=True)
    right = EDGE + wording.text_width(words, 11.5) + 24
    words = f"{target} generated: not a measurement, never diagnostic"
    out.text(right, SECOND - 7, words, "generated", 11.5, bold=True)
    moved_to = example.time + example.lag
    inside = (moved_to >= 0) & (moved_to <= example.seconds)
    # The measurement lies below, broad and pale: the pair reads without colour, too.
    lines: list[Curve] = [
        (example.time, example.truth, example.target, 3.4, 0.4),
        (moved_to[inside], example.made[inside], "generated", 1.5, 1.0),
    ]
    _lane(out, x, SECOND, lines)
    return out


def milliseconds(lag: float) -> str:
    """Return a lag in words."""
    return f"{wording.number(1000 * lag, 0, signed=True)} ms"


def _seconds(out: Drawing, x: Scale) -> None:
    whole = math.floor(x.high + 1e-6)
    for second in range(0, whole + 1, max(1, whole // 12)):
        out.line([(x(second), FIRST), (x(second), BOTTOM)], "faint")
        anchor = "start" if second == 0 else "end" if second == x.high else "middle"
        out.text(x(second), BOTTOM + 14, f"{second}", "muted", 10.5, anchor)
    words = "seconds; every signal in units of its own SD"
    out.text(WIDTH - EDGE, BOTTOM + 30, words, "muted", 10.5, "end")


def _lane(out: Drawing, x: Scale, top: float, lines: list[Curve]) -> None:
    low, high = reach((float(v) for _, values, *_ in lines for v in values), pad=0.03)
    y = Scale(low=low, high=high, first=top + LANE, last=top)
    for times, values, role, width, opacity in lines:
        points = ((x(float(times[k])), y(float(values[k]))) for k in thinned(values))
        out.line(points, role, width, opacity=opacity)


def thinned(values: NDArray[np.float64]) -> list[int]:
    """Return which samples are drawn: all, or both ends of each stretch, so that peaks stay."""
    if len(values) <= MOST_POINTS:
        return list(range(len(values)))
    kept: list[int] = []
    for part in np.array_split(np.arange(len(values)), MOST_POINTS // 2):
        known = np.nan_to_num(values[part])
        kept += sorted({int(part[known.argmin()]), int(part[known.argmax()])})
    return kept
