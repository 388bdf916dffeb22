import pyarrow as pa
import pytest

from cardioprint.corpus import duplicates, leakage
from cardioprint.corpus.leakage import Population
from cardioprint.corpus.sides import Groups, own_sides, united

COLUMNS = ("key", "database", "subject", "split", "status")


def records(*rows):
    """Return a table of records from (key, subject, split)."""
    full = [(key, key.partition("/")[0], subject, split, "done") for key, subject, split in rows]
    return pa.table({c: [row[i] for row in full] for i, c in enumerate(COLUMNS)})


def pairs(*rows):
    """Return a table of duplicates from (a, b, subject of a, subject of b)."""
    names = ("a", "b", "subject_a", "subject_b")
    table = [dict(zip(names, row, strict=True), overlap=60.0) for row in rows]
    return pa.Table.from_pylist(table, schema=duplicates.schema())


def population(rows, found=(), name="corpus", databases=None):
    return Population(
        name=name, records=records(*rows), duplicates=pairs(*found), databases=databases or {}
    )


def errors(*populations, **more):
    return [f for f in leakage.check(populations, **more) if f.error]


def text_of(findings):
    return "\n".join(line for f in findings for line in f.lines())


CLEAN = [("a/1", "a:p1", "train"), ("a/2", "a:p1", "train"), ("a/3", "a:p2", "test")]


def test_nothing_to_say_of_a_clean_corpus():
    assert leakage.check([population(CLEAN)]) == ()


def test_a_subject_on_two_sides():
    found = errors(population([*CLEAN, ("a/4", "a:p1", "test")]))
    assert "a:p1: 1 on test, 2 on train" in text_of(found)
    assert errors(population([*CLEAN, ("a/4", "a:p1", "border")])) == []


def test_a_subject_that_the_publisher_tests_and_validates_is_no_error():
    findings = leakage.check([population([("a/1", "a:p1", "valid"), ("a/2", "a:p1", "test")])])
    assert [f.error for f in findings] == [False]


def test_a_subject_of_two_databases_of_one_space():
    """Same space and id: one person, wherever their recordings are."""
    rows = [("a/1", "mimic3:p1", "train"), ("b/1", "mimic3:p1", "test")]
    told = text_of(errors(population(rows)))
    assert "mimic3:p1" in told and "(in a, b)" in told
    assert errors(population(rows[:1], name="one"), population(rows[1:], name="two"))


def test_a_recording_in_two_corpora():
    train, test = population(CLEAN[:2], name="one"), population(CLEAN[2:], name="two")
    assert leakage.check([train, test]) == ()
    again = population([("a/1", "a:p1", "test")], name="two")
    assert "a/1: train in one, test in two" in text_of(errors(train, again, sides={}))
    same = population([("a/1", "a:p1", "train")], name="two")
    assert [f.error for f in leakage.check([train, same])] == [False]


def test_duplicates_on_two_sides_count_until_they_are_joined():
    found = [("a/1#2", "a/3", "a:p1", "a:p2")]
    apart = population(CLEAN, found)
    assert "a/1#2 and a/3 share 60 s: train, test" in text_of(errors(apart, sides={}))
    joined = leakage.check([apart])
    assert not any(f.error for f in joined)
    assert "6 windows of training" in text_of(joined)
    assert errors(apart, sides={"a:p1": "test"}) == []


@pytest.mark.parametrize(("side", "named"), [("test", True), ("train", False), ("border", False)])
def test_a_family_without_ids_is_named(side, named):
    """UCI and BIDMC come from MIMIC-II, and nobody published who is who."""
    rows = [("uci_bp/1", "uci_bp:b1", "train"), ("bidmc/1", "bidmc:s1", side)]
    findings = leakage.check([population(rows)])
    assert bool(findings) == named
    assert not any(f.error for f in findings)
    if named:
        assert "family mimic" in text_of(findings) and "0 pairs" in text_of(findings)


def test_a_family_of_databases_of_ones_own():
    rows = [("ours/1", "ours:1", "train"), ("theirs/1", "theirs:1", "test")]
    known = {"family": "clinic", "subjects_known": True}
    databases = {"ours": known, "theirs": known}
    assert leakage.check([population(rows, databases=databases)]) == ()
    databases = {"ours": known, "theirs": {**known, "subjects_known": False}}
    told = leakage.check([population(rows, databases=databases)])
    assert "family clinic" in text_of(told)


def moved(rows, found):
    table = records(*rows)
    return united(own_sides(table), table, pairs(*found))


def test_the_strictest_side_wins_and_order_does_not_matter():
    rows = [
        ("a/1", "a:p1", "train"),
        ("a/2", "a:p2", "valid"),
        ("a/3", "a:p3", "reserved"),
        ("a/4", "a:p4", "train"),
    ]
    chain = [("a/1", "a/2", "a:p1", "a:p2"), ("a/2", "a/3", "a:p2", "a:p3")]
    assert moved(rows, chain) == {"a:p1": "reserved", "a:p2": "reserved"}
    assert moved(rows[::-1], chain[::-1]) == moved(rows, chain)
    assert list(moved(rows[::-1], chain)) == ["a:p1", "a:p2"]
    assert moved(rows, []) == {}


def test_pieces_of_a_record_and_one_person_join_nobody():
    assert moved(CLEAN, [("a/1#0", "a/1#1", "a:p1", "a:p1")]) == {}


def test_a_subject_published_on_several_sides_takes_the_strictest():
    assert moved([*CLEAN, ("a/4", "a:p1", "test")], []) == {"a:p1": "test"}


def test_the_border_takes_whom_it_shares_seconds_with():
    """A recording on the border may be a person's of the reserved side."""
    rows = [
        ("a/1", "a:b1", "train"),
        ("a/2", "a:b1", "border"),
        ("a/3", "a:b2", "train"),
        ("a/4", "a:b3", "border"),
    ]
    assert moved(rows, []) == {}
    assert moved(rows, [("a/2", "a/3", "a:b1", "a:b2")])["a:b2"] == "border"
    assert moved(rows, [("a/1", "a/3", "a:b1", "a:b2")]) == {}
    assert moved(rows, [("a/3", "a/4", "a:b2", "a:b3")]) == {"a:b2": "border"}


def test_quarantined_records_are_nobody_s():
    table = records(*CLEAN, ("a/9", "a:p1", "test"))
    status = pa.array(["done"] * 3 + ["quarantined"])
    table = table.set_column(COLUMNS.index("status"), "status", status)
    assert own_sides(table) == {"a:p1": {"train"}, "a:p2": {"test"}}


def test_groups_do_not_depend_on_the_order():
    joins = [("b", "c"), ("d", "a"), ("c", "d"), ("x", "y")]
    for order in (joins, joins[::-1]):
        groups = Groups()
        for one, other in order:
            groups.join(one, other)
        assert [groups.find(n) for n in "abcdxyz"] == ["a", "a", "a", "a", "x", "x", "z"]
