import numpy as np
import pytest

from cardioprint.corpus.lag import followed, lag_of


def test_lag_of_few_or_unrelated_beats():
    assert np.isnan(lag_of(np.arange(4.0), np.arange(4.0) + 0.3)[0])
    assert lag_of(np.arange(50.0), np.arange(50.0) + 0.3) == pytest.approx((0.3, 1), abs=0.005)
    lag, agreement = lag_of(np.arange(50.0), np.arange(50.0) + 0.95)
    assert np.isnan(lag) and agreement == 0


def test_every_beat_is_asked_for_its_own_pulse():
    r_peaks = np.arange(10.0)
    rises = np.delete(r_peaks + 0.25, [2, 7])
    np.testing.assert_array_equal(np.flatnonzero(~followed(r_peaks, rises, 0.25)), [2, 7])
    assert not followed(r_peaks, np.zeros(0), 0.25).any()


def test_a_day_of_beats_needs_no_square_of_memory():
    r_peaks = np.arange(0, 86400, 0.4)  # 216,000 beats: a table of all pairs has 370 GB
    assert lag_of(r_peaks, r_peaks + 0.3)[0] == pytest.approx(0.3, abs=0.005)
