"""Curves of frozen encoders and heads under disturbance."""

import numpy as np
import pytest

from cardioprint.benchmark import measures
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import absolute_error, auroc
from cardioprint.benchmark.robustness import (
    LEAST,
    Answers,
    Step,
    curves,
    frozen,
    relative_loss,
    steps,
)
from cardioprint.errors import ChannelError, RecordError

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(60), 3)
FAST = RNG.integers(0, 2, 60)[SUBJECT]
T = np.arange(500) / 50
PHASE = RNG.uniform(0, 6, (180, 1))
RATE = 1.0 + 0.5 * FAST[:, None] + 0.05 * RNG.normal(size=(180, 1))
CLEAN = Signals.of(
    ppg=np.sin(2 * np.pi * RATE * T + PHASE),
    ecg=np.sin(2 * np.pi * RATE * T) ** 15,
    sampling_rate=50.0,
)


class Spectrum:
    """Heights at some frequencies, at whatever rate; refuses what is shorter than three seconds."""

    def embed(self, signals):
        s = signals.take("ppg", "the spectrum")
        n = s.samples.shape[1]
        if n < 3 * s.sampling_rate:
            raise ChannelError("too short", source="spectrum")
        t = np.arange(n) / s.sampling_rate
        waves = np.exp(-2j * np.pi * np.arange(0.5, 3, 0.1)[:, None] * t)
        return np.log(np.abs(np.nan_to_num(s.samples) @ waves.T) / n + 1e-3).astype(np.float32)


@pytest.fixture(scope="module")
def score():
    head = Linear(penalties=(10.0,))
    return frozen(Spectrum(), CLEAN, FAST, SUBJECT, "labels", head, auroc, resamples=50)


def test_noise_costs_more_the_louder_it_is_and_the_rest_little(score):
    points = curves(Spectrum(), CLEAN, score, floor=0.5)
    of = {(p.ladder, p.level): p for p in points}
    clean = points[0]
    assert clean.ladder == "clean" and clean.found.value > 0.97 and clean.loss.value == 0
    white = [of["ppg: white noise", snr] for snr in (24.0, 0.0, -6.0)]
    assert white[0].loss.value <= white[1].loss.value <= white[2].loss.value
    assert abs(of["sampling rate", 25.0].loss.value) < 0.1
    assert abs(of["ecg: polarity", -1.0].loss.value) < 1e-9  # it does not look at the ECG
    assert of["PPG delay", 0.3].loss.high < 0.3
    short = of["length", 2.0]
    assert np.isnan(short.found.value) and np.isnan(short.loss.value) and "short" in short.note
    gone = of["without ppg", 1.0]
    assert np.isnan(gone.found.value) and "ppg" in gone.note


def test_steps_fit_the_windows():
    one = {s.ladder for s in steps(CLEAN.only("ppg"))}
    assert "PPG delay" not in one and not any("ecg" in name for name in one)
    assert max(s.level for s in steps(CLEAN) if s.ladder == "length") == 7.0
    assert {"ppg: walking noise", "ecg: muscle noise", "without ecg"} <= {
        s.ladder for s in steps(CLEAN)
    }
    assert len({(s.ladder, s.level) for s in steps(CLEAN)}) == len(steps(CLEAN))


def test_steps_may_be_chosen(score):
    still = Step(ladder="none", level=1.0, unit="", apply=lambda signals: signals)
    points = curves(Spectrum(), CLEAN, score, floor=0.5, asked=[still])
    assert [p.ladder for p in points] == ["clean", "none"]
    assert points[1].loss.value == 0 == points[1].loss.low


def test_loss_is_a_share_of_the_gain_over_chance_paired_by_person():
    person = np.arange(100)
    truth = RNG.normal(0, 10, 100)
    guess = truth + RNG.normal(0, 2, 100)
    good, worse, chance = (
        measures.estimate(absolute_error(g, truth), person, 300)
        for g in (guess, guess + np.sign(guess - truth), np.zeros(100))
    )
    found = relative_loss(good, worse, chance.value, "lower")
    assert found.value == pytest.approx(1 / (chance.value - good.value))
    assert found.high - found.low < 1e-9  # everybody loses the same
    assert relative_loss(good, chance, chance.value, "lower").value == pytest.approx(1)
    assert np.isnan(relative_loss(chance, worse, chance.value, "lower").value)
    assert np.isnan(relative_loss(good, worse, chance.value, "higher").value)


def test_other_people_are_refused(score):
    few = measures.estimate(auroc(FAST[:30] + 0.0, FAST[:30]), SUBJECT[:30], 50)
    with pytest.raises(RecordError, match="ones of 10"):
        relative_loss(score(Spectrum(), CLEAN).estimate, few, 0.5)


def test_windows_that_are_not_refused_have_a_figure_of_their_own(score):
    drowned = np.arange(len(CLEAN)) % 3 == 0

    def drown(signals):
        x = signals.series["ppg"].samples.copy()
        x[drowned] = RNG.normal(size=x[drowned].shape)
        return Signals.of(ppg=x, ecg=signals.series["ecg"].samples, sampling_rate=50.0)

    step = Step(ladder="drowned", level=1.0, unit="", apply=drown)
    same = Step(ladder="none", level=1.0, unit="", apply=lambda signals: signals)
    believed = {("drowned", 1.0): ~drowned, ("none", 1.0): np.ones(len(CLEAN), bool)}
    asked = [step, same]
    _, bad, still = curves(Spectrum(), CLEAN, score, floor=0.5, asked=asked, believed=believed)
    assert bad.refused == pytest.approx(1 / 3) and bad.kept > bad.found.value + 0.05
    assert still.refused == 0 and still.kept == still.found.value
    _, unasked, _ = curves(Spectrum(), CLEAN, score, floor=0.5, asked=asked)
    assert np.isnan(unasked.refused) and np.isnan(unasked.kept)


def test_a_measure_of_few_windows_or_other_classes_is_not_told():
    y = np.repeat([0, 1], 40)
    answers = Answers(found=y + 0.0, target=y, subject=np.arange(80), measure=auroc, resamples=20)
    some = np.arange(80) % 2 == 0
    assert answers.among(some) == 1.0
    assert np.isnan(answers.among(np.arange(80) < 40))
    assert np.isnan(answers.among((np.arange(80) % 40) < LEAST // 2 - 1))
    number = Answers(
        found=np.arange(80.0) + 1,
        target=np.arange(80.0),
        subject=np.arange(80),
        measure=absolute_error,
        resamples=20,
    )
    assert number.among(np.arange(80) < 40) == 1.0
