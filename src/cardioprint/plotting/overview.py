"""One picture of a recording: its signals, what the model makes of them, and their course."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import RecordError
from cardioprint.fingerprints.pipeline import opened
from cardioprint.plotting import style, waves
from cardioprint.plotting.course import Course, draw_barcode
from cardioprint.plotting.excerpt import infos, read_excerpt
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from cardioprint.fingerprints.pipeline import Recording
    from cardioprint.fingerprints.result import Fingerprints
    from cardioprint.plotting.excerpt import Excerpt

FORMATS = (".png", ".svg")

HEADER, BOTTOM = 0.66, 0.42
"""Inches above the first panel's heading and below the last panel."""

ROWS = {
    "ecg": (0.36, 1.55),
    "ppg": (0.34, 1.45),
    "generated": (0.32, 1.30),
    "remark": (0.42, 0.16),
    "heart_rate": (0.32, 0.75),
    "quality": (0.32, 0.52),
    "components": (0.34, 1.55),
    "barcode": (0.66, 0.40),
    "verdict": (0.46, 0.16),
}
"""Panels from top to bottom: inches free above, inches high."""

WHOLE, APART = ("heart_rate", "quality", "components"), 0.64
"""Panels of the whole record; inches above the first of them."""

LONGEST_NAME = 48
"""Letters of a record's name that fit."""

SIDE, BETWEEN = 2.6, 0.45
"""Inches of the square beside the panels of the whole record, and between them."""


def overview(
    recording: Recording,
    fingerprints: Fingerprints,
    *,
    model: str | Path = "tiny",
    out: str | Path,
    seconds: float = 12.0,
    reader: Mapping[str, Any] | None = None,
) -> Path:
    """Draw one picture of a recording and its fingerprints.

    From top to bottom: the best stretch of ECG and PPG with beats and pulse arrival times; one
    modality as the model generates it from the other; heart rate and signal quality of the
    whole record; the course of the fingerprint and how alike its windows are. Only the stretch
    is read from the recording; everything else comes from the fingerprints.

    Args:
        recording: What the fingerprints were made from: a Record, an opened file or a path.
        fingerprints: Its fingerprints.
        model: The model that made them: a packaged model's name or a model folder.
        out: File to write, .png (1600 px wide) or .svg. Its folder is made if need be.
        seconds: Length of the stretch.
        reader: Arguments for `open_record`, the same as for `fingerprint`.

    Returns:
        The file written.

    Raises:
        RecordError: The recording cannot be read, or `out` or `seconds` cannot be done.
        ModelError: The model is not the one that made the fingerprints.
    """
    from matplotlib.figure import Figure

    out = Path(out)
    if out.suffix.lower() not in FORMATS:
        raise RecordError(
            f"cannot draw a {out.suffix or 'file without extension'}",
            source=out,
            field="out",
            fix=f"use one of {', '.join(FORMATS)}",
        )
    if not seconds >= 1:
        raise RecordError("an excerpt lasts at least a second", field="seconds", fix="give >= 1")
    source = opened(recording, **(reader or {}))
    channels = infos(source, fingerprints)
    end = max(c.start + c.duration for c in channels if c is not None)
    excerpt = read_excerpt(source, fingerprints, model=model, seconds=seconds)

    rows = _rows(fingerprints, excerpt)
    height = HEADER + sum(gap + tall for gap, tall in rows.values()) + BOTTOM
    figure = Figure(figsize=(style.WIDTH, height), dpi=style.DPI, facecolor=style.PAPER)
    axes = _place(figure, rows, height)
    _header(figure, fingerprints, channels, end, height)
    _draw_excerpt(axes, fingerprints, excerpt, channels)
    _draw_course(axes, fingerprints, excerpt, end)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=style.DPI, metadata={"Software": None} if _png(out) else {"Date": None})
    return out


def _png(out: Path) -> bool:
    return out.suffix.lower() == ".png"


def _rows(fingerprints: Fingerprints, excerpt: Excerpt) -> dict[str, tuple[float, float]]:
    """Return the panels this record has something for, with inches above and inches high."""
    rows = [m.value for m, name in zip(MODALITIES, fingerprints.channels, strict=True) if name]
    if excerpt.generated is not None:
        rows.append("generated")
    elif excerpt.window >= 0:
        rows.append("remark")
    count, known = len(fingerprints), int((~fingerprints.abstained).sum())
    if count > 1 and np.isfinite(fingerprints.heart_rate).any():
        rows.append("heart_rate")
    if count:
        rows.append("quality")
    if known > 1:
        rows.append("components")
    elif known == 1:
        rows.append("barcode")
    else:
        rows.append("verdict")
    sizes = {row: ROWS[row] for row in rows}
    first = next((row for row in rows if row in WHOLE), None)
    if first is not None:
        sizes[first] = (APART, ROWS[first][1])
    return sizes


