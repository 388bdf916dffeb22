"""Curves: a figure against the share of labels, or against a disturbance that grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cardioprint.benchmark.report_page import wording
from cardioprint.benchmark.report_page.drawing import Drawing, Scale, reach, tick_words, ticks
from cardioprint.benchmark.report_page.figures.looks import Look, look
from cardioprint.benchmark.results import Curve

EFFICIENCY = "label efficiency"
"""Name of the one curve that is no disturbance."""

LENGTH = "length"
"""Name of the ladder in which the clean windows are a step among others."""

WIDTH, HEIGHT = 344.0, 236.0
LEFT, RIGHT, TOP, FOOT = 44.0, 12.0, 8.0, 44.0
"""Pixels around the plot."""

REFUSED = 15.0
"""Pixels of the line below the steps that tells how many windows were refused."""


def panel(
    found: Sequence[Curve], model: str, looks: Mapping[str, Look], title: str, subtitle: str
) -> Drawing:
    """Draw one curve an encoder over the same steps, which stand at equal distances.

    Args:
        found: Curves of one name, axis and measure.
        model: Drawn last and with its interval.
        looks: Of the encoders.
        title: Above the panel.
        subtitle: Below the title.
    """
    first = found[0]
    about = f"{title}: {first.measure} against {first.axis}, {len(found)} encoders."
    refused = next((c for c in found if any(math.isfinite(r) for r in c.refused)), None)
    height = HEIGHT + (REFUSED if refused else 0)
    out = Drawing(title=title, subtitle=subtitle, about=about, width=WIDTH, height=height)
    steps = list(dict.fromkeys(at for c in found for at in c.at))
    # All labels are the last step of label efficiency, not another signal.
    clean = first.name != EFFICIENCY and any(_undisturbed(c) for c in found)
    places = _places(len(steps), clean)
    low, high = reach(
        (v for c in found for v in (*c.value, c.clean if clean else math.nan, *_own(c, model))),
        pad=0.05,
    )
    y = Scale(low=low, high=high, first=HEIGHT - FOOT, last=TOP)
    words = [wording.at(s, first.axis) for s in steps]
    _axes(out, y, words, places, first, clean=clean, below=REFUSED if refused else 0.0)
    if refused:
        _refused(out, [places[1 + steps.index(at)] for at in refused.at], refused)
    for curve in sorted(found, key=lambda c: c.encoder == model):
        mine = look(curve.encoder, looks)
        own = curve.encoder == model
        x = [places[1 + steps.index(at)] for at in curve.at]
        if own:
            _band(out, x, curve, y)
        width = 2.6 if own else 1.4
        points = [(a, y(v)) for a, v in zip(x, curve.value, strict=False)]
        out.line(points, mine.role, width, () if own else mine.dash, 1 if own else 0.85)
        size = 7.5 if own else 6
        if clean and math.isfinite(curve.clean):
            tip = f"{curve.encoder}, clean: {_told(curve, curve.clean)}"
            out.mark(places[0], y(curve.clean), mine.shape, mine.role, size, tip)
        if own and (clean or first.name == LENGTH):
            level = y(curve.clean)
            out.line([(places[0], level), (WIDTH - RIGHT, level)], mine.role, 1, (2, 3))
        if own:
            _kept(out, x, curve, y)
        for k, (a, b) in enumerate(points):
            out.mark(a, b, mine.shape, mine.role, size, _tip(curve, k))
    return out


def _undisturbed(curve: Curve) -> bool:
    """Whether the clean figure is known and is not a step itself."""
    if curve.name == LENGTH and curve.clean in curve.value:
        return False
    return math.isfinite(curve.clean) and curve.value[:1] != (curve.clean,)


def _places(steps: int, clean: bool) -> list[float]:
    """Return x of "clean" and of each step."""
    start = LEFT + 14 + (34 if clean else 0)
    room = WIDTH - RIGHT - 10 - start
    each = room / max(steps - 1, 1)
    shift = room / 2 if steps == 1 else 0.0
    return [LEFT + 14, *(start + shift + each * k for k in range(steps))]


def _axes(
    out: Drawing,
    y: Scale,
    words: list[str],
    places: list[float],
    curve: Curve,
    *,
    clean: bool,
    below: float,
) -> None:
    bottom = HEIGHT - FOOT
    values = ticks(y.low, y.high, 5)
    for value, told in zip(values, tick_words(values), strict=True):
        out.line([(LEFT, y(value)), (WIDTH - RIGHT, y(value))], "faint")
        out.text(LEFT - 6, y(value) + 3.5, told, "muted", 10, "end")
    if clean:
        out.text(places[0], bottom + 14, "clean", "muted", 10, "middle")
    room = (places[2] - places[1]) if len(places) > 2 else 200.0
    widest = max((wording.text_width(w, 10) for w in words), default=0.0)
    every = max(1, math.ceil((widest + 4) / max(room, 1)))
    for k, (x, told) in enumerate(zip(places[1:], words, strict=True)):
        if k % every == 0:
            short = wording.shortened(told, max(room * every - 4, 40), 10)
            out.text(x, bottom + 14, short, "muted", 10, "middle", tip=told)
    out.line([(LEFT, bottom), (WIDTH - RIGHT, bottom)], "rule")
    axis = wording.shortened(wording.spelt(curve.axis), WIDTH - LEFT - 60, 10.5)
    out.text(LEFT, bottom + 33 + below, axis, "muted", 10.5, tip=curve.axis)
    sense = "\N{DOWNWARDS ARROW} better" if curve.better == "lower" else "\N{UPWARDS ARROW} better"
    out.text(WIDTH - RIGHT, bottom + 33 + below, sense, "muted", 10, "end")


def _refused(out: Drawing, x: list[float], curve: Curve) -> None:
    """Write the share of windows that the quality index refuses below each step."""
    bottom = HEIGHT - FOOT + 14 + REFUSED
    out.text(0, bottom, "refused", "muted", 9)
    for a, share in zip(x, curve.refused, strict=False):
        if math.isfinite(share):
            # Half of the windows and more: there the product says nothing rather than this.
            out.text(a, bottom, percent(share), "muted", 9, "middle", bold=share >= 0.5)


def _kept(out: Drawing, x: list[float], curve: Curve, y: Scale) -> None:
    """Draw the figure of the windows that are not refused, where some are."""
    told = zip(x, curve.kept, curve.refused, strict=False)
    points = [(a, y(v) if share > 0 else math.nan) for a, v, share in told]
    out.line(points, "model", 1.2, (1.5, 2.5))
    for k, (a, b) in enumerate(points):
        if math.isfinite(b):
            where = wording.at(curve.at[k], curve.axis)
            rest = f"{_told(curve, curve.kept[k])} of the {percent(1 - curve.refused[k])}"
            tip = f"{curve.encoder}, {where}: {rest} that are not refused"
            out.mark(a, b, "ring", "model", 8.5, tip)


def percent(share: float) -> str:
    """Return a share in whole percent; none and all are told from nearly none and nearly all."""
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def _own(curve: Curve, model: str) -> tuple[float, ...]:
    return (*curve.low, *curve.high, *curve.kept) if curve.encoder == model else ()


def _band(out: Drawing, x: list[float], curve: Curve, y: Scale) -> None:
    ends = [
        (a, y(low), y(high))
        for a, low, high in zip(x, curve.low, curve.high, strict=False)
        if math.isfinite(low) and math.isfinite(high)
    ]
    if len(ends) == 1:  # no band without a stretch
        (a, low, high) = ends[0]
        out.line([(a, low), (a, high)], "model", 2, opacity=0.5)
    out.area([(a, b) for a, b, _ in ends] + [(a, c) for a, _, c in reversed(ends)], "model", 0.13)


def _told(curve: Curve, value: float) -> str:
    return wording.number(value, wording.digits(curve.measure, curve.value))


def _tip(curve: Curve, k: int) -> str:
    decimals = wording.digits(curve.measure, curve.value)
    low = curve.low[k] if k < len(curve.low) else math.nan
    high = curve.high[k] if k < len(curve.high) else math.nan
    where = wording.at(curve.at[k], curve.axis)
    return f"{curve.encoder}, {where}: {wording.full(curve.value[k], low, high, decimals)}"
