"""Small databases whose recordings are made as they are read, for tests of corpora.

In a module of its own, so that worker processes can import it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from cardioprint.corpus import build as builds
from cardioprint.corpus import units
from cardioprint.corpus.build import build
from cardioprint.corpus.sources import SourceFolder
from cardioprint.corpus.store import open_corpus
from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.errors import RecordError
from cardioprint.readers import ChannelInfo, RecordFile
from cardioprint.signal.blocks import InMemory, Source
from cardioprint.simulate import patient
from cardioprint.types import Modality, Record


def write(folder: Path, records: dict[str, str]) -> Path:
    """Write one text file a record; the text says what reading it does.

    "SECONDS SEED": a simulated recording; "SECONDS SEED PIECES": several of them;
    "SECONDS SEED 1 odd": one, after a piece that has neither ECG nor PPG; "slow WAIT SECONDS
    SEED": after a while; "short": too short; "hours N": long; "hours N AT": damaged after a
    while; "bad", "crash": an error; "die", "die once": the process is killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in records.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


def find(folder: Path) -> Iterator[Entry]:
    """List the files; two neighbours are one person."""
    for i, path in enumerate(sorted(folder.glob("*.txt"))):
        yield Entry(
            database="tiny",
            record=path.stem,
            path=str(path),
            subject=f"p{i // 2}",
            labels={"age": 30 + i, "sex": "F", "device": "simulated", "sbp": float("nan")},
            size=path.stat().st_size,
        )


def read(entry: Entry) -> Iterator[Source]:
    """Make the recording that the file asks for."""
    path = Path(entry.path)
    words = path.read_text().split()
    if words[0] == "bad":
        raise RecordError("it is damaged", source=entry.path, field="samples")
    if words[0] == "crash":
        raise ZeroDivisionError("a bug of the adapter")
    if words[0] == "die":
        mark = path.with_suffix(".died")
        if len(words) == 1 or not mark.exists():
            mark.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
        words = ["20", "1"]
    if words[0] == "hours":
        yield long_recording(float(words[1]), fails_at=float(words[2]) if words[2:] else None)
        return
    if words[0] == "slow":
        time.sleep(float(words[1]))
        words = words[2:]
    if words[0] == "short":
        yield InMemory(record=part(simulated(20, 1), 1.0))
        return
    record = simulated(float(words[0]), int(words[1]))
    if words[3:] == ["odd"]:
        yield InMemory(record=only(record, Modality.OTHER))
    for piece in range(int(words[2]) if words[2:] else 1):
        yield InMemory(record=replace(record, name=f"{record.name} {piece}"))


def simulated(seconds: float, seed: int) -> Record:
    """Return a recording of one ECG and one PPG."""
    record, _ = patient(minutes=seconds / 60, seed=seed, events=False)
    return record


def only(record: Record, modality: Modality) -> Record:
    """Return the record with all channels declared another modality."""
    return record.with_channels(*(replace(c, modality=modality) for c in record.channels))


def part(record: Record, seconds: float) -> Record:
    """Return the beginning of a record."""
    return record.with_channels(
        *(
            replace(c, samples=c.samples[: round(seconds * c.sampling_rate)])
            for c in record.channels
        )
    )


def long_recording(hours: float, *, fails_at: float | None = None) -> RecordFile:
    """Return hours of a repeating recording that is made in parts and never held whole."""
    record = simulated(60, 5)

    def load(spans):
        out = []
        for i, first, last in spans:
            x = record.channels[i].samples
            rate = record.channels[i].sampling_rate
            if fails_at is not None and last > fails_at * 3600 * rate:
                raise RecordError("the file ends early", source="long", field="samples")
            out.append(x[np.arange(first, last) % len(x)])
        return out

    channels = tuple(
        ChannelInfo(
            name=c.name,
            modality=c.modality,
            sampling_rate=c.sampling_rate,
            n_samples=round(hours * 3600 * c.sampling_rate),
            lead=c.lead,
        )
        for c in record.channels
    )
    return RecordFile(path=Path("long"), name="long", channels=channels, load=load)


TINY = Database(
    name="tiny",
    title="Tiny",
    publisher="nobody",
    version="1",
    licence="CC0",
    access="open",
    citation="none",
    document="",
    files=Files(kind=""),
    find=find,
    read=read,
    pretraining=True,
)


def source(folder: Path, records: dict[str, str] | None = None, **changes) -> SourceFolder:
    """Return a folder of the tiny database, filled with records if some are given."""
    if records is not None:
        write(folder, records)
    return SourceFolder(database=replace(TINY, **changes), folder=folder)


def rows_of(where) -> list[dict]:
    """Return all rows of a corpus in an order that does not depend on who built it when."""
    with open_corpus(where) as corpus:
        rows = corpus.windows.to_table().to_pylist()
    return sorted(rows, key=lambda row: (row["record"], row["start"]))


def left_behind(where: Path) -> set[str]:
    """Return Lance files that belong to no fragment, and records that are still pending."""
    with open_corpus(where) as corpus:
        held = {f.path for g in corpus.windows.get_fragments() for f in g.metadata.files}
    files = {p.name for p in (where / "windows.lance" / "data").glob("*")}
    return files - held | {p.name for p in (where / "records").glob("*.pending.parquet")}


def main(arguments: list[str]) -> None:
    """Build in a process of its own: SOURCE OUT WORKERS RECORDS_IN_A_UNIT [FAULT].

    A fault kills the process: "before" or "after" the second commit of its windows; "meet" waits
    with its first unit in hand until another builder has one too, so that neither has done all
    before the other begins.
    """
    folder, out, workers, together, *fault = arguments
    units.UNIT_RECORDS = int(together)
    builds.COMMIT_EVERY["local"] = 0.0
    if fault == ["meet"]:
        _meet_with_work(Path(f"{out}.ready"))
    elif fault:
        _install(fault[0])
    report = build([source(Path(folder))], out, workers=int(workers))
    print(
        json.dumps({"added": report.added, "kept": report.kept, "peak_rss": report.peak_rss}),
        flush=True,
    )


def _meet_with_work(folder: Path) -> None:
    take = builds.Agenda.take

    def taken(agenda):
        unit = take(agenda)
        if unit is not None:
            folder.mkdir(exist_ok=True)
            (folder / str(os.getpid())).touch()
            end = time.monotonic() + 60
            while len(list(folder.iterdir())) < 2 and time.monotonic() < end:
                time.sleep(0.01)
        return unit

    builds.Agenda.take = taken


def _install(fault: str) -> None:
    import lance

    commit, calls = lance.LanceDataset.commit, []

    def deadly(*args, **more):
        calls.append(1)
        if len(calls) == 2 and fault == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        commit(*args, **more)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    lance.LanceDataset.commit = deadly


def started(*arguments: object) -> subprocess.Popen:
    """Start `main` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "import sys, tiny_database as t; t.main(sys.argv[1:])"]
        + [str(a) for a in arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"},
    )


def finished(process: subprocess.Popen) -> dict:
    """Return what a started build says at its end."""
    text, complaint = process.communicate(timeout=120)
    assert process.returncode == 0, complaint
    return json.loads(text)
