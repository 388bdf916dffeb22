"""What this is, and what was found: three sentences and one table."""

from __future__ import annotations

import math

from cardioprint.benchmark.report_page import pretrainings, tables, verdict, wording
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.report import Report, Section
from cardioprint.benchmark.report_page.standing import Standing, claimed
from cardioprint.benchmark.results import Score

ROLES = {"wins": "good", "loses": "bad", "open": "quiet", "untested": "quiet", "absent": "quiet"}
ABOUT = (
    "A fingerprint is a short vector that one frozen model makes of ten seconds of ECG, of PPG or "
    "of both. This page asks what can be read out of such vectors, and whether the same could be "
    "read out of something simpler: features made by hand, random kernels, an untrained network, "
    "age and sex alone, or a rule that learns nothing. People are never on both sides of a split; "
    "intervals are 95 % by bootstrap over people."
)


def section(report: Report) -> Section:
    """Return the first section."""
    said = [tag("p", tag("b", first), rest) for first, rest in verdict.sentences(report)]
    seeds = pretrainings.summary(report.loaded.tasks)
    parts: list[Markup | None] = [
        tag("p", ABOUT, class_="lead"),
        tag("div", *said, class_="verdict"),
        _missing(report),
        tag("h3", "One line a question"),
        tag(
            "p",
            f"{report.model} beside the best of what it must beat. Bold: better after Holm\u2019s "
            "correction over all tasks. Where nothing is bold, they cannot be told apart.",
        ),
        overview(report),
        tag("p", seeds, class_="small") if seeds else None,
    ]
    return Section(anchor="summary", title="What this is, and what was found", body=join(parts))


def overview(report: Report) -> Markup:
    """Return the table of all headlines."""
    head = ("Question", "Measure", report.model, "Best to beat", "Difference", "Holm p", "Verdict")
    return tables.table(
        head, (_row(report, s) for s in report.standings), "All headlines", words=2, name="wide"
    )


def _row(report: Report, s: Standing) -> list[object]:
    title = tag("a", s.task.title, href=f"#{report.anchors[s.task.name]}")
    values = [x.value for x in (s.model, s.rival) if x is not None]
    decimals = wording.digits(s.measure, values)
    measure = join(
        [wording.tied(s.measure), tag("small", f"{_way(s)}{wording.how(*s.task.headline[:2])}")]
    )
    role = ROLES[s.verdict] if claimed(s.task) else "quiet"
    return [
        title,
        measure,
        _own(s, decimals),
        _figure(s.rival, decimals, s.better, named=True),
        wording.NONE
        if s.gap is None
        else join(
            [
                wording.number(s.gap.gap, decimals, signed=True),
                tag("small", wording.interval(s.gap.low, s.gap.high, decimals, signed=True)),
            ]
        ),
        wording.NONE if s.gap is None else wording.p_value(s.gap.adjusted),
        tables.chip(verdict.words(s), role),
    ]


def _way(s: Standing) -> str:
    return f"{wording.towards(s.model.better)}; " if s.model else ""


def _own(s: Standing, decimals: int) -> object:
    """Return the model's figure, over its spread between pretrainings where that is known."""
    told = _figure(s.model, decimals, s.better, named=False)
    if not math.isfinite(s.task.seed_spread):
        return told
    spread = f"seed to seed: {pretrainings.short(s.task, decimals)}"
    return join([told, tag("small", spread, class_="who")])


def _figure(score: Score | None, decimals: int, winner: str, *, named: bool) -> Markup | str:
    if score is None:
        return wording.NONE
    strong = bool(winner) and score.encoder == winner
    told = tables.cell(score.value, score.low, score.high, decimals, strong=strong)
    return join([told, tag("small", score.encoder, class_="who")]) if named else told


def _missing(report: Report) -> Markup | None:
    lines = [tag("li", tag("b", m.what), f": {m.why}") for m in report.loaded.missing]
    lines += [tag("li", words) for words in report.loaded.run.skipped]
    if not lines:
        return None
    return tag(
        "div", tag("h3", "What is missing"), tag("ul", *lines), class_="note warn", id="missing"
    )
