"""Colours by role, on a light and on a dark page; a figure names roles, never colours."""

from __future__ import annotations

from pathlib import Path

from cardioprint.plotting import style

LIGHT = {
    "paper": style.PAPER,
    "raised": "#F7F7FA",
    "ink": style.INK,
    "muted": "#59616C",
    "faint": style.FAINT,
    "rule": "#C9CED6",
    "model": "#6436A3",
    "peer": "#9A6700",
    "baseline": "#3D4957",
    "supervised": "#B0305F",
    "random": "#8C949E",
    "trivial": "#6B7280",
    "ecg": style.ECG,
    "ppg": style.PPG,
    "generated": style.GENERATED,
    "good": "#1A6B3C",
    "warn": "#8A5A00",
    "bad": "#A8232B",
}
"""The model is violet, which in this package is the colour of fingerprints and never of a signal.
Kinds of encoders differ in shape and in lightness, too, for readers who see fewer colours."""

DARK = {
    "paper": "#111418",
    "raised": "#1A1E24",
    "ink": "#E7EAEE",
    "muted": "#A3ACB8",
    "faint": "#2B3139",
    "rule": "#454D58",
    "model": "#BB9AF7",
    "peer": "#E3B341",
    "baseline": "#C3CBD5",
    "supervised": "#F48FB1",
    "random": "#7C8692",
    "trivial": "#98A2AE",
    "ecg": "#58B0EE",
    "ppg": "#FF9A5A",
    "generated": "#3FCB9C",
    "good": "#5CCB8B",
    "warn": "#E3B341",
    "bad": "#FF8A84",
}

RULES = Path(__file__).with_name("page.css")
"""Of the page, apart from colours."""

SHAPES = {
    "model": "circle",
    "peer": "diamond",
    "baseline": "square",
    "supervised": "up",
    "random": "ring",
    "trivial": "bar",
}
"""Mark of each kind."""

DASHES = ((), (5.0, 3.0), (1.5, 2.5), (7.0, 2.5, 1.5, 2.5), (3.0, 1.5))
"""Lines of encoders of one kind, in the order of the run."""


def role(kind: str) -> str:
    """Return the colour of a kind of column."""
    return kind if kind in SHAPES else "baseline"


def shape(kind: str) -> str:
    """Return the mark of a kind of column."""
    return SHAPES[role(kind)]


def stylesheet() -> str:
    """Return the style of the page: colours, then rules."""

    def told(colours: dict[str, str]) -> str:
        return "".join(f"--{k}:{v};" for k, v in colours.items())

    marks = "".join(f".f-{k}{{fill:var(--{k})}}.s-{k}{{stroke:var(--{k})}}" for k in LIGHT)
    return (
        f":root{{color-scheme:light dark;{told(LIGHT)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{told(DARK)}}}}}"
        f"{marks}\n{RULES.read_text(encoding='utf-8')}"
    )
