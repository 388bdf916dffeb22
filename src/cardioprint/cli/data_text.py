"""What the verbs of `cardioprint data` print."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from cardioprint.datasets.access import fetch_command
from cardioprint.datasets.base import ACCESS, LABELS, Database
from cardioprint.datasets.folders import folder_of

if TYPE_CHECKING:
    from cardioprint.datasets.fetch import Outcome, Plan
    from cardioprint.datasets.verify import Layout, Verified

PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".rar", ".7z")
"""Ends of the names of archives, which no adapter unpacks."""

WIDE = 160
"""Characters in a line of a table that goes to a file: no terminal cuts it."""

SHOWN = 10
"""Files named in a report before it says how many more there are."""


def table(databases: Iterable[Database]) -> None:
    """Print one row a database; a narrow terminal cuts the licence, nothing else."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    headings = ("name", "signals", "people", "hours", "access", "pretraining", "licence")
    rows = [
        (
            d.name,
            "+".join(d.modalities),
            _count(d.subjects),
            _count(d.hours),
            d.access,
            "yes" if d.pretraining else "no",
            d.licence,
        )
        for d in databases
    ]
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    room = console.width
    grid = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for i, heading in enumerate(headings):
        width = max(len(row[i]) for row in [headings, *rows])
        last = heading == headings[-1]
        width = max(10, min(width, room)) if last else width
        room -= width + 1
        side = "right" if heading in ("people", "hours") else "left"
        grid.add_column(heading, justify=side, no_wrap=True, width=width, overflow="ellipsis")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    console.print(grid)


def facts(d: Database) -> dict[str, Any]:
    """Return what is known of a database, for programs."""
    known = {f.name: getattr(d, f.name) for f in fields(d)}
    for adapter in ("find", "read", "files"):
        del known[adapter]
    return {**known, "size_gb": d.files.size_gb, "fetch": fetch_command(d)}


def page(d: Database) -> None:
    """Print what is known of a database."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    sampling = ", ".join(f"{r:g}" for r in d.rates)
    rows = {
        "title": d.title,
        "publisher": d.publisher,
        "version": d.version,
        "licence": d.licence,
        "access": f"{d.access}: {ACCESS.get(d.access, '')}",
        "how to get it": "\n".join(f"{i}. {s}" for i, s in enumerate(d.files.steps, start=1)),
        "fetch": fetch_command(d) or "by hand, as above",
        "folder": str(folder_of(d.name)),
        "size": f"about {d.files.size_gb:g} GB" if d.files.size_gb else "",
        "needed files": "  ".join(d.files.include),
        "signals": " + ".join(d.modalities),
        "channels": ", ".join(d.channels),
        "sampling": f"{sampling} Hz" if sampling else "",
        "people": _count(d.subjects) + ("" if d.subjects_known else "; ids not published"),
        "recordings": _count(d.records),
        "hours": _count(d.hours),
        "labels": "\n".join(f"{n}: {LABELS.get(n, 'as published')}" for n in d.labels),
        "known defects": "\n".join(f"- {defect}" for defect in d.defects),
        "same people in": _relatives(d),
        "pretraining": "a source" if d.pretraining else "never: kept for evaluation",
        "weights": "may be published" if d.released else "trained on it may not be published",
        "layout": d.document,
        "cite": d.citation,
        "doi": d.doi,
    }
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for key, value in rows.items():
        if value:
            grid.add_row(Text(key), Text(value))
    console = Console()
    console.print(Text(d.name, style="bold"))
    console.print(grid)


def plan(plan: Plan) -> None:
    """Print what is to be fetched."""
    d, size = plan.database, f"about {_bytes(plan.size)}" if plan.size else "size unknown"
    left = f"; {plan.left_out:,} others left out" if plan.left_out else ""
    print(f"{d.name} {d.version}: {d.title}")
    print(f"licence       {d.licence}")
    print(f"from          {plan.base}")
    print(f"to            {plan.folder}")
    print(f"files         {len(plan.files):,}, {size}{left}")


def outcome(outcome: Outcome, plan: Plan) -> None:
    """Print what a run fetched."""
    print(
        f"{outcome.fetched:,} files fetched, {outcome.kept:,} there before, "
        f"{len(outcome.failed):,} failed; {_bytes(outcome.size)} in {outcome.folder}"
    )
    packed = sum(f.path.endswith(PACKED) for f in plan.files)
    if packed:
        print(f"{packed:,} archives: unpack them in their folders before use")
    if outcome.unchecked:
        print(f"{outcome.unchecked:,} files have no checksum from the publisher: not checked")
    some([f"failed: {message}" for message in outcome.failed.values()])
    if outcome.failed:
        print("Run the command again to try these once more.")


def report(found: Verified) -> None:
    """Print what a check of a folder found."""
    if not found.lists:
        print("checked       nothing: no list of the publisher is in this folder")
        return
    print(f"checked       against {' and '.join(found.lists)}")
    print(f"right         {found.right:,} files")
    if found.unchecked:
        print(f"present       {found.unchecked:,} files, without a checksum to compare with")
    for word in ("missing", "changed", "unfinished", "extra"):
        names = getattr(found, word)
        print(f"{word:13} {len(names):,} files")
        some(names)
    if found.unneeded:
        print(f"left out      {found.unneeded:,} files of the list that nobody asked for")


def recordings(d: Database, found: Layout) -> None:
    """Print what a database's adapter found in a folder."""
    published = f" of {d.records:,}" if d.records else ""
    people = f"{found.subjects:,}" + (f" of {d.subjects:,}" if d.subjects else "")
    people = f"{people} people" if d.subjects_known else "ids of people not published"
    print(f"recordings    {found.records:,}{published}; {people}")
    if found.labels:
        print(f"labels        {', '.join(found.labels)}")
    if not found.records:
        print(f"              this is not the layout of {d.name} {d.version}: see {d.document}")


