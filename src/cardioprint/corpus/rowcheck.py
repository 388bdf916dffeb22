"""The rows of a corpus, one batch after the other: can they be decoded, and do they make sense?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.corpus.content import COLUMNS as CONTENT
from cardioprint.corpus.content import row_hashes
from cardioprint.corpus.findings import Collector
from cardioprint.corpus.layout import MISSING
from cardioprint.corpus.records import key_of
from cardioprint.datasets.splits import SPLITS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

COLUMNS = (*CONTENT, "database", "subject", "record", "split", "preparation")
"""Of `layout.schema`: what is looked at."""

HIGHEST = 32_600
"""Counts beyond are not made by `layout.encode`, which uses 65,000 steps."""

MOST_SATURATED = 0.001
"""Share of a window's samples that may lie beyond."""

FLOAT = 1e-3
"""By how much shares may differ that were computed twice: a sample is 0.0008 of a window."""


@dataclass(kw_only=True)
class Tally:
    """What was met of a record, or of a piece of one.

    Attributes:
        rows: Windows.
        content: Sum of their hashes.
        zero: Start of the first, seconds.
        last: Start of the last, seconds.
        origins: Rows by (database, subject, split).
    """

    rows: int = 0
    content: int = 0
    zero: float = 0.0
    last: float = -np.inf
    origins: Counter[tuple[str, str, str]] = field(default_factory=Counter)


