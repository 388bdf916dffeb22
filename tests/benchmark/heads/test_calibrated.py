"""Heads whose probabilities are mended inside the training folds."""

import numpy as np
import pytest

from cardioprint.benchmark.calibration import expected_error, intercept, slope
from cardioprint.benchmark.heads.base import Head
from cardioprint.benchmark.heads.calibrated import Calibrated
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import auroc
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(150), 8)
N = len(SUBJECT)
X = RNG.normal(size=(N, 5)).astype(np.float32)
LOGIT = 1.2 * X[:, 0] - 1
Y = (RNG.random(N) < 1 / (1 + np.exp(-LOGIT))).astype(int)
ONES = np.ones(N)


class Loud(Head):
    """Right in rank, three times too sure of itself, and too high."""

    name = "loud"

    def fit(self, x, y, subject, kind, seed=0):
        inner = Linear().fit(x, y, subject, kind, seed)

        class Fitted:
            def predict(self, x):
                p = inner.predict(x)
                odds = (p / (1 - p)) ** 3 * 4
                out = odds / (1 + odds)
                return out / out.sum(axis=1, keepdims=True) if kind == "classes" else out

        return Fitted()


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_probabilities_are_mended_and_ranks_kept(method):
    loud = Loud().fit_predict(X, Y, SUBJECT, "labels")
    head = Calibrated(head=Loud(), method=method)
    mended = head.fit_predict(X, Y, SUBJECT, "labels")
    assert head.name == f"loud, {method}"
    assert slope(loud, Y)(ONES) < 0.5 and intercept(loud, Y)(ONES) < -0.25
    assert slope(mended, Y)(ONES) == pytest.approx(1, abs=0.25)
    assert intercept(mended, Y)(ONES) == pytest.approx(0, abs=0.1)
    assert expected_error(mended, Y)(ONES) < 0.4 * expected_error(loud, Y)(ONES)
    assert auroc(mended, Y)(ONES) == pytest.approx(auroc(loud, Y)(ONES), abs=0.02)
    assert ((mended > 0) & (mended < 1)).all()


def test_classes_still_sum_to_one():
    label = np.digitize(X[:, 0] + RNG.normal(size=N), [-1, 1])
    found = Calibrated(head=Loud()).fit_predict(X, label, SUBJECT, "classes")
    assert found.sum(axis=1) == pytest.approx(ONES)
    assert found.mean(axis=0) == pytest.approx(np.bincount(label) / N, abs=0.05)


def test_a_head_that_knows_nothing_is_not_turned_round():
    random = RNG.integers(0, 2, N)
    found = Calibrated(head=Linear()).fit_predict(X, random, SUBJECT, "labels")
    assert np.abs(found - 0.5).max() < 0.2


@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_label_nobody_has_stays_improbable(method):
    y = np.stack((Y, np.zeros(N, int)), axis=1)
    found = Calibrated(head=Linear(), method=method).fit_predict(X, y, SUBJECT, "labels")
    assert (found[:, 1] < 0.01).all()


def test_numbers_and_too_few_people_are_refused():
    with pytest.raises(RecordError, match="number"):
        Calibrated(head=Linear()).fit(X, LOGIT, SUBJECT, "number")
    with pytest.raises(RecordError, match="3 people"):
        Calibrated(head=Linear()).fit(X[:24], Y[:24], SUBJECT[:24], "labels")
