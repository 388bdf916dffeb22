"""What a task is asked under disturbance, and what is told of windows that quality refuses."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark import longer, probe, probe_robustness, robustness
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.tasks.base import Bench
from cardioprint.benchmark.vectors import Vectors
from toy_bench import Blind, Sees, toy_rows, toy_task


def case(folder, inputs, kind="labels", quick=False):
    """Return a task on windows of ten seconds whose first sample tells the label."""
    rows = toy_rows(kind, modalities=inputs[0] if len(inputs[0]) > 1 else max(inputs, key=len))
    rng = np.random.default_rng(1)
    series = {
        m: replace(s, samples=np.hstack((s.samples, rng.normal(size=(len(rows), 40)))))
        for m, s in rows.signals.series.items()
    }
    rows = replace(rows, signals=replace(rows.signals, series=series))
    task = toy_task(kind, inputs=inputs)
    embed = Vectors().embed
    bench = Bench(encoders=(Sees(), Blind()), folder=folder, quick=quick, embed=embed)
    return probe.Case(task, rows, bench)


def test_one_signal_is_put_to_every_kind_of_noise_down_to_minus_six(tmp_path):
    (only,) = probe_robustness.asked(case(tmp_path, (("ecg",),)))
    assert only.inputs == ("ecg",) and only.longer
    noise = {s.ladder: [] for s in only.steps if "noise" in s.ladder}
    assert len(noise) == 5
    for s in only.steps:
        if s.ladder in noise:
            noise[s.ladder].append(s.level)
    assert set(map(tuple, noise.values())) == {(24.0, 12.0, 6.0, 0.0, -6.0)}
    rates = [s.level for s in only.steps if s.ladder == "sampling rate"]
    assert rates[0] == 25 and rates[-1] == 500


def test_two_signals_are_asked_what_one_owes_to_the_other(tmp_path):
    one, both = probe_robustness.asked(case(tmp_path, (("ppg",), ("ecg", "ppg"))))
    assert one.inputs == ("ppg",) and one.longer and not both.longer
    assert {s.ladder for s in both.steps} == {"PPG delay", "without ecg", "without ppg"}
    assert not any("ecg" in s.ladder for s in one.steps)
    (pair,) = probe_robustness.asked(case(tmp_path, (("ecg", "ppg"), ("ecg",))))
    ladders = {s.ladder for s in pair.steps}
    assert pair.longer and {"without ecg", *probe_robustness.ONE_NOISY} <= ladders
    assert "ecg: white noise" not in ladders


def test_a_quick_run_asks_little(tmp_path):
    (only,) = probe_robustness.asked(case(tmp_path, (("ecg",),), quick=True))
    assert [(s.ladder, s.level) for s in only.steps] == [
        ("ecg: wander noise", 6.0),
        ("ecg: polarity", -1.0),
        ("sampling rate", 25.0),
        ("length", 3.0),
    ]


def test_refusals_stand_beside_every_step_and_the_whole_window_among_lengths(tmp_path, monkeypatch):
    def judged(signals):
        """Refuse one window in four, and all that are short."""
        s = next(iter(signals.series.values()))
        good = np.arange(len(signals)) % 4 > 0
        return good & (s.samples.shape[1] > 2.5 * s.sampling_rate), None

    monkeypatch.setattr(probe_robustness, "judged", judged)
    found = probe_robustness.curves(case(tmp_path, (("ecg",),)))
    model = {c.name: c for c in found if c.encoder == "M2AE toy"}
    assert all(len(c.refused) == len(c.kept) == len(c.at) for c in model.values())
    assert all(c.rows == 80 for c in model.values())
    length = model["length"]
    assert length.at == (2.0, 3.0, 5.0, 7.0, 10.0)
    assert length.refused == (1.0, 0.25, 0.25, 0.25, 0.0)
    assert np.isnan(length.kept[0]) and length.kept[1] > 0.9
    assert length.value[-1] == length.clean == length.kept[-1]
    polarity = model["ecg: polarity"]
    assert polarity.refused == (0.25,) and polarity.kept[0] < 0.1  # refusing cannot mend it


def test_longer_stretches_are_asked_for_their_own_label(tmp_path, monkeypatch):
    """Two windows say one thing, the others another: the label of the stretch follows."""
    mine = case(tmp_path, (("ecg",),), kind="number")
    told = np.repeat(mine.rows.target[:, None], longer.COUNT, axis=1)
    told[:, 1:] += 4 * np.arange(1, longer.COUNT)  # within what heads have seen

    def make(task, signals, y):
        np.testing.assert_array_equal(y, mine.y)
        x = np.repeat(signals.series["ecg"].samples, longer.COUNT, axis=0)
        windows = np.diff(np.hstack((np.zeros((len(y), 1)), told * np.arange(1, 7))), axis=1)
        x[:, 0] = windows.ravel() / 10  # the mean of the first k windows tells label k
        return longer.Longer(signals=Signals.of(ecg=x, sampling_rate=10.0), target=told)

    monkeypatch.setattr(probe_robustness.longer, "of", make)
    monkeypatch.setattr(
        probe_robustness, "judged", lambda signals: (np.ones(len(signals), bool), None)
    )
    (length,) = [
        c for c in probe_robustness.curves(mine) if c.name == "length" and c.encoder == "M2AE toy"
    ]
    assert length.at == (2.0, 3.0, 5.0, 7.0, 10.0, *longer.SECONDS)
    assert max(length.value[-3:]) < 4 < np.ptp(told.mean(axis=0)) / 4
    assert length.refused[-3:] == (0.0, 0.0, 0.0)


def test_a_step_that_cannot_be_taken_is_not_judged():
    clean = Signals.of(ecg=np.zeros((3, 50)), sampling_rate=50.0)
    step = robustness.Step(
        ladder="length", level=2.0, unit="s", apply=lambda s: robustness.d.shortened(s, 2.0)
    )
    assert list(probe_robustness._good(step, clean)) == []


@pytest.mark.parametrize("inputs", [(("ecg", "ppg"), ("ecg",))])
def test_one_noisy_channel_leaves_the_other_as_it_was(tmp_path, inputs):
    mine = case(tmp_path, inputs)
    (pair,) = probe_robustness.asked(mine)
    step = next(s for s in pair.steps if s.ladder == "ecg: electrode noise" and s.level == 0)
    signals = mine.rows.signals.only("ecg", "ppg")
    after = step.apply(signals)
    same = {
        m: np.array_equal(after.series[m].samples, s.samples) for m, s in signals.series.items()
    }
    assert same == {"ecg": False, "ppg": True}
