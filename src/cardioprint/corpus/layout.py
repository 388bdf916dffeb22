"""What one row of a corpus holds: one window of one record, ECG and PPG side by side.

Samples are prepared (125 Hz, band-passed) and stored as int16 counts with a scale and an offset
per channel and window: value = counts * scale + offset, in mV (ECG) or the channel's own unit
(PPG). Windows of a record follow each other without overlap, so that consecutive rows can be
joined again and training may cut anywhere.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from cardioprint.signal.preparation import Preparation

MISSING = -32768
"""Count of a sample that was not measured."""

TYPED_LABELS = ("age", "sex", "sbp", "dbp", "heart_rate", "hypertension", "rhythm")
"""Labels that every row carries in columns of their own (`labels.age`), for filters; the rest
stays in the table of records."""

TEXT_LABELS = ("sex", "rhythm")
"""Those of them that are words."""


def schema(window_samples: int) -> pa.Schema:
    """Return the columns of a corpus.

    Args:
        window_samples: Samples in a window.
    """
    import pyarrow as pa

    labels = [(name, pa.string() if name in TEXT_LABELS else pa.float32()) for name in TYPED_LABELS]
    return pa.schema(
        [
            ("samples", pa.list_(pa.int16(), 2 * window_samples)),  # ECG, then PPG
            ("ecg_scale", pa.float32()),
            ("ecg_offset", pa.float32()),
            ("ppg_scale", pa.float32()),
            ("ppg_offset", pa.float32()),
            ("ecg_valid", pa.float32()),  # share of samples measured; 0: the modality is absent
            ("ppg_valid", pa.float32()),
            ("ecg_quality", pa.float32()),  # null where absent
            ("ppg_quality", pa.float32()),
            ("lag", pa.float32()),  # seconds from R-peak to steepest upslope; null: none agreed on
            ("agreement", pa.float32()),  # share of this window's R-peaks with a pulse at that lag
            ("r_peaks", pa.list_(pa.int16())),  # samples after the window's start
            ("upslopes", pa.list_(pa.int16())),
            ("database", pa.string()),
            ("subject", pa.string()),  # with its id space: "mimic3:p000123"
            ("record", pa.string()),  # "database/record", with "#piece" where a record has pieces
            ("start", pa.float64()),  # seconds after the record's zero
            ("split", pa.string()),  # of the subject, before duplicates are joined
            ("labels", pa.struct(labels)),
            ("preparation", pa.string()),  # `preparation_hash`
        ]
    )


def preparation_hash(preparation: Preparation) -> str:
    """Return 12 hexadecimal digits that change with every field of a preparation."""
    text = json.dumps(preparation.to_dict(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def encode(
    samples: NDArray[np.floating], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.int16], NDArray[np.float32], NDArray[np.float32]]:
    """Turn samples into counts that use the whole of int16.

    Args:
        samples: Shape (..., time), physical units.
        valid: bool, same shape: True where measured.

    Returns:
        (counts, scale, offset): int16 of the same shape with `MISSING` where not valid; float32
        without the last axis. Offset is the middle of the range; scale is never 0.
    """
    high = np.where(valid, samples, -np.inf).max(axis=-1, initial=-np.inf)
    low = np.where(valid, samples, np.inf).min(axis=-1, initial=np.inf)
    none = ~valid.any(axis=-1)
    high, low = np.where(none, 0, high), np.where(none, 0, low)
    offset = ((high + low) / 2).astype(np.float32)
    scale = np.maximum((high - low) / 65000, 1e-12).astype(np.float32)
    counts = np.rint((samples - offset[..., None]) / scale[..., None])
    counts = np.where(valid, np.clip(counts, -32767, 32767), MISSING)
    return counts.astype(np.int16), scale, offset


def decode(
    counts: NDArray[np.int16], scale: NDArray[np.floating], offset: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return physical values, NaN where not measured; the inverse of `encode`."""
    values = counts * np.asarray(scale, np.float32)[..., None]
    values += np.asarray(offset, np.float32)[..., None]
    return np.where(counts == MISSING, np.float32(np.nan), values)
