"""Recordings of the Challenge of 2015 that are known to be copies of each other, shifted."""

import csv
import itertools

import numpy as np
import pytest

from cardioprint.corpus.duplicates import find
from cardioprint.corpus.sides import Groups
from cardioprint.datasets.development import DEVELOPMENT
from corpus_rows import TableRows, rows_of

TRIO = ("v100s", "v101l", "v102s")

NOT_IN_THE_LIST = {
    frozenset(pair) for pair in (*itertools.combinations(TRIO, 2), ("t520s", "t521l"))
}
"""Copies that the list lacks: three with 254 to 294 s in common, and one with 14 s."""


def known_groups(shared_data):
    groups = {}
    with (shared_data / "paired" / "cinc2015_overlaps.csv").open() as file:
        for row in csv.DictReader(file):
            groups.setdefault(row["group"], []).append(row["record"])
    return list(groups.values())


def recordings(shared_data, wanted):
    """Return {name: Record} of those whose name is wanted."""
    database = DEVELOPMENT["cinc2015"]
    entries = [e for e in database.find(shared_data) if wanted(e.record)]
    return {e.record: next(iter(database.read(e))).read() for e in entries}


def raw_correlation(one, other, offset):
    """Return the highest correlation of raw samples at an offset, of ECG and PPG."""
    best = 0.0
    for a, b in zip(one.channels, other.channels, strict=True):
        shift = round(offset * a.sampling_rate)
        x = a.samples[max(0, -shift) :]
        y = b.samples[max(0, shift) :]
        n = min(len(x), len(y))
        x, y = x[:n], y[:n]
        both = np.isfinite(x) & np.isfinite(y)
        if both.any() and min(np.ptp(x[both]), np.ptp(y[both])) > 1e-6:
            best = max(best, abs(float(np.corrcoef(x[both], y[both])[0, 1])))
    return best


def check_on(records, groups):
    tables = [rows_of(r, f"cinc2015/{name}") for name, r in records.items()]
    pairs = find(TableRows(*tables, most=1024), rate=125.0, window=10.0).pairs.to_pylist()
    joined, extra = Groups(), set()
    for pair in pairs:
        a, b = (pair[side].partition("/")[2] for side in ("a", "b"))
        joined.join(a, b)
        assert raw_correlation(records[a], records[b], pair["offset"]) > 0.995
        if not any({a, b} <= set(g) for g in groups):
            extra.add(frozenset((a, b)))
    missed = [g for g in groups if len({joined.find(name) for name in g}) > 1]
    assert not missed
    return pairs, extra


def test_known_copies_are_found_among_others(shared_data):
    groups = known_groups(shared_data)
    names = {name for g in groups for name in g} | {"t520s", "t521l", "v100s", "v102s"}
    numbers = {int(name[1:4]) for name in names}
    others = {n for n in range(100, 850) if n % 20 == 7} - numbers
    records = recordings(
        shared_data, lambda name: name in names or int("".join(filter(str.isdigit, name))) in others
    )
    assert len(records) > 70
    pairs, extra = check_on(records, groups)
    assert extra == {frozenset(("t520s", "t521l")), frozenset(("v100s", "v102s"))}
    assert min(p["correlation"] for p in pairs) > 0.999
    assert all(abs(p["offset"] - round(p["offset"])) < 0.01 for p in pairs)


@pytest.mark.slow
def test_all_recordings(shared_data):
    groups = known_groups(shared_data)
    pairs, extra = check_on(recordings(shared_data, lambda _: True), groups)
    assert len(pairs) == 49
    assert extra == NOT_IN_THE_LIST
