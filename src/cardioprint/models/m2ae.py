"""M2AE, a multi-modal masked autoencoder of ECG and PPG (Liu et al., arXiv 2605.09579).

     ECG - patches - hide -> ECG encoder -+                     +-> ECG decoder -> ECG
                                          +-> shared bottleneck +
     PPG - patches - hide -> PPG encoder -+         |           +-> PPG decoder -> PPG
                                                    v
                                         fingerprint (mean pool)

The bottleneck's tokens each look after their own stretch of time and carry phase: the decoders
see them and nothing else. The fingerprint is the mean over tokens of a non-linear read-out,
trained on what does not depend on phase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from cardioprint.models.blocks import Block, hide, sinusoids
from cardioprint.models.course import Course

MODALITIES = ("ecg", "ppg")

LARGEST = 12.0
"""Standard deviations of its window beyond which a sample is cut off."""


SETTLED = {"fold": True, "near": True, "unfold": True, "peek": False}
"""What could once be chosen, and what won: see docs/results/ablations.md."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes of an M2AE."""

    sampling_rate: float = 125.0
    """Hertz of the windows."""
    window_samples: int = 1250
    """Samples in a window (10 s)."""
    patch: int = 25
    """Samples in a patch (0.2 s; CSFM uses 0.1 s)."""
    features: int = 128
    """Width of encoders and bottleneck."""
    heads: int = 4
    """Attention heads everywhere."""
    encoder_layers: int = 4
    """Transformer blocks in each encoder."""
    latents: int = 10
    """Bottleneck tokens, one a second."""
    bottleneck_layers: int = 3
    """Blocks in which the bottleneck's tokens look at each other."""
    decoder_features: int = 64
    """Width of the decoders."""
    decoder_layers: int = 2
    """Transformer blocks in each decoder."""
    fingerprint: int = 256
    """Numbers in a fingerprint; the first half is shared by the modalities."""
    timing: int = 32
    """Leading features of each bottleneck token that both modalities must agree on."""
    content_scale: float = 3.0
    """Loudness of a patch's content when the model is new."""
    position_scale: float = 0.5
    """Loudness of its position."""
    course: int = 0
    """Channels of each modality's course over the window that joins the fingerprint; 0: none."""

    def __post_init__(self) -> None:
        if self.window_samples % self.patch:
            raise ValueError("window_samples must be a multiple of patch")
        if self.patches % self.latents:
            raise ValueError("the number of patches must be a multiple of latents")
        if self.features % self.heads or self.decoder_features % self.heads:
            raise ValueError("features and decoder_features must be multiples of heads")

    @property
    def patches(self) -> int:
        """Patches in a window, per modality."""
        return self.window_samples // self.patch

    @property
    def patch_times(self) -> Tensor:
        """Seconds from the window's start to the middle of each patch."""
        return (torch.arange(self.patches) + 0.5) * self.patch / self.sampling_rate

    def to_dict(self) -> dict[str, float]:
        """Return the fields as plain JSON."""
        return asdict(self)

    @classmethod
    def of(cls, told: dict[str, Any]) -> ModelConfig:
        """Return the sizes that a model folder or a checkpoint tells.

        Raises:
            ValueError: They belong to a kind of model that lost its ablation and was deleted.
            TypeError: A field that this release does not know.
        """
        wrong = [name for name, only in SETTLED.items() if told.get(name, only) != only]
        if wrong:
            raise ValueError(f"models with another {wrong[0]} than {SETTLED[wrong[0]]} are gone")
        return cls(**{k: v for k, v in told.items() if k not in SETTLED})


