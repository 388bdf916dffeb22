"""An Arrow table as something to read windows from, as an open corpus is."""

import pyarrow as pa


class TableRows:
    """Rows in memory."""

    def __init__(self, *tables):
        self.table = pa.concat_tables(tables).combine_chunks()

    def batches(self, columns=None):
        table = self.table if columns is None else self.table.select(list(columns))
        return iter(table.to_batches(max_chunksize=7))  # odd on purpose: records span batches

    def take(self, rows, columns=None):
        table = self.table if columns is None else self.table.select(list(columns))
        return table.take(pa.array(rows))
