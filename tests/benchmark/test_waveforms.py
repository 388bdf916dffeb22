"""Alignment, beats and generators."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark import generators, waveforms
from cardioprint.benchmark.sets import paired_set
from cardioprint.signal.preparation import Preparation
from cardioprint.simulate import patient

RATE = 125.0


@pytest.fixture(scope="module")
def simulated():
    # From 65 beats/min: a template beat is shorter than the diastole of slower hearts, and the
    # feet of its pulses then lie in the gap.
    records = [
        patient(minutes=1, seed=s, heart_rate=65 + 5 * s, events=False, subject=f"p{s}")[0]
        for s in range(4)
    ]
    return paired_set(records, Preparation())


def test_likeness_is_pearson_and_rms_of_the_overlap():
    rng = np.random.default_rng(0)
    truth, made = rng.normal(size=(2, 3, 500))
    like = waveforms.likeness(truth, made, 20)
    for k, lag in enumerate(like.lags):
        a = truth[1, max(lag, 0) : 500 + min(lag, 0)]
        b = made[1, max(-lag, 0) : 500 + min(-lag, 0)]
        assert like.pearson[1, k] == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-6)
        assert like.rmse[1, k] == pytest.approx(np.sqrt(np.mean((a - b) ** 2)), abs=1e-6)


def test_alignment_finds_a_known_lag_of_each_record():
    rng = np.random.default_rng(1)
    long = rng.normal(size=(6, 1400))
    record = np.repeat([0, 1], 3)
    early = np.where(record == 0, 30, -45)
    truth = long[:, 75:1325]
    made = np.stack([row[75 + e : 1325 + e] for row, e in zip(long, early, strict=True)])
    like = waveforms.likeness(truth, made, 75)
    column = waveforms.best_lag(like, record)
    assert (like.lags[column] == early).all()
    assert like.pearson[np.arange(6), column] == pytest.approx(np.ones(6))


def test_a_flat_line_has_no_correlation_and_an_error_of_one():
    truth = np.random.default_rng(0).normal(size=(4, 1250))
    truth = (truth - truth.mean(1, keepdims=True)) / truth.std(1, keepdims=True)
    like = waveforms.likeness(truth, np.zeros_like(truth), 10)
    assert like.pearson[:, 10] == pytest.approx(np.zeros(4))
    assert like.rmse[:, 10] == pytest.approx(np.ones(4))


def test_f1_on_known_beats():
    true = np.arange(1.0, 9.5, 1.0)
    span = (0.0, 10.0)
    assert waveforms.f1(true, true + 0.04, 0.05, span) == 1
    assert waveforms.f1(true, true + 0.06, 0.05, span) == 0
    assert waveforms.f1(true, true[:-3], 0.05, span) == pytest.approx(2 * 6 / (2 * 6 + 3))
    extra = np.sort(np.append(true, [2.5, 3.5]))
    assert waveforms.f1(true, extra, 0.05, span) == pytest.approx(2 * 9 / (2 * 9 + 2))
    assert waveforms.f1(true, np.append(true, 9.9), 0.05, span) == 1  # at the edge: forgiven
    assert waveforms.f1(true, np.zeros(0), 0.05, span) == 0
    assert np.isnan(waveforms.f1(np.zeros(0), np.zeros(0), 0.05, span))


def test_a_beat_is_matched_once():
    assert waveforms.matched(np.array([1.0]), np.array([0.98, 1.02]), 0.05) == 1


def test_beat_lag_is_found():
    true = [np.arange(0.5, 10, 0.8) + 0.01 * k for k in range(3)]
    found = [t + 0.22 for t in true]
    lag = waveforms.beat_lag(true, found, np.zeros(3, int))
    assert lag == pytest.approx(np.full(3, -0.22), abs=0.01)


@pytest.mark.parametrize("target", ["ecg", "ppg"])
def test_template_beats_a_flat_line_on_simulated_people(simulated, target):
    index = np.flatnonzero(simulated.believed)
    lags = generators.record_lags(simulated, index)
    own = np.array([lags[r] for r in simulated.record[index]])
    assert own == pytest.approx(np.full(len(own), 0.29), abs=0.08)
    truth = simulated.windows.samples[index, 0 if target == "ecg" else 1]
    subject = simulated.subject[index]
    made = generators.template(simulated, index, target, own, own)
    made = generators.with_gain(made, truth, subject)
    beats = simulated.r_peaks if target == "ecg" else simulated.onsets
    measures, _ = waveforms.compare(
        truth,
        made,
        [beats[i] for i in index],
        simulated.record[index],
        target,
        RATE,
        np.full(len(index), 70.0),
    )
    assert measures["r raw"].mean() > 0.6
    assert measures["RMSE raw"].mean() < 0.85
    assert measures["F1@50 ms raw"].mean() > 0.9
    assert measures["HR MAE"].mean() < 1.5


def test_generators_use_other_people_only(simulated):
    index = np.flatnonzero(simulated.believed)
    truth, subject = simulated.windows.samples[index, 0], simulated.subject[index]
    changed = np.where((subject == "p0")[:, None], 99.0, truth).astype(np.float32)
    mine = subject == "p0"
    for make in (generators.others_mean, lambda t, s: generators.with_gain(truth, t, s)):
        assert make(changed, subject)[mine] == pytest.approx(make(truth, subject)[mine], abs=1e-4)
    samples = simulated.windows.samples.copy()
    samples[simulated.subject == "p0"] = 99
    spoilt = replace(simulated, windows=replace(simulated.windows, samples=samples))
    lag = np.full(len(index), 0.29)
    for target in ("ecg", "ppg"):
        a, b = (generators.template(p, index, target, lag, lag) for p in (simulated, spoilt))
        assert b[mine] == pytest.approx(a[mine], abs=1e-3)
    features = np.random.default_rng(0).normal(size=(len(index), 5)).astype(np.float32)
    assert not (generators.nearest(features, changed, subject)[mine] == 99).any()


def test_delayed_moves_by_seconds():
    x = np.zeros((2, 1250), np.float32)
    x[:, 500] = 1
    moved = generators.delayed(x, np.array([0.2, -0.4]), RATE)
    assert np.argmax(moved, axis=1).tolist() == [525, 450]


def test_moved_windows_are_cut_from_the_same_record(simulated):
    index = np.array([0, 1, 6])
    moved = simulated.moved(index, 0.8)
    assert moved.start == pytest.approx(simulated.windows.start[index] + 0.8)
    here, there = simulated.windows.samples[0, 0, 100:], moved.samples[0, 0, :-100]
    assert np.corrcoef(here, there)[0, 1] > 0.9999
    with pytest.raises(ValueError, match="leaves its record"):
        simulated.moved(np.array([5]), 1.0)
    with pytest.raises(ValueError, match="ascending"):
        simulated.moved(np.array([1, 0]), 0.1)
