"""Candidates compared by their waveforms: the same seconds, or hearts in step by chance?

Both signals are cut into chunks, each correlated with the other run at all shifts of a few
seconds, and the median over chunks is taken: an artefact, a gap or a change of gain in one copy
then costs a chunk, not the answer. The correlation at the best shift is set against the best
elsewhere, where other beats of the same heart lie on each other: what two regular hearts
reach there by chance, one heart reaches as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 4.0
"""Seconds in a chunk: some beats, and two chunks in the eight seconds of a UCI block."""

MOST_CHUNKS = 30
"""Chunks compared, around the votes."""

FEWEST_CHUNKS = 2
"""Chunks without which nothing is proven."""

LEAST_VALID = 0.8
"""Share of a chunk that both have to have measured."""

NEAR = 0.1
"""Seconds around the shift of the beats in which the true one lies."""

OTHER_DELAY = 0.6
"""Seconds by which the other modality may be shifted more or less: monitors delay PPG."""

REACH = 16
"""Samples on either side from which a correlation between samples follows."""

BESIDE = (0.3, 12.0)
"""Seconds from the best shift between which other beats lie on each other."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two stretches of one modality are.

    Attributes:
        correlation: Median over chunks at the best shift, signed; NaN where nothing could be
            compared.
        beside: Highest absolute median at shifts by other beats.
        shift: The best shift, samples after the one asked for; with fractions.
        chunks: Chunks compared.
    """

    correlation: float
    beside: float
    shift: float
    chunks: int

    @property
    def contrast(self) -> float:
        """How much nearer to 1 the correlation is than beside: 0 a perfect copy, 1 no nearer."""
        if not np.isfinite(self.correlation):
            return float("inf")
        return (1 - abs(self.correlation)) / max(1 - self.beside, 1e-6)


NOTHING = Likeness(correlation=float("nan"), beside=0.0, shift=0.0, chunks=0)


def compare(
    one: NDArray[np.floating],
    other: NDArray[np.floating],
    shift: int,
    *,
    rate: float,
    centre: int,
    near: float = NEAR,
) -> Likeness:
    """Compare two signals around a shift.

    Args:
        one: Shape (time,), NaN where not measured.
        other: Shape (time,), likewise; it may begin and end elsewhere.
        shift: Sample i of `one` is expected at i + shift of `other`.
        rate: Hertz.
        centre: Sample of `one` around which chunks are taken first.
        near: Seconds around `shift` in which the best shift is looked for.
    """
    length, reach = round(CHUNK * rate), round((BESIDE[1] + near) * rate)
    begin = _chunks(one, other, shift, length, centre)
    if len(begin) < FEWEST_CHUNKS:
        return NOTHING
    a = one[begin[:, None] + np.arange(length)]
    place = begin[:, None] + shift - reach + np.arange(length + 2 * reach)
    inside = (place >= 0) & (place < len(other))
    b = np.where(inside, other[np.clip(place, 0, len(other) - 1)], np.nan)
    curves = _correlations(a, b)  # one a chunk; index `reach` is the shift asked for
    with np.errstate(invalid="ignore"):
        enough = np.isfinite(curves).sum(axis=0) >= max(FEWEST_CHUNKS, len(begin) / 2)
        middle = np.full(curves.shape[1], np.nan)
        middle[enough] = np.nanmedian(curves[:, enough], axis=0)
    at = np.arange(-reach, reach + 1)
    close = np.abs(at) <= round(near * rate)
    if not np.isfinite(middle[close]).any():
        return NOTHING
    best = int(at[close][np.nanargmax(np.abs(middle[close]))])
    away = np.abs(at - best) / rate
    apart = (away >= BESIDE[0]) & (away <= BESIDE[1]) & np.isfinite(middle)
    beside = float(np.abs(middle[apart]).max()) if apart.any() else 0.0
    value, move = _between_samples(curves, best + reach)
    return Likeness(correlation=value, beside=beside, shift=best + move, chunks=len(begin))


def _chunks(
    one: NDArray[np.floating],
    other: NDArray[np.floating],
    shift: int,
    length: int,
    centre: int,
) -> NDArray[np.int64]:
    """Return where chunks of `one` begin that both have measured, those around the centre."""
    low, high = max(0, -shift), min(len(one), len(other) - shift)
    begin = np.arange(low, high - length + 1, length)
    if len(begin) == 0:
        return begin
    both = np.isfinite(one[low:high]) & np.isfinite(other[low + shift : high + shift])
    total = np.concatenate(([0], np.cumsum(both)))
    begin = begin[total[begin + length - low] - total[begin - low] >= LEAST_VALID * length]
    near = np.argsort(np.abs(begin + length / 2 - centre), kind="stable")[:MOST_CHUNKS]
    return np.sort(begin[near])


def _correlations(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the correlation of each chunk with all stretches of a longer one.

    Args:
        a: Shape (chunk, time), NaN where not measured.
        b: Shape (chunk, longer).

    Returns:
        Shape (chunk, longer - time + 1); NaN where less than `LEAST_VALID` is known of both, or
        either is constant.
    """
    n, total = a.shape[1], b.shape[1]
    size = fft.next_fast_len(total + n, real=True)
    known_a, known_b = np.isfinite(a), np.isfinite(b)
    # Centred and scaled for the sums below to keep their digits.
    a, b = _scaled(a), _scaled(b)

    ka, kb = known_a.astype(float), known_b.astype(float)
    of_a = np.conj(np.asarray(fft.rfft(np.stack((a, ka, a**2)), size)))
    of_b = np.asarray(fft.rfft(np.stack((b, kb, b**2)), size))

    def slide(x: int, y: int) -> NDArray[np.floating]:
        return np.asarray(fft.irfft(of_a[x] * of_b[y], size))[:, : total - n + 1]

    product, count = slide(0, 0), np.round(slide(1, 1))
    sum_a, square_a, sum_b, square_b = slide(0, 1), slide(2, 1), slide(1, 0), slide(1, 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = product - sum_a * sum_b / count
        spread_a, spread_b = square_a - sum_a**2 / count, square_b - sum_b**2 / count
        out = covariance / np.sqrt(spread_a * spread_b)
        known = (count >= LEAST_VALID * n) & (spread_a > 1e-6 * n) & (spread_b > 1e-6 * n)
    return np.where(known, np.clip(out, -1, 1), np.nan)


def _scaled(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return rows with zero mean and unit spread, 0 where not measured."""
    known = np.isfinite(x)
    count = np.maximum(known.sum(1, keepdims=True), 1)
    x = np.where(known, x, 0).astype(np.float64)
    x = np.where(known, x - x.sum(1, keepdims=True) / count, 0)
    spread = np.sqrt((x**2).sum(1, keepdims=True) / count)
    return x / np.where(spread > 0, spread, 1)


def _between_samples(curves: NDArray[np.floating], at: int) -> tuple[float, float]:
    """Return the median correlation at its best place between samples, and that place.

    A correlation curve is as band-limited as its signals: its values between samples follow from
    those around, as far as these are known.
    """
    half = min(REACH, at, curves.shape[1] - 1 - at)
    piece = curves[:, at - half : at + half + 1]
    piece = piece[np.isfinite(piece).all(axis=1)]
    if half < REACH or len(piece) < max(FEWEST_CHUNKS, len(curves) / 2):
        return float(np.nanmedian(curves[:, at])), 0.0
    offset = np.linspace(-1, 1, 33)
    taps = np.arange(-half, half + 1)[:, None] - offset
    kernel = np.sinc(taps) * np.cos(np.pi * taps / (2 * half + 4)) ** 2
    fine = np.median(piece @ kernel, axis=0)
    best = int(np.argmax(np.abs(fine)))
    return float(np.clip(fine[best], -1, 1)), float(offset[best])
