"""Encoders: shapes, determinism, absent modalities, checkpoints."""

import json

import numpy as np
import pytest

from cardioprint.benchmark import encoders, features
from cardioprint.benchmark.sets import excerpt_of, median_rate, paired_set, select
from cardioprint.signal.preparation import Preparation, cut, prepare_record
from cardioprint.simulate import patient


@pytest.fixture(scope="module")
def paired():
    record, _ = patient(minutes=1, seed=1, heart_rate=72, events=False)
    return paired_set([record], Preparation())


def test_model_shapes(paired):
    pytest.importorskip("torch")
    encoder = encoders.random_encoder()
    for modalities in (("ecg",), ("ppg",), ("ecg", "ppg")):
        out = encoder.embed(paired.windows, modalities)
        assert out.shape == (6, 256)
        assert out.dtype == np.float32
    assert encoder.timing(paired.windows, ("ppg",)).shape == (6, 320)
    assert encoder.reconstruct(paired.windows, "ppg", "ecg").shape == (6, 1250)
    assert isinstance(encoder, encoders.Timing)
    assert isinstance(encoder, encoders.Reconstructs)
    again = encoders.random_encoder()
    assert np.array_equal(
        again.embed(paired.windows, ("ecg",)), encoder.embed(paired.windows, ("ecg",))
    )


def test_a_modality_that_is_not_asked_for_has_no_influence(paired):
    pytest.importorskip("torch")
    other = select(paired.windows, np.arange(6))
    other.samples[:, 0] = 0
    for encoder in (encoders.random_encoder(), encoders.HandMade()):
        a = encoder.embed(paired.windows, ("ppg",))
        assert np.array_equal(a, encoder.embed(other, ("ppg",)), equal_nan=True)


def test_checkpoint_round_trip(paired, tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    from cardioprint.models.m2ae import M2AE
    from cardioprint.training.recipes import smoke

    torch.manual_seed(0)
    model = M2AE(smoke().model)
    tensors = {f"average.model.{k}": v.contiguous() for k, v in model.state_dict().items()}
    about = json.dumps({"model": smoke().model.to_dict()})
    save_file(tensors, tmp_path / "last.safetensors", metadata={"step": "7", "about": about})
    loaded = encoders.load_checkpoint(tmp_path / "last.safetensors")
    assert loaded.name == "M2AE, step 7"
    direct = encoders.TorchEncoder(model, "direct").embed(paired.windows, ("ecg",))
    assert np.array_equal(loaded.embed(paired.windows, ("ecg",)), direct)


def test_hand_made_features(paired):
    hand = encoders.HandMade()
    ecg, ppg = hand.embed(paired.windows, ("ecg",)), hand.embed(paired.windows, ("ppg",))
    assert ecg.shape[1] >= 20
    assert ppg.shape[1] >= 20
    assert hand.embed(paired.windows, ("ecg", "ppg")).shape[1] == ecg.shape[1] + ppg.shape[1]
    truth = [median_rate(x) for x in paired.r_peaks]
    assert ecg[:, 0] == pytest.approx(truth, abs=2)
    assert ppg[:, 0] == pytest.approx(truth, abs=3)
    assert np.isfinite(ecg).mean() > 0.95


@pytest.mark.parametrize("modality", ["ecg", "ppg"])
@pytest.mark.parametrize("x", [np.zeros(1250), np.ones(30), np.sin(np.arange(262) / 9)])
def test_odd_windows_give_numbers_or_nan_and_never_an_error(modality, x):
    out = features.describe(x.astype(np.float32), modality, 125.0)
    assert len(out) == len(features.describe(np.zeros(1250, np.float32), modality, 125.0))
    assert not np.isinf(out).any()


def test_cached_asks_once(paired):
    class Counting(encoders.HandMade):
        calls = 0

        def embed(self, windows, modalities):
            self.calls += 1
            return super().embed(windows, modalities)

    counting = Counting()
    cached = encoders.Cached(counting)
    first = cached.embed(paired.windows, ("ppg",))
    assert cached.embed(paired.windows, ("ppg",)) is first
    cached.embed(paired.windows, ("ecg",))
    assert counting.calls == 2


def test_a_short_excerpt_makes_one_window():
    record, _ = patient(minutes=1, seed=1, events=False)
    excerpt = excerpt_of(record, 10.0, 2.1)
    assert excerpt.duration == pytest.approx(2.1, abs=0.01)
    preparation = Preparation()
    windows = cut(prepare_record(excerpt, preparation), preparation)
    assert len(windows) == 1
    assert windows.valid[0, 0].mean() == pytest.approx(0.21, abs=0.001)
