"""What a run runs on does not change what it learns."""

import copy
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from cardioprint.models.m2ae import M2AE, View  # noqa: E402
from cardioprint.training.machine import (  # noqa: E402
    Machine,
    ahead,
    autocast,
    fit,
    multiplies_bfloat16,
    optimizer,
    precision,
)
from cardioprint.training.recipes import smoke  # noqa: E402

CPU = torch.device("cpu")


def fresh():
    torch.manual_seed(0)
    return M2AE(smoke().model)


def passed(model):
    """Return the loss of a fixed view and the gradients it asks for."""
    generator = torch.Generator().manual_seed(1)
    patches = torch.randn(4, 20, model.config.patch, generator=generator)
    at = torch.stack([torch.randperm(50, generator=generator)[:20] for _ in range(4)])
    keep = torch.ones(4, 20, dtype=torch.bool)
    keep[1, 15:] = False
    z = model.encode({"ecg": View(patches=patches, at=at, keep=keep)})
    loss = model.fingerprint(z).square().mean() + model.decode(z)["ppg"].square().mean()
    loss.backward()
    return loss.detach(), [p.grad for p in model.parameters() if p.grad is not None]


def agree(one, other, tolerance):
    torch.testing.assert_close(one[0], other[0], rtol=tolerance, atol=tolerance)
    assert len(one[1]) == len(other[1])
    for a, b in zip(one[1], other[1], strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("change", ({"fused_attention": True}, {"recompute": True}))
def test_kernels_and_recomputation_change_nothing(change):
    model = fresh()
    other = copy.deepcopy(model)
    fit(other, Machine(**change), CPU, 1)
    agree(passed(model), passed(other), 1e-5)


@pytest.mark.slow
def test_compiled_equals_eager(monkeypatch):
    # The compiler cannot look through the checks of shapes that tests put around functions.
    monkeypatch.setattr("jaxtyping.config.jaxtyping_disable", True)
    model = fresh()
    other = copy.deepcopy(model)
    fit(other, Machine(compile=True), CPU, 1)
    agree(passed(model), passed(other), 1e-4)


def test_one_kernel_for_all_parameters_takes_the_same_step():
    models = [fresh() for _ in range(2)]
    for model, fused in zip(models, (False, True), strict=True):
        adam = optimizer(model, Machine(fused_optimizer=fused), 0.05)
        passed(model)
        adam.step()
    for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-7)


def test_only_matrices_decay():
    groups = optimizer(fresh(), Machine(), 0.05).param_groups
    assert [g["weight_decay"] for g in groups] == [0.05, 0.0]
    assert all(p.ndim >= 2 for p in groups[0]["params"])
    assert all(p.ndim < 2 for p in groups[1]["params"])


def cpu_with(monkeypatch, **can):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: can, raising=False)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)


@pytest.mark.parametrize("named", ("avx512_bf16", "amx_bf16", "bf16"))
def test_bfloat16_where_the_cpu_multiplies_in_it(monkeypatch, named):
    cpu_with(monkeypatch, avx2=True, avx512_f=True, **{named: True})
    assert precision(Machine(), CPU) == torch.bfloat16
    assert precision(Machine(bfloat16=False), CPU) == torch.float32


def test_float32_on_a_cpu_that_would_only_emulate_it(monkeypatch):
    """AVX2 and AVX-512 without BF16 convert number by number, which is far slower than float32."""
    cpu_with(monkeypatch, avx2=True, avx512_f=True, avx512_bw=True, avx512_vl=True, amx_tile=True)
    assert precision(Machine(), CPU) == torch.float32
    assert precision(Machine(bfloat16=True), CPU) == torch.bfloat16


def test_who_cannot_be_asked_has_no_bfloat16(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)  # before torch 2.10
    assert not multiplies_bfloat16(CPU)
    cpu_with(monkeypatch, bf16=True)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)  # macOS
    assert not multiplies_bfloat16(CPU)
    assert not multiplies_bfloat16(torch.device("meta"))


@pytest.mark.parametrize("has", (True, False))
def test_a_gpu_is_asked_without_emulation(monkeypatch, has):
    asked = []
    monkeypatch.setattr(
        torch.cuda,
        "is_bf16_supported",
        lambda including_emulation: asked.append(including_emulation) or has,
    )
    assert multiplies_bfloat16(torch.device("cuda", 0)) is has
    assert asked == [False]


def test_one_rank_without_bfloat16_is_enough(monkeypatch):
    cpu_with(monkeypatch, bf16=True)
    monkeypatch.setattr("cardioprint.training.ranks.everywhere", lambda good: False)
    assert precision(Machine(), CPU) == torch.float32


def test_products_alone_are_rounded():
    a = torch.randn(4, 4)
    for dtype in (torch.bfloat16, torch.float32):
        with autocast(CPU, dtype):
            assert (a @ a).dtype == dtype
            assert (a + a).dtype == torch.float32


@pytest.mark.parametrize("number", (0, 1, 3, 50))
def test_batches_made_ahead_come_in_order(number):
    made = []

    def make(step):
        made.append(step)
        return step

    assert list(ahead(make, 4, 12, number)) == list(range(4, 12))
    assert made == list(range(4, 12))


def test_a_batch_that_fails_fails_in_its_turn():
    def make(step):
        if step == 3:
            raise OSError("disk")
        return step

    got = ahead(make, 0, 5, 2)
    assert [next(got) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(OSError, match="disk"):
        next(got)


def test_wrong_settings():
    for wrong in ({"strategy": "zero"}, {"accumulate": 0}, {"prefetch": -1}):
        with pytest.raises(ValueError):
            replace(Machine(), **wrong)
