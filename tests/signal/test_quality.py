"""What must be thrown away, at every rate, and what must not."""

import numpy as np
import pytest

from cardioprint.signal.preparation import Preparation, cut, prepare, prepare_record
from cardioprint.signal.quality import REASONS, THRESHOLD, assess
from cardioprint.simulate import patient
from cardioprint.types import Modality, Record

P = Preparation()
RATES = (60, 100, 125, 250, 360, 500, 1000)
ROW = {"ecg": 0, "ppg": 1}


@pytest.fixture(scope="module")
def judge(prepared_of):
    """Return a function: samples -> (index of each window, reasons of each window)."""

    def judge(samples, rate, modality):
        prepared, windows = prepared_of(samples, rate, modality)
        quality = assess(prepared, windows)
        row = ROW[modality]
        known = quality.index[:, row][~np.isnan(quality.index[:, row])]
        assert ((known >= 0) & (known <= 1)).all()
        assert np.isnan(quality.index[:, 1 - row]).all()
        return quality.index[:, row], [quality.reasons(i, row) for i in range(len(windows))]

    return judge


def heart(modality, rate, seed=3, minutes=1):
    record, _ = patient(minutes=minutes, seed=seed, ecg_rate=rate, ppg_rate=rate, events=False)
    return record.of(Modality(modality))[0].samples


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("modality", ROW)
def test_a_good_signal_is_believed(judge, modality, rate):
    index, reasons = judge(heart(modality, rate), rate, modality)
    assert (index >= THRESHOLD).all()
    assert set(reasons) == {""}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("modality", ROW)
def test_white_noise_abstains(judge, modality, rate):
    rng = np.random.default_rng(rate)
    for level in (0.0, 1000.0):
        index, reasons = judge(level + rng.normal(size=60 * rate), rate, modality)
        assert (index < THRESHOLD).all()
        assert all("noise" in r for r in reasons)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("modality", ROW)
@pytest.mark.parametrize("level", (0.0, 3.3, -250.0, 1e6))
def test_flat_lines_abstain(judge, modality, rate, level):
    index, reasons = judge(np.full(30 * rate, level), rate, modality)
    assert (index < THRESHOLD).all()
    assert all("flat" in r for r in reasons)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("modality", ROW)
@pytest.mark.parametrize("mains", (50, 60))
def test_mains_hum_abstains(judge, modality, rate, mains):
    rng = np.random.default_rng(0)
    t = np.arange(30 * rate) / rate
    hum = np.sin(2 * np.pi * mains * t + 1) + 0.01 * rng.normal(size=len(t))
    index, _ = judge(hum, rate, modality)
    assert (index < THRESHOLD).all()


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("modality", ROW)
def test_saturated_signals_abstain(judge, modality, rate):
    """At any rate: resampling makes the flat tops swing, so they must be seen before it."""
    x = heart(modality, rate)
    for low, high in ((45, 55), (30, 70)):
        index, reasons = judge(np.clip(x, *np.percentile(x, [low, high])), rate, modality)
        assert (index < THRESHOLD).all()
        assert all("clipped" in r for r in reasons)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("modality", ROW)
def test_shuffled_samples_abstain(judge, modality, rate):
    x = np.random.default_rng(0).permutation(heart(modality, rate))
    index, reasons = judge(x, rate, modality)
    assert (index < THRESHOLD).all()
    assert all("noise" in r for r in reasons)


def test_inverted_ecg_is_as_good(judge):
    x = heart("ecg", 250)
    np.testing.assert_allclose(judge(-x, 250, "ecg")[0], judge(x, 250, "ecg")[0], atol=0.1)


@pytest.mark.parametrize("every", (2.4, 2.9))
def test_a_very_slow_heart_is_no_artefact(judge, every):
    """Escape beats on a quiet line: 25 and 21 a minute."""
    record, truth = patient(minutes=0.5, seed=3, events=False)
    at = round(truth.r_peaks[5] * 250)
    beat = record.channels[0].samples[at - 75 : at + 125] * np.hanning(200)
    x = 0.004 * np.random.default_rng(0).normal(size=40 * 250)
    for r in np.arange(1.0, 38.0, every):
        x[round(r * 250) : round(r * 250) + 200] += beat
    index, reasons = judge(x, 250, "ecg")
    assert (index >= THRESHOLD).all(), reasons


