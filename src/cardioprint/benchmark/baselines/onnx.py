"""The weights as they are shipped, int8 through ONNX Runtime, behind the encoders' interface."""

from __future__ import annotations

from collections import deque
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Kind, Signals, usable
from cardioprint.benchmark.baselines.m2ae import REMEMBERED
from cardioprint.errors import ModelError
from cardioprint.fingerprints.pipeline import session
from cardioprint.runtime.folder import WEIGHTS
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.types import Windows


class ShippedFingerprints:
    """Fingerprints as `cardioprint fingerprint` makes them.

    Args:
        model: Packaged model or model folder.
        name: Column of the report.
        precision: "int8" or "float32" (where the folder holds such graphs).

    Raises:
        UnknownNameError: No such model or precision.
        ModelError: Its files are missing or damaged.
    """

    kind: Kind = "model"
    modalities = ("ecg", "ppg")

    def __init__(self, model: str | Path, name: str, precision: str = "int8"):
        self.name = name
        self.session = session(model, precision)
        self.preparation = self.session.preparation
        self.identity = f"{self.session.model_id} {precision}"
        self._last: deque[tuple[Windows, tuple[str, ...], NDArray, NDArray]] = deque(
            maxlen=REMEMBERED
        )

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
        return tuple(range(self.session.features // 2))

    @cached_property
    def _phase(self) -> tuple[int, NDArray[np.float32]]:
        """How many leading features of a token carry phase, and what all tokens have in common.

        The graphs end in fingerprints and waveforms; this centre is in the weights alone.
        """
        from safetensors.numpy import load_file

        path = self.session.folder / WEIGHTS
        try:
            width = int(self.session.about["model"]["timing"])
            return width, load_file(path)["timing_centre"].astype(np.float32)
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise ModelError(
                f"{path}: nothing here says which part of a token carries phase ({error}). "
                "Fix: keep the weights beside the graphs, both of one release"
            ) from None

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return fingerprints from the modalities that are there; NaN where none was measured."""
        use = usable(signals, self.modalities, self.name)
        return self.embed_prepared(prepared.windows_of(signals, use, self.preparation), tuple(use))

    def embed_prepared(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return fingerprints of prepared windows from these modalities alone."""
        return self._encoded(windows, modalities)[0].copy()

    def timing(self, windows: Windows, modalities: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the phase-carrying part of the bottleneck's tokens, shape (window, feature)."""
        width, centre = self._phase
        tokens = self._encoded(windows, modalities)[1]
        return tokens[:, :, :width].reshape(len(tokens), -1) - centre

    def reconstruct(self, windows: Windows, source: str, target: str) -> NDArray[np.float32]:
        """Return what the target's decoder makes of the source, shape (window, time)."""
        return self.session.decode(self._encoded(windows, (source,))[1], target)

    def _encoded(
        self, windows: Windows, modalities: tuple[str, ...]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (fingerprints, tokens) with every other channel made absent."""
        for known, asked, prints, tokens in self._last:
            if known is windows and asked == modalities:
                return prints, tokens
        shown = np.isin([str(m) for m in MODALITIES], modalities)[:, None]
        found = self.session.encode(windows.samples * shown, windows.valid & shown)
        self._last.append((windows, modalities, *found))
        return found
