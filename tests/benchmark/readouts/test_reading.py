"""What read-outs of frozen tokens know and do not know."""

import numpy as np
import pytest
import torch

from cardioprint.benchmark.readouts import reading
from cardioprint.benchmark.readouts.reading import Attention, Tokens
from cardioprint.models.m2ae import M2AE, Encoded, ModelConfig

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


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return M2AE(SMALL).eval()


def sines(hertz, phase=0.0, steps=50, features=3):
    time = torch.arange(steps) / 5.0
    course = torch.sin(2 * torch.pi * torch.tensor(hertz)[:, None] * time + phase)
    return course[..., None] * torch.arange(1.0, features + 1)


def test_power_knows_the_frequency_and_not_the_phase():
    found = reading.power(sines([1.0, 2.0])).mean(dim=2)
    assert found.argmax(dim=1).tolist() == [9, 19]  # multiples of 0.1 Hz, without the constant
    later = reading.power(sines([1.0, 2.0], phase=1.3)).mean(dim=2)
    assert torch.allclose(found, later, atol=0.05 * float(found.max()))


def test_autocorrelation_returns_after_a_period():
    found = reading.autocorrelation(sines([1.0]))
    assert found.shape == (1, 25)
    assert found[0, 4] > 0.9  # 5 steps later
    assert found[0, 2] < 0


def test_encoder_statistics_leave_out_what_was_not_measured(model):
    tokens = torch.randn(1, 50, 32)
    keep = torch.arange(50)[None] < 30
    at = torch.arange(50)[None]
    spoilt = torch.where(keep[..., None], tokens, torch.full_like(tokens, 1e3))
    z = torch.zeros(1, 10, 32)
    found = reading.encoder_statistics(
        model, Tokens(encoded={"ecg": Encoded(tokens=spoilt, at=at, keep=keep)}, z=z)
    )
    short = Encoded(tokens=tokens[:, :30], at=at[:, :30], keep=None)
    alone = reading.encoder_statistics(model, Tokens(encoded={"ecg": short}, z=z))
    assert torch.allclose(found, alone, atol=1e-4)


def test_every_read_out_gives_one_finite_vector_a_window(model):
    at = torch.arange(50).expand(2, -1)
    encoded = {m: Encoded(tokens=torch.randn(2, 50, 32), at=at, keep=None) for m in ("ecg", "ppg")}
    tokens = Tokens(encoded=encoded, z=model.bottleneck(encoded))
    found = reading.reads(model, size=16)
    assert next(iter(found)) == "the fingerprint"
    with torch.no_grad():
        for name, read in found.items():
            x = read.of(model, tokens)
            assert x.shape[0] == 2 and x.ndim == 2, name
            assert np.isfinite(x.numpy()).all(), name


def test_attention_begins_as_the_mean(model):
    z = torch.randn(3, 10, 32)
    mean = model.readout(z).mean(dim=1, keepdim=True)
    for heads in (0, 4):
        assert torch.allclose(Attention(model.readout, 32, heads)(z), mean, atol=1e-5)


def test_attention_can_look_at_one_token(model):
    z = torch.zeros(1, 10, 32)
    z[0, 3, 0] = 1.0
    pool = Attention(model.readout, 32, heads=4)
    with torch.no_grad():
        pool.score.weight[:, 0] = 50.0
        assert torch.allclose(pool(z)[0, 0], model.readout(z[:, 3])[0], atol=1e-4)
