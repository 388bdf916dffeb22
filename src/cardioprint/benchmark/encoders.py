"""Whatever turns windows into vectors, behind one interface: the model and what it must beat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from cardioprint.benchmark import features
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.models.m2ae import M2AE
    from cardioprint.types import Windows

BATCH = 256
"""Windows in a forward pass."""


class Encoder(Protocol):
    """Windows -> one vector each.

    Attributes:
        name: Column of the report.
        kind: "model" (a claim), "random" (untrained) or "trivial" (no learning).
        shared: Leading features that mean the same for both modalities.
        standardise: Whether comparisons z-score its features over the test set first; a help
            that baselines get and the model does not.
    """

    name: str
    kind: str
    shared: int
    standardise: bool

    def embed(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return one vector a window, shape (window, feature), from these modalities alone."""
        ...


@runtime_checkable
class Timing(Protocol):
    """An encoder with tokens that carry phase."""

    def timing(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return when the beats fall, shape (window, feature)."""
        ...


@runtime_checkable
class Reconstructs(Protocol):
    """An encoder with decoders."""

    def reconstruct(self, windows: Windows, source: str, target: str) -> NDArray[np.float32]:
        """Return the target modality generated from the source, shape (window, time)."""
        ...


class TorchEncoder:
    """An M2AE in memory, in float32."""

    def __init__(self, model: M2AE, name: str, kind: str = "model"):
        self.model, self.name, self.kind = model.float().eval(), name, kind
        self.shared, self.standardise = model.config.fingerprint // 2, False
        self._last: tuple[Windows, tuple[str, ...], Any] | None = None

    def embed(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return fingerprints."""
        return self._read(windows, modalities, self.model.fingerprint)

    def timing(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the phase-carrying part of the bottleneck's tokens."""
        return self._read(windows, modalities, self.model.timing)

    def reconstruct(self, windows: Windows, source: str, target: str) -> NDArray[np.float32]:
        """Return what the target's decoder makes of the source's bottleneck tokens."""
        return self._read(windows, (source,), lambda z: self.model.decoders[target](z).flatten(1))

    def _read(self, windows: Windows, modalities: tuple[str, ...], read: Any) -> NDArray:
        import torch

        # Fingerprint, timing and reconstruction of one set are usually asked for in a row.
        if self._last is None or self._last[0] is not windows or self._last[1] != modalities:
            self._last = (windows, modalities, self._tokens(windows, modalities))
        with torch.no_grad():
            return np.concatenate([read(z).numpy() for z in self._last[2].split(BATCH)])

    def _tokens(self, windows: Windows, modalities: tuple[str, ...]) -> Any:
        import torch

        from cardioprint.models.m2ae import whole

        out = []
        with torch.no_grad():
            for first in range(0, len(windows), BATCH):
                part = slice(first, first + BATCH)
                shown = {
                    m: whole(
                        torch.from_numpy(windows.samples[part, MODALITIES.index(m)]),
                        torch.from_numpy(windows.valid[part, MODALITIES.index(m)]),
                        self.model.config.patch,
                    )
                    for m in modalities
                }
                out.append(self.model.encode(shown))
        return torch.cat(out)


def random_encoder(seed: int = 0) -> TorchEncoder:
    """Return an M2AE that has learnt nothing."""
    import torch

    from cardioprint.models.m2ae import M2AE, ModelConfig

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = M2AE(ModelConfig())
    encoder = TorchEncoder(model, "random M2AE", kind="random")
    # Untrained, it has no running means to centre with: the test set's own are given to it.
    encoder.standardise = True
    return encoder


def load_checkpoint(path: Path) -> TorchEncoder:
    """Return the averaged weights of a training checkpoint."""
    from cardioprint.edge.package import from_checkpoint

    model, about = from_checkpoint(path.parent, path.stem)
    return TorchEncoder(model, f"M2AE, step {about['step']}")


class HandMade:
    """Heart rate, variability, beat shape, spectrum: see `features`."""

    name = "hand features"
    kind = "trivial"
    shared = features.RHYTHM
    standardise = True

    def embed(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the features of each modality side by side; NaN where one has no value."""
        return np.concatenate([self._one(windows, m) for m in modalities], axis=1)

    def _one(self, windows: Windows, modality: str) -> NDArray[np.float32]:
        row, rate = MODALITIES.index(modality), windows.sampling_rate
        out = []
        for x, valid in zip(windows.samples[:, row], windows.valid[:, row], strict=True):
            last = len(valid) - int(np.argmax(valid[::-1]))
            out.append(features.describe(x[:last], modality, rate))
        return np.stack(out)


class Cached:
    """Remembers what an encoder made of the sets of windows it was shown."""

    def __init__(self, encoder: Encoder):
        self.encoder = encoder
        self.name, self.kind = encoder.name, encoder.kind
        self.shared, self.standardise = encoder.shared, encoder.standardise
        self._memory: dict[tuple[str, str, str], tuple[Windows, NDArray[np.float32]]] = {}

    def embed(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the encoder's vectors."""
        return self._get("embed", windows, modalities)

    def timing(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the encoder's phase-carrying tokens."""
        return self._get("timing", windows, modalities)

    def _get(self, what: str, windows: Windows, modalities: tuple[str, ...]) -> NDArray:
        key = (what, "+".join(modalities), str(id(windows)))
        # The set is kept with its vectors, so that its id cannot pass to another.
        if key not in self._memory:
            self._memory[key] = (windows, getattr(self.encoder, what)(windows, modalities))
        return self._memory[key][1]
