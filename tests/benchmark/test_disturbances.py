"""Disturbances of windows in physical units: each does what it says and nothing else."""

import numpy as np
import pytest

from cardioprint.benchmark import disturbances as d
from cardioprint.benchmark.baselines.base import Series, Signals
from cardioprint.errors import ChannelError, RecordError, SamplingRateError

RATE = 100.0
T = np.arange(1000) / RATE
ECG = np.stack([np.sin(2 * np.pi * f * T) + 0.5 for f in (1.1, 3.0, 7.0)])
PPG = np.stack([np.cos(2 * np.pi * f * T) * 40 + 1000 for f in (0.9, 1.2, 1.7)])
BOTH = Signals.of(ecg=ECG, ppg=PPG, sampling_rate=RATE)


@pytest.mark.parametrize("rate", [25.0, 50.0, 64.0, 125.0, 250.0, 360.0, 500.0])
def test_another_rate_holds_what_it_can(rate):
    found = d.at_rate(BOTH, rate)
    assert len(found) == 3
    for name, series in found.series.items():
        at = np.arange(series.samples.shape[1]) / rate
        assert series.sampling_rate == rate and at[-1] <= T[-1] < at[-1] + 2 / rate
        frequencies = (1.1, 3.0, 7.0) if name == "ecg" else (0.9, 1.2, 1.7)
        for row, f in zip(series.samples, frequencies, strict=True):
            wave = np.sin if name == "ecg" else np.cos
            offset, tall = (0.5, 1) if name == "ecg" else (1000, 40)
            error = (row - offset) / tall - wave(2 * np.pi * f * at)
            inner = (at > 1) & (at < 9)
            assert np.abs(error[inner]).max() < 0.02, (name, f)
            assert np.abs(error).max() < 1.0  # the ends are guessed, not wild


def test_a_slow_device_filters_before_it_samples():
    fast = Signals.of(ecg=np.sin(2 * np.pi * 40 * T)[None], sampling_rate=RATE)
    slow = d.at_rate(fast, 25.0).series["ecg"].samples
    assert np.abs(slow[0, 25:-25]).max() < 0.01  # 40 Hz would fold to 10


def test_gaps_stay_where_they_were():
    x = ECG.copy()
    x[0, 300:400], x[1], x[2, 800:] = np.nan, np.nan, np.nan
    found = d.at_rate(Signals.of(ecg=x, sampling_rate=RATE), 50.0).series["ecg"].samples
    missing = np.isnan(found)
    assert missing[0].sum() == pytest.approx(50, abs=1) and missing[0, 150:200].all()
    assert missing[1].all() and missing[2, 400:].all() and not missing[2, :399].any()
    same = d.at_rate(BOTH, RATE)
    assert np.array_equal(same.series["ecg"].samples, BOTH.series["ecg"].samples)
    with pytest.raises(SamplingRateError):
        d.at_rate(BOTH, 0.0)


def test_shorter_windows_keep_their_beginning():
    found = d.shortened(BOTH, 2.5)
    assert np.array_equal(found.series["ppg"].samples, BOTH.series["ppg"].samples[:, :250])
    for seconds in (10.5, 0.0):
        with pytest.raises(RecordError, match="cut"):
            d.shortened(BOTH, seconds)


def test_polarity_and_gain_change_one_modality():
    upside = d.inverted(BOTH, "ecg")
    assert np.array_equal(upside.series["ecg"].samples, -BOTH.series["ecg"].samples)
    assert upside.series["ppg"] is BOTH.series["ppg"]
    loud = d.scaled(BOTH, "ppg", 4.0)
    assert np.array_equal(loud.series["ppg"].samples, 4 * BOTH.series["ppg"].samples)
    with pytest.raises(ChannelError):
        d.inverted(BOTH.only("ppg"), "ecg")


def test_clipping_follows_the_signal_up_to_its_share():
    x = ECG.copy()
    x[1], x[0, :5] = np.nan, np.nan
    found = d.clipped(Signals.of(ecg=x, sampling_rate=RATE), "ecg", 0.5).series["ecg"].samples
    assert np.nanmax(found[0]) == pytest.approx(1.0, abs=0.01)  # half of the way from 0.5 to 1.5
    assert np.nanmin(found[0]) == pytest.approx(0.0, abs=0.01)
    assert np.isnan(found[1]).all() and np.isnan(found[0, :5]).all()
    whole = d.clipped(BOTH, "ppg", 1.0).series["ppg"].samples
    assert whole == pytest.approx(PPG, rel=1e-6)


@pytest.mark.parametrize("seconds", [0.3, -0.3])
def test_a_delay_moves_the_ppg_against_the_ecg(seconds):
    # A beat at 5 s in the ECG, its pulse at 5.2 s; the PPG twice as fast.
    ecg, ppg = np.zeros((1, 1000)), np.zeros((1, 2000))
    ecg[0, 500], ppg[0, 1040] = 1, 1
    signals = Signals(
        series={
            "ecg": Series(samples=ecg, sampling_rate=100.0),
            "ppg": Series(samples=ppg, sampling_rate=200.0),
        }
    )
    found = d.delayed(signals, seconds)
    beat = found.series["ecg"].samples[0].argmax() / 100
    pulse = found.series["ppg"].samples[0].argmax() / 200
    assert pulse - beat == pytest.approx(0.2 + seconds)
    assert found.series["ecg"].samples.shape[1] == 970
    assert found.series["ppg"].samples.shape[1] == 1940
    with pytest.raises(RecordError, match="nothing"):
        d.delayed(signals, 12.0)


def test_a_missing_modality():
    assert set(d.without(BOTH, "ppg").series) == {"ecg"}
    with pytest.raises(ChannelError, match="nothing is left"):
        d.without(BOTH.only("ecg"), "ecg")
    with pytest.raises(ChannelError):
        d.without(BOTH.only("ecg"), "ppg")


def test_a_later_start_keeps_the_end():
    x = np.arange(40.0).reshape(2, 20)
    moved = d.later(Signals.of(ppg=x, sampling_rate=10.0), 0.5)
    np.testing.assert_array_equal(moved.series["ppg"].samples, x[:, 5:])
    with pytest.raises(RecordError, match="nothing is left"):
        d.later(Signals.of(ppg=x, sampling_rate=10.0), 2.0)
