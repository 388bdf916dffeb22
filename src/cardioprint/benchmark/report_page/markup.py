"""HTML and SVG from Python calls; whatever is not markup already is escaped, always.

tag("p", "a < b ", tag("b", name), class_="lead")
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

Attribute = str | float | bool | None

VOID = frozenset({"br", "col", "hr", "img", "link", "meta"})
"""Elements that have no end."""

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What neither HTML nor UTF-8 may hold."""


class Markup(str):
    """Text that is HTML already and stands as it is."""

    __slots__ = ()


def text(value: object) -> Markup:
    """Return a value as escaped text; markup stays what it is."""
    if isinstance(value, Markup):
        return value
    return Markup(escape(writable(str(value))))


def writable(words: str) -> str:
    """Return words without the characters that no page and no picture can show."""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", words)


def join(parts: Iterable[object], between: str = "") -> Markup:
    """Return parts one after the other."""
    return Markup(text(between).join(text(p) for p in parts if p is not None))


def tag(name: str, /, *children: object, **attributes: Attribute) -> Markup:
    """Return an element.

    Args:
        name: Of the element.
        children: Text (escaped), markup, or None for nothing.
        attributes: `class_` is class and `aria_label` is aria-label; True stands alone, None
            and False are left out.
    """
    return element(
        name, {k.rstrip("_").replace("_", "-"): v for k, v in attributes.items()}, *children
    )


def element(name: str, attributes: dict[str, Attribute], *children: object) -> Markup:
    """Return an element whose attributes are named as they are written."""
    written = [name]
    for key, value in attributes.items():
        if value is True:
            written.append(key)
        elif value is not None and value is not False:
            written.append(f'{key}="{text(value)}"')
    start = f"<{' '.join(written)}>"
    return Markup(start if name in VOID else f"{start}{join(children)}</{name}>")


def identifier(words: str, used: set[str]) -> str:
    """Return words as an anchor that nobody else on the page has, and remember it."""
    base = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60] or "part"
    found, number = base, 2
    while found in used:
        found, number = f"{base}-{number}", number + 1
    used.add(found)
    return found
