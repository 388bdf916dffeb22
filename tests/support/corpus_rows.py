"""Rows of a corpus for tests, made from records in memory without a build."""

import numpy as np
import pyarrow as pa

from cardioprint.corpus import layout
from cardioprint.corpus.pairs import lag_of
from cardioprint.signal.blocks import InMemory, prepared_blocks
from cardioprint.signal.preparation import Preparation
from cardioprint.types import Modality

P = Preparation()


def rows_of(record, *, key, subject="", database="", split="train", labels=None):
    """Return the corpus rows of one record, prepared as a build would.

    Args:
        record: A `Record` with at most one ECG and one PPG channel.
        key: "database/record".
        subject: With its space; default: "database:record".
        database: Default: from `key`.
        split: Side.
        labels: Typed labels.
    """
    database = database or key.partition("/")[0]
    subject = subject or key.replace("/", ":")
    names = [c[0].name if (c := record.of(m)) else "" for m in (Modality.ECG, Modality.PPG)]
    digits = layout.preparation_hash(P)
    out = []
    for block in prepared_blocks(InMemory(record=record), names[0], names[1], P):
        rate = P.sampling_rate
        at = np.round((block.windows.start - block.prepared.start) * rate).astype(int)
        for i, first in enumerate(at):
            stop = first + P.window_samples
            valid = block.windows.valid[i]
            samples = np.zeros(valid.shape, np.float32)
            part = block.prepared.samples[:, first:stop]
            samples[:, : part.shape[1]] = part
            counts, scale, offset = layout.encode(samples, valid)
            beats = [b[(b >= first) & (b < stop)] - first for b in block.quality.beats]
            beats = [b[b < P.window_samples] for b in beats]
            lag, agreement = lag_of(beats[0] / rate, beats[1] / rate)
            quality = block.quality.index[i]
            out.append(
                {
                    "samples": counts.ravel(),
                    "ecg_scale": scale[0],
                    "ecg_offset": offset[0],
                    "ppg_scale": scale[1],
                    "ppg_offset": offset[1],
                    "ecg_valid": valid[0].mean(),
                    "ppg_valid": valid[1].mean(),
                    "ecg_quality": quality[0],
                    "ppg_quality": quality[1],
                    "lag": lag,
                    "agreement": agreement,
                    "r_peaks": beats[0].astype(np.int16),
                    "upslopes": beats[1].astype(np.int16),
                    "database": database,
                    "subject": subject,
                    "record": key,
                    "start": float(block.windows.start[i]),
                    "split": split,
                    "labels": dict(labels or {}),
                    "preparation": digits,
                }
            )
    return pa.Table.from_pylist(out, schema=layout.schema(P.window_samples))
