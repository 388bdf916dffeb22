"""Numbers behind the panels, on arrays small enough to check by hand."""

import math
from types import SimpleNamespace

import numpy as np

from cardioprint.plotting.excerpt import best_windows, steadiness
from cardioprint.plotting.generated import agreement
from cardioprint.plotting.numbers import components, grouped, reasons_of, similarity
from cardioprint.plotting.style import clock, length, time_unit


class Prints(SimpleNamespace):
    """As much of Fingerprints as the choice of a window needs."""

    def __len__(self):
        return len(self.start)


def test_groups_are_means_of_what_is_there():
    values = np.array([1.0, 3.0, np.nan, 5.0, np.nan, np.nan, 7.0])
    np.testing.assert_array_equal(grouped(values, 4), [2.0, 5.0, np.nan, 7.0])
    assert grouped(values, 10) is values
    assert grouped(np.ones((8640, 3)), 240).shape == (240, 3)


def test_components_hold_the_variance_and_leave_gaps():
    rng = np.random.default_rng(0)
    course = rng.standard_normal((50, 2)) * [5.0, 1.0]
    turn = np.linalg.qr(rng.standard_normal((8, 8)))[0][:2]
    vectors = course @ turn
    vectors[7] = np.nan
    scores, shares = components(vectors)
    assert np.isnan(scores[7]).all() and np.isfinite(np.delete(scores, 7, 0)).all()
    assert shares[0] > 0.9 and math.isclose(shares[:2].sum(), 1.0, abs_tol=1e-9)
    known = np.delete(np.arange(50), 7)
    assert abs(np.corrcoef(scores[known, 0], course[known, 0])[0, 1]) > 0.98


def test_components_need_two_windows():
    assert components(np.ones((1, 8)))[0].shape == (1, 0)
    assert components(np.full((5, 8), np.nan))[1].size == 0
    assert components(np.eye(2))[0].shape == (2, 1)  # two points lie on one line


def test_similarity_is_the_cosine():
    matrix = similarity(np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [np.nan, np.nan]]))
    np.testing.assert_allclose(matrix[:3, :3].diagonal(), 1)
    assert matrix[0, 1] == 0 and math.isclose(matrix[0, 2], math.sqrt(0.5))
    assert np.isnan(matrix[3]).all()


def test_agreement_finds_the_delay():
    rng = np.random.default_rng(1)
    truth = np.convolve(rng.standard_normal(1250), np.ones(5) / 5, mode="same")
    late = np.roll(truth, 10)
    r, best, shift = agreement(truth, late, 125.0)
    assert r < 0.5 and best > 0.99 and shift == 10 / 125
    assert all(math.isnan(x) for x in agreement(np.full(1250, np.nan), late, 125.0)[:2])


def test_reasons_are_those_of_the_channel():
    prints = SimpleNamespace(reasons=("", "ecg: noise, clipped; ppg: flat", "ppg: no beats"))
    assert reasons_of(prints, 0) == ["", "noise", ""]
    assert reasons_of(prints, 1) == ["", "flat", "no beats"]


def test_the_best_windows_are_good_in_both_and_agree():
    prints = Prints(
        quality=np.array([[1.0, 0.2], [0.9, 0.95], [0.9, 0.95], [0.6, 1.0], [1.0, 1.0]]),
        heart_rate=np.array([[70.0, 70], [70, 90], [70, 70.5], [70, 70], [70, 70]]),
        vectors=np.ones((5, 4)),
        vector=np.ones(4),
        start=np.arange(5) * 10.0,
        window=10.0,
    )
    assert best_windows(prints, end=45.0) == [2, 1]  # the last window is cut short


def test_a_spike_is_not_steady():
    time = np.arange(1500) / 125
    wave = np.stack([np.sin(2 * np.pi * 1.3 * time), np.full(1500, np.nan)])
    assert steadiness(wave, 125.0) > 0.95
    wave[0, 700] = 10
    assert steadiness(wave, 125.0) < 0.3


def test_times_are_written_as_people_do():
    assert (clock(42), clock(239), clock(47110)) == ("0:42", "3:59", "13:05:10")
    assert (length(2.1), length(300), length(1806), length(86400)) == (
        "2.1 s",
        "5 min",
        "30 min 6 s",
        "24 h",
    )
    assert [time_unit(s)[1] for s in (10, 600, 86400)] == ["seconds", "minutes", "hours"]
