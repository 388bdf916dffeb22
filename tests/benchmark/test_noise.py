"""Noise in physical units: the ratio that was asked for, the spectrum of its kind."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.noise import PROFILES, height, noisy
from cardioprint.errors import ChannelError, UnknownNameError
from cardioprint.simulate import patient

RATE = 250.0


@pytest.fixture(scope="module")
def signals():
    record, _ = patient(minutes=2, seed=3, events=False, ecg_rate=RATE, ppg_rate=RATE)
    n = int(10 * RATE)
    ecg, ppg = (c.samples[: len(c.samples) // n * n].reshape(-1, n) for c in record.channels[:2])
    return Signals.of(ecg=ecg, ppg=ppg, sampling_rate=RATE)


def spectrum(added):
    power = (np.abs(np.fft.rfft(added * np.hanning(added.shape[1]), axis=1)) ** 2).mean(axis=0)
    return np.fft.rfftfreq(added.shape[1], 1 / RATE), power / power.sum()


@pytest.mark.parametrize("modality", ["ecg", "ppg"])
def test_every_kind_has_the_ratio_asked_for(signals, modality):
    clean = signals.series[modality].samples
    tall = height(signals.series[modality])
    for profile in PROFILES[modality]:
        for snr in (12.0, -6.0):
            added = noisy(signals, modality, profile, snr).series[modality].samples - clean
            got = 10 * np.log10(tall**2 / 8 / added.var(axis=1))
            assert got == pytest.approx(np.full(len(tall), snr), abs=0.05), profile
    other = "ppg" if modality == "ecg" else "ecg"
    untouched = noisy(signals, modality, "white", 0.0).series[other]
    assert untouched is signals.series[other]


def test_height_is_that_of_the_waves():
    t = np.arange(int(10 * RATE)) / RATE
    beats = 1.2 * np.exp(-0.5 * (((t % 0.8) - 0.4) / 0.01) ** 2)
    drift = Signals.of(ecg=np.stack((beats, beats + 0.01 * t, 0 * t)), sampling_rate=RATE)
    assert height(drift.series["ecg"]) == pytest.approx([1.2, 1.2, 0], abs=0.03)


def test_kinds_lie_where_they_belong(signals):
    def share(modality, profile, low, high):
        series = signals.series[modality].samples
        hertz, power = spectrum(
            noisy(signals, modality, profile, 0.0).series[modality].samples - series
        )
        return power[(hertz >= low) & (hertz < high)].sum()

    assert share("ecg", "wander", 0, 0.8) > 0.9
    assert share("ecg", "muscle", 10, 125) > 0.9
    assert share("ecg", "electrode", 0, 5) > 0.6
    assert share("ecg", "hum", 48, 52) > 0.8
    assert share("ecg", "white", 0, 62.5) == pytest.approx(0.5, abs=0.05)
    assert share("ppg", "motion", 0, 5) > 0.7
    assert share("ppg", "walking", 0.5, 10) > 0.9


def test_one_seed_is_one_noise_at_every_ratio(signals):
    clean = signals.series["ecg"].samples
    loud, quiet = (
        noisy(signals, "ecg", "muscle", s).series["ecg"].samples - clean for s in (0, 20)
    )
    assert np.corrcoef(loud.ravel(), quiet.ravel())[0, 1] > 0.999
    again = noisy(signals, "ecg", "muscle", 0).series["ecg"].samples
    assert np.array_equal(again, clean + loud) or np.allclose(again, clean + loud)
    other = noisy(signals, "ecg", "muscle", 0, seed=1).series["ecg"].samples - clean
    assert abs(np.corrcoef(loud.ravel(), other.ravel())[0, 1]) < 0.05


def test_missing_samples_stay_missing_and_flat_windows_stay_flat():
    x = np.random.default_rng(0).normal(size=(3, 500))
    x[0, 100:200], x[1], x[2] = np.nan, np.nan, 3.0
    found = noisy(Signals.of(ppg=x, sampling_rate=50), "ppg", "motion", 0).series["ppg"].samples
    assert np.array_equal(np.isnan(found), np.isnan(x))
    assert (found[2] == 3).all()


def test_unknown_noise_and_absent_signals_are_refused(signals):
    with pytest.raises(UnknownNameError, match="electrode, hum, muscle"):
        noisy(signals, "ecg", "motion", 0)
    with pytest.raises(ChannelError):
        noisy(signals.only("ppg"), "ecg", "white", 0)
