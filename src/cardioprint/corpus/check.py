"""Checks a corpus from the manifest to the last sample, and that its split holds.

Everything is read once, fragment by fragment, so that a damaged file is named and the rest is
still looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cardioprint.corpus import duplicates, leakage, records
from cardioprint.corpus.findings import Collector, Report
from cardioprint.corpus.layout import preparation_hash
from cardioprint.corpus.place import LOCKS, MARKER, UNFINISHED, Place
from cardioprint.corpus.records import DONE, FOLDER
from cardioprint.corpus.rowcheck import COLUMNS, RowCheck, compare
from cardioprint.corpus.store import MANIFEST, Corpus, open_corpus
from cardioprint.corpus.units import WINDOWS
from cardioprint.errors import CardioprintError, RecordError

if TYPE_CHECKING:
    import os

    import pyarrow as pa

Progress = Callable[[int, int], None]
"""Told the windows looked at, and all of them."""


def check(
    folder: str | os.PathLike[str] | Place,
    *,
    progress: Progress | None = None,
    fix: bool = False,
) -> Report:
    """Check a corpus.

    Looked at: the manifest; files that are missing, damaged or left behind; every row (can it be
    decoded, does it make sense, is it there once); rows against the table of records; whether
    windows changed since duplicates were looked for; duplicates; the leakage contract.

    Args:
        folder: The corpus.
        progress: Told how far it is.
        fix: First clear away what killed builds left behind, if nobody else uses the corpus.
            Nothing that belongs to the corpus is changed.

    Returns:
        What was found; `ok` where nothing is wrong.

    Raises:
        RecordError: There is no corpus, or of another kind; with `fix`: somebody uses it.
    """
    place = Place.at(folder)
    if fix:
        tidied(place)
    out = Collector()
    try:
        corpus = open_corpus(place)
    except RecordError as error:
        if error.field != WINDOWS:
            raise
        out.add("file", str(error), [WINDOWS])
        return Report(findings=out.findings())
    with corpus:
        facts = _check(corpus, out, progress)
    return Report(findings=out.findings(), facts=facts)


def tidied(place: Place) -> None:
    """Clear away what killed builds left behind.

    Raises:
        RecordError: Somebody builds or reads the corpus.
    """
    from cardioprint.corpus.commits import tidy

    with place.building() as lock:
        if not lock.take(wait=False):
            raise RecordError(
                "somebody builds or reads this corpus",
                source=place.uri,
                field="fix",
                fix="wait until they have finished, and try again",
            )
        tidy(place)


def _check(corpus: Corpus, out: Collector, progress: Progress | None) -> tuple[str, ...]:
    place, manifest = corpus.place, corpus.manifest
    _manifest(corpus, out)
    _files(corpus, out)
    table = _records(place, out)
    rows = RowCheck(
        out,
        preparation=preparation_hash(corpus.preparation),
        window=corpus.preparation.window,
        databases=manifest["databases"],
    )
    for batch in _batches(corpus, out):
        rows.add(batch)
        if progress:
            progress(rows.rows, max(rows.rows, _count(corpus)))
    told = {r["key"]: r for r in table.to_pylist() if r["status"] == DONE}
    contents = pairs = None
    try:
        contents, pairs = duplicates.read_contents(place), duplicates.read_pairs(place)
    except CardioprintError as error:
        out.add("file", str(error))
    compare(out, rows.records, told, contents or {}, _content)
    if contents is not None and pairs is not None:
        _searched(out, set(rows.records), contents)
        people = leakage.Population(
            name=place.uri,
            records=table,
            duplicates=pairs,
            databases=manifest["databases"],
            window=corpus.preparation.window,
        )
        out.extend(leakage.check([people]))
    done = sum(tally.rows for tally in rows.records.values())
    return (
        f"corpus   {place.uri}",
        f"windows  {done:,} of {len(told):,} recordings, preparation "
        f"{manifest.get('preparation_hash')}",
        f"twice    {len(pairs) if pairs is not None else 0:,} pairs of recordings share seconds",
    )


def _manifest(corpus: Corpus, out: Collector) -> None:
    wanted = preparation_hash(corpus.preparation)
    if corpus.manifest.get("preparation_hash") != wanted:
        out.add(
            "manifest",
            f"the hash of the preparation is {corpus.manifest.get('preparation_hash')}, "
            f"the preparation gives {wanted}",
            [MANIFEST],
        )
    if not isinstance(corpus.manifest.get("databases"), Mapping):
        out.add("manifest", "it does not say what the databases are", [MANIFEST])
        corpus.manifest["databases"] = {}


def _files(corpus: Corpus, out: Collector) -> None:
    """Look for files that are missing, and for files that nobody refers to."""
    place = corpus.place
    held = {f.path for g in corpus.windows.get_fragments() for f in g.metadata.files}
    there = set(place.names(f"{WINDOWS}/data"))
    for name in sorted(held - there):
        out.add("file", "a file of windows is missing", [f"{WINDOWS}/data/{name}"])
    clear = "cardioprint corpus check --fix"
    for name in sorted(there - held):
        out.add("left behind", "a file of windows belongs to no committed record; a build may be "
                "writing it", [f"{WINDOWS}/data/{name}"], error=False, fix=clear)  # fmt: skip
    for name in records.pending(place):
        out.add("left behind", "a commit was not finished, or is under way",
                [f"{FOLDER}/{name}"], error=False, fix=clear)  # fmt: skip
    for name in place.names(FOLDER):
        if not name.endswith(records.PART):
            out.add("left behind", "a file was being written", [f"{FOLDER}/{name}"],
                    error=False, fix=clear)  # fmt: skip
    for name in place.names():
        if name == MARKER or (name.startswith(".") and name != LOCKS) or name.endswith(UNFINISHED):
            out.add("left behind", "somebody builds, or was killed", [name], error=False)


def _records(place: Place, out: Collector) -> pa.Table:
    """Return the table of records as far as it can be read."""
    names = [n for n in place.names(FOLDER) if records.is_part(n)]
    good = []
    for name in names:
        try:
            good.append(records.read_part(place, name))
        except Exception as error:  # whatever Arrow makes of a damaged file
            out.add("file", f"a part of the table of records cannot be read: {_words(error)}",
                    [f"{FOLDER}/{name}"])  # fmt: skip
    return records.latest(_joined(good))


def _joined(parts: list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    return pa.concat_tables([records.schema().empty_table(), *parts])


def _batches(corpus: Corpus, out: Collector) -> Iterator[pa.RecordBatch]:
    """Yield all rows that can be read."""
    for fragment in corpus.windows.get_fragments():
        files = [f"{WINDOWS}/data/{f.path}" for f in fragment.metadata.files]
        try:
            yield from fragment.to_batches(columns=[*COLUMNS], batch_size=1024)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # a panic of Lance is no Exception
            out.add("file", f"a file of windows cannot be read: {_words(error)}", files)


def _count(corpus: Corpus) -> int:
    return sum(f.physical_rows for f in corpus.windows.get_fragments())


def _content(row: Mapping[str, Any]) -> int | None:
    """Return what the table of records says of a record's content, None where it says nothing."""
    value = row.get("content")
    if value in (None, ""):
        return None
    return int(value, 16) if isinstance(value, str) else int(value)


def _searched(out: Collector, met: set[str], contents: Mapping[str, int]) -> None:
    missing = sorted(met - set(contents))
    if missing:
        out.add(
            "duplicates",
            "records in which duplicates were not looked for",
            missing[:8],
            count=len(missing),
            error=False,
            fix="cardioprint corpus build does it at its end; or call `duplicates.update`",
        )


def _words(error: BaseException) -> str:
    """Return what an error says, in a line."""
    text = " ".join(str(error).split()).partition(", /")[0]
    return text[:200] or type(error).__name__
