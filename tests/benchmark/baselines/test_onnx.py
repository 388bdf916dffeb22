"""The int8 graphs as they are shipped give the fingerprints of the float32 weights."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.m2ae import Fingerprints
from cardioprint.benchmark.baselines.onnx import ShippedFingerprints
from cardioprint.errors import ChannelError
from cardioprint.models.pretrained import load_pretrained
from cardioprint.simulate.batch import pairs


@pytest.fixture(scope="module")
def signals():
    made = pairs(6, 1)
    ppg = np.array(made.ppg)
    ppg[2] = np.nan
    return Signals.of(
        ecg=np.asarray(made.ecg)[:, 0], ppg=ppg, sampling_rate=made.sampling_rate, lead="II"
    )


@pytest.mark.parametrize("modalities", [("ecg",), ("ppg",), ("ecg", "ppg")])
def test_int8_is_close_to_float32(signals, modalities):
    given = signals.only(*modalities)
    shipped = ShippedFingerprints("tiny", "tiny int8").embed(given)
    exact = Fingerprints(load_pretrained("tiny"), "tiny").embed(given)
    missing = np.isnan(exact).all(axis=1)
    np.testing.assert_array_equal(np.isnan(shipped).all(axis=1), missing)
    assert missing.any() == (modalities == ("ppg",))
    for a, b in zip(shipped[~missing], exact[~missing], strict=True):
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.99


def test_windows_with_nothing_that_it_takes_are_refused():
    encoder = ShippedFingerprints("tiny", "tiny int8")
    encoder.modalities = ("ppg",)
    with pytest.raises(ChannelError, match="takes ppg"):
        encoder.embed(Signals.of(ecg=np.zeros((1, 500)), sampling_rate=125.0))


def test_one_modality_is_made_from_the_other(signals):
    encoder = ShippedFingerprints("tiny", "tiny int8")
    windows = prepared.windows_of(signals, ["ecg", "ppg"], encoder.preparation)
    alone = encoder.embed_prepared(windows, ("ecg",))
    np.testing.assert_allclose(alone, encoder.embed(signals.only("ecg")), atol=1e-5)
    assert encoder.reconstruct(windows, "ecg", "ppg").shape == windows.samples[:, 1].shape
    assert encoder.shared == tuple(range(128))


def test_the_part_that_carries_phase_is_that_of_the_weights(signals):
    shipped = ShippedFingerprints("tiny", "tiny int8")
    windows = prepared.windows_of(signals, ["ecg", "ppg"], shipped.preparation)
    exact = Fingerprints(load_pretrained("tiny"), "tiny").timing(windows, ("ecg",))
    found = shipped.timing(windows, ("ecg",))
    assert found.shape == exact.shape
    assert np.corrcoef(found.ravel(), exact.ravel())[0, 1] > 0.99
