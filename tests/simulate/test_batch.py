import time

import numpy as np
import pytest

from cardioprint.errors import RecordError, SamplingRateError
from cardioprint.signal.beats import find_pulses, find_r_peaks
from cardioprint.simulate import Beat, Morphology, Rhythm, pairs


def matched(found, true, within=0.1):
    found, true = np.asarray(found), np.asarray(true)
    if not len(true):
        return float(not len(found))
    return np.mean([np.abs(found - t).min() < within if len(found) else False for t in true])


def test_shapes_units_and_names(crowd):
    assert crowd.ecg.shape == (1_100, 1, 1_250)
    assert crowd.ppg.shape == (1_100, 1_250)
    assert crowd.ecg.dtype == crowd.ppg.dtype == np.float32
    assert np.isfinite(crowd.ecg).all()
    assert np.isfinite(crowd.ppg).all()
    assert len(crowd) == 1_100
    assert 0.1 < np.median(np.ptp(crowd.ecg[:, 0], axis=1)) < 3
    assert np.abs(crowd.ecg).max() < 6


def test_any_split_and_any_order_give_the_same_windows():
    whole = pairs(96, 7, balanced=True, seconds=5.0)
    parts = [pairs(32, 7, balanced=True, seconds=5.0, first=f) for f in (64, 32, 0)][::-1]
    np.testing.assert_allclose(np.concatenate([p.ecg for p in parts]), whole.ecg, atol=2e-5)
    np.testing.assert_allclose(np.concatenate([p.ppg for p in parts]), whole.ppg, atol=2e-4)


def test_seeds_and_records_differ():
    one, other, later = pairs(8, 1), pairs(8, 2), pairs(8, 1, record=2)
    assert not np.allclose(one.ecg, other.ecg, atol=0.1)
    assert not np.allclose(one.ecg, later.ecg, atol=0.1)
    np.testing.assert_array_equal(one.truth.people.age, later.truth.people.age)
    np.testing.assert_array_equal(one.life.vectors.size, later.life.vectors.size)


def test_the_rate_does_not_change_the_physiology():
    coarse, fine = pairs(64, 3, balanced=True), pairs(64, 3, balanced=True, sampling_rate=500.0)
    np.testing.assert_array_equal(coarse.truth.r_peaks, fine.truth.r_peaks)
    np.testing.assert_allclose(coarse.ppg, fine.ppg[:, ::4], atol=0.02 * coarse.ppg.std())
    np.testing.assert_allclose(coarse.ecg, fine.ecg[..., ::4], atol=1e-3)
    keep = np.isfinite(coarse.truth.upslopes) & np.isfinite(fine.truth.upslopes)
    error = np.abs(coarse.truth.upslopes - fine.truth.upslopes)[keep]
    assert np.quantile(error, 0.95) < 0.004


def test_r_peaks_and_pulses_are_where_the_detectors_see_them(crowd):
    truth = crowd.truth
    plain = (truth.rhythm == Rhythm.SINUS) | (truth.rhythm == Rhythm.ATRIAL_FIBRILLATION)
    plain &= truth.morphology != Morphology.LEFT_BUNDLE_BRANCH_BLOCK
    hits, pulses = [], []
    for row in np.flatnonzero(plain):
        r = truth.r_peaks[row]
        r = r[np.isfinite(r) & (r > 0.3) & (r < 9.7)]
        hits.append(matched(find_r_peaks(crowd.ecg[row, 0], 125.0) / 125, r, 0.05))
        top = truth.systolic_peaks[row]
        top = top[np.isfinite(top) & (top > 0.5) & (top < 9.5)]
        wave = crowd.ppg[row] - crowd.ppg[row].mean()
        pulses.append(matched(find_pulses(wave, 125.0).systolic_peak / 125, top))
    assert np.mean(hits) > 0.98
    assert np.mean(pulses) > 0.98


