"""The report as Markdown, condensed, for a site that hosts code; and the table for the README."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cardioprint.benchmark.report_page import pretrainings, standing, tables, verdict, wording
from cardioprint.benchmark.report_page.parts import (
    audits,
    checklist,
    mortality,
    reconstruction,
    reproduce,
)
from cardioprint.benchmark.report_page.report import Report
from cardioprint.benchmark.report_page.standing import Standing
from cardioprint.benchmark.results import Score, TaskResult

PICTURES = (
    (
        "forest.png",
        "All tasks at a glance",
        "Forest plots of all tasks: value and 95 % interval of every encoder, the best on top.",
    ),
    (
        "efficiency.png",
        "How many people\u2019s labels it needs",
        "Label efficiency of every encoder.",
    ),
    ("calibration.png", "Whether 30 % means 30 %", "Reliability diagrams of the model."),
    ("robustness.png", "Robustness", "Figures against growing disturbances."),
    (
        "reconstruction.png",
        "One signal made from the other",
        "Best, median and worst window by correlation.",
    ),
)


def escape(words: object) -> str:
    """Return words that Markdown shows as they are, on one line."""
    one_line = re.sub(r"\s+", " ", str(words)).strip()
    safe = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#~$])", r"\\\1", safe)


def plain(markdown: str) -> str:
    """Return Markdown as it reads in a terminal: nothing escaped, nothing bold."""
    words = re.sub(r"\\([\\`*_\[\]|#~$])|\*\*", r"\1", markdown)
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def code(words: object) -> str:
    """Return words as code that no backtick can leave."""
    one_line = re.sub(r"\s+", " ", str(words)).strip()
    return "`" + one_line.replace("`", "'").replace("|", "\N{BROKEN BAR}") + "`" if one_line else ""


def rows(head: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    """Return a table; cells are Markdown already."""
    out = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return out + [f"| {' | '.join(cells)} |" for cells in lines]


def table(report: Report) -> str:
    """Return the README's table: one line a question, the model beside the best to beat."""
    found = [_headline(s) for s in report.standings]
    head = ["", escape(report.model), "best to beat", "difference, Holm p", ""]
    tasks = report.loaded.tasks
    if pretrainings.any_known(tasks):
        head.append("seed to seed")
        for line, s in zip(found, report.standings, strict=True):
            line.append(pretrainings.short(s.task, _decimals(s)))
    mark = [f"**{report.mark}.**", ""] if report.mark else []
    told = pretrainings.summary(tasks)
    below = ["", escape(told)] if told else []
    return "\n".join([*mark, *rows(head, found), *below, ""])


def _decimals(s: Standing) -> int:
    return wording.digits(s.measure, [x.value for x in (s.model, s.rival) if x is not None])


def _headline(s: Standing) -> list[str]:
    decimals = _decimals(s)
    how = wording.how(*s.task.headline[:2])
    asked = f"{s.task.title} ({'; '.join(t for t in (s.measure, how) if t)})"
    way = " \N{DOWNWARDS ARROW}" if s.model and standing.lower(s.model) else ""
    gap = ""
    if s.gap is not None:
        told = wording.full(s.gap.gap, s.gap.low, s.gap.high, decimals, signed=True)
        gap = f"{told}, {wording.p_value(s.gap.adjusted)}"
    words = verdict.words(s)
    if s.verdict in ("wins", "loses") and standing.claimed(s.task):
        words = f"**{words}**"
    mine, theirs = (_figure(x, decimals, s.better) for x in (s.model, s.rival))
    if s.rival is not None:
        theirs = f"{escape(s.rival.encoder)}: {theirs}"
    return [escape(asked) + way, mine, theirs, escape(gap), words]


def _figure(score: Score | None, decimals: int, winner: str) -> str:
    if score is None:
        return wording.NONE
    told = wording.number(score.value, decimals)
    told = f"**{told}**" if winner and score.encoder == winner else told
    between = wording.interval(score.low, score.high, decimals)
    return f"{told} {between}".strip()


def report(report: Report, pictured: set[str]) -> str:
    """Return the whole report.

    Args:
        report: A run.
        pictured: Names of the PNGs that lie beside it.
    """
    run = report.loaded.run
    lines = [f"# How good are the fingerprints of {escape(report.model)}?", ""]
    if report.mark:
        lines += [f"> **{report.mark}.** {reproduce.WHY[report.mark]}", ""]
    for first, rest in verdict.sentences(report):
        lines += [
            f"- **{escape(first)}**{escape(rest) if rest[0] in ',:.' else ' ' + escape(rest)}"
        ]
    lines += ["", *_missing(report), "## One line a question", ""]
    lines += [
        "Bold figures are better after Holm\u2019s correction over all tasks; where nothing "
        "is bold, the two cannot be told apart. \N{DOWNWARDS ARROW}: lower is better. Intervals: "
        "95 % by bootstrap over people.",
        "",
        table(report),
    ]
    for name, title, words in PICTURES:
        if name in pictured:
            lines += [f"## {title}", ""]
            if name == "reconstruction.png":
                lines += [f"**{reconstruction.WARNING}**", ""]
            lines += [f"![{words}]({name})", ""]
    lines += ["## Task by task", ""]
    for s in report.standings:
        lines += _task(s, report.model)
    if not any(not standing.simulated(t) for t in report.family("survival")):
        lines += ["## Mortality", "", f"**{mortality.NOT}**", ""]
    lines += [*_data(report), *_leakage(report), "## How to reproduce", ""]
    lines += [code(run.command), "", *_about(report), "## Checklist (after TRIPOD+AI)", ""]
    found = [[escape(i), state, escape(where)] for i, state, where in checklist.items(report)]
    lines += rows(("item", "met", "where, or why not"), found)
    lines += ["", "Everything, with all figures and intervals: `report.html` beside this file.", ""]
    return "\n".join(lines)


