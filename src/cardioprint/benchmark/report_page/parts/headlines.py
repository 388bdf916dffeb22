"""The headline of every task as a forest plot, and what others have published."""

from __future__ import annotations

from cardioprint.benchmark.report_page import standing, svg, tables, wording
from cardioprint.benchmark.report_page.drawing import Drawing
from cardioprint.benchmark.report_page.figures import forest, looks
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.published import PUBLISHED
from cardioprint.benchmark.report_page.report import Report, Section


def panels(report: Report) -> list[Drawing]:
    """Return one forest a task that has figures."""
    return [
        forest.of_task(t, report.model, report.looks, report.anchors[t.name])
        for t in report.loaded.tasks
        if standing.headline(t)
    ]


def section(report: Report) -> Section:
    """Return the forest plots of all tasks."""
    drawn = panels(report)
    names = [s.encoder for t in report.loaded.tasks for s in standing.headline(t)]
    parts: list[Markup | None] = [
        tag(
            "p",
            "Each panel is one task: all encoders, the best at the top, with 95 % intervals over "
            f"people. The band is the interval of {report.model}; the dotted line is chance. The "
            "axis of each panel is its own.",
        ),
        looks.of_kinds(names, report.looks),
        grid(drawn, mark=report.mark),
        tables.behind(_numbers(report)),
        tag("h3", "Published elsewhere"),
        tag(
            "p",
            "For orientation only: other people, other splits, other windows. None of these was "
            "measured with this protocol, so they are not drawn among the figures above.",
        ),
        _published(),
    ]
    return Section(anchor="headlines", title="All tasks at a glance", body=join(parts))


def grid(drawn: list[Drawing], *, mark: str, name: str = "grid") -> Markup:
    """Return figures beside each other as far as the page is wide."""
    return tag("div", *(figure(d, mark=mark) for d in drawn), class_=name)


def figure(drawing: Drawing, *, mark: str) -> Markup:
    """Return a figure under its title."""
    title: object = drawing.title
    if drawing.anchor:
        title = tag("a", drawing.title, href=f"#{drawing.anchor}")
    above = tag(
        "figcaption",
        tag("b", title),
        tag("span", drawing.subtitle) if drawing.subtitle else None,
        tag("span", mark, class_="quick") if mark else None,
    )
    return tag("figure", above, svg.render(drawing))


def _numbers(report: Report) -> Markup:
    rows = []
    for task in report.loaded.tasks:
        scores = standing.ranked(standing.headline(task))
        decimals = wording.digits(task.headline[2], (s.value for s in scores))
        rows += [
            [
                task.title,
                s.encoder,
                s.measure,
                wording.how(s.inputs, s.head),
                wording.full(s.value, s.low, s.high, decimals),
                wording.count(s.people),
                wording.count(s.rows),
            ]
            for s in scores
        ]
    head = ("Task", "Encoder", "Measure", "Inputs, head", "Value [95 %]", "People", "Rows")
    return tables.table(head, rows, "Headline of every task and encoder", words=4)


def _published() -> Markup:
    rows = [
        [p.question, p.data, p.figure, p.who, tag("a", p.source, href=p.link, rel="noreferrer")]
        for p in PUBLISHED
    ]
    head = ("Question", "Data", "Figure from elsewhere", "Method", "Source")
    return tables.table(head, rows, "Figures published by others", words=5, name="wide")
