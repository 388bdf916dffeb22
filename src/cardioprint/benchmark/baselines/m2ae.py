"""cardioprint's own M2AE as an encoder: trained, the model under test; untrained, its control."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from cardioprint.models.m2ae import M2AE, View
    from cardioprint.types import Windows

BATCH = 64
"""Windows in a forward pass: a fifth quicker on a core than 256, whose activations leave its
cache."""

REMEMBERED = 4
"""Sets of windows whose tokens are kept: fingerprint, timing and reconstruction of one set are
asked for one after the other, and need one forward pass."""


class Made(NamedTuple):
    """The bottleneck's tokens, shape (window, latent, feature), and the fingerprints."""

    tokens: Tensor
    prints: Tensor


class Fingerprints:
    """Fingerprints of an M2AE in memory, in float32.

    Args:
        model: With the weights to use.
        name: Column of the report.
        kind: What it stands for.
        preparation: The one the model was trained with.
    """

    modalities = ("ecg", "ppg")

    def __init__(
        self,
        model: M2AE,
        name: str,
        kind: Kind = "model",
        preparation: Preparation | None = None,
    ):
        self.model, self.name = model.float().eval(), name
        self.kind: Kind = kind
        self.preparation = preparation or Preparation()
        self._last: deque[tuple[Windows, tuple[str, ...], Made]] = deque(maxlen=REMEMBERED)

    @property
    def sampling_rate(self) -> float:
        """Hertz of the preparation."""
        return self.preparation.sampling_rate

    @property
    def seconds(self) -> float:
        """Length of a prepared window."""
        return self.preparation.window

    @property
    def shared(self) -> tuple[int, ...]:
        """Features that training draws together across modalities: the first half."""
        return tuple(range(self.model.config.fingerprint // 2))

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return fingerprints from the modalities that are there; NaN where none was measured."""
        use = usable(signals, self.modalities, self.name)
        return self.embed_prepared(prepared.windows_of(signals, use, self.preparation), tuple(use))

    def embed_prepared(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return fingerprints of prepared windows from these modalities alone.

        Shape (window, feature); NaN where none of the modalities was measured.
        """
        out = self._made(windows, modalities).prints.numpy().copy()
        rows = [MODALITIES.index(m) for m in modalities]
        out[~windows.valid[:, rows].any(axis=(1, 2))] = np.nan
        return out

    def timing(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the phase-carrying part of the bottleneck's tokens, shape (window, feature)."""
        return self._read(windows, modalities, self.model.timing)

    def reconstruct(self, windows: Windows, source: str, target: str) -> NDArray[np.float32]:
        """Return what the target's decoder makes of the source, shape (window, time)."""
        decoder = self.model.decoders[target]
        return self._read(windows, (source,), lambda z: decoder(z).flatten(1))

    def _read(
        self,
        windows: Windows,
        modalities: tuple[str, ...],
        read: Callable[[Tensor], Tensor],
    ) -> NDArray[np.float32]:
        import torch

        with torch.no_grad():
            parts = self._made(windows, modalities).tokens.split(BATCH)
            return np.concatenate([read(z).numpy() for z in parts])

    def _views(self, windows: Windows, modalities: tuple[str, ...]) -> Iterator[dict[str, View]]:
        """Yield what the encoders see of some windows after the other."""
        import torch

        from cardioprint.models.m2ae import whole

        for first in range(0, len(windows), BATCH):
            part = slice(first, first + BATCH)
            yield {
                m: whole(
                    torch.from_numpy(windows.samples[part, MODALITIES.index(m)]),
                    torch.from_numpy(windows.valid[part, MODALITIES.index(m)]),
                    self.model.config.patch,
                )
                for m in modalities
            }

    def _made(self, windows: Windows, modalities: tuple[str, ...]) -> Made:
        """Return what the model makes of windows, from memory if it was asked for just now."""
        import torch

        for known, shown, made in self._last:
            if known is windows and shown == modalities:
                return made
        c = self.model.config
        out = [(torch.zeros((0, c.latents, c.features)), torch.zeros((0, c.fingerprint)))]
        with torch.no_grad():
            out += [self.model.read(views) for views in self._views(windows, modalities)]
        made = Made(*(torch.cat(parts) for parts in zip(*out, strict=True)))
        self._last.append((windows, modalities, made))
        return made


def untrained(seed: int = 0) -> Fingerprints:
    """Return an M2AE of the released size that has learnt nothing."""
    import torch

    from cardioprint.models.m2ae import M2AE, ModelConfig

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = M2AE(ModelConfig())
    return Fingerprints(model, "random M2AE", "random")
