"""Read-outs of a frozen M2AE as encoders that take part in the benchmark.

Tokens are made once; every read-out is a function of them. What a read-out gives is centred,
scaled and, on demand, turned onto its principal axes with statistics of pretraining windows, as
the fingerprint is with its running means: no test window has any part in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.benchmark.readouts.reading import Read, Tokens
from cardioprint.models.m2ae import M2AE, whole
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.types import Windows

BATCH = 64
"""Windows in a forward pass."""

COMBINATIONS: tuple[tuple[str, ...], ...] = (("ecg",), ("ppg",), ("ecg", "ppg"))
"""What may be shown, each with its own statistics where the modalities have no common space."""

LEAST_SPREAD = 1e-4
"""Standard deviation below which a feature is constant."""


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Where a read-out lies, learnt from pretraining windows.

    Attributes:
        mean: Shape (feature,).
        spread: Shape (feature,).
        axes: Shape (feature, number): principal axes, turned at random; None: as they are.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    axes: NDArray[np.float32] | None = None

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return vectors centred, scaled and turned."""
        out = (x - self.mean) / self.spread
        return out if self.axes is None else out @ self.axes

    @classmethod
    def of(cls, x: NDArray[np.float32], size: int | None) -> Axes:
        """Learn from rows; a feature that is constant is left at 0."""
        mean, spread = x.mean(axis=0), x.std(axis=0)
        spread = np.where(spread < LEAST_SPREAD, np.inf, spread).astype(np.float32)
        out = cls(mean=mean, spread=spread)
        if size is None or size >= x.shape[1]:
            return out
        centred = out(x)
        _, vectors = np.linalg.eigh(centred.T @ centred)
        # Heads scale every number they are given to spread 1. Of axes with spreads a hundredfold
        # apart that would make noise as loud as signal; turned at random all spreads are alike,
        # and distances stay.
        turned, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(size, size)))
        axes = vectors[:, -size:] @ turned.astype(np.float32)
        return cls(mean=mean, spread=spread, axes=np.ascontiguousarray(axes, np.float32))


def tokens_of(model: M2AE, windows: Windows, modalities: tuple[str, ...]) -> Tokens:
    """Return what a model makes of prepared windows, shown these modalities alone."""
    views = {}
    for m in modalities:
        row = MODALITIES.index(m)
        samples, valid = (torch.from_numpy(a[:, row]) for a in (windows.samples, windows.valid))
        views[m] = whole(samples, valid, model.config.patch)
    encoded = model.look(views)
    return Tokens(encoded=encoded, z=model.bottleneck(encoded))


