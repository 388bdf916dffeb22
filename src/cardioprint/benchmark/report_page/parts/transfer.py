"""Heads that learnt on one kind of fingerprint and are used, unchanged, on another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cardioprint.benchmark.report_page import standing, tables, wording
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.report import Report, Section
from cardioprint.benchmark.results import Score, TaskResult

OWN = "head of the target itself"
"""In the name of the ceiling: learnt where it is used, with the same folds."""

WAY = re.compile(r"(?P<learnt>.+?) > (?P<used>.+?): (?P<measure>.+)")
"""How a measure names places: "BIDMC ECG > BIDMC PPG: MAE, beats/min"."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a figure of a transfer belongs.

    Attributes:
        learnt: Row of the matrix.
        used: Column of the matrix.
        measure: What was measured.
    """

    learnt: str
    used: str
    measure: str


def way(score: Score) -> Way:
    """Return where a figure belongs: by the places it names, else by its inputs."""
    found = WAY.fullmatch(score.measure)
    if found:
        return Way(**found.groupdict())
    learnt, arrow, used = score.inputs.partition(">")
    ends = wording.inputs(learnt), wording.inputs(used if arrow else learnt)
    return Way(learnt=ends[0], used=ends[1], measure=score.measure)


def section(report: Report) -> Section:
    """Return a matrix a task, learnt on against used on."""
    parts: list[Markup | None] = [
        tag(
            "p",
            "A head is fitted on fingerprints of one modality or data set and read, unchanged, on "
            "those of another, of other people. Bold: the model. Below it the best of what it must "
            "beat in that cell. The pale diagonal is a head learnt where it is used: what could be "
            "hoped for at best.",
        )
    ]
    children = []
    for task in report.family("transfer"):
        anchor = f"matrix-{report.anchors[task.name]}"
        children.append((anchor, task.title))
        parts.append(tag("h3", task.title, id=anchor))
        for measure in dict.fromkeys(way(s).measure for s in task.scores):
            mine = [s for s in task.scores if way(s).measure == measure]
            parts.append(matrix(report, task, mine, measure))
    if not children:
        parts.append(tag("p", "No transfer between modalities in this run.", class_="note warn"))
    return Section(
        anchor="transfer", title="Across modalities", body=join(parts), children=tuple(children)
    )


def matrix(report: Report, task: TaskResult, scores: list[Score], measure: str) -> Markup:
    """Return where a head was learnt against where it was used."""
    ways = {id(s): way(s) for s in scores}
    used = list(dict.fromkeys(w.used for w in ways.values() if w.used))
    learnt = list(dict.fromkeys(w.learnt for w in ways.values() if w.learnt))
    learnt += [u for u in used if u not in learnt]
    decimals = wording.digits(measure, (s.value for s in scores))
    own = {
        ways[id(s)].used: s
        for s in scores
        if s.encoder.startswith(report.model) and OWN in s.encoder
    }
    rows = []
    for row in learnt:
        line: list[object] = [f"learnt on {row}"]
        for column in used:
            cell = [s for s in scores if (ways[id(s)].learnt, ways[id(s)].used) == (row, column)]
            if row == column and not cell and column in own:
                s = own[column]
                told = tables.cell(s.value, s.low, s.high, decimals)
                line.append(tag("div", told, tag("small", "own head"), class_="same"))
            else:
                line.append(_cell(report, cell, decimals, same=row == column))
        if any(isinstance(c, Markup) and "none" not in c for c in line[1:]):
            rows.append(line)
    head = ["", *(f"used on {u}" for u in used)]
    caption = tag("p", tag("b", measure), f", {wording.towards(scores[0].better)}")
    return join([caption, tables.table(head, rows, f"Transfer, {task.title}", name="matrix")])


def _cell(report: Report, scores: list[Score], decimals: int, *, same: bool) -> Markup:
    own = next((s for s in scores if s.encoder == report.model), None)
    rival = standing.best([s for s in scores if s.kind not in ("model", "peer")])
    if own is None:
        return tag("span", wording.NONE, class_="none")
    parts = [tables.cell(own.value, own.low, own.high, decimals, strong=True)]
    if rival is not None:
        told = wording.full(rival.value, rival.low, rival.high, decimals)
        parts.append(tag("small", f"{rival.encoder}: {told}", class_="who"))
    return tag("div", *parts, class_="same" if same else None)
