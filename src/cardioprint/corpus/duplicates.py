"""Finding the same seconds of a person that a corpus holds twice.

    beats ─ prints ─► votes ─► rhythm agrees at one shift only ─► waveforms agree ─► a duplicate

Copies are found by content alone: shifted in time, resampled, scaled, inverted, with noise, from
another database with another delay of the PPG, and with one modality missing. They stand in
`duplicates.parquet`, and the people concerned take one side of the split (`sides`).

Cost for n windows: reading them once, n log n for sorting prints, which lie on disk in files
that fit into memory, and a few windows for each candidate. Old records are read again, but only
pairs with a new one are compared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.corpus import alignment, beatprints, votes
from cardioprint.corpus.beatprints import GRIDS, KINDS, Kind, Scan
from cardioprint.corpus.evidence import Rows, confirmed
from cardioprint.corpus.pair_tables import (
    CONTENTS,
    DUPLICATES,
    read_contents,
    read_pairs,
    schema,
    searched_version,
    write,
)
from cardioprint.corpus.sides import own_sides, united
from cardioprint.corpus.spool import Spool
from cardioprint.corpus.votes import Candidates

if TYPE_CHECKING:
    import os

    import pyarrow as pa

    from cardioprint.corpus.place import Place
    from cardioprint.corpus.store import Corpus

__all__ = [
    "CONTENTS",
    "DUPLICATES",
    "Found",
    "Search",
    "find",
    "read_contents",
    "read_pairs",
    "schema",
    "sides",
    "update",
]

Progress = Callable[[str, float], None]
"""Told what is being done, and how far: windows read, or the share that is done."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """How thoroughly duplicates are looked for."""

    kinds: tuple[Kind, ...] = KINDS
    """Kinds of prints."""
    common: int = votes.COMMON
    """Prints in more places than this are passed over."""
    fewest: int = votes.FEWEST
    """Beats at which prints have to agree. Three instead of two halves the work, and loses copies
    of less than some 15 s."""
    sample: int = 1
    """Keep one print in so many, to save disk where records are long."""
    in_memory: int = 4_000_000
    """Prints joined at a time: 64 MB, and a few times as much while they are sorted."""

    def __post_init__(self) -> None:
        counts = (self.common - 1, self.fewest, self.sample, self.in_memory)
        if not self.kinds or min(counts) < 1:
            raise ValueError("need kinds, common >= 2, fewest, sample and in_memory >= 1")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found.

    Attributes:
        pairs: Columns of `schema`.
        contents: Records that were read, and a number for what their windows hold.
        windows: Windows read.
        prints: Prints made of their beats.
        passed: Prints passed over because they are common.
        candidates: Pairs of records, shifts and modalities whose waveforms were compared.
    """

    pairs: pa.Table
    contents: Mapping[str, int]
    windows: int
    prints: int = 0
    passed: int = 0
    candidates: int = 0

    def __str__(self) -> str:
        """Return it in a few words."""
        records = {r for side in ("a", "b") for r in self.pairs.column(side).to_pylist()}
        return f"{self.pairs.num_rows:,} pairs of {len(records):,} records share seconds"


