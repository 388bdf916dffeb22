"""Subgroups: figures, paired gaps, and silence where people are too few."""

import numpy as np
import pytest

from cardioprint.benchmark.measures import absolute_error, auroc, macro
from cardioprint.benchmark.subgroups import AGE, bands, subgroups
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(300), 2)
N = len(SUBJECT)
SEX = np.where(SUBJECT % 2 == 0, "F", "M")
Y = RNG.integers(0, 2, 300)[SUBJECT]
SKILL = np.where(SEX == "F", 3.0, 0.5)
SCORE = SKILL * Y + RNG.normal(0, 1, N)


def test_a_group_that_fares_worse_is_seen():
    found = subgroups(SCORE, Y, SUBJECT, {"sex": SEX}, "labels", auroc)
    women, men = found
    assert (women.name, men.name) == ("F", "M")
    assert women.found.value == pytest.approx(auroc(SCORE[SEX == "F"], Y[SEX == "F"])(np.ones(300)))
    assert women.found.low > men.found.high and women.found.people == 150
    assert women.differs and women.gap.value == pytest.approx(-men.gap.value)
    assert women.gap.value == pytest.approx(women.found.value - men.found.value)
    assert women.gap.low < women.gap.value < women.gap.high


def test_groups_without_a_difference_mostly_show_none():
    found = subgroups(RNG.normal(size=N), Y, SUBJECT, {"sex": SEX}, "labels", auroc)
    assert all(g.gap.low < 0.05 and g.gap.high > -0.05 for g in found)


def test_few_people_few_cases_and_unknown_groups_have_no_figure():
    device = np.where(SUBJECT < 10, "rare", np.where(SUBJECT < 40, "", "usual"))
    few = np.where(SUBJECT < 60, "well", "ill or well")
    y = np.where((SUBJECT < 60) & (SUBJECT > 1), 0, Y)
    found = {
        g.name: g
        for g in subgroups(SCORE, y, SUBJECT, {"device": device, "few": few}, "labels", auroc)
    }
    assert set(found) == {"rare", "usual", "well", "ill or well"}
    assert np.isnan(found["rare"].found.value) and "10 people" in found["rare"].note
    assert np.isnan(found["well"].found.value) and "label 1" in found["well"].note
    assert np.isfinite(found["usual"].found.value)
    assert np.isnan(found["usual"].gap.value)  # nobody to compare with
    assert not found["usual"].differs


def test_several_labels_and_numbers():
    labels = np.stack((Y, 1 - Y), axis=1)
    scores = np.stack((SCORE, -SCORE), axis=1)
    found = subgroups(scores, labels, SUBJECT, {"sex": SEX}, "labels", macro(auroc))
    assert found[0].found.value > 0.9
    age = RNG.integers(20, 80, N).astype(float)
    error = np.where(SEX == "F", 2.0, 8.0)
    found = subgroups(age + error, age, SUBJECT, {"sex": SEX}, "number", absolute_error)
    assert [g.found.value for g in found] == pytest.approx([2, 8])
    assert found[0].gap.value == pytest.approx(-6)


def test_bands_are_named_and_unknown_values_have_none():
    found = bands(np.array([39.9, 40, 59, 60, 80, np.nan]), AGE, "years")
    assert found.tolist() == [
        "below 40 years", "40 to 60 years", "40 to 60 years", "60 to 75 years",
        "from 75 years", "",
    ]  # fmt: skip


def test_one_group_a_row():
    with pytest.raises(RecordError, match="sex"):
        subgroups(SCORE, Y, SUBJECT, {"sex": SEX[:5]}, "labels", auroc)