class RowCheck:
    """Looks at all rows of a corpus; memory grows with its records, not its windows.

    Args:
        out: Where findings go.
        preparation: Hash that all rows carry.
        window: Seconds in a window, and between windows.
        databases: Names in the manifest.

    Attributes:
        records: What was met, by the name in the column `record`.
        rows: Rows so far.
    """

    def __init__(
        self, out: Collector, *, preparation: str, window: float, databases: Collection[str]
    ):
        self._out, self._preparation, self._window = out, preparation, window
        self._databases = frozenset(databases)
        self.records: dict[str, Tally] = {}
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Look at some rows that follow those before."""
        if batch.num_rows == 0:
            return
        rows = _Rows(batch)
        self.rows += batch.num_rows
        for kind, text, bad in (*_signal_checks(rows), *self._name_checks(rows)):
            self._note(rows, kind, text, bad)
        self._follow(rows, batch)

    def _note(self, rows: _Rows, kind: str, text: str, bad: NDArray[np.bool_]) -> None:
        at = np.flatnonzero(bad)
        if len(at):
            self._out.add(kind, text, [rows.place(int(i)) for i in at[:8]], count=len(at))

    def _name_checks(self, rows: _Rows) -> list[tuple[str, str, NDArray[np.bool_]]]:
        names = rows.names
        known = np.array([name in self._databases for name in names["database"]])
        inside = np.array(
            [
                record.startswith(f"{database}/")
                for record, database in zip(names["record"], names["database"], strict=True)
            ]
        )
        prepared = np.array([text == self._preparation for text in names["preparation"]])
        side = np.array([text in SPLITS for text in names["split"]])
        person = np.array([bool(text) for text in names["subject"]])
        return [
            ("preparation", "a window was prepared otherwise than the manifest says", ~prepared),
            ("database", "a window's database is not in the manifest", ~known),
            ("record", "a window's record is of another database", ~inside),
            ("split", f"a window's side is none of {', '.join(SPLITS)}", ~side),
            ("subject", "a window is nobody's", ~person),
        ]

    def _follow(self, rows: _Rows, batch: pa.RecordBatch) -> None:
        """Compare each row with those of its record before."""
        hashes, start = row_hashes(batch), rows.floats["start"]
        names = rows.names
        again, off = np.zeros(len(start), bool), np.zeros(len(start), bool)
        edges = [0, *(np.flatnonzero(np.diff(rows.code)) + 1).tolist(), len(start)]
        for first, stop in pairwise(edges):
            here = start[first:stop]
            tally = self.records.setdefault(names["record"][first], Tally(zero=float(here[0])))
            again[first:stop] = ~(here > np.concatenate(([tally.last], here[:-1])))
            steps = (here - tally.zero) / self._window
            off[first:stop] = ~(np.abs(steps - np.round(steps)) < 1e-6)
            tally.rows += stop - first
            tally.content = (tally.content + int(hashes[first:stop].sum())) % 2**64
            tally.last = float(np.fmax(tally.last, np.fmax.reduce(here)))
            columns = (names[c][first:stop] for c in ("database", "subject", "split"))
            tally.origins.update(zip(*columns, strict=True))
        text = "a window is there twice, or not in the order of time"
        self._note(rows, "repeated", text, again)
        self._note(rows, "start", "a window does not lie on its record's grid", off)


class _Rows:
    """Columns of a batch as arrays."""

    def __init__(self, batch: pa.RecordBatch):
        self.batch = batch
        names = ("database", "subject", "record", "split", "preparation")
        self.names = {n: [t or "" for t in batch.column(n).to_pylist()] for n in names}
        record: Any = batch.column("record").dictionary_encode().indices
        self.code = record.to_numpy(zero_copy_only=False)
        floats = [n for n in CONTENT if n not in ("samples", "r_peaks", "upslopes")]
        self.floats = {
            n: np.asarray(batch.column(n).to_numpy(zero_copy_only=False), np.float64)
            for n in floats
        }
        samples = batch.column("samples")
        self.length = samples.type.list_size // 2
        self.counts = samples.flatten().to_numpy().reshape(batch.num_rows, 2, self.length)

    def place(self, i: int) -> str:
        """Say which row it is."""
        return f"{self.names['record'][i]} at {self.floats['start'][i]:g} s"


def _signal_checks(rows: _Rows) -> list[tuple[str, str, NDArray[np.bool_]]]:
    out = []
    finite = np.isfinite
    nothing = np.ones(len(rows.code), bool)
    for channel, name in enumerate(("ecg", "ppg")):
        scale, offset, valid, quality = (
            rows.floats[f"{name}_{what}"] for what in ("scale", "offset", "valid", "quality")
        )
        counts = rows.counts[:, channel]
        measured = counts != MISSING
        beyond = (np.abs(counts, dtype=np.int32) > HIGHEST) & measured
        share = measured.mean(axis=1)
        there = valid > 0
        nothing &= ~there
        with np.errstate(invalid="ignore"):
            inside = (quality >= 0) & (quality <= 1)
            near = np.abs(valid - share) <= FLOAT
        upper = name.upper()
        out += [
            ("scale", f"{upper} cannot be decoded: its scale is no positive number",
             ~(finite(scale) & (scale > 0))),
            ("offset", f"{upper} cannot be decoded: its offset is no number", ~finite(offset)),
            ("valid", f"{upper} has not the share of samples that the row says", ~near),
            ("range", f"{upper} holds counts that encoding does not make, or is saturated",
             beyond.mean(axis=1) > MOST_SATURATED),
            ("quality", f"{upper} has a quality outside 0 to 1, or none though it was measured",
             there & ~inside),
            ("quality", f"{upper} has a quality though it was not measured",
             ~there & finite(quality)),
        ]  # fmt: skip
    lag, agreement = rows.floats["lag"], rows.floats["agreement"]
    with np.errstate(invalid="ignore"):
        late = finite(lag) & ~((lag > 0) & (lag < 2))
        share = finite(agreement) & ~((agreement >= 0) & (agreement <= 1))
    start = rows.floats["start"]
    return [
        *out,
        ("empty", "neither ECG nor PPG was measured", nothing),
        ("lag", "the delay of the pulse is not between 0 and 2 s", late),
        ("lag", "the share of beats with a pulse is not between 0 and 1", share),
        ("start", "the start is no number", ~finite(start)),
        *(("beats", f"{what} lie outside the window or do not ascend", _bad_beats(rows, name))
          for name, what in (("r_peaks", "R-peaks"), ("upslopes", "upslopes"))),
    ]  # fmt: skip


def _bad_beats(rows: _Rows, name: str) -> NDArray[np.bool_]:
    column: Any = rows.batch.column(name)
    lengths = np.diff(column.offsets.to_numpy())
    row = np.repeat(np.arange(len(lengths)), lengths)
    beat = column.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    bad = ~((beat >= 0) & (beat < rows.length))
    bad[1:] |= (np.diff(beat) <= 0) & (row[1:] == row[:-1])
    return np.bincount(row, bad, minlength=len(lengths)) > 0


def compare(
    out: Collector,
    met: Mapping[str, Tally],
    told: Mapping[str, Mapping[str, Any]],
    contents: Mapping[str, int],
    content_of: Callable[[Mapping[str, Any]], int | None],
) -> None:
    """Compare the rows that were met with what the corpus says of its records.

    Args:
        out: Where findings go.
        met: `RowCheck.records`.
        told: Rows of the table of records that are done, by key.
        contents: `duplicates.read_contents`.
        content_of: Returns the content that the table says, None where it says none.
    """
    rows: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for name, tally in met.items():
        key = key_of(name, told)
        rows[key] += tally.rows
        sums[key] = (sums[key] + tally.content) % 2**64
        about = told.get(key)
        if about is None:
            out.add("unknown record", "windows of a record that is not in the table of records",
                    [name])  # fmt: skip
            continue
        origin = tuple(str(about[c]) for c in ("database", "subject", "split"))
        for other, count in tally.origins.items():
            if other != origin:
                out.add(
                    "origin",
                    "windows have another database, subject or side than their record",
                    [f"{name}: {count:,} windows are {' '.join(other)}, it is {' '.join(origin)}"],
                )
        if contents.get(name, tally.content) != tally.content:
            out.add(
                "content",
                "windows changed since duplicates were looked for",
                [name],
                fix="restore them; if that was wanted, delete contents.parquet and search again",
            )
    for key, about in told.items():
        if rows[key] != about["windows"]:
            out.add(
                "windows",
                "a record has not the windows that the table of records says",
                [f"{key}: {rows[key]:,} instead of {about['windows']:,}"],
            )
        wanted = content_of(about)
        if wanted is not None and wanted != sums[key]:
            out.add("content", "windows are not those that were prepared", [key])
    for name in contents:
        if name not in met:
            out.add("windows", "a record that was there when duplicates were looked for is gone",
                    [name])  # fmt: skip
