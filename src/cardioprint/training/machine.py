"""What a run runs on. The model knows nothing of it, and none of it changes what is learnt.

Applied from outside: precision, sharding, compilation, fused kernels, recomputed activations. Two
touch the numbers: bfloat16 rounds the factors of products, and with `accumulate` contrast compares
the rows of a part of the batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as recomputed

from cardioprint.models.blocks import Attention, Block
from cardioprint.training import ranks as together

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

MULTIPLIES_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")
"""What `torch.cpu.get_capabilities` calls instructions that multiply in bfloat16 (x86, x86, ARM).
A CPU with them takes a step 2.5 times as fast as in float32. One without them emulates it: an AVX2
core does square products at 1.4 GFLOP/s instead of 85, and a step takes seven times as long."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How a run is spread over a machine."""

    strategy: str = "ddp"
    """ddp: every rank holds the model. fsdp: every rank holds a part of it (FSDP2), for models
    whose optimiser does not fit."""
    bfloat16: bool | None = None
    """Products of matrices in bfloat16, all else in float32; None: where the device has
    instructions for it, on every rank."""
    compile: bool | None = None
    """Compile the blocks; None: on GPUs only (on a CPU it gained 6 %)."""
    fused_attention: bool | None = None
    """One kernel instead of two products and a softmax; None: on GPUs only (on a CPU its way
    back takes twice as long)."""
    fused_optimizer: bool = True
    """One kernel for all parameters' AdamW."""
    recompute: bool = False
    """Compute the blocks' activations again on the way back instead of keeping them."""
    accumulate: int = 1
    """Parts a rank's rows are worked off in, one after the other."""
    prefetch: int = 2
    """Batches made ahead in a thread of their own."""

    def __post_init__(self) -> None:
        if self.strategy not in ("ddp", "fsdp"):
            raise ValueError(f"strategy must be ddp or fsdp, not {self.strategy!r}")
        if self.accumulate < 1 or self.prefetch < 0:
            raise ValueError("need accumulate >= 1 and prefetch >= 0")


def start() -> tuple[torch.device, int, int]:
    """Join the other processes of a `torchrun`, if there are any.

    Returns:
        (device, rank, ranks).
    """
    rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    if ranks > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device, rank, ranks


def precision(machine: Machine, device: torch.device) -> torch.dtype:
    """Return what products are taken in, the same on every rank: each of them has to call it."""
    wanted = machine.bfloat16
    if wanted is None:
        here = torch.tensor(multiplies_bfloat16(device), device=device)
        wanted = together.everywhere(here)
    return torch.bfloat16 if wanted else torch.float32


def multiplies_bfloat16(device: torch.device) -> bool:
    """Return whether a device has instructions that multiply in bfloat16.

    Asked of the device and not measured: a busy machine must not change what a run computes. Of
    a torch that cannot be asked (before 2.10) the answer is no.
    """
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    can: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(can.get(name, False) for name in MULTIPLIES_BFLOAT16)


def autocast(device: torch.device, dtype: torch.dtype) -> torch.autocast:
    """Return a context in which products are taken in what `precision` says."""
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype == torch.bfloat16)


def fit(module: nn.Module, machine: Machine, device: torch.device, ranks: int) -> nn.Module:
    """Fit a module to the machine, in place, and return what a step calls.

    With `fsdp` the parameters become shards: make the optimiser afterwards.
    """
    gpu = device.type == "cuda"
    blocks = [m for m in module.modules() if isinstance(m, Block)]
    fused = gpu if machine.fused_attention is None else machine.fused_attention
    for part in module.modules():
        if isinstance(part, Attention):
            part.fused = fused
    if machine.recompute:
        for block in blocks:
            block.forward = partial(recomputed, block.forward, use_reentrant=False)
    if gpu if machine.compile is None else machine.compile:
        for block in blocks:
            block.compile()
    if ranks == 1:
        return module
    if machine.strategy == "fsdp":
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh(device.type, (ranks,))
        for block in blocks:
            fully_shard(block, mesh=mesh)
        fully_shard(module, mesh=mesh)
        return module
    return nn.parallel.DistributedDataParallel(module, find_unused_parameters=True)


def optimizer(module: nn.Module, machine: Machine, weight_decay: float) -> torch.optim.Optimizer:
    """Return AdamW that decays matrices only; biases, norms and temperatures stay free."""
    matrices = [p for p in module.parameters() if p.ndim >= 2]
    others = [p for p in module.parameters() if p.ndim < 2]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": weight_decay},
            {"params": others, "weight_decay": 0.0},
        ],
        betas=(0.9, 0.98),
        fused=machine.fused_optimizer,
    )


def unsynchronised(stepper: nn.Module, last: bool) -> AbstractContextManager[Any]:
    """Return a context in which gradients stay on their rank, but for the last part."""
    if last or not isinstance(stepper, nn.parallel.DistributedDataParallel):
        return nullcontext()
    return stepper.no_sync()


def whole(value: Tensor) -> Tensor:
    """Return a tensor with the shards of all ranks put together; every rank has to call it."""
    return value.full_tensor() if hasattr(value, "full_tensor") else value  # type: ignore[operator]


def shared_out(value: Tensor, like: Tensor) -> Tensor:
    """Return a whole tensor cut into shards as `like` is; itself where `like` is whole."""
    if not hasattr(like, "placements"):
        return value
    from torch.distributed.tensor import distribute_tensor

    device = like.device_mesh.device_type  # type: ignore[attr-defined]
    return distribute_tensor(value.to(device), like.device_mesh, like.placements)  # type: ignore[attr-defined]


def ahead(make: Callable[[int], T], first: int, stop: int, number: int) -> Iterator[T]:
    """Yield make(first), ..., make(stop - 1), some of them made in advance by a thread.

    NumPy gives way while it copies: on a machine with a core to spare the step waits for nothing.
    """
    if number == 0:
        yield from map(make, range(first, stop))
        return
    with ThreadPoolExecutor(1) as thread:
        waiting = [thread.submit(make, i) for i in range(first, min(first + number, stop))]
        try:
            for step in range(first, stop):
                if step + number < stop:
                    waiting.append(thread.submit(make, step + number))
                yield waiting.pop(0).result()
        finally:
            for job in waiting:
                job.cancel()
