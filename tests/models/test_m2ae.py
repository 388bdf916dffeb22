"""What the encoder may and may not see."""

import pytest

torch = pytest.importorskip("torch")

from cardioprint.models.m2ae import (  # noqa: E402
    M2AE,
    ModelConfig,
    View,
    patchify,
    whole,
)

CONFIG = ModelConfig(
    features=32, heads=2, encoder_layers=2, bottleneck_layers=1, decoder_features=16, timing=8
)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return M2AE(CONFIG).eval()


@pytest.fixture
def windows():
    generator = torch.Generator().manual_seed(1)
    return {m: torch.randn(6, 1250, generator=generator) for m in ("ecg", "ppg")}


def full(windows, valid=None):
    every = torch.ones(1250, dtype=torch.bool)
    return {
        m: whole(x, (valid or {}).get(m, every).expand(len(x), -1), CONFIG.patch)
        for m, x in windows.items()
    }


def some(windows, at):
    """Return views of chosen patches, as pretraining makes them."""
    views = {}
    for m, x in windows.items():
        patches = patchify(x, CONFIG.patch)
        index = at[m].expand(len(x), -1)
        picked = torch.gather(patches, 1, index[..., None].expand(-1, -1, CONFIG.patch))
        views[m] = View(patches=picked, at=index)
    return views


AT = {"ecg": torch.arange(5, 20), "ppg": torch.arange(30, 45)}


@torch.no_grad()
def test_shapes(model, windows):
    z = model.encode(full(windows))
    assert z.shape == (6, CONFIG.latents, CONFIG.features)
    assert model.fingerprint(z).shape == (6, 256)
    assert model.timing(z).shape == (6, CONFIG.latents * CONFIG.timing)
    for made in model.decode(z).values():
        assert made.shape == (6, 50, 25)
    assert sum(p.numel() for p in M2AE(ModelConfig()).parameters()) < 4e6


@torch.no_grad()
def test_hidden_patches_cannot_influence_the_encoder(model, windows):
    spoilt = {m: x.clone() for m, x in windows.items()}
    spoilt["ecg"][:, : 5 * 25] = 1e6
    spoilt["ecg"][:, 20 * 25 :] = float("nan")
    spoilt["ppg"][:, : 30 * 25] = -7.0
    a, b = model.encode(some(windows, AT)), model.encode(some(spoilt, AT))
    assert torch.equal(a, b)
    spoilt["ecg"][:, 6 * 25] += 1.0  # a visible sample does
    assert not torch.equal(a, model.encode(some(spoilt, AT)))


@torch.no_grad()
def test_invalid_patches_cannot_influence_the_encoder(model, windows):
    valid = torch.ones(1250, dtype=torch.bool)
    valid[300:700] = False
    views = full(windows, {"ecg": valid})
    assert not views["ecg"].keep[:, 12:28].any()
    assert views["ecg"].keep[:, :12].all() and views["ecg"].keep[:, 28:].all()
    spoilt = {m: x.clone() for m, x in windows.items()}
    spoilt["ecg"][:, 300:700] = 40.0
    a, b = model.encode(views), model.encode(full(spoilt, {"ecg": valid}))
    torch.testing.assert_close(a, b, atol=1e-6, rtol=0)


@torch.no_grad()
def test_padding_equals_leaving_out(model, windows):
    """Invalid patches in a full view and the same patches never shown are one thing."""
    valid = torch.zeros(1250, dtype=torch.bool)
    valid[: 20 * 25] = True
    padded = model.encode(full(windows, {"ecg": valid, "ppg": valid}))
    at = {m: torch.arange(20) for m in windows}
    torch.testing.assert_close(padded, model.encode(some(windows, at)), atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("absent", ("ecg", "ppg"))
def test_an_absent_modality_equals_a_removed_channel(model, windows, absent):
    none = torch.zeros(1250, dtype=torch.bool)
    masked = model.encode(full(windows, {absent: none}))
    removed = model.encode(full({m: x for m, x in windows.items() if m != absent}))
    torch.testing.assert_close(masked, removed, atol=1e-5, rtol=0)
    assert not torch.allclose(masked, model.encode(full(windows)), atol=1e-2)


@torch.no_grad()
def test_the_order_of_modalities_does_not_matter(model, windows):
    views = full(windows)
    turned = {m: views[m] for m in ("ppg", "ecg")}
    assert torch.equal(model.encode(views), model.encode(turned))


@torch.no_grad()
def test_a_row_does_not_depend_on_its_neighbours(model, windows):
    together = model.fingerprint(model.encode(full(windows)))
    for i in (0, 5):
        alone = model.fingerprint(model.encode(full({m: x[i : i + 1] for m, x in windows.items()})))
        torch.testing.assert_close(together[i : i + 1], alone, atol=1e-5, rtol=0)


def test_decoders_see_the_bottleneck_only(model, windows):
    z = model.encode(full(windows)).detach().requires_grad_()
    made = model.decode(z)
    assert set(made) == {"ecg", "ppg"}
    again = model.decode(z.detach().clone())
    for m in made:
        assert torch.equal(made[m], again[m])
        (gradient,) = torch.autograd.grad(made[m].sum(), z, retain_graph=True)
        assert (gradient.abs().sum(dim=(0, 2)) > 0).all()


@torch.no_grad()
def test_time_stands_where_it_belongs(model, windows):
    """A visible patch moved to another place is another input."""
    moved = {"ecg": AT["ecg"] + 10, "ppg": AT["ppg"]}
    views = some(windows, AT)
    shifted = {m: View(patches=v.patches, at=moved[m].expand_as(v.at)) for m, v in views.items()}
    assert not torch.allclose(model.encode(views), model.encode(shifted), atol=1e-2)


@torch.no_grad()
def test_running_means_follow_what_they_are_shown():
    torch.manual_seed(0)
    model = M2AE(CONFIG)
    z = 2 + 3 * torch.randn(512, CONFIG.latents, CONFIG.features)
    raw = model.readout(z).mean(dim=1)
    for _ in range(400):
        model.follow(model.fingerprint(z), model.timing(z), momentum=0.05)
    torch.testing.assert_close(model.centre, raw.mean(dim=0), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(model.spread, raw.std(dim=0), atol=1e-3, rtol=1e-2)
    done = model.fingerprint(z)
    assert done.mean(dim=0).abs().max() < 0.01
    assert (done.std(dim=0) - 1).abs().max() < 0.02
    assert model.timing(z).mean(dim=0).abs().max() < 0.01
    assert {"centre", "spread", "timing_centre"} <= set(model.state_dict())


@pytest.mark.parametrize(
    "wrong", [{"patch": 24}, {"latents": 7}, {"features": 30}, {"decoder_features": 66}]
)
def test_impossible_sizes_are_refused(wrong):
    with pytest.raises(ValueError):
        ModelConfig(**wrong)


def test_what_lost_its_ablation_is_refused_and_what_won_is_read():
    told = CONFIG.to_dict()
    assert ModelConfig.of(told) == CONFIG
    won = {"fold": True, "near": True, "unfold": True, "peek": False}
    assert ModelConfig.of({**told, **won}) == CONFIG
    with pytest.raises(ValueError, match="peek"):
        ModelConfig.of({**told, **won, "peek": True})
    with pytest.raises(TypeError):
        ModelConfig.of({**told, "wings": 2})
