"""Ways to read a vector out of the tokens of a frozen M2AE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cardioprint.models.m2ae import M2AE, Decoder, Encoded

FLOOR = 1e-3
"""Share of the mean power below which a spectrum tells nothing."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What a frozen model makes of windows.

    Attributes:
        encoded: Each encoder's tokens, 5 a second and modality, with what was measured.
        z: The bottleneck's tokens, shape (batch, latent, feature).
    """

    encoded: Mapping[str, Encoded]
    z: Tensor


@dataclass(frozen=True, kw_only=True)
class Read:
    """A way to read a vector.

    Attributes:
        of: (model, tokens) -> shape (batch, feature).
        aligned: Whether a feature means the same for ECG and for PPG.
        shared: Leading features to be held against the other modality's; None: all of them.
        size: Principal axes that are kept; None: the features as they are.
        scaled: Whether the model has centred and scaled it already, in pretraining.
    """

    of: Callable[[M2AE, Tokens], Tensor]
    aligned: bool = True
    shared: int | None = None
    size: int | None = None
    scaled: bool = False


def encoder_statistics(model: M2AE, tokens: Tokens) -> Tensor:
    """Return mean and standard deviation over measured patches, modalities side by side."""
    parts = []
    for e in tokens.encoded.values():
        keep = torch.ones(e.tokens.shape[:2]) if e.keep is None else e.keep.float()
        weight = (keep / keep.sum(dim=1, keepdim=True).clamp_min(1))[..., None]
        mean = (e.tokens * weight).sum(dim=1)
        square = ((e.tokens - mean[:, None]).square() * weight).sum(dim=1)
        parts += [mean, square.clamp_min(0).sqrt()]
    return torch.cat(parts, dim=1)


def token_statistics(model: M2AE, tokens: Tokens) -> Tensor:
    """Return mean and standard deviation over the bottleneck's tokens."""
    return torch.cat([tokens.z.mean(dim=1), tokens.z.std(dim=1, correction=0)], dim=1)


def hidden(model: M2AE, tokens: Tokens) -> Tensor:
    """Return the mean of the read-out's hidden layer: what lies before the last projection."""
    return model.readout[:-1](tokens.z).mean(dim=1)


def power(course: Tensor) -> Tensor:
    """Return the power spectrum over time, in units of its mean, without the constant.

    Args:
        course: Shape (batch, time, feature), evenly spaced in time.

    Returns:
        Shape (batch, frequency, feature), multiples of one over the window.
    """
    taper = torch.hann_window(course.shape[1], periodic=False)[None, :, None]
    centred = course - course.mean(dim=1, keepdim=True)
    found = torch.fft.rfft(centred * taper, dim=1)[:, 1:].abs().square()
    return found / found.mean(dim=(1, 2), keepdim=True).clamp_min(1e-9)


def log_power(course: Tensor) -> Tensor:
    """Return the logarithm of `power`, and nothing of what is below `FLOOR`."""
    return torch.log10(power(course) + FLOOR)


