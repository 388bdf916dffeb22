import pytest

torch = pytest.importorskip("torch")

from cardioprint.training import devices  # noqa: E402
from cardioprint.training.chance import Chance  # noqa: E402

RATE = 125.0
N = 1250


@pytest.fixture(scope="module")
def windows():
    """Return 300 windows of slow waves: 1 to 4 Hz, SD 1."""
    time = torch.arange(N) / RATE
    hertz = torch.linspace(1, 4, 300)[:, None, None]
    phase = torch.tensor([0.0, 1.0])[:, None]
    return 2**0.5 * torch.sin(2 * torch.pi * hertz * time + phase)


def slow(windows, rate, jitter=0.0):
    rates = ((rate, rate), (rate, rate))
    return devices.low_rate(
        windows, RATE, Chance(windows), probability=1.0, rates=rates, jitter=jitter
    )


def test_a_slow_device_keeps_slow_waves(windows):
    """A straight line between samples 1/rate apart misses at most (2 pi f / rate)^2 / 8."""
    out = slow(windows, 60.0)
    assert (out - windows)[..., 5:-5].abs().max() < 2**0.5 * (2 * torch.pi * 4 / 60) ** 2 / 8 + 0.01
    assert not torch.equal(out, windows)
    lag = (out[:, 0, 5:-5] * windows[:, 0, 4:-6]).mean() - (
        out[:, 0, 5:-5] * windows[:, 0, 6:-4]
    ).mean()
    assert lag.abs() < 2e-3  # nothing is moved


def test_a_slow_device_loses_fast_waves():
    fast = torch.sin(2 * torch.pi * 20.0 * torch.arange(N) / RATE).expand(50, 2, N)
    out = slow(fast, 25.0)
    assert ((out * fast).mean(-1) / fast.square().mean(-1)).mean() < 0.7


def test_an_uneven_clock_adds_its_own_noise(windows):
    """A jitter of s seconds turns a slope into noise of slope * s."""
    even, uneven = slow(windows, 100.0), slow(windows, 100.0, jitter=0.004)
    noise = (uneven - even)[:, 0].std(dim=-1)
    slope = 2 * torch.pi * torch.linspace(1, 4, 300)
    expected = 0.004 * slope
    torch.testing.assert_close(noise, expected * 0.85, rtol=0.25, atol=0)


def test_polarity(windows):
    out = devices.polarity(windows, Chance(windows), probabilities=(0.0, 1.0))
    assert torch.equal(out[:, 0], windows[:, 0]) and torch.equal(out[:, 1], -windows[:, 1])


def test_gain_steps(windows):
    out = devices.gain_steps(windows, Chance(windows), probability=1.0, largest=2.0)
    away = windows.abs() > 0.3
    gain = torch.where(away, out / windows, torch.nan)
    for row in range(20):
        found = gain[row, 0][away[row, 0]]
        assert len(torch.unique((found * 1e3).round())) <= 6  # three levels, give or take rounding
        assert found.min() > 0.24 and found.max() < 4.1
    assert torch.isfinite(out).all()


def test_clipping(windows):
    out = devices.clipping(windows, Chance(windows), probability=1.0, range=(0.5, 0.8))
    top = out.amax(-1) / windows.amax(-1)
    bottom = out.amin(-1) / windows.amin(-1)
    assert torch.minimum(top, bottom).min() > 0.49 and torch.minimum(top, bottom).max() < 0.81
    above, below = top < 0.99, bottom < 0.99
    for some in (above & ~below, below & ~above, above & below):
        assert some.float().mean() == pytest.approx(1 / 3, abs=0.07)


def test_quantisation(windows):
    out = devices.quantised(windows, Chance(windows), probability=1.0, bits=(4.0, 6.0))
    levels = torch.tensor([len(torch.unique(row)) for row in out[:50, 0]])
    assert levels.min() >= 15 and levels.max() <= 67
    span = windows.amax(-1) - windows.amin(-1)
    assert ((out - windows).abs().amax(-1) / span).max() <= 0.5 / 16 + 1e-4


def test_lost_for_a_while(windows):
    gone = devices.lost(windows, RATE, Chance(windows), probability=1.0, seconds=(0.5, 2.0))
    length = gone.sum(dim=-1) / RATE
    assert length.min() > 0.49 and length.max() < 2.02
    edges = gone.int().diff(dim=-1).abs().sum(dim=-1)
    assert edges.max() <= 2  # one piece
    anywhere = gone.float().mean(dim=(0, 1))
    assert anywhere[100:-100].min() > 0.05
    short = devices.lost(
        windows[..., :250], RATE, Chance(windows), probability=1.0, seconds=(3.0, 9.0)
    )
    assert short.float().mean(-1).max() < 0.51  # never more than half


def test_a_crop_moves_the_ppg_against_the_ecg():
    ramp = torch.arange(2000.0).expand(500, 2, 2000)
    out, start = devices.crop(ramp, 1250, Chance(ramp), apart=(-30, 60))
    assert out.shape == (500, 2, 1250)
    torch.testing.assert_close(out[..., 0], start.float())
    assert torch.equal(out.diff(dim=-1), torch.ones(500, 2, 1249))
    late = start[:, 0] - start[:, 1]
    assert late.min() == -30 and late.max() == 60
    assert start.min() >= 0 and (start + 1250).max() <= 2000
    assert start[:, 0].max() - start[:, 0].min() > 600
    for wrong in ({"n": 1990}, {"n": 10, "apart": (5, 3)}):
        with pytest.raises(ValueError):
            devices.crop(ramp, wrong.pop("n"), Chance(ramp), **({"apart": (-30, 60)} | wrong))
