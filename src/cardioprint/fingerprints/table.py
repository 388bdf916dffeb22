"""Fingerprints as Parquet: one row a window, one row a record, provenance in every file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import cardioprint
from cardioprint.errors import RecordError
from cardioprint.fingerprints.result import Fingerprints, Reconstruction

if TYPE_CHECKING:
    import pyarrow as pa

PROVENANCE = b"cardioprint"
"""Key of the file's metadata: model, preparation, version."""

FACTS = (
    "window_s",
    "seconds_ecg",
    "seconds_ppg",
    "channel_ecg",
    "channel_ppg",
    "lead_ecg",
    "site_ppg",
    "unused_s",
)
"""Columns that files of older releases lack: what a head's limits are checked with."""


def schema(features: int, provenance: dict[str, Any]) -> pa.Schema:
    """Return the columns of a fingerprint file.

    `level` is "window" or "record"; a record's row has no start and comes first. A fingerprint
    that abstained is null. `used` says which modalities went into it. `identity` changes with
    the source file's content, the model and the options: what a resumed run goes by.

    `window_s` is the length of a window, `seconds_ecg` and `seconds_ppg` the seconds of it during
    which the channel was recorded, missing samples in between included (of a record: of all its
    windows, the overlap once), null where there is no such channel. `channel_*` are names as the
    file gives them, `lead_ecg` and `site_ppg` the usual ones, "" where the file does not say.
    `unused_s`, of a record alone: seconds at its end too short for a window. Files of older
    releases lack these eight columns (`FACTS`); where such a file was added to, they are null in
    its old rows.
    """
    import pyarrow as pa

    text, number = pa.string(), pa.float32()
    return pa.schema(
        [
            pa.field("level", text, nullable=False),
            pa.field("record", text, nullable=False),
            pa.field("subject", text),
            pa.field("source", text, nullable=False),
            pa.field("identity", text, nullable=False),
            pa.field("start_s", pa.float64()),
            pa.field("used", text, nullable=False),
            pa.field("quality_ecg", number),
            pa.field("quality_ppg", number),
            pa.field("reason", text, nullable=False),
            pa.field("heart_rate_ecg_bpm", number),
            pa.field("heart_rate_ppg_bpm", number),
            pa.field("arrival_time_s", number),
            pa.field("model", text, nullable=False),
            pa.field("fingerprint", pa.list_(pa.float32(), features)),
            pa.field("window_s", pa.float64()),
            pa.field("seconds_ecg", number),
            pa.field("seconds_ppg", number),
            pa.field("channel_ecg", text),
            pa.field("channel_ppg", text),
            pa.field("lead_ecg", text),
            pa.field("site_ppg", text),
            pa.field("unused_s", pa.float64()),
        ],
        metadata={PROVENANCE: json.dumps(provenance)},
    )


def provenance(engine: Any) -> dict[str, Any]:
    """Return where fingerprints of this model come from, for a file's metadata."""
    return {
        "version": cardioprint.__version__,
        "model": engine.model_id,
        "precision": engine.precision,
        "preparation": engine.preparation.to_dict(),
        "notice": "research use; not a medical device",
    }


def to_table(prints: Fingerprints, origin: dict[str, Any], *, identity: str = "") -> pa.Table:
    """Return one record's rows."""
    import pyarrow as pa

    n, features = prints.vectors.shape
    vectors = np.concatenate([prints.vector[None], prints.vectors]).astype(np.float32)
    missing = np.isnan(vectors).any(axis=1)
    column = pa.FixedSizeListArray.from_arrays(
        pa.array(np.nan_to_num(vectors).ravel()), features, mask=pa.array(missing)
    )

    def numbers(x: np.ndarray, whole: float) -> pa.Array:
        values = np.concatenate([[whole], x]).astype(np.float32)
        return pa.array(values, mask=np.isnan(values))

    quality = [prints.quality[:, c] for c in range(2)]
    rates = [prints.heart_rate[:, c] for c in range(2)]
    start = np.concatenate([[0.0], prints.start])
    anything = np.logical_or.reduce(prints.used)
    return pa.table(
        [
            pa.array(["record"] + ["window"] * n),
            pa.array([prints.record] * (n + 1)),
            pa.array([prints.subject] * (n + 1)),
            pa.array([prints.source] * (n + 1)),
            pa.array([identity] * (n + 1)),
            pa.array(start, mask=np.arange(n + 1) == 0),
            pa.array([_used(anything), *(_used(u) for u in prints.used)]),
            *(numbers(q, _mean(q)) for q in quality),
            pa.array(["" if n else "too short", *prints.reasons]),
            *(numbers(r, _median(r)) for r in rates),
            numbers(prints.arrival_time, _median(prints.arrival_time)),
            pa.array([prints.model] * (n + 1)),
            column,
            *_facts(prints),
        ],
        schema=schema(features, origin),
    )


def _facts(prints: Fingerprints) -> list[pa.Array]:
    """Return the columns of `FACTS`; null where it is not known."""
    import pyarrow as pa

    rows = len(prints) + 1
    seconds, places = prints.seconds, prints.places

    def text(value: str) -> pa.Array:
        return pa.array([value] * rows, pa.string())

    out = [pa.array([prints.window] * rows, pa.float64())]
    for c in range(2):
        if seconds is None:
            out.append(pa.nulls(rows, pa.float32()))
            continue
        values = np.concatenate([[_together(prints, seconds[:, c])], seconds[:, c]])
        out.append(pa.array(values.astype(np.float32), mask=np.isnan(values)))
    out += [text(name) for name in prints.channels]
    out += [pa.nulls(rows, pa.string())] * 2 if places is None else [text(p) for p in places]
    unused = prints.unused if np.isfinite(prints.unused) else None
    return [*out, pa.array([unused] + [None] * (rows - 1), pa.float64())]