@dataclass(frozen=True, kw_only=True)
class View:
    """What a forward pass shows of one modality.

    Attributes:
        patches: The visible patches' samples, normalised.
        at: Index of each visible patch in the window.
        keep: False where an entry is padding; None where all count.
    """

    patches: Float[Tensor, "batch patch sample"]
    at: Int[Tensor, "batch patch"]
    keep: Bool[Tensor, "batch patch"] | None = None


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What an encoder made of a view: one token a visible patch, and where they stand.

    Attributes:
        tokens: What the encoder made of each patch.
        at: Index of each in the window.
        keep: False where an entry is padding; None where all count.
        patches: What it saw; None where nobody asks any more.
    """

    tokens: Float[Tensor, "batch patch feature"]
    at: Int[Tensor, "batch patch"]
    keep: Bool[Tensor, "batch patch"] | None
    patches: Float[Tensor, "batch patch sample"] | None = None


class PatchEncoder(nn.Module):
    """Transformer over the visible patches of one modality. Hidden patches never enter."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.embed = nn.Linear(config.patch, config.features)
        # Patch content louder than position, one of the four changes that prevented a collapse.
        self.embed.weight.data.mul_(config.content_scale)
        positions = config.position_scale * sinusoids(config.patch_times, config.features)
        self.register_buffer("positions", positions, persistent=False)
        self.layers = nn.ModuleList(
            Block(config.features, config.heads) for _ in range(config.encoder_layers)
        )

    positions: Tensor

    def forward(self, view: View) -> Encoded:
        """Return one token a visible patch."""
        x = self.embed(view.patches) + self.positions[view.at]
        bias = None if view.keep is None else hide(view.keep)
        for layer in self.layers:
            x = layer(x, bias=bias)
        return Encoded(tokens=x, at=view.at, keep=view.keep, patches=view.patches)


class Bottleneck(nn.Module):
    """Learned tokens, one a second, that take up whichever modalities are present.

    Each token first folds in the patches of its own stretch of time, then attends to all
    visible patches with a distance bias. Folding is the mirror image of the decoders'
    unfolding; with attention alone the ECG was not learnt in 300 steps, and a prototype
    without locality collapsed to one vector.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.patches, self.stretch = config.patches, config.patches // config.latents
        seconds = config.window_samples / config.sampling_rate
        centres = (torch.arange(config.latents) + 0.5) * seconds / config.latents
        self.register_buffer("centres", centres, persistent=False)
        self.register_buffer("patch_times", config.patch_times, persistent=False)
        self.tokens = nn.Parameter(0.5 * sinusoids(centres, config.features))
        self.modality = nn.ParameterDict(
            {m: nn.Parameter(0.02 * torch.randn(config.features)) for m in MODALITIES}
        )
        self.norm_patch = nn.ModuleDict({m: nn.LayerNorm(config.features) for m in MODALITIES})
        width = self.stretch * config.features
        self.fold = nn.ModuleDict({m: nn.Linear(width, config.features) for m in MODALITIES})
        # Bias of -slope per second of distance; from nearly global to nearly one stretch.
        self.slope = nn.Parameter(torch.linspace(-2.0, 2.0, config.heads))
        self.take = Block(config.features, config.heads, cross=True)
        self.layers = nn.ModuleList(
            Block(config.features, config.heads) for _ in range(config.bottleneck_layers)
        )
        self.norm = nn.LayerNorm(config.features)

    centres: Tensor
    patch_times: Tensor

    def forward(self, encoded: dict[str, Encoded]) -> Float[Tensor, "batch latent feature"]:
        """Return the bottleneck's tokens for the encoded patches of one or both modalities."""
        z = self.tokens[None]
        context, bias = [], []
        for modality, e in encoded.items():
            tokens = self.norm_patch[modality](e.tokens)
            if e.keep is not None:
                tokens = tokens * e.keep[..., None].to(tokens.dtype)
            grid, _ = on_grid(tokens, e, self.patches)
            folded = self.fold[modality](rearrange(grid, "b (l s) f -> b l (s f)", s=self.stretch))
            if e.keep is not None:  # nothing visible is the same as no such channel: no bias
                folded = folded * e.keep.any(dim=1).to(folded.dtype)[:, None, None]
            z = z + folded
            context.append(tokens + self.modality[modality])
            distance = (self.patch_times[e.at][:, None, :] - self.centres[None, :, None]).abs()
            near = -self.slope.exp()[None, :, None, None] * distance[:, None]
            bias.append(near if e.keep is None else near + hide(e.keep))
        context = torch.cat(context, dim=1)
        z = self.take(z.expand(context.shape[0], -1, -1), context, torch.cat(bias, dim=-1))
        for layer in self.layers:
            z = layer(z)
        return self.norm(z)