class ReadOuts:
    """All read-outs of one frozen model, side by side in one vector: an encoder.

    Args:
        model: Frozen.
        reads: What to read, by name.
        learn: Windows of pretraining, both modalities measured throughout.
        others: Models that differ from `model` in their read-out alone, by name. Each gives its
            fingerprint.

    Attributes:
        widths: Numbers in each read-out, by what is shown and by name.
    """

    kind: Kind = "model"
    modalities = ("ecg", "ppg")
    name = "all read-outs"

    def __init__(
        self,
        model: M2AE,
        reads: Mapping[str, Read],
        learn: Windows,
        others: Mapping[str, M2AE] | None = None,
    ):
        self.model, self.preparation = model.float().eval(), Preparation()
        self.reads = dict(reads)
        for name, other in (others or {}).items():
            frozen = other.float().eval()
            self.reads[name] = Read(
                of=lambda m, t, frozen=frozen: frozen.fingerprint(t.z, dict(t.encoded)),
                shared=model.config.fingerprint // 2,
                scaled=True,
            )
        self._axes: dict[tuple[str, tuple[str, ...]], Axes] = {}
        self.widths: dict[tuple[str, ...], dict[str, int]] = {}
        self._remembered: dict[bytes, dict[str, NDArray[np.float32]]] = {}
        self._learn(learn)

    @property
    def sampling_rate(self) -> float:
        """Hertz of the preparation."""
        return self.preparation.sampling_rate

    @property
    def seconds(self) -> float:
        """Length of a prepared window."""
        return self.preparation.window

    def _learn(self, windows: Windows) -> None:
        """Learn where every read-out lies, in one pass over the windows for each combination."""
        raw = {c: self._raw(windows, c) for c in COMBINATIONS}
        for name, read in self.reads.items():
            if read.scaled:
                continue
            if read.aligned:  # one space for all: what is shown makes no other coordinates
                axes = Axes.of(np.concatenate([raw[c][name] for c in COMBINATIONS]), read.size)
                self._axes |= {(name, c): axes for c in COMBINATIONS}
            else:
                self._axes |= {(name, c): Axes.of(raw[c][name], read.size) for c in COMBINATIONS}
        for c in COMBINATIONS:
            few = self._raw(_part(windows, slice(0, 1)), c)
            self.widths[c] = {name: x.shape[1] for name, x in few.items()}

    @torch.no_grad()
    def _raw(self, windows: Windows, modalities: tuple[str, ...]) -> dict[str, NDArray[np.float32]]:
        out: dict[str, list[NDArray[np.float32]]] = {name: [] for name in self.reads}
        for first in range(0, len(windows), BATCH):
            part = _part(windows, slice(first, first + BATCH))
            tokens = tokens_of(self.model, part, modalities)
            for name, read in self.reads.items():
                x = read.of(self.model, tokens).numpy()
                axes = self._axes.get((name, modalities))
                out[name].append(x if axes is None else axes(x))
        return {name: np.concatenate(x).astype(np.float32) for name, x in out.items()}

    def prepared(
        self, windows: Windows, modalities: tuple[str, ...]
    ) -> dict[str, NDArray[np.float32]]:
        """Return every read-out of prepared windows by name; the same windows only once."""
        made = hashlib.blake2b(repr((modalities, windows.samples.shape)).encode(), digest_size=16)
        for array in (windows.samples, windows.valid):
            made.update(np.ascontiguousarray(array).tobytes())
        key = made.digest()
        if key not in self._remembered:
            found = self._raw(windows, modalities)
            rows = [MODALITIES.index(m) for m in modalities]
            silent = ~windows.valid[:, rows].any(axis=(1, 2))
            for x in found.values():
                x[silent] = np.nan
            self._remembered[key] = found
        return self._remembered[key]

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return all read-outs side by side: see `part` for where each lies."""
        use = usable(signals, self.modalities, self.name)
        windows = prepared.windows_of(signals, use, self.preparation)
        found = self._raw(windows, tuple(use))
        out = np.concatenate(list(found.values()), axis=1)
        rows = [MODALITIES.index(m) for m in use]
        out[~windows.valid[:, rows].any(axis=(1, 2))] = np.nan
        return out

    def part(self, name: str, wide: NDArray[np.float32], signals: Signals) -> NDArray[np.float32]:
        """Return one read-out's columns of what `embed` made of these signals."""
        use = usable(signals, self.modalities, self.name)
        widths = list(self.widths[tuple(use)].values())
        at = list(self.reads).index(name)
        return wide[:, sum(widths[:at]) : sum(widths[: at + 1])]


class ReadOut:
    """One of them, as an encoder that takes part in the benchmark.

    Args:
        name: Of the read-out.
        all_of_them: What makes it.
        embed: (encoder, key, signals) -> vectors, remembered: see `Bench`.
    """

    kind: Kind = "model"
    modalities = ("ecg", "ppg")

    def __init__(
        self,
        name: str,
        all_of_them: ReadOuts,
        embed: Callable[[ReadOuts, str, Signals], NDArray[np.float32]],
    ):
        self.name, self.all, self._ask = name, all_of_them, embed
        self.sampling_rate, self.seconds = all_of_them.sampling_rate, all_of_them.seconds

    @property
    def width(self) -> int:
        """Numbers in a vector of one modality."""
        return self.all.widths["ecg",][self.name]

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return its vectors of windows as recorded."""
        return self.all.part(self.name, self._ask(self.all, "read-outs", signals), signals)

    def embed_prepared(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return its vectors of prepared windows."""
        return self.all.prepared(windows, modalities)[self.name]


class AlignedReadOut(ReadOut):
    """One whose features mean the same for ECG and for PPG: either finds the other."""

    @property
    def shared(self) -> tuple[int, ...]:
        """Features to be held against the other modality's."""
        read = self.all.reads[self.name]
        return tuple(range(self.width if read.shared is None else read.shared))

    def timing(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the same vectors: whether they find their own window is asked of them alone."""
        return self.embed_prepared(windows, modalities)


def _part(windows: Windows, at: slice) -> Windows:
    names = ("start", "samples", "valid", "mean", "scale")
    return replace(windows, **{name: getattr(windows, name)[at] for name in names})
