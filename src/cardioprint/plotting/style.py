"""How every picture looks: colours, sizes, and the few marks all panels share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ECG, PPG, GENERATED = "#0068A8", "#CC5200", "#00805C"
"""Blue, vermilion and bluish green of Okabe & Ito (2008), darkened for thin lines on white:
told apart with any colour vision. Generated is never the colour of a measurement."""

SIGNALS = (ECG, PPG)
"""In the order of the channel axis."""

INK, MUTED, FAINT, PAPER = "#1F2328", "#6B7280", "#E3E6EA", "#FFFFFF"
"""Text, secondary text, rules, background."""

COMPONENTS = ("#1F2328", "#6F5A8C", "#9384AD")
"""Principal components, darker is more variance; none is the colour of a signal."""

UNUSED, HATCH = "#4B5563", "#9CA3AF"
"""What the model was not shown, and the hatching on it."""

SIMILARITY = ("#FFFFFF", "#B9AECB", "#6F5A8C", "#2B2140")
"""From the least to the most alike."""

WIDTH, DPI = 10.0, 160
"""Inches, dots per inch: 1600 px wide, and 8.5 pt is still 10 px high at 900 px."""

TITLE, HEADING, LABEL, SMALL = 15.0, 9.5, 8.5, 7.5
"""Points: name of the record, headings of panels, text, remarks."""

LEFT, RIGHT = 0.72, 0.22
"""Inches left and right of the panels."""

MINUS = str.maketrans("-", "\N{MINUS SIGN}")


def bare(axes: Axes, *, ticks: bool = True) -> None:
    """Remove the box; leave small grey ticks or none."""
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=2.5, width=0.6, color=MUTED, labelcolor=MUTED, labelsize=SMALL, pad=2)
    if not ticks:
        axes.set_xticks([])
        axes.set_yticks([])


def heading(axes: Axes, parts: list[tuple[str, str]], *, right: str = "") -> None:
    """Write a panel's heading above it: pieces of text in their colours, and one at the right.

    Args:
        axes: The panel.
        parts: (text, colour); the first is bold.
        right: Grey text flush with the right edge.
    """
    anchor: Any = axes
    for number, (text, colour) in enumerate(parts):
        first = number == 0
        anchor = axes.annotate(
            text,
            xy=(0, 1) if first else (1, 0),
            xycoords="axes fraction" if first else anchor,
            xytext=(0, 5) if first else (6, 0),
            textcoords="offset points",
            va="bottom",
            fontsize=HEADING if first else LABEL,
            fontweight="bold" if first else "normal",
            color=colour,
            annotation_clip=False,
        )
    if right:
        axes.annotate(
            right,
            xy=(1, 1),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=LABEL,
            color=MUTED,
            annotation_clip=False,
        )


def remark(axes: Axes, text: str) -> None:
    """Write a grey remark into an otherwise empty panel."""
    bare(axes, ticks=False)
    axes.text(
        0.0,
        0.5,
        text,
        transform=axes.transAxes,
        va="center",
        fontsize=LABEL,
        color=MUTED,
        style="italic",
    )


def time_unit(seconds: float) -> tuple[float, str]:
    """Return the seconds in the unit that suits an axis of this length, and its name."""
    if seconds < 120:
        return 1.0, "seconds"
    if seconds < 4 * 3600:
        return 60.0, "minutes"
    return 3600.0, "hours"


def clock(seconds: float) -> str:
    """Return a moment of a record as 0:42 or 13:05:10."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def length(seconds: float) -> str:
    """Return a duration in words a person would use: "2.1 s", "5 min", "23 h 10 min"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")


def number(value: float, digits: int = 2) -> str:
    """Return a number with a true minus sign."""
    return f"{value:.{digits}f}".translate(MINUS)
