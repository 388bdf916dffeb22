import numpy as np
import pytest

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.realism.excerpts import Excerpts, believed
from cardioprint.benchmark.realism.quantities import QUANTITIES, describe, free_of_gain
from cardioprint.benchmark.realism.spectra import difference, spectrum
from cardioprint.benchmark.realism.twins import Virtual, like, matched, people
from cardioprint.simulate import Rhythm, pairs

ROUNDED = ("r_to_s", "qrs_turns")
"""Features with a threshold in millivolts of their own."""


@pytest.fixture(scope="module")
def made():
    """Return sixty virtual people."""
    return people(Virtual(seconds=8.0, rate=125.0), 60)


def test_twins_are_nearest_in_age_of_the_same_sex_and_different_people():
    age, male = np.array([30.0, 31, 50, 52, 70]), np.array([1.0, 0, 1, 0, 1])
    chosen = matched(age, male, np.array([31.0, 32, 49]), np.array([1.0, 1, 0]))
    assert chosen.tolist() == [0, 2, 3]
    with pytest.raises(ValueError, match="2 people for 3"):
        matched(age[:2], male[:2], np.zeros(3), np.zeros(3))


def test_twins_have_the_form_of_the_recordings(made):
    n = 12
    real = Excerpts(
        name="real",
        signals=Signals.of(ppg=np.zeros((n, 210)), sampling_rate=100.0),
        subject=np.arange(n).astype(str),
        labels={"age": np.linspace(25, 80, n), "male": np.arange(n) % 2.0},
    )
    found = like(real)
    assert found.modalities == ("ppg",)
    assert found.signals.series["ppg"].samples.shape == (n, 210)
    assert len(set(found.subject)) == n
    np.testing.assert_allclose(found.labels["age"], real.labels["age"], atol=5)
    assert np.array_equal(found.labels["male"], real.labels["male"])
    assert like(real[np.arange(3)], devices=("wearable",)).labels["age"].min() >= 20


def test_only_believed_people_of_the_wanted_rhythms_are_kept():
    want = Virtual(
        seconds=8.0,
        rate=100.0,
        more=("V1", "V5"),
        balanced=True,
        rhythms=(int(Rhythm.ATRIAL_FIBRILLATION),),
    )
    found = people(want, 30)
    assert set(found.labels["own_rhythm"]) == {Rhythm.ATRIAL_FIBRILLATION}
    assert believed(found.signals).all() and len(set(found.subject)) == 30
    assert set(found.leads) == {"V1", "V5"} and found.leads["V1"].samples.shape == (30, 800)


def test_noise_is_not_believed():
    noise = np.random.default_rng(0).normal(size=(3, 1250))
    assert not believed(Signals.of(ecg=noise, sampling_rate=125.0)).any()


def test_what_is_measured_is_what_was_simulated(made):
    batch = pairs(60, 0, seconds=8.0)
    described = describe(made)
    truth = np.asarray(batch.truth.upslopes) - np.asarray(batch.truth.r_peaks)
    pat = {f"simulated_0_{i}": 1000 * np.nanmedian(row) for i, row in enumerate(truth)}
    whose = [s in pat for s in made.subject]
    expected = np.array([pat[s] for s in made.subject[whose]])
    found = described.column("pair lag_ms")[whose]
    assert np.nanmedian(np.abs(found - expected)) < 12
    rate = described.column("ecg hr_median")
    assert np.nanmedian(np.abs(rate - made.labels["heart_rate"])) < 3
    assert {q.feature for q in QUANTITIES} <= set(described.names)


def test_no_gain_changes_what_a_classifier_sees(made):
    one = made[np.arange(12)]
    loud = Signals.of(
        ecg=3 * one.signals.series["ecg"].samples,
        ppg=0.2 * one.signals.series["ppg"].samples,
        sampling_rate=125.0,
        lead="II",
    )
    a, b = (
        describe(e) for e in (one, Excerpts(name="x", signals=loud, subject=one.subject, labels={}))
    )
    x, names = free_of_gain(a.values, a.names)
    y, _ = free_of_gain(b.values, b.names)
    known = np.isfinite(x).any(axis=0)
    free = [i for i, n in enumerate(names) if known[i] and n.split()[1] not in ROUNDED]
    x, y = x[:, free], y[:, free]
    away = np.nanmedian(np.abs(x - y) / (np.abs(x) + 0.1), axis=0)
    assert away.max() < 0.05, np.array(names)[free][away >= 0.05]
    assert not {"ppg activity", "ecg activity", "ppg perfusion"} & set(names)


def test_spectra_tell_a_blurred_signal(made):
    sharp = spectrum(made, "ppg")
    x = made.signals.series["ppg"].samples
    blurred = np.stack([np.convolve(row, np.ones(15) / 15, "same") for row in x])
    other = Excerpts(
        name="blurred",
        signals=Signals.of(ppg=blurred, sampling_rate=125.0),
        subject=made.subject,
        labels={},
    )
    assert difference(sharp, sharp) == 0
    assert difference(sharp, spectrum(other, "ppg")) > 2
    assert np.all(sharp.low <= sharp.middle) and np.all(sharp.middle <= sharp.high)
