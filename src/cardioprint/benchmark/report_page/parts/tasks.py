"""One part a task: what was asked, of whom, what came out, and how it could mislead."""

from __future__ import annotations

import math

from cardioprint.benchmark.report_page import pretrainings, standing, tables, verdict, wording
from cardioprint.benchmark.report_page.figures import curves, forest, looks, reliability
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.parts import audits, curve_tables, side_by_side
from cardioprint.benchmark.report_page.parts.headlines import figure, grid
from cardioprint.benchmark.report_page.parts.summary import ROLES
from cardioprint.benchmark.report_page.report import Report, Section
from cardioprint.benchmark.report_page.standing import Standing, claimed, simulated
from cardioprint.benchmark.results import Gap, Reliability, Subgroup, TaskResult

MOST_DIAGRAMS = 8
"""Reliability diagrams of a task; further labels stand in the table."""


def section(report: Report) -> Section:
    """Return all tasks."""
    children = tuple((report.anchors[s.task.name], s.task.title) for s in report.standings)
    parts = [_task(report, s) for s in report.standings]
    body = join(parts) if parts else tag("p", "No task could be read.", class_="note warn")
    return Section(anchor="tasks", title="Task by task", body=body, children=children)


def _task(report: Report, s: Standing) -> Markup:
    task = s.task
    seeds = pretrainings.sentence(task)
    parts = [
        tag("h3", task.title, id=report.anchors[task.name]),
        _badges(report, s),
        tables.facts((k.capitalize(), v) for k, v in task.facts.items()) if task.facts else None,
        _headline(report, task),
        tag("p", seeds, class_="small") if seeds else None,
        side_by_side.of_task(task, report.model),
        _efficiency(report, task),
        _reliability(report, s),
        _subgroups(report, s),
        tag("h4", "Could it be too good?") if task.audit else None,
        audits.of_task(task) if task.audit else None,
        tag("ul", *(tag("li", n) for n in task.notes), class_="notes") if task.notes else None,
        tag("p", f"Took {wording.duration(task.seconds)}.", class_="small")
        if task.seconds
        else None,
    ]
    return tag("article", *parts)


def _badges(report: Report, s: Standing) -> Markup:
    words = f"{report.model}: {verdict.words(s)}"
    role = ROLES[s.verdict] if claimed(s.task) else "quiet"
    if simulated(s.task):
        words, role = "simulated: not evaluated on real outcomes", "warn"
    chips = [tables.chip(words, role)]
    if s.task.paper:
        chips.append(tables.chip(f"task {s.task.paper} of the M2AE paper", "quiet"))
    else:
        chips.append(tables.chip("beyond the M2AE paper", "quiet"))
    if report.mark:
        chips.append(tables.chip(report.mark, "warn"))
    return tag("p", *chips, class_="chips")


def _headline(report: Report, task: TaskResult) -> Markup:
    if not standing.headline(task):
        return tag("p", "No figure was measured.", class_="note warn")
    names = [x.encoder for x in standing.headline(task)]
    drawn = forest.of_task(task, report.model, report.looks)
    left = tag(
        "div", figure(drawn, mark=report.mark), looks.of_kinds(names, report.looks), class_="half"
    )
    right = tag("div", _gaps(report, task), class_="half")
    return tag("div", left, right, class_="pair")


def _gaps(report: Report, task: TaskResult) -> Markup:
    gaps = standing.gaps_of(task, report.model)
    title = tag("h4", f"{report.model} less the other, in pairs")
    if not gaps:
        return join([title, tag("p", "No paired comparison was made.", class_="small")])
    decimals = wording.digits(task.headline[2], (s.value for s in standing.headline(task)))
    rows = [
        [
            g.b,
            join(
                [
                    wording.number(g.gap, decimals, signed=True),
                    tag("small", wording.interval(g.low, g.high, decimals, signed=True)),
                ]
            ),
            join([wording.p_value(g.adjusted), tag("small", f"p {wording.p_value(g.p)}")])
            if math.isfinite(g.p)
            else wording.NONE,
            _winner(g, report),
        ]
        for g in gaps
    ]
    head = ("Other", "Difference", "Holm p", "")
    people = max(g.people for g in gaps)
    sign = "negative" if standing.lower(gaps[0]) else "positive"
    below = tag(
        "p",
        f"Same resamples of the same {wording.count(people)} people for both; "
        f"{wording.towards(gaps[0].better)}, so a {sign} difference "
        f"speaks for {report.model}. Holm: one baseline, all tasks.",
        class_="small",
    )
    return join([title, tables.table(head, rows, f"Paired differences, {task.title}"), below])


def _winner(gap: Gap, report: Report) -> Markup:
    if not math.isfinite(gap.gap):
        return tag("span", "no figure", class_="none")
    if not report.loaded.finished:
        return tables.chip("not corrected", "quiet")
    if not gap.winner:
        return tables.chip("not told apart", "quiet")
    won = gap.winner == report.model
    return tables.chip("better", "good") if won else tables.chip("worse", "bad")


