"""Windows of records in memory, as a corpus holds them, without a build."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from cardioprint.corpus.windows import Origin, Rows
from cardioprint.signal.blocks import InMemory
from cardioprint.signal.preparation import Preparation
from cardioprint.types import Record


def rows_of(record: Record, key: str, *, subject: str = "", split: str = "train") -> pa.Table:
    """Return the rows of one record, prepared as a build would.

    Args:
        record: With an ECG or a PPG channel, or both.
        key: "database/record".
        subject: With its space; default: a person of its own.
        split: Its side.
    """
    origin = Origin(
        key=key,
        database=key.partition("/")[0],
        subject=subject or key.replace("/", ":"),
        split=split,
    )
    return pa.Table.from_batches(Rows(iter([InMemory(record=record)]), origin, Preparation()))


class TableRows:
    """Something to read windows from, as an open corpus is.

    Args:
        tables: Rows of several records.
        most: Rows in a batch; odd, so that records span batches.
    """

    def __init__(self, *tables: pa.Table, most: int = 7):
        self.table, self.most = pa.concat_tables(tables).combine_chunks(), most

    def batches(self, columns=None) -> Iterator[pa.RecordBatch]:
        table = self.table if columns is None else self.table.select(list(columns))
        return iter(table.to_batches(max_chunksize=self.most))

    def take(self, rows, columns=None) -> pa.Table:
        table = self.table if columns is None else self.table.select(list(columns))
        return table.take(pa.array(np.asarray(rows)))
