"""The tasks end to end: on simulated people, and on real ones where the data are present."""

import numpy as np
import pytest

from cardioprint.benchmark import bidmc, bidmc_tasks, labelled, report
from cardioprint.benchmark.encoders import Cached, HandMade
from cardioprint.benchmark.sets import paired_set
from cardioprint.signal.preparation import Preparation
from cardioprint.simulate import patient


@pytest.fixture(scope="module")
def simulated():
    records = tuple(
        patient(minutes=1.5, seed=s, heart_rate=60 + 4 * s, events=False, subject=f"p{s}")[0]
        for s in range(8)
    )
    paired = paired_set(records, Preparation())
    return bidmc_tasks.TestSet(
        paired=paired, records=records, use=np.flatnonzero(paired.believed), stride=2
    )


@pytest.mark.parametrize("name", sorted(set(bidmc.TASKS) - {"identity"}))
def test_every_task_runs_on_simulated_people(simulated, name):
    results = report.Results()
    bidmc.TASKS[name](simulated, [Cached(HandMade())], results)
    assert results.rows
    assert all(np.isfinite(r.found.value) for r in results.rows)
    assert all(r.found.low <= r.found.value <= r.found.high for r in results.rows)


def test_averaging_by_person_leaves_missing_numbers_out():
    x = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, 2.0]])
    out = labelled.averaged(x, np.array(["a", "a", "b"]))
    assert np.array_equal(out, [[2.0, np.nan], [5.0, 2.0]], equal_nan=True)


def test_beats_and_quality_of_real_people(shared_data):
    if not (shared_data / "paired" / "bidmc.parquet").is_file():
        pytest.skip("bidmc.parquet is not on this machine")
    data, about = bidmc.load(quick=True)
    assert len(np.unique(data.paired.subject)) >= 15
    assert len(data.use) > 1000
    assert "abstained" in about[0]
    results = report.Results()
    bidmc_tasks.reconstruction(data, [], results)
    figures = {(r.task, r.measure, r.method): r.found.value for r in results.rows}
    # Weaker trivial generators than these would flatter every model.
    told = "template, record's lag (told)"
    assert figures["PPG -> ECG", "r raw", told] > 0.4
    assert figures["PPG -> ECG", "F1@50 ms raw", told] > 0.93
    assert figures["ECG -> PPG", "r raw", told] > 0.87
