"""How many multiplications and additions a step costs, and how many the device could do."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from torch import Tensor

    from cardioprint.training.objective import Objective, TensorBatch


PRODUCTS = ("mm", "addmm", "bmm", "baddbmm")
"""Kernels that multiply matrices."""


class Products(TorchDispatchMode):
    """Writes down every matrix product that runs inside it, forward or back.

    Attributes:
        seen: How often each came: name, then shape, strides and type of its factors.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[tuple[Any, ...]] = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        if name in PRODUCTS:
            factors = (x for x in args if isinstance(x, torch.Tensor))
            what = tuple((tuple(x.shape), x.stride(), x.dtype) for x in factors)
            self.seen[name, what] += 1
        return func(*args, **(kwargs or {}))


def products_alone(seen: Counter[tuple[Any, ...]], device: torch.device) -> float:
    """Return the seconds that products take with nothing between them.

    No step with these kernels can be faster: what it takes beyond is everything else.
    """
    total = 0.0
    for (name, what), number in seen.items():
        factors = [_strided(shape, strides, dtype, device) for shape, strides, dtype in what]
        kernel = getattr(torch, name)
        call = partial(kernel, *factors)
        many = max(1, int(0.01 / _seconds(call, device, 1)))
        total += number * min(_seconds(call, device, many) / many for _ in range(3))
    return total


def _strided(
    shape: tuple[int, ...], strides: tuple[int, ...], dtype: torch.dtype, device: torch.device
) -> Tensor:
    reach = 1 + sum((n - 1) * by for n, by in zip(shape, strides, strict=True))
    return torch.randn(reach, device=device).to(dtype).as_strided(shape, strides)


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


def clock(device: torch.device) -> float:
    """Return seconds: a GPU's once it has nothing left to do, of this thread's work on a CPU.

    What other processes do on a core that they share does not count.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        return time.perf_counter()
    return time.thread_time()


def _seconds(call: Callable[[], Tensor], device: torch.device, number: int) -> float:
    call()
    began = clock(device)
    for _ in range(number):
        call()
    return clock(device) - began
