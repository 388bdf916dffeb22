"""Calibration: perfect, too sure and shifted probabilities, by person."""

import numpy as np
import pytest

from cardioprint.benchmark import calibration as c
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)
N = 6000
SUBJECT = np.arange(N) // 10
LOGIT = RNG.normal(-1, 1.5, N)
TRUE = 1 / (1 + np.exp(-LOGIT))
Y = (RNG.random(N) < TRUE).astype(int)
ONES = np.ones(N)


def sure(slope, shift=0.0):
    return 1 / (1 + np.exp(-(slope * LOGIT + shift)))


def test_slope_and_intercept_of_known_distortions():
    assert c.slope(TRUE, Y)(ONES) == pytest.approx(1, abs=0.06)
    assert c.slope(sure(2), Y)(ONES) == pytest.approx(0.5, abs=0.03)
    assert c.slope(sure(0.5), Y)(ONES) == pytest.approx(2, abs=0.12)
    assert c.intercept(TRUE, Y)(ONES) == pytest.approx(0, abs=0.08)
    assert c.intercept(sure(1, 0.7), Y)(ONES) == pytest.approx(-0.7, abs=0.08)


def test_slope_is_that_of_scikit_learn_with_weights():
    models = pytest.importorskip("sklearn.linear_model")
    weight = RNG.integers(0, 3, N).astype(float)
    model = models.LogisticRegression(C=1e9, tol=1e-9).fit(
        c.log_odds(sure(2))[:, None], Y, sample_weight=weight
    )
    assert c.slope(sure(2), Y)(weight) == pytest.approx(model.coef_[0, 0], abs=1e-3)


def test_expected_error_of_known_distortions():
    perfect = c.expected_error(TRUE, Y)(ONES)
    assert perfect == pytest.approx(c.error_by_chance(TRUE, draws=50), abs=0.006)
    shifted = np.clip(TRUE + 0.1, 0, 1)
    assert c.expected_error(shifted, Y)(ONES) == pytest.approx(0.1, abs=0.015)
    assert c.expected_error(np.full(N, Y.mean()), Y)(ONES) == pytest.approx(0, abs=1e-9)


def test_bins_hold_equally_many_and_their_intervals_hold_the_truth():
    curve = c.reliability(TRUE, Y, SUBJECT, resamples=200)
    assert len(curve) == 10 and all(b.observed.rows == 600 for b in curve)
    assert [b.predicted for b in curve] == sorted(b.predicted for b in curve)
    inside = sum(b.observed.low <= b.predicted <= b.observed.high for b in curve)
    assert inside >= 8
    assert 300 < curve[0].observed.people < 600


def test_equal_probabilities_stay_together():
    curve = c.reliability(np.round(TRUE), Y, SUBJECT, resamples=20)
    assert len(curve) == 2


def test_everything_at_once():
    found = c.calibration(sure(2), Y, SUBJECT, resamples=50)
    assert found.slope.high < 0.6 and found.error.low > 2 * found.by_chance
    assert len(found.curve) == 10 and found.intercept.people == 600


def test_what_has_no_slope_gives_no_number():
    assert np.isnan(c.slope(TRUE, np.zeros(N))(ONES))
    assert np.isnan(c.slope(np.full(N, 0.3), Y)(ONES))
    separated = np.where(Y == 1, 0.9, 0.1) + RNG.uniform(-0.05, 0.05, N)
    assert np.isnan(c.slope(separated, Y)(ONES)) or c.slope(separated, Y)(ONES) > 5
    assert np.isfinite(c.slope(np.where(Y == 1, 1.0, 0.0) * TRUE, Y)(ONES))


def test_scores_that_are_no_probabilities_are_refused():
    for score in (LOGIT, np.full(N, np.nan)):
        with pytest.raises(RecordError, match="between 0 and 1"):
            c.slope(score, Y)
    with pytest.raises(RecordError, match="rows of one label"):
        c.expected_error(np.stack((TRUE, TRUE), axis=1), Y)
