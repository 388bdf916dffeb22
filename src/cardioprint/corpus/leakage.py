"""The leakage contract: nobody is trained on under one name and tested on under another.

    a person is on one side of the split
    recordings that share seconds are on one side
    a recording is in one corpus, once
    databases that may hold the same people are named where ids cannot tell

It is part of what a corpus promises, holds for several corpora together (one to train on,
another to test on), and is checked by `cardioprint corpus check`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from cardioprint.corpus.findings import Collector, Finding
from cardioprint.corpus.records import DONE, key_of
from cardioprint.corpus.sides import BORDER, own_sides, strictest, united

if TYPE_CHECKING:
    import pyarrow as pa

    from cardioprint.corpus.store import Corpus

KIND = "leakage"


@dataclass(frozen=True, kw_only=True)
class Population:
    """The people and recordings of a corpus.

    Attributes:
        name: Of the corpus, for messages.
        records: Columns `key`, `database`, `subject`, `split`, `status`.
        duplicates: `duplicates.schema`.
        databases: What the manifest says of each: `family`, `subjects_known`.
        window: Seconds in a window.
    """

    name: str
    records: pa.Table
    duplicates: pa.Table
    databases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    window: float = 10.0

    @classmethod
    def of(cls, corpus: Corpus) -> Population:
        """Return those of an open corpus."""
        from cardioprint.corpus.duplicates import read_pairs

        return cls(
            name=corpus.place.uri,
            records=corpus.records(),
            duplicates=read_pairs(corpus.place),
            databases=corpus.manifest["databases"],
            window=corpus.preparation.window,
        )

    def members(self) -> list[tuple[str, str, str, str]]:
        """Return (key, database, subject, split) of every recording that is in."""
        columns = ("status", "key", "database", "subject", "split")
        rows = zip(*(self.records.column(c).to_pylist() for c in columns), strict=True)
        return [(k, d, s, side) for status, k, d, s, side in rows if status == DONE]


def check(
    populations: Sequence[Population], sides: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """Look for people and seconds on two sides of the split.

    Args:
        populations: One corpus, or several that are used together.
        sides: Where subjects are that do not keep their own side; default: what exports use,
            computed over all corpora together. Empty: every row on its own side.
    """
    out = Collector()
    if sides is None:
        sides = _joined(populations)
    own: dict[str, Counter[str]] = {}
    held: dict[str, list[tuple[str, str]]] = {}
    homes: dict[str, set[str]] = {}
    on: dict[str, Counter[str]] = {}
    for population in populations:
        for key, database, subject, split in population.members():
            side = BORDER if split == BORDER else sides.get(subject, split)
            own.setdefault(subject, Counter())[split] += 1
            homes.setdefault(subject, set()).add(database)
            held.setdefault(key, []).append((population.name, side))
            on.setdefault(database, Counter())[side] += 1
    _subjects(out, own, homes)
    _records(out, held)
    pairs = [_pairs(out, p, sides) for p in populations]
    _families(out, populations, on, sum(pairs, Counter[tuple[str, str]]()))
    return out.findings()


def _joined(populations: Sequence[Population]) -> dict[str, str]:
    """Return the sides of people over all corpora together."""
    import pyarrow as pa

    columns = ["key", "database", "subject", "split", "status"]
    records = pa.concat_tables([p.records.select(columns) for p in populations])
    pairs = pa.concat_tables([p.duplicates for p in populations])
    return united(own_sides(records), records, pairs)


def _subjects(
    out: Collector, own: Mapping[str, Counter[str]], homes: Mapping[str, set[str]]
) -> None:
    for subject, count in sorted(own.items()):
        sides = sorted(set(count) - {BORDER})
        if len(sides) < 2:
            continue
        told = ", ".join(f"{count[s]} on {s}" for s in sides)
        among = f" (in {', '.join(sorted(homes[subject]))})" if len(homes[subject]) > 1 else ""
        trained = "train" in sides
        out.add(
            KIND,
            "a subject's recordings are on two sides",
            [f"{subject}: {told}{among}; exports take {strictest(sides)}"],
            error=trained,
            fix="a subject's side follows from its id alone: build these recordings anew",
        )


def _records(out: Collector, held: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    for key, places in sorted(held.items()):
        if len(places) < 2:
            continue
        told = ", ".join(f"{side} in {name}" for name, side in places)
        different = len({side for _, side in places}) > 1
        out.add(
            KIND,
            "a recording is in several corpora, on different sides"
            if different
            else "a recording is in several corpora",
            [f"{key}: {told}"],
            error=different,
            fix="join the corpora: cardioprint corpus merge",
        )


def _pairs(
    out: Collector, population: Population, sides: Mapping[str, str]
) -> Counter[tuple[str, str]]:
    """Note duplicates on two sides; return how many there are between databases."""
    members = {key: (subject, split) for key, _, subject, split in population.members()}
    between: Counter[tuple[str, str]] = Counter()
    parted = windows = 0
    for pair in population.duplicates.to_pylist():
        keys = [key_of(pair[c], members) for c in ("a", "b")]
        if not all(key in members for key in keys):
            continue
        one, other = sorted(k.partition("/")[0] for k in keys)
        between[one, other] += 1
        split = [members[key][1] for key in keys]
        side = [
            BORDER if split[i] == BORDER else sides.get(members[keys[i]][0], split[i])
            for i in range(2)
        ]
        told = f"{pair['a']} and {pair['b']} share {pair['overlap']:.0f} s"
        if BORDER not in side and side[0] != side[1]:
            out.add(
                KIND,
                "recordings that share seconds are on two sides",
                [f"{told}: {side[0]}, {side[1]}"],
                fix="put them on one side, as `duplicates.sides` does",
            )
        if BORDER not in split and split[0] != split[1]:
            parted += 1
            if "train" in split:
                windows += round(pair["overlap"] / population.window)
    if parted:
        out.add(
            "duplicates",
            f"{parted:,} pairs of recordings that share seconds have rows on two sides, "
            f"{windows:,} windows of training among them; exports put them on one side",
            error=False,
            fix="read a corpus through its export, or ask `duplicates.sides`",
        )
    return between


def _families(
    out: Collector,
    populations: Sequence[Population],
    on: Mapping[str, Counter[str]],
    between: Mapping[tuple[str, str], int],
) -> None:
    facts = {name: fact for p in populations for name, fact in p.databases.items()}
    for a, b in combinations(sorted(on), 2):
        apart = any(
            on[one]["train"] and set(on[other]) - {"train", BORDER}
            for one, other in ((a, b), (b, a))
        )
        family = _family(a, b, facts) if apart else ""
        if family:
            found = between.get((a, b), 0)
            out.add(
                "family",
                "databases of one family may hold the same people, and ids cannot tell",
                [
                    f"{a} ({_sides(on[a])}) and {b} ({_sides(on[b])}), family {family}: "
                    f"{found:,} pairs of recordings share seconds"
                ],
                error=False,
                fix="say so with every figure, or keep one of them out",
            )


def _sides(count: Mapping[str, int]) -> str:
    return ", ".join(sorted(s for s, n in count.items() if n and s != BORDER)) or BORDER


def _family(a: str, b: str, facts: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the family of two databases whose ids cannot tell people apart, "" if none."""
    from cardioprint.datasets.families import FAMILIES, may_share
    from cardioprint.errors import UnknownNameError

    try:
        if may_share(a, b) != "unknown":
            return ""
    except UnknownNameError:  # databases of the user's own
        told = {str(facts.get(name, {}).get("family", "")) for name in (a, b)}
        known = all(facts.get(name, {}).get("subjects_known", True) for name in (a, b))
        return told.pop() if len(told) == 1 and not known else ""
    both = (name for name, family in FAMILIES.items() if {a, b} <= set(family.databases))
    return next(both, f"of {a} and {b}")
