"""Building a corpus: recordings in, windows out, each exactly once, whatever happens on the way.

    units of recordings ─ claim ─► workers prepare and write files ─► commit under a lock

A build may be killed at any moment and run again; several may build one corpus on a disk at the
same time and share the work. A rerun takes what is new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.corpus import commits
from cardioprint.corpus.agenda import Agenda
from cardioprint.corpus.duplicates import Found, update
from cardioprint.corpus.place import Place
from cardioprint.corpus.records import QUARANTINED, Ledger
from cardioprint.corpus.settling import Settling
from cardioprint.corpus.store import open_corpus
from cardioprint.corpus.summary import Summary, summarise
from cardioprint.corpus.units import (
    PreparedUnit,
    Unit,
    cut_units,
    peak_rss,
    prepare_unit,
)
from cardioprint.corpus.workers import Lost, Take, Watch, Work
from cardioprint.errors import RecordError, UnknownNameError
from cardioprint.runtime.session import usable_cores
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    import os

    from cardioprint.corpus.sources import SourceFolder

ENGINES = ("local", "ray")
"""Where units are prepared: in processes of this machine, or on a Ray cluster."""

COMMIT_EVERY = {"local": 5.0, "ray": 30.0}
"""Seconds between commits, by engine: what a kill can cost beside the units under way. A commit
takes as long as some recordings, and units of many machines come faster than they could be
committed one by one."""

PREPARING = "preparing"
"""What a build does until everything is committed."""

POLL = 0.5
"""Seconds between looks at units that another builder has claimed."""

Engine = Callable[[Take, Work, int, Watch], Iterator[tuple[Unit, PreparedUnit | Lost]]]
"""As `workers.run`."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a build is.

    Attributes:
        records: Recordings finished by this build, good and bad.
        total: Recordings it has to do.
        hours: Hours of windows from them.
        quarantined: Recordings that could not be used.
        seconds: Since it began.
        doing: What it does now.
    """

    records: int
    total: int
    hours: float
    quarantined: int
    seconds: float
    doing: str


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """What a build did, and what the corpus holds now.

    Attributes:
        added: Recordings added.
        hours_added: Hours of windows in them.
        kept: Recordings that were in the corpus, or in quarantine, before.
        changed: Keys of recordings whose files changed after they were added; not replaced.
        repeated: Keys that a source lists more than once; the first was taken.
        quarantined: Reasons by key, of this build.
        seconds: Preparing and committing, without what comes after.
        peak_rss: Bytes of memory of the largest process.
        total_rss: Bytes of all processes together, each at its own peak.
        duplicates: What the search for duplicates found.
        summary: Counts of the whole corpus.
    """

    added: int
    hours_added: float
    kept: int
    changed: tuple[str, ...]
    repeated: tuple[str, ...]
    quarantined: dict[str, str]
    seconds: float
    peak_rss: int
    total_rss: int
    duplicates: Found
    summary: Summary

    @property
    def rate(self) -> float:
        """Hours of windows added in a second."""
        return self.hours_added / self.seconds if self.seconds > 0 else 0.0


def build(
    sources: Sequence[SourceFolder],
    out: str | os.PathLike[str],
    *,
    preparation: Preparation | None = None,
    workers: int | None = None,
    engine: str = "local",
    address: str = "",
    limit: int | None = None,
    retry: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> BuildReport:
    """Add recordings to a corpus, made if missing.

    On a disk several builds may work on one corpus at the same time. On an object store only
    one may: there are no locks.

    Args:
        sources: Databases and their folders.
        out: Folder of the corpus, or an address such as "s3://bucket/corpus".
        preparation: How to prepare; default: the standard preparation.
        workers: Processes; default: the cores this process may use, or those of the cluster. 0:
            none but this one.
        engine: One of `ENGINES`.
        address: Of a Ray cluster: "auto" or "host:port"; default: $RAY_ADDRESS, else one is
            started on this machine.
        limit: At most so many recordings of each source, the first ones.
        retry: Try recordings again that were quarantined before. One whose file changed since
            is tried again in any case.
        progress: Told how far it is.

    Raises:
        RecordError: Nothing to read, or `out` holds something else or was prepared otherwise.
        UnknownNameError: No such engine.
        WriteError: The corpus cannot be written.
    """
    for name, value, least in (("workers", workers, 0), ("limit", limit, 1)):
        if value is not None and value < least:
            raise RecordError(f"{value} is too few", field=name, fix=f"give {least} or more")
    opened, count = _engine(engine, address, workers)
    place, preparation = Place.at(out), preparation or Preparation()
    units, repeated = _units(sources, limit)
    commits.create(place, preparation)
    commits.describe(place, {s.database.name: commits.facts(s.database) for s in sources})
    with place.building() as lock, opened as run:
        ledger = Ledger(place)
        with place.committing():
            commits.settle(place)
        ledger.refresh()
        agenda = Agenda(place, ledger, units, retry=retry)
        tally = _Tally(agenda, progress)
        work = partial(prepare_unit, uri=place.uri, preparation=preparation)
        settling = Settling(place, ledger, agenda, tally, COMMIT_EVERY[engine])
        try:
            while agenda.left():
                for unit, outcome in run(agenda.take, work, count, tally.watch):
                    settling.take(unit, outcome)
                # What killed its worker may have had too little memory beside the others.
                for unit, outcome in run(agenda.take_alone, work, min(count, 1), tally.watch):
                    settling.take(unit, outcome)
                settling.commit()
                if agenda.left():
                    time.sleep(POLL)
        finally:
            agenda.free()
        seconds = time.monotonic() - tally.began
        if tidy := lock.take(wait=False):
            commits.tidy(place)
        lock.take(shared=True)
    duplicates = update(place, progress=lambda what, _: tally.tell(what))
    with open_corpus(place) as corpus:
        summary = summarise(corpus)
    if not tidy:  # whoever ends last is alone by now
        with place.building() as lock:
            if lock.take(wait=False):
                commits.tidy(place)
    here = peak_rss()
    return BuildReport(
        added=tally.records - len(tally.quarantined),
        hours_added=tally.hours,
        kept=agenda.kept,
        changed=tuple(agenda.changed),
        repeated=tuple(repeated),
        quarantined=tally.quarantined,
        seconds=seconds,
        peak_rss=max([here, *tally.memory.values()]),
        total_rss=here + sum(sorted(tally.memory.values(), reverse=True)[:count]),
        duplicates=duplicates,
        summary=summary,
    )


def _engine(
    name: str, address: str, workers: int | None
) -> tuple[AbstractContextManager[Engine], int]:
    """Return what opens an engine, and its number of workers."""
    if name == "local":
        from cardioprint.corpus.workers import run

        return nullcontext(run), usable_cores() if workers is None else workers
    if name not in ENGINES:
        raise UnknownNameError("engine", name, ENGINES)
    from cardioprint.corpus.ray_engine import EVERY_CORE, opened

    return opened(address), EVERY_CORE if workers is None else workers


def _units(sources: Iterable[SourceFolder], limit: int | None) -> tuple[list[Unit], list[str]]:
    """Return all units of all sources, and keys listed more than once.

    Raises:
        RecordError: There is no recording.
    """
    units: list[Unit] = []
    seen: set[str] = set()
    repeated: list[str] = []
    for source in sources:
        fresh = []
        for entry in islice(source.database.find(Path(source.folder)), limit):
            if entry.key in seen:
                repeated.append(entry.key)
                continue
            seen.add(entry.key)
            fresh.append(entry)
        units += cut_units(source.database, fresh)
    if not units:
        raise RecordError(
            "no recording found",
            source=", ".join(str(s.folder) for s in sources),
            fix="check the folders; `cardioprint data show NAME` says which files are expected",
        )
    return units, repeated


class _Tally:
    """What this build has done so far."""

    def __init__(self, agenda: Agenda, progress: Callable[[Progress], None] | None):
        self._agenda, self._progress = agenda, progress
        self._under_way: dict[tuple[str, ...], tuple[int, float]] = {}
        self.began = time.monotonic()
        self.records, self.hours = 0, 0.0
        self.quarantined: dict[str, str] = {}
        self.memory: dict[int, int] = {}

    def watch(self, unit: Unit, records: int, hours: float) -> None:
        """Take in how far a unit is."""
        self._under_way[_keys(unit)] = (records, hours)
        self.tell()

    def forget(self, unit: Unit) -> None:
        """Leave out a unit that has ended."""
        self._under_way.pop(_keys(unit), None)

    def add(self, prepared: PreparedUnit) -> None:
        """Take in a unit that was committed."""
        self.records += len(prepared.records)
        self.hours += prepared.hours
        bad = {r["key"]: r["reason"] for r in prepared.records if r["status"] == QUARANTINED}
        self.quarantined |= bad
        if prepared.process:
            self.memory[prepared.process] = prepared.peak_rss
        self.tell()

    def tell(self, doing: str = PREPARING) -> None:
        """Report."""
        if self._progress:
            under_way = self._under_way.values()
            self._progress(
                Progress(
                    records=self.records + sum(n for n, _ in under_way),
                    total=self._agenda.total,
                    hours=self.hours + sum(h for _, h in under_way),
                    quarantined=len(self.quarantined),
                    seconds=time.monotonic() - self.began,
                    doing=doing,
                )
            )


def _keys(unit: Unit) -> tuple[str, ...]:
    return (unit.name, unit.entries[0].key)
