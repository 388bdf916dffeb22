import numpy as np
import pytest

from cardioprint.corpus.evidence import same
from cardioprint.corpus.proof import NOTHING, Likeness, compare
from cardioprint.signal.preparation import Preparation, prepare_record
from cardioprint.signal.resampling import resample
from cardioprint.simulate import patient

RATE = 125.0


@pytest.fixture(scope="module")
def signals():
    """Return two minutes of three hearts, prepared: shape (3, 2, time)."""
    p = Preparation()
    records = [patient(minutes=2, seed=s, heart_rate=70, events=False)[0] for s in range(3)]
    return np.stack([prepare_record(r, p).samples for r in records])


def like(one, other, shift, **more):
    return compare(one, other, shift, rate=RATE, centre=len(one) // 2, **more)


@pytest.mark.parametrize("channel", (0, 1))
@pytest.mark.parametrize("gain", (1.0, 20.0, -0.3))
def test_a_scaled_turned_and_shifted_copy(signals, channel, gain):
    x = signals[0, channel]
    found = like(x, gain * x[1000:9000] + 5, -1004)
    assert found.correlation == pytest.approx(np.sign(gain), abs=1e-6)
    assert found.shift == pytest.approx(4)
    assert found.contrast < 1e-3
    assert same(found, NOTHING)


@pytest.mark.parametrize("channel", (0, 1))
def test_shifts_between_samples(signals, channel):
    """A copy that was sampled at other instants."""
    x = signals[0, channel]
    finer = resample(x.astype(float), 125.0, 500.0)[1]
    found = like(x, finer[4001::4], -1000)
    assert found.correlation > 0.9995
    assert found.shift == pytest.approx(-0.25, abs=0.05)


@pytest.mark.parametrize("channel", (0, 1))
def test_other_hearts_do_not_agree(signals, channel):
    found = like(signals[0, channel], signals[1, channel], 0)
    assert not same(found, NOTHING)
    assert found.contrast > 0.5


def test_a_heart_is_not_itself_some_beats_later(signals):
    x = signals[2, 1]
    start = max(range(300, 700), key=lambda k: np.corrcoef(x[:5000], x[k : k + 5000])[0, 1])
    found = like(x, x, start, near=0.05)
    assert found.contrast > 1
    assert not same(found, NOTHING)


def test_gaps_and_artefacts_cost_chunks_not_the_answer(signals):
    x, y = signals[0, 0].copy(), signals[0, 0].copy()
    x[2000:5000] = np.nan
    y[6000:6300] = np.nan
    y[8000:9000] += np.random.default_rng(0).normal(0, 5, 1000)
    found = like(x, y, 0)
    assert found.correlation > 0.999 and found.chunks >= 18
    assert same(found, NOTHING)


@pytest.mark.parametrize("nothing", (np.zeros(0), np.zeros(9000), np.full(9000, np.nan)))
def test_nothing_to_compare(signals, nothing):
    found = like(signals[0, 0], nothing, 0)
    assert np.isnan(found.correlation)
    assert found.contrast == np.inf
    assert not same(found, NOTHING)


def test_little_has_to_agree_better_than_much():
    def chance(chunks, contrast=0.05, correlation=0.97):
        beside = 1 - (1 - correlation) / contrast
        return Likeness(correlation=correlation, beside=beside, shift=0.0, chunks=chunks)

    assert not same(chance(2), NOTHING)
    assert same(chance(10), NOTHING)
    assert same(chance(5), chance(5))
    assert not same(chance(10), chance(10, contrast=0.9))  # the other modality says no
    assert not same(chance(10, correlation=0.6), NOTHING)


def test_known_samples_only_count(signals):
    """Near an end, where a part is unknown, no correlation beyond 1 may appear."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        one, other = rng.choice(3, 2, replace=False)
        x = signals[one, 1, :1300]
        y = signals[other, 1, 3000 : 3000 + int(rng.integers(1000, 1300))]
        found = like(x, y, int(rng.integers(-60, 60)), near=0.6)
        assert not abs(found.correlation) > 0.999
