"""Where arrays live: one code for NumPy and for torch tensors on any device.

The simulator speaks the array API and asks a `Backend` for the few things in which the two
libraries differ. Torch is never imported here: whoever wants tensors passes the module in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = 8192
"""Beats drawn at a time with NumPy."""

Array = Any
"""A NumPy array or a torch tensor; shapes are in the docstrings."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A namespace of array functions, a device, and the float type of everything.

    Attributes:
        xp: `numpy` or `torch`, the module itself.
        device: As the namespace spells it, e.g. "cuda"; NumPy knows "cpu".
        dtype: Name of the float type. Times in float32 are good to 1 microsecond in the first 16
            s of a record; records of minutes need "float64".
    """

    xp: Any = np
    device: Any = "cpu"
    dtype: str = "float32"

    @property
    def is_numpy(self) -> bool:
        """True for NumPy, whose arrays need no device."""
        return self.xp is np

    @property
    def float(self) -> Any:
        """The float type of this namespace."""
        return getattr(self.xp, self.dtype)

    def array(self, values: Any) -> Array:
        """Return numbers as a float array here."""
        return self.xp.asarray(values, dtype=self.float, device=self.device)

    def integers(self, values: Any) -> Array:
        """Return numbers as an int64 array here."""
        return self.xp.asarray(values, dtype=self.xp.int64, device=self.device)

    def zeros(self, *shape: int) -> Array:
        """Return a float array of zeros."""
        return self.xp.zeros(shape, dtype=self.float, device=self.device)

    def full(self, shape: tuple[int, ...], value: float) -> Array:
        """Return a float array of one value."""
        return self.xp.full(shape, value, dtype=self.float, device=self.device)

    def flags(self, *shape: int) -> Array:
        """Return a boolean array, all False."""
        return self.xp.zeros(shape, dtype=self.xp.bool, device=self.device)

    def arange(self, count: int) -> Array:
        """Return 0, 1, ... as int64."""
        return self.xp.arange(count, dtype=self.xp.int64, device=self.device)

    def to_float(self, x: Array) -> Array:
        """Return integers or flags as floats."""
        return x.astype(self.float) if self.is_numpy else x.to(self.float)

    def to_int(self, x: Array) -> Array:
        """Return floats (cut towards zero) or flags as int64."""
        return x.astype(np.int64) if self.is_numpy else x.to(self.xp.int64)

    def where_true(self, mask: Array) -> tuple[Array, Array]:
        """Return row and column of every True in a (row, column) mask, in row order."""
        if self.is_numpy:
            rows, columns = np.nonzero(mask)
            return rows, columns
        return self.xp.nonzero(mask, as_tuple=True)

    def along(self, x: Array, index: Array) -> Array:
        """Return `x[i, index[i, j]]`, shape of `index`."""
        if self.is_numpy:
            return np.take_along_axis(x, index, axis=1)
        return self.xp.take_along_dim(x, index, dim=1)

    def packed(self, keep: Array) -> tuple[Array, Array]:
        """Return where the True places of each row are, to the left, and which of these are any.

        Args:
            keep: bool, shape (row, column).

        Returns:
            (index, valid), shape (row, most True places of a row, at least 1).
        """
        counts = self.xp.sum(self.to_int(keep), axis=1)
        most = max(int(self.xp.max(counts)), 1)
        order = self.xp.argsort(~keep, stable=True, axis=1)[:, :most]
        return order, self.arange(most)[None, :] < counts[:, None]

    def add_at(self, sums: Array, index: Array, values: Array) -> None:
        """Add `values` to `sums` at `index`, in place; repeats add up.

        Args:
            sums: Float, shape (length,).
            index: int64, any shape, 0 to `length` - 1.
            values: Float, same shape.
        """
        index, values = index.reshape(-1), values.reshape(-1)
        if self.is_numpy:
            sums += np.bincount(index, weights=values, minlength=len(sums))
        else:
            sums.index_add_(0, index, values)

    def blocks(self, count: int) -> Iterator[slice]:
        """Yield slices of events that are worked on at a time, so that a day fits into memory."""
        size = EVENTS if self.is_numpy else 16 * EVENTS
        for start in range(0, count, size):
            yield slice(start, start + size)

    def numpy(self, x: Array) -> Any:
        """Return a NumPy array on the CPU."""
        return x if self.is_numpy else x.detach().cpu().numpy()


NUMPY = Backend()
"""float32 on the CPU: what corpora and tests use."""


def interpolate(x: Array, knots: tuple[float, ...], values: tuple[float, ...]) -> Array:
    """Return a piecewise linear function of x, constant beyond its first and last knot."""
    y = values[0]
    for left, right, low, high in zip(knots, knots[1:], values, values[1:], strict=False):
        y = y + (high - low) / (right - left) * (x.clip(left, right) - left)
    return y


def columns(x: Array) -> list[Array]:
    """Return the columns of a (row, column) array."""
    return [x[:, i] for i in range(x.shape[1])]
