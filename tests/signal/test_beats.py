import numpy as np
import pytest

from cardioprint.signal.beats import arrival_times, find_pulses, find_r_peaks, heart_rate
from cardioprint.signal.preparation import Preparation, prepare_record
from cardioprint.simulate import patient
from cardioprint.types import Modality

RATE = 125.0


def clear_of(times, truth, modality, margin=3.0):
    """Return which times lie away from the artefacts of a modality and the record's ends."""
    clear = (times > 1.5) & (times < 298.5)
    for a in truth.artefacts:
        if a.modality == modality:
            clear &= (times < a.start - margin) | (times > a.stop + margin)
    return times[clear]


def f1(sensitivity, predictivity):
    return 2 * sensitivity * predictivity / (sensitivity + predictivity)


@pytest.mark.parametrize("seed, heart_rate_", [(3, 68), (4, 45), (5, 110), (6, 90)])
def test_beats_of_simulated_patients(seed, heart_rate_, beat_score):
    record, truth = patient(minutes=5, seed=seed, heart_rate=heart_rate_)
    prepared = prepare_record(record, Preparation())
    r_peaks = find_r_peaks(prepared.samples[0], RATE) / RATE
    found = clear_of(r_peaks, truth, Modality.ECG)
    true = clear_of(truth.r_peaks, truth, Modality.ECG)
    assert f1(*beat_score(found, true, within=0.05)) >= 0.98
    pulses = find_pulses(prepared.samples[1], RATE)
    # A premature beat's pulse may be too weak to be felt: its peak is no miss.
    peaks = truth.systolic_peaks[np.isfinite(truth.systolic_peaks)]
    found = clear_of(pulses.systolic_peak / RATE, truth, Modality.PPG)
    assert f1(*beat_score(found, clear_of(peaks, truth, Modality.PPG), within=0.1)) >= 0.98


def test_fiducials_come_in_order_and_lie_where_they_should(simulated):
    record, truth = simulated
    pulses = find_pulses(prepare_record(record, Preparation()).samples[1], RATE)
    assert (pulses.onset <= pulses.upslope).all()
    assert (pulses.upslope <= pulses.systolic_peak).all()
    assert (np.diff(pulses.systolic_peak) >= 0.25 * RATE).all()
    true = clear_of(truth.onsets[(truth.kinds == "N") & np.isfinite(truth.onsets)], truth, "ppg")
    found = pulses.onset / RATE
    off = np.array([found[np.argmin(np.abs(found - t))] - t for t in true])
    assert np.median(np.abs(off)) < 0.03


def test_inverted_ecg_has_the_same_beats(simulated):
    ecg = prepare_record(simulated[0], Preparation()).samples[0]
    up, down = find_r_peaks(ecg, RATE), find_r_peaks(-ecg, RATE)
    assert len(up) == len(down)
    assert np.abs(up - down).max() <= 2


def test_scale_does_not_matter(simulated):
    prepared = prepare_record(simulated[0], Preparation()).samples
    np.testing.assert_array_equal(
        find_r_peaks(prepared[0], RATE), find_r_peaks(1000 * prepared[0], RATE)
    )
    np.testing.assert_array_equal(
        find_pulses(prepared[1], RATE).upslope, find_pulses(1e-3 * prepared[1], RATE).upslope
    )


@pytest.mark.parametrize("find", (find_r_peaks, lambda x, r: find_pulses(x, r).systolic_peak))
def test_nothing_to_find_is_no_error(find):
    rng = np.random.default_rng(0)
    for count in (0, 1, 5, 124, 125, 126, 200, 1250):
        for x in (np.zeros(count), np.full(count, 3.0), rng.normal(size=count), -np.ones(count)):
            at = find(x, RATE)
            assert at.dtype == np.int64
            assert len(at) == 0 or (at.min() >= 0 and at.max() < count)
            assert (np.diff(at) > 0).all()
    assert len(find(np.zeros(5000), RATE)) == 0


def test_one_lonely_beat_is_found():
    t = np.arange(1250) / RATE
    x = np.exp(-0.5 * ((t - 5) / 0.012) ** 2) - 0.2 * np.exp(-0.5 * ((t - 5.04) / 0.012) ** 2)
    np.testing.assert_allclose(find_r_peaks(x, RATE), [625], atol=1)


def test_heart_rate_is_of_the_median_interval():
    at = np.array([0, 100, 200, 300, 500, 600])
    assert heart_rate(at, 100.0) == 60
    assert np.isnan(heart_rate(at[:2], 100.0))


def test_arrival_times():
    waits = arrival_times(np.array([0, 100, 200, 300]), np.array([25, 225, 395]), 100.0)
    np.testing.assert_allclose(waits, [0.25, np.nan, 0.25, np.nan])
    assert np.isnan(arrival_times(np.array([1, 2]), np.zeros(0, int), 100.0)).all()
    assert len(arrival_times(np.zeros(0, int), np.array([5]), 100.0)) == 0
