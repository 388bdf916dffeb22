"""Paired comparisons and Holm's correction: known values, false claims as often as allowed."""

import numpy as np
import pytest

from cardioprint.benchmark import statistics
from cardioprint.benchmark.comparison import bootstrap_p, compare, family, holm
from cardioprint.errors import RecordError


def test_holm_gives_the_textbook_values():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == pytest.approx([1, 1])
    found = holm([0.01, np.nan, 0.02])
    assert found[[0, 2]] == pytest.approx([0.02, 0.02]) and np.isnan(found[1])
    assert holm([]).size == 0


def test_p_is_two_sided_and_never_zero():
    assert bootstrap_p(np.ones(999)) == pytest.approx(0.002)
    assert bootstrap_p(-np.ones(999)) == pytest.approx(0.002)
    assert bootstrap_p(np.array([-1.0, 1.0] * 50)) == 1
    assert bootstrap_p(np.zeros(100)) == 1
    assert np.isnan(bootstrap_p(np.zeros(0)))


def test_a_small_steady_gain_is_told_from_noise():
    rng = np.random.default_rng(0)
    person = np.arange(80)
    hard = rng.normal(0, 5, 80)
    a = statistics.mean(hard - 0.4 + rng.normal(0, 0.2, 80), person)
    b = statistics.mean(hard, person)
    found = compare("age", "model", "hand", a, b, better="lower")
    assert found.low < found.gap < found.high < 0
    assert found.winner == "model" and found.p < 0.01
    assert found.sentence().startswith("age: model less hand is -0.4")
    assert found.sentence().endswith("80 people: model is better.")
    assert compare("age", "model", "hand", a, b, better="higher").winner == "hand"


def test_claims_that_are_false_are_rare():
    rng = np.random.default_rng(1)
    person, claims = np.arange(60), 0
    for _ in range(200):
        a, b = (statistics.mean(rng.normal(0, 1, 60), person, 300) for _ in range(2))
        claims += compare("", "a", "b", a, b).p <= 0.05
    assert 2 <= claims <= 22  # of 200, expected 10 and a few more at 60 people


def test_a_family_is_adjusted_together():
    rng = np.random.default_rng(2)
    person = np.arange(50)
    base = rng.normal(0, 1, 50)
    b = statistics.mean(base, person)
    gains = [0.2, 0.0, 0.5]
    listed = [
        compare("t", f"m{k}", "b", statistics.mean(base + g + rng.normal(0, 0.5, 50), person), b)
        for k, g in enumerate(gains)
    ]
    found = family(listed)
    assert [c.adjusted for c in found] == pytest.approx(holm([c.p for c in listed]))
    assert all(c.adjusted >= c.p for c in found)
    assert found[2].winner == "m2" and found[1].winner == ""
    assert "not told apart" in found[1].sentence()


def test_other_people_cannot_be_compared_and_nothing_gives_nothing():
    a = statistics.mean(np.zeros(5), np.arange(5))
    with pytest.raises(RecordError, match="6"):
        compare("t", "a", "b", a, statistics.mean(np.zeros(6), np.arange(6)))
    none = statistics.mean(np.full(5, np.nan), np.arange(5))
    found = compare("t", "a", "b", a, none)
    assert np.isnan(found.p) and found.winner == ""
    assert "cannot be compared" in found.sentence()
