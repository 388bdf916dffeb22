"""The converter: range and steps; and small things both signals share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array

if TYPE_CHECKING:
    from cardioprint.simulate.backend import Backend
    from cardioprint.simulate.devices.events import Events


def digitised(signal: Array, limit: Array, bits: Array, *, b: Backend) -> tuple[Array, Array]:
    """Return what a converter makes of a signal around zero.

    Args:
        signal: Any unit.
        limit: To either side, at which it clips; broadcasts.
        bits: int64, so many; broadcasts.
        b: Where the arrays live.

    Returns:
        (signal in steps, bool: at a rail).
    """
    xp = b.xp
    highest = 2.0 ** (b.to_float(bits) - 1) - 1
    step = limit / highest
    counts = xp.round(signal / step)
    counts = xp.minimum(xp.maximum(counts, -highest), highest)
    return counts * step, xp.abs(counts) >= highest


def rows_of(events: Events, people: int, b: Backend) -> Array:
    """Return the records to which something happens, int64, each once and in order."""
    some = b.flags(1, people)
    some[0, events.row] = True
    return b.where_true(some)[1]
