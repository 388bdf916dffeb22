"""The Ray engine: files are fingerprinted on a cluster, each written there as a part of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from cardioprint.errors import CardioprintError
from cardioprint.runtime.cluster import Cluster
from cardioprint.runtime.session import usable_cores
from cardioprint.runtime.spread import EVERY_CORE, Died, Failed, spread

TOGETHER_BYTES, TOGETHER_FILES = 16 * 2**20, 64
"""Files are handed out together up to one of them: starting a task costs some milliseconds."""

GROUPS = 8
"""Least number of groups of files for every core, where there are enough files."""

MOST_FALSE_STARTS = 3
"""Workers that may die before their first file until the run gives up."""

Job = tuple[Any, ...]
"""Arguments of the function that does one file."""

One = Callable[..., tuple[str, str]]
"""Does one file and returns its name and an error message or ""."""


def run(
    jobs: Sequence[Job],
    one: One,
    sizes: Sequence[int],
    *,
    workers: int | None = None,
    address: str = "",
) -> Iterator[tuple[str, str]]:
    """Yield (file, error message or "") as files end.

    A file whose worker died is tried once more by itself, at the end.

    Args:
        jobs: Arguments of `one`; the first is the file's name. All paths are understood by every
            machine.
        one: Does one file; picklable.
        sizes: Bytes of each file.
        workers: Tasks at a time; default: the cores of the cluster.
        address: As of `Cluster`.

    Raises:
        CardioprintError: The cluster cannot be joined, or one of its machines cannot do the work.
    """
    if not jobs:
        return
    most = EVERY_CORE if workers is None else max(workers, 1)
    with Cluster(address) as cluster:
        cluster.join(usable_cores() if workers is None else most)
        groups = _together(jobs, sizes, min(most, cluster.cores()))
        alone: list[Job] = []
        false_starts = 0
        while groups or alone:
            # What killed its worker may have had too little memory beside the others.
            last = not groups
            batch, groups = (groups, []) if groups else ([(job,) for job in alone], [])
            alone = [] if last else alone
            ends = spread(
                batch, partial(_several, one), cluster=cluster, workers=1 if last else most
            )
            for number, outcome in ends:
                group = batch[number]
                if isinstance(outcome, Failed):  # no file's fault: `one` takes care of those
                    raise CardioprintError(outcome.message)
                if not isinstance(outcome, Died):
                    yield from outcome
                elif outcome.at < 0:
                    false_starts += 1
                    if false_starts == MOST_FALSE_STARTS:
                        raise CardioprintError(
                            "workers of the cluster die before their first file. Fix: see the logs "
                            "of its machines (/tmp/ray/session_latest/logs); free memory"
                        )
                    groups.append(group)
                else:
                    culprit = group[outcome.at]
                    if last:
                        yield culprit[0], "its worker died, twice (out of memory, or a crash)"
                    else:
                        alone.append(culprit)
                    if rest := group[: outcome.at] + group[outcome.at + 1 :]:
                        groups.append(rest)


def _several(
    one: One, group: Sequence[Job], *, report: Callable[[int], None]
) -> list[tuple[str, str]]:
    """Do some files one after the other."""
    ends = []
    for at, job in enumerate(group):
        report(at)
        ends.append(one(*job))
    return ends


def _together(jobs: Sequence[Job], sizes: Sequence[int], cores: int) -> list[tuple[Job, ...]]:
    """Put small files together, but leave every core something to do."""
    most = min(TOGETHER_FILES, max(1, len(jobs) // (GROUPS * cores)))
    groups: list[tuple[Job, ...]] = []
    held: list[Job] = []
    held_bytes = 0
    for job, size in zip(jobs, sizes, strict=True):
        held.append(job)
        held_bytes += size
        if held_bytes >= TOGETHER_BYTES or len(held) >= most:
            groups.append(tuple(held))
            held, held_bytes = [], 0
    if held:
        groups.append(tuple(held))
    return groups
