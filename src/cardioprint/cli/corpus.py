"""Verbs for corpora: prepared windows of many recordings, for training and for the benchmark."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from cardioprint.errors import CardioprintError

if TYPE_CHECKING:
    from cardioprint.corpus.build import BuildReport, Progress
    from cardioprint.corpus.store import Corpus
    from cardioprint.corpus.summary import Summary

Sources = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE...")]
Where = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")]
Several = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="DIR...")]
AsJson = Annotated[bool, tyro.conf.arg(name="json")]

NOTHING, FAILED = 2, 3
"""Exit codes: no window at all; the check found something."""

LISTED = 5
"""Names that are listed of each kind of trouble."""


def build(
    sources: Sources,
    /,
    out: str = "runs/corpus",
    workers: int | None = None,
    engine: Literal["local", "ray"] = "local",
    address: str = "",
    limit: int | None = None,
    retry: bool = False,
    table: Path | None = None,
) -> int:
    """Prepare recordings into a corpus; a rerun takes what is new.

    May be stopped or killed at any time and run again: every recording enters once. Several
    builds may work on one folder at the same time. Recordings that cannot be used are kept in
    quarantine with the reason. Writes OUT/card.md with a picture at the end.

    $ cardioprint corpus build uci_bp cinc2015 --out runs/corpus

    $ cardioprint corpus build mimic3wdb_matched=/data/mimic3 --out s3://bucket/corpus --workers 16

    $ cardioprint corpus build recordings/ --table people.csv --out runs/ours

    Args:
        sources: NAME (a fetched database, or its development table), NAME=DIR (a database in
            this folder) or DIR (your own recordings).
        out: Folder, or an address such as s3://bucket/corpus.
        workers: Processes; default: the cores this process may use.
        engine: local, or ray for a Ray cluster: cardioprint[ray] has to be installed on all of its
            machines, and they have to see SOURCE and OUT by the same paths.
        address: Of the cluster: auto or host:port; default RAY_ADDRESS, else one is started here.
        limit: At most so many recordings of each source.
        retry: Try again what is in quarantine.
        table: People and labels of the recordings in DIR; default DIR/records.csv, if it is there.
    """
    _need_lance()
    from cardioprint.corpus import card
    from cardioprint.corpus.build import build as run
    from cardioprint.corpus.sources import parse
    from cardioprint.corpus.store import open_corpus
    from cardioprint.plotting.corpus_card import draw

    found = parse(sources, table=table)
    with _building() as progress:
        report = run(
            found,
            out,
            workers=workers,
            engine=engine,
            address=address,
            limit=limit,
            retry=retry,
            progress=progress,
        )
    with open_corpus(out) as corpus:
        card.write(corpus, report.summary, draw(report.summary))
        _report(report, corpus)
    return NOTHING if report.summary.total().windows == 0 else 0


def info(where: Where, /, as_json: AsJson = False) -> int:
    """Say what is in a corpus.

    $ cardioprint corpus info runs/corpus

    $ cardioprint corpus info runs/corpus --json

    Args:
        where: The corpus.
        as_json: All counts as JSON.
    """
    _need_lance()
    from cardioprint.corpus import card
    from cardioprint.corpus.store import open_corpus
    from cardioprint.corpus.summary import summarise

    with open_corpus(where) as corpus:
        summary = summarise(corpus)
        if as_json:
            print(json.dumps(card.as_json(corpus, summary), indent=1))
        else:
            _table(corpus, summary)
    return 0


def check(where: Where, /, fix: bool = False) -> int:
    """Look for people on two sides of the split, recordings in twice, and damage.

    Exit code 3: something was found.

    $ cardioprint corpus check runs/corpus

    Args:
        where: The corpus.
        fix: First clear away what killed builds left behind; the corpus itself stays as it is.
    """
    _need_lance()
    from cardioprint.corpus.check import check as run

    with _counting("checked") as progress:
        report = run(where, progress=progress, fix=fix)
    for line in report.lines():
        print(line)
    return 0 if report.ok else FAILED


def merge(corpora: Several, /, out: str) -> int:
    """Join corpora of one preparation; a recording that is in several is taken once.

    $ cardioprint corpus merge runs/corpus_a runs/corpus_b --out runs/corpus

    Args:
        corpora: What to join.
        out: Where to; an existing corpus is added to.
    """
    _need_lance()
    from cardioprint.corpus import card
    from cardioprint.corpus.merge import merge as run
    from cardioprint.corpus.store import open_corpus
    from cardioprint.corpus.summary import summarise
    from cardioprint.plotting.corpus_card import draw

    with _counting("windows") as progress:
        merged = run(corpora, out, progress=progress)
    with open_corpus(out) as corpus:
        summary = summarise(corpus)
        card.write(corpus, summary, draw(summary))
        print(
            f"{merged.records:,} recordings added ({merged.windows:,} windows), "
            f"{merged.repeated:,} were there"
        )
        _some("made from files of different content, the first was kept", merged.differing)
        _table(corpus, summary)
    return 0


def export(
    where: Where,
    /,
    memmap: Path,
    split: str = "train",
    condition: Annotated[str, tyro.conf.arg(name="where")] = "",
    min_quality: float = 0.5,
) -> int:
    """Unpack one side of a corpus into plain arrays, from which training reads fastest.

    $ cardioprint corpus export runs/corpus --memmap runs/cache/train

    $ cardioprint corpus export runs/corpus --memmap runs/cache/old --where "labels.age >= 60"

    Args:
        where: The corpus.
        memmap: Folder to write.
        split: train, valid, test, reserved or border.
        condition: SQL over the columns of the corpus.
        min_quality: Least quality of at least one of the two signals.
    """
    _need_lance()
    from cardioprint.corpus.cache import export_cache

    with _counting("windows") as progress:
        cache = export_cache(
            where,
            memmap,
            split=split,
            where=condition,
            min_quality=min_quality,
            progress=progress,
        )
    print(f"{len(cache):,} windows ({cache.hours:,.1f} h) in {memmap}")
    return 0


def _report(report: BuildReport, corpus: Corpus) -> None:
    """Print what a build did."""
    print(
        f"added        {report.added:,} recordings, {report.hours_added:,.1f} h in "
        f"{report.seconds:,.0f} s ({report.rate:,.2f} h of signal a second); "
        f"{report.kept:,} were there"
    )
    print(
        f"memory       {report.peak_rss / 2**20:,.0f} MB in the largest process, "
        f"{report.total_rss / 2**20:,.0f} MB in all"
    )
    if report.quarantined:
        reasons = [f"{key}: {reason}" for key, reason in report.quarantined.items()]
        _some("put into quarantine", reasons)
    _some("changed since they were added, not replaced: build into a new folder", report.changed)
    _some("listed more than once, taken once: give them names of their own", report.repeated)
    print(f"duplicates   {report.duplicates}")
    _table(corpus, report.summary)


def _some(what: str, names: Any) -> None:
    """Print how many there are of a kind of trouble, and the first of them."""
    if names:
        print(f"{len(names):,} recordings {what}")
        for name in list(names)[:LISTED]:
            print(f"  {name}")
        if len(names) > LISTED:
            print(f"  and {len(names) - LISTED:,} more")


def _table(corpus: Corpus, summary: Summary) -> None:
    """Print the counts of a corpus by database and side."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    every = summary.total()
    grid = Table(title=corpus.place.uri, title_justify="left", box=box.SIMPLE_HEAD)
    grid.add_column("database")
    grid.add_column("side")
    for heading in ("records", "people", "windows", "hours", "ECG good", "PPG good", "pairs"):
        grid.add_column(heading, justify="right")
    rows = [(*key, group) for key, group in summary.groups.items()]
    for name, split, g in (*rows, ("all", "", every)):
        people = len(summary.per_person) if not split else g.people
        shares = (100 * n / max(g.windows, 1) for n in (*g.believed, g.passed))
        grid.add_row(
            name,
            split,
            f"{g.records:,}",
            f"{people:,}",
            f"{g.windows:,}",
            f"{g.hours:,.1f}",
            *(f"{share:.0f} %" for share in shares),
            style="bold" if not split else None,
        )
    Console().print(grid)
    print(
        f"{every.quarantined:,} recordings in quarantine; "
        f"{corpus.place.size() / 2**20:,.0f} MB; version {corpus.windows.version}; "
        f"preparation {corpus.manifest['preparation_hash']}"
    )
    for reason, count in list(summary.reasons.items())[:LISTED]:
        print(f"  {count:,} x {reason}")


@contextmanager
def _building() -> Iterator[Callable[[Progress], None]]:
    """Show how far a build is, where somebody is watching."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from cardioprint.corpus.build import PREPARING

    text = TextColumn(
        "{task.fields[doing]}  {task.completed:,}/{task.total:,} recordings  "
        "{task.fields[hours]:,.1f} h  {task.fields[rate]:,.2f} h/s  "
        "{task.fields[bad]:,} in quarantine"
    )
    with Bar(BarColumn(), text, TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task("", total=0, hours=0.0, rate=0.0, bad=0, doing="looking")

        def update(p: Progress) -> None:
            if p.doing == PREPARING:
                bar.update(task, rate=p.hours / max(p.seconds, 1e-3))
            bar.update(
                task,
                completed=p.records,
                total=p.total,
                hours=p.hours,
                bad=p.quarantined,
                doing=p.doing,
            )

        yield update


@contextmanager
def _counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many are done, where somebody is watching."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    text = TextColumn(f"{{task.completed:,}}/{{task.total:,}} {what}")
    with Progress(BarColumn(), text, TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task("", total=0)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _need_lance() -> None:
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("lance", "fsspec")):
        raise CardioprintError("this verb needs Lance. Fix: pip install 'cardioprint[corpus]'")
