from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from cardioprint.training.augment import (  # noqa: E402
    AugmentConfig,
    add_noise,
    augment,
    device_filter,
    everyday,
)
from cardioprint.training.chance import Chance  # noqa: E402

RATE = 125.0
NOTHING = AugmentConfig(filter=0.0, noise=0.0)
INPUT_ONLY = (
    *("noise", "wander", "muscle", "electrode", "motion", "walking", "pop", "hum", "gain"),
    *("clip", "quantise", "lost"),
)
DEVICE = ("filter", "low_rate", "polarity")


@pytest.fixture(scope="module")
def windows():
    """Return 2 x 300 x 2 normalised windows: a beat a second, at the same instants in all."""
    t = torch.arange(1250) / RATE % 1
    beat = torch.exp(-0.5 * ((t - 0.5) / 0.05) ** 2)
    beat = (beat - beat.mean()) / beat.std()
    return beat.expand(2, 300, 2, 1250).contiguous()


def chance(windows, **more):
    return Chance(windows, **more)


def only(name, value=1.0):
    return replace(NOTHING, **{name: (value, value) if name == "polarity" else value})


def test_a_device_changes_half_of_the_rows_and_moves_nothing(windows):
    out = device_filter(windows, RATE, chance(windows))
    same = (out - windows).abs().amax(dim=-1) < 1e-3
    assert 0.4 < same.float().mean() < 0.6
    torch.testing.assert_close(out.mean(-1), torch.zeros(2, 300, 2), atol=1e-4, rtol=0)
    torch.testing.assert_close(out.std(-1), torch.ones(2, 300, 2), atol=1e-3, rtol=0)
    peak = out[..., 500:625].argmax(dim=-1)
    assert (peak - windows[..., 500:625].argmax(dim=-1)).abs().max() <= 1


def test_noise_falls_on_half_of_the_rows(windows):
    before = windows.clone()
    out = add_noise(windows, RATE, chance(windows))
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


def test_the_default_is_what_the_shipped_weights_were_trained_with(windows):
    """Half of the channels get a filter, half get noise, nothing else happens."""
    clean, noisy, valid = augment(windows, RATE, AugmentConfig(), chance(windows))
    one = chance(windows)
    filtered = device_filter(windows, RATE, one)
    assert torch.equal(clean, filtered) and valid is None
    assert torch.equal(noisy, add_noise(filtered, RATE, one))


def test_nothing(windows):
    clean, noisy, valid = augment(windows, RATE, NOTHING, chance(windows))
    assert clean is windows and noisy is windows and valid is None


@pytest.mark.parametrize("name", (*DEVICE, *INPUT_ONLY))
def test_devices_change_input_and_target_disturbances_the_input_only(windows, name):
    before = windows.clone()
    clean, noisy, _ = augment(windows, RATE, only(name), chance(windows))
    assert torch.equal(windows, before)
    if name in DEVICE:
        assert torch.equal(clean, noisy)
        assert not torch.allclose(clean, windows, atol=1e-2)
    else:
        torch.testing.assert_close(clean, windows)
        assert not torch.allclose(noisy, windows, atol=1e-3)


@pytest.mark.parametrize("name", (*DEVICE, *INPUT_ONLY))
def test_each_happens_as_often_as_asked(windows, name):
    _, noisy, _ = augment(windows, RATE, only(name, 0.3), chance(windows, seed=3))
    hit = (noisy - windows).abs().amax(dim=-1) > 2e-3
    share = hit.float().mean(dim=(0, 1))
    there = {"muscle": (1, 0), "electrode": (1, 0), "pop": (1, 0)}.get(
        name, {"motion": (0, 1), "walking": (0, 1)}.get(name, (1, 1))
    )
    for channel in range(2):
        assert share[channel] == pytest.approx(0.3 * there[channel], abs=0.06)


@pytest.mark.parametrize("config", (AugmentConfig(), everyday()), ids=("usual", "everyday"))
def test_chance_is_the_rows_own(windows, config):
    """Two ranks see what one process would have seen; another step sees something else."""
    part = windows[:, :48]
    whole = augment(part, RATE, config, chance(part, seed=1, step=7))
    for first in range(0, 48, 16):
        rows = part[:, first : first + 16]
        mine = augment(rows, RATE, config, chance(rows, seed=1, step=7, first_row=first))
        for a, b in zip(whole[:2], mine[:2], strict=True):
            torch.testing.assert_close(a[:, first : first + 16], b, atol=1e-5, rtol=1e-5)
        if whole[2] is not None:
            assert torch.equal(whole[2][:, first : first + 16], mine[2])
    other = augment(part, RATE, config, chance(part, seed=1, step=8))
    assert not torch.allclose(whole[1], other[1])


@pytest.mark.parametrize("config", (AugmentConfig(), everyday()), ids=("usual", "everyday"))
def test_it_stays_on_its_device_and_never_waits_for_it(windows, config):
    """On "meta" there are no values: whatever asks for one, or mixes devices, fails."""
    there = windows.to("meta")
    clean, noisy, _ = augment(there, RATE, config, chance(there))
    assert clean.device.type == noisy.device.type == "meta"
    assert clean.shape == noisy.shape == windows.shape and noisy.dtype == torch.float32


@pytest.mark.parametrize("n", (250, 625, 751))
def test_short_windows_and_flat_ones(windows, n):
    short = windows[:, :8, :, :n].clone()
    short[:, 0] = 0
    clean, noisy, valid = augment(short, RATE, everyday(), chance(short))
    assert clean.shape == noisy.shape == valid.shape == (2, 8, 2, n)
    assert torch.isfinite(clean).all() and torch.isfinite(noisy).all()


def test_the_input_is_normalised_where_asked(windows):
    out = augment(windows, RATE, everyday(), chance(windows))
    _, noisy, valid = out
    count = valid.sum(dim=-1)
    assert (noisy * ~valid).abs().max() == 0
    torch.testing.assert_close(noisy.sum(-1) / count, torch.zeros(2, 300, 2), atol=1e-3, rtol=0)
    power = noisy.square().sum(-1) / count
    torch.testing.assert_close(power, torch.ones(2, 300, 2), atol=2e-2, rtol=0)


def test_impossible_configurations():
    for wrong in (
        {"wander": 1.2},
        {"lost": -0.1},
        {"polarity": (0.0, 2.0)},
        {"snr": (10.0, 0.0)},
        {"hum_height": (0.0, 0.1)},
        {"low_rates": ((0.0, 50.0), (25.0, 50.0))},
        {"largest_gain": 0.5},
    ):
        with pytest.raises(ValueError):
            AugmentConfig(**wrong)