def autocorrelation(course: Tensor) -> Tensor:
    """Return how like itself a course of vectors is, half a window of lags, shape (batch, lag)."""
    n = course.shape[1]
    centred = course - course.mean(dim=1, keepdim=True)
    power = torch.fft.rfft(centred, n=2 * n, dim=1).abs().square().sum(dim=-1)
    lags = torch.fft.irfft(power, dim=1)[:, : n // 2 + 1]
    overlap = n / (n - torch.arange(n // 2 + 1, dtype=course.dtype))
    return (lags * overlap)[:, 1:] / lags[:, :1].clamp_min(1e-9)


def unfolded(model: M2AE, tokens: Tokens) -> list[Tensor]:
    """Return the tokens as each decoder's linear map unfolds them, 5 vectors a second."""
    steps = model.config.patches // model.config.latents
    out = []
    for decoder in model.decoders.values():
        assert isinstance(decoder, Decoder)
        course: Tensor = decoder.unfold(tokens.z)
        out.append(course.reshape(len(course), model.config.latents * steps, -1))
    return out


def unfolded_spectrum(model: M2AE, tokens: Tokens) -> Tensor:
    """Return spectra of every unfolded feature."""
    return torch.cat([log_power(c).flatten(1) for c in unfolded(model, tokens)], dim=1)


def unfolded_rhythm(model: M2AE, tokens: Tokens) -> Tensor:
    """Return total spectrum and autocorrelation of the unfolded vectors."""
    parts = []
    for course in unfolded(model, tokens):
        total = power(course).mean(dim=2)
        parts += [torch.log10(total + FLOOR), autocorrelation(course)]
    return torch.cat(parts, dim=1)


def encoder_spectrum(model: M2AE, tokens: Tokens) -> Tensor:
    """Return spectra of every feature of the encoders' tokens; unmeasured patches are 0."""
    parts = []
    for e in tokens.encoded.values():
        keep = 1.0 if e.keep is None else e.keep[..., None].float()
        parts.append(log_power(e.tokens * keep).flatten(1))
    return torch.cat(parts, dim=1)


def decoded_spectrum(model: M2AE, tokens: Tokens) -> Tensor:
    """Return spectra up to 9.6 Hz of both signals as the decoders make them."""
    made = model.decode(tokens.z)
    return torch.cat([log_power(x.flatten(1)[..., None])[:, :96, 0] for x in made.values()], dim=1)


def beside(*reads: Callable[[M2AE, Tokens], Tensor]) -> Callable[[M2AE, Tokens], Tensor]:
    """Return several read-outs side by side."""
    return lambda model, tokens: torch.cat([read(model, tokens) for read in reads], dim=1)


def fingerprint(model: M2AE, tokens: Tokens) -> Tensor:
    """Return what the model itself calls a fingerprint."""
    return model.fingerprint(tokens.z, dict(tokens.encoded))


def _other_half(model: M2AE, tokens: Tokens) -> Tensor:
    return fingerprint(model, tokens)[:, model.config.fingerprint // 2 :]


def _shared_half(model: M2AE, tokens: Tokens) -> Tensor:
    return fingerprint(model, tokens)[:, : model.config.fingerprint // 2]


def reads(model: M2AE, size: int = 256) -> dict[str, Read]:
    """Return all ways to read a model that need no training, by name, the shipped one first.

    Args:
        model: Whose sizes count.
        size: Principal axes where there are more features.
    """
    everything = beside(fingerprint, encoder_statistics, unfolded_rhythm)
    return {
        "the fingerprint": Read(of=fingerprint, shared=model.config.fingerprint // 2, scaled=True),
        "its shared half": Read(of=_shared_half, scaled=True),
        "its other half": Read(of=_other_half, scaled=True),
        "before the last projection": Read(of=hidden),
        "mean of tokens": Read(of=lambda m, t: t.z.mean(dim=1)),
        "mean and SD of tokens": Read(of=token_statistics),
        "largest of tokens": Read(of=lambda m, t: t.z.amax(dim=1)),
        "tokens side by side, whole": Read(of=lambda m, t: t.z.flatten(1)),
        "tokens side by side": Read(of=lambda m, t: t.z.flatten(1), size=size),
        "timing part of tokens": Read(of=lambda m, t: m.timing(t.z)),
        "mean and SD of encoders": Read(of=encoder_statistics, aligned=False),
        "mean and SD of both": Read(
            of=beside(token_statistics, encoder_statistics), aligned=False, size=size
        ),
        "fingerprint + encoders, whole": Read(
            of=beside(fingerprint, encoder_statistics), aligned=False
        ),
        "fingerprint + encoders": Read(
            of=beside(fingerprint, encoder_statistics), aligned=False, size=size
        ),
        "spectrum of tokens": Read(of=lambda m, t: log_power(t.z).flatten(1), size=size),
        "rhythm of unfolded tokens": Read(of=unfolded_rhythm),
        "spectra of unfolded tokens": Read(of=unfolded_spectrum, size=size),
        "spectra of encoders": Read(of=encoder_spectrum, aligned=False, size=size),
        "spectra of decoded signals": Read(of=decoded_spectrum),
        "fingerprint + encoders + rhythm, whole": Read(of=everything, aligned=False),
        "fingerprint + encoders + rhythm": Read(of=everything, aligned=False, size=size),
    }


class Attention(nn.Module):
    """A read-out that weighs tokens instead of averaging them; it begins as the mean.

    It takes the place of `M2AE.readout`: the mean over its single token is that token.

    Args:
        readout: The one to begin with.
        features: In a token.
        heads: Weights a token gets, each for an equal part of the vector; 0: the mean as before.
    """

    def __init__(self, readout: nn.Module, features: int, heads: int):
        super().__init__()
        self.value, self.heads = readout, heads
        self.score = nn.Linear(features, max(heads, 1))
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, z: Tensor) -> Tensor:
        """Return one vector a window, shape (batch, 1, feature)."""
        value: Tensor = self.value(z)
        if self.heads == 0:
            return value.mean(dim=1, keepdim=True)
        weight = self.score(z).float().softmax(dim=1).to(value.dtype)
        parts = value.unflatten(2, (self.heads, -1)) * weight[..., None]
        return parts.sum(dim=1, keepdim=True).flatten(2)
