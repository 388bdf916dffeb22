"""Intervals over people: coverage, pairing, weights."""

import numpy as np
import pytest

from cardioprint.benchmark import statistics


def test_interval_covers_a_known_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    subject = np.repeat(np.arange(40), 10)
    for _ in range(100):
        person = rng.normal(0, 1, 40)
        values = person[subject] + rng.normal(0, 0.5, 400)
        found = statistics.mean(values, subject, resamples=400)
        covered += found.low <= 0 <= found.high
    assert 86 <= covered <= 100


def test_interval_is_wider_than_one_over_windows():
    rng = np.random.default_rng(1)
    subject = np.repeat(np.arange(20), 50)
    values = rng.normal(0, 1, 20)[subject]
    by_person = statistics.mean(values, subject)
    by_window = statistics.mean(values, np.arange(1000))
    assert by_person.high - by_person.low > 3 * (by_window.high - by_window.low)
    assert (by_person.rows, by_person.people) == (1000, 20)


def test_missing_rows_are_left_out():
    found = statistics.mean(np.array([1.0, np.nan, 3.0]), np.array(["a", "b", "c"]))
    assert (found.value, found.rows, found.people) == (2.0, 2, 2)


def test_paired_difference_is_narrower_than_the_intervals():
    rng = np.random.default_rng(2)
    subject = np.arange(60)
    hard = rng.normal(0, 5, 60)
    a = statistics.mean(hard + 0.5 + rng.normal(0, 0.1, 60), subject)
    b = statistics.mean(hard, subject)
    gap, low, high = statistics.difference(a, b)
    assert 0 < low < gap < high < 1
    assert a.low < b.high  # the unpaired intervals overlap


def test_different_people_are_not_paired():
    a = statistics.mean(np.zeros(5), np.arange(5))
    with pytest.raises(ValueError, match="people"):
        statistics.difference(a, statistics.mean(np.zeros(6), np.arange(6)))


def test_auroc_agrees_with_scikit_learn_with_ties_and_weights():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    truth = rng.random(200) < 0.3
    score = np.round(truth + rng.normal(0, 1, 200), 1)
    weight = rng.integers(0, 4, 200).astype(float)
    expected = metrics.roc_auc_score(truth, score, sample_weight=weight)
    assert statistics.auroc(score, truth)(weight) == pytest.approx(expected)


def test_equal_error_of_separated_and_of_random_scores():
    genuine = np.repeat([1, 0], [100, 900])
    perfect = statistics.equal_error(genuine, genuine.astype(float))
    assert perfect(np.ones(1000)) == 0
    chance = statistics.equal_error(genuine, np.random.default_rng(0).random(1000))
    assert chance(np.ones(1000)) == pytest.approx(0.5, abs=0.06)


def test_quantile_of_known_values():
    found = statistics.quantile(np.arange(101.0), np.arange(101), 0.05)
    assert found.value == pytest.approx(5, abs=1)
    assert found.low <= found.value <= found.high
