"""Generated signals over measured ones: the best, the median and the worst, never chosen."""

from __future__ import annotations

from cardioprint.benchmark.report_page import tables, wording
from cardioprint.benchmark.report_page.drawing import Drawing
from cardioprint.benchmark.report_page.figures import traces
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.parts.headlines import figure
from cardioprint.benchmark.report_page.report import Report, Section
from cardioprint.benchmark.results import TaskResult

WARNING = "Generated, not measured: never diagnostic."


def panels(report: Report, task: TaskResult) -> list[Drawing]:
    """Return one drawing an example of a task."""
    found = report.examples.get(task.name, "")
    return [] if isinstance(found, str) else [traces.panel(e) for e in found]


def section(report: Report) -> Section:
    """Return the examples of all tasks that have some."""
    parts: list[Markup | None] = [
        tag(
            "div",
            tag(
                "p",
                tag("b", WARNING),
                " A PPG does not determine an ECG: many hearts fit one pulse.",
            ),
            tag(
                "p",
                "Windows are chosen by the rank of their correlation among all that were tested "
                "(best, median, worst) or drawn by lot, never by eye.",
            ),
            class_="note warn",
        )
    ]
    children = []
    for task in report.loaded.tasks:
        if task.name not in report.examples:
            continue
        anchor = f"signals-{report.anchors[task.name]}"
        children.append((anchor, task.title))
        parts.append(tag("h3", task.title, id=anchor))
        found = report.examples[task.name]
        if isinstance(found, str):
            parts.append(tag("p", f"The signals are missing: {found}", class_="note warn"))
            continue
        drawn = [figure(d, mark=report.mark) for d in panels(report, task)]
        parts += [
            tables.scrolling(tag("div", *drawn, class_="traces"), f"Signals, {task.title}"),
            tables.behind(_numbers(report, task)),
        ]
    if not children:
        parts.append(tag("p", "No task of this run has signals to show.", class_="note warn"))
    return Section(
        anchor="reconstruction",
        title="One signal made from the other",
        body=join(parts),
        children=tuple(children),
    )


def _numbers(report: Report, task: TaskResult) -> Markup:
    found = report.examples[task.name]
    rows = [
        [
            e.name,
            f"{e.source.upper()} \N{RIGHTWARDS ARROW} {e.target.upper()}",
            wording.number(e.r, 3),
            traces.milliseconds(e.lag),
            f"{e.seconds:.1f} s",
        ]
        for e in (() if isinstance(found, str) else found)
    ]
    head = ("Window", "Direction", "Pearson r", "Generated moved by", "Length")
    return tables.table(head, rows, f"Windows shown, {task.title}", words=2)
