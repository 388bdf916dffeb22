"""Encoders are given what they can take, once."""

import numpy as np
import pytest

import paired_people as people
from cardioprint.benchmark.baselines.beat_pca import BeatPCA
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.benchmark.paired.entrant import Entrant, entrants


@pytest.fixture
def data():
    return people.fresh(people.people())


def entrant(encoder):
    return Entrant(encoder=encoder, ask=lambda e, key, signals: e.embed(signals))


def test_who_takes_raw_windows_gets_them_and_is_asked_once(data):
    raw = people.Raw()
    entered = entrant(raw)
    first = entered.embed(data.full, ("ecg",))
    assert entered.embed(data.full, ("ecg",)) is first
    assert len(raw.seen) == 1
    assert list(raw.seen[0].series) == ["ecg"]
    assert not entered.prepared
    assert entered.shared == []
    assert not entered.phased
    assert not entered.generates
    with pytest.raises(TypeError, match="no tokens"):
        entered.timing(data.full, ("ecg",))
    with pytest.raises(TypeError, match="no decoders"):
        entered.reconstruct(data.full, "ecg", "ppg")


def test_hand_features_see_the_units_of_the_record(data):
    entered = entrant(HandMade())
    both = entered.embed(data.full, ("ecg", "ppg"))
    ecg, ppg = (entered.embed(data.full, (m,)) for m in ("ecg", "ppg"))
    assert np.array_equal(both, np.concatenate((ecg, ppg), axis=1), equal_nan=True)
    rates = data.ecg_rate
    assert ecg[:, 0] == pytest.approx(rates, abs=2)
    assert entered.prepared
    ppg_rates = ppg[:, entered.shared[0]]
    assert np.median(np.abs(ecg[:, entered.shared[0]] - ppg_rates)) < 2
    assert entered.standardise


def test_the_model_gets_no_help(data):
    assert not entrant(people.Oracle(data.full)).standardise


def test_what_looks_at_no_signal_or_must_be_fitted_takes_no_part(tmp_path):
    found = entrants(people.bench([HandMade(), Demographics(), BeatPCA()], tmp_path))
    assert [e.name for e in found] == ["hand features"]
