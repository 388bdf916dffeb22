"""Which side of the split a person is on when recordings of theirs turn up under several names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cardioprint.corpus.records import key_of
from cardioprint.datasets.splits import STRICTEST

if TYPE_CHECKING:
    import pyarrow as pa

BORDER = "border"


class Groups:
    """Names that turn out to be one thing, joined step by step (union-find)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, name: str) -> str:
        """Return the name that stands for a group: the first of its names in order."""
        root = name
        while (up := self._parent.get(root, root)) != root:
            root = up
        while (up := self._parent.get(name, name)) != root:
            self._parent[name], name = root, up
        return root

    def join(self, one: str, other: str) -> None:
        """Make two groups one."""
        a, b = sorted((self.find(one), self.find(other)))
        self._parent[b] = a


def own_sides(records: pa.Table) -> dict[str, set[str]]:
    """Return the sides that a subject's recordings were put on.

    Recordings on the border are in no split and do not count: a subject that stands for a block
    of recordings may have a few. Where all are, the subject is on the border.

    Args:
        records: `Corpus.records()`.
    """
    out: dict[str, set[str]] = {}
    for subject, split in _done(records, "subject", "split"):
        out.setdefault(subject, set()).add(split)
    return {s: splits - {BORDER} or {BORDER} for s, splits in out.items()}


def united(own: Mapping[str, set[str]], records: pa.Table, duplicates: pa.Table) -> dict[str, str]:
    """Return the subjects that have to move, and where to.

    Args:
        own: `own_sides`.
        records: `Corpus.records()`.
        duplicates: `duplicates.schema`.
    """
    split: dict[str, str] = dict(_done(records, "key", "split"))
    groups, border = Groups(), set()
    for a, b, one, other in _columns(duplicates, "a", "b", "subject_a", "subject_b"):
        if one == other:
            continue
        for record, there in ((a, other), (b, one)):
            # A recording on the border may be a person's of the reserved side.
            if split.get(key_of(record, split)) == BORDER:
                border.add(there)
        groups.join(one, other)
    members: dict[str, list[str]] = {}
    for subject in own:
        members.setdefault(groups.find(subject), []).append(subject)
    out = {}
    for names in members.values():
        found = {side for name in names for side in own[name]}
        if border.intersection(names):
            found.add(BORDER)
        side = strictest(found)
        out.update({name: side for name in names if own[name] != {side}})
    return dict(sorted(out.items()))


def strictest(found: Iterable[str]) -> str:
    """Return the side that comes first in `splits.STRICTEST`; an unknown one before all."""
    return min(found, key=lambda s: STRICTEST.index(s) if s in STRICTEST else -1)


def _done(records: pa.Table, *names: str) -> Iterable[Any]:
    rows = _columns(records, "status", *names)
    return (tuple(rest) for status, *rest in rows if status == "done")


def _columns(table: pa.Table, *names: str) -> Iterable[Any]:
    return zip(*(table.column(n).to_pylist() for n in names), strict=True)
