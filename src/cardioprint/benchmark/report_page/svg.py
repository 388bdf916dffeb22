"""A drawing as inline SVG: real text, colours out of the page's style, no script."""

from __future__ import annotations

from cardioprint.benchmark.report_page.drawing import Area, Drawing, Item, Line, Mark, Point, Text
from cardioprint.benchmark.report_page.markup import Attribute, Markup, element, tag


def render(drawing: Drawing) -> Markup:
    """Return a drawing as an SVG element that scales to the width it is given."""
    attributes: dict[str, Attribute] = {
        "viewBox": f"0 0 {_n(drawing.width)} {_n(drawing.height)}",
        "role": "img",
        "aria-label": drawing.about,
    }
    return element("svg", attributes, *(_item(i) for i in drawing.items))


def swatch(role: str, shape: str, dash: tuple[float, ...] = (), *, line: bool = False) -> Markup:
    """Return the mark of a legend."""
    wide = 26 if line else 12
    small = Drawing(title="", about="", width=wide, height=12)
    if line:
        small.line([(0, 6), (wide, 6)], role, 2.4 if role == "model" else 1.5, dash)
    small.mark(wide / 2, 6, shape, role, 7 if line else 8.5)
    attributes: dict[str, Attribute] = {
        "viewBox": f"0 0 {wide} 12",
        "width": wide,
        "height": 12,
        "class": "swatch",
        "aria-hidden": "true",
    }
    return element("svg", attributes, *(_item(i) for i in small.items))


def _item(item: Item) -> Markup:
    if isinstance(item, Line):
        return element(
            "polyline",
            {
                "points": _points(item.points),
                "class": f"l s-{item.role}",
                "stroke-width": _n(item.width),
                "stroke-dasharray": " ".join(_n(d) for d in item.dash) or None,
                "opacity": _opacity(item.opacity),
            },
        )
    if isinstance(item, Area):
        return element(
            "polygon",
            {
                "points": _points(item.points),
                "class": f"f-{item.role}",
                "opacity": _opacity(item.opacity),
            },
        )
    if isinstance(item, Mark):
        return _mark(item)
    return _text(item)


def _text(item: Text) -> Markup:
    anchor = {"start": None, "middle": "middle", "end": "end"}[item.anchor]
    return element(
        "text",
        {
            "x": _n(item.x),
            "y": _n(item.y),
            "class": f"f-{item.role}" + (" b" if item.bold else ""),
            "font-size": _n(item.size),
            "text-anchor": anchor,
        },
        item.words,
        tag("title", item.tip) if item.tip else None,
    )


def _mark(item: Mark) -> Markup:
    tip = tag("title", item.tip) if item.tip else None
    x, y, r = item.x, item.y, item.size / 2
    fill: dict[str, Attribute] = {"class": f"f-{item.role}"}
    if item.shape in ("circle", "ring"):
        round_: dict[str, Attribute] = {"cx": _n(x), "cy": _n(y), "r": _n(r)}
        if item.shape == "ring":
            hollow = f"f-paper s-{item.role}"
            return element("circle", round_ | {"class": hollow, "stroke-width": "1.6"}, tip)
        return element("circle", round_ | fill, tip)
    return element("polygon", {"points": _points(corners(item)), **fill}, tip)


def corners(item: Mark) -> tuple[Point, ...]:
    """Return the corners of a mark that is no circle."""
    x, y, r = item.x, item.y, item.size / 2
    if item.shape == "diamond":
        r *= 1.2
        return ((x, y - r), (x + r, y), (x, y + r), (x - r, y))
    if item.shape == "up":
        return ((x, y - r * 1.1), (x + r * 1.1, y + r * 0.9), (x - r * 1.1, y + r * 0.9))
    if item.shape == "bar":
        a, b = 1.4, r * 1.1
        return ((x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b))
    r *= 0.9
    return ((x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r))


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _opacity(value: float) -> str | None:
    return None if value == 1 else f"{value:g}"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
