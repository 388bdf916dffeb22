"""The tables in which a corpus notes its duplicates, and which records were searched for them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cardioprint.errors import RecordError

if TYPE_CHECKING:
    import pyarrow as pa

    from cardioprint.corpus.place import Place

DUPLICATES, CONTENTS = "duplicates.parquet", "contents.parquet"
"""Files in a corpus folder: what was found; which records were searched, and what their windows
held then (`content.row_hashes`)."""


def schema() -> pa.Schema:
    """Return the columns of the table of duplicates."""
    import pyarrow as pa

    return pa.schema(
        [
            ("a", pa.string()),  # record, with "#piece"; a < b
            ("b", pa.string()),
            ("subject_a", pa.string()),
            ("subject_b", pa.string()),
            ("offset", pa.float64()),  # seconds: what a has at t, b has at t + offset
            ("overlap", pa.float32()),  # seconds that both recordings cover
            ("correlation", pa.float32()),  # of the modality that proves it; < 0: inverted
            ("ecg_correlation", pa.float32()),  # null: nothing to compare
            ("ppg_correlation", pa.float32()),
            ("contrast", pa.float32()),  # distance of |correlation| from 1, over that elsewhere
            ("compared", pa.float32()),  # seconds of waveform compared
            ("votes", pa.int32()),  # beats whose prints agree
            ("found", pa.string()),  # whose beats led here: "ecg", "ppg" or "ecg+ppg"
        ]
    )


def read_pairs(place: Place) -> pa.Table:
    """Return the duplicates that were found in a corpus; none where nobody searched.

    Raises:
        RecordError: The file is damaged.
    """
    return _read(place, DUPLICATES, schema())


def read_contents(place: Place) -> dict[str, int]:
    """Return the records that were searched, and what their windows held then.

    Raises:
        RecordError: The file is damaged.
    """
    table = _read(place, CONTENTS, _contents_schema())
    return dict(zip(*(table.column(c).to_pylist() for c in ("record", "content")), strict=True))


def _contents_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([("record", pa.string()), ("content", pa.uint64())])


def _read(place: Place, name: str, wanted: pa.Schema) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not place.exists(name):
        return wanted.empty_table()
    try:
        # From Arrow's own memory: its threads may outlive Python, and must not call it.
        table = pq.read_table(pa.BufferReader(place.read(name)))
        return table.select(wanted.names).cast(wanted)
    except (pa.ArrowException, KeyError, OSError, ValueError) as error:
        raise RecordError(
            f"cannot be read ({error})",
            source=place.child(name),
            fix="delete it and search again: cardioprint corpus duplicates",
        ) from error


def searched_version(place: Place) -> int:
    """Return the version of the dataset in which duplicates were last looked for; -1: none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not place.exists(CONTENTS):
        return -1
    about: Any = pq.read_schema(pa.BufferReader(place.read(CONTENTS))).metadata or {}
    return int(about.get(b"version", b"-1"))


def write(place: Place, pairs: pa.Table, contents: Mapping[str, int], version: int) -> None:
    """Write both tables.

    Args:
        place: The corpus.
        pairs: Columns of `schema`.
        contents: What each record's windows hold.
        version: Of the dataset that was searched.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {"record": [*contents], "content": pa.array([*contents.values()], pa.uint64())},
        schema=_contents_schema(),
    ).replace_schema_metadata({"version": str(version)})
    for name, what in ((DUPLICATES, pairs), (CONTENTS, table)):
        out = io.BytesIO()
        pq.write_table(what, out, compression="zstd")
        place.write(name, out.getvalue())
