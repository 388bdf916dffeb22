"""One pretraining step's loss: the model seen from two views of the same people."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cardioprint.models import losses, rhythm
from cardioprint.models.m2ae import M2AE, MODALITIES, ModelConfig, View, patchify
from cardioprint.training import ranks

MEASURED = 0.8
"""Least share of a patch that was measured where it is shown, as in use: `m2ae.whole`."""


COLDEST = 0.03
"""Lowest temperature: `losses` limits the scale to its inverse."""


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """Weights of the loss."""

    reconstruct: float = 1.0
    """Both modalities from the bottleneck's tokens."""
    visible: float = 0.5
    """Reconstruction of visible patches, beside 1 for hidden ones."""
    derivative: float = 0.3
    """Derivative term of the reconstruction, once it has been faded in."""
    fade: tuple[float, float] = (0.1, 0.3)
    """Fractions of the run between which the derivative term is faded in: from the first step
    it kept every reconstruction at zero."""
    description: float = 0.5
    """Spectrum, autocorrelation, mean beat and its spread, of both modalities, read from the
    fingerprint."""
    rhythm: float = 0.0
    """Intervals between beats, read from the fingerprint's shared half by one linear map for both
    modalities: what a linear probe is to find must lie there linearly."""
    precision: float = 0.0
    """Share of the rhythm's loss that counts how far the rate is off in hundredths: squares alone
    are content with 2 in 100, which is nothing beside the differences between people."""
    prominence: float = 0.0
    """Squared weights with which that map reads rate and variability. The smaller they have to be,
    the larger a share of the fingerprint these take up, and the fewer people a probe needs."""
    phase: float = 0.1
    """InfoNCE between the modalities' tokens for one window; 0.5 hurt in one replication."""
    state: float = 0.2
    """InfoNCE between fingerprints of two windows of a person."""
    decorrelation: float = 0.02
    """Squared correlation between features: without it their effective rank fell to 8."""
    centre: float = 0.0
    """Squared mean of a batch's raw fingerprints, in their spreads. No other loss sees what all
    fingerprints have in common, and it drifted to 50 beside a spread of 3."""
    temperature: float | None = None
    """Of both contrasts; None: learnt, from 0.1."""
    contrast: str = "info_nce"
    """info_nce: over the batch of all ranks; sigmoid: pair by pair, over a rank's own rows."""

    def __post_init__(self) -> None:
        if self.contrast not in ("info_nce", "sigmoid"):
            raise ValueError(f"contrast must be info_nce or sigmoid, not {self.contrast!r}")
        if self.temperature is not None and not COLDEST <= self.temperature <= 1:
            raise ValueError(f"temperature must be {COLDEST} to 1, not {self.temperature}")


@dataclass(frozen=True, kw_only=True)
class TensorBatch:
    """A batch as tensors.

    Attributes:
        kind: See `batches.Batch`.
        clean: Shape (2, batch, 2, time): targets.
        noisy: The same with disturbances: what the encoders see.
        shown: Visible patch indices of each view, by modality.
        patches_valid: Patches from the start that hold signal.
        subject: Shape (batch,).
    """

    kind: str
    clean: Tensor
    noisy: Tensor
    shown: tuple[dict[str, Tensor], dict[str, Tensor]]
    patches_valid: int
    subject: Tensor
    beats: Tensor
    """Shape (2, batch, 2, beat): see `batches.Batch`."""
    progress: float = 1.0
    """Fraction of the run that is over."""
    valid: Tensor | None = None
    """Shape of `noisy`: False where the signal was lost; None: nowhere."""


