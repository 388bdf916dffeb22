"""Speed of simulated pairs: how many ten-second windows of ECG and PPG a core makes in a second.

"clean" are the bodies, "measured" the same with devices, noise and artefacts, as training gets
them.

python benchmarks/simulate.py [--count 2048] [--seconds 10]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import tyro

from cardioprint.simulate import measured, pairs
from cardioprint.simulate.backend import Backend
from cardioprint.simulate.batch import lives

REPEATS = 5
"""The best counts: whatever else the machine does only takes time away."""


def best(call: Callable[[int], Any], *, device: str) -> float:
    """Return seconds of the fastest of some calls: of one core's work, or of a GPU's clock."""
    call(0)
    fastest = float("inf")
    for seed in range(1, REPEATS + 1):
        if device == "cpu":
            began = time.process_time()
            call(seed)
            fastest = min(fastest, time.process_time() - began)
        else:
            torch.cuda.synchronize()
            began = time.perf_counter()
            call(seed)
            torch.cuda.synchronize()
            fastest = min(fastest, time.perf_counter() - began)
    return fastest


def main(count: int = 2048, seconds: float = 10.0, rate: float = 125.0) -> None:
    """Print pairs a second, clean and as devices record them, and what of it is physiology.

    Args:
        count: People in a batch.
        seconds: Length of a window.
        rate: Hertz.
    """
    torch.set_num_threads(1)
    where = [("numpy", np, "cpu"), ("torch", torch, "cpu")]
    if torch.cuda.is_available():
        where.append((torch.cuda.get_device_name(), torch, "cuda"))
    print(f"{count} people, {seconds:g} s at {rate:g} Hz, one core or one GPU\n")
    print(f"{'':24}{'clean/s':>10}{'measured/s':>12}{'12 leads/s':>12}{'physiology':>12}")
    twelve = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    for name, xp, device in where:
        b = Backend(xp=xp, device=device)
        kind: dict[str, Any] = {"xp": xp, "device": device, "balanced": True}

        def draw(seed: int, leads: tuple[str, ...] = ("II",), kind: dict[str, Any] = kind) -> None:
            pairs(count, seed, seconds=seconds, sampling_rate=rate, leads=leads, **kind)

        def only_live(seed: int, b: Backend = b) -> None:
            lives(count, seed, seconds=seconds, balanced=True, b=b)

        def record(seed: int, kind: dict[str, Any] = kind) -> None:
            made = pairs(count, seed, seconds=seconds, sampling_rate=rate, **kind)
            measured(made, seed=seed)

        one = best(draw, device=device)
        many = best(lambda seed, draw=draw: draw(seed, twelve), device=device)
        noisy = best(record, device=device)
        share = best(only_live, device=device) / one
        print(f"{name:24}{count / one:10.0f}{count / noisy:12.0f}{count / many:12.0f}{share:12.0%}")


if __name__ == "__main__":
    tyro.cli(main)
