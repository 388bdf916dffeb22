"""DeLong's areas and covariances: known values, simulated spread, the bootstrap."""

import numpy as np
import pytest

from cardioprint.benchmark import measures
from cardioprint.benchmark.delong import delong, midranks
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)


def by_definition(scores, truth):
    """The covariance as DeLong wrote it: every pair compared."""
    positive, negative = scores[:, truth], scores[:, ~truth]
    above = positive[:, :, None] > negative[:, None, :]
    wins = above + 0.5 * (positive[:, :, None] == negative[:, None, :])
    v10, v01 = wins.mean(axis=2), wins.mean(axis=1)
    return wins.mean(axis=(1, 2)), np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1]


def test_midranks_share_ties():
    assert midranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1, 3.5, 2]


def test_areas_and_covariance_are_those_of_the_definition():
    truth = RNG.random(80) < 0.4
    scores = np.round(truth + RNG.normal(0, 1, (3, 80)), 1)
    value, covariance = by_definition(scores, truth)
    found = delong(scores, truth)
    assert found.value == pytest.approx(value)
    assert found.covariance == pytest.approx(covariance)


def test_one_row_a_person_is_the_plain_variance():
    truth = RNG.random(60) < 0.5
    scores = truth + RNG.normal(0, 1, (2, 60))
    people = RNG.permutation(60)
    clustered = delong(scores, truth, people)
    assert clustered.covariance == pytest.approx(delong(scores, truth).covariance)


def test_clustered_variance_is_the_spread_over_samples():
    areas, told, naive = [], [], []
    for _ in range(300):
        person = np.repeat(np.arange(40), 6)
        ill = np.repeat(RNG.random(40) < 0.4, 6)
        score = ill + RNG.normal(0, 1, 40)[person] + RNG.normal(0, 0.5, 240)
        found = delong(score, ill, person)
        areas.append(found.value[0])
        told.append(found.covariance[0, 0])
        naive.append(delong(score, ill).covariance[0, 0])
    assert np.sqrt(np.mean(told)) == pytest.approx(np.std(areas), rel=0.15)
    assert np.sqrt(np.mean(naive)) < 0.6 * np.std(areas)


def test_people_with_rows_of_both_kinds_are_correlated():
    areas, told = [], []
    for _ in range(300):
        person = np.repeat(np.arange(30), 8)
        beat = RNG.random(240) < 0.4
        score = beat + 2 * RNG.normal(0, 1, 30)[person] + RNG.normal(0, 0.5, 240)
        found = delong(score, beat, person)
        areas.append(found.value[0])
        told.append(found.covariance[0, 0])
    assert np.sqrt(np.mean(told)) == pytest.approx(np.std(areas), rel=0.15)


def test_intervals_agree_with_the_bootstrap_over_people():
    person = np.repeat(np.arange(120), 5)
    ill = np.repeat(RNG.random(120) < 0.4, 5)
    a = ill + RNG.normal(0, 1, 120)[person] + RNG.normal(0, 0.5, 600)
    b = a + RNG.normal(0, 1, 600)
    found = delong(np.stack((a, b)), ill, person)
    one, other = (measures.estimate(measures.auroc(s, ill), person) for s in (a, b))
    assert found.interval(0) == pytest.approx((one.low, one.high), abs=0.02)
    gap, low, high, p = found.difference()
    paired = np.percentile(one.replicates - other.replicates, [2.5, 97.5])
    assert gap == pytest.approx(one.value - other.value)
    assert (low, high) == pytest.approx(paired, abs=0.015)
    assert 0 < p < 0.05


def test_equal_and_perfect_scores_have_no_spread():
    truth = np.arange(20) % 2 == 0
    same = delong(np.stack((truth, truth)).astype(float), truth)
    assert same.difference() == (0, 0, 0, 1)
    assert same.interval(0) == (1, 1)
    worse = delong(np.stack((truth, ~truth)).astype(float), truth)
    assert worse.difference() == (1, 1, 1, 0)


def test_one_person_with_the_label_is_not_enough():
    with pytest.raises(RecordError, match="1 people have positive"):
        delong(np.arange(4.0), np.array([1, 1, 0, 0]), np.array(["a", "a", "b", "c"]))
