"""Random convolution kernels of the MiniRocket type (Dempster, Schmidt & Webb 2021).

84 fixed kernels of nine weights, three of them 2 and six of them -1, are slid over a signal at
several dilations; each feature is the share of the signal where the result exceeds a bias (the
proportion of positive values, PPV). Biases are quantiles of what the kernels make of example
signals. Those examples are simulated people by default, so that the encoder is frozen before
it sees a test set; `with_biases_of` takes them from a training fold instead, as the paper does.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.signal.preparation import MODALITIES, Preparation
from cardioprint.simulate import patient

if TYPE_CHECKING:
    from numpy.typing import NDArray

LENGTH = 9
"""Weights of a kernel."""

KERNELS = np.full((84, LENGTH), -1.0, np.float32)
for _row, _places in enumerate(combinations(range(LENGTH), 3)):
    KERNELS[_row, list(_places)] = 2.0

GOLDEN = (np.sqrt(5) + 1) / 2
"""Quantiles are spread by multiples of the golden ratio, a low-discrepancy sequence."""

EXAMPLES = 64
"""Signals from which biases are drawn."""


def dilations(samples: int, per_kernel: int) -> dict[int, int]:
    """Return {dilation: features of each kernel at it}, as section 3.1.2 of the paper.

    Args:
        samples: Length of a signal.
        per_kernel: Features of each kernel over all dilations.

    Raises:
        ValueError: A signal is shorter than a kernel.
    """
    if samples < LENGTH:
        raise ValueError(f"{samples} samples are shorter than a kernel of {LENGTH}")
    most = np.log2((samples - 1) / (LENGTH - 1))
    count = min(per_kernel, 32)
    where = np.logspace(0, most, count, base=2).astype(int)
    values, times = np.unique(where, return_counts=True)
    share = (times * (per_kernel / count)).astype(int)
    for extra in range(per_kernel - share.sum()):
        share[extra % len(share)] += 1
    return dict(zip(values.tolist(), share.tolist(), strict=True))


def responses(x: NDArray[np.float32], dilation: int) -> NDArray[np.float32]:
    """Return what all kernels make of one signal, shape (kernel, time); zeros lie outside it."""
    reach = (LENGTH // 2) * dilation
    padded = np.pad(x, reach)
    taps = np.stack([padded[k * dilation : k * dilation + len(x)] for k in range(LENGTH)])
    return KERNELS @ taps


def ppv(x: NDArray[np.float32], biases: dict[int, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the proportions of positive values of one signal.

    Every other kernel is used without padding, as in the paper: its response is counted only
    where all its weights lie on the signal.

    Args:
        x: Shape (time,).
        biases: For each dilation, shape (kernel, feature).
    """
    out = []
    for number, (dilation, bias) in enumerate(biases.items()):
        found = responses(x, dilation)
        reach = (LENGTH // 2) * dilation
        share = np.empty_like(bias)
        for first, inside in ((number % 2, slice(None)), (1 - number % 2, slice(reach, -reach))):
            part = found[first::2, inside]
            # Bits are counted twice as fast as booleans are averaged.
            above = np.packbits(part[:, None] > bias[first::2, :, None], axis=2)
            share[first::2] = np.bitwise_count(above).sum(axis=2, dtype=np.int32) / part.shape[1]
        out.append(share.ravel())
    return np.concatenate(out).astype(np.float32)


def draw_biases(
    examples: NDArray[np.float32], per_kernel: int, seed: int
) -> dict[int, NDArray[np.float32]]:
    """Return quantiles of kernel responses: for each dilation, shape (kernel, feature).

    Each kernel and dilation takes its quantiles from one example, drawn at random.

    Args:
        examples: Shape (example, time).
        per_kernel: Features of each kernel.
        seed: Of the drawing.
    """
    rng = np.random.default_rng(seed)
    out, used = {}, 0
    for dilation, count in dilations(examples.shape[1], per_kernel).items():
        chosen = rng.integers(len(examples), size=len(KERNELS))
        bias = np.zeros((len(KERNELS), count), np.float32)
        for example in np.unique(chosen):
            mine = np.flatnonzero(chosen == example)
            rows = responses(examples[example], dilation)[mine]
            for k, row in zip(mine, rows, strict=True):
                at = (np.arange(count) + 1 + used + k * count) * GOLDEN % 1
                bias[k] = np.quantile(row, at)
        used += len(KERNELS) * count
        out[dilation] = bias
    return out


class RandomKernels:
    """MiniRocket features of prepared windows (125 Hz, 10 s, mean 0 and SD 1).

    What was not measured is 0, as after the preparation. With both modalities the features
    stand side by side, ECG first.

    Args:
        features: Of each modality; rounded down to a multiple of 84.
        seed: Of the choice of examples.
        preparation: How windows are prepared.
    """

    name = "random kernels"
    kind: Kind = "baseline"
    modalities = ("ecg", "ppg")

    def __init__(self, features: int = 1512, seed: int = 0, preparation: Preparation | None = None):
        if features < len(KERNELS):
            raise ValueError(f"features must be at least {len(KERNELS)}")
        self.per_kernel, self.seed = features // len(KERNELS), seed
        self.preparation = preparation or Preparation()
        self._biases: dict[str, dict[int, NDArray[np.float32]]] = {}

    @property
    def sampling_rate(self) -> float:
        """Hertz of the preparation."""
        return self.preparation.sampling_rate

    @property
    def seconds(self) -> float:
        """Length of a prepared window."""
        return self.preparation.window

    def with_biases_of(self, signals: Signals) -> RandomKernels:
        """Return the encoder whose biases come from these windows: of a training fold only."""
        made = RandomKernels(len(KERNELS) * self.per_kernel, self.seed, self.preparation)
        use = usable(signals, self.modalities, self.name)
        made._biases = self._from(signals, use)
        return made

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return shares between 0 and 1; NaN where nothing was measured."""
        use = usable(signals, self.modalities, self.name)
        missing = [m for m in use if m not in self._biases]
        if missing:
            self._biases |= self._from(_simulated(), missing)
        windows = prepared.windows_of(signals, use, self.preparation)
        parts = []
        for m in use:
            row = MODALITIES.index(m)
            seen = windows.valid[:, row].any(axis=1)
            width = len(KERNELS) * self.per_kernel
            part = np.full((len(signals), width), np.nan, np.float32)
            for i in np.flatnonzero(seen):
                part[i] = ppv(windows.samples[i, row], self._biases[m])
            parts.append(part)
        return np.concatenate(parts, axis=1)

    def _from(
        self, signals: Signals, modalities: list[str]
    ) -> dict[str, dict[int, NDArray[np.float32]]]:
        rng = np.random.default_rng(self.seed)
        some = np.sort(rng.permutation(len(signals))[:EXAMPLES])
        windows = prepared.windows_of(signals[some], modalities, self.preparation)
        out = {}
        for m in modalities:
            row = MODALITIES.index(m)
            seen = windows.valid[:, row].any(axis=1)
            if not seen.any():
                raise ValueError(f"no window with a measured {m} to draw biases from")
            out[m] = draw_biases(windows.samples[seen, row], self.per_kernel, self.seed)
        return out


def _simulated() -> Signals:
    """Return windows of simulated people at many heart rates."""
    ecg, ppg = [], []
    for seed in range(16):
        record, _ = patient(minutes=1, seed=seed, heart_rate=45.0 + 4 * seed, ppg_rate=250.0)
        ecg += np.split(record.channels[0].samples[:10_000], 4)
        ppg += np.split(record.channels[1].samples[:10_000], 4)
    return Signals.of(ecg=np.stack(ecg), ppg=np.stack(ppg), sampling_rate=250.0, lead="II")