def _together(prints: Fingerprints, seconds: np.ndarray) -> float:
    """Return the seconds of all windows, where they overlap once; NaN without the channel."""
    if np.isnan(seconds).any() or not len(seconds):
        return float("nan")
    # Up to the next window's beginning, and the whole of the last.
    until_next = np.append(np.diff(prints.start), prints.window)
    return float(np.minimum(seconds, until_next).sum())


def write(prints: Fingerprints, path: Path, origin: dict[str, Any], *, identity: str = "") -> None:
    """Write one record's fingerprints, atomically."""
    _put(to_table(prints, origin, identity=identity), path)


def _put(rows: pa.Table, path: Path) -> None:
    """Write a table in one step: a kill leaves the old file, or none."""
    import pyarrow.parquet as pq

    fresh = path.with_name(path.name + ".partial")
    pq.write_table(rows, fresh, compression="zstd")
    fresh.replace(path)


def identities(path: Path) -> set[str]:
    """Return the identities in a fingerprint file; none where there is no file."""
    import pyarrow.parquet as pq

    if not path.exists():
        return set()
    return set(pq.read_table(path, columns=["identity"])["identity"].to_pylist())


def merge(old: Path | None, parts: Iterable[Path], path: Path) -> int:
    """Write an old file and new parts as one, atomically, with little memory.

    A source that is in a part is dropped from the old file: its content or the options changed.
    The result appears in one step, so that a kill at any moment leaves either the old file and
    all parts, or the new file; in both cases the next run ends with every source once.

    Args:
        old: An earlier output, or None.
        parts: Files of one record each.
        path: The output.

    Returns:
        Number of rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = list(parts)
    fresh = path.with_name(path.name + ".partial")
    replaced = {pq.read_table(p, columns=["source"])["source"][0].as_py() for p in parts}
    rows = 0
    first = parts[0] if parts else old
    assert first is not None, "nothing to merge"
    kept = pq.read_schema(first)
    with pq.ParquetWriter(fresh, kept, compression="zstd") as writer:
        if old is not None:
            file = pq.ParquetFile(old)
            if newer := sorted({*file.schema_arrow.names} - {*kept.names}):
                raise RecordError(
                    f"it was written by a newer release (column {newer[0]})",
                    source=old,
                    fix="choose another --out, or use that release",
                )
            for group in range(file.num_row_groups):
                held = file.read_row_group(group)
                keep = [source not in replaced for source in held["source"].to_pylist()]
                held = _as(held.filter(pa.array(keep, pa.bool_())), kept)
                if held.num_rows:
                    writer.write_table(held)
                    rows += held.num_rows
        for part in parts:
            new = pq.read_table(part)
            writer.write_table(new)
            rows += new.num_rows
    fresh.replace(path)
    return rows


def _as(rows: pa.Table, kept: pa.Schema) -> pa.Table:
    """Return rows with the columns of a newer release, null where they were not written."""
    import pyarrow as pa

    columns = [
        rows[f.name] if f.name in rows.column_names else pa.nulls(len(rows), f.type) for f in kept
    ]
    return pa.table(columns, schema=kept)


def model_of(path: Path) -> str:
    """Return the model whose fingerprints a file holds.

    Raises:
        RecordError: Not a fingerprint file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = json.loads((pq.read_schema(path).metadata or {})[PROVENANCE])
    except (OSError, KeyError, ValueError, pa.ArrowInvalid):
        raise RecordError(
            "this is not a fingerprint file", source=path, fix="choose another --out"
        ) from None
    return str(about["model"])


def _used(flags: np.ndarray) -> str:
    return "+".join(m for m, u in zip(("ecg", "ppg"), flags, strict=True) if u)


def _mean(x: np.ndarray) -> float:
    return float(np.nanmean(x)) if np.isfinite(x).any() else float("nan")


def _median(x: np.ndarray) -> float:
    return float(np.nanmedian(x)) if np.isfinite(x).any() else float("nan")


def write_reconstruction(made: Reconstruction, path: Path) -> None:
    """Write generated windows as Parquet; every row and the file itself say `generated`."""
    import pyarrow as pa

    n, samples = made.samples.shape
    table = pa.table(
        {
            "start_s": made.start,
            "generated": pa.array([made.generated] * n),
            "notice": pa.array([made.notice] * n),
            f"generated_{made.target}": pa.FixedSizeListArray.from_arrays(
                pa.array(made.samples.ravel()), samples
            ),
            f"measured_{made.target}": pa.FixedSizeListArray.from_arrays(
                pa.array(made.truth.ravel()), samples
            ),
        }
    )
    about = {
        "generated": True,
        "notice": made.notice,
        "model": made.model,
        "record": made.record,
        "from": made.source,
        "to": made.target,
        "sampling_rate": made.sampling_rate,
    }
    table = table.replace_schema_metadata({PROVENANCE: json.dumps(about).encode()})
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(table, path)
