"""The only way from a Record to windows; saved with the weights, used by everything above.

    resample to 125 Hz -> band-pass the whole stretch -> cut windows -> normalise each

Filtering comes before cutting: a filter run on each window would print its edge transients
into every one. Where only a window exists, its ends are continued by reflection
(`filters.apply`), and what that costs is measured in the documentation.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from cardioprint.signal import filters
from cardioprint.signal.resampling import output_length, resample
from cardioprint.types import Modality, Windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.types import Channel, Record

MODALITIES = (Modality.ECG, Modality.PPG)
"""Order of the channel axis wherever both modalities share an array."""

LONGEST_BRIDGE = 0.04
"""Seconds. Shorter gaps are bridged by a straight line before filtering (and stay invalid);
half a QRS complex is the most that a line may hide."""

LAST_SAMPLE = 0.02
"""Seconds. What is recorded for two seconds at 50 Hz has its last sample at 1.98 s: it is not
shorter than two seconds."""

SHORTEST_STRETCH = 0.5
"""Seconds. A shorter stretch between gaps holds no beat and is dropped as invalid."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Everything that decides which numbers a model sees."""

    sampling_rate: float = 125.0
    """Hertz. QRS energy ends near 40 Hz (Thakor 1984); 125 Hz is what MIMIC monitors store."""
    window: float = 10.0
    """Seconds in a window."""
    stride: float = 10.0
    """Seconds between the starts of successive windows."""
    shortest: float = 2.0
    """Seconds. A record or a tail with less than this is reported, not fingerprinted
    (PPG-BP's segments have 2.1 s)."""
    ecg_high: float = 40.0
    """Hertz, upper edge of the ECG band (monitor bandwidth, AHA 1990)."""
    ecg_transition: float = 12.0
    """Hertz from the upper edge of the ECG band to the stop band."""
    ppg_high: float = 12.0
    """Hertz, upper edge of the PPG band; its second derivative needs 10 Hz (Takazawa 1998)."""
    ppg_transition: float = 6.0
    """Hertz from the upper edge of the PPG band to the stop band."""

    def __post_init__(self) -> None:
        if not (0 < self.shortest <= self.window and self.stride * self.sampling_rate >= 1):
            raise ValueError("need 0 < shortest <= window (seconds), stride of at least a sample")
        if (self.window * self.sampling_rate) % 1:
            raise ValueError("window must be a whole number of samples")
        if self.ecg_high + self.ecg_transition > self.sampling_rate / 2:
            raise ValueError("the ECG stop band lies above the Nyquist frequency")

    @property
    def window_samples(self) -> int:
        """Samples in a window."""
        return round(self.window * self.sampling_rate)

    @property
    def context(self) -> float:
        """Seconds on either side of a block beyond which nothing can influence it.

        Both filters, at the worst rate, plus the reach of the beat detectors' moving means.
        """
        return 8.0

    def kernel(self, modality: Modality) -> NDArray[np.float64]:
        """Return the band-pass kernel of a modality at `sampling_rate`."""
        if modality == Modality.ECG:
            return filters.bandpass(self.sampling_rate, self.ecg_high, self.ecg_transition)
        return filters.bandpass(self.sampling_rate, self.ppg_high, self.ppg_transition)

    def to_dict(self) -> dict[str, float]:
        """Return the fields as plain JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A record at the model's rate: filtered, not yet cut.

    Attributes:
        start: Seconds after the record's zero of the first sample.
        sampling_rate: Hertz.
        samples: float32, shape (2, time): ECG then PPG in their own units, 0 where invalid.
        valid: bool, shape (2, time): True where a sample was measured.
        broadband: float32, shape (2, time): the same before the band-pass, for the quality
            index (what the filter hides tells noise from signal); NaN where invalid.
        clipped: bool, shape (2, time): True where the native samples rest on the highest or the
            lowest value around: resampling makes a saturated signal swing.
        jitter: float32, shape (2, time): mean square of the native samples about the mean of
            their neighbours. Mains hum at half the native rate vanishes in resampling and would
            go unnoticed.
        channels: Names of the ECG and the PPG channel used; "" where absent.
    """

    start: float
    sampling_rate: float
    samples: NDArray[np.float32]
    valid: NDArray[np.bool_]
    broadband: NDArray[np.float32]
    clipped: NDArray[np.bool_]
    jitter: NDArray[np.float32]
    channels: tuple[str, str]
    native: tuple[float, float] = (math.inf, math.inf)
    """Sampling rates of the ECG and the PPG as recorded, hertz."""

    @property
    def duration(self) -> float:
        """Seconds covered."""
        return self.samples.shape[1] / self.sampling_rate

    def part(self, first: int, stop: int | None = None) -> Prepared:
        """Return the samples from `first` to before `stop`, still as filtered in the whole."""
        at = slice(first, stop)
        return replace(
            self,
            start=self.start + first / self.sampling_rate,
            samples=self.samples[:, at],
            valid=self.valid[:, at],
            broadband=self.broadband[:, at],
            clipped=self.clipped[:, at],
            jitter=self.jitter[:, at],
        )