def _efficiency(report: Report, task: TaskResult) -> Markup | None:
    groups = curve_tables.grouped(c for c in task.curves if c.name == curves.EFFICIENCY)
    if not groups:
        return None
    drawn = [
        curves.panel(
            found,
            report.model,
            report.looks,
            wording.inputs(found[0].inputs) or "Label efficiency",
            found[0].measure,
        )
        for found in groups
    ]
    names = [c.encoder for found in groups for c in found]
    return join(
        [
            tag("h4", "How many people\u2019s labels it needs"),
            looks.named(names, report.looks),
            grid(drawn, mark=report.mark),
            tables.behind(curve_tables.table(groups, f"Label efficiency, {task.title}")),
        ]
    )


def _reliability(report: Report, s: Standing) -> Markup | None:
    task = s.task
    if not task.reliability:
        return None
    inputs, head, _ = task.headline
    shown = [r for r in task.reliability if (r.inputs, r.head) == (inputs, head)]
    shown = shown or [r for r in task.reliability if r.inputs == task.reliability[0].inputs]
    kept = {report.model, s.rival.encoder if s.rival else ""}
    if not any(r.encoder == report.model for r in shown):
        kept = {r.encoder for r in shown[:2]}
    labels = dict.fromkeys(r.label for r in shown)
    drawn = []
    for label in list(labels)[:MOST_DIAGRAMS]:
        found = [r for r in shown if r.label == label and r.encoder in kept]
        found = found or [r for r in shown if r.label == label][:2]
        if any(r.predicted for r in found):
            drawn.append(reliability.panel(found, report.model, report.looks))
    names = [r.encoder for r in shown if r.encoder in kept]
    more = len(labels) - MOST_DIAGRAMS
    return join(
        [
            tag("h4", "Whether 30 % means 30 %"),
            looks.named(names, report.looks),
            grid(drawn, mark=report.mark, name="grid small-panels"),
            tag("p", f"{more} more labels stand in the table.", class_="small")
            if more > 0
            else None,
            tables.behind(_calibration(task.reliability, task.title)),
        ]
    )


def _calibration(found: tuple[Reliability, ...], title: str) -> Markup:
    rows = [
        [
            r.label or "positive",
            r.encoder,
            wording.how(r.inputs, r.head),
            wording.number(r.brier, 3),
            wording.number(r.error, 3),
            wording.number(r.slope, 2),
            wording.number(r.intercept, 2),
            "; ".join(
                f"{wording.number(p, 3)} \N{RIGHTWARDS ARROW} {wording.full(o, low, high, 3)}"
                for p, o, low, high in zip(r.predicted, r.observed, r.low, r.high, strict=False)
            ),
        ]
        for r in found
    ]
    head = (
        "Label",
        "Encoder",
        "Inputs, head",
        "Brier",
        "Calibration error",
        "Slope",
        "Intercept",
        "Predicted \N{RIGHTWARDS ARROW} observed [95 %]",
    )
    return tables.table(head, rows, f"Calibration, {title}", words=3, name="wide")


def _subgroups(report: Report, s: Standing) -> Markup | None:
    task = s.task
    if not task.subgroups:
        return None
    kept = {report.model, s.rival.encoder if s.rival else ""}
    shown = [g for g in task.subgroups if g.encoder in kept] or list(task.subgroups)
    first = (shown[0].inputs, shown[0].head, shown[0].measure)
    wanted = task.headline if any(_key(g) == task.headline for g in shown) else first
    shown = [g for g in shown if _key(g) == wanted]
    better = next((x.better for x in task.scores if x.measure == wanted[2]), "higher")
    values = [x.value for x in task.scores if x.measure == wanted[2]]
    decimals = wording.digits(wanted[2], values or [g.value for g in shown])
    drawn = [
        forest.of_groups(
            group,
            [g for g in shown if g.group == group],
            report.model,
            better,
            report.looks,
            decimals,
        )
        for group in dict.fromkeys(g.group for g in shown if math.isfinite(g.value))
    ]
    few = dict.fromkeys(g.group for g in shown)
    few = [k for k in few if not any(math.isfinite(g.value) for g in shown if g.group == k)]
    names = [g.encoder for g in shown]
    rows = [
        [
            g.group,
            g.level,
            g.encoder,
            wording.how(g.inputs, g.head),
            g.measure,
            wording.full(g.value, g.low, g.high, wording.digits(g.measure, [g.value])),
            wording.count(g.people),
            wording.count(g.rows),
        ]
        for g in task.subgroups
    ]
    head = ("By", "Group", "Encoder", "Inputs, head", "Measure", "Value [95 %]", "People", "Rows")
    return join(
        [
            tag("h4", "In parts of the people"),
            looks.named(names, report.looks, line=False),
            grid(drawn, mark=report.mark),
            tag("p", f"By {wording.listed(few)}: too few people for a figure.", class_="small")
            if few
            else None,
            tables.behind(tables.table(head, rows, f"Subgroups, {task.title}", words=5)),
        ]
    )


def _key(group: Subgroup) -> tuple[str, str, str]:
    return (group.inputs, group.head, group.measure)