def find(
    rows: Rows,
    *,
    rate: float,
    window: float,
    known: Mapping[str, int] | None = None,
    search: Search | None = None,
    progress: Progress | None = None,
) -> Found:
    """Find the seconds that different records share.

    Args:
        rows: The windows, those of a record one after the other.
        rate: Samples in a second.
        window: Seconds in a window.
        known: Records compared with each other before: `Found.contents` of then.
        search: How thoroughly.
        progress: Told how far it is.
    """
    import pyarrow as pa

    search, known, tell = search or Search(), known or {}, progress or _silent
    with tempfile.TemporaryDirectory(prefix="cardioprint-duplicates-") as folder:
        spool = Spool(Path(folder))
        batches = rows.batches(beatprints.COLUMNS)
        scan = beatprints.scan(batches, spool, rate=rate, progress=lambda n: tell("read", n))
        contents = _contents(scan)
        fresh = np.array([known.get(r) != contents[r] for r in scan.record], bool)
        prints = passed = 0
        parts: list[Candidates] = []
        for channel in range(2 if fresh.any() else 0):
            tell("compare rhythms", channel / 2)
            total = len(scan.beats(channel)) * len(search.kinds) * len(GRIDS) // search.sample
            files = 1 << (total // search.in_memory).bit_length()
            beatprints.write_prints(scan, channel, search.kinds, parts=files, sample=search.sample)
            made, common = votes.collect_votes(
                spool, parts=files, fresh=fresh, common=search.common
            )
            prints, passed = prints + made, passed + common
            counted = votes.count_votes(scan, channel, parts=files, fewest=search.fewest)
            parts += [alignment.agreeing(scan, c) for c in counted]
        candidates = Candidates.joined(parts)
        pairs = list(confirmed(rows, scan, candidates, window, tell))
        pairs.sort(key=lambda p: (p["a"], p["b"], p["offset"]))
        return Found(
            pairs=pa.Table.from_pylist(pairs, schema=schema()),
            contents=contents,
            windows=int(scan.edges[-1]),
            prints=prints,
            passed=passed,
            candidates=len(candidates),
        )


def _silent(what: str, share: float) -> None: ...


def _contents(scan: Scan) -> dict[str, int]:
    """Return the content of each record, however many runs it has."""
    out: dict[str, int] = {}
    for record, content in zip(scan.record, scan.content.tolist(), strict=True):
        out[record] = (out.get(record, 0) + content) % 2**64
    return out


def update(
    folder: str | os.PathLike[str] | Place,
    *,
    search: Search | None = None,
    progress: Progress | None = None,
) -> Found:
    """Bring the duplicates of a corpus up to date: new records against each other and the old.

    Args:
        folder: The corpus.
        search: How thoroughly.
        progress: Told how far it is.

    Returns:
        All pairs of the corpus; counts are those of this search.

    Raises:
        RecordError: There is no corpus, or its tables of duplicates are damaged.
    """
    import pyarrow as pa

    from cardioprint.corpus.store import open_corpus

    with open_corpus(folder) as corpus:
        place = corpus.place
        lock = place.lock("duplicates")
        lock.take()
        try:
            old, known, version = read_pairs(place), read_contents(place), searched_version(place)
            if version == corpus.windows.version and set(known) and search is None:
                return Found(pairs=old, contents=known, windows=len(corpus))
            preparation = corpus.preparation
            found = find(
                corpus,
                rate=preparation.sampling_rate,
                window=preparation.window,
                known=known,
                search=search,
                progress=progress,
            )
            # What windows held when they were first seen stays: a check compares with it.
            sealed = {r: known.get(r, content) for r, content in found.contents.items()}
            kept = [
                all(known.get(r) == found.contents.get(r, -1) for r in (a, b))
                for a, b in zip(*(old.column(c).to_pylist() for c in ("a", "b")), strict=True)
            ]
            pairs = pa.concat_tables([old.filter(pa.array(kept, pa.bool_())), found.pairs])
            pairs = pairs.sort_by([(c, "ascending") for c in ("a", "b", "offset")])
            write(place, pairs, sealed, corpus.windows.version)
        finally:
            lock.free()
    return Found(**{**vars(found), "pairs": pairs})


def sides(corpus: Corpus | str | os.PathLike[str] | Place) -> dict[str, str]:
    """Return where people belong whose side is not that of all their rows.

    A person of whom another subject's recording has the same seconds is one person with that
    subject, and both take the stricter side; so does a subject whose recordings were published
    on several. Depends on nothing but what the corpus holds.

    Rows that are on the border themselves stay there, whatever their subject's side.

    Args:
        corpus: A corpus, open or not.

    Returns:
        Subject -> one of `datasets.splits.SPLITS`; subjects that are not listed keep their own.

    Raises:
        RecordError: The table of duplicates is damaged.
    """
    from cardioprint.corpus.store import Corpus, open_corpus

    if not isinstance(corpus, Corpus):
        with open_corpus(corpus) as opened:
            return sides(opened)
    records = corpus.records()
    return united(own_sides(records), records, read_pairs(corpus.place))
