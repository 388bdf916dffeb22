"""The work of a build in pieces: some recordings become Lance files and rows of the records table.

`prepare_unit` is a pure function of its arguments, apart from files that nobody refers to until
they are committed: it may run anywhere, twice, or be killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardioprint.corpus import layout, records
from cardioprint.corpus.windows import Origin, Rows
from cardioprint.datasets import remote
from cardioprint.datasets.splits import split_of, subject_key
from cardioprint.errors import CardioprintError

if TYPE_CHECKING:
    import pyarrow as pa

    from cardioprint.datasets.base import Database, Entry
    from cardioprint.signal.preparation import Preparation

UNIT_BYTES, UNIT_RECORDS = 16 * 2**20, 256
"""A unit ends when it reaches one of them: a few seconds of work, all that a kill can cost."""

LEAST_BYTES = 2**16
"""Bytes that a recording of unknown size counts for."""

HELD_ROWS = 4096
"""Rows of one record held in memory (20 MB) until it is known to be whole; a longer one is
written as it comes, to files of its own that are deleted if it turns out damaged."""

FILE_ROWS = 16_384
"""Rows after which the unit's records so far are written (80 MB)."""

STORAGE = "2.1"
"""Lance file format."""

WINDOWS = "windows.lance"
"""The Lance dataset in a corpus folder."""

Report = Callable[[int, float], None]
"""Called with the position of the record that comes next and the hours of windows so far."""


class WriteError(CardioprintError):
    """The files of a corpus cannot be written."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Some recordings of one database, to be prepared together.

    Attributes:
        database: Theirs.
        entries: The recordings.
        name: The same for everybody who cuts the same folder into units.
    """

    database: Database
    entries: tuple[Entry, ...]
    name: str


@dataclass(frozen=True, kw_only=True)
class PreparedUnit:
    """What became of a unit; its files are written but not yet part of the corpus.

    Attributes:
        records: Rows of the table of records, one for every entry.
        fragments: Metadata of the Lance files, as JSON.
        process: Number of the process that did it; 0: none.
        peak_rss: Bytes of memory that process had at most, so far.
    """

    records: tuple[dict[str, Any], ...]
    fragments: tuple[str, ...] = ()
    process: int = 0
    peak_rss: int = 0

    @classmethod
    def together(cls, units: Sequence[PreparedUnit]) -> PreparedUnit:
        """Return several as one, to be committed at once."""
        return cls(
            records=tuple(r for u in units for r in u.records),
            fragments=tuple(f for u in units for f in u.fragments),
        )

    @property
    def files(self) -> list[str]:
        """Names of the Lance data files."""
        return [f["path"] for text in self.fragments for f in json.loads(text)["files"]]

    @property
    def hours(self) -> float:
        """Hours in the files."""
        return sum(r["hours"] for r in self.records)

    def has_windows_of(self, keys: Collection[str]) -> bool:
        """Return whether the files hold windows of any of these records."""
        return any(r["windows"] and r["key"] in keys for r in self.records)

    def without(self, keys: Collection[str]) -> PreparedUnit:
        """Return the unit without the rows of records that have no windows in its files."""
        return replace(self, records=tuple(r for r in self.records if r["key"] not in keys))


def cut_units(database: Database, entries: Iterable[Entry]) -> Iterator[Unit]:
    """Cut recordings into units, always the same way, whatever has been done before."""
    held: list[Entry] = []
    size = 0
    for entry in entries:
        held.append(entry)
        size += max(entry.size, LEAST_BYTES)
        if size >= UNIT_BYTES or len(held) >= UNIT_RECORDS:
            yield _unit(database, held)
            held, size = [], 0
    if held:
        yield _unit(database, held)


def _unit(database: Database, entries: list[Entry]) -> Unit:
    text = "\n".join(e.key for e in entries)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Unit(database=database, entries=tuple(entries), name=name)


def parts_of(unit: Unit, at: int) -> tuple[Unit | None, Unit]:
    """Return the unit without one of its entries, None if nothing remains, and that one alone."""
    rest = unit.entries[:at] + unit.entries[at + 1 :]
    return (
        replace(unit, entries=rest) if rest else None,
        replace(unit, entries=(unit.entries[at],)),
    )


