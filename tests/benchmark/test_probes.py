"""Folds: people stay on one side, and all are tested once."""

import numpy as np
import pytest

from cardioprint.benchmark import probes

RNG = np.random.default_rng(0)
SUBJECT = np.repeat([f"p{i}" for i in range(40)], RNG.integers(3, 12, 40))
N = len(SUBJECT)


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


def test_a_constant_is_the_mean_of_the_other_folds():
    y = RNG.normal(70, 5, N)
    guess = probes.constant(y, SUBJECT)
    folds = list(probes.grouped_folds(SUBJECT))
    assert all(guess[test] == pytest.approx(y[train].mean()) for train, test in folds)
