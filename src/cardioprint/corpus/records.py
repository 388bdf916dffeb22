"""The table of records: what became of every recording that was met, one Parquet part a commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cardioprint.corpus.place import Place
from cardioprint.datasets import remote, stores
from cardioprint.datasets.splits import split_of, subject_key
from cardioprint.errors import CardioprintError, RecordError

if TYPE_CHECKING:
    import pyarrow as pa

    from cardioprint.datasets.base import Database, Entry

FOLDER, PART, PENDING = "records", ".parquet", ".pending.parquet"
"""A part is pending from before its windows are committed until after."""

DONE, QUARANTINED = "done", "quarantined"

MOST_FILES = 10_000
"""Files of one recording that are looked at to tell whether it changed."""


def schema() -> pa.Schema:
    """Return the columns of the table of records."""
    import pyarrow as pa

    return pa.schema(
        [
            ("key", pa.string()),  # "database/record"
            ("database", pa.string()),
            ("record", pa.string()),
            ("subject", pa.string()),  # with its id space
            ("split", pa.string()),
            ("block", pa.string()),
            ("labels", pa.string()),  # JSON: all that is known
            ("status", pa.string()),  # done or quarantined
            ("reason", pa.string()),  # why it was quarantined
            ("windows", pa.int64()),
            ("hours", pa.float64()),  # measured in its windows
            ("pieces", pa.int32()),
            ("channels", pa.string()),  # which were used, and why
            ("size", pa.int64()),  # bytes of its file, when it was read
            ("modified", pa.int64()),  # nanoseconds, when it was read
            ("digest", pa.string()),  # of its files' content
            ("time", pa.string()),  # when this was found, UTC
        ]
    )


@dataclass(frozen=True, kw_only=True)
class FileState:
    """What a recording's file was like when it was read."""

    size: int
    modified: int
    digest: str = ""


def file_state(entry: Entry, *, digest: bool = True) -> FileState:
    """Return the state of a recording's file; zeros where there is none.

    Args:
        entry: The recording.
        digest: Also read its content, and that of the files its header names.
    """
    if stores.is_address(entry.path):  # read elsewhere; here it is known from a listing
        size, modified = remote.state(entry.path)
        return FileState(size=size, modified=modified)
    try:
        stat = Path(entry.path).stat()
        text = _digest(entry.path, stat.st_size, stat.st_mtime_ns) if digest else ""
    except OSError:
        return FileState(size=0, modified=0)
    return FileState(size=stat.st_size, modified=stat.st_mtime_ns, digest=text)


def row(
    database: Database,
    entry: Entry,
    state: FileState,
    *,
    reason: str = "",
    windows: int = 0,
    hours: float = 0.0,
    pieces: int = 0,
    channels: str = "",
    labels: Mapping[str, float | str] | None = None,
) -> dict[str, Any]:
    """Return a row of the table; with a reason the record is quarantined.

    Args:
        database: The entry's database.
        entry: The recording.
        state: Of its file.
        reason: Why it cannot be used; folders of this machine are taken out.
        windows: Rows in the corpus.
        hours: Hours measured in them.
        pieces: Parts of the record that don't share a clock.
        channels: Which were used, and why.
        labels: All that is known; default: the entry's.
    """
    known = {k: v for k, v in (labels or entry.labels).items() if v == v}  # NaN is no JSON
    return {
        "key": entry.key,
        "database": entry.database,
        "record": entry.record,
        "subject": subject_key(database, entry),
        "split": split_of(database, entry),
        "block": entry.block,
        "labels": json.dumps(known, default=str, sort_keys=True),
        "status": QUARANTINED if reason else DONE,
        "reason": reason,
        "windows": windows,
        "hours": hours,
        "pieces": pieces,
        "channels": channels,
        **asdict(state),
        "time": datetime.now(UTC).isoformat(timespec="microseconds"),
    }


def reason_of(error: BaseException, entry: Entry) -> str:
    """Return why a record cannot be used, in one line without folders of this machine."""
    text = str(error) if isinstance(error, CardioprintError) else f"{type(error).__name__}: {error}"
    text = text.replace(f"{Path(entry.path).parent}/", "")
    return " ".join(text.split())[:500] or type(error).__name__


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a record that was met before."""

    status: str
    time: str
    state: FileState

    def changed(self, entry: Entry) -> bool:
        """Return whether the record's file is another one now; content decides, not its date."""
        now = file_state(entry, digest=False)
        if (now.size, now.modified) in ((self.state.size, self.state.modified), (0, 0)):
            return False
        return file_state(entry).digest != self.state.digest

    def outranks(self, other: Known | None) -> bool:
        """Return whether this is the truth of the two: done before quarantined, then the later."""
        return other is None or (self.status == DONE, self.time) > (
            other.status == DONE,
            other.time,
        )


