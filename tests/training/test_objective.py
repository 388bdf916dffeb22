from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from cardioprint.models.m2ae import M2AE  # noqa: E402
from cardioprint.training.augment import everyday  # noqa: E402
from cardioprint.training.batches import BatchConfig, Sampler  # noqa: E402
from cardioprint.training.loop import tensors  # noqa: E402
from cardioprint.training.objective import Objective, health  # noqa: E402
from cardioprint.training.recipes import smoke  # noqa: E402

ONLY = {
    "same": {"same": 1.0, "both": 0.0, "short": 0.0},
    "both": {"same": 0.0, "both": 1.0, "short": 0.0},
    "short": {"same": 0.0, "both": 0.0, "short": 1.0},
    "other": {"same": 0.0, "both": 0.0, "short": 0.0},
}
CPU = torch.device("cpu")


def one_batch(cache, kind, step=0, size=16, **more):
    run = replace(smoke(), batch=BatchConfig(size=size, **ONLY[kind], **more))
    return tensors(Sampler(cache, run.batch).batch(step), run, step, CPU, disturb=False)


def fresh():
    torch.manual_seed(0)
    return Objective(M2AE(smoke().model), smoke().objective)


@pytest.mark.parametrize("kind", ("same", "both", "other"))
def test_hidden_samples_cannot_influence_the_loss(smoke_cache, kind):
    """The targets are clean; of the noisy copy only what is shown may be read."""
    objective = fresh().eval()
    batch = one_batch(smoke_cache, kind, full=0.0)
    noisy = torch.full_like(batch.noisy, float("nan"))
    for view in range(2):
        for m, at in batch.shown[view].items():
            row = ("ecg", "ppg").index(m)
            index = (at[..., None] * 25 + torch.arange(25)).flatten(1)
            seen = torch.gather(batch.noisy[view][:, row], 1, index)
            noisy[view][:, row] = noisy[view][:, row].scatter(1, index, seen)
    assert torch.isnan(noisy).float().mean() >= 0.69
    with torch.no_grad():
        loss, _ = objective(batch)
        spoilt, _ = objective(replace(batch, noisy=noisy))
    assert torch.isfinite(loss)
    assert torch.equal(loss, spoilt)


@pytest.mark.parametrize("kind", ONLY)
def test_every_kind_gives_a_finite_loss_and_gradients(smoke_cache, kind):
    objective = fresh()
    for step in range(4):
        loss, parts = objective(one_batch(smoke_cache, kind, step))
        assert all(torch.isfinite(v) for v in parts.values())
        loss.backward()
    for name, p in objective.named_parameters():
        assert p.grad is None or torch.isfinite(p.grad).all(), name
    encoders = [p for n, p in objective.named_parameters() if "encoders" in n]
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in encoders)


@pytest.mark.parametrize("kind", ONLY)
def test_lost_samples_cannot_influence_the_loss(smoke_cache, kind):
    """Patches in which the signal was lost are hidden from the encoders, and count as hidden."""
    objective = fresh().eval()
    batch = one_batch(smoke_cache, kind, full=1.0)
    valid = torch.ones_like(batch.noisy, dtype=torch.bool)
    valid[..., 100:200] = False
    there = replace(batch, valid=valid)
    spoilt = replace(there, noisy=torch.where(valid, batch.noisy, 5.0))
    with torch.no_grad():
        plain, loss, same = (objective(b)[0] for b in (batch, there, spoilt))
        whole = objective(replace(batch, valid=torch.ones_like(valid)))[0]
    assert torch.isfinite(loss) and loss != plain
    torch.testing.assert_close(loss, same, atol=1e-6, rtol=0)
    torch.testing.assert_close(whole, plain, atol=1e-5, rtol=0)


def test_ranks_and_parts_see_what_one_process_sees(smoke_cache):
    """Rows, disturbances and all: the batch of 16 in four pieces is the batch of 16."""
    run = replace(smoke(), batch=BatchConfig(size=16), augment=everyday())
    sampler = Sampler(smoke_cache, run.batch)
    for step in range(6):
        whole = tensors(sampler.batch(step), run, step, CPU)
        pieces = [
            tensors(sampler.batch(step, rank, 2), run, step, CPU, part, 2)
            for rank in range(2)
            for part in range(2)
        ]
        for name in ("clean", "noisy", "valid", "beats"):
            joined = torch.cat([getattr(p, name) for p in pieces], dim=1)
            torch.testing.assert_close(joined, getattr(whole, name), atol=1e-5, rtol=1e-5)
        assert torch.equal(torch.cat([p.subject for p in pieces]), whole.subject)
        n = whole.patches_valid * run.model.patch
        assert not whole.noisy[..., n:].any() and not whole.clean[..., n:].any()
        assert whole.valid[..., n:].all()


def test_overfits_one_batch(smoke_cache):
    """A model that can learn learns sixteen windows by heart."""
    objective = fresh()
    batch = one_batch(smoke_cache, "both")
    optimizer = torch.optim.AdamW(objective.parameters(), lr=3e-3, weight_decay=0)
    history = []
    for _ in range(150):
        loss, _ = objective(batch)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(objective.parameters(), 1.0)
        optimizer.step()
        history.append(loss.item())
    assert history[-1] < 0.6 * history[0]
    assert min(history[-10:]) < min(history[:75])


def test_running_means_follow_in_training_only(smoke_cache):
    objective = fresh()
    batch = one_batch(smoke_cache, "other")
    objective.eval()
    with torch.no_grad():
        objective(batch)
    assert not objective.model.centre.any()
    objective.train()
    objective(batch)[0].backward()
    assert objective.model.centre.any()


def test_what_all_fingerprints_have_in_common_is_drawn_to_zero(smoke_cache):
    """Otherwise no loss sees it: the running means take it off before any does."""
    objective = fresh()
    objective.eval()
    batch = one_batch(smoke_cache, "other")
    for weight, expected in ((0.0, 0.0), (0.1, 0.1 * 9)):
        objective.config = replace(objective.config, centre=weight)
        with torch.no_grad():
            near = objective(batch)[0]
            objective.model.readout[-1].bias += 3
            objective.model.centre += 3
            far, parts = objective(batch)
            objective.model.readout[-1].bias -= 3
            objective.model.centre -= 3
        assert (far - near).item() == pytest.approx(expected, abs=0.25 * weight + 1e-4)
        assert parts["centre"].item() == pytest.approx(3, abs=0.1)


def test_rate_is_asked_for_finely_and_loudly(smoke_cache):
    """Each adds to the loss what it says, and nothing where it is not asked for."""
    config = replace(smoke().objective, rhythm=1.0)
    torch.manual_seed(0)
    objective = Objective(M2AE(smoke().model), config).eval()
    batch = one_batch(smoke_cache, "other")
    with torch.no_grad():
        plain, parts = objective(batch)
        objective.config = replace(config, prominence=0.5)
        loud = objective(batch)[0]
        objective.config = replace(config, precision=0.2)
        fine = objective(batch)[0]
    assert (loud - plain).item() == pytest.approx(0.5 * parts["reads"].item(), abs=1e-5)
    assert 0.1 < (fine - plain).item() < 3


def test_signs_of_a_collapse():
    torch.manual_seed(0)
    alive = health(torch.randn(64, 32))
    dead = health(torch.randn(64, 1) * torch.randn(1, 32))
    alike = health(5 + 0.01 * torch.randn(64, 32))
    assert alive["rank"] > 20 and abs(alive["cosine"]) < 0.1
    assert dead["rank"] < 1.5
    assert alike["cosine"] > 0.99
