"""Label efficiency: the same test folds, nested people, NaN where a class is missing."""

import numpy as np
import pytest

from cardioprint.benchmark import efficiency
from cardioprint.benchmark.heads.base import Head
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import absolute_error, auroc, macro
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(200), 3)
N = len(SUBJECT)
X = RNG.normal(size=(N, 12)).astype(np.float32)
Y = (X[:, 0] + RNG.normal(0, 1, N) > 0).astype(int)


class Spy(Head):
    def __init__(self):
        self.seen = []

    def fit(self, x, y, subject, kind, seed=0):
        self.seen.append(set(subject))
        return Linear(penalties=(100.0,)).fit(x, y, subject, kind, seed)


def test_more_people_are_better_and_all_people_are_the_usual_figure():
    points = efficiency.curve(Linear(), X, Y, SUBJECT, "labels", auroc, resamples=100)
    values = [p.found.value for p in points]
    assert np.isnan(values[0]) and "too few" in points[0].note  # 1 % of 160 is two people
    assert values[1] < values[-1]
    assert [round(p.people) for p in points] == [2, 8, 16, 40, 160]
    assert [p.draws for p in points][1:] == [5, 5, 5, 1]
    whole = auroc(Linear().fit_predict(X, Y, SUBJECT, "labels"), Y)(np.ones(N))
    assert values[-1] == pytest.approx(whole)
    assert points[1].spread > points[3].spread > 0 and np.isnan(points[4].spread)
    assert points[1].found.low < values[1] < points[1].found.high


def test_people_are_nested_within_a_draw_and_change_between_draws():
    spy = Spy()
    efficiency.curve(spy, X, Y, SUBJECT, "labels", auroc, shares=(0.1, 0.5), draws=2, resamples=10)
    small, large = np.array(spy.seen[:10]).reshape(2, 5), np.array(spy.seen[10:]).reshape(2, 5)
    for draw in range(2):
        for fold in range(5):
            assert small[draw, fold] < large[draw, fold]
    assert small[0, 0] != small[1, 0]


def test_nobody_is_learnt_from_in_the_fold_that_tests_them():
    spy = Spy()
    efficiency.curve(spy, X, Y, SUBJECT, "labels", auroc, shares=(1.0,), resamples=10)
    assert all(len(seen) == 160 for seen in spy.seen)


def test_a_rare_class_leaves_small_shares_without_a_value():
    person = (np.arange(200) < 8).astype(int)
    y = np.stack((Y, person[SUBJECT]), axis=1)
    points = efficiency.curve(
        Linear(), X, y, SUBJECT, "labels", macro(auroc), shares=(0.1, 1.0), resamples=20
    )
    assert np.isnan(points[0].found.value) and points[0].draws == 0
    assert np.isfinite(points[1].found.value)


def test_what_each_kind_needs():
    enough, who = efficiency.enough, np.array([0, 1, 2, 3])
    assert enough(np.array([0, 1, 0, 1]), who, np.array([0, 1]), "labels")
    assert not enough(np.array([0, 1, 0, 1]), np.array([0, 1, 0, 1]), np.array([0, 1]), "labels")
    assert not enough(np.array([1, 1, 1, 1]), who, np.array([0, 1]), "labels")
    assert not enough(np.array([0, 0, 1, 1]), who, np.array([0, 1, 2]), "classes")
    assert enough(np.arange(5.0), np.arange(5), np.arange(9.0), "number")
    assert not enough(np.arange(4.0), who, np.arange(9.0), "number")


def test_numbers():
    points = efficiency.curve(
        Linear(), X, X[:, 0] * 10, SUBJECT, "number", absolute_error, shares=(0.05, 1.0),
        resamples=20,
    )  # fmt: skip
    assert points[1].found.value < points[0].found.value < 8


def test_shares_are_shares():
    for shares in ((), (0.0,), (1.5,)):
        with pytest.raises(RecordError, match="shares"):
            efficiency.curve(Linear(), X, Y, SUBJECT, "labels", auroc, shares=shares)