class Ledger:
    """What a corpus knows of every record, brought up to date with parts that others add."""

    def __init__(self, place: Place):
        self.place = place
        self._read: set[str] = set()
        self._known: dict[str, Known] = {}

    def refresh(self) -> None:
        """Read the parts that are new."""
        for name in self.place.names(FOLDER):
            if is_part(name) and name not in self._read:
                self.add(read_part(self.place, name).to_pylist())
                self._read.add(name)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take in rows of the table."""
        for r in rows:
            state = FileState(size=r["size"], modified=r["modified"], digest=r["digest"])
            known = Known(status=r["status"], time=r["time"], state=state)
            if known.outranks(self._known.get(r["key"])):
                self._known[r["key"]] = known

    def get(self, key: str) -> Known | None:
        """Return what is known of a record."""
        return self._known.get(key)

    def __contains__(self, key: str) -> bool:
        """Return whether a record is in the corpus."""
        known = self._known.get(key)
        return known is not None and known.status == DONE

    def __len__(self) -> int:
        """Return the number of records met."""
        return len(self._known)


def is_part(name: str) -> bool:
    """Return whether a file in the folder is a finished part."""
    return name.endswith(PART) and not name.endswith(PENDING)


def read_part(place: Place, name: str) -> pa.Table:
    """Return one part of the table.

    Raises:
        RecordError: It is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = place.read(f"{FOLDER}/{name}")
    try:
        table = (
            pq.read_table(pa.BufferReader(content), use_threads=False)
            .select(schema().names)
            .cast(schema())
        )
    except (pa.ArrowException, KeyError, OSError) as error:
        raise RecordError(
            f"this part of the table of records is damaged ({error})",
            source=place.child(f"{FOLDER}/{name}"),
            fix="restore it from a copy, or build the corpus anew",
        ) from error
    return table


def read_parts(place: Place, names: Iterable[str]) -> pa.Table:
    """Return several parts one after the other."""
    import pyarrow as pa

    return pa.concat_tables([schema().empty_table(), *(read_part(place, n) for n in names)])


def part_bytes(table: pa.Table, files: Iterable[str] = ()) -> bytes:
    """Return a part as Parquet.

    Args:
        table: Rows of the table of records.
        files: Lance data files that hold their windows.
    """
    import io

    import pyarrow.parquet as pq

    out = io.BytesIO()
    about = {"files": json.dumps(sorted(files))}
    pq.write_table(table.replace_schema_metadata(about), out, compression="zstd")
    return out.getvalue()


def pending(place: Place) -> list[str]:
    """Return the parts whose windows may or may not have been committed."""
    return [n for n in place.names(FOLDER) if n.endswith(PENDING)]


def files_of_part(place: Place, name: str) -> list[str]:
    """Return the Lance data files that a part names.

    None that would lie elsewhere, and none where the part is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_schema(pa.BufferReader(place.read(f"{FOLDER}/{name}"))).metadata or {}
        named = json.loads(about.get(b"files", b"[]"))
    except (pa.ArrowException, ValueError, OSError):
        return []
    return [f for f in map(str, named) if PurePosixPath(f).name == f and f not in (".", "..")]


def key_of(name: str, known: Collection[str]) -> str:
    """Return the key of the record that a row's column `record` names: pieces carry "#number".

    Args:
        name: From the column.
        known: All keys.
    """
    return name if name in known else name.rpartition("#")[0]


def latest(table: pa.Table) -> pa.Table:
    """Return one row a record: what was found last, and a success before a failure."""
    import pyarrow as pa

    best: dict[str, tuple[tuple[bool, str], int]] = {}
    columns = (table.column(c).to_pylist() for c in ("key", "status", "time"))
    for at, (key, status, time) in enumerate(zip(*columns, strict=True)):
        rank = (status == DONE, time)
        if key not in best or rank > best[key][0]:
            best[key] = (rank, at)
    return table.take(pa.array(sorted(at for _, at in best.values()), pa.int64()))


@lru_cache(maxsize=64)
def _digest(path: str, size: int, modified: int) -> str:
    """Return a hash of a file, and of the files that a WFDB header names; cached by its state."""
    total = hashlib.blake2b(digest_size=16)
    for file in _files(Path(path)):
        if file.is_file():
            with file.open("rb") as stream:
                part = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16))
            total.update(part.digest())
    return total.hexdigest()


def _files(path: Path) -> list[Path]:
    """Return the file, and whatever belongs to a WFDB header, segments and their data included."""
    found, todo = {path: None}, [path]
    while todo and len(found) < MOST_FILES:
        header = todo.pop()
        if header.suffix.lower() != ".hea":
            continue
        with header.open(errors="replace") as stream:
            lines = [w for ln in stream if not ln.startswith("#") and (w := ln.split())]
        for words in lines[1:]:
            name = words[0] + ("" if "." in words[0] else ".hea")
            file = header.parent / PurePosixPath(name).name
            if words[0] != "~" and file not in found and file.is_file():
                found[file] = None
                todo.append(file)
    return list(found)
