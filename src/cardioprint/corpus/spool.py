"""Arrays that grow on disk: what is sorted and joined there need not fit into memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray


class Spool:
    """Arrays that grow on disk."""

    def __init__(self, folder: Path):
        self._folder = folder

    def append(self, name: str, values: NDArray[Any]) -> None:
        """Write values behind those that are there."""
        with (self._folder / name).open("ab") as file:
            file.write(np.ascontiguousarray(values).tobytes())

    def read(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        """Return an array, mapped from disk; empty where nothing was written."""
        path = self._folder / name
        if not path.exists() or path.stat().st_size == 0:
            return np.zeros(0, dtype)
        return np.memmap(path, dtype, mode="r")

    def drop(self, name: str) -> None:
        """Delete an array."""
        (self._folder / name).unlink(missing_ok=True)