def prepare(
    ecg: Channel | None,
    ppg: Channel | None,
    preparation: Preparation,
    *,
    start: float | None = None,
    anchors: tuple[float, float] | None = None,
) -> Prepared:
    """Resample and filter up to one channel of each modality onto one clock.

    Args:
        ecg: The lead to use, or None.
        ppg: The PPG channel to use, or None.
        preparation: The model's preparation.
        start: Seconds at which the common clock begins; default: the earlier channel's start.
        anchors: Seconds at which ECG and PPG begin in the whole record, where the channels given
            are parts of it; default: their own starts.

    Returns:
        Both channels side by side; an absent one is all invalid.

    Raises:
        ValueError: Both channels are None.
    """
    given = [c for c in (ecg, ppg) if c is not None]
    if not given:
        raise ValueError("prepare needs an ECG or a PPG channel")
    rate = preparation.sampling_rate
    zero = min(c.start for c in given) if start is None else start
    parts = [
        None
        if c is None
        else _prepare_channel(c, m, preparation, zero, c.start if anchors is None else anchors[i])
        for i, (c, m) in enumerate(zip((ecg, ppg), MODALITIES, strict=True))
    ]
    length = max(len(p[0]) for p in parts if p is not None)
    samples, jitter = np.zeros((2, length), np.float32), np.zeros((2, length), np.float32)
    broadband = np.full((2, length), np.nan, np.float32)
    valid, clipped = np.zeros((2, length), bool), np.zeros((2, length), bool)
    for row, part in enumerate(parts):
        if part is not None:
            for whole, piece in zip(
                (samples, broadband, valid, clipped, jitter), part, strict=True
            ):
                whole[row, : len(piece)] = piece
    return Prepared(
        start=zero,
        sampling_rate=rate,
        samples=samples,
        valid=valid,
        broadband=broadband,
        clipped=clipped,
        jitter=jitter,
        channels=(ecg.name if ecg else "", ppg.name if ppg else ""),
        native=(
            ecg.sampling_rate if ecg else math.inf,
            ppg.sampling_rate if ppg else math.inf,
        ),
    )


def prepare_record(record: Record, preparation: Preparation) -> Prepared:
    """Prepare the first ECG and the first PPG channel of a record that has been chosen from."""
    ecg, ppg = record.of(Modality.ECG), record.of(Modality.PPG)
    return prepare(ecg[0] if ecg else None, ppg[0] if ppg else None, preparation)


def _prepare_channel(
    channel: Channel, modality: Modality, preparation: Preparation, zero: float, anchor: float
) -> tuple[NDArray, ...]:
    """Return samples, broadband, valid, clipped and jitter on the common clock: see `Prepared`."""
    rate, native = preparation.sampling_rate, channel.sampling_rate
    kernel = preparation.kernel(modality)
    # The clock's first instant may lie between two samples of the channel: shift by the
    # nearest whole output step, at most 4 ms. Counted from the channel's anchor, so that every
    # part of a record takes the same samples as the whole.
    lead = math.floor((anchor - zero) * rate + 0.5 + 1e-6)
    before = round((channel.start - anchor) * native)
    total = lead + output_length(before + len(channel.samples), native, rate)
    out = np.zeros(max(total, 0), np.float32)
    broad = np.full(max(total, 0), np.nan, np.float32)
    valid, clipped = np.zeros(max(total, 0), bool), np.zeros(max(total, 0), bool)
    jitter = np.zeros(max(total, 0), np.float32)
    resting, rough = _resting(channel.samples, native), _roughness(channel.samples, native)
    measured = np.isfinite(channel.samples)
    for first, stop in stretches(measured, longest_gap=round(LONGEST_BRIDGE * native)):
        if (stop - first) / native < SHORTEST_STRETCH:
            continue
        begin, wide = resample(
            bridge(channel.samples[first:stop]), native, rate, first=before + first
        )
        if lead + begin + len(wide) <= 0:  # all of it before the common clock began
            continue
        narrow = filters.apply(wide, kernel)
        nearest = np.round((begin + np.arange(len(wide))) * native / rate).astype(int) - before
        nearest = np.clip(nearest, 0, len(measured) - 1)
        cut = max(0, -(lead + begin))  # before the common clock began
        at = slice(lead + begin + cut, lead + begin + len(wide))
        out[at], broad[at], valid[at] = narrow[cut:], wide[cut:], measured[nearest[cut:]]
        clipped[at], jitter[at] = resting[nearest[cut:]], rough[nearest[cut:]]
    out[~valid] = 0
    broad[~valid] = np.nan
    return out, broad, valid, clipped, jitter