def _missing(report: Report) -> list[str]:
    found = [f"- {escape(m.what)}: {escape(m.why)}" for m in report.loaded.missing]
    found += [f"- {escape(words)}" for words in report.loaded.run.skipped]
    return ["## What is missing", "", *found, ""] if found else []


def _task(s: Standing, model: str) -> list[str]:
    task = s.task
    lines = [f"### {escape(task.title)}", ""]
    lines += [f"- *{escape(k)}*: {escape(v)}" for k, v in task.facts.items()]
    seeds = pretrainings.sentence(task)
    lines += [f"- {escape(n)}" for n in (*task.notes, *filter(None, [seeds]))]
    if task.facts or task.notes or seeds:
        lines.append("")
    scores = standing.ranked(standing.headline(task))
    decimals = wording.digits(s.measure, (x.value for x in scores))
    best = next(iter(scores), None)
    gaps = {g.b: g for g in standing.gaps_of(task, s.model.encoder if s.model else model)}
    found = []
    for x in scores:
        told = wording.full(x.value, x.low, x.high, decimals)
        told = f"**{escape(told)}**" if x is best and told != wording.NONE else escape(told)
        gap = gaps.get(x.encoder)
        paired = ""
        if gap is not None:
            difference = wording.full(gap.gap, gap.low, gap.high, decimals, signed=True)
            paired = f"{escape(difference)}, {wording.p_value(gap.adjusted)}"
        found.append([escape(x.encoder), told, wording.count(x.people), paired])
    if found:
        measure = escape(f"{s.measure} ({wording.how(*task.headline[:2]) or 'no input'})")
        lines += rows(("encoder", measure, "people", "model less it, Holm p"), found)
    else:
        lines.append("No figure was measured.")
    if task.audit:
        lines += ["", f"Leakage audit: {escape(task.audit.get('verdict', 'unknown'))}."]
    return [*lines, *_further(task), ""]


def _further(task: TaskResult) -> list[str]:
    """Return every figure of a task but the headline's, to be opened: a line a measure."""
    cells: dict[tuple[str, str, str], dict[str, Score]] = {}
    for x in task.scores:
        if (x.measure, x.inputs, x.head) != (task.headline[2], *task.headline[:2]):
            cells.setdefault((x.measure, x.inputs, x.head), {})[x.encoder] = x
    if not cells:
        return []
    encoders = list(dict.fromkeys(e for line in cells.values() for e in line))
    found = []
    for (measure, inputs, head), line in cells.items():
        decimals = wording.digits(measure, (x.value for x in line.values()))
        lower = " \N{DOWNWARDS ARROW}" if standing.lower(next(iter(line.values()))) else ""
        told = [
            escape(wording.full(x.value, x.low, x.high, decimals)) if x else ""
            for x in (line.get(e) for e in encoders)
        ]
        how = wording.how(inputs, head) or "no input"
        found.append([escape(f"{measure} ({how})") + lower, *told])
    table = rows(("measure", *map(escape, encoders)), found)
    return ["", "<details><summary>Further figures</summary>", "", *table, "", "</details>"]


def _data(report: Report) -> list[str]:
    found = [
        [
            escape(d.name),
            wording.count(d.people),
            wording.count(d.rows),
            wording.count(d.abstained),
            escape(d.licence),
            code(d.sha256),
            escape(d.about),
        ]
        for d in report.loaded.run.data
    ]
    if not found:
        return []
    head = ("data", "people", "rows", "abstained", "licence", "SHA-256", "known to be wrong")
    return ["## Data card", "", *rows(head, found), ""]


def _leakage(report: Report) -> list[str]:
    found = []
    for task in report.loaded.tasks:
        if not task.audit:
            continue
        lines = audits.checks(task)
        worse = [c for c in lines if c.get("verdict") != "pass"]
        said = "; ".join(f"{c.get('name', '')}: {c.get('sentence', '')}" for c in worse)
        verdict_ = str(task.audit.get("verdict", ""))
        words = tables.WORDS.get(verdict_, verdict_)
        found.append([escape(task.title), escape(words), escape(said or "nothing found")])
    if not found:
        return []
    return ["## Leakage audit", "", *rows(("task", "verdict", "what was found"), found), ""]


def _about(report: Report) -> list[str]:
    run = report.loaded.run
    found = [
        ["model", f"{escape(run.model)} {code(run.model_hash)}".strip()],
        ["cardioprint", escape(run.version)],
        ["date", escape(run.date)],
        ["machine", escape(run.machine)],
        ["took", wording.duration(run.seconds)],
    ]
    return [*rows(("", ""), found), ""]