class Decoder(nn.Module):
    """Bottleneck tokens -> one modality's patches. It sees nothing else."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.stretch = config.patches // config.latents
        width = config.decoder_features
        positions = config.position_scale * sinusoids(config.patch_times, width)
        self.register_buffer("positions", positions, persistent=False)
        self.unfold = nn.Linear(config.features, self.stretch * width)
        self.layers = nn.ModuleList(
            Block(width, config.heads) for _ in range(config.decoder_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, config.patch)

    positions: Tensor

    def forward(
        self, z: Float[Tensor, "batch latent feature"]
    ) -> Float[Tensor, "batch patch sample"]:
        """Return the whole window, patch by patch."""
        x = self.positions.expand(z.shape[0], -1, -1)
        x = x + rearrange(self.unfold(z), "b l (s f) -> b (l s) f", s=self.stretch)
        for layer in self.layers:
            x = layer(x)
        return self.out(self.norm(x))


class M2AE(nn.Module):
    """Two encoders, a shared bottleneck, two decoders."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleDict({m: PatchEncoder(config) for m in MODALITIES})
        self.bottleneck = Bottleneck(config)
        self.readout = nn.Sequential(
            nn.Linear(config.features, 2 * config.features),
            nn.GELU(),
            nn.Linear(2 * config.features, config.fingerprint),
        )
        self.courses = nn.ModuleDict({m: Course(config) for m in MODALITIES if config.course})
        # What all fingerprints have in common says nothing about anybody, and drowns what does:
        # running means and spreads, followed in pretraining and frozen with the weights.
        self.register_buffer("centre", torch.zeros(config.fingerprint))
        self.register_buffer("spread", torch.ones(config.fingerprint))
        self.register_buffer("timing_centre", torch.zeros(config.latents * config.timing))
        self.decoders = nn.ModuleDict({m: Decoder(config) for m in MODALITIES})

    centre: Tensor
    spread: Tensor
    timing_centre: Tensor

    def encode(self, shown: dict[str, View]) -> Float[Tensor, "batch latent feature"]:
        """Return the bottleneck's tokens for one or both modalities.

        A modality that is not in `shown` is absent, which is the same as a channel removed.
        """
        return self.bottleneck(self.look(shown))

    def read(
        self, shown: dict[str, View]
    ) -> tuple[Float[Tensor, "batch latent feature"], Float[Tensor, "batch print"]]:
        """Return the bottleneck's tokens and the fingerprint."""
        encoded = self.look(shown)
        z = self.bottleneck(encoded)
        return z, self.fingerprint(z, encoded)

    def look(self, shown: dict[str, View]) -> dict[str, Encoded]:
        """Return what each encoder makes of its modality."""
        return {m: self.encoders[m](shown[m]) for m in MODALITIES if m in shown}

    def fingerprint(
        self,
        z: Float[Tensor, "batch latent feature"],
        encoded: dict[str, Encoded] | None = None,
    ) -> Float[Tensor, "batch print"]:
        """Return the mean over the bottleneck's tokens of a non-linear read-out, and courses.

        Args:
            z: The bottleneck's tokens.
            encoded: The encoders' tokens, for a model that reads their course.
        """
        courses = []
        if self.courses:
            if not encoded:
                raise ValueError("this model's fingerprint needs the encoders' tokens")
            courses = [self.course(modality, e) for modality, e in encoded.items()]
        return self.summary(z, courses)

    def course(self, modality: str, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """Return what a modality's course adds to the fingerprint, and where it is there at all.

        Returns:
            (course, present): shapes (batch, print) and (batch, 1), the latter 0 or 1.
        """
        if encoded.patches is None:
            raise ValueError("a course is read from tokens and from the patches they were made of")
        both = torch.cat([encoded.tokens, encoded.patches], dim=-1)
        grid, there = on_grid(both, encoded, self.config.patches)
        present = there.any(dim=1, keepdim=True).to(torch.float32)
        return self.courses[modality](grid, there), present

    def summary(
        self, z: Float[Tensor, "batch latent feature"], courses: Sequence[tuple[Tensor, Tensor]]
    ) -> Float[Tensor, "batch print"]:
        """Return the fingerprint of tokens and of the courses of the modalities that are there."""
        found = self.readout(z).mean(dim=1)
        if courses:
            total = torch.stack([course * present for course, present in courses]).sum(dim=0)
            count = torch.stack([present for _, present in courses]).sum(dim=0)
            found = found + total / count.clamp_min(1.0)
        return (found - self.centre) / self.spread

    def decode(
        self, z: Float[Tensor, "batch latent feature"]
    ) -> dict[str, Float[Tensor, "batch patch sample"]]:
        """Return both modalities as the bottleneck holds them."""
        return {modality: decoder(z) for modality, decoder in self.decoders.items()}

    def timing(self, z: Float[Tensor, "batch latent feature"]) -> Float[Tensor, "batch timing"]:
        """Return the part of the tokens both modalities must agree on: when the beats fall."""
        return z[:, :, : self.config.timing].flatten(1) - self.timing_centre

    @torch.no_grad()
    def follow(
        self,
        prints: Float[Tensor, "batch print"],
        timings: Float[Tensor, "batch timing"] | None,
        momentum: float = 0.02,
    ) -> None:
        """Move the running means and spreads towards a batch's; None: of frozen tokens."""
        prints = prints.float()
        raw_mean = prints.mean(dim=0) * self.spread + self.centre
        raw_spread = prints.std(dim=0) * self.spread
        # New tensors, not in place: the step's backward pass still needs the old ones.
        self.centre = self.centre.lerp(raw_mean, momentum)
        self.spread = self.spread.lerp(raw_spread.clamp_min(1e-4), momentum)
        if timings is not None:
            timing_mean = timings.float().mean(dim=0) + self.timing_centre
            self.timing_centre = self.timing_centre.lerp(timing_mean, momentum)


def on_grid(
    values: Float[Tensor, "batch patch value"], encoded: Encoded, patches: int
) -> tuple[Float[Tensor, "batch place value"], Bool[Tensor, "batch place"]]:
    """Put what belongs to visible patches at their places, and say which places have any."""
    at = encoded.at.expand(values.shape[0], -1)
    keep = torch.ones_like(at, dtype=torch.bool) if encoded.keep is None else encoded.keep
    if values.shape[1] == patches:
        return values, keep
    empty = values.new_zeros(values.shape[0], patches, values.shape[2])
    there = torch.zeros(empty.shape[:2], dtype=torch.bool, device=values.device)
    grid = empty.scatter(1, at[..., None].expand_as(values), values)
    return grid, there.scatter(1, at, keep)


def patchify(x: Float[Tensor, "batch time"], patch: int) -> Float[Tensor, "batch patch sample"]:
    """Cut a window into patches."""
    return rearrange(x, "b (p s) -> b p s", s=patch)


def whole(
    samples: Float[Tensor, "batch time"], valid: Bool[Tensor, "batch time"], patch: int
) -> View:
    """Return the view that shows every patch at least four fifths of which was measured.

    Samples are limited to `LARGEST`, as in training: an electrode's pop is not to be louder
    than anything the model has seen.
    """
    patches = patchify(samples.clamp(-LARGEST, LARGEST), patch)
    keep = patchify(valid.to(samples.dtype), patch).mean(dim=-1) >= 0.8
    at = torch.arange(patches.shape[1], device=samples.device).expand(patches.shape[0], -1)
    return View(patches=patches, at=at, keep=keep)
