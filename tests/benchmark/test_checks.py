"""Checks that need no head, and what they say."""

import numpy as np
import pytest

from cardioprint.benchmark import checks
from cardioprint.errors import UnknownNameError

RNG = np.random.default_rng(0)
SUBJECT = np.array(["a", "a", "b", "c"])


def test_a_person_on_both_sides_fails():
    ok = [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1]), np.array([2, 3]))]
    assert checks.people_across_folds(SUBJECT, ok).verdict == "pass"
    bad = [(np.array([1, 2, 3]), np.array([0])), (np.array([0]), np.array([1, 2, 3]))]
    found = checks.people_across_folds(SUBJECT, bad)
    assert (found.verdict, found.value) == ("fail", 1)
    assert "a" in found.sentence
    assert checks.people_across_folds(SUBJECT, ok[:1]).verdict == "warn"


def test_what_is_not_written_down_is_unknown():
    found = checks.pretraining("bidmc", None)
    assert found.verdict == "warn" and found.sentence.startswith("Unknown")
    own = checks.pretraining("bidmc", ["my_hospital"])
    assert own.verdict == "warn" and "may hold people of my_hospital" in own.sentence


def test_declared_families_decide_about_pretraining():
    pretraining = checks.pretraining
    assert pretraining("bidmc", []).verdict == "pass"
    assert pretraining("bidmc", ["cinc2015"]).verdict == "pass"
    unknown = pretraining("bidmc", ["uci_bp", "cinc2015"])
    assert unknown.verdict == "warn" and "ids cannot tell" in unknown.sentence
    same = pretraining("vitaldb_short", ["vitaldb"])
    assert same.verdict == "warn" and "not compared" in same.sentence
    told = pretraining("vitaldb_short", ["vitaldb"], ["1", "2"], {"vitaldb": ["2", "3"]})
    assert told.verdict == "fail" and told.sentence.startswith("1 people")
    apart = pretraining("vitaldb_short", ["vitaldb"], ["1"], {"vitaldb": ["3"]})
    assert apart.verdict == "pass"
    with pytest.raises(UnknownNameError):
        pretraining("nowhere", ["uci_bp"])


def test_windows_and_vectors_of_two_people_that_are_one():
    x = RNG.normal(size=(40, 300))
    subject = np.repeat(np.arange(20), 2)
    assert checks.same_windows(x, subject).verdict == "pass"
    assert checks.same_vectors(x, subject).verdict == "pass"
    x[30] = x[2]
    for check in (checks.same_windows, checks.same_vectors):
        found = check(x, subject)
        assert found.verdict == "fail" and found.value == pytest.approx(1)
        assert "1 and 15 (rows 2, 30; r 1.0000)" in found.sentence
    together = np.where(subject == 15, 1, subject)
    assert checks.same_windows(x, together).verdict == "pass"
    assert checks.same_vectors(x[:, :3], subject).verdict == "pass"  # three numbers tell nothing
    assert "one person" in checks.same_windows(x, np.zeros(40)).sentence


def test_vectors_of_different_scales_are_compared_by_z_scores():
    x = RNG.normal(size=(40, 30)) * 10.0 ** RNG.integers(-4, 4, 30)
    x[5, 3] = np.nan
    assert checks.same_vectors(x, np.arange(40)).verdict == "pass"
    x[9] = x[8]
    assert checks.same_vectors(x, np.arange(40)).verdict == "fail"


def test_the_worst_verdict():
    assert checks.worst(["pass", "fail", "warn"]) == "fail"
    assert checks.worst([]) == "pass"


def test_copies_in_the_public_tables(shared_data):
    from cardioprint.datasets.tables import rows

    table = list(rows("five_class", ["II"]))
    windows = np.stack([row["II"] for row in table])
    found = checks.same_windows(windows, np.array([row["subject"] for row in table]))
    # Two Georgia records of one 71-year-old man are the same file under two names.
    assert found.verdict == "fail" and "E07509 and E07510" in found.sentence
