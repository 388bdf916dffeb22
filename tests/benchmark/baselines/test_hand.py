"""Hand-made features against truths that are known."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.hand import ecg_waves, encoder, pulse, rhythm, shape
from cardioprint.benchmark.baselines.hand.encoder import NAMES, TABLE, HandMade


def column(vectors, modality, name):
    return vectors[:, NAMES[modality].index(name)]


@pytest.mark.parametrize("modality", ["ecg", "ppg"])
def test_every_feature_has_one_name_a_meaning_and_a_paper(modality):
    names = NAMES[modality]
    assert len(names) == len(set(names)) > 100
    described = [text for group in TABLE[modality].values() for text in group.values()]
    assert all(len(text) > 3 for text in described)
    assert all(any(c.isdigit() for c in paper) for paper in TABLE[modality])  # a year


@pytest.mark.parametrize("modality", ["ecg", "ppg"])
def test_what_is_computed_is_what_the_table_lists(people, modality, monkeypatch):
    seen = set()

    for measure in ("_ecg", "_ppg"):
        original = getattr(encoder, measure)

        def spy(*args, original=original):
            found = original(*args)
            seen.update(found)
            return found

        monkeypatch.setattr(encoder, measure, spy)
    vectors = HandMade().embed(people.only(modality))
    assert seen <= set(NAMES[modality])
    # Ten seconds are too short for low-frequency power; nothing else may be missing.
    missing = {n for n, v in zip(NAMES[modality], vectors.T, strict=True) if np.isnan(v).all()}
    assert missing == {"lf_power", "lf_hf"}


def test_heart_rate_of_simulated_people(people):
    both = HandMade().embed(people)
    n = len(NAMES["ecg"])
    assert column(both[:, :n], "ecg", "hr_median") == pytest.approx(people.known["hr"], abs=1.5)
    assert column(both[:, n:], "ppg", "hr_median") == pytest.approx(people.known["hr"], abs=3)


def test_waves_of_simulated_people_are_physiological(people):
    found = HandMade().embed(people.only("ecg"))
    for name, low, high in (
        ("pr_ms", 100, 220),
        ("qrs_ms", 50, 130),
        ("qt_ms", 280, 480),
        ("qtc_fridericia_ms", 330, 480),
        ("p_ms", 40, 150),
    ):
        middle = np.nanmedian(column(found, "ecg", name))
        assert low < middle < high, name
    assert (column(found, "ecg", "t_mv") > 0).all()
    assert (column(found, "ecg", "p_mv") > 0).mean() > 0.9


def test_amplitudes_follow_the_gain_and_intervals_do_not(people):
    x = people.series["ecg"].samples
    one = HandMade().embed(people.only("ecg"))
    two = HandMade().embed(Signals.of(ecg=2 * x, sampling_rate=250, lead="II"))
    assert column(two, "ecg", "r_mv") == pytest.approx(2 * column(one, "ecg", "r_mv"), rel=0.01)
    assert column(two, "ecg", "qrs_ms") == pytest.approx(column(one, "ecg", "qrs_ms"), abs=6)
    assert column(two, "ecg", "t_share") == pytest.approx(column(one, "ecg", "t_share"), abs=0.02)


def beat_of_gaussians(waves, rr=0.8):
    t = np.arange(-0.32, 0.50, 1 / ecg_waves.FINE)
    beat = np.sum([h * np.exp(-0.5 * ((t - at) / w) ** 2) for h, at, w in waves], axis=0)
    return beat, round(0.32 * ecg_waves.FINE), rr


def test_intervals_of_a_constructed_beat():
    p, qrs, t = (0.15, -0.16, 0.018), (1.0, 0.0, 0.010), (0.30, 0.28, 0.035)
    found = ecg_waves.measure(*beat_of_gaussians([p, qrs, t]))
    assert found["r_mv"] == pytest.approx(1.0, abs=0.03)
    assert found["p_mv"] == pytest.approx(0.15, abs=0.02)
    assert found["t_mv"] == pytest.approx(0.30, abs=0.03)
    assert found["rt_ms"] == pytest.approx(280, abs=4)
    assert found["qrs_ms"] == pytest.approx(2 * 3 * 10, abs=20)
    assert found["pr_ms"] == pytest.approx(160 + 2 * 18 - 30, abs=20)
    assert found["tp_te_ms"] == pytest.approx(2.5 * 35, abs=25)
    assert found["qt_ms"] == pytest.approx(found["jt_ms"] + found["qrs_ms"])
    assert found["qtc_bazett_ms"] == pytest.approx(found["qt_ms"] / np.sqrt(0.8))
    inverted = ecg_waves.measure(*beat_of_gaussians([p, qrs, (-0.30, 0.28, 0.035)]))
    assert inverted["t_mv"] == pytest.approx(-0.30, abs=0.03)
    assert inverted["qrs_t_concordance"] < 0 < found["qrs_t_concordance"]
    lifted = beat_of_gaussians([p, qrs, t])
    x = lifted[0] + 0.2 / (1 + np.exp(-(np.arange(len(lifted[0])) - lifted[1] - 20) / 2))
    assert ecg_waves.measure(x, lifted[1], 0.8)["st60_mv"] == pytest.approx(0.2, abs=0.05)


def test_second_derivative_ratios_of_a_constructed_pulse():
    # The second derivative itself is built from five waves; integrating twice gives the pulse.
    t = np.arange(0, 0.9, 1 / 1000)
    waves = [(1.0, 0.08), (-0.7, 0.16), (0.1, 0.235), (-0.3, 0.31), (0.25, 0.40)]
    curve = sum(h * np.exp(-0.5 * ((t - at) / 0.014) ** 2) for h, at in waves)
    pulse_wave = np.cumsum(np.cumsum(curve))
    line = pulse_wave[-1] * np.arange(len(t)) / (len(t) - 1)
    found = pulse.second_derivative(pulse_wave - line, 1000)
    for name, height in zip(("b_a", "c_a", "d_a", "e_a"), (-0.7, 0.1, -0.3, 0.25), strict=True):
        assert found[name] == pytest.approx(height, abs=0.02)
    assert found["b_ms"] == pytest.approx(80, abs=2)
    assert found["e_ms"] == pytest.approx(320, abs=2)
    assert found["aging_index"] == pytest.approx(-0.7 - 0.1 + 0.3 - 0.25, abs=0.05)


def test_contour_of_a_constructed_pulse():
    n = 400  # 0.8 s
    rise, fall = np.linspace(0, 1, 100, endpoint=False), np.linspace(1, 0, 300)
    found = pulse.contour(np.concatenate((rise, fall)))
    assert found["crest_ms"] == pytest.approx(200, abs=2)
    assert found["crest_share"] == pytest.approx(100 / n, abs=0.01)
    assert found["width_50_ms"] == pytest.approx(400, abs=6)
    assert found["width_ratio_50"] == pytest.approx(3, abs=0.1)
    shares = [found[f"area_{k}"] for k in range(1, 5)]
    assert sum(shares) == pytest.approx(1)
    assert found["ipa"] == pytest.approx(shares[3] / (1 - shares[3]))


def test_rhythm_of_known_beat_times():
    bigeminy = np.cumsum(np.tile([0.6, 1.0], 8))
    found = rhythm.rhythm(bigeminy, 13.0)
    assert found["rmssd_ms"] == pytest.approx(400)
    assert found["pnn50"] == 1
    assert found["prematurity"] == pytest.approx(0.6)
    assert found["pause"] == pytest.approx(1 / 0.6)
    assert found["turning_points"] == 1
    even = rhythm.rhythm(np.arange(20) * 0.8, 16.0)
    assert even["hr_median"] == pytest.approx(75)
    assert even["sdnn_ms"] == pytest.approx(0, abs=1e-6)
    rng = np.random.default_rng(0)
    fibrillation = rhythm.rhythm(np.cumsum(rng.uniform(0.4, 1.2, 30)), 24.0)
    assert (
        fibrillation["cosen"]
        > -1.4
        > rhythm.rhythm(np.cumsum(0.8 + 0.01 * rng.normal(size=30)), 24.0)["cosen"]
    )  # the threshold of Lake & Moorman 2011


def test_sample_entropy_of_order_and_of_chance():
    rng = np.random.default_rng(0)
    assert rhythm.sample_entropy(np.tile([0.0, 1.0], 50), 1, 0.1) == pytest.approx(0, abs=0.03)
    # Uniform numbers: the chance that one more value lies within r is about 2 r - r^2.
    x = rng.random(1500)
    assert rhythm.sample_entropy(x, 2, 0.1) == pytest.approx(-np.log(0.19), abs=0.1)


def test_spectrum_of_a_tone_and_of_noise():
    t = np.arange(1250) / 125
    tone = shape.describe(np.sin(2 * np.pi * 1.6 * t), "ppg", 125.0)
    noise = shape.describe(np.random.default_rng(0).normal(size=1250), "ppg", 125.0)
    assert tone["spectral_peak"] == pytest.approx(1.6, abs=0.05)
    assert tone["acf_lag"] == pytest.approx(1 / 1.6, abs=0.01)
    assert tone["mobility"] == pytest.approx(1.6, rel=0.01)
    assert tone["kurtosis"] == pytest.approx(1.5, abs=0.02)
    assert tone["spectral_entropy"] < 0.5 < 0.8 < noise["spectral_entropy"]


def test_missing_samples(people):
    x = people.series["ecg"].samples[:4].copy()
    short = HandMade().embed(Signals.of(ecg=x[:, :2000], sampling_rate=250, lead="II"))
    x[:, 2000:] = np.nan
    padded = HandMade().embed(Signals.of(ecg=x, sampling_rate=250, lead="II"))
    assert padded == pytest.approx(short, nan_ok=True)
    x[:, 900:930] = np.nan  # 120 ms: not bridged by the preparation
    assert np.isfinite(HandMade().embed(Signals.of(ecg=x, sampling_rate=250))).mean() > 0.9


@pytest.mark.parametrize("modality", ["ecg", "ppg"])
@pytest.mark.parametrize("x", [np.zeros((1, 1250)), np.ones((1, 30)), np.eye(1, 1250, 600)])
def test_odd_windows_give_numbers_or_nan_and_never_an_error(modality, x):
    out = HandMade().embed(Signals.of(**{modality: x}, sampling_rate=125.0))
    assert out.shape == (1, len(NAMES[modality]))
    assert not np.isinf(out).any()
