"""How good a head is, said plainly from its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cardioprint.benchmark.comparison import compare
from cardioprint.benchmark.heads.judging import ME
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from cardioprint.benchmark.heads.export import Made
    from cardioprint.benchmark.statistics import Estimate


def statement(made: Made) -> str:
    """Return two sentences: the main score, and what stands beside it."""
    card = made.card
    on = card.headline.on
    estimates = {method: e for (where, method), e in made.estimates.items() if where == on}
    mine, unit = estimates[ME], card.unit
    many = ""
    if len(card.outputs) > 1:
        many = f"; mean of {len(card.outputs)} {'classes' if card.kind == 'classes' else 'labels'}"
    began = "Off by" if card.kind == "number" else "Rates the right one of two records higher in"
    amount = _amount(mine, f" {unit}" if unit else "")
    out = f"{began} {amount}, {mine.people} people it had not seen ({on}{many})."
    beside = [
        f"{method} {_value(other, other.value, unit)} ({_verdict(made, method, mine, other)})"
        for method, other in estimates.items()
        if method != ME
    ]
    return f"{out} Beside it: {'; '.join(beside)}." if beside else out


def worth_shipping(made: Made) -> str:
    """Return why a head is no better than chance, or "".

    Probabilities: the interval of the AUROC lies above one half. Numbers: the error is less than
    that of the same guess for everybody in the paired interval, and so is R2 above 0.
    """
    on, card = made.card.headline.on, made.card
    mine = made.estimates[on, ME]
    if card.kind != "number":
        if mine.low > 0.5:
            return ""
        return f"AUROC {mine.value:.3f} [{mine.low:.3f}, {mine.high:.3f}] includes chance"
    # A guess that hardly varies beats the same guess for everybody by accident: the paired gap
    # is narrow. It explains no variance, though.
    explained = next(
        (s for s in card.scores if (s.measure, s.on, s.method) == ("R2", on, ME)), None
    )
    if explained is None or explained.low <= 0:
        what = (
            "no R2" if explained is None else f"R2 {explained.value:.3f}, from {explained.low:.3f}"
        )
        return f"{what}: it explains nothing"
    gap = compare(card.name, ME, "constant", mine, made.estimates[on, "constant"], "lower")
    if gap.high < 0:
        return ""
    return f"error {gap.gap:+.2f} [{gap.low:+.2f}, {gap.high:+.2f}] beside a constant"


def elsewhere_words(on: str, got: Mapping[str, Estimate], unit: str) -> str:
    """Return a sentence on a head's main measure on data of another place.

    Args:
        on: What data.
        got: Method -> estimate, the head first.
        unit: Of a number; "" for probabilities.
    """
    (_, mine), *others = got.items()
    said = [_amount(mine, f" {unit}" if unit else "")]
    said += [f"{method} {_value(e, e.value, unit)}" for method, e in others]
    return f"Elsewhere ({on}): {'; '.join(said)}."


def _verdict(made: Made, method: str, mine: Estimate, other: Estimate) -> str:
    number = made.card.kind == "number"
    try:
        gap = compare(made.card.name, ME, method, mine, other, "lower" if number else "higher")
    except RecordError:
        return "on other rows"
    if gap.low > 0 or gap.high < 0:
        return "clearly worse" if (gap.gap > 0) != number else "clearly better"
    return "not told apart"


def _amount(found: Estimate, unit: str) -> str:
    """Return a value with its interval: "10.3 years (9.3 to 11.6)", "78 % (71 to 85 %)"."""
    value, low, high = (_value(found, v, unit) for v in (found.value, found.low, found.high))
    if unit:
        return f"{value}{unit} ({low} to {high})"
    return f"{value} ({low.removesuffix(' %')} to {high})"


def _value(found: Estimate, value: float, unit: str) -> str:
    """Return a figure as sharp as its estimate allows."""
    if not unit:
        return f"{100 * value:.0f} %"
    return f"{value:.1f}" if found.value >= 2 else f"{value:.2f}"
