"""The pictures that Markdown shows: the same drawings as on the page, in PNG files."""

from __future__ import annotations

from pathlib import Path

from cardioprint.benchmark.report_page import png, wording
from cardioprint.benchmark.report_page.drawing import Drawing
from cardioprint.benchmark.report_page.figures import curves, looks, reliability, traces
from cardioprint.benchmark.report_page.parts import (
    curve_tables,
    headlines,
    reconstruction,
    robustness,
)
from cardioprint.benchmark.report_page.report import Report
from cardioprint.benchmark.report_page.standing import headline

COLUMNS = 3
RANKED = 3
"""Examples of a task that were chosen by rank: best, median, worst; others stand on the page."""

PICTURED = ("noise", "sampling rate", "length")
"""Ladders of many steps: those of one or two stand on the page."""

MOST_PANELS = 24
"""Panels of a picture; the page shows all."""


def write(report: Report, folder: Path) -> list[Path]:
    """Write the pictures that have something to show; old ones without it are removed."""
    found = {
        "forest": (_forest(report), "All tasks, all encoders, 95 % intervals over people"),
        "efficiency": (_efficiency(report), "How many people\u2019s labels it needs"),
        "robustness": (
            _robustness(report),
            "Worse signals than those that were learnt from; rings: windows not refused",
        ),
        "calibration": (_calibration(report), "Whether 30 % means 30 %"),
        "reconstruction": (_reconstruction(report), f"{reconstruction.WARNING}"),
    }
    written = []
    for name, (panels, words) in found.items():
        path = folder / f"{name}.png"
        columns = 1 if name == "reconstruction" else 4 if name == "calibration" else COLUMNS
        head = f"{words} ({report.mark.lower()})" if report.mark else words
        names = _names(report, name)
        width = max((p.width for p in panels), default=0) * min(columns, max(len(panels), 1))
        legend = None
        if names:
            legend = looks.drawn(names, report.looks, width, kinds=name == "forest")
        if png.write(panels[:MOST_PANELS], path, columns=columns, head=head, legend=legend):
            written.append(path)
        else:
            path.unlink(missing_ok=True)
    return written


def _names(report: Report, picture: str) -> list[str]:
    tasks = report.loaded.tasks
    if picture == "forest":
        return [s.encoder for t in tasks for s in headline(t)]
    if picture == "efficiency":
        return [c.encoder for t in tasks for c in t.curves if c.name == curves.EFFICIENCY]
    if picture == "robustness":
        return [c.encoder for t in tasks for c in t.curves if c.name != curves.EFFICIENCY]
    return [report.model] if picture == "calibration" else []


def _forest(report: Report) -> list[Drawing]:
    return headlines.panels(report)


def _efficiency(report: Report) -> list[Drawing]:
    out = []
    for task in report.loaded.tasks:
        found = curve_tables.grouped(c for c in task.curves if c.name == curves.EFFICIENCY)
        kept = [g for g in found if g[0].inputs == task.headline[0]] or found[:1]
        out += [
            curves.panel(
                group,
                report.model,
                report.looks,
                task.title,
                ", ".join(t for t in (group[0].measure, wording.inputs(group[0].inputs)) if t),
            )
            for group in kept
        ]
    return out


def _robustness(report: Report) -> list[Drawing]:
    out = []
    for task in report.loaded.tasks:
        for drawn, group in zip(*robustness.panels(report, task), strict=True):
            if not any(word in group[0].name for word in PICTURED):
                continue
            drawn.subtitle = f"{task.title}: {drawn.subtitle}"
            out.append(drawn)
    return out


def _calibration(report: Report) -> list[Drawing]:
    out = []
    for task in report.loaded.tasks:
        inputs, head, _ = task.headline
        mine = [
            r
            for r in task.reliability
            if r.encoder == report.model and (r.inputs, r.head) == (inputs, head) and r.predicted
        ]
        for one in mine:
            drawn = reliability.panel([one], report.model, report.looks)
            drawn.title = f"{task.title}: {drawn.title}" if len(mine) > 1 else task.title
            out.append(drawn)
    return out


def _reconstruction(report: Report) -> list[Drawing]:
    out = []
    for found in report.examples.values():
        for example in () if isinstance(found, str) else found[:RANKED]:
            drawn = traces.panel(example)
            made = f"{example.target.upper()} from {example.source.upper()}"
            drawn.title = f"{made}: {drawn.title.lower()}"
            out.append(drawn)
    return out
