"""Concordance and ROC areas over time against all pairs, plain areas and known values."""

import numpy as np
import pytest

from cardioprint.benchmark.concordance import auroc_at, harrell, kaplan_meier, uno
from cardioprint.benchmark.measures import auroc
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)


def pair_by_pair(risk, time, event, weight, factor, until=np.inf):
    agree = total = 0.0
    for i in np.flatnonzero(event & (time < until)):
        later = (time > time[i]) | ((time == time[i]) & ~event)
        w = weight[i] * factor[i] * weight * later
        total += w.sum()
        agree += (w * ((risk[i] > risk) + 0.5 * (risk[i] == risk))).sum()
    return agree / total


@pytest.fixture
def cohort():
    n = 150
    risk = np.round(RNG.normal(size=n), 1)
    time = np.round(RNG.exponential(5 * np.exp(-risk)) + 0.1, 1)
    end = np.round(RNG.uniform(0.5, 12, n), 1)
    return risk, np.minimum(time, end), time <= end


def test_harrell_counts_every_comparable_pair(cohort):
    weight = RNG.integers(0, 3, 150).astype(float)
    expected = pair_by_pair(*cohort, weight, np.ones(150))
    assert harrell(*cohort)(weight) == pytest.approx(expected)


def test_uno_weighs_pairs_by_who_is_still_followed(cohort):
    _, time, event = cohort

    def kept(u):  # of those followed at u, events set aside, the share not lost at u
        at = time == u
        return 1 - (~event & at).sum() / ((time >= u).sum() - (event & at).sum())

    lost = np.unique(time[~event])
    still = np.array([np.prod([kept(u) for u in lost if u < t]) for t in time])
    expected = pair_by_pair(*cohort, np.ones(150), 1 / np.maximum(still, 1e-9) ** 2, until=6.0)
    assert uno(*cohort, 6.0)(np.ones(150)) == pytest.approx(expected)


def test_uno_forgives_censoring_that_harrell_does_not():
    risk = RNG.normal(size=4000)
    time = RNG.exponential(np.exp(-1.5 * risk))
    everything = np.ones(4000, bool)
    truth = harrell(risk, np.minimum(time, 1.0), time <= 1.0)(np.ones(4000))
    end = RNG.uniform(0, 1.2, 4000)
    seen, when = time <= end, np.minimum(time, end)
    by_uno = uno(risk, when, seen, 1.0)(np.ones(4000))
    by_harrell = harrell(risk, when, seen)(np.ones(4000))
    assert abs(by_uno - truth) < abs(by_harrell - truth)
    assert harrell(risk, time, everything)(np.ones(4000)) > 0.75


def test_known_values():
    time, event = np.array([1.0, 2, 3, 4]), np.ones(4, bool)
    ones = np.ones(4)
    assert harrell(-time, time, event)(ones) == 1
    assert harrell(time, time, event)(ones) == 0
    assert harrell(np.zeros(4), time, event)(ones) == 0.5
    # Of the pairs with the first event (three) and the third (one), two are in order.
    censored = np.array([True, False, True, False])
    assert harrell(np.array([2.0, 1, 4, 3]), time, censored)(ones) == pytest.approx(2 / 4)
    assert np.isnan(harrell(time, time, np.zeros(4, bool))(ones))
    at_once = harrell(np.array([1.0, 2.0]), np.ones(2), np.array([True, True]))
    assert np.isnan(at_once(np.ones(2)))  # nobody outlived anybody


def test_area_at_a_time_is_the_plain_one_without_censoring(cohort):
    risk, time, _ = cohort
    weight = RNG.integers(0, 3, 150).astype(float)
    found = auroc_at(3.0, risk, time, np.ones(150, bool))(weight)
    assert found == pytest.approx(auroc(risk, time <= 3.0)(weight))


def test_area_at_a_time_forgives_censoring():
    risk = RNG.normal(size=20_000)
    time = RNG.exponential(np.exp(-risk))
    end = RNG.uniform(0, 2, 20_000)
    found = auroc_at(0.8, risk, np.minimum(time, end), time <= end)(np.ones(20_000))
    assert found == pytest.approx(auroc(risk, time <= 0.8)(np.ones(20_000)), abs=0.01)


def test_kaplan_meier_of_the_textbook():
    # Freireich's 6-MP arm (Cox & Oakes 1984): weeks to relapse, + censored.
    time = np.array(
        [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35], float
    )
    event = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], bool)
    found = kaplan_meier(time, event, np.array([5.0, 6, 7, 10, 13, 16, 22, 23, 40]))
    assert found == pytest.approx(
        [1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448, 0.448], abs=5e-4
    )


def test_a_risk_that_is_no_number_is_refused():
    with pytest.raises(RecordError, match="risk"):
        harrell(np.array([np.nan, 1]), np.ones(2), np.ones(2))