def test_landmarks_come_in_order(crowd):
    t = crowd.truth
    seen = np.isfinite(t.r_peaks)
    assert ((t.kinds >= 0) == seen).all()
    for first, second in (
        (t.qrs_onsets, t.r_peaks),
        (t.r_peaks, t.qrs_offsets),
        (t.qrs_offsets, t.t_peaks),
        (t.t_peaks, t.t_ends),
    ):
        assert (first < second)[seen].all()
    pulse = np.isfinite(t.onsets)
    assert ((t.onsets < t.upslopes) & (t.upslopes < t.systolic_peaks))[pulse].mean() > 0.995
    assert (t.pat[pulse] > 0.05).all()
    weak = seen & (t.strength == 0)
    assert not np.isfinite(t.onsets[weak]).any()
    pr = t.pr[np.isfinite(t.pr)]
    assert 0.1 < pr.min() < pr.max() < 0.42


def test_the_label_says_what_is_inside(crowd):
    t = crowd.truth
    for kind, rhythm in (
        (Beat.VENTRICULAR, Rhythm.PREMATURE_VENTRICULAR),
        (Beat.ATRIAL_PREMATURE, Rhythm.PREMATURE_ATRIAL),
    ):
        assert (t.kinds == kind)[t.rhythm == rhythm].any(axis=1).all()
        assert not (t.kinds == kind)[t.rhythm == Rhythm.SINUS].any()
    assert len(set(t.rhythm.tolist())) == len(Rhythm)
    counts = np.bincount(t.rhythm, minlength=len(Rhythm))
    assert counts.min() > 60


def test_windows_can_show_a_change():
    batch = pairs(1_500, 2, balanced=True, change=1.0)
    t = batch.truth
    af = t.rhythm == Rhythm.ATRIAL_FIBRILLATION
    mixed = [(set(row[row >= 0].tolist())) for row in t.rhythms[af]]
    assert np.mean([len(s) > 1 for s in mixed]) > 0.6


def test_one_record_of_a_batch(crowd, inside):
    from cardioprint.simulate import Backend

    truth = crowd.truth.record(3, Backend())
    assert len(truth.r_peaks) == len(inside(crowd.truth.r_peaks[3])) == len(truth.kinds)
    assert truth.r_peaks.dtype == np.float64
    assert (truth.qt > 0.2).all()
    assert (truth.qrs > 0.06).all()


def test_labels_leave_no_trace_in_scale_or_baseline():
    """Between classes nothing differs but what the disease does to a beat."""
    batch = pairs(4_400, 12, balanced=True, change=0.0)
    people, t = batch.truth.people, batch.truth
    groups = [people.rhythm == r for r in Rhythm]
    for name in ("perfusion", "melanin", "systolic", "age", "transit_offset", "height"):
        values = getattr(people, name)
        means = np.array([values[g].mean() for g in groups])
        assert np.abs(means - values.mean()).max() < 0.2 * values.std() + 1e-9
    sizes = np.array([t.people.r_scale[t.morphology == m].mean() for m in Morphology])
    assert np.ptp(sizes) < 0.05
    # The conducted beats of all these rhythms are of one size.
    conducted = (
        Rhythm.SINUS,
        Rhythm.FIRST_DEGREE_BLOCK,
        Rhythm.ATRIAL_FIBRILLATION,
        Rhythm.WENCKEBACH,
        Rhythm.MOBITZ_2,
    )
    heights = [np.median(np.ptp(batch.ecg[people.rhythm == r, 0], axis=1)) for r in conducted]
    assert np.ptp(heights) < 0.15 * np.mean(heights)


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"count": 0}, RecordError),
        ({"first": -1}, RecordError),
        ({"record": 0}, RecordError),
        ({"first": 2**33}, RecordError),
        ({"seconds": 0.0}, RecordError),
        ({"seconds": float("nan")}, RecordError),
        ({"sampling_rate": 0}, SamplingRateError),
    ],
)
def test_impossible_batches_are_refused(wrong, error):
    with pytest.raises(error, match=next(iter(wrong))):
        pairs(**({"count": 2, "seed": 1} | wrong))


def test_a_thousand_pairs_take_a_second_or_two():
    pairs(256, 1)
    start = time.process_time()
    pairs(1_024, 2)
    assert time.process_time() - start < 2.5  # 2,000 a core-second where nobody else computes
