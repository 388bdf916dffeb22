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


def schema(features: int, provenance: dict[str, Any]) -> pa.Schema:
    """Return the columns of a fingerprint file.

    `level` is "window" or "record"; a record's row has no start and comes first. A fingerprint
    that abstained is null. `used` says which modalities went into it. `identity` changes with
    the source file's content, the model and the options: what a resumed run goes by.
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
        ],
        schema=schema(features, origin),
    )


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
    first = old if old is not None else parts[0]
    rows = 0
    with pq.ParquetWriter(fresh, pq.read_schema(first), compression="zstd") as writer:
        if old is not None:
            file = pq.ParquetFile(old)
            for group in range(file.num_row_groups):
                held = file.read_row_group(group)
                keep = [source not in replaced for source in held["source"].to_pylist()]
                held = held.filter(pa.array(keep, pa.bool_()))
                if held.num_rows:
                    writer.write_table(held)
                    rows += held.num_rows
        for part in parts:
            new = pq.read_table(part)
            writer.write_table(new)
            rows += new.num_rows
    fresh.replace(path)
    return rows


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
