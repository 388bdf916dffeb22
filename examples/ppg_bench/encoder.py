"""cardioprint's M2AE as an encoder of PPG-Bench: two methods, and encoder.yaml beside them.

PPG-Bench calls any object with these two methods, so nothing of it is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cardioprint.models.m2ae import M2AE, whole
from cardioprint.models.pretrained import load_pretrained
from cardioprint.signal.preparation import MODALITIES, Preparation, cut, prepare
from cardioprint.types import Channel, Modality

ROW = MODALITIES.index(Modality.PPG)


class Fingerprint(nn.Module):
    """Prepared PPG -> fingerprint; gradients reach the encoder, for fine-tuning.

    Args:
        model: With the weights to use.
    """

    def __init__(self, model: M2AE):
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """Return the mean fingerprint over an excerpt's windows, shape (batch, feature).

        Args:
            x: Samples and where they were measured (1 or 0), shape (batch, window, 2, time).
        """
        samples, valid = x.flatten(0, 1).unbind(1)
        view = whole(samples, valid > 0.5, self.model.config.patch)
        _, prints = self.model.read({"ppg": view})
        prints = prints.unflatten(0, x.shape[:2])
        # A tail counts as far as it reaches into its window.
        weight = x[:, :, 1].mean(dim=2, keepdim=True) + 1e-6
        return (prints * weight).sum(dim=1) / weight.sum(dim=1)


class CardioprintPort:
    """What PPG-Bench asks of a model.

    Args:
        model_init_cfg: `init` of encoder.yaml: `model` names packaged weights, or `ckpt_path` a
            model folder; PPG-Bench adds `target_fs`, the hertz that signals come at.
    """

    def __init__(self, model_init_cfg: Mapping[str, Any]):
        self.weights = model_init_cfg.get("ckpt_path") or model_init_cfg.get("model", "tiny")
        self.sampling_rate = float(model_init_cfg["target_fs"])
        self.preparation = Preparation()

    def load_encoder(self) -> nn.Module:
        """Return a fresh encoder with the trained weights."""
        return Fingerprint(load_pretrained(self.weights))

    def prepare_batch(
        self, batch: Mapping[str, Any], model_cfg: Mapping[str, Any], device: str
    ) -> Tensor:
        """Resample, filter, cut and normalise each excerpt as in pretraining.

        Args:
            batch: `x` holds the excerpts, shape (batch, time), at `target_fs`.
            model_cfg: The settings file; not needed.
            device: Where the encoder runs.

        Returns:
            Samples and where they were measured, shape (batch, window, 2, time).
        """
        signals = batch["x"].detach().cpu().numpy().astype(np.float32)
        return torch.from_numpy(np.stack([self._windows(x) for x in signals])).to(device)

    def _windows(self, x: np.ndarray) -> np.ndarray:
        """Return the windows of one excerpt; one empty window where it is too short for any."""
        channel = Channel(
            name="ppg", modality=Modality.PPG, sampling_rate=self.sampling_rate, samples=x
        )
        windows = cut(prepare(None, channel, self.preparation), self.preparation)
        if len(windows) == 0:
            return np.zeros((1, 2, self.preparation.window_samples), np.float32)
        valid = windows.valid[:, ROW].astype(np.float32)
        return np.stack((windows.samples[:, ROW], valid), axis=1)
