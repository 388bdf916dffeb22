"""Complementary block masking: at least 70 % hidden in total, in blocks.

Where a stretch of one signal is visible, the same stretch of the other is hidden. A model that
sees only isolated patches hidden interpolates; hidden blocks of a second make it understand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 5
"""Patches in a block (1 s, about a beat)."""


def complementary(
    rng: np.random.Generator,
    batch: int,
    patches: int,
    *,
    mask_ratio: float = 0.7,
    block: int = BLOCK,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose visible patches of both modalities whose blocks never coincide.

    Args:
        rng: Source of chance.
        batch: Rows.
        patches: Patches a modality, a multiple of `block`.
        mask_ratio: Least fraction of all patches, of both modalities together, to hide.
        block: Patches in a block.

    Returns:
        (ecg, ppg): indices of visible patches, shape (batch, visible) each.
    """
    blocks = patches // block
    each = int((1 - mask_ratio) * blocks + 1e-9)
    order = rng.permuted(np.tile(np.arange(blocks), (batch, 1)), axis=1)
    turn = rng.integers(0, block, (batch, 1))
    first, second = order[:, :each], order[:, each : 2 * each]
    return _unroll(first, turn, patches, block), _unroll(second, turn, patches, block)


def single(
    rng: np.random.Generator,
    batch: int,
    patches: int,
    *,
    mask_ratio: float = 0.7,
    block: int = BLOCK,
) -> NDArray[np.int64]:
    """Choose visible patches of one modality while the other is hidden altogether.

    Returns:
        Indices of visible patches, shape (batch, visible).
    """
    blocks = patches // block
    shown = int(2 * (1 - mask_ratio) * blocks + 1e-9)
    order = rng.permuted(np.tile(np.arange(blocks), (batch, 1)), axis=1)
    turn = rng.integers(0, block, (batch, 1))
    return _unroll(order[:, :shown], turn, patches, block)


def _unroll(
    blocks: NDArray[np.int64], turn: NDArray[np.int64], patches: int, block: int
) -> NDArray[np.int64]:
    """Turn block numbers into patch indices; `turn` moves the blocks' edges about."""
    at = blocks[:, :, None] * block + np.arange(block)
    return np.sort((at.reshape(len(blocks), -1) + turn) % patches, axis=1)
