"""The model as an encoder: raw and prepared windows, torch and int8."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.onnx import ShippedFingerprints
from cardioprint.benchmark.sets import select
from cardioprint.errors import ModelError, UnknownNameError
from cardioprint.signal.preparation import Preparation

BOTH = ("ecg", "ppg")


@pytest.fixture(scope="module")
def windows(people):
    return prepared.windows_of(people, list(BOTH), Preparation())


@pytest.fixture(scope="module")
def tested():
    pytest.importorskip("torch")
    from cardioprint.benchmark.baselines.m2ae import Fingerprints
    from cardioprint.models.pretrained import load_pretrained

    return Fingerprints(load_pretrained("tiny"), "tiny")


@pytest.fixture(scope="module")
def shipped():
    return ShippedFingerprints("tiny", "tiny int8")


@pytest.fixture(params=["tested", "shipped"])
def encoder(request):
    return request.getfixturevalue(request.param)


def test_raw_windows_are_prepared_and_then_the_same(encoder, people, windows):
    for modalities in (("ecg",), ("ppg",), BOTH):
        found = encoder.embed_prepared(windows, modalities)
        assert found.shape == (24, 2 * len(encoder.shared))
        assert encoder.embed(people.only(*modalities)) == pytest.approx(found, abs=1e-5)


def test_tokens_and_waveforms_have_the_shapes_they_promise(encoder, windows):
    assert encoder.timing(windows, ("ppg",)).shape == (24, 320)
    assert encoder.reconstruct(windows, "ppg", "ecg").shape == (24, 1250)
    none = select(windows, np.zeros(0, int))
    assert encoder.embed_prepared(none, ("ecg",)).shape == (0, 256)


def test_a_modality_that_is_not_asked_for_has_no_influence(encoder, windows):
    other = select(windows, np.arange(24))
    other.samples[:, 0] = 0
    found = encoder.embed_prepared(windows, ("ppg",))
    assert encoder.embed_prepared(other, ("ppg",)) == pytest.approx(found, abs=1e-6)


def test_what_was_not_measured_has_no_fingerprint(encoder, windows):
    part = select(windows, np.arange(3))
    part.valid[1], part.samples[1] = False, 0
    found = encoder.embed_prepared(part, ("ecg",))
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()


def test_one_forward_pass_for_fingerprint_timing_and_reconstruction(tested, windows, monkeypatch):
    calls = []
    read = tested.model.read
    monkeypatch.setattr(tested.model, "read", lambda shown: calls.append(1) or read(shown))
    part = select(windows, np.arange(5))
    tested.embed_prepared(part, ("ecg",))
    tested.timing(part, ("ecg",))
    tested.reconstruct(part, "ecg", "ppg")
    assert len(calls) == 1
    tested.timing(part, ("ppg",))
    assert len(calls) == 2


def test_int8_says_nearly_what_float32_says(tested, shipped, windows):
    def cosine(a, b):
        return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)

    for modalities in (("ecg",), ("ppg",), BOTH):
        pair = [e.embed_prepared(windows, modalities) for e in (tested, shipped)]
        assert cosine(*pair).min() > 0.98
        assert cosine(*[e.timing(windows, modalities) for e in (tested, shipped)]).min() > 0.98
    made = [e.reconstruct(windows, "ecg", "ppg") for e in (tested, shipped)]
    assert np.median(np.abs(made[0] - made[1])) < 0.1


def test_a_model_that_is_not_there_is_refused():
    with pytest.raises((ModelError, UnknownNameError)):
        ShippedFingerprints("nobody", "nobody")


def test_untrained_weights_are_drawn_once():
    pytest.importorskip("torch")
    from cardioprint.benchmark.baselines.m2ae import untrained

    signals = Signals.of(ecg=np.random.default_rng(0).normal(size=(2, 1250)), sampling_rate=125)
    assert np.array_equal(untrained().embed(signals), untrained().embed(signals))
