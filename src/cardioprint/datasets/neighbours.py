"""Neighbouring record numbers: who stands for a person where nobody published ids.

In the UCI blood-pressure records and in the Challenge of 2015 the recordings of one patient
carry neighbouring numbers, and no ids. They are split by blocks of consecutive numbers, and
what lies at the border of a reserved block enters neither side: it may be a person of either.
"""

from __future__ import annotations

from cardioprint.datasets.splits import reserved

BLOCK = 20
"""Consecutive record numbers in a block. Changing it would let reserved people into training."""


def block_of(name: str, number: int, part: int = 0) -> str:
    """Return the block of a record.

    Args:
        name: Database.
        number: Of the record, in its part.
        part: Of the database, 0 where it has none.
    """
    return f"{name}:{part}:{number // BLOCK}"


def on_border(name: str, number: int, part: int = 0) -> bool:
    """Return whether a record lies between a reserved block and another."""
    near = {reserved(block_of(name, number + step, part)) for step in (-1, 0, 1)}
    return len(near) == 2
