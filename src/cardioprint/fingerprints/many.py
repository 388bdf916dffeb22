"""Fingerprints of many files: parallel, resumable, no record twice, none lost.

Every finished record lies as a part of its own beside the output until all are done: `outputs`.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from cardioprint.datasets import remote, stores
from cardioprint.errors import CardioprintError, RecordError, UnknownNameError
from cardioprint.fingerprints import table
from cardioprint.fingerprints.outputs import output_at, write_part
from cardioprint.fingerprints.pipeline import fingerprint, session
from cardioprint.readers import find_records
from cardioprint.runtime.folder import PACKAGED
from cardioprint.runtime.session import usable_cores

ENGINES = ("local", "ray")
"""Where files are fingerprinted: in processes of this machine, or on a Ray cluster."""

Job = tuple[str, str, str, str, dict[str, Any]]
"""A file's name, where it is, where its part goes, its identity, options."""


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
    out: Path | str


def recordings(paths: Sequence[Path | str]) -> list[Path | str]:
    """Return the recordings named by files, folders and addresses, each once, in order."""
    found: dict[Path | str, Path | str] = {}
    for path in paths:
        if stores.is_address(path):
            for address in remote.recordings(str(path), find_records):
                found.setdefault(address, address)
            continue
        path = Path(path)
        for file in find_records(path) if path.is_dir() else [path]:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def fingerprint_many(
    paths: Sequence[Path | str],
    out: Path | str,
    *,
    workers: int | None = None,
    engine: str = "local",
    address: str = "",
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Outcome:
    """Fingerprint files and folders into one Parquet file.

    Args:
        paths: Files and folders, or addresses of them ("s3://bucket/recordings").
        out: The Parquet file, or its address; an existing one of the same model is extended by
            new records.
        workers: Processes; default: the cores this process may use, or those of the cluster.
        engine: One of `ENGINES`. All machines of a cluster have to see the files, the model and
            the output by the same paths.
        address: Of a Ray cluster: "auto" or "host:port"; default: $RAY_ADDRESS, else one is
            started on this machine.
        progress: Called with (finished, all).
        **options: As `fingerprint`.

    Raises:
        RecordError: Nothing to read, or `out` holds something else or another model's
            fingerprints.
        UnknownNameError: No such engine.
        CardioprintError: The cluster or the object store cannot be used.
    """
    if engine not in ENGINES:
        raise UnknownNameError("engine", engine, ENGINES)
    files = recordings(paths)
    if not files:
        raise RecordError(
            "no recording found",
            source=", ".join(map(str, paths)),
            fix="see docs/formats.md for what can be read",
        )
    model = session(options.get("model", "tiny"), options.get("precision", "int8"), 1)
    shared = {**options, "threads": 1}
    if model.folder.parent != PACKAGED:
        shared["model"] = str(model.folder.absolute())
    with output_at(out) as output:
        if output.file.exists() and (held := table.model_of(output.file)) != model.model_id:
            raise RecordError(
                f"it holds fingerprints of {held}, not of {model.model_id}",
                source=out,
                fix="choose another --out, or move this file away",
            )
        known, finished = table.identities(output.file), output.parts()
        jobs: list[Job] = []
        order = []
        for file in files:
            key = identity(file, model.model_id, options)
            if key in known:
                continue
            order.append(key)
            if key not in finished:
                place = file if isinstance(file, str) else file.absolute()
                jobs.append((str(file), str(place), output.part(key), key, shared))
        kept = len(files) - len(jobs)
        failed: dict[str, str] = {}
        ends = _run(jobs, workers) if engine == "local" else _spread(jobs, workers, address)
        for number, (file, message) in enumerate(ends, start=1):
            if message:
                failed[file] = message
            if progress:
                progress(kept + number, len(files))
        output.gather(order)
        rows = _rows(output.file) if output.file.exists() else 0
    return Outcome(done=len(jobs) - len(failed), kept=kept, failed=failed, rows=rows, out=out)


def identity(file: Path | str, model: str, options: dict[str, Any]) -> str:
    """Return a key that changes with the file, the model and every option."""
    plain = {k: str(v) for k, v in sorted(options.items())}
    name = file if isinstance(file, str) else str(file.resolve())
    text = json.dumps([name, *_state(file), model, plain])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _state(file: Path | str) -> tuple[int, int]:
    """Return (bytes, nanoseconds when it was changed) of a file; zeros where there is none."""
    if isinstance(file, str):
        return remote.state(file)
    stat = file.stat() if file.exists() else None
    return (stat.st_size, stat.st_mtime_ns) if stat else (0, 0)


def _rows(out: Path) -> int:
    import pyarrow.parquet as pq

    return pq.read_metadata(out).num_rows


def _run(jobs: list[Job], workers: int | None) -> Iterator[tuple[str, str]]:
    """Yield (file, error message or "") as jobs finish in processes of this machine."""
    workers = min(workers or usable_cores(), len(jobs))
    if workers <= 1:
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


def _spread(jobs: list[Job], workers: int | None, address: str) -> Iterator[tuple[str, str]]:
    """Yield (file, error message or "") as jobs finish on a Ray cluster."""
    from cardioprint.fingerprints.ray_engine import run

    places = (place if stores.is_address(place) else Path(place) for _, place, *_ in jobs)
    sizes = [_state(place)[0] for place in places]
    return run(jobs, _one, sizes, workers=workers, address=address)


def _one(name: str, place: str, part: str, key: str, options: dict[str, Any]) -> tuple[str, str]:
    file = place
    try:
        with _here(place) as file:
            prints = fingerprint(file, **options)
        opened = Path(prints.source).name  # a header, where another file of the record was given
        engine = session(
            options.get("model", "tiny"), options.get("precision", "int8"), options["threads"]
        )
        prints = replace(prints, source=name.removesuffix(Path(name).name) + opened)
        write_part(prints, part, table.provenance(engine), identity=key)
    except CardioprintError as error:
        return name, str(error).replace(file, name)
    except Exception as error:  # no file may stop the others, whatever is wrong with it
        return name, f"{name}: {type(error).__name__}: {error}"
    return name, ""


@contextmanager
def _here(place: str) -> Iterator[str]:
    """Yield the path of a file on this machine; one that was fetched for it is deleted."""
    if not stores.is_address(place):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="cardioprint-") as scratch:
        yield str(stores.fetch(place, Path(scratch)))
