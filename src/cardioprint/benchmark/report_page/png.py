"""Drawings as a PNG, in the light colours: what Markdown shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.benchmark.report_page import svg
from cardioprint.benchmark.report_page.drawing import Area, Drawing, Item, Line, Mark, Text
from cardioprint.benchmark.report_page.theme import LIGHT
from cardioprint.benchmark.report_page.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCALE, DPI = 2, 100
"""Pixels of the file a pixel of the drawing; dots per inch, which only relate points to pixels."""

MARGIN, GAP, HEADER = 18.0, 26.0, 40.0
"""Pixels around the panels, between them, and above each for its title."""

FONT = ("DejaVu Sans",)
"""Comes with matplotlib: the same picture everywhere."""

SHRINK = 0.9
"""DejaVu is broader than what a browser takes."""


def write(
    panels: Sequence[Drawing],
    path: Path,
    *,
    columns: int,
    head: str = "",
    legend: Drawing | None = None,
) -> bool:
    """Write panels in columns, each under the shortest so far; whether there was one to write.

    Args:
        panels: In the order of reading.
        path: Of the PNG.
        columns: At most so many beside each other.
        head: Line above all.
        legend: Drawn under that line.
    """
    if not panels:
        return False
    columns = min(columns, len(panels))
    wide = max(p.width for p in panels)
    top = MARGIN + (22 if head else 0) + (legend.height + 8 if legend else 0)
    ends = [top] * columns
    places = []
    for panel in panels:
        k = ends.index(min(ends))
        places.append((MARGIN + k * (wide + GAP), ends[k]))
        ends[k] += HEADER + panel.height + GAP
    width = 2 * MARGIN + columns * wide + (columns - 1) * GAP
    height = max(ends) - GAP + MARGIN
    _draw(panels, places, path, (width, height), head, legend)
    return True


def _draw(
    panels: Sequence[Drawing],
    places: Sequence[tuple[float, float]],
    path: Path,
    size: tuple[float, float],
    head: str,
    legend: Drawing | None,
) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = size
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI * SCALE, facecolor=LIGHT["paper"])
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    if head:
        _put(axes, Text(x=MARGIN, y=MARGIN + 12, words=head, size=13, bold=True))
    if legend is not None:
        for item in legend.items:
            _put(axes, _moved(item, MARGIN, MARGIN + (22 if head else 0)))
    for panel, (x, y) in zip(panels, places, strict=True):
        title = shortened(panel.title, panel.width, 12.5)
        _put(axes, Text(x=x, y=y + 13, words=title, size=12.5, bold=True))
        subtitle = shortened(panel.subtitle, panel.width, 10)
        _put(axes, Text(x=x, y=y + 29, words=subtitle, size=10, role="muted"))
        for item in panel.items:
            _put(axes, _moved(item, x, y + HEADER))
    figure.savefig(path, format="png", dpi=DPI * SCALE, metadata={"Software": None})


def _moved(item: Item, x: float, y: float) -> Item:
    if isinstance(item, Line | Area):
        return replace(item, points=tuple((a + x, b + y) for a, b in item.points))
    return replace(item, x=item.x + x, y=item.y + y)


def _put(axes: Axes, item: Item) -> None:
    """Draw an item above all that were drawn before it."""
    above = 1 + 1e-4 * len(axes.get_children())
    colour = LIGHT[item.role]
    point = 72 / DPI  # matplotlib measures in points
    if isinstance(item, Line):
        style = (0, tuple(d / item.width for d in item.dash)) if item.dash else "-"
        axes.plot(
            *zip(*item.points, strict=True),
            color=colour,
            linewidth=item.width * point,
            linestyle=style,
            alpha=item.opacity,
            zorder=above,
            solid_joinstyle="round",
            solid_capstyle="butt",
        )
    elif isinstance(item, Area):
        axes.fill(
            *zip(*item.points, strict=True),
            color=colour,
            alpha=item.opacity,
            linewidth=0,
            zorder=above,
        )
    elif isinstance(item, Mark):
        if item.shape in ("circle", "ring"):
            face = LIGHT["paper"] if item.shape == "ring" else colour
            axes.plot(
                item.x,
                item.y,
                "o",
                zorder=above,
                markersize=item.size * point,
                markerfacecolor=face,
                markeredgecolor=colour,
                markeredgewidth=1.6 * point if item.shape == "ring" else 0,
            )
        else:
            axes.fill(
                *zip(*svg.corners(item), strict=True), color=colour, linewidth=0, zorder=above
            )
    else:
        axes.text(
            item.x,
            item.y,
            item.words,
            color=colour,
            zorder=above,
            fontsize=item.size * point * SHRINK,
            fontfamily=FONT,
            fontweight="bold" if item.bold else "normal",
            ha={"start": "left", "middle": "center", "end": "right"}[item.anchor],
            va="baseline",
            parse_math=False,
        )
