import zlib

import numpy as np

from cardioprint.datasets.neighbours import BLOCK, block_of, on_border
from cardioprint.datasets.splits import reserved

FIRST_RESERVED = [17, 29]
"""Blocks of the first 600 records of uci_bp, part 0, that no released weights have seen."""


def kept(name, number, part=0):
    return reserved(block_of(name, number, part))


def test_a_fifth_is_reserved_block_by_block():
    sides = [kept("uci_bp", n) for n in range(20_000)]
    assert abs(np.mean(sides) - 0.2) < 0.04
    for first in range(0, 2000, BLOCK):
        assert len(set(sides[first : first + BLOCK])) == 1
    assert sides != [kept("cinc2015", n) for n in range(20_000)]
    # Written down once: another salt or hash would let test people into pretraining.
    assert [b for b in range(30) if sides[b * BLOCK]] == FIRST_RESERVED


def test_the_rule_is_that_of_the_released_weights():
    for part, number in ((0, 0), (1, 345), (4, 2999)):
        text = f"cardioprint reserved fifth:uci_bp:{part}:{number // 20}"
        assert kept("uci_bp", number, part) == (zlib.crc32(text.encode()) % 5 == 0)


def test_borders_lie_between_a_reserved_block_and_another():
    numbers = [n for n in range(1000) if on_border("uci_bp", n)]
    first = FIRST_RESERVED[0] * BLOCK
    assert set(numbers) & set(range(first - 3, first + 3)) == {first - 1, first}
    assert all(kept("uci_bp", n - 1) != kept("uci_bp", n + 1) for n in numbers)
