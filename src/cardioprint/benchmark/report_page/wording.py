"""Numbers and names as a reader wants them: sensible digits, true minus signs, plain words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
NONE = "\N{EM DASH}"

BOUNDED = (
    "auroc", "auprc", "f1", "recall", "brier", "c-index", "eer", "error rate", "accuracy",
    "sensitivity", "specificity", "rank-1", "cosine", "r2", "r²", "pearson", "rmse", "share",
    "calibration",
)  # fmt: skip
"""Words of measures that lie between -1 and 1 and are read to three digits."""

INPUTS = {"ecg": "ECG", "ppg": "PPG", "": ""}
HEADS = {"linear": "linear", "knn": "kNN", "trees": "trees", "": ""}

KINDS = {
    "model": "model under test",
    "peer": "published weights of others",
    "baseline": "baseline",
    "supervised": "supervised on this task",
    "random": "untrained network",
    "trivial": "no learning",
}
"""What a kind of column is called in a legend, in the order of the legend."""


def digits(measure: str, values: Iterable[float] = ()) -> int:
    """Return the decimals that a measure is told with, the same down a column.

    Args:
        measure: Its name, with the unit after a comma.
        values: Those of the column.
    """
    known = [abs(v) for v in values if math.isfinite(v)]
    name = measure.lower()
    if any(word in name for word in BOUNDED) or name == "r" or name.startswith(("r ", "r,")):
        return 3
    if not known:
        return 2
    middle = sorted(known)[len(known) // 2]
    return 3 if max(known) <= 1 else 2 if middle < 10 else 1 if middle < 1000 else 0


def number(value: float, decimals: int = 3, *, signed: bool = False) -> str:
    """Return a number with a true minus sign; a dash where there is none."""
    if not math.isfinite(value):
        return NONE
    rounded = f"{value:+.{decimals}f}" if signed else f"{value:.{decimals}f}"
    if float(rounded) == 0:
        rounded = f"{0:.{decimals}f}"
    return rounded.replace("-", MINUS)


def interval(low: float, high: float, decimals: int = 3, *, signed: bool = False) -> str:
    """Return an interval in brackets; nothing where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    first, last = number(low, decimals, signed=signed), number(high, decimals, signed=signed)
    # A dash between signed numbers would read as one more minus.
    between = ", " if signed or low < 0 else DASH
    return f"[{first}{between}{last}]"


def full(value: float, low: float, high: float, decimals: int = 3, *, signed: bool = False) -> str:
    """Return a value and its interval."""
    if not math.isfinite(value):
        return NONE
    told = number(value, decimals, signed=signed), interval(low, high, decimals, signed=signed)
    return " ".join(t for t in told if t)


def p_value(p: float) -> str:
    """Return a p-value."""
    if not math.isfinite(p):
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(n: float) -> str:
    """Return a whole number with commas."""
    return f"{n:,.0f}" if math.isfinite(n) else NONE


def plural(n: int, word: str) -> str:
    """Return "1 task", "2 tasks"."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def inputs(name: str) -> str:
    """Return "ecg>ppg" as a reader would say it."""
    if ">" in name:
        learnt, _, used = name.partition(">")
        return f"{inputs(learnt)} \N{RIGHTWARDS ARROW} {inputs(used)}"
    return " + ".join(INPUTS.get(part, part) for part in name.split("+"))


def head(name: str) -> str:
    """Return the name of a head."""
    return HEADS.get(name, name)


def how(of_inputs: str, of_head: str) -> str:
    """Return inputs and head in one line."""
    named = f"{head(of_head)} head" if of_head else ""
    return ", ".join(t for t in (inputs(of_inputs), named) if t)


def tied(words: str) -> str:
    """Return words in which no line breaks between a number and its unit."""
    return re.sub(r"(\d) (?=%|(?:s|ms|Hz|min|dB)\b)", "\\1\N{NO-BREAK SPACE}", words)


def spelt(words: str) -> str:
    """Return words in which ECG and PPG are spelt as readers know them."""
    return re.sub(r"\b(ecg|ppg)\b", lambda m: m.group().upper(), words)


def towards(better: str) -> str:
    """Say which direction is better."""
    return "lower is better" if better == "lower" else "higher is better"


def duration(seconds: float) -> str:
    """Return a time that a computation took."""
    if not math.isfinite(seconds):
        return NONE
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def at(value: float | str, axis: str) -> str:
    """Return a place on the axis of a curve; shares of people or labels as percent."""
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return NONE
    if "share" in axis.lower() and 0 <= value <= 1 and "%" not in axis:
        return f"{100 * value:g} %"
    return f"{value:g}".replace("-", MINUS)


def listed(words: Iterable[str]) -> str:
    """Return "a, b and c"."""
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"


def shortened(words: str, width: float, size: float = 11.0) -> str:
    """Return words cut with an ellipsis so that they fit a width at a size, both in px."""
    if text_width(words, size) <= width:
        return words
    while words and text_width(words + "…", size) > width:
        words = words[:-1]
    return words.rstrip(" ,;(") + "…"


def text_width(words: str, size: float) -> float:
    """Return the width of words in a usual sans serif, in px; a little too much, never less."""
    narrow, wide = "iIjl.,:;|'!()[] tfr", "mwMW@%—…"
    units = sum(0.36 if c in narrow else 0.95 if c in wide else 0.60 for c in words)
    return units * size
