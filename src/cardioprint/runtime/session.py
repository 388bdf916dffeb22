"""The ONNX Runtime session: windows in, fingerprints and reconstructions out, no torch."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ModelError, UnknownNameError
from cardioprint.runtime.folder import model_id, read_about, resolve
from cardioprint.signal.preparation import MODALITIES, Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = {"int8": 1, "float32": 16}
"""Windows in a call. Dynamic quantisation shares one scale over a call: one window at a time
makes a fingerprint independent of its neighbours (a stream equals a batch) and costs 13 %."""


def usable_cores() -> int:
    """Return the cores this process may use, not those the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


class Session:
    """One model, ready to use.

    Args:
        name: A packaged model's name or a model folder.
        precision: "int8" (packaged) or "float32" (after `cardioprint export`).
        threads: Threads in a call; default: the cores this process may use.

    Raises:
        UnknownNameError: No such model or precision.
        ModelError: Its files are missing or damaged.
    """

    def __init__(
        self, name: str | Path = "tiny", *, precision: str = "int8", threads: int | None = None
    ):
        if precision not in BATCH:
            raise UnknownNameError("precision", precision, BATCH)
        self.folder, self.precision, self.batch = resolve(name), precision, BATCH[precision]
        graphs = ("encoder_ecg", "encoder_ppg", "bottleneck", "decoder_ecg", "decoder_ppg")
        self.files = {graph: f"{graph}.{precision}.onnx" for graph in graphs}
        self.about: dict[str, Any] = read_about(self.folder, check=tuple(self.files.values()))
        try:
            self.preparation = Preparation(**self.about["preparation"])
            self.model_id = model_id(self.about)
            sizes = self.about["model"]
            self.features, self.width = int(sizes["fingerprint"]), int(sizes["features"])
            self.patches = int(sizes["window_samples"] // sizes["patch"])
            self.courses = bool(sizes.get("course", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{self.folder}: model.json does not say what this release needs ({error}). "
                "Fix: use the release that wrote it"
            ) from None
        self.threads = usable_cores() if threads is None else threads
        self._sessions: dict[str, Any] = {}

    @cached_property
    def _options(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        return options

    def _run(self, graph: str, inputs: dict[str, NDArray]) -> list[NDArray]:
        if graph not in self._sessions:
            import onnxruntime

            self._sessions[graph] = onnxruntime.InferenceSession(
                str(self.folder / self.files[graph]),
                self._options,
                providers=["CPUExecutionProvider"],
            )
        return self._sessions[graph].run(None, inputs)

    def encode(
        self, samples: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Encode windows; a channel without a valid sample is an absent modality.

        Args:
            samples: Shape (window, 2, time): ECG then PPG, normalised, 0 where invalid.
            valid: Same shape: True where measured.

        Returns:
            (fingerprints, tokens): shapes (window, feature) and (window, latent, width).
            Tokens carry phase and are for reconstruction; they are no fingerprint.
        """
        n = len(samples)
        prints = np.empty((n, self.features), np.float32)
        tokens: NDArray[np.float32] | None = None
        present: NDArray[np.bool_] = np.asarray(valid.max(axis=2))
        for key in ((True, False), (False, True), (True, True)):
            rows = np.flatnonzero((present[:, 0] == key[0]) & (present[:, 1] == key[1]))
            for first in range(0, len(rows), self.batch):
                at = rows[first : first + self.batch]
                z, f = self._encode_alike(samples[at], valid[at], key)
                if tokens is None:
                    tokens = np.zeros((n, *z.shape[1:]), np.float32)
                tokens[at], prints[at] = z, f
        prints[~(present[:, 0] | present[:, 1])] = np.nan
        if tokens is None:
            tokens = np.zeros((n, 0, self.width), np.float32)
        return prints, tokens

    def _encode_alike(
        self, samples: NDArray[np.float32], valid: NDArray[np.bool_], present: tuple[bool, bool]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Encode windows that all have the same modalities, so that absent ones cost nothing."""
        inputs: dict[str, NDArray] = {}
        for row, modality in enumerate(MODALITIES):
            if present[row]:
                encoded, keep, *course = self._run(
                    f"encoder_{modality}",
                    {
                        "samples": np.ascontiguousarray(samples[:, row]),
                        "valid": np.ascontiguousarray(valid[:, row]),
                    },
                )
            else:
                encoded = np.zeros((len(samples), self.patches, self.width), np.float32)
                keep = np.zeros((len(samples), self.patches), bool)
                course = [np.zeros((len(samples), self.features), np.float32)] * self.courses
            inputs[f"{modality}_tokens"], inputs[f"{modality}_keep"] = encoded, keep
            if course:
                inputs[f"{modality}_course"] = course[0]
        tokens, prints = self._run("bottleneck", inputs)
        return tokens, prints

    def decode(self, tokens: NDArray[np.float32], modality: str) -> NDArray[np.float32]:
        """Return the modality's windows as the tokens hold them, shape (window, time)."""
        parts = [
            self._run(f"decoder_{modality}", {"tokens": tokens[i : i + self.batch]})[0]
            for i in range(0, len(tokens), self.batch)
        ]
        empty = np.zeros((0, self.preparation.window_samples), np.float32)
        return np.concatenate(parts) if parts else empty
