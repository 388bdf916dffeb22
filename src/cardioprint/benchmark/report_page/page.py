"""The whole page: one file, no script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Callable

from cardioprint.benchmark.report_page import theme, wording
from cardioprint.benchmark.report_page.markup import Markup, join, tag
from cardioprint.benchmark.report_page.parts import (
    audits,
    cards,
    checklist,
    glossary,
    headlines,
    mortality,
    reconstruction,
    reproduce,
    robustness,
    summary,
    tasks,
    transfer,
)
from cardioprint.benchmark.report_page.report import Report, Section

PARTS: tuple[Callable[[Report], Section], ...] = (
    summary.section,
    headlines.section,
    tasks.section,
    robustness.section,
    reconstruction.section,
    transfer.section,
    mortality.section,
    cards.data,
    cards.model,
    audits.section,
    reproduce.section,
    checklist.section,
    glossary.section,
)
"""In the order of the page."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may do with the page: show it."""


def page(report: Report) -> str:
    """Return the report as HTML."""
    sections = [make(report) for make in PARTS]
    run = report.loaded.run
    title = f"{report.model}: benchmark"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        tag("style", Markup(theme.stylesheet())),
    )
    links = tag("ul", *(_link(s) for s in sections))
    body = tag(
        "body",
        tag("a", "Skip to the report", href="#summary", class_="skip"),
        tag("p", report.mark, class_="banner", role="status") if report.mark else None,
        tag(
            "header",
            tag("p", "cardioprint benchmark", class_="brand"),
            tag("h1", f"How good are the fingerprints of {report.model}?"),
            tag("p", _facts(report), class_="byline"),
        ),
        tag(
            "div",
            tag("nav", tag("h2", "Contents"), links, class_="beside", aria_label="Contents"),
            tag("details", tag("summary", "Contents"), tag("nav", links), class_="above"),
            tag("main", *(_section(s, report.mark) for s in sections)),
            class_="columns",
        ),
        tag(
            "footer",
            tag("p", f"{report.model}, cardioprint {run.version}, {run.date}. Research only."),
            tag("p", report.mark, class_="quick") if report.mark else None,
        ),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _facts(report: Report) -> str:
    run = report.loaded.run
    encoders = {s.encoder for t in report.loaded.tasks for s in t.scores}
    people = sum(d.people for d in run.data)
    counts = [
        wording.plural(len(report.loaded.tasks), "task"),
        wording.plural(len(encoders), "encoder"),
        f"{wording.count(people)} people" if people else "",
        run.date,
        f"cardioprint {run.version}" if run.version else "",
    ]
    return " · ".join(c for c in counts if c)


def _link(section: Section) -> Markup:
    children = [tag("li", tag("a", words, href=f"#{anchor}")) for anchor, words in section.children]
    return tag(
        "li",
        tag("a", section.title, href=f"#{section.anchor}"),
        tag("ul", *children) if children and section.anchor == "tasks" else None,
    )


def _section(section: Section, mark: str) -> Markup:
    beside = join([" ", tag("span", mark, class_="quick")]) if mark else None
    title = tag("h2", section.title, beside)
    return tag("section", title, section.body, id=section.anchor)
