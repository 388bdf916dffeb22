"""What the panels of a whole record show, as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.fingerprints.result import Fingerprints

    Floats = NDArray[np.floating]


def grouped(values: Floats, most: int) -> Floats:
    """Return means of successive groups of rows, at most `most`; NaN rows do not count."""
    size = -(-len(values) // most)
    if size <= 1:
        return values
    edges = np.arange(0, len(values), size)
    finite = np.isfinite(values)
    total = np.add.reduceat(np.where(finite, values, 0), edges, axis=0, dtype=np.float64)
    count = np.add.reduceat(finite, edges, axis=0, dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def components(vectors: Floats, most: int = 3) -> tuple[Floats, Floats]:
    """Return the principal components of the windows and their shares of the variance.

    Args:
        vectors: Shape (window, feature); NaN rows abstained.
        most: Components wanted.

    Returns:
        Scores, shape (window, component), NaN where abstained, and shares, shape (component,).
        Both empty where fewer than two windows have a vector.
    """
    known = np.isfinite(vectors).all(axis=1)
    if known.sum() < 2:
        return np.zeros((len(vectors), 0)), np.zeros(0)
    centred = vectors[known] - vectors[known].mean(axis=0, dtype=np.float64)
    u, s, vh = np.linalg.svd(centred, full_matrices=False)
    kept = min(most, len(s) if len(s) < known.sum() else len(s) - 1)
    # The sign of a component is arbitrary: let its largest loading be positive.
    sign = np.sign(vh[np.arange(kept), np.abs(vh[:kept]).argmax(axis=1)])
    scores = np.full((len(vectors), kept), np.nan)
    scores[known] = u[:, :kept] * s[:kept] * sign
    return scores, s[:kept] ** 2 / max(float((s**2).sum()), 1e-12)


def similarity(vectors: Floats) -> Floats:
    """Return the cosine of every window with every other; NaN where one abstained."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(length > 0, length, np.nan)
    return unit @ unit.T


def reasons_of(fingerprints: Fingerprints, row: int) -> list[str]:
    """Return the first reason why a channel of each window was not used; "" where it was."""
    out = []
    for text in fingerprints.reasons:
        mine = [p for p in text.split("; ") if p.startswith(f"{MODALITIES[row]}: ")]
        out.append(mine[0].split(": ", 1)[1].split(", ")[0] if mine else "")
    return out
