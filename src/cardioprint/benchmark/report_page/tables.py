"""Tables that scroll on their own instead of breaking the page."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from cardioprint.benchmark.report_page import wording
from cardioprint.benchmark.report_page.markup import Markup, join, tag

WORDS = {"pass": "pass", "warn": "warning", "fail": "fail"}


def table(
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    label: str,
    *,
    words: int | Collection[int] = 1,
    name: str = "",
) -> Markup:
    """Return a table; cells that hold no words are figures, flush right.

    Args:
        head: Names of columns.
        rows: Cells; the first is the heading of its row.
        label: What the table is, for those who do not see it.
        words: How many columns from the left hold words, or which ones do.
        name: Class of the table.
    """
    first = tag(
        "tr", *(tag("th", h, scope="col", class_=_class(k, words)) for k, h in enumerate(head))
    )
    lines = []
    for row in rows:
        cells = [
            tag("th", c, scope="row") if k == 0 else tag("td", c, class_=_class(k, words))
            for k, c in enumerate(row)
        ]
        lines.append(tag("tr", *cells))
    inside = tag("table", tag("thead", first), tag("tbody", *lines), class_=name or None)
    return scrolling(inside, label)


def scrolling(inside: Markup, label: str) -> Markup:
    """Return a table in a frame that the keyboard can scroll."""
    return tag("div", inside, class_="scroll", role="region", tabindex=0, aria_label=label)


def behind(
    inside: Markup, words: str = "The numbers behind this figure", *, printed: bool = False
) -> Markup:
    """Return a table that opens under a figure.

    Args:
        inside: The table.
        words: To be clicked.
        printed: Whether it is open on paper; most only repeat what a figure shows.
    """
    name = "behind printed" if printed else "behind"
    return tag("details", tag("summary", words), inside, class_=name)


def cell(value: float, low: float, high: float, decimals: int, *, strong: bool = False) -> Markup:
    """Return a value over its interval."""
    if not math.isfinite(value):
        return tag("span", wording.NONE, class_="none")
    told = wording.number(value, decimals)
    inside = tag("b", told) if strong else tag("span", told)
    between = wording.interval(low, high, decimals)
    return join([inside, tag("small", between) if between else None])


def chip(words: object, role: str) -> Markup:
    """Return a word on a coloured ground; it is read without colour, too."""
    return tag("span", words, class_=f"chip {role}")


def audited(verdict: object) -> Markup:
    """Return a verdict of the audit."""
    roles = {"pass": "good", "warn": "warn", "fail": "bad"}
    known = str(verdict)
    return chip(WORDS.get(known, known or "not judged"), roles.get(known, "quiet"))


def facts(pairs: Iterable[tuple[object, object]]) -> Markup:
    """Return names and what they stand for."""
    lines = [tag("div", tag("dt", k), tag("dd", v)) for k, v in pairs]
    return tag("dl", *lines, class_="facts")


def _class(k: int, words: int | Collection[int]) -> str | None:
    mine = k < words if isinstance(words, int) else k in words
    return None if mine else "n"
