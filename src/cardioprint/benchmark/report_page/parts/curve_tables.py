"""Curves in groups that share a panel, and the table behind them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from cardioprint.benchmark.report_page import tables, wording
from cardioprint.benchmark.report_page.figures import curves
from cardioprint.benchmark.report_page.markup import Markup
from cardioprint.benchmark.results import Curve


def grouped(found: Iterable[Curve]) -> list[list[Curve]]:
    """Return curves that share name, inputs, measure and axis, in their first order."""
    out: dict[tuple[str, str, str, str], list[Curve]] = {}
    for c in found:
        if c.at:
            out.setdefault((c.name, c.inputs, c.measure, c.axis), []).append(c)
    return list(out.values())


def table(groups: Sequence[Sequence[Curve]], label: str, *, named: bool = False) -> Markup:
    """Return all points: a line an encoder, its values in the order of the steps.

    Args:
        groups: As drawn.
        label: What the table is.
        named: Whether the curve's name gets a column.
    """
    rows = []
    for group in groups:
        for c in group:
            decimals = wording.digits(c.measure, c.value)
            ends = zip(c.at, c.value, c.low, c.high, strict=False)
            points = "; ".join(
                f"{wording.at(at, c.axis)}: {wording.full(v, low, high, decimals)}"
                + _abstained(c, k, decimals)
                for k, (at, v, low, high) in enumerate(ends)
            )
            line = [c.encoder, wording.inputs(c.inputs), c.measure, c.axis]
            if named:
                line = [c.name, *line, wording.number(c.clean, decimals)]
            rows.append([*line, points])
    head = ["Encoder", "Inputs", "Measure", "Axis"]
    head = ["Disturbance", *head, "Clean"] if named else head
    return tables.table([*head, "Step: value [95 %]"], rows, label, words=7, name="wide")


def _abstained(curve: Curve, k: int, decimals: int) -> str:
    """Return " (6 % refused, others 3.24)", "" where none was."""
    share = curve.refused[k] if k < len(curve.refused) else 0.0
    if not share > 0:
        return ""
    kept = curve.kept[k] if k < len(curve.kept) else math.nan
    others = f", others {wording.number(kept, decimals)}" if math.isfinite(kept) else ""
    return f" ({curves.percent(share)} refused{others})"