def _resting(samples: NDArray[np.float32], rate: float) -> NDArray[np.bool_]:
    """Return where samples stay on the highest or lowest value of the ten seconds around."""
    around = round(10 * rate) | 1
    missing = ~np.isfinite(samples)
    high = ndimage.maximum_filter1d(np.where(missing, -np.inf, samples), around, mode="nearest")
    low = ndimage.minimum_filter1d(np.where(missing, np.inf, samples), around, mode="nearest")
    with np.errstate(invalid="ignore"):
        reach = high - low
        end = (samples > high - 0.01 * reach) | (samples < low + 0.01 * reach)
        still = np.abs(np.diff(samples)) < 2e-3 * reach[1:]
        pairs = still & end[1:] & end[:-1]
    out = np.zeros(len(samples), bool)
    for first, stop in stretches(pairs):
        if stop - first >= max(3, round(0.032 * rate)):
            out[first + 1 : stop + 1] = True
    return out


def _roughness(samples: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """Return the local mean square of samples about the mean of their two neighbours."""
    if len(samples) < 3:
        return np.zeros(len(samples), np.float32)
    bend = np.zeros(len(samples))
    bend[1:-1] = samples[1:-1] - (samples[:-2].astype(np.float64) + samples[2:]) / 2
    square = np.nan_to_num(bend, nan=0.0, posinf=0.0, neginf=0.0) ** 2
    mean = ndimage.uniform_filter1d(square, round(0.2 * rate) | 1, mode="nearest")
    return np.maximum(mean, 0).astype(np.float32)  # its running sum may end a hair below zero


def stretches(measured: NDArray[np.bool_], *, longest_gap: int = 0) -> list[tuple[int, int]]:
    """Return (first, stop) of the runs of True, joined over gaps of up to `longest_gap`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], measured, [False])).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    if len(runs) == 0:
        return []
    apart = np.flatnonzero(runs[1:, 0] - runs[:-1, 1] > longest_gap)
    firsts = runs[np.concatenate(([0], apart + 1)), 0]
    stops = runs[np.concatenate((apart, [len(runs) - 1])), 1]
    return list(zip(firsts.tolist(), stops.tolist(), strict=True))


def bridge(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the samples with missing ones replaced by straight lines."""
    out = samples.astype(np.float64)
    missing = ~np.isfinite(out)
    if missing.any():
        at = np.arange(len(out))
        out[missing] = np.interp(at[missing], at[~missing], out[~missing])
    return out


def cut(prepared: Prepared, preparation: Preparation) -> Windows:
    """Cut a prepared record into windows and normalise each channel of each window.

    A tail, or a whole record, shorter than a window but not shorter than
    `Preparation.shortest` gives a last window whose missing end is invalid; nothing is tiled
    or stretched.

    Returns:
        The windows; none where the record is shorter than `Preparation.shortest`.
    """
    rate, n = prepared.sampling_rate, preparation.window_samples
    step = round(preparation.stride * rate)
    least = round((preparation.shortest - LAST_SAMPLE) * rate)
    total = prepared.samples.shape[1]
    starts = np.arange(0, max(total - least, -1) + 1, step)
    # A stride shorter than a window would end in many shrinking tails: one is enough.
    full = starts[starts + n <= total]
    partial = starts[starts + n > total][:1]
    covered = full[-1] + n if len(full) else 0
    if len(partial) and total - covered < least:
        partial = partial[:0]
    starts = np.concatenate((full, partial))
    at = starts[:, None] + np.arange(n)
    inside = at < total
    at = np.minimum(at, max(total - 1, 0))
    samples = np.moveaxis(prepared.samples[:, at], 0, 1)
    valid = np.moveaxis(prepared.valid[:, at], 0, 1) & inside[:, None]
    samples, mean, scale = normalise(samples, valid)
    return Windows(
        start=prepared.start + starts / rate,
        samples=samples,
        valid=valid,
        mean=mean,
        scale=scale,
        sampling_rate=rate,
    )


def normalise(
    samples: NDArray[np.float32], valid: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Scale the last axis to mean 0 and SD 1 over its valid samples; 0 where invalid.

    Returns:
        (normalised, mean, scale): the last two without the last axis, in the input's unit;
        scale is 0 where the signal is constant or absent, and the normalised signal then 0.
    """
    count = np.maximum(valid.sum(-1), 1)
    mean = np.where(valid, samples, 0).sum(-1, dtype=np.float64) / count
    centred = np.where(valid, samples - mean[..., None], 0)
    scale = np.sqrt((centred**2).sum(-1) / count)
    flat = scale <= 1e-9 * np.maximum(np.abs(mean), 1e-3)
    scale = np.where(flat, 0, scale)
    out = centred / np.where(flat, 1, scale)[..., None] * ~flat[..., None]
    return out.astype(np.float32), mean.astype(np.float32), scale.astype(np.float32)