@pytest.mark.parametrize("heart_rate", (40, 120))
def test_slow_and_fast_hearts_are_believed(judge, heart_rate):
    record, _ = patient(minutes=2, seed=8, heart_rate=heart_rate, events=False)
    for modality, channel in zip(("ecg", "ppg"), record.channels, strict=True):
        index, _ = judge(channel.samples, channel.sampling_rate, modality)
        assert (index >= THRESHOLD).all()


def test_artefacts_are_flagged_and_only_they(simulated):
    record, truth = simulated
    prepared = prepare_record(record, P)
    windows = cut(prepared, P)
    quality = assess(prepared, windows)
    flagged = {"sensor_off": [], "electrode_noise": []}
    for artefact in truth.artefacts:
        inside = (windows.start >= artefact.start) & (windows.start + 10 <= artefact.stop)
        row = ROW[artefact.modality]
        if artefact.kind in flagged:
            flagged[artefact.kind] += list(quality.index[inside, row] < THRESHOLD)
        for i in np.flatnonzero(inside) if artefact.kind == "sensor_off" else ():
            assert "flat" in quality.reasons(i, row)
    assert all(len(f) > 0 and all(f) for f in flagged.values())
    for modality, row in ROW.items():
        clean = np.ones(len(windows), bool)
        for a in truth.artefacts:
            if a.modality == modality:
                clean &= (windows.start > a.stop + 1) | (windows.start + 10 < a.start - 1)
        assert (quality.index[clean, row] >= THRESHOLD).mean() >= 0.95


def test_one_noisy_stretch_condemns_no_other(judge):
    """Whole-record statistics would: the index of a window is its own affair."""
    rate = 1000
    x = heart("ecg", rate, minutes=2)
    hurt = x.copy()
    t = np.arange(60 * rate) / rate
    hurt[: 60 * rate] = 50 * np.sin(2 * np.pi * 480 * t)
    alone, _ = judge(x[60 * rate :], rate, "ecg")
    beside, _ = judge(hurt, rate, "ecg")
    assert (beside[:6] < THRESHOLD).all()
    np.testing.assert_allclose(beside[7:], alone[1:], atol=0.05)


@pytest.mark.parametrize("modality", ROW)
def test_remnants_between_gaps_abstain(judge, modality):
    x = heart(modality, 125)[:5000].copy()
    x[round(1.5 * 125) : 1250] = np.nan  # 1.5 of ten seconds are left
    x[1250 : 1250 + 800] = np.nan  # 3.6 of ten, at the end: short, but in one piece
    x[2500:3750:2] = np.nan  # every second sample
    index, reasons = judge(x, 125, modality)
    assert index[0] < THRESHOLD and "gap" in reasons[0]
    assert index[1] >= THRESHOLD
    assert index[3] >= THRESHOLD


def test_a_missing_channel_is_absent_not_bad(make_channel):
    x = heart("ecg", 125)
    for ppg in (None, make_channel(np.full(len(x), np.nan), 125, "ppg")):
        prepared = prepare(make_channel(x, 125), ppg, P)
        quality = assess(prepared, cut(prepared, P))
        assert np.isnan(quality.index[:, 1]).all()
        assert quality.reasons(0, 1) == "absent"
    x[:1250] = np.nan
    prepared = prepare(make_channel(x, 125), None, P)
    quality = assess(prepared, cut(prepared, P))
    assert quality.reasons(0, 0) == "absent"
    assert quality.reasons(2, 0) == ""


def test_reasons_are_the_named_ones(judge):
    rng = np.random.default_rng(0)
    for modality in ROW:
        for x in (np.zeros(2500), rng.normal(size=2500), np.cumsum(rng.normal(size=2500))):
            for text in judge(x, 125, modality)[1]:
                assert set(filter(None, text.split(", "))) <= set(REASONS)


@pytest.mark.parametrize("seconds", (0.0, 0.1, 1.0, 2.1, 3.0))
def test_short_records_do_not_raise(seconds):
    n = round(seconds * 250)
    record = Record.from_arrays(
        ecg=heart("ecg", 250)[:n], ppg=heart("ppg", 250)[:n], sampling_rate=250
    )
    prepared = prepare_record(record, P)
    quality = assess(prepared, cut(prepared, P))
    assert quality.index.shape == (int(seconds >= 2), 2)
    if seconds >= 3:
        assert (quality.index >= THRESHOLD).all()
