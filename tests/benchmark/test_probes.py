"""Probes: people stay on one side, labels without meaning give chance."""

import numpy as np
import pytest

from cardioprint.benchmark import probes, statistics

RNG = np.random.default_rng(0)
SUBJECT = np.repeat([f"p{i}" for i in range(40)], RNG.integers(3, 12, 40))
N = len(SUBJECT)
X = RNG.normal(size=(N, 12)).astype(np.float32)


@pytest.mark.parametrize("label", [None, (np.arange(N) % 7 == 0).astype(int)])
def test_no_person_straddles_and_all_are_tested_once(label):
    tested = np.zeros(N, int)
    for train, test in probes.grouped_folds(SUBJECT, seed=3, label=label):
        assert not set(SUBJECT[train]) & set(SUBJECT[test])
        assert 0.1 * N < len(test) < 0.35 * N
        tested[test] += 1
    assert (tested == 1).all()


def test_too_few_people_is_an_error():
    with pytest.raises(ValueError, match="people"):
        list(probes.grouped_folds(np.array(["a", "b"])))


def test_ridge_finds_a_linear_truth_and_survives_missing_numbers():
    y = X @ np.arange(12.0) + 70
    x = X.copy()
    x[RNG.random(x.shape) < 0.02] = np.nan
    guess = probes.ridge(x, y, SUBJECT)
    assert np.abs(guess - y).mean() < 0.35 * np.abs(probes.constant(y, SUBJECT) - y).mean()


def test_ridge_on_shuffled_truth_is_no_better_than_a_constant():
    y = RNG.permutation(X @ np.arange(12.0))
    error = np.abs(probes.ridge(X, y, SUBJECT) - y).mean()
    assert error > 0.95 * np.abs(probes.constant(y, SUBJECT) - y).mean()


def test_logistic_finds_classes_and_shuffled_labels_give_chance():
    pytest.importorskip("sklearn")
    label = np.digitize(X[:, 0] + 0.3 * X[:, 1], [-0.5, 0.5])
    score = probes.logistic(X, label, SUBJECT)
    assert score.sum(axis=1) == pytest.approx(np.ones(N))
    assert statistics.auroc(score[:, 2], label == 2)(np.ones(N)) > 0.9
    areas = []
    for seed in range(5):
        shuffled = np.random.default_rng(seed).permutation((label == 2).astype(int))
        score = probes.logistic(X, shuffled, SUBJECT, seed)[:, 1]
        areas.append(statistics.auroc(score, shuffled == 1)(np.ones(N)))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.1)
