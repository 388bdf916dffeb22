"""How figures bear worse signals than those that were learnt from."""

from __future__ import annotations

from cardioprint.benchmark.report_page import tables
from cardioprint.benchmark.report_page.drawing import Drawing
from cardioprint.benchmark.report_page.figures import curves, looks
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.parts import curve_tables
from cardioprint.benchmark.report_page.parts.headlines import grid
from cardioprint.benchmark.report_page.report import Report, Section
from cardioprint.benchmark.report_page.wording import count, inputs, spelt
from cardioprint.benchmark.results import Curve, TaskResult

ABSTAINS = (
    "The line below the steps tells how many windows the quality index refuses: in use they get no "
    "answer. Lines and marks are of all windows, refused or not; rings are of those that are not "
    "refused, where at least 20 are left. A figure that falls while nothing is refused is an error "
    "that nobody is warned of."
)

NOISE = (
    "All noise is simulated, at ratios of the height of a wave to the noise's power (Moody 1984): "
    "for the ECG drift, muscle, electrode motion (spectra after the MIT-BIH Noise Stress Test "
    "Database), white noise and 50 Hz hum; for the PPG drift, coloured motion, the periodic swing "
    "of walking, white noise and hum. The public tables hold no recordings of noise alone."
)

LENGTHS = (
    "Lengths below the window are its first seconds, asked for the label of the whole window. "
    "Beyond ten seconds they are windows side by side, whose vectors are averaged as a longer "
    "recording\u2019s fingerprint is, without its weights by quality; the rate is then that of the "
    "whole stretch, and an alarm is looked at backwards. Where a ladder ends with the window, the "
    "publisher gives no more."
)


def panels(report: Report, task: TaskResult) -> tuple[list[Drawing], list[list[Curve]]]:
    """Return the panels of a task's disturbances, and the curves in them."""
    groups = curve_tables.grouped(c for c in task.curves if c.name != curves.EFFICIENCY)
    drawn = [
        curves.panel(
            found,
            report.model,
            report.looks,
            _title(found[0].name),
            ", ".join(t for t in (found[0].measure, inputs(found[0].inputs), _rows(found[0])) if t),
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
    tasks = report.loaded.tasks
    if any(c.refused for t in tasks for c in t.curves):
        parts.append(tag("p", ABSTAINS))
    if any("noise" in c.name for t in tasks for c in t.curves):
        parts.append(tag("p", NOISE))
    if any(c.name == curves.LENGTH for t in tasks for c in t.curves):
        parts.append(tag("p", LENGTHS))
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


def _rows(curve: Curve) -> str:
    return f"{count(curve.rows)} windows" if curve.rows else ""


def _title(name: str) -> str:
    """Return "ecg: muscle noise" as "ECG: muscle noise", and "length" as "Length"."""
    told = spelt(name)
    return told[:1].upper() + told[1:]
