"""The Ray engine: units are prepared on a cluster, and their files written there.

As `workers.run`, but across machines. Only the names of recordings go out and only metadata of the
written files comes back; the caller commits. Files of attempts that were lost belong to no commit
and are deleted when the corpus is tidied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.corpus.workers import MOST_FALSE_STARTS, Lost, Take, Watch, Work
from cardioprint.datasets import stores
from cardioprint.errors import CardioprintError
from cardioprint.runtime.cluster import Cluster
from cardioprint.runtime.session import usable_cores
from cardioprint.runtime.spread import EVERY_CORE, Died, Failed, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardioprint.corpus.units import PreparedUnit, Unit

UNITS = 32
"""Units that a core has in one Ray Data job, in the mean: at its end cores wait for the last."""

MOST_UNITS = 4096
"""Units in one job; each that is claimed on a disk is an open file."""

ATTEMPTS = 3
"""Times that a unit may end with an error that is no recording's fault (a store that does not
answer) until the build gives up."""


@contextmanager
def opened(
    address: str = "",
) -> Iterator[Callable[[Take, Work, int, Watch], Iterator[tuple[Unit, PreparedUnit | Lost]]]]:
    """Yield `run` for a cluster, which is joined when there is a first unit.

    Args:
        address: As of `Cluster`.
    """
    with Cluster(address) as cluster:
        yield partial(run, cluster=cluster)


def run(
    take: Take, work: Work, workers: int, watch: Watch, *, cluster: Cluster
) -> Iterator[tuple[Unit, PreparedUnit | Lost]]:
    """Yield units with what became of them, until `take` has none and all are finished.

    Args:
        take: Gives the next unit.
        work: What is done with it; picklable, and so are the units.
        workers: Tasks at a time; `EVERY_CORE`: as many as the cluster has cores.
        watch: Told when a unit is prepared.
        cluster: Where.

    Raises:
        CardioprintError: The cluster cannot be joined, one of its machines cannot do the work, or
            files cannot be written.
    """
    failures: Counter[str] = Counter()
    false_starts = 0
    while (first := take()) is not None:
        cluster.join(usable_cores() if workers >= EVERY_CORE else workers)
        most = min(UNITS * min(workers, cluster.cores()), _claimable())
        units = [first, *islice(iter(take, None), most - 1)]
        while units:
            later: list[Unit] = []
            for number, outcome in spread(
                [_absolute(u) for u in units], work, cluster=cluster, workers=workers
            ):
                unit = units[number]
                if isinstance(outcome, Failed):
                    failures[unit.name] += 1
                    if failures[unit.name] == ATTEMPTS:
                        raise CardioprintError(outcome.message)
                    later.append(unit)
                elif isinstance(outcome, Died):
                    false_starts = false_starts + 1 if outcome.at < 0 else 0
                    if false_starts == MOST_FALSE_STARTS:
                        raise CardioprintError(
                            "workers of the cluster die before their first record. Fix: see the "
                            "logs of its machines (/tmp/ray/session_latest/logs); free memory"
                        )
                    yield (
                        unit,
                        Lost(at=outcome.at, reason="its worker died (out of memory, or a crash)"),
                    )
                else:
                    false_starts = 0
                    watch(unit, len(unit.entries), outcome.hours)
                    yield unit, outcome
            units = later


def _claimable() -> int:
    """Return how many units may be claimed at once: half of the files that may be open."""
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(MOST_UNITS, soft // 2))


def _absolute(unit: Unit) -> Unit:
    """Return the unit with paths that don't depend on the folder a process runs in."""
    entries = tuple(
        e if stores.is_address(e.path) else replace(e, path=str(Path(e.path).absolute()))
        for e in unit.entries
    )
    return replace(unit, entries=entries)