def _relatives(d: Database) -> str:
    """Return the databases that may hold the same people, and whether ids tell."""
    from cardioprint.datasets.catalogue import DATABASES
    from cardioprint.datasets.families import may_share

    words = {"ids": "by the same ids", "unknown": "perhaps; no ids tell"}
    lines = [
        f"{other}: {words[sharing]}"
        for other in DATABASES
        if other != d.name and (sharing := may_share(d.name, other)) != "no"
    ]
    return "\n".join(lines) or "no other database here"


def some(names: Iterable[str]) -> None:
    """Print the first names, and how many more there are."""
    names = list(names)
    for name in names[:SHOWN]:
        print(f"  {name}")
    if len(names) > SHOWN:
        print(f"  and {len(names) - SHOWN:,} more")


def _count(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:g}" if number else "?"


def _bytes(size: int) -> str:
    return f"{size / 1e9:,.2f} GB" if size >= 1e8 else f"{size / 1e6:,.2f} MB"


class Bar:
    """A progress bar of files and bytes, where somebody is watching.

    Args:
        files: Number of all files; None where unknown.
        size: Bytes of all files; 0 where unknown.
    """

    def __init__(self, files: int | None = None, size: int = 0):
        from rich import progress as rich

        of = f"/{files:,}" if files is not None else ""
        columns: list[Any] = [rich.TextColumn(f"{{task.fields[files]:,}}{of} files")]
        if files is not None:
            columns += [rich.BarColumn(), rich.DownloadColumn(), rich.TransferSpeedColumn()]
            columns += [rich.TimeRemainingColumn()]
        self.size, self.bar = size, rich.Progress(*columns, transient=True)

    def __enter__(self) -> Callable[[int, int], None]:
        """Start the bar and return `update(files, bytes)`."""
        self.bar.start()
        task = self.bar.add_task("", total=self.size or None, files=0)
        return lambda files, size: self.bar.update(task, completed=size, files=files)

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        self.bar.stop()
