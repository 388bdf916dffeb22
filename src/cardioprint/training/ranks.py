"""Several processes that compute the loss of one batch, as if they were one.

Contrast, decorrelation and the running means need every rank's rows; sums over a rank's own
rows are divided by the mean of all ranks' counts. DistributedDataParallel then averages
gradients, and the step equals that of one process with the whole batch.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor


def number() -> int:
    """Return how many ranks there are; 1 where nothing is distributed."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def place() -> int:
    """Return this rank's place among them, from 0."""
    return dist.get_rank() if number() > 1 else 0


class _Gather(torch.autograd.Function):
    """All ranks' rows in rank order; the way back sums what every rank asks of mine."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        parts = [torch.empty_like(x) for _ in range(number())]
        dist.all_gather(parts, x.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, *gradients: Tensor) -> Tensor:
        (gradient,) = gradients
        gradient = gradient.contiguous()
        # Every rank computes the same loss of the gathered rows: the sum is `number()` times the
        # gradient, and the mean that DistributedDataParallel takes makes up for it.
        dist.all_reduce(gradient)
        n = len(gradient) // number()
        return gradient[place() * n : (place() + 1) * n]


def gather(x: Tensor) -> Tensor:
    """Return the rows of all ranks, shape (ranks * batch, ...), differentiable."""
    return x if number() == 1 else _Gather.apply(x)  # type: ignore[return-value]


@torch.no_grad()
def mean(x: Tensor) -> Tensor:
    """Return the mean over ranks, without gradient."""
    if number() == 1:
        return x
    x = x.detach().clone()
    dist.all_reduce(x)
    return x / number()


@torch.no_grad()
def everywhere(good: Tensor) -> bool:
    """Return whether something is true on every rank, so that all of them stop or none."""
    if number() == 1:
        return bool(good)
    flag = good.detach().to(torch.int32).clone()
    dist.all_reduce(flag, dist.ReduceOp.MIN)
    return bool(flag)
