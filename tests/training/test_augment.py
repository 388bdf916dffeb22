import pytest

torch = pytest.importorskip("torch")

from cardioprint.training.augment import add_noise, device_filter  # noqa: E402

RATE = 125.0


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def windows():
    """Return 2 x 300 x 2 normalised windows: a beat a second, at the same instants in all."""
    t = torch.arange(1250) / RATE % 1
    beat = torch.exp(-0.5 * ((t - 0.5) / 0.05) ** 2)
    beat = (beat - beat.mean()) / beat.std()
    return beat.expand(2, 300, 2, 1250).contiguous()


def test_a_device_changes_half_of_the_rows_and_moves_nothing(windows):
    out = device_filter(windows, RATE, generator())
    same = (out - windows).abs().amax(dim=-1) < 1e-3
    assert 0.4 < same.float().mean() < 0.6
    torch.testing.assert_close(out.mean(-1), torch.zeros(2, 300, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(out.std(-1), torch.ones(2, 300, 2), atol=1e-3, rtol=0)
    peak = out[..., 500:625].argmax(dim=-1)
    assert (peak - windows[..., 500:625].argmax(dim=-1)).abs().max() <= 1


def test_noise_falls_on_half_of_the_rows(windows):
    before = windows.clone()
    out = add_noise(windows, RATE, generator())
    assert torch.equal(windows, before)  # the target stays clean
    noise = out - windows
    hit = noise.abs().amax(dim=-1) > 0
    assert 0.44 < hit.float().mean() < 0.56
    level = noise[hit].std(dim=-1)
    assert level.max() < 2.0 and level.min() > 0.01
    assert torch.isfinite(out).all()
    # PPG noise stays in the PPG's band: nothing a band-pass would have taken away.
    spectrum = torch.fft.rfft(noise[:, :, 1]).abs().square().sum(dim=(0, 1))
    hertz = torch.fft.rfftfreq(1250, 1 / RATE)
    assert spectrum[hertz > 30].sum() < 1e-3 * spectrum.sum()


@pytest.mark.parametrize("disturb", (device_filter, add_noise))
def test_chance_comes_from_the_generator(windows, disturb):
    part = windows[:, :8]
    assert torch.equal(disturb(part, RATE, generator(1)), disturb(part, RATE, generator(1)))
    assert not torch.equal(disturb(part, RATE, generator(1)), disturb(part, RATE, generator(2)))


@pytest.mark.parametrize("n", (250, 750))
def test_short_windows(windows, n):
    for disturb in (device_filter, add_noise):
        out = disturb(windows[:, :8, :, :n], RATE, generator())
        assert out.shape == (2, 8, 2, n)
        assert torch.isfinite(out).all()
