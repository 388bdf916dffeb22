import numpy as np
import pytest

from cardioprint.errors import RecordError, SamplingRateError
from cardioprint.simulate import patient
from cardioprint.types import Modality


@pytest.fixture(scope="module")
def calm():
    return patient(minutes=5, seed=3, events=False)


@pytest.fixture(scope="module")
def eventful():
    return patient(minutes=5, seed=3)


def level(channel, times):
    """Return the channel at these times, by linear interpolation."""
    clock = np.arange(len(channel.samples)) / channel.sampling_rate
    return np.interp(times, clock, channel.samples)


def test_the_seed_decides_everything():
    once, truth = patient(minutes=1, seed=5)
    again, truth_again = patient(minutes=1, seed=5)
    other, _ = patient(minutes=1, seed=6)
    for a, b, c in zip(once.channels, again.channels, other.channels, strict=True):
        np.testing.assert_array_equal(a.samples, b.samples)
        assert not np.array_equal(a.samples, c.samples, equal_nan=True)
    np.testing.assert_array_equal(truth.r_peaks, truth_again.r_peaks)
    assert truth.artefacts == truth_again.artefacts


def test_the_sampling_rate_does_not_change_the_heart(calm):
    _, truth = calm
    _, other = patient(minutes=5, seed=3, events=False, ecg_rate=500, ppg_rate=64)
    np.testing.assert_array_equal(truth.r_peaks, other.r_peaks)
    np.testing.assert_allclose(truth.systolic_peaks, other.systolic_peaks, atol=0.004)
    np.testing.assert_allclose(truth.onsets, other.onsets, atol=0.010)


@pytest.mark.parametrize("ecg_rate, ppg_rate", [(250.0, 125.0), (100.0, 25.0), (360.0, 62.4725)])
def test_durations_rates_and_units(ecg_rate, ppg_rate):
    record, _ = patient(minutes=0.5, ecg_rate=ecg_rate, ppg_rate=ppg_rate, subject="p7")
    ecg, ppg = record.channels
    assert (ecg.modality, ecg.unit, ecg.lead) == (Modality.ECG, "mV", "II")
    assert (ppg.modality, ppg.unit) == (Modality.PPG, "NU")
    assert (ecg.sampling_rate, ppg.sampling_rate) == (ecg_rate, ppg_rate)
    assert (len(ecg.samples), len(ppg.samples)) == (round(30 * ecg_rate), round(30 * ppg_rate))
    assert record.subject == "p7"


def test_r_peaks_are_local_maxima(calm):
    record, truth = calm
    (ecg,) = record.of(Modality.ECG)
    for r in truth.r_peaks[1:-1]:
        at = round(r * ecg.sampling_rate)
        around = ecg.samples[at - 20 : at + 21]
        assert abs(int(np.argmax(around)) - 20) <= 1
        assert ecg.samples[at] > 0.8


def test_ecg_has_p_isoelectric_st_and_upright_t(calm):
    record, truth = calm
    (ecg,) = record.of(Modality.ECG)
    resting = (truth.kinds == "N") & (truth.r_peaks < 0.35 * record.duration)
    resting &= np.r_[False, truth.kinds[:-1] == "N"]
    resting[0] = False
    r_peaks = truth.r_peaks[resting]
    baseline = level(ecg, r_peaks - 0.075)
    assert 0.05 < np.mean(level(ecg, r_peaks - 0.145) - baseline) < 0.2  # P
    assert abs(np.mean(level(ecg, r_peaks + 0.08) - baseline)) < 0.02  # ST
    beat = np.mean([level(ecg, r + np.arange(0.1, 0.5, 0.004)) for r in r_peaks], axis=0)
    t_peak = 0.1 + 0.004 * np.argmax(beat)
    assert 0.1 < beat.max() - baseline.mean() < 0.6
    assert 0.24 < t_peak < 0.29  # T ends some 65 ms later: QT about 380 ms


def test_a_pulse_follows_each_beat(calm):
    record, truth = calm
    (ppg,) = record.of(Modality.PPG)
    seen = np.isfinite(truth.onsets)
    assert seen[:-2].all()
    arrival = (truth.onsets - truth.r_peaks)[seen]
    rise = (truth.systolic_peaks - truth.onsets)[seen]
    assert ((arrival > 0.17) & (arrival < 0.30)).all()
    assert ((rise > 0.07) & (rise < 0.25)).all()
    height = level(ppg, truth.systolic_peaks[seen]) - level(ppg, truth.onsets[seen])
    assert (height > 0.05).all()


