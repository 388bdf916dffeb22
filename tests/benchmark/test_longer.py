"""Longer stretches: which windows belong to a row, and what the stretch is asked for."""

import numpy as np
import pytest

from cardioprint.benchmark import longer
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.tasks import bidmc_records, sources
from cardioprint.datasets import tables
from cardioprint.errors import RecordError


def stretch(rows):
    signals = Signals.of(ecg=np.zeros((rows * longer.COUNT, 4)), sampling_rate=10.0)
    return longer.Longer(signals=signals, target=np.zeros((rows, longer.COUNT)))


def test_the_mean_is_of_the_first_windows_of_each_row():
    vectors = np.arange(2 * longer.COUNT * 3, dtype=float).reshape(-1, 3)
    found = stretch(2).mean(vectors, 2)
    np.testing.assert_array_equal(found[0], (vectors[0] + vectors[1]) / 2)
    np.testing.assert_array_equal(found[1], vectors[longer.COUNT : longer.COUNT + 2].mean(0))


def test_what_is_missing_or_refused_is_left_out_of_the_mean():
    vectors = np.ones((longer.COUNT, 2))
    vectors[1:] = 3.0
    vectors[2, 0] = np.nan
    good = np.arange(longer.COUNT) != 1
    np.testing.assert_allclose(stretch(1).mean(vectors, 3)[0], [2.0, 7 / 3])
    np.testing.assert_allclose(stretch(1).mean(vectors, 3, good)[0], [1.0, 2.0])
    assert np.isnan(stretch(1).mean(vectors, 2, np.zeros(longer.COUNT, bool))).all()


def test_rates_are_of_all_beats_so_far():
    slow = np.arange(0.5, 10, 1.0)  # 60/min
    fast = np.arange(0.5, 10, 0.5)  # 120/min
    found = longer._rates([slow, fast, fast])
    assert found[0] == 60.0 and found[2] == pytest.approx(120.0)


def test_a_task_without_more_of_its_recordings_has_none():
    signals = Signals.of(ecg=np.zeros((2, 1000)), sampling_rate=100.0)
    assert longer.of("five_class_ptb_xl", signals, np.zeros(2)) is None


def test_rows_of_another_table_are_refused():
    rng = np.random.default_rng(0)
    whole, other = (Signals.of(ecg=rng.normal(size=(5, 20)), sampling_rate=10.0) for _ in "ab")
    np.testing.assert_array_equal(longer._places(whole, whole[np.array([3, 1])], "t"), [3, 1])
    with pytest.raises(RecordError, match="5 rows are not windows"):
        longer._places(whole, other, "t")


def test_alarms_are_looked_at_backwards(monkeypatch):
    rate, rng = 10.0, np.random.default_rng(0)
    n = round(10 * rate)
    full = {m: rng.normal(size=round(330 * rate)).astype(np.float32) for m in ("ecg", "ppg")}
    short = {m: x[: round(45 * rate)] for m, x in full.items()}  # of no row; padded at its start
    rows = [{"fs": rate, **short}, {"fs": rate, **full}]
    stop = round(sources.ALARM * rate)
    monkeypatch.setattr(tables, "rows", lambda name: iter(rows))
    last = {m: x[None, stop - n : stop] for m, x in full.items()}
    signals = Signals.of(ecg=last["ecg"], ppg=last["ppg"], sampling_rate=rate)
    found = longer._alarms(signals, np.array([1]))
    assert found.target.tolist() == [[1] * longer.COUNT]
    for k in range(longer.COUNT):
        part = full["ppg"][stop - (k + 1) * n : stop - k * n]
        np.testing.assert_array_equal(found.signals.series["ppg"].samples[k], part)


@pytest.mark.slow
def test_rows_of_bidmc_begin_their_minute(shared_data, monkeypatch):
    monkeypatch.setenv(tables.DATA_VARIABLE, str(shared_data))
    excerpts, truth, _ = sources.bidmc(False)
    some = np.arange(0, len(truth), 40)
    some = some[np.isfinite(truth[some])]
    found = longer.of("heart_rate", excerpts.signals[some], truth[some])
    assert found is not None and len(found.signals) == longer.COUNT * len(some)
    own = found.signals[np.arange(0, len(found.signals), longer.COUNT)]
    for m, s in excerpts.signals.series.items():
        np.testing.assert_array_equal(own.series[m].samples, s.samples[some])
    np.testing.assert_allclose(found.target[:, 0], truth[some])
    minute = found.target[:, -1]
    assert np.isfinite(minute).all() and np.median(np.abs(minute - truth[some])) < 3
    bidmc_records.load.cache_clear()
