"""cardioprint's own M2AE as an encoder: trained, the model under test; untrained, its control."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.models.m2ae import M2AE

BATCH = 256
"""Windows in a forward pass."""


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

    @property
    def sampling_rate(self) -> float:
        """Hertz of the preparation."""
        return self.preparation.sampling_rate

    @property
    def seconds(self) -> float:
        """Length of a prepared window."""
        return self.preparation.window

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return fingerprints from the modalities that are there; NaN where none was measured."""
        import torch

        from cardioprint.models.m2ae import whole

        use = usable(signals, self.modalities, self.name)
        windows = prepared.windows_of(signals, use, self.preparation)
        rows = [MODALITIES.index(m) for m in use]
        out = np.full((len(signals), self.model.config.fingerprint), np.nan, np.float32)
        seen = np.flatnonzero(windows.valid[:, rows].any(axis=(1, 2)))
        with torch.no_grad():
            for first in range(0, len(seen), BATCH):
                part = seen[first : first + BATCH]
                shown = {
                    m: whole(
                        torch.from_numpy(windows.samples[part, row]),
                        torch.from_numpy(windows.valid[part, row]),
                        self.model.config.patch,
                    )
                    for m, row in zip(use, rows, strict=True)
                }
                out[part] = self.model.fingerprint(self.model.encode(shown)).numpy()
        return out


def untrained(seed: int = 0) -> Fingerprints:
    """Return an M2AE of the released size that has learnt nothing."""
    import torch

    from cardioprint.models.m2ae import M2AE, ModelConfig

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = M2AE(ModelConfig())
    return Fingerprints(model, "random M2AE", "random")
