"""Measures against scikit-learn, quick resamples against slow ones, thresholds of other people."""

import numpy as np
import pytest

from cardioprint.benchmark import measures, probes, statistics

metrics = pytest.importorskip("sklearn.metrics")

RNG = np.random.default_rng(0)
SUBJECT = RNG.integers(0, 30, 400)
TRUTH = RNG.random(400) < 0.3
SCORE = np.round(1 / (1 + np.exp(RNG.normal(0, 1, 400) - TRUTH)), 2)  # with ties
WEIGHT = RNG.integers(0, 4, 400).astype(float)
ONES = np.ones(400)


def test_weighted_measures_are_those_of_scikit_learn():
    cases = [
        (measures.auroc, metrics.roc_auc_score),
        (measures.auprc, metrics.average_precision_score),
        (measures.brier, metrics.brier_score_loss),
    ]
    for ours, theirs in cases:
        expected = theirs(TRUTH, SCORE, sample_weight=WEIGHT)
        assert ours(SCORE, TRUTH)(WEIGHT) == pytest.approx(expected), ours.__name__
    number = SCORE + TRUTH
    expected = metrics.r2_score(number, SCORE, sample_weight=WEIGHT)
    assert measures.r_squared(SCORE, number)(WEIGHT) == pytest.approx(expected)
    expected = metrics.mean_absolute_error(number, SCORE, sample_weight=WEIGHT)
    assert measures.absolute_error(SCORE, number)(WEIGHT) == pytest.approx(expected)


def test_sensitivity_is_a_point_of_the_roc_curve():
    false, true, _ = metrics.roc_curve(TRUTH, SCORE, sample_weight=WEIGHT, drop_intermediate=False)
    expected = true[false <= 0.1 + 1e-12].max()
    assert measures.sensitivity_at(0.9)(SCORE, TRUTH)(WEIGHT) == pytest.approx(expected)
    assert measures.sensitivity_at(0.9)(TRUTH.astype(float), TRUTH)(ONES) == 1
    assert measures.sensitivity_at(0.9)(np.zeros(400), TRUTH)(ONES) == 0


@pytest.mark.parametrize(
    "measure",
    [measures.auroc, measures.brier, measures.prevalence, measures.macro(measures.auroc)],
)
@pytest.mark.parametrize("most", [1000, 3])
def test_quick_resamples_are_the_slow_ones(measure, most, monkeypatch):
    monkeypatch.setattr(measures, "MOST_PEOPLE", most)
    quick = measures.estimate(measure(SCORE, TRUTH), SUBJECT, 100)
    slow = statistics.weighted(lambda w: measure(SCORE, TRUTH)(w), SUBJECT, 100)
    assert quick.replicates == pytest.approx(slow.replicates)
    assert (quick.value, quick.low, quick.high) == pytest.approx((slow.value, slow.low, slow.high))
    assert (quick.rows, quick.people) == (400, 30)


def test_macro_takes_class_numbers_and_labels():
    label = RNG.integers(0, 3, 400)
    score = RNG.random((400, 3)) + (label[:, None] == np.arange(3))
    expected = metrics.roc_auc_score(
        label, score / score.sum(1, keepdims=True), multi_class="ovr", average="macro"
    )
    probability = score / score.sum(1, keepdims=True)
    by_class = measures.macro(measures.auroc)
    assert by_class(probability, label)(ONES) == pytest.approx(expected)
    one_hot = label[:, None] == np.arange(3)
    assert by_class(probability, one_hot)(ONES) == pytest.approx(expected)


def test_a_resample_without_a_class_has_no_value_and_the_rest_goes_on():
    truth = np.zeros(10, bool)
    truth[0] = True
    found = measures.estimate(measures.auroc(np.arange(10.0), truth), np.arange(10), 200)
    assert found.value == 0
    assert 0.2 < np.isnan(found.replicates).mean() < 0.5
    assert np.isfinite([found.low, found.high]).all()
    assert np.isnan(measures.auprc(np.ones(3), np.zeros(3))(np.ones(3)))
    assert np.isnan(measures.sensitivity_at()(np.ones(3), np.zeros(3))(np.ones(3)))
    assert np.isnan(measures.RowMean(np.array([np.nan]))(np.ones(1)))
    assert np.isnan(measures.r_squared(np.ones(3), np.ones(3))(np.ones(3)))


def test_what_cannot_be_measured_is_no_number():
    none = measures.absent(12, 50)
    assert np.isnan([none.value, none.low, none.high]).all()
    assert (none.people, none.replicates.shape) == (12, (50,))


def test_thresholds_of_other_people_reach_what_they_aim_at():
    subject = np.arange(2000) // 4
    truth = RNG.random(2000) < 0.3
    score = truth + RNG.normal(0, 1, 2000)
    sensitivity, specificity = (
        measures.estimate(measures.decided(subject, about)(score, truth), subject, 200)
        for about in ("sensitivity", "specificity")
    )
    assert specificity.value == pytest.approx(0.9, abs=0.03)
    assert specificity.low < 0.9 < specificity.high
    assert sensitivity.value == pytest.approx(0.39, abs=0.06)


def test_a_person_has_no_part_in_the_threshold_that_judges_them():
    subject, truth = np.arange(100) // 2, np.arange(100) % 2 == 1
    score = np.where(truth, 2.0, RNG.random(100))
    score[subject == 7] += 100.0  # in units of its own: both rows are above everybody's threshold
    (folds,) = [tuple(probes.grouped_folds(subject))]
    found = measures.decisions(score, truth, folds)
    assert found[subject == 7].all() and found[truth].all()
    assert not found[~truth & (subject != 7)].all()
    alone = measures.decisions(score[:2], truth[:2], [(np.array([1]), np.array([0]))])
    assert not alone.any()  # no negative row to set it on: nobody is called


def test_sensitivity_is_told_with_an_interval():
    found = measures.estimate(measures.sensitivity_at(0.9)(SCORE, TRUTH), SUBJECT, 200)
    assert 0 <= found.low < found.value < found.high <= 1