def test_pulses_have_a_dicrotic_notch(calm):
    record, truth = calm
    (ppg,) = record.of(Modality.PPG)
    starts = truth.onsets[(truth.kinds == "N") & (truth.r_peaks < 0.35 * record.duration)]
    pulse = np.mean([level(ppg, t + np.arange(0.2, 0.5, 0.004)) for t in starts[1:]], axis=0)
    rising = np.flatnonzero(np.diff(pulse) > 0)
    assert rising.size > 5
    assert 0.25 < 0.2 + 0.004 * rising[0] < 0.38


def test_premature_beats_pause_and_send_weak_pulses(calm):
    record, truth = calm
    (ppg,) = record.of(Modality.PPG)
    height = level(ppg, truth.systolic_peaks) - level(ppg, truth.onsets)
    which = np.flatnonzero(truth.kinds == "V")
    assert 2 <= len(which) <= 8
    rr = np.diff(truth.r_peaks)
    usual = np.median(rr)
    for v in which:
        assert rr[v - 1] < 0.8 * rr[v - 2]
        assert rr[v] > 1.2 * usual or rr[v] > 1.2 * rr[v - 2]
        assert height[v] < 0.6 * height[v - 1]
    assert np.mean(height[which + 1] / height[which - 1]) > 1.05  # breathing hides it in one


def test_the_heart_rate_rises_and_comes_back():
    record, truth = patient(seed=1, heart_rate=60)
    share = truth.r_peaks / record.duration
    rest = truth.heart_rate[share < 0.38].mean()
    exertion = truth.heart_rate[(share > 0.5) & (share < 0.65)].mean()
    after = truth.heart_rate[share > 0.9].mean()
    assert abs(rest - 60) < 4
    assert exertion > 1.2 * rest
    assert abs(after - rest) < 5


def test_resting_variability_is_human():
    _, truth = patient(seed=2)
    calm_beats = truth.r_peaks[truth.r_peaks < 230]
    rr = np.diff(calm_beats)
    normal = (truth.kinds[1:] == "N") & (truth.kinds[:-1] == "N")
    sdnn = rr[normal[: len(rr)]].std()
    assert 0.02 < sdnn < 0.09  # Nunan 2010: 50 +- 16 ms


def test_events_spoil_only_their_stretch(calm, eventful):
    (clean, _), (record, truth) = calm, eventful
    kinds = [(a.modality, a.kind) for a in truth.artefacts]
    assert sorted(kinds) == [
        ("ecg", "electrode_noise"),
        ("ecg", "gap"),
        ("ppg", "gap"),
        ("ppg", "motion"),
        ("ppg", "sensor_off"),
    ]
    for before, after in zip(clean.channels, record.channels, strict=True):
        clock = np.arange(len(after.samples)) / after.sampling_rate
        touched = np.zeros(len(clock), dtype=bool)
        for event in truth.artefacts:
            if event.modality == after.modality:
                inside = (clock >= event.start) & (clock < event.stop)
                touched |= inside
                spoilt = after.samples[inside]
                if event.kind == "gap":
                    assert np.isnan(spoilt).all()
                elif event.kind == "sensor_off":
                    assert np.ptp(spoilt) == 0
                else:
                    error = np.std(spoilt - before.samples[inside])
                    assert error > np.std(before.samples[inside])
        np.testing.assert_array_equal(before.samples[~touched], after.samples[~touched])


@pytest.mark.parametrize("heart_rate", [40, 68, 120])
@pytest.mark.parametrize("minutes", [0.25, 2])
def test_the_corners_work(heart_rate, minutes):
    record, truth = patient(minutes=minutes, heart_rate=heart_rate, seed=9)
    assert (np.diff(truth.r_peaks) > 0.25).all()
    assert (truth.kinds == "V").any()
    assert np.isfinite(record.channels[0].samples).mean() > 0.9


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"minutes": 0}, RecordError),
        ({"minutes": float("nan")}, RecordError),
        ({"heart_rate": 300}, RecordError),
        ({"ecg_rate": 0}, SamplingRateError),
    ],
)
def test_impossible_patients_are_refused(wrong, error):
    with pytest.raises(error, match=next(iter(wrong))):
        patient(**wrong)
