"""Several corpora become one; a recording that is in more than one of them is taken once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.corpus import commits, layout, records
from cardioprint.corpus.place import Place
from cardioprint.corpus.records import DONE, Ledger
from cardioprint.corpus.store import check_preparation, open_corpus
from cardioprint.corpus.units import FILE_ROWS, WINDOWS, PreparedUnit, write_rows
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    import pyarrow as pa

    from cardioprint.corpus.store import Corpus


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a merge did.

    Attributes:
        records: Recordings added.
        windows: Windows added.
        repeated: Recordings that were there already.
        differing: Keys of those among them that were made from files of different content.
    """

    records: int
    windows: int
    repeated: int
    differing: tuple[str, ...]


def merge(
    corpora: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Merged:
    """Add the recordings of corpora to another, made if missing; a rerun goes on.

    Args:
        corpora: Folders or addresses, all of one preparation; the first that holds a recording
            gives it.
        out: Where to.
        progress: Called with windows read and all of them.

    Raises:
        RecordError: A corpus is missing or was prepared otherwise, or `out` is one of them.
        WriteError: The corpus cannot be written.
    """
    place = Place.at(out)
    if not corpora:
        raise RecordError("no corpus is given", field="corpora", fix="name one or more")
    if any(Place.at(c).uri == place.uri for c in corpora):
        raise RecordError(
            "it is one of those to be merged", source=place.uri, field="out", fix="choose another"
        )
    opened = [open_corpus(c) for c in corpora]
    try:
        for corpus in opened:
            check_preparation(corpus.place, corpus.manifest, opened[0].preparation)
        commits.create(place, opened[0].preparation)
        for corpus in opened:
            commits.describe(place, corpus.manifest["databases"])
        with place.building() as lock:
            merged = _merge(opened, place, progress)
            if lock.take(wait=False):
                commits.tidy(place)
            lock.take(shared=True)
    finally:
        for corpus in opened:
            corpus.close()
    return merged


def _merge(
    opened: Sequence[Corpus], place: Place, progress: Callable[[int, int], None] | None
) -> Merged:
    ledger = Ledger(place)
    with place.committing():
        commits.settle(place)
    ledger.refresh()
    total, read, added, windows, repeated = sum(map(len, opened)), 0, 0, 0, 0
    differing: list[str] = []
    for corpus in opened:
        rows = {r["key"]: r for r in corpus.records().to_pylist()}
        for key, r in rows.items():
            if r["status"] == DONE and key in ledger:
                repeated += 1
                known = ledger.get(key)
                if known is not None and known.state.digest != r["digest"]:
                    differing.append(key)
        wanted = {k: r for k, r in rows.items() if r["status"] == DONE and k not in ledger}
        for fragments, keys in _groups(corpus, rows):
            mine = [wanted[k] for k in keys if k in wanted]
            if mine:
                names = {r["key"] for r in mine}
                unit = PreparedUnit(
                    records=tuple(mine), fragments=_copy(corpus, fragments, names, rows, place)
                )
                if not commits.commit(place, ledger, unit):  # else another merge was faster
                    added += len(mine)
                    windows += sum(r["windows"] for r in mine)
            read += sum(f.count_rows() for f in fragments)
            if progress:
                progress(read, total)
        rest = [r for k, r in rows.items() if r["status"] != DONE and ledger.get(k) is None]
        commits.commit(place, ledger, PreparedUnit(records=tuple(rest)))
    return Merged(records=added, windows=windows, repeated=repeated, differing=tuple(differing))


def _groups(corpus: Corpus, known: Collection[str]) -> Iterator[tuple[list[Any], list[str]]]:
    """Yield fragments that hold whole records between them, and the keys of these records."""
    group: list[Any] = []
    keys: dict[str, None] = {}
    rows = 0
    for fragment in corpus.windows.get_fragments():
        here = _keys_of(fragment, known)
        if rows >= FILE_ROWS and not any(k in keys for k in here[:1]):
            yield group, list(keys)
            group, keys, rows = [], {}, 0
        group.append(fragment)
        keys |= dict.fromkeys(here)
        rows += fragment.count_rows()
    if group:
        yield group, list(keys)


def _keys_of(fragment: Any, known: Collection[str]) -> list[str]:
    """Return the records of a fragment in their order."""
    names: dict[str, None] = {}
    for batch in fragment.scanner(columns=["record"]).to_batches():
        names |= dict.fromkeys(batch.column("record").unique().to_pylist())
    return list(dict.fromkeys(records.key_of(name, known) for name in names))


def _copy(
    corpus: Corpus, fragments: list[Any], keys: set[str], known: Collection[str], place: Place
) -> tuple[str, ...]:
    """Write the windows of some records as files of another corpus."""
    scanner = corpus.windows.scanner(
        fragments=fragments,
        batch_size=1024,
        batch_readahead=2,
        fragment_readahead=1,
        scan_in_order=True,
    )

    def chosen() -> Iterator[pa.RecordBatch]:
        for batch in scanner.to_batches():
            column = batch.column("record").dictionary_encode()
            of = [records.key_of(name, known) in keys for name in column.dictionary.to_pylist()]
            mask = np.array(of, bool)[np.asarray(column.indices)]
            if mask.any():
                yield batch if mask.all() else batch.filter(_mask(mask))

    schema = layout.schema(corpus.preparation.window_samples)
    return tuple(write_rows(chosen(), place.child(WINDOWS), schema))


def _mask(mask: np.ndarray) -> Any:
    import pyarrow as pa

    return pa.array(mask)