def prepare_unit(
    unit: Unit, uri: str, preparation: Preparation, *, report: Report | None = None
) -> PreparedUnit:
    """Prepare recordings and write their windows as Lance files beside a corpus.

    A recording that cannot be read or used is quarantined with the reason; nothing of it is kept.

    Args:
        unit: The recordings.
        uri: Address of the corpus; its dataset exists.
        preparation: How to prepare.
        report: Told of every record before it is opened, and at the end.

    Returns:
        What `store.commit` needs.

    Raises:
        WriteError: No record is to blame.
        CardioprintError: The object store that the recordings lie on does not answer.
    """
    writer = _Writer(f"{uri}/{WINDOWS}", preparation)
    rows: list[dict[str, Any]] = []
    hours = 0.0
    with remote.local(unit.entries) as entries:
        for at, entry in enumerate(entries):
            if report:
                report(at, hours)
            rows.append(_prepare_record(unit.database, entry, preparation, writer))
            hours += rows[-1]["hours"]
    writer.flush()
    if report:
        report(len(unit.entries), hours)
    return PreparedUnit(
        records=tuple(rows),
        fragments=tuple(writer.fragments),
        process=os.getpid(),
        peak_rss=peak_rss(),
    )


def quarantined(unit: Unit, reason: str) -> PreparedUnit:
    """Return a unit all of whose recordings are given up for one reason."""
    return PreparedUnit(
        records=tuple(
            records.row(unit.database, e, records.file_state(e), reason=reason)
            for e in unit.entries
        )
    )


def peak_rss() -> int:
    """Return the most bytes of memory this process has held.

    Not `ru_maxrss` where it can be avoided: on Linux that of a new process begins with its
    parent's.
    """
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else 0


def _prepare_record(
    database: Database, entry: Entry, preparation: Preparation, writer: _Writer
) -> dict[str, Any]:
    """Hand a record's windows to the writer, and return its row in the table of records."""
    state = records.file_state(entry)
    try:
        origin = Origin(
            key=entry.key,
            database=entry.database,
            subject=subject_key(database, entry),
            split=split_of(database, entry),
            labels=entry.labels,
        )
        rows = Rows(database.read(entry), origin, preparation)
        writer.add(iter(rows))
    except WriteError:
        raise
    except Exception as error:  # no record may stop the others, whatever is wrong with it
        return records.row(database, entry, state, reason=records.reason_of(error, entry))
    return records.row(
        database,
        entry,
        state,
        windows=rows.windows,
        hours=rows.seconds / 3600,
        pieces=rows.pieces,
        channels=rows.channels,
        labels=rows.labels,
    )


class _Writer:
    """Collects whole records and writes them as Lance files."""

    def __init__(self, uri: str, preparation: Preparation):
        self._uri, self._schema = uri, layout.schema(preparation.window_samples)
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self.fragments: list[str] = []

    def add(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Take in one record's rows: all, or none if reading them fails."""
        mine: list[pa.RecordBatch] = []
        count = 0
        for batch in batches:
            mine.append(batch)
            count += batch.num_rows
            if count > HELD_ROWS:
                self._write(chain(mine, batches))
                return
        self._held += mine
        self._rows += count
        if self._rows >= FILE_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            held, self._held, self._rows = self._held, [], 0
            self._write(held)

    def _write(self, batches: Iterable[pa.RecordBatch]) -> None:
        self.fragments += write_rows(batches, self._uri, self._schema)


def write_rows(batches: Iterable[pa.RecordBatch], uri: str, schema: pa.Schema) -> list[str]:
    """Write a stream of rows as Lance files beside a dataset.

    Args:
        batches: The rows; what making them raises comes out as it was raised.
        uri: Address of the dataset.
        schema: Its columns.

    Returns:
        Metadata of the files, as JSON.

    Raises:
        WriteError: They cannot be written.
    """
    import pyarrow as pa
    from lance.fragment import write_fragments

    failed: list[Exception] = []

    def guarded() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except Exception as error:  # Lance would bury it in an OSError
            failed.append(error)
            raise

    try:
        written: Any = write_fragments(
            pa.RecordBatchReader.from_batches(schema, guarded()),
            uri,
            schema=schema,
            data_storage_version=STORAGE,
        )
    except Exception as error:
        if failed:
            raise failed[0] from None
        reason = " ".join(str(error).split())[:300]
        raise WriteError(
            f"{uri}: cannot write ({reason}). Fix: free space, or check who may write"
        ) from error
    return [json.dumps(fragment.to_json()) for fragment in written]
