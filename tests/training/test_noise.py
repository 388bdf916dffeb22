"""Noise has the power that was asked for, and its spectrum lies where it should."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cardioprint.training import noise  # noqa: E402
from cardioprint.training.chance import Chance  # noqa: E402

RATE = 125.0
N = 1250
FREQUENCIES = torch.fft.rfftfreq(N, 1 / RATE)


@pytest.fixture(scope="module")
def windows():
    """Return 400 windows of SD 2 in the ECG and 0.5 in the PPG."""
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(400, 2, N))).float()
    return (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True) * torch.tensor([[2.0], [0.5]])


def decibels(windows, added, channel):
    ratio = windows[:, channel].var(dim=-1) / added[:, channel].square().mean(dim=-1)
    return 10 * torch.log10(ratio)


def between(low, high):
    return torch.tensor([low <= f <= high for f in FREQUENCIES.tolist()])


def spectrum(added, channel):
    tapered = added[:, channel] * torch.hann_window(N)
    power = torch.fft.rfft(tapered).abs().square().mean(dim=0)
    return power / power.sum()


@pytest.mark.parametrize("level", (-6.0, 6.0, 24.0))
@pytest.mark.parametrize("kind", noise.SPECTRA)
def test_the_ratio_is_the_one_asked_for(windows, kind, level):
    """To a tenth of a decibel, steady or in a burst, whatever the window's height."""
    added = noise.coloured(windows, RATE, {kind: 1.0}, (level, level), Chance(windows))
    channels = {"wander": (0, 1), "muscle": (0,), "electrode": (0,), "motion": (1,)}[kind]
    for channel in range(2):
        if channel not in channels:
            assert not added[:, channel].any()
            continue
        torch.testing.assert_close(
            decibels(windows, added, channel), torch.full((400,), level), atol=0.1, rtol=0
        )
        assert added[:, channel].mean(dim=-1).abs().max() < 0.3 * added[:, channel].std()


def test_ratios_cover_the_range(windows):
    added = noise.coloured(windows, RATE, {"wander": 1.0}, (0.0, 20.0), Chance(windows))
    found = decibels(windows, added, 0)
    assert found.min() > -0.2 and found.max() < 20.2
    assert torch.histc(found, 4, 0, 20).min() > 60


def test_several_kinds_add_up(windows):
    kinds = {"muscle": 1.0, "electrode": 1.0}
    added = noise.coloured(windows, RATE, kinds, (6.0, 6.0), Chance(windows))
    found = decibels(windows, added, 0)
    assert found.mean() == pytest.approx(3.0, abs=0.3)  # twice the power


@pytest.mark.parametrize(
    ("kind", "channel", "low", "high"),
    (
        ("wander", 0, 0.1, 1.0),
        ("wander", 1, 0.1, 1.0),
        ("muscle", 0, 8.0, 46.0),
        ("electrode", 0, 0.4, 8.0),
        ("motion", 1, 0.2, 9.0),
    ),
)
def test_spectra_lie_in_their_band(windows, kind, channel, low, high):
    """Nine tenths of the power; nothing is where the preparation lets nothing through."""
    added = noise.coloured(windows, RATE, {kind: 1.0}, (0.0, 0.0), Chance(windows))
    power = spectrum(added, channel)
    assert power[between(low, high)].sum() > 0.9
    assert power[between((52.5, 18.5)[channel], 70)].sum() < 1e-4
    assert power[0] < 0.02


def test_half_of_the_noise_comes_in_bursts(windows):
    added = noise.coloured(windows, RATE, {"muscle": 1.0}, (0.0, 0.0), Chance(windows))[:, 0]
    parts = added.unflatten(-1, (10, 125)).square().mean(dim=-1)
    uneven = parts.amax(dim=-1) / parts.mean(dim=-1) > 2.2
    assert 0.35 < uneven.float().mean() < 0.6


def test_a_walk(windows):
    added = noise.walking(windows, RATE, 1.0, (3.0, 3.0), Chance(windows))
    assert not added[:, 0].any()
    torch.testing.assert_close(
        decibels(windows, added, 1), torch.full((400,), 3.0), atol=0.1, rtol=0
    )
    power = torch.fft.rfft(added[:, 1] * torch.hann_window(N)).abs().square()
    power = power / power.sum(dim=-1, keepdim=True)
    assert power[:, between(0.5, 8.0)].sum(dim=-1).min() > 0.95
    strongest = FREQUENCIES[power.argmax(dim=-1)]
    steps = (strongest > 1.2) & (strongest < 2.6)
    assert steps.float().mean() > 0.75  # the cadence; sometimes the arm's swing
    # Lines, not a hump: half of the power in five of six hundred bins.
    assert power.sort(dim=-1).values[:, -5:].sum(dim=-1).median() > 0.5


def test_hum(windows):
    added = noise.hum(windows, RATE, 1.0, (0.05, 0.2), Chance(windows))
    height = added.abs().amax(dim=-1) / windows.std(dim=-1)
    assert height.min() > 0.04 and height.max() < 0.21
    power = torch.fft.rfft(added * torch.hann_window(N)).abs().square()
    hertz = FREQUENCIES[power.argmax(dim=-1)]
    at_mains = ((hertz[:, 0] - 50).abs() < 0.2) | ((hertz[:, 0] - 60).abs() < 0.2)
    assert at_mains.float().mean() == pytest.approx(0.5, abs=0.08)
    assert hertz[~at_mains, 0].min() > 9.5 and hertz[~at_mains, 0].max() < 40.5
    assert hertz[:, 1].min() > 2.5 and hertz[:, 1].max() < 12.5


def test_pops_are_steps_as_the_preparation_leaves_them(windows):
    from cardioprint.signal import filters
    from cardioprint.signal.preparation import Preparation
    from cardioprint.types import Modality

    added = noise.pops(windows, RATE, 1.0, (1.0, 5.0), Chance(windows))
    assert not added[:, 1].any()
    jump = added[:, 0].diff(dim=-1).abs()
    height = jump.amax(dim=-1) / windows[:, 0].std(dim=-1)
    inside = (jump.argmax(dim=-1) > 0) & (jump.argmax(dim=-1) < N - 2)
    assert height[inside].min() > 0.9 and height.max() < 5.1
    assert inside.float().mean() > 0.97
    middle = int(np.argmax([300 < i < 950 for i in jump.argmax(dim=-1)]))
    at = int(jump[middle].argmax())
    step = (np.arange(N) > at) * float(added[middle, 0, at + 1] - added[middle, 0, at])
    kernel = Preparation().kernel(Modality.ECG)
    prepared = filters.apply(step, kernel)
    ours = added[middle, 0].numpy()
    away = np.abs(np.arange(N) - at) > 6  # the low-pass rounds the edge itself
    assert np.abs(ours - prepared)[away].max() < 0.06 * np.abs(ours).max()
