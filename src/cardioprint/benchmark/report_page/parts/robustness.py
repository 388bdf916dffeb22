"""How figures bear worse signals than those that were learnt from."""

from __future__ import annotations

from cardioprint.benchmark.report_page import tables
from cardioprint.benchmark.report_page.drawing import Drawing
from cardioprint.benchmark.report_page.figures import curves, looks
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.parts import curve_tables
from cardioprint.benchmark.report_page.parts.headlines import grid
from cardioprint.benchmark.report_page.report import Report, Section
from cardioprint.benchmark.report_page.wording import inputs, spelt
from cardioprint.benchmark.results import Curve, TaskResult


def panels(report: Report, task: TaskResult) -> tuple[list[Drawing], list[list[Curve]]]:
    """Return the panels of a task's disturbances, and the curves in them."""
    groups = curve_tables.grouped(c for c in task.curves if c.name != curves.EFFICIENCY)
    drawn = [
        curves.panel(
            found,
            report.model,
            report.looks,
            _title(found[0].name),
            ", ".join(t for t in (found[0].measure, inputs(found[0].inputs)) if t),
        )
        for found in groups
    ]
    return drawn, groups


def section(report: Report) -> Section:
    """Return the disturbances of all tasks that were put to them."""
    parts: list[Markup | None] = [
        tag(
            "p",
            "Heads learn once, from clean windows of the training people; the test people\u2019s "
            "windows are then disturbed, step by step. Steps stand at equal distances. The band is "
            f"the interval of {report.model}, its dotted line the figure of the clean signal.",
        )
    ]
    children = []
    for task in report.loaded.tasks:
        drawn, groups = panels(report, task)
        if not drawn:
            continue
        anchor = f"robust-{report.anchors[task.name]}"
        children.append((anchor, task.title))
        names = [c.encoder for found in groups for c in found]
        numbers = curve_tables.table(groups, f"Robustness, {task.title}", named=True)
        parts += [
            tag("h3", task.title, id=anchor),
            looks.named(names, report.looks),
            grid(drawn, mark=report.mark),
            tables.behind(numbers),
        ]
    if not children:
        parts.append(tag("p", "No task was run on disturbed signals.", class_="note warn"))
    return Section(
        anchor="robustness", title="Robustness", body=join(parts), children=tuple(children)
    )


def _title(name: str) -> str:
    """Return "ecg: muscle noise" as "ECG: muscle noise", and "length" as "Length"."""
    told = spelt(name)
    return told[:1].upper() + told[1:]
