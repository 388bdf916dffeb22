"""Random numbers for the rows of a batch that do not depend on who computes them.

Every number is a hash of (seed, step, row, which question, which number): a rank that holds
rows 64 to 127 draws for them what a single process would have drawn, on a CPU as on a GPU.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


class Chance:
    """A source of chance for windows of shape (view, batch, 2, time) or (batch, 2, time).

    Args:
        windows: What it is for: its shape and device.
        seed: Of the run.
        step: Of the run.
        first_row: Where these rows stand in the batch of all ranks.
    """

    def __init__(self, windows: Tensor, *, seed: int = 0, step: int = 0, first_row: int = 0):
        *views, rows, channels, _ = windows.shape
        number = views[0] if views else 1
        view = torch.arange(number, device=windows.device)[:, None, None]
        row = first_row + torch.arange(rows, device=windows.device)[:, None]
        channel = torch.arange(channels, device=windows.device)
        self._place = ((row * number + view) * channels + channel).reshape(windows.shape[:-1])
        self._key, self._questions = hash_of(seed, step), 0

    def uniform(self, *numbers: int) -> Tensor:
        """Return float32 in [0, 1), one for each channel, or `numbers` of them on a last axis.

        Every call asks another question: the same calls in the same order give the same.
        """
        self._questions += 1
        key = _mixed(self._place + _signed(hash_of(self._key, self._questions)))
        if not numbers:
            return _shifted(key, 40, 64).to(torch.float32) * 2.0**-24
        # The many numbers of a channel in 32 bits, a quarter of the work: an integer hash with
        # little bias (Wellons 2018, "Prospecting for hash functions"), keyed twice.
        one, two = (_shifted(key, 32, 64).to(torch.int32), key.to(torch.int32))
        x = torch.arange(numbers[0], dtype=torch.int32, device=key.device) * -1640531527
        x = one[..., None] + x
        x ^= _shifted(x, 16, 32)
        x *= 569420461
        x ^= two[..., None]
        x ^= _shifted(x, 15, 32)
        x *= 1935289751
        x ^= _shifted(x, 15, 32)
        return _shifted(x, 8, 32).to(torch.float32).mul_(2.0**-24)

    def between(self, low: float, high: float, *numbers: int) -> Tensor:
        """Return numbers from low to high."""
        return low + (high - low) * self.uniform(*numbers)

    def sign(self, *numbers: int) -> Tensor:
        """Return -1 or 1."""
        return torch.where(self.uniform(*numbers) < 0.5, -1.0, 1.0)

    def happens(self, probability: float) -> Tensor:
        """Return for each channel whether something that is this likely happens."""
        return self.uniform() < probability

    def angle(self, *numbers: int) -> Tensor:
        """Return angles in radians."""
        return self.uniform(*numbers).mul_(2 * math.pi)


def hash_of(*numbers: int) -> int:
    """Return 64 bits that depend on all numbers and their order."""
    out = 0
    for number in numbers:
        out = (out + number + 0x9E3779B97F4A7C15) % 2**64
        out = (out ^ (out >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        out = (out ^ (out >> 27)) * 0x94D049BB133111EB % 2**64
        out ^= out >> 31
    return out


def _mixed(x: Tensor) -> Tensor:
    """Return well-mixed bits (SplitMix64: Steele, Lea & Flood 2014); products wrap round."""
    x = x * _signed(0x9E3779B97F4A7C15)
    x = (x ^ _shifted(x, 30, 64)) * _signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shifted(x, 27, 64)) * _signed(0x94D049BB133111EB)
    return x ^ _shifted(x, 31, 64)


def _signed(number: int) -> int:
    """Return 64 bits as the signed integer that torch knows them by."""
    return number - 2**64 if number >= 2**63 else number


def _shifted(x: Tensor, bits: int, size: int) -> Tensor:
    """Return the bits moved to the right with zeros coming in from the left."""
    return (x >> bits) & ((1 << (size - bits)) - 1)
