"""Parquet: a table of one column a channel, read through pyarrow."""

from __future__ import annotations

from pathlib import Path

from cardioprint.errors import ChannelError, RecordError
from cardioprint.readers.arrays import Variable, camera_guess, open_arrays, time_column
from cardioprint.readers.columns import Request, position
from cardioprint.readers.files import RecordFile
from cardioprint.readers.naming import identify, split_unit
from cardioprint.readers.safety import check_file, translated
from cardioprint.readers.tables import arrow_numbers
from cardioprint.types import Modality

_FIX = "the file is cut short or damaged (a Parquet file ends with its index); copy it again"


def open_parquet(path: Path, request: Request) -> RecordFile:
    """Open a Parquet table. Only the columns asked for are read.

    Raises:
        RecordError: Damaged or cut short.
        ChannelError: Two columns of one name.
    """
    from pyarrow import parquet

    check_file(path)
    with translated(path, what="Parquet table", fix=_FIX), parquet.ParquetFile(path) as file:
        names = file.schema_arrow.names
        if len(set(names)) < len(names):
            raise ChannelError(
                "two columns have one name", source=path, field="columns", fix="rename one"
            )
        wanted = set(range(len(names)))
        if request.columns is not None:
            wanted = {
                position(key, names, source=path, argument="columns") for key in request.columns
            }
            wanted |= {place for place in time_column(names)[:1] if place is not None}
        table = file.read(columns=[names[i] for i in sorted(wanted)])
        columns = {n: arrow_numbers(table[n]) for n in table.column_names}
    variables = [
        Variable(
            name=n, unit=split_unit(n)[1], samples=columns.get(n), guess=camera_guess(n, names)
        )
        for n in names
    ]
    return open_arrays(path, variables=variables, request=request)


def looks_like_parquet(path: Path) -> bool:
    """Return True where a column is named like an ECG or PPG and holds one number a row."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with translated(path, what="Parquet table"):
            schema = parquet.read_schema(path)
    except RecordError:
        return False
    return any(
        identify(f.name).modality != Modality.OTHER
        and (pa.types.is_floating(f.type) or pa.types.is_integer(f.type))
        for f in schema
    )
