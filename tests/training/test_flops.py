"""Operations are counted, and products are measured with nothing between them."""

import pytest

torch = pytest.importorskip("torch")

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from cardioprint.models.m2ae import M2AE  # noqa: E402
from cardioprint.training.batches import Sampler  # noqa: E402
from cardioprint.training.devices import spread  # noqa: E402
from cardioprint.training.flops import (  # noqa: E402
    Products,
    clock,
    flops,
    matmul_rate,
    products_alone,
)
from cardioprint.training.loop import tensors  # noqa: E402
from cardioprint.training.machine import Machine, fit  # noqa: E402
from cardioprint.training.objective import Objective  # noqa: E402
from cardioprint.training.recipes import smoke  # noqa: E402

CPU = torch.device("cpu")


def test_every_product_of_a_step_is_written_down(smoke_cache):
    run = smoke()
    objective = Objective(M2AE(run.model), run.objective)
    fit(objective, Machine(), CPU, 1)
    batch = tensors(Sampler(smoke_cache, run.batch).batch(0), run, 0, CPU)
    with Products() as products:
        loss, _ = objective(batch)
        loss.backward()
    counted = 0
    for (name, what), number in products.seen.items():
        (left, *_), (right, *_) = what[-2:]
        assert name in ("mm", "addmm", "bmm", "baddbmm")
        counted += number * 2 * torch.Size(left).numel() * right[-1]
    (expected,) = flops(objective, [batch])
    assert counted == expected > 0
    assert all(p.grad is None for p in objective.parameters())  # counting leaves nothing behind


def test_products_are_done_again_as_they_were():
    a, b, c = torch.randn(6, 4), torch.randn(8, 4), torch.randn(3, 6, 4)
    with Products() as products:
        a @ b.T
        a @ b.T
        c.expand(3, 6, 4) @ b.T.expand(3, 4, 8)
        a + 1
    assert sum(products.seen.values()) == 3
    (twice, number), *_ = products.seen.most_common()
    assert number == 2 and twice[1][1] == ((4, 8), (1, 4), torch.float32)
    assert products_alone(products.seen, CPU) > 0


def test_the_clock_counts_work_and_not_waiting():
    import time

    began = clock(CPU)
    time.sleep(0.2)
    assert clock(CPU) - began < 0.1
    assert matmul_rate(CPU, torch.float32, size=64, seconds=0.05) > 1e6


def test_operations_of_one_product():
    with FlopCounterMode(display=False) as counter:
        torch.randn(5, 7) @ torch.randn(7, 3)
    assert counter.get_total_flops() == 2 * 5 * 7 * 3


def test_spread_is_the_sd_of_what_has_no_mean():
    x = torch.randn(3, 2, 500)
    x = x - x.mean(dim=-1, keepdim=True)
    torch.testing.assert_close(spread(x), x.std(dim=-1), rtol=1e-5, atol=0)
