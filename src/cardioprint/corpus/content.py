"""A number that changes with anything in a record's windows, whatever their order.

Every row gives 64 bits, a record the sum of its rows': it can be computed in a stream, in parts,
and after rows were moved. It finds damage, not forgery.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

FLOATS = (
    *(f"{m}_{k}" for m in ("ecg", "ppg") for k in ("scale", "offset", "valid", "quality")),
    "lag",
    "agreement",
)
BEATS = ("r_peaks", "upslopes")

COLUMNS = ("samples", *FLOATS, *BEATS, "start")
"""Of `layout.schema`: what counts."""


def row_hashes(batch: pa.RecordBatch) -> NDArray[np.uint64]:
    """Return 64 bits for each row.

    Args:
        batch: With `COLUMNS`.
    """
    samples = batch.column("samples")
    counts = samples.flatten().to_numpy().reshape(batch.num_rows, samples.type.list_size)
    if counts.shape[1] % 4:
        counts = np.pad(counts, ((0, 0), (0, -counts.shape[1] % 4)))
    words = np.ascontiguousarray(counts).view(np.uint64)
    with np.errstate(over="ignore"):
        # A sum of words times odd numbers changes with any one word.
        out = mix(words @ _odd(words.shape[1]))
        for name in (*FLOATS, "start"):
            values = np.asarray(batch.column(name).to_numpy(zero_copy_only=False), np.float64)
            values = np.where(np.isnan(values), np.nan, values + 0.0)  # one NaN, one zero
            out = mix(out + values.view(np.uint64))
        for name in BEATS:
            out = mix(out + _list_sums(batch.column(name)))
    return out


def _list_sums(column: Any) -> NDArray[np.uint64]:
    lengths = np.diff(column.offsets.to_numpy())
    row = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    values = column.flatten().to_numpy().astype(np.int64) + (place << 20)
    out = lengths.astype(np.uint64)
    np.add.at(out, row, mix(values.astype(np.uint64)))
    return out


@lru_cache(maxsize=2)
def _odd(count: int) -> NDArray[np.uint64]:
    return mix(np.arange(count, dtype=np.uint64)) | np.uint64(1)


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well-mixed bits (SplitMix64: Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
