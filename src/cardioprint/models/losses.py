"""What M2AE learns from: reconstruction, phase-free description, contrast."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Bool, Float, Int
from torch import Tensor

SPECTRUM_HZ = {"ecg": 25.0, "ppg": 10.0}
"""Hertz up to which a window's spectrum is described."""

LONGEST_LAG = 2.0
"""Seconds up to which a window's autocorrelation is described: a beat at 30 beats/min."""


def reconstruction(
    guess: Float[Tensor, "batch patch sample"],
    truth: Float[Tensor, "batch patch sample"],
    visible: Bool[Tensor, "batch patch"],
    valid: Bool[Tensor, "batch patch"],
    *,
    visible_weight: float,
    derivative_weight: float,
    mean: Callable[[Tensor], Tensor] = torch.Tensor.detach,
) -> tuple[Tensor, Tensor]:
    """Squared error on hidden patches, less on visible ones, with a derivative term.

    The derivative's error counts in units of the derivative's own variance, so that a flat QRS
    complex costs as much as a flat T wave of ten times its area.

    Args:
        guess: The decoder's patches.
        truth: The window's patches.
        visible: True where the encoder saw the patch.
        valid: True where the patch was measured.
        visible_weight: What a visible patch counts beside a hidden one.
        derivative_weight: What the derivative counts beside the value.
        mean: Mean over ranks: what divides is to be the same on all of them.

    Returns:
        (loss, mean squared error on hidden valid patches); the latter without gradient.
    """
    guess = guess.float()
    error = (guess - truth).square().mean(dim=-1)
    rise, true_rise = guess.diff(dim=-1), truth.diff(dim=-1)
    unit = mean(true_rise.square().mean()).clamp_min(1e-4)
    error_rise = (rise - true_rise).square().mean(dim=-1) / unit
    hidden = (~visible & valid).float()
    weight = hidden + visible_weight * (visible & valid).float()
    total = ((error + derivative_weight * error_rise) * weight).sum()
    total = total / mean(weight.sum()).clamp_min(1.0)
    return total, (error.detach() * hidden).sum() / mean(hidden.sum()).clamp_min(1.0)


def describe(
    window: Float[Tensor, "batch time"], modality: str, sampling_rate: float
) -> Float[Tensor, "batch feature"]:
    """Describe a window without its phase: log spectrum and autocorrelation.

    Neither changes when the window slides within a steady state, and together they hold rate,
    its variability and the mean shape of the beat, but not where the beats fall.

    Args:
        window: Normalised to mean 0 and SD 1.
        modality: "ecg" or "ppg".
        sampling_rate: Hertz.

    Returns:
        Log power every 0.1 Hz (less its usual level), then autocorrelation every 8 ms to 2 s.
    """
    n = window.shape[-1]
    taper = torch.hann_window(n, periodic=False, device=window.device)
    power = torch.fft.rfft(window * taper, dim=-1).abs().square()
    bins = int(SPECTRUM_HZ[modality] * n / sampling_rate)
    power = power[:, 1 : bins + 1] / n
    log_power = torch.log10(power + 1e-3)
    # Pairs of bins for the ECG: its lines are the heart rate's harmonics, 0.2 Hz will do.
    if modality == "ecg":
        log_power = log_power.unfold(-1, 2, 2).mean(dim=-1)
    spectrum = torch.fft.rfft(window, n=2 * n, dim=-1)
    acf = torch.fft.irfft(spectrum.abs().square(), dim=-1)
    lags = int(LONGEST_LAG * sampling_rate)
    overlap = torch.arange(n, n - lags, -1, device=window.device) / n
    acf = acf[:, 1 : lags + 1] / acf[:, :1].clamp_min(1e-6) / overlap
    return torch.cat([log_power / 2 + 0.5, acf], dim=-1)


def description_size(modality: str, window_samples: int, sampling_rate: float) -> int:
    """Return how many numbers `describe` and `usual_beat` give."""
    beat = round(BEAT[modality][1] * sampling_rate) - round(BEAT[modality][0] * sampling_rate)
    return 2 * beat + _spectral_size(modality, window_samples, sampling_rate)


