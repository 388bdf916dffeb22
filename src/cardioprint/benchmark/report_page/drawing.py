"""A figure as a list of marks in pixels, so that the page and the PNG show the same one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line through points.

    Attributes:
        points: x to the right, y down.
        role: Colour, out of `theme`.
        width: Pixels.
        dash: Lengths of dashes and gaps.
        opacity: 0 to 1.
    """

    points: tuple[Point, ...]
    role: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Area:
    """A filled polygon; see `Line`."""

    points: tuple[Point, ...]
    role: str
    opacity: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A value.

    Attributes:
        x: Centre.
        y: Centre.
        shape: Out of `theme.SHAPES`.
        role: Colour.
        size: Diameter in pixels.
        tip: What a pointer that rests on it is told.
    """

    x: float
    y: float
    shape: str
    role: str
    size: float = 7.0
    tip: str = ""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words; y is the base line.

    Attributes:
        tip: The whole of what was shortened.
    """

    x: float
    y: float
    words: str
    role: str = "ink"
    size: float = 11.0
    anchor: Anchor = "start"
    bold: bool = False
    tip: str = ""


Item = Line | Area | Mark | Text


@dataclass(kw_only=True)
class Drawing:
    """One panel.

    Attributes:
        title: Above it.
        subtitle: Below the title, smaller.
        about: The figure in a sentence, for those who do not see it.
        width: Pixels.
        height: Pixels.
        anchor: Part of the page that the title leads to, "" for none.
        items: In the order of drawing.
    """

    title: str
    subtitle: str = ""
    about: str
    width: float
    height: float
    anchor: str = ""
    items: list[Item] = field(default_factory=list)

    def line(
        self,
        points: Iterable[Point],
        role: str,
        width: float = 1.0,
        dash: tuple[float, ...] = (),
        opacity: float = 1.0,
    ) -> None:
        """Draw lines; a point that is no number interrupts them."""
        for part in _unbroken(points):
            if len(part) > 1:
                self.items.append(
                    Line(points=part, role=role, width=width, dash=dash, opacity=opacity)
                )

    def area(self, points: Iterable[Point], role: str, opacity: float) -> None:
        """Draw a polygon of the points that are numbers."""
        kept = tuple(p for p in points if math.isfinite(p[0]) and math.isfinite(p[1]))
        if len(kept) > 2:
            self.items.append(Area(points=kept, role=role, opacity=opacity))

    def box(
        self, x: float, y: float, width: float, height: float, role: str, opacity: float
    ) -> None:
        """Draw a filled rectangle."""
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        self.area(corners, role, opacity)

    def mark(
        self, x: float, y: float, shape: str, role: str, size: float = 7.0, tip: str = ""
    ) -> None:
        """Draw a value if it is a number."""
        if math.isfinite(x) and math.isfinite(y):
            self.items.append(Mark(x=x, y=y, shape=shape, role=role, size=size, tip=tip))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        role: str = "ink",
        size: float = 11.0,
        anchor: Anchor = "start",
        *,
        bold: bool = False,
        tip: str = "",
    ) -> None:
        """Write words."""
        self.items.append(
            Text(x=x, y=y, words=words, role=role, size=size, anchor=anchor, bold=bold, tip=tip)
        )


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Values to pixels.

    Attributes:
        low: Value at `first`.
        high: Value at `last`.
        first: Pixel.
        last: Pixel; above it on the screen for a y axis.
    """

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        span = self.high - self.low
        return self.first + (value - self.low) / span * (self.last - self.first)

    def held(self, value: float) -> float:
        """Return the pixel of a value, at the end of the axis where it lies beyond."""
        return self(min(max(value, self.low), self.high))


def reach(values: Iterable[float], pad: float = 0.06, least: float = 1e-3) -> tuple[float, float]:
    """Return the reach of the values that are numbers, with room on either side."""
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    span = max(high - low, least, 1e-6 * max(abs(low), abs(high)))
    middle = (low + high) / 2
    return middle - span * (0.5 + pad), middle + span * (0.5 + pad)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round values between two limits, at most so many."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return []
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in (power * k for k in (1, 2, 2.5, 5, 10, 20)):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= most:
            return [k * step for k in range(first, last + 1)]
    return []


def tick_words(values: Sequence[float]) -> list[str]:
    """Return the values of ticks with just the decimals that tell them apart."""
    for decimals in range(7):
        words = [f"{v:.{decimals}f}" for v in values]
        if all(
            abs(float(w) - v) < 1e-9 + 1e-6 * abs(v) for w, v in zip(words, values, strict=True)
        ):
            break
    else:
        words = [f"{v:g}" for v in values]
    return [w.replace("-", "\N{MINUS SIGN}") if float(w) else w.lstrip("-") for w in words]


def _unbroken(points: Iterable[Point]) -> Iterable[tuple[Point, ...]]:
    part: list[Point] = []
    for x, y in points:
        if math.isfinite(x) and math.isfinite(y):
            part.append((x, y))
        elif part:
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)
