"""Baselines without a signal, and the mean beat's principal components."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines import base
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.beat_pca import BeatPCA
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.errors import RecordError


def test_demographics_are_what_is_known_and_nothing_of_the_signal(people):
    found = Demographics(("age", "sex")).embed(people)
    assert np.array_equal(found[:, 0], people.known["age"].astype(np.float32))
    assert np.array_equal(found[:, 1], people.known["sex"].astype(np.float32))
    silent = Signals.of(ecg=np.zeros((24, 100)), sampling_rate=100, known=people.known)
    assert np.array_equal(Demographics().embed(silent), found)
    with pytest.raises(RecordError, match=r"bmi.*age, hr, sex"):
        Demographics(("age", "bmi")).embed(people)


def test_axes_come_from_the_windows_they_were_fitted_on(people):
    encoder = BeatPCA(components=3)
    assert isinstance(encoder, base.Fits)
    with pytest.raises(ValueError, match="fit on training windows"):
        encoder.embed(people)
    train, test = people[:16], people[16:]
    fitted = encoder.fit(train)
    both = fitted.embed(test)
    assert both.shape == (8, 6)
    assert np.isfinite(both).all()
    assert fitted.embed(test[np.array([4])]) == pytest.approx(both[[4]], abs=1e-5)
    assert np.array_equal(encoder.fit(train).embed(test), both)
    # On what they were fitted on, coordinates are centred and uncorrelated, largest first.
    own = fitted.embed(train)[:, :3].astype(float)
    assert own.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-5)
    spread = np.cov(own.T)
    assert spread[0, 0] >= spread[1, 1] >= spread[2, 2]
    assert spread - np.diag(np.diag(spread)) == pytest.approx(np.zeros((3, 3)), abs=1e-6)


def test_a_window_without_a_beat_has_no_coordinates(people):
    fitted = BeatPCA(components=2).fit(people.only("ecg"))
    flat = Signals.of(ecg=np.zeros((1, 2500)), sampling_rate=250)
    assert np.isnan(fitted.embed(flat)).all()
    with pytest.raises(ValueError, match="no axes"):
        BeatPCA().fit(flat)
    with pytest.raises(ValueError, match="ppg"):
        fitted.embed(people.only("ppg"))