def _spectral_size(modality: str, window_samples: int, sampling_rate: float) -> int:
    bins = int(SPECTRUM_HZ[modality] * window_samples / sampling_rate)
    return (bins // 2 if modality == "ecg" else bins) + int(LONGEST_LAG * sampling_rate)


BEAT = {"ecg": (-0.28, 0.52), "ppg": (-0.24, 0.56)}
"""Seconds around an R-peak, or around the steepest upslope, that make a beat."""


def usual_beat(
    window: Float[Tensor, "batch time"],
    beats: Int[Tensor, "batch beat"],
    modality: str,
    sampling_rate: float,
) -> tuple[Float[Tensor, "batch sample"], Float[Tensor, "batch sample"], Bool[Tensor, " batch"]]:
    """Return the mean beat of each window, the beats' spread about it, and whether to believe them.

    The spread tells a heart whose beats are alike from one with beats of several kinds.

    Args:
        window: Normalised.
        beats: Samples after the window's start; -1 where there is none.
        modality: "ecg" or "ppg".
        sampling_rate: Hertz.

    Returns:
        (mean, standard deviation, whether at least three beats lie wholly in the window).
    """
    first, last = (round(edge * sampling_rate) for edge in BEAT[modality])
    whole = (beats + first >= 0) & (beats + last <= window.shape[1]) & (beats >= 0)
    at = beats[..., None] + torch.arange(first, last, device=window.device)
    at = at.clamp(0, window.shape[1] - 1).flatten(1)
    shapes = torch.gather(window, 1, at).unflatten(1, (beats.shape[1], last - first))
    count = whole.sum(dim=1)
    share = (whole / count.clamp_min(1)[:, None])[..., None]
    mean = (shapes * share).sum(dim=1)
    spread = ((shapes - mean[:, None]).square() * share).sum(dim=1).sqrt()
    return mean, spread, count >= 3


def decorrelation(prints: Float[Tensor, "batch feature"]) -> Tensor:
    """Return the mean squared correlation between features (VICReg, Bardes 2022)."""
    centred = prints.float() - prints.float().mean(dim=0)
    centred = centred / (centred.std(dim=0) + 1e-4)
    correlation = centred.T @ centred / len(prints)
    return (correlation.square().sum() - correlation.diagonal().square().sum()) / len(correlation)


def info_nce(
    a: Float[Tensor, "batch feature"],
    b: Float[Tensor, "batch feature"],
    subject: Int[Tensor, " batch"],
    log_scale: Float[Tensor, ""],
) -> tuple[Tensor, Tensor]:
    """Symmetric InfoNCE (Oord 2018) with other windows of the same person left out.

    Row i of `a` belongs to row i of `b`; a window of the same person elsewhere in the batch is
    neither a match nor a mismatch.

    Returns:
        (loss, accuracy of the best match); the latter without gradient.
    """
    a, b = F.normalize(a.float(), dim=-1), F.normalize(b.float(), dim=-1)
    logits = a @ b.T * log_scale.clamp(0.0, 3.5).exp()
    same = subject[:, None] == subject[None, :]
    same.fill_diagonal_(False)
    logits = logits.masked_fill(same, -1e4)
    target = torch.arange(len(a), device=a.device)
    loss = (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2
    accuracy = (logits.argmax(dim=1) == target).float().mean()
    return loss, accuracy.detach()


def sigmoid_pairs(
    a: Float[Tensor, "batch feature"],
    b: Float[Tensor, "batch feature"],
    subject: Int[Tensor, " batch"],
    log_scale: Float[Tensor, ""],
    bias: Float[Tensor, ""],
) -> tuple[Tensor, Tensor]:
    """Judge every pair of rows on its own (SigLIP, Zhai 2023): no sum over the batch is needed.

    Pairs of one person that are not of one row are left out, as in `info_nce`.

    Returns:
        (loss, accuracy of the best match); the latter without gradient.
    """
    a, b = F.normalize(a.float(), dim=-1), F.normalize(b.float(), dim=-1)
    logits = a @ b.T * log_scale.clamp(0.0, 3.5).exp() + bias
    own = torch.eye(len(a), dtype=torch.bool, device=a.device)
    counted = own | (subject[:, None] != subject[None, :])
    sign = torch.where(own, 1.0, -1.0)
    loss = -(F.logsigmoid(sign * logits) * counted).sum() / len(a)
    best = logits.masked_fill(~counted, -1e4).argmax(dim=1)
    accuracy = (best == torch.arange(len(a), device=a.device)).float().mean()
    return loss, accuracy.detach()
