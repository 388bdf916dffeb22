"""How each encoder looks in every figure, and the legend that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cardioprint.benchmark.report_page import theme, wording
from cardioprint.benchmark.report_page.drawing import Drawing
from cardioprint.benchmark.report_page.loading import Loaded
from cardioprint.benchmark.report_page.markup import Markup, tag
from cardioprint.benchmark.report_page.svg import swatch


@dataclass(frozen=True, kw_only=True)
class Look:
    """Of one encoder.

    Attributes:
        kind: Of its column.
        role: Colour.
        shape: Of its mark.
        dash: Of its line.
    """

    kind: str
    role: str
    shape: str
    dash: tuple[float, ...] = ()


def looks(loaded: Loaded) -> dict[str, Look]:
    """Return the look of every encoder of a run; those of one kind differ in their lines."""
    kinds = {c.name: c.kind for c in loaded.run.columns}
    for task in loaded.tasks:
        for score in task.scores:
            kinds.setdefault(score.encoder, score.kind)
    if loaded.model in kinds:
        kinds[loaded.model] = "model"
    seen: dict[str, int] = {}
    out = {}
    for name, kind in kinds.items():
        role = theme.role(kind)
        number = seen.get(role, 0)
        seen[role] = number + 1
        out[name] = Look(
            kind=kind,
            role=role,
            shape=theme.shape(kind),
            dash=theme.DASHES[number % len(theme.DASHES)],
        )
    return out


def look(name: str, of: Mapping[str, Look]) -> Look:
    """Return the look of an encoder, or that of a baseline for one that nobody has listed."""
    return of.get(name) or Look(kind="baseline", role="baseline", shape="square")


def named(names: Iterable[str], of: Mapping[str, Look], *, line: bool = True) -> Markup:
    """Return the legend of lines or of marks alone, one entry an encoder."""
    entries = []
    for name in dict.fromkeys(names):
        mine = look(name, of)
        sign = swatch(mine.role, mine.shape, mine.dash, line=line)
        entries.append(tag("li", sign, tag("span", name)))
    return tag("ul", *entries, class_="legend")


def of_kinds(names: Iterable[str], of: Mapping[str, Look]) -> Markup:
    """Return the legend of marks, one entry a kind."""
    there = {theme.role(look(n, of).kind) for n in names}
    entries = [
        tag("li", swatch(theme.role(k), theme.shape(k)), tag("span", words))
        for k, words in wording.KINDS.items()
        if theme.role(k) in there
    ]
    return tag("ul", *entries, class_="legend")


def drawn(names: Iterable[str], of: Mapping[str, Look], width: float, *, kinds: bool) -> Drawing:
    """Return a legend as a drawing, for a picture.

    Args:
        names: Encoders.
        of: Their looks.
        width: Pixels in which entries wrap.
        kinds: One entry a kind instead of one an encoder.
    """
    names = list(dict.fromkeys(names))
    if kinds:
        there = {theme.role(look(n, of).kind) for n in names}
        entries = [
            (words, Look(kind=k, role=theme.role(k), shape=theme.shape(k)))
            for k, words in wording.KINDS.items()
            if theme.role(k) in there
        ]
    else:
        entries = [(wording.shortened(n, 200), look(n, of)) for n in names]
    out = Drawing(title="", about="legend", width=width, height=0)
    x, y = 0.0, 8.0
    for words, mine in entries:
        before = 18 if kinds else 34
        wide = before + wording.text_width(words, 11) + 18
        if x and x + wide > width:
            x, y = 0.0, y + 19
        if not kinds:
            out.line(
                [(x, y), (x + 26, y)], mine.role, 2.2 if mine.role == "model" else 1.4, mine.dash
            )
        out.mark(x + (5 if kinds else 13), y, mine.shape, mine.role, 7.5)
        out.text(x + before, y + 4, words)
        x += wide
    out.height = y + 12
    return out
