"""The leakage audit: of one task with its sentences, and of all tasks in one table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cardioprint.benchmark.report_page import tables, wording
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.report import Report, Section
from cardioprint.benchmark.results import TaskResult


def checks(task: TaskResult) -> list[Mapping[str, Any]]:
    """Return the lines of a task's audit that can be read."""
    found = task.audit.get("checks", ())
    return [c for c in found if isinstance(c, Mapping)] if isinstance(found, list | tuple) else []


def of_task(task: TaskResult) -> Markup:
    """Return the audit of a task."""
    rows = [
        [c.get("name", ""), tables.audited(c.get("verdict")), _value(c), c.get("sentence", "")]
        for c in checks(task)
    ]
    overall = tag("p", "Overall: ", tables.audited(task.audit.get("verdict", "")))
    head = ("Check", "Verdict", "Value", "What was found")
    return join(
        [overall, tables.table(head, rows, f"Leakage audit, {task.title}", words=4, name="card")]
    )


def section(report: Report) -> Section:
    """Return the audits of all tasks in one table."""
    tasks = [t for t in report.loaded.tasks if t.audit]
    names = list(dict.fromkeys(str(c.get("name", "")) for t in tasks for c in checks(t)))
    rows = []
    for task in report.loaded.tasks:
        by_name = {str(c.get("name", "")): c for c in checks(task)}
        line: list[object] = [tag("a", task.title, href=f"#{report.anchors[task.name]}")]
        line.append(tables.audited(task.audit.get("verdict", "")))
        for name in names:
            check = by_name.get(name)
            line.append(
                wording.NONE
                if check is None
                else join([tables.audited(check.get("verdict")), tag("small", _value(check))])
            )
        rows.append(line)
    about = tag(
        "p",
        "What has made published figures too good: the same people on both sides, copies under "
        "two names, labels that a device or a length gives away, folds that are no folds. A "
        "warning is said beside the figure, a figure that fails is not to be quoted. None of the "
        "checks proves that nothing leaks.",
    )
    table = tables.table(
        ["Task", "Overall", *names], rows, "Leakage audit of all tasks", name="wide"
    )
    body = (
        join([about, table])
        if tasks
        else join([about, tag("p", "No task was audited.", class_="note warn")])
    )
    return Section(anchor="leakage", title="Leakage audit", body=body)


def _value(check: Mapping[str, Any]) -> str:
    value = check.get("value")
    known = isinstance(value, int | float) and math.isfinite(value)
    return wording.number(float(value), 3) if known and value is not None else ""
