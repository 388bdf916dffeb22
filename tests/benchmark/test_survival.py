"""The mortality task: rows, what they say without real outcomes, a simulated cohort."""

import numpy as np
import pytest

from cardioprint.benchmark import survival
from cardioprint.benchmark.survival import NOT_EVALUATED, Outcomes
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(400), 3)
HAZARD = np.repeat(RNG.normal(size=400), 3)


def real(**changes):
    o = survival.simulated(HAZARD, SUBJECT, seed=1)
    said = {"time": o.time, "event": o.event, "subject": SUBJECT, "source": "a register"}
    return Outcomes(**(said | {"real": True} | changes))


def test_a_simulated_hazard_is_found_and_never_called_real():
    outcomes = survival.simulated(HAZARD, SUBJECT)
    rows = survival.mortality(HAZARD, outcomes, resamples=100)
    assert [r.measure.split(" ")[0] for r in rows] == ["C-index", "C-index", "AUROC", "AUROC"]
    for row in rows:
        assert row.note.startswith(NOT_EVALUATED) and NOT_EVALUATED in row.text()
        assert row.found.low > 0.55 and row.found.people == 400
    useless = survival.mortality(RNG.normal(size=400)[SUBJECT], outcomes, resamples=100)
    assert all(r.found.low < 0.5 < r.found.high for r in useless)


def test_a_simulated_cohort_is_what_was_asked_for():
    zero = np.zeros(20_000)
    o = survival.simulated(zero, np.arange(20_000), yearly=0.05, follow_up=8, shape=1.0)
    assert (o.event & (o.time <= 1)).mean() == pytest.approx(0.05, abs=0.01)
    assert o.time.max() <= 8 and o.time[~o.event].min() >= 4
    by_person = survival.simulated(HAZARD, SUBJECT)
    assert len(np.unique(np.stack((by_person.time, SUBJECT)), axis=1).T) == 400


def test_real_outcomes_are_plain_results():
    rows = survival.mortality(HAZARD, real(), horizons=(5.0,), resamples=100)
    assert all(r.note == "" for r in rows)
    assert rows[0].text().startswith("C-index (Harrell): 0.")


def test_two_deaths_are_not_scored():
    event = np.zeros(len(SUBJECT), bool)
    event[:6] = True
    rows = survival.mortality(HAZARD, real(event=event), resamples=50)
    assert all(np.isnan(r.found.value) for r in rows)
    assert rows[0].text() == (
        f"C-index (Harrell): {NOT_EVALUATED}: too few events to score: 2 people of 400 had one"
    )


def test_a_horizon_nobody_was_followed_to_has_no_row_of_numbers():
    rows = survival.mortality(HAZARD, real(), horizons=(50.0,), resamples=50)
    assert np.isfinite(rows[0].found.value) and np.isnan(rows[-1].found.value)


def test_a_set_without_outcomes_says_so():
    assert survival.without_outcomes("bidmc").text() == (
        f"C-index: {NOT_EVALUATED}: bidmc has none"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"time": np.zeros(len(SUBJECT))},
        {"time": np.full(len(SUBJECT), np.nan)},
        {"event": np.full(len(SUBJECT), 2)},
        {"event": np.zeros(3)},
    ],
)
def test_outcomes_that_cannot_be_are_refused(wrong):
    with pytest.raises(RecordError, match="a register"):
        real(**wrong)


def test_a_risk_for_each_row():
    with pytest.raises(RecordError, match="risks"):
        survival.mortality(HAZARD[:5], real())
