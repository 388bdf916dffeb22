"""Read-outs as encoders: where they lie is learnt from pretraining windows alone."""

import numpy as np
import pytest
import torch

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.m2ae import Fingerprints
from cardioprint.benchmark.readouts.encoder import AlignedReadOut, Axes, ReadOut, ReadOuts
from cardioprint.benchmark.readouts.reading import reads
from cardioprint.models.m2ae import M2AE, ModelConfig
from cardioprint.types import Windows

SMALL = ModelConfig(
    features=32,
    heads=2,
    encoder_layers=1,
    bottleneck_layers=1,
    decoder_features=16,
    decoder_layers=1,
    timing=8,
    fingerprint=32,
)


def windows(count, seed=0):
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=(count, 2, 1250)).astype(np.float32)
    return Windows(
        start=np.zeros(count),
        samples=samples,
        valid=np.ones(samples.shape, bool),
        mean=np.zeros((count, 2), np.float32),
        scale=np.ones((count, 2), np.float32),
        sampling_rate=125.0,
    )


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return M2AE(SMALL).eval()


@pytest.fixture(scope="module")
def everything(model):
    return ReadOuts(model, reads(model, size=16), windows(24))


def ask(encoder, key, signals):
    return encoder.embed(signals)


def test_the_reference_is_the_fingerprint_as_shipped(model, everything):
    some = windows(5, seed=1)
    ours = AlignedReadOut("the fingerprint", everything, ask)
    theirs = Fingerprints(model, "shipped")
    for shown in (("ecg",), ("ppg",), ("ecg", "ppg")):
        expected = theirs.embed_prepared(some, shown)
        assert np.allclose(ours.embed_prepared(some, shown), expected, atol=1e-5)
    assert ours.shared == theirs.shared


def test_windows_as_recorded_give_the_columns_of_the_same_read_out(model, everything):
    rng = np.random.default_rng(2)
    signals = Signals.of(ppg=rng.normal(size=(3, 1250)).cumsum(axis=1), sampling_rate=125.0)
    expected = Fingerprints(model, "shipped").embed(signals)
    found = ReadOut("the fingerprint", everything, ask).embed(signals)
    assert np.allclose(found, expected, atol=1e-5)
    for name in everything.reads:
        width = everything.widths["ppg",][name]
        assert ReadOut(name, everything, ask).embed(signals).shape == (3, width), name


def test_what_was_not_measured_is_nan(everything):
    some = windows(2)
    valid = some.valid.copy()
    valid[1, 0] = False
    silent = Windows(**{**vars(some), "valid": valid})
    found = everything.prepared(silent, ("ecg",))["mean of tokens"]
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_vectors_are_centred_on_what_was_learnt_from(everything):
    learnt = everything.prepared(windows(24), ("ecg",))["mean and SD of encoders"]
    assert np.allclose(learnt.mean(axis=0), 0, atol=1e-3)
    assert np.allclose(learnt.std(axis=0), 1, atol=1e-2)


def test_axes_keep_distances_and_even_out_spreads():
    rng = np.random.default_rng(0)
    low = rng.normal(size=(400, 8)) * np.geomspace(1, 0.05, 8)
    x = (low @ rng.normal(size=(8, 40))).astype(np.float32)
    axes = Axes.of(x, 8)
    whole, cut = Axes.of(x, None)(x), axes(x)
    assert cut.shape == (400, 8)
    ratio = np.linalg.norm(cut[:50] - cut[50:100], axis=1) / np.linalg.norm(
        whole[:50] - whole[50:100], axis=1
    )
    assert np.allclose(ratio, 1, atol=1e-3)
    spread = cut.std(axis=0)
    assert spread.max() / spread.min() < 6  # plain principal axes: 40 and more


def test_a_constant_feature_stays_at_nought():
    x = np.ones((10, 3), np.float32)
    x[:, 1] = np.arange(10)
    assert np.array_equal(Axes.of(x, None)(x)[:, [0, 2]], np.zeros((10, 2)))
    assert np.isfinite(Axes.of(x, 2)(x)).all()
