"""Stop band, agreement with soxr, and above all time: nothing may move."""

import numpy as np
import pytest
import soxr
from scipy import signal as sps

from cardioprint.signal.resampling import (
    design,
    extend,
    half_length,
    output_length,
    ratio,
    resample,
)

RATES = (60, 100, 250, 360, 500, 1000)


def db(x):
    return 20 * np.log10(np.maximum(np.abs(x), 1e-12))


@pytest.mark.parametrize("rate", RATES)
def test_designed_filter_stops_80_db_and_passes_flat(rate):
    fraction = ratio(rate, 125)
    up, down = fraction.numerator, fraction.denominator
    taps = design(up, down)
    assert len(taps) % 2 == 1
    np.testing.assert_allclose(taps, taps[::-1], atol=1e-15)
    nyquist = min(rate, 125) / 2
    hertz, gain = sps.freqz(taps / up, worN=1 << 16, fs=up * rate)
    assert db(gain[hertz >= nyquist]).max() <= -80
    assert np.abs(db(gain[hertz <= 0.8 * nyquist])).max() < 0.01


@pytest.mark.parametrize("rate", (250, 360, 500, 1000))
def test_tones_above_the_new_nyquist_do_not_fold_back(rate):
    t = np.arange(20 * rate) / rate
    for hertz in np.linspace(63, 0.49 * rate, 7):
        _, out = resample(np.sin(2 * np.pi * hertz * t), rate, 125)
        assert db(out[250:-250].std() * np.sqrt(2)) <= -80, hertz


@pytest.mark.parametrize("rate", (60, 100))
def test_tones_leave_no_image_when_the_rate_rises(rate):
    t = np.arange(40 * rate) / rate
    hertz = 0.36 * rate
    _, out = resample(np.sin(2 * np.pi * hertz * t), rate, 125)
    middle = out[1000:3500] * sps.windows.blackmanharris(2500)
    spectrum = np.abs(np.fft.rfft(middle)) / np.abs(np.fft.rfft(middle)).max()
    frequency = np.fft.rfftfreq(2500, 1 / 125)
    assert db(spectrum[np.abs(frequency - hertz) > 0.5]).max() <= -80


@pytest.mark.parametrize("rate", RATES)
def test_agrees_with_soxr_on_band_limited_noise(rate):
    """Within 2e-4 of the SD (-74 dB) where both pass; measured: below 1e-4."""
    rng = np.random.default_rng(rate)
    spectrum = np.fft.rfft(rng.standard_normal(60 * rate))
    spectrum[np.fft.rfftfreq(60 * rate, 1 / rate) > 0.7 * min(rate, 125) / 2] = 0
    x = np.fft.irfft(spectrum)
    _, ours = resample(x, rate, 125)
    theirs = soxr.resample(x, rate, 125, quality="HQ")
    n = min(len(ours), len(theirs))
    assert np.abs(ours[:n] - theirs[:n])[500:-500].max() < 2e-4 * x.std()


@pytest.mark.parametrize("rate", (*RATES, 62.5, 128, 256, 360.1, 62.4725))
def test_a_moment_stays_where_it_was(rate):
    """A bump at 7.3456 s comes out at 7.3456 s, to well under a millisecond."""
    at, width = 7.3456, 0.06
    t = np.arange(round(20 * rate)) / rate
    begin, out = resample(np.exp(-0.5 * ((t - at) / width) ** 2), rate, 125)
    clock = (begin + np.arange(len(out))) / 125
    assert abs((clock * out).sum() / out.sum() - at) < 2e-4
    np.testing.assert_allclose(out, np.exp(-0.5 * ((clock - at) / width) ** 2), atol=2e-3)


@pytest.mark.parametrize("rate", (*RATES, 360.1, 62.4725))
@pytest.mark.parametrize("first", (1, 37, 1001))
def test_a_stretch_keeps_the_clock_of_the_whole(rate, first):
    t = np.arange(round(20 * rate)) / rate
    x = np.sin(2 * np.pi * 3 * t)
    begin, out = resample(x[first:], rate, 125, first=first)
    assert begin == int(np.ceil(first * 125 / rate - 1e-9))
    clock = (begin + np.arange(len(out))) / 125
    wrong = np.abs(out - np.sin(2 * np.pi * 3 * clock))[60:-60].max()
    assert wrong / (2 * np.pi * 3) < 1e-3 * 1e-1  # a tenth of a millisecond at the steepest
    assert clock[-1] <= t[-1] + 1e-9


def test_ratios_no_small_fraction_describes_go_to_soxr():
    assert ratio(360, 125).denominator == 72
    assert ratio(360.1, 125) is None
    assert ratio(125 * np.pi / 3, 125) is None
    assert half_length(360.1, 125) > 0


def test_a_large_offset_leaves_no_ripple():
    """Phases of a polyphase filter differ a little in gain: 1e6 raw counts must not show it."""
    for rate in (60, 100, 360, 360.1):
        t = np.arange(round(10 * rate)) / rate
        x = np.sin(2 * np.pi * 2 * t)
        _, near = resample(x, rate, 125)
        _, far = resample(x + 1e6, rate, 125)
        np.testing.assert_allclose(far - 1e6, near, atol=1e-6)


@pytest.mark.parametrize("count", (1, 2, 5))
def test_extremely_short_series_give_numbers(count):
    for rate in (60, 125, 250, 1000, 360.1):
        begin, out = resample(np.ones(count), rate, 125)
        assert begin == 0
        assert len(out) == output_length(count, rate, 125)
        np.testing.assert_allclose(out, 1, atol=1e-6)


def test_extension_keeps_level_or_slope():
    ramp = np.arange(5.0)
    np.testing.assert_array_equal(extend(ramp, 2, odd=True), np.arange(-2.0, 7.0))
    np.testing.assert_array_equal(extend(ramp, 2, odd=False), [2, 1, 0, 1, 2, 3, 4, 3, 2])
    assert len(extend(ramp, 50, odd=True)) == 105
    np.testing.assert_array_equal(extend(np.ones(1), 3, odd=True), np.ones(7))