class Objective(nn.Module):
    """M2AE with what only pretraining needs: description head and temperatures."""

    def __init__(self, model: M2AE, config: ObjectiveConfig):
        super().__init__()
        self.model, self.config = model, config
        c: ModelConfig = model.config
        self.sizes = [
            losses.description_size(m, c.window_samples, c.sampling_rate) for m in MODALITIES
        ]
        self.describe = nn.Sequential(
            nn.GELU(),
            nn.Linear(c.fingerprint, 2 * c.fingerprint),
            nn.GELU(),
            nn.Linear(2 * c.fingerprint, sum(self.sizes)),
        )
        self.read_rhythm = nn.Linear(c.fingerprint // 2, rhythm.SIZE) if config.rhythm > 0 else None
        # One temperature for phase, one for state; 0.1 to begin with.
        fixed = config.temperature
        scale = 2.3 if fixed is None else -math.log(fixed)
        self.log_scale = nn.Parameter(torch.tensor([scale, scale]), requires_grad=fixed is None)
        self.momentum = 0.02
        # Nearly all pairs are mismatches: the first guess is that every one is (Zhai 2023).
        self.bias = nn.Parameter(torch.tensor([-10.0, -10.0]))

    def forward(self, batch: TensorBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and its parts (detached) by name."""
        c = self.config
        patch = self.model.config.patch
        parts: dict[str, Tensor] = {}
        total = torch.zeros((), device=batch.clean.device)
        latents, prints = [], []
        for view in range(2):
            shown = {m: _view(batch, view, m, at, patch) for m, at in batch.shown[view].items()}
            encoded = self.model.look(shown)
            z = self.model.bottleneck(encoded)
            f = self.model.fingerprint(z, encoded)
            latents.append(z)
            prints.append(f)
            if self.read_rhythm is not None and batch.patches_valid == self.model.config.patches:
                miss = self._rhythm(self.read_rhythm(f[:, : f.shape[1] // 2]), batch.beats[view])
                total = total + 0.5 * c.rhythm * miss
                parts["rhythm"] = miss.detach()
            guesses = self.model.decode(z) if c.reconstruct else {}
            description = self.describe(f).float().split(self.sizes, dim=-1)
            for row, m in enumerate(MODALITIES):
                truth = patchify(batch.clean[view][:, row], patch)
                if guesses:
                    loss, error, seen = self._reconstruct(batch, guesses[m], truth, shown.get(m))
                    total = total + 0.5 * c.reconstruct * loss
                    if not seen:
                        source = next(iter(batch.shown[view]))
                        parts[f"mse_{source}_to_{m}"] = error
                if batch.patches_valid == truth.shape[1]:
                    miss = self._describe(batch, view, row, description[row])
                    total = total + 0.5 * c.description * miss
                    parts[f"describe_{m}"] = miss.detach()
        if self.read_rhythm is not None:
            reads = self.read_rhythm.weight[: rhythm.NUMBERS].square().sum()
            total = total + c.prominence * reads
            parts["reads"] = reads.detach()
        everybody = [ranks.gather(f) for f in prints]
        together = torch.cat(everybody)
        total = total + c.decorrelation * losses.decorrelation(together)
        raw = together.float().mean(dim=0) + self.model.centre / self.model.spread
        total = total + c.centre * raw.square().mean()
        parts["centre"] = raw.detach().square().mean().sqrt()
        timings = [self.model.timing(z) for z in latents]
        total = total + self._contrast(batch, timings, prints, parts)
        if self.training:
            with torch.no_grad():
                followed = torch.cat([ranks.gather(t.detach()) for t in timings])
                learns = self.model.bottleneck.tokens.requires_grad
                self.model.follow(together, followed if learns else None, momentum=self.momentum)
        with torch.no_grad():
            parts.update(health(everybody[0].float()))
        parts["loss"] = total.detach()
        return total, parts

    def _reconstruct(
        self, batch: TensorBatch, guess: Tensor, truth: Tensor, shown: View | None
    ) -> tuple[Tensor, Tensor, bool]:
        """Return loss and error of one modality's patches, and whether any was seen."""
        c = self.config
        begin, end = c.fade
        fade = min(1.0, max(0.0, (batch.progress - begin) / (end - begin)))
        visible = torch.zeros(truth.shape[:2], dtype=torch.bool, device=truth.device)
        if shown is not None:
            keep = shown.keep
            seen = torch.ones_like(shown.at, dtype=torch.bool) if keep is None else keep
            visible.scatter_(1, shown.at, seen)
        valid = torch.zeros_like(visible)
        valid[:, : batch.patches_valid] = True
        loss, error = losses.reconstruction(
            guess,
            truth,
            visible,
            valid,
            visible_weight=c.visible,
            derivative_weight=c.derivative * fade,
            mean=ranks.mean,
        )
        return loss, error, bool((visible & valid).any())

    def _contrast(
        self,
        batch: TensorBatch,
        timings: list[Tensor],
        prints: list[Tensor],
        parts: dict[str, Tensor],
    ) -> Tensor:
        """Return what tells windows (phase) or people (state) apart, times its weight."""
        c = self.config
        if batch.kind == "same":
            # Every row is its own: another window of the same person is a fair mismatch.
            rows = torch.arange(len(batch.subject), device=batch.subject.device)
            rows = rows + len(rows) * ranks.place()
            which, name, weight, (a, b) = 0, "phase", c.phase, timings
        else:
            which, name, weight, (a, b) = 1, "within", c.state, prints
            rows = batch.subject
            if batch.shown[0].keys() != batch.shown[1].keys():
                half = a.shape[1] // 2  # across modalities only the shared half has to agree
                a, b, name = a[:, :half], b[:, :half], "across"
        scale = self.log_scale[which]
        if c.contrast == "sigmoid":
            loss, accuracy = losses.sigmoid_pairs(a, b, rows, scale, self.bias[which])
        else:
            a, b, rows = ranks.gather(a), ranks.gather(b), ranks.gather(rows)
            loss, accuracy = losses.info_nce(a, b, rows, scale)
        parts[f"nce_{name}"], parts[f"hit_{name}"] = loss.detach(), accuracy
        return weight * loss

    def _rhythm(self, guess: Tensor, beats: Tensor) -> Tensor:
        """Return how badly the fingerprint tells the rhythm, in units of usual variances.

        The truth is the heart's: R-peaks, and the pulses only where too few of them were found.
        """
        rate = self.model.config.sampling_rate
        with torch.no_grad():
            heart, believed = rhythm.describe_rhythm(beats[:, 0], rate)
            pulse, else_believed = rhythm.describe_rhythm(beats[:, 1], rate)
            truth = torch.where(believed[:, None], heart, pulse)
            there = believed | else_believed
        guess = guess.float()
        error = ((guess - truth).square() * rhythm.weights(guess.device)).mean(dim=1)
        error = (error + self.config.precision * rhythm.finely(guess, truth)) * there
        return error.sum() / ranks.mean(there.sum().float()).clamp_min(1)

    def _describe(self, batch: TensorBatch, view: int, row: int, guess: Tensor) -> Tensor:
        """Return how badly the fingerprint describes a modality, in units of usual variances."""
        m, window = MODALITIES[row], batch.clean[view][:, row]
        rate = self.model.config.sampling_rate
        with torch.no_grad():
            spectrum = losses.describe(window, m, rate)
            beat, spread, there = losses.usual_beat(window, batch.beats[view][:, row], m, rate)
        guessed, guessed_beat, guessed_spread = guess.split(
            [spectrum.shape[1], beat.shape[1], spread.shape[1]], dim=1
        )
        miss = (guessed - spectrum).square().mean() / 0.05
        count = ranks.mean(there.sum().float()).clamp_min(1)
        shape = ((guessed_beat - beat).square().mean(dim=1) * there).sum() / count / 0.3
        change = ((guessed_spread - spread).square().mean(dim=1) * there).sum() / count / 0.1
        return 0.5 * miss + 0.5 * shape + 0.25 * change


def _view(batch: TensorBatch, view: int, modality: str, at: Tensor, patch: int) -> View:
    """Return what the encoder of a modality sees: the patches shown, but those that are lost."""
    row = MODALITIES.index(modality)
    index = at[..., None].expand(-1, -1, patch)
    patches = torch.gather(patchify(batch.noisy[view][:, row], patch), 1, index)
    if batch.valid is None:
        return View(patches=patches, at=at)
    there = patchify(batch.valid[view][:, row].to(patches.dtype), patch).mean(dim=-1)
    return View(patches=patches, at=at, keep=torch.gather(there, 1, at) >= MEASURED)


def health(prints: Tensor) -> dict[str, Tensor]:
    """Return the signs of a collapse: effective rank and mean cosine of fingerprints.

    Effective rank is the exponential of the entropy of the normalised singular values
    (Roy & Vetterli 2007); 1 means that all fingerprints lie on a line.
    """
    if not torch.isfinite(prints).all():  # the loop stops on the loss; no SVD of NaN before it
        nothing = prints.new_tensor(float("nan"))
        return {"rank": nothing, "cosine": nothing}
    centred = prints - prints.mean(dim=0)
    values = torch.linalg.svdvals(centred)
    p = values / values.sum().clamp_min(1e-9)
    rank = torch.exp(-(p * (p + 1e-12).log()).sum())
    unit = torch.nn.functional.normalize(prints, dim=-1)
    cosine = unit @ unit.T
    n = len(prints)
    return {"rank": rank, "cosine": (cosine.sum() - n) / (n * (n - 1))}
