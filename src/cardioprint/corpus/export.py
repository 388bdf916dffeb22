"""From a corpus to the memory-mapped cache that training reads: which windows, in what order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.corpus.cache_writer import NEEDED, Progress, floats, write_cache
from cardioprint.datasets.splits import SPLITS
from cardioprint.errors import RecordError, UnknownNameError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from cardioprint.corpus.store import Corpus

TOGETHER = 2048
"""Windows taken from the corpus at a time (10 MB)."""

INDEXED = ("subject", "record", "start", "split", "ecg_quality", "ppg_quality")
"""Columns that decide which windows are taken and in which order."""


def export(
    folder: Path | str,
    out: Path,
    *,
    split: str,
    where: str,
    min_quality: float,
    progress: Progress | None,
) -> None:
    """Do what `cache.export_cache` says."""
    from cardioprint.corpus.store import open_corpus

    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)
    with open_corpus(folder) as corpus:
        sides = _sides(corpus)
        about = {
            "split": split,
            "filters": {"where": where, "min_quality": min_quality},
            "origin": _origin(corpus, sides),
        }
        if _is_there(Path(out), about):
            return
        rows = _rows(corpus, sides, split, where, min_quality)
        batches = (
            batch
            for first in range(0, len(rows), TOGETHER)
            for batch in corpus.take(rows[first : first + TOGETHER], NEEDED).to_batches()
        )
        write_cache(
            batches,
            out,
            windows=len(rows),
            preparation=corpus.preparation,
            about=about,
            progress=progress,
        )


def _rows(
    corpus: Corpus, sides: Mapping[str, str], split: str, where: str, min_quality: float
) -> NDArray[np.int64]:
    """Return the numbers of the windows to take, ordered by database, record and start."""
    places: list[NDArray[np.int64]] = []
    starts: list[NDArray[np.floating]] = []
    records: list[NDArray[np.int32]] = []
    names: dict[str, int] = {}
    for batch in _index(corpus, where):
        subject = batch.column("subject").dictionary_encode()
        people = subject.dictionary.to_pylist()
        moved = np.array([sides.get(p, "") for p in people], dtype=object)
        own = np.array(batch.column("split").to_pylist(), dtype=object)
        side = moved[subject.indices.to_numpy()] if len(people) else own
        quality = np.fmax(floats(batch, "ecg_quality"), floats(batch, "ppg_quality"))
        # What may be one person's or another's stays between them.
        keep = np.where((side == "") | (own == "border"), own, side) == split
        if min_quality > 0:
            keep &= quality >= min_quality
        coded = batch.column("record").dictionary_encode()
        mine = [names.setdefault(v, len(names)) for v in coded.dictionary.to_pylist()]
        places.append(batch.column("_rowoffset").to_numpy().astype(np.int64)[keep])
        starts.append(floats(batch, "start")[keep])
        records.append(np.array(mine, np.int32)[coded.indices.to_numpy()][keep])
    place = np.concatenate([np.zeros(0, np.int64), *places])
    if len(place) == 0:
        raise RecordError(
            f"no window on the side {split!r} has {where or 'any content'} and quality "
            f"{min_quality:g} or more",
            source=corpus.place.uri,
            fix="ask for another side, or fewer conditions",
        )
    # Records are named "database/record": their names' order is that of the databases too.
    order = sorted(names, key=lambda name: (name.partition("/")[0], name))
    rank = np.empty(len(names), np.int32)
    rank[[names[name] for name in order]] = np.arange(len(names), dtype=np.int32)
    return place[np.lexsort((np.concatenate(starts), rank[np.concatenate(records)]))]


def _index(corpus: Corpus, where: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from corpus.batches([*INDEXED, "_rowoffset"], where=where, batch_size=65_536)
    except (ValueError, OSError) as error:
        if not where:
            raise
        raise RecordError(
            f"the condition {where!r} is not understood: {str(error).partition(', /')[0]}",
            source=corpus.place.uri,
            field="where",
            fix="SQL on the columns of the corpus, such as \"database = 'mimic3'\"",
        ) from error


def _sides(corpus: Corpus) -> Mapping[str, str]:
    """Return the side of every subject that duplicates put on another one than its rows say."""
    from cardioprint.corpus.duplicates import sides

    return sides(corpus)


def _origin(corpus: Corpus, sides: Mapping[str, str]) -> dict[str, Any]:
    """Return what tells a corpus from another: its version and preparation, not its place."""
    manifest = corpus.manifest
    moved = hashlib.sha256(json.dumps(sorted(sides.items())).encode()).hexdigest()[:12]
    return {
        "version": corpus.windows.version,
        "windows": len(corpus),
        "sides": moved,  # of people whom duplicates put on another side
        "preparation": manifest["preparation_hash"],
        "databases": {k: v.get("version", "") for k, v in manifest["databases"].items()},
        "cardioprint": manifest["cardioprint"],
    }


def _is_there(out: Path, about: Mapping[str, Any]) -> bool:
    """Return whether this very cache was written before; refuse to write over anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return False
    try:
        held = json.loads((out / "cache.json").read_text())
        if all(held.get(key) == value for key, value in about.items()):
            return True
        what = "a cache of other windows"
    except (OSError, ValueError):
        what = "something else"
    raise RecordError(
        f"the folder holds {what}", source=out, field="out", fix="delete it, or name another"
    )
