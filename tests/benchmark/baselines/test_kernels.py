"""Random kernels: the paper's construction, and proportions that are known."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines import kernels
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.kernels import KERNELS, RandomKernels


def test_there_are_84_kernels_that_ignore_the_level():
    assert KERNELS.shape == (84, 9)
    assert len(np.unique(KERNELS, axis=0)) == 84
    assert not KERNELS.sum(axis=1).any()
    assert ((KERNELS == 2).sum(axis=1) == 3).all()


@pytest.mark.parametrize("per_kernel", [1, 7, 18, 119])
def test_dilations_share_out_the_features_and_fit_the_signal(per_kernel):
    found = kernels.dilations(1250, per_kernel)
    assert sum(found.values()) == per_kernel
    assert min(found) == 1
    assert max(found) * 8 < 1250
    with pytest.raises(ValueError, match="shorter"):
        kernels.dilations(8, 1)


@pytest.mark.parametrize("dilation", [1, 3, 20])
def test_responses_are_dilated_convolutions(dilation):
    x = np.random.default_rng(0).normal(size=200).astype(np.float32)
    found = kernels.responses(x, dilation)
    for k in (0, 40, 83):
        spread = np.zeros(8 * dilation + 1)
        spread[::dilation] = KERNELS[k][::-1]
        assert found[k] == pytest.approx(np.convolve(x, spread, mode="same"), abs=1e-4)


def test_proportions_of_a_known_series():
    # A single 1 meets every weight of a kernel once: three positions give 2, six give -1.
    x = np.zeros(100, np.float32)
    x[50] = 1
    bias = np.tile([-1.5, -0.5, 0.5, 2.5], (84, 1)).astype(np.float32)
    found = kernels.ppv(x, {1: bias}).reshape(84, 4)
    padded, inner = found[0::2], found[1::2]  # every other kernel without the ends
    assert padded == pytest.approx(np.tile([1, 0.94, 0.03, 0], (42, 1)))
    assert inner == pytest.approx(np.tile([1, 86 / 92, 3 / 92, 0], (42, 1)))


def test_biases_are_quantiles_of_examples():
    examples = np.random.default_rng(0).normal(size=(10, 500)).astype(np.float32)
    biases = kernels.draw_biases(examples, 20, seed=0)
    found = np.concatenate([kernels.ppv(x, biases)[None] for x in examples])
    # Quantiles spread evenly between 0 and 1, so proportions do too.
    assert found.mean() == pytest.approx(0.5, abs=0.02)
    assert np.quantile(found, [0.1, 0.9]) == pytest.approx([0.1, 0.9], abs=0.05)
    assert np.array_equal(kernels.draw_biases(examples, 20, 0)[1], biases[1])
    assert not np.array_equal(kernels.draw_biases(examples, 20, 1)[1], biases[1])


def test_level_and_gain_of_the_sensor_do_not_matter(people):
    encoder = RandomKernels(features=168)
    x = people.series["ppg"].samples[:6]
    one = encoder.embed(Signals.of(ppg=x, sampling_rate=250))
    two = encoder.embed(Signals.of(ppg=40 * x + 1000, sampling_rate=250))
    assert one.shape == (6, 168)
    assert two == pytest.approx(one, abs=0.02)


def test_biases_of_a_training_fold_are_another_encoder(people):
    frozen = RandomKernels(features=168)
    fitted = frozen.with_biases_of(people[:10])
    a, b = (e.embed(people[10:]) for e in (frozen, fitted))
    assert a.shape == b.shape == (14, 336)
    assert not np.allclose(a, b, atol=0.01)
    assert np.array_equal(frozen.embed(people[10:]), a)
    empty = Signals.of(ecg=np.full((2, 2500), np.nan), sampling_rate=250)
    with pytest.raises(ValueError, match="measured ecg"):
        frozen.with_biases_of(empty)
