"""Survival: what was tried, and that nobody's death was foretold."""

from __future__ import annotations

from cardioprint.benchmark.report_page import standing, tables, wording
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.report import Report, Section

NOT = "Not evaluated on real outcomes."


def section(report: Report) -> Section:
    """Return the survival tasks under their warning."""
    tasks = report.family("survival")
    real = [t for t in tasks if not standing.simulated(t)]
    parts: list[Markup | None] = []
    if not real:
        parts.append(
            tag(
                "div",
                tag("p", tag("b", NOT), " No public data of this benchmark know who died when."),
                tag(
                    "p",
                    "Loaders for VitalDB, MIMIC and CODE-15 % are part of the package, and the "
                    "task runs on CODE-15 % and VitalDB where they have been fetched: ",
                    tag("code", "cardioprint data fetch code15"),
                    ", then ",
                    tag("code", "cardioprint bench --tasks mortality_real"),
                    ". "
                    + (
                        "What is shown here comes from a simulated cohort with a known hazard: it "
                        "checks the method, and says nothing about people."
                        if tasks
                        else "This run holds no survival task."
                    ),
                ),
                class_="note warn",
            )
        )
    for task in tasks:
        rows = []
        decimals = wording.digits(task.headline[2], (s.value for s in task.scores))
        for s in standing.ranked(standing.headline(task)):
            told = wording.full(s.value, s.low, s.high, decimals)
            rows.append(
                [s.encoder, s.measure, wording.how(s.inputs, s.head), told, wording.count(s.people)]
            )
        head = ("Encoder", "Measure", "Inputs, head", "Value [95 %]", "People")
        parts += [
            tag("h3", tag("a", task.title, href=f"#{report.anchors[task.name]}")),
            tables.table(head, rows, f"Survival, {task.title}", words=3),
        ]
    return Section(anchor="mortality", title="Mortality", body=join(parts))
