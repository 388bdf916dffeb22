"""Windows with fingerprints, people and labels: what heads are fitted on and tried on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Material:
    """Windows with their fingerprints, people and labels.

    Attributes:
        vectors: float32, shape (window, feature); none abstained.
        modality: What the fingerprints are of.
        table: Key of `datasets.tables.TABLES` of each window.
        source: Data set of each window, as its table names it.
        person: The person of each window; copies of one recording share theirs.
        unit: What is answered about: the record, or the person where several make one answer.
        quality: Of each window.
        labels: Name -> number of each window, NaN where unknown.
        hand: Hand-made features of each window, or None.
        lead: Of each window, "" where unknown.
        rate: Hertz of each window.
        seconds: Of signal in each window.
    """

    vectors: NDArray[np.float32]
    modality: str
    table: NDArray[np.str_]
    source: NDArray[np.str_]
    person: NDArray[np.str_]
    unit: NDArray[np.str_]
    quality: NDArray[np.float32]
    lead: NDArray[np.str_]
    rate: NDArray[np.float64]
    seconds: NDArray[np.float64]
    labels: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    hand: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.vectors)

    def __getitem__(self, index: NDArray) -> Material:
        """Return some of the windows, by position or by a boolean array."""
        arrays = {
            k: getattr(self, k)[index]
            for k in ("vectors", "table", "source", "person", "unit", "quality", "lead", "rate")
        }
        return replace(
            self,
            **arrays,
            seconds=self.seconds[index],
            labels={k: v[index] for k, v in self.labels.items()},
            hand=None if self.hand is None else self.hand[index],
        )


def join(parts: list[Material]) -> Material:
    """Return several sets of one modality as one; a label that one lacks is NaN there."""
    names = sorted({n for p in parts for n in p.labels})
    both = {
        n: np.concatenate([p.labels.get(n, np.full(len(p), np.nan)) for p in parts]) for n in names
    }
    arrays = {
        k: np.concatenate([getattr(p, k) for p in parts])
        for k in ("vectors", "table", "source", "person", "unit", "quality", "lead", "rate")
    }
    hands = [p.hand for p in parts if p.hand is not None]
    return replace(
        parts[0],
        **arrays,
        seconds=np.concatenate([p.seconds for p in parts]),
        labels=both,
        hand=np.concatenate(hands) if len(hands) == len(parts) else None,
    )
