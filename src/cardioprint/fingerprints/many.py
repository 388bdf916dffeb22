"""Fingerprints of many files: parallel, resumable, no record twice, none lost.

Every finished record lies as a part of its own beside the output until all are done; a part
appears by renaming, so a killed run leaves whole parts only and the next run goes on from them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from cardioprint.errors import CardioprintError, RecordError
from cardioprint.fingerprints import table
from cardioprint.fingerprints.pipeline import fingerprint, session
from cardioprint.readers import find_records
from cardioprint.runtime.session import usable_cores


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a run over many files.

    Attributes:
        done: Records fingerprinted in this run.
        kept: Records an earlier run had finished.
        failed: Error message of each file that could not be used.
        rows: Rows in the output.
        out: The output file.
    """

    done: int
    kept: int
    failed: dict[str, str]
    rows: int
    out: Path


def recordings(paths: Sequence[Path]) -> list[Path]:
    """Return the recordings named by files and folders, each once, in order."""
    found: dict[Path, Path] = {}
    for path in paths:
        for file in find_records(path) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def fingerprint_many(
    paths: Sequence[Path],
    out: Path,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Outcome:
    """Fingerprint files and folders into one Parquet file.

    Args:
        paths: Files and folders.
        out: The Parquet file; an existing one of the same model is extended by new records.
        workers: Processes; default: the cores this process may use.
        progress: Called with (finished, all).
        **options: As `fingerprint`.

    Raises:
        RecordError: Nothing to read, or `out` holds something else or another model's
            fingerprints.
    """
    files = recordings(paths)
    if not files:
        raise RecordError(
            "no recording found",
            source=", ".join(map(str, paths)),
            fix="see docs/formats.md for what can be read",
        )
    workers = min(workers or usable_cores(), len(files))
    engine = session(options.get("model", "tiny"), options.get("precision", "int8"), 1)
    if out.exists() and (held := table.model_of(out)) != engine.model_id:
        raise RecordError(
            f"it holds fingerprints of {held}, not of {engine.model_id}",
            source=out,
            fix="choose another --out, or move this file away",
        )
    parts = out.with_name(out.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    known = table.identities(out)
    jobs, order = [], []
    for file in files:
        key = identity(file, engine.model_id, options)
        if key in known:
            continue
        part = parts / f"{key}.parquet"
        order.append(part)
        if not part.exists():
            jobs.append((str(file), str(part), key, {**options, "threads": 1}))
    kept = len(files) - len(jobs)
    failed: dict[str, str] = {}
    for number, (file, message) in enumerate(_run(jobs, workers), start=1):
        if message:
            failed[file] = message
        if progress:
            progress(kept + number, len(files))
    ready = [p for p in order if p.exists()]
    if ready:
        table.merge(out if out.exists() else None, ready, out)
    shutil.rmtree(parts, ignore_errors=True)
    return Outcome(
        done=len(jobs) - len(failed),
        kept=kept,
        failed=failed,
        rows=_rows(out) if out.exists() else 0,
        out=out,
    )


def identity(file: Path, model: str, options: dict[str, Any]) -> str:
    """Return a key that changes with the file, the model and every option."""
    stat = file.stat() if file.exists() else None
    plain = {k: str(v) for k, v in sorted(options.items())}
    size = (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)
    text = json.dumps([str(file.resolve()), *size, model, plain])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _rows(out: Path) -> int:
    import pyarrow.parquet as pq

    return pq.read_metadata(out).num_rows


def _run(
    jobs: list[tuple[str, str, str, dict[str, Any]]], workers: int
) -> Iterator[tuple[str, str]]:
    """Yield (file, error message or "") as jobs finish."""
    if workers <= 1 or len(jobs) <= 1:
        for job in jobs:
            yield _one(*job)
        return
    # Not forked: ONNX Runtime's threads do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(_one, *job): job[0] for job in jobs}
        for future in as_completed(futures):
            try:
                yield future.result()
            except Exception as error:  # a worker that died takes one file with it, not the run
                yield futures[future], f"worker failed: {error}"


def _one(file: str, part: str, key: str, options: dict[str, Any]) -> tuple[str, str]:
    try:
        prints = fingerprint(file, **options)
        engine = session(
            options.get("model", "tiny"), options.get("precision", "int8"), options["threads"]
        )
        table.write(prints, Path(part), table.provenance(engine), identity=key)
    except CardioprintError as error:
        return file, str(error)
    except Exception as error:  # no file may stop the others, whatever is wrong with it
        return file, f"{file}: {type(error).__name__}: {error}"
    return file, ""
