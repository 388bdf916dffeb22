"""Prints in common: which runs of a corpus may hold the same seconds, and how far apart.

Two runs that share a print are a vote for them at one shift in time. Votes of true copies agree
on the shift to a few hundredths of a second; those of other hearts scatter. What most hearts
share says nothing: prints that stand in many places are passed over.

Files of prints are sorted and joined one at a time, votes likewise: n log n, and memory for one
file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.corpus.beatprints import RUN_BITS, TICKS, Scan, run_of, ticks_of
from cardioprint.corpus.content import mix
from cardioprint.corpus.spool import Spool

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMMON = 32
"""Prints that stand in more places than this are passed over: regular hearts at one rate."""

FEWEST = 2
"""Different beats at which votes for one shift have to begin."""

TOLERANCE = 3.0
"""Samples by which votes for one shift may differ."""

VOTE = np.dtype([("pair", "<i8"), ("shift", "<i8"), ("beat", "<i8")])
"""Runs as one number, ticks from the first run's clock to the second's, tick in the first."""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Pairs of runs that may hold the same seconds; arrays of shape (candidate,).

    Attributes:
        a: Run, smaller than `b`.
        b: The other run.
        channel: Whose beats voted: 0 R-peaks, 1 upslopes.
        shift: A beat at tick t of `a` is at t + shift of `b`.
        first: First tick of `a` that voted.
        last: Last tick of `a` that voted.
        votes: Different beats that voted.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    channel: NDArray[np.int64]
    shift: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    votes: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.a)

    def at(self, index: NDArray) -> Candidates:
        """Return some of them."""
        return Candidates(**{k: v[index] for k, v in vars(self).items()})

    @classmethod
    def joined(cls, parts: list[Candidates]) -> Candidates:
        """Return several one after the other."""
        none = np.zeros(0, np.int64)
        names = cls.__dataclass_fields__
        return cls(**{k: np.concatenate([none, *(getattr(p, k) for p in parts)]) for k in names})


def collect_votes(
    spool: Spool, *, parts: int, fresh: NDArray[np.bool_], common: int = COMMON
) -> tuple[int, int]:
    """Join the files of prints and write the votes as `votes<part>`.

    Args:
        spool: With `hash<part>` and `beat<part>`, which are deleted.
        parts: Files of prints, and of votes.
        fresh: Shape (run,): True where new; two runs that are not were compared before.
        common: Most places of a print that votes.

    Returns:
        Prints, and prints passed over because they are common.
    """
    prints = passed = 0
    for part in range(parts):
        hashed, beat = spool.read(f"hash{part}", np.uint64), spool.read(f"beat{part}", np.int64)
        order = np.argsort(hashed, kind="stable")
        hashed, beat = hashed[order], beat[order]
        spool.drop(f"hash{part}")
        spool.drop(f"beat{part}")
        first = np.flatnonzero(np.diff(hashed, prepend=hashed[:1] + np.uint64(1)))
        size = np.diff(first, append=len(hashed))
        prints, passed = prints + len(hashed), passed + int(size[size > common].sum())
        left = np.repeat(np.where(size <= common, size, 0), size)
        left -= np.arange(len(hashed)) - np.repeat(first, size)  # places that follow, and itself
        for step in range(1, common):
            here = np.flatnonzero(left > step)
            if len(here) == 0:
                break
            _write_votes(spool, beat[here], beat[here + step], fresh, parts)
    return prints, passed


def _write_votes(
    spool: Spool,
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    fresh: NDArray[np.bool_],
    parts: int,
) -> None:
    a, b = np.minimum(one, other), np.maximum(one, other)
    u, v = run_of(a), run_of(b)
    kept = (u != v) & (fresh[u] | fresh[v])
    a, b, u, v = a[kept], b[kept], u[kept], v[kept]
    vote = np.empty(len(a), VOTE)
    vote["pair"], vote["beat"] = (u << RUN_BITS) | v, ticks_of(a)
    vote["shift"] = ticks_of(b) - ticks_of(a)
    part = mix(vote["pair"].astype(np.uint64)).astype(np.int64) & (parts - 1)
    order = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[order], np.arange(parts + 1))
    for p in range(parts):
        if edges[p + 1] > edges[p]:
            spool.append(f"votes{p}", vote[order[edges[p] : edges[p + 1]]])


def count_votes(
    found: Scan, channel: int, *, parts: int, fewest: int = FEWEST
) -> Iterator[Candidates]:
    """Yield the pairs of runs with enough votes for one shift, file by file.

    Args:
        found: The corpus; its spool holds `votes<part>`, which are deleted.
        channel: Whose prints voted.
        parts: Files of votes.
        fewest: Different beats that have to vote.
    """
    tolerance = round(TOLERANCE * TICKS)
    for part in range(parts):
        vote = np.array(found.spool.read(f"votes{part}", VOTE))
        found.spool.drop(f"votes{part}")
        vote = vote[np.lexsort((vote["beat"], vote["shift"], vote["pair"]))]
        new = np.ones(len(vote), bool)
        new[1:] = np.diff(vote["pair"]) != 0
        new[1:] |= np.diff(vote["shift"]) > tolerance
        first = np.flatnonzero(new)
        if len(first) == 0:
            continue
        group = np.cumsum(new) - 1
        order = np.lexsort((vote["beat"], group))
        vote, group = vote[order], group[order]
        other = np.ones(len(vote), bool)
        other[1:] = (np.diff(vote["beat"]) != 0) | (np.diff(group) != 0)
        count = np.bincount(group, other).astype(np.int64)
        enough = np.flatnonzero(count >= fewest)
        stop = np.append(first[1:], len(vote))[enough] - 1
        begin = first[enough]
        shift = np.bincount(group, vote["shift"])[enough] / np.bincount(group)[enough]
        pair = vote["pair"][begin]
        yield Candidates(
            a=pair >> RUN_BITS,
            b=pair & ((1 << RUN_BITS) - 1),
            channel=np.full(len(begin), channel),
            shift=np.rint(shift).astype(np.int64),
            first=vote["beat"][begin],
            last=vote["beat"][stop],
            votes=count[enough],
        )
