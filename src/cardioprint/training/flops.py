"""How many multiplications and additions a step costs, and how many the device could do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import torch
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from torch import Tensor

    from cardioprint.training.objective import Objective, TensorBatch


def flops(objective: Objective, batches: Iterable[TensorBatch]) -> list[float]:
    """Return the floating-point operations of a step on each batch, forward and back.

    Matrix products and convolutions are counted, each multiply-add as two (as devices' data
    sheets do); what normalisation and softmax cost is left out.
    """
    counts = []
    for batch in batches:
        with FlopCounterMode(display=False) as counter:
            loss, _ = objective(batch)
            loss.backward()
        counts.append(float(counter.get_total_flops()))
    objective.zero_grad()
    return counts


def matmul_rate(
    device: torch.device, dtype: torch.dtype, *, size: int = 1024, seconds: float = 1.0
) -> float:
    """Return the operations per second of square matrix products: the device's practical limit.

    Args:
        device: Where.
        dtype: Of the factors.
        size: Rows and columns; large enough to keep the device busy.
        seconds: How long to measure; the best of five parts counts.
    """
    a = torch.randn(size, size, device=device).to(dtype)
    b = torch.randn(size, size, device=device).to(dtype)

    def product() -> Tensor:
        return a @ b

    one = _seconds(product, device, 1)
    number = max(1, int(seconds / 5 / one))
    best = min(_seconds(product, device, number) / number for _ in range(5))
    return 2.0 * size**3 / best


def _seconds(call: Callable[[], Tensor], device: torch.device, number: int) -> float:
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    began = time.perf_counter()
    for _ in range(number):
        call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began