def _place(figure: Figure, rows: dict[str, tuple[float, float]], height: float) -> dict[str, Axes]:
    """Return the panels by name, with "side" and "bar" beside the course where there is one."""
    axes: dict[str, Axes] = {}
    top = height - HEADER
    with_side = "components" in rows
    wide = style.WIDTH - style.LEFT - style.RIGHT

    def add(name: str, left: float, bottom: float, width: float, tall: float) -> None:
        box = (left / style.WIDTH, bottom / height, width / style.WIDTH, tall / height)
        axes[name] = figure.add_axes(box)
        style.bare(axes[name])

    upper = 0.0
    for row, (gap, tall) in rows.items():
        top -= gap
        if row in WHOLE and not upper:
            upper = top
        width = wide - SIDE - BETWEEN if row in WHOLE and with_side else wide
        add(row, style.LEFT, top - tall, width, tall)
        top -= tall
    if with_side:
        left = style.WIDTH - style.RIGHT - SIDE
        add("side", left, upper - SIDE, SIDE, SIDE)
        add("bar", left, upper - SIDE - 0.50, SIDE, 0.09)
    return axes


def _header(
    figure: Figure, fingerprints: Fingerprints, channels: list[Any], end: float, height: float
) -> None:
    """Write what was recorded and what it was made into."""
    left, name = style.LEFT / style.WIDTH, fingerprints.record or "recording"
    figure.text(
        left,
        1 - 0.20 / height,
        name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…",
        fontsize=style.TITLE,
        fontweight="bold",
        color=style.INK,
        va="top",
    )
    figure.text(
        1 - style.RIGHT / style.WIDTH,
        1 - 0.24 / height,
        "cardioprint",
        fontsize=style.LABEL,
        fontweight="bold",
        color=style.MUTED,
        ha="right",
        va="top",
    )
    named = [
        f"{m.upper()} {_place_of(c)}".strip() if c is not None else f"no {m.upper()}"
        for m, c in zip(MODALITIES, channels, strict=True)
    ]
    count, gone = len(fingerprints), int(fingerprints.abstained.sum())
    windows = f"{count} window{'s' * (count != 1)} of {fingerprints.window:g} s"
    share = f", {100 * gone / count:.0f} % abstained" if count else ""
    text = [style.length(end), *named, windows + share, f"model {fingerprints.model}"]
    figure.text(
        left,
        1 - 0.53 / height,
        "   ·   ".join(text),
        fontsize=style.LABEL,
        color=style.MUTED,
        va="top",
    )


def _place_of(channel: Any) -> str:
    """Return a channel's name, with its lead or site where the name does not say it."""
    place = channel.lead or channel.site
    if channel.name.lower() == channel.modality:  # "PPG PPG" says nothing
        return place
    return channel.name if not place or place in channel.name else f"{channel.name} ({place})"


def _draw_excerpt(
    axes: dict[str, Axes], fingerprints: Fingerprints, excerpt: Excerpt, channels: list[Any]
) -> None:
    """Draw the panels of the stretch, all on one axis of seconds."""
    where = f"{style.length(excerpt.duration)} from {style.clock(excerpt.start)}"
    where += ", the best stretch" if len(fingerprints) > 1 else ""
    if len(fingerprints) and not fingerprints.used.any():
        where += " of a record in which all windows abstained"
    names = [m.value for m in MODALITIES if m.value in axes]
    for row, modality in enumerate(MODALITIES):
        if modality.value not in axes:
            continue
        parts = [(modality.upper(), style.SIGNALS[row]), (_place_of(channels[row]), style.INK)]
        if names[0] == modality.value:
            parts.append((where, style.MUTED))
        if excerpt.window >= 0 and not fingerprints.used[excerpt.window, row]:
            parts.append((f"not used: {_why(fingerprints, excerpt.window, row)}", style.INK))
        draw = waves.draw_ecg if row == 0 else waves.draw_ppg
        draw(axes[modality.value], excerpt, channels[row].unit, parts)
    if excerpt.generated is not None:
        waves.draw_generated(axes["generated"], excerpt.generated)
        names.append("generated")
    elif "remark" in axes:
        style.remark(axes["remark"], "No reconstruction: there is nothing the model may be shown.")
    for name in names:
        waves.rule(axes[name], excerpt.duration, last=name == names[-1])
    if excerpt.arrivals:
        waves.draw_arrivals(axes["ecg"], axes["ppg"], excerpt)


def _why(fingerprints: Fingerprints, window: int, row: int) -> str:
    """Return the reasons against a channel of a window."""
    lead = f"{MODALITIES[row]}: "
    parts = [p for p in fingerprints.reasons[window].split("; ") if p.startswith(lead)]
    return parts[0].removeprefix(lead) if parts else "quality"


def _draw_course(
    axes: dict[str, Axes], fingerprints: Fingerprints, excerpt: Excerpt, end: float
) -> None:
    """Draw the panels of the whole record, all on one axis of minutes."""
    if "verdict" in axes:
        count = len(fingerprints)
        text = f"All {count} windows abstained: this record has" if count else "Too short for"
        style.remark(axes["verdict"], f"{text} {'no' if count else 'a'} fingerprint.")
    if "barcode" in axes:
        draw_barcode(axes["barcode"], fingerprints)
    if "quality" not in axes:
        return
    stop = excerpt.start + excerpt.duration
    course = Course(fingerprints, end, (excerpt.start, stop))
    if "heart_rate" in axes:
        course.draw_heart_rate(axes["heart_rate"])
    course.draw_quality(axes["quality"], last="components" not in axes)
    if "components" in axes:
        course.draw_components(axes["components"])
        course.draw_similarity(axes["side"], axes["bar"])
