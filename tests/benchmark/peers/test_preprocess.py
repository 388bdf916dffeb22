"""Steps of preparation against what they are said to do."""

import numpy as np
import pytest
from scipy import signal as sps

from cardioprint.benchmark.peers import preprocess as steps
from cardioprint.benchmark.peers.papagei import prepare as papagei

T = np.arange(2500) / 250
TONE = np.sin(2 * np.pi * 1.3 * T)


def level(x, rate, frequency):
    """Return the amplitude of a tone in the middle of a series."""
    part = x[len(x) // 4 : -len(x) // 4]
    t = np.arange(len(part)) / rate
    wave = np.exp(-2j * np.pi * frequency * t) * np.hanning(len(part))
    return 2 * abs(part @ wave) / np.hanning(len(part)).sum()


def test_what_was_measured():
    x = np.full(1000, np.nan, np.float32)
    assert steps.measured(x, 100) is None
    x[200:230] = 1
    assert steps.measured(x, 100) is None  # 0.3 s
    x[200:400] = np.arange(200)
    x[250:260] = np.nan
    found = steps.measured(x, 100)
    assert found is not None
    assert found == pytest.approx(np.arange(200.0))


@pytest.mark.parametrize("rate", [50.0, 62.4725, 100.0, 125.0, 360.0, 1000.0])
@pytest.mark.parametrize("wanted", [51.2, 100.0, 125.0, 500.0])
def test_ten_seconds_stay_ten_seconds(rate, wanted):
    x = np.sin(2 * np.pi * 1.3 * np.arange(round(10 * rate)) / rate)
    found = steps.to_rate(x, rate, wanted)
    assert len(found) == int(np.ceil(len(x) * wanted / rate - 1e-9))
    assert level(found, wanted, 1.3) == pytest.approx(1, abs=0.01)


def test_scalings():
    x = np.array([3.0, 1.0, 1.0, 7.0])
    z = steps.z_score(x)
    assert (z.mean(), z.std()) == pytest.approx((0, 1), abs=1e-6)
    assert not steps.z_score(np.full(5, 7.0)).any()
    assert steps.min_max(x) == pytest.approx([-1 / 3, -1, -1, 1])
    assert steps.rank(x) == pytest.approx([1 / 3, -2 / 3, -2 / 3, 1])


@pytest.mark.parametrize(
    ("make", "passes", "stops"),
    [
        (lambda x: steps.butterworth(x, 250, 0.5, 8, 3), 2.0, 30.0),
        (lambda x: steps.butterworth(x, 250, 0.5, None, 5), 40.0, 0.1),
        (lambda x: steps.chebyshev(x, 250, 0.5, 12), 2.0, 40.0),
        (lambda x: steps.notch(x, 250), 10.0, 50.0),
        (lambda x: steps.fir_bandpass(x, 250, 0.05, 47, 0.3), 10.0, 80.0),
        (lambda x: steps.smooth(x, 5), 1.0, 50.0),
        (lambda x: steps.less_median(x, 250, 0.4), 12.0, 0.1),
    ],
)
def test_filters_pass_and_stop_without_delay(make, passes, stops):
    kept, gone = (np.sin(2 * np.pi * f * T) for f in (passes, stops))
    assert level(make(kept), 250, passes) == pytest.approx(1, abs=0.1)
    assert level(make(gone), 250, stops) < 0.12
    middle = slice(600, 1900)
    assert np.corrcoef(make(kept)[middle], kept[middle])[0, 1] > 0.99


def test_smoothing_is_a_moving_mean_both_ways():
    kernel = np.full(7, 1 / 7)
    expected = sps.filtfilt(kernel, 1, TONE)
    assert steps.smooth(TONE, 7)[20:-20] == pytest.approx(expected[20:-20])
    assert len(steps.smooth(TONE[:3], 7)) == 3


def test_filters_take_short_and_slow_series():
    for rate in (20.0, 30.0, 50.0):
        x = np.sin(np.arange(round(0.6 * rate)))
        for y in (
            steps.chebyshev(x, rate, 0.5, 12),
            steps.butterworth(x, rate, 0.5, 40, 4),
            steps.notch(x, rate),
        ):
            assert y.shape == x.shape
            assert np.isfinite(y).all()


def test_filling_and_cutting():
    x = np.array([1.0, 2, 3])
    assert np.array_equal(steps.centred(x, 6), [0, 1, 2, 3, 0, 0])
    assert np.array_equal(steps.ended(x, 5), [1, 2, 3, 0, 0])
    assert np.array_equal(steps.preceded(x, 4), [np.nan, 1, 2, 3], equal_nan=True)
    for fill in (steps.centred, steps.ended, steps.preceded):
        assert np.array_equal(fill(x, 2), [1, 2])


def test_papagei_as_its_authors_prepare_ppg_bp():
    # The steps of their example, spelt out with SciPy: 2.1 s in the middle of 10 s.
    rng = np.random.default_rng(0)
    x = 2000 + 300 * np.sin(2 * np.pi * 1.2 * np.arange(525) / 250) + rng.normal(size=525)
    z = (x - x.mean()) / x.std()
    b, a = np.asarray(sps.cheby2(4, 20, [0.5, 12], "bandpass", fs=250))
    y = sps.filtfilt(np.full(12, 1 / 12), 1, sps.filtfilt(b, a, z))
    y = sps.resample_poly(y, 1, 2)
    found = papagei(x, 250.0, "ppg")
    first = (1250 - len(y)) // 2
    assert found.shape == (1250,)
    assert not found[:first].any()
    assert not found[first + len(y) :].any()
    inside = found[first : first + len(y)]
    assert inside[20:-20] == pytest.approx(y[20:-20], abs=0.03)
