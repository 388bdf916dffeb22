"""The course of a window tells how things follow each other, and not when."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from cardioprint.models.course import BINS, FLOOR, HERTZ, Course  # noqa: E402
from cardioprint.models.m2ae import M2AE, Encoded, ModelConfig, View, whole  # noqa: E402

CONFIG = ModelConfig(
    features=32,
    heads=2,
    encoder_layers=1,
    bottleneck_layers=1,
    decoder_features=16,
    timing=8,
    course=8,
)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return M2AE(CONFIG).eval()


@pytest.fixture
def windows():
    return torch.randn(4, 1250, generator=torch.Generator().manual_seed(1))


def full(x, valid=None):
    valid = torch.ones(x.shape, dtype=torch.bool) if valid is None else valid
    return whole(x, valid, CONFIG.patch)


def tone(hertz, phase=0.0):
    at = (torch.arange(250) + 0.5) / 25
    return torch.sin(2 * torch.pi * hertz * at + phase)[None, None]


def heard(course, sounds):
    power = (sounds @ course.cosines).square() + (sounds @ course.sines).square()
    return power[0, 0]


@torch.no_grad()
@pytest.mark.parametrize("hertz", (0.8, 1.2, 3.0))
def test_spectra_tell_frequency_and_not_phase(hertz):
    course = Course(CONFIG)
    axis = torch.logspace(*(torch.tensor(HERTZ).log10()), BINS)
    power = heard(course, tone(hertz))
    assert float(axis[power.argmax()]) == pytest.approx(hertz, rel=0.03)
    assert power.max() == pytest.approx(1.0, abs=0.2)  # it may fall between two of them
    assert power[axis > hertz + 0.5].max() < 0.02 < FLOOR
    for phase in (0.7, 2.0, 4.0):
        torch.testing.assert_close(heard(course, tone(hertz, phase)), power, atol=0.03, rtol=0)


@torch.no_grad()
def test_the_fingerprint_needs_the_tokens_and_what_they_were_made_of(model, windows):
    encoded = model.look({"ppg": full(windows)})
    z = model.bottleneck(encoded)
    assert model.fingerprint(z, encoded).shape == (4, CONFIG.fingerprint)
    with pytest.raises(ValueError, match="needs the encoders' tokens"):
        model.fingerprint(z)
    bare = {m: replace(e, patches=None) for m, e in encoded.items()}
    with pytest.raises(ValueError, match="patches they were made of"):
        model.fingerprint(z, bare)


@torch.no_grad()
def test_how_seconds_follow_each_other_changes_it(model, windows):
    """Tokens and patches change places among themselves: the mean over tokens would not care."""
    encoded = model.encoders["ecg"](full(windows))
    turned = torch.randperm(CONFIG.patches, generator=torch.Generator().manual_seed(2))
    moved = Encoded(
        tokens=encoded.tokens[:, turned],
        at=encoded.at,
        keep=encoded.keep,
        patches=encoded.patches[:, turned],
    )
    a, b = model.course("ecg", encoded)[0], model.course("ecg", moved)[0]
    assert (a - b).abs().max() > 1e-3


@torch.no_grad()
def test_what_is_hidden_or_lost_has_no_part_in_it(model, windows):
    valid = torch.ones(windows.shape, dtype=torch.bool)
    valid[:, 300:700] = False
    spoilt = torch.where(valid, windows, 40.0)
    (_, a), (_, b) = (model.read({"ecg": full(x, valid)}) for x in (windows, spoilt))
    torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


@torch.no_grad()
def test_padding_equals_leaving_out(model, windows):
    valid = torch.zeros(windows.shape, dtype=torch.bool)
    valid[:, : 20 * 25] = True
    shown = View(
        patches=windows[:, : 20 * 25].unflatten(1, (20, 25)),
        at=torch.arange(20).expand(len(windows), -1),
    )
    (_, a), (_, b) = model.read({"ecg": full(windows, valid)}), model.read({"ecg": shown})
    torch.testing.assert_close(a, b, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("absent", ("ecg", "ppg"))
def test_an_absent_modality_equals_a_removed_channel(model, windows, absent):
    none = torch.zeros(windows.shape, dtype=torch.bool)
    there = "ppg" if absent == "ecg" else "ecg"
    masked = model.read({there: full(windows), absent: full(windows.flip(0), none)})[1]
    torch.testing.assert_close(masked, model.read({there: full(windows)})[1], atol=1e-5, rtol=0)


@torch.no_grad()
def test_both_modalities_add_their_mean(model, windows):
    views = {"ecg": full(windows), "ppg": full(windows.flip(0))}
    encoded = model.look(views)
    z = model.bottleneck(encoded)
    parts = [model.course(m, e)[0] for m, e in encoded.items()]
    plain = model.summary(z, [])
    added = (model.fingerprint(z, encoded) - plain) * model.spread
    torch.testing.assert_close(added, (parts[0] + parts[1]) / 2, atol=1e-5, rtol=0)


def test_bfloat16_leaves_the_widths_of_spectra_real():
    torch.manual_seed(1)
    course = Course(CONFIG)
    for parameter in course.find.parameters():
        parameter.data *= 8  # sure of its rates: shares near 1 far from the middle of the axis
    grid = 3 * torch.randn(64, CONFIG.patches, CONFIG.features + CONFIG.patch)
    there = torch.ones(64, CONFIG.patches, dtype=torch.bool)
    with torch.autocast("cpu", torch.bfloat16):
        found = course(grid, there)
    assert found.isfinite().all()
