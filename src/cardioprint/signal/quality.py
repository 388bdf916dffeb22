"""Signal quality index: how far a window can be believed, and why not.

Each component asks one question and answers between 0 and 1; a window is as good as its worst
answer, and every answer below one half is a named reason. Disease must pass: no component asks
for a normal rate, a regular rhythm or a normal shape. What tells signal from noise is that
beats resemble each other or repeat (after Orphanidou 2015 and Li & Clifford 2012) and that
little power lies where noise has most of it. Thresholds were set on public recordings and
generated noise; the measured abstention per class is in the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.signal import beats
from cardioprint.signal.preparation import stretches
from cardioprint.signal.resampling import PASS_FRACTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.preparation import Prepared
    from cardioprint.types import Windows

THRESHOLD = 0.5
"""Windows below it abstain."""

SHORTEST = 1.9
"""Seconds. A window of which less was measured is a gap with a remnant, as `Preparation.shortest`
says of a record; the difference leaves room for the last sample at a low rate."""

SILENT = (1e-4, 1e-6)
"""Height of a window, in mV and in the PPG's unit, below which it is flat: a tenth of a microvolt
is below any converter's step. Resampling leaves such a ripple where a lead is at exactly 0 mV."""

REASONS = ("gap", "flat", "clipped", "disconnected", "noise", "no beats")
"""In the order of the columns of `Quality.components`."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Values of each measure at which a component is 0 and 1, in between it is linear."""

    gap: tuple[float, float] = (0.5, 0.1)
    """Fraction of the measured span that is missing."""
    flat: tuple[float, float] = (0.5, 0.1)
    """Fraction of time in runs of at least half a second without any change."""
    clipped: tuple[float, float] = (0.3, 0.05)
    """Fraction of time at rest on the highest or lowest value."""
    burst: tuple[float, float] = (0.98, 0.9)
    """Fraction of the energy in the loudest tenth of the window (PPG)."""
    low_share: tuple[float, float] = (0.40, 0.52)
    """Fraction of in-band power at low frequency: white noise has 0.3."""
    outside: tuple[float, float] = (0.9, 0.5)
    """Fraction of power above the band: mains hum and hiss have nearly all."""
    alike: tuple[float, float] = (0.4, 0.7)
    """Mean correlation of beats with their mean."""
    repeats: tuple[float, float] = (0.3, 0.5)
    """Highest autocorrelation beyond a quarter of a second."""
    tone: tuple[float, float] = (0.85, 0.6)
    """Fraction of in-band power in one line above 7 Hz: aliased hum; flutter stays below."""
    band: float = 40.0
    """Hertz, upper edge of the preparation's band."""
    low_edge: float = 15.0
    """Hertz up to which power counts as low."""
    hiss: tuple[float, float] = (12.0, 4.0)
    """Native jitter over what is left in the band; white noise at 1 kHz has about 4."""
    outside_edge: float = 45.0
    """Hertz above which power counts as outside."""
    around: tuple[float, float] = (0.2, 0.3)
    """Seconds before and after a beat in which beats are compared."""


LIMITS = (
    Limits(),
    Limits(
        low_share=(0.6, 0.85),
        outside=(0.7, 0.4),
        alike=(0.6, 0.85),
        band=12.0,
        low_edge=5.0,
        outside_edge=15.0,
        around=(0.2, 0.4),
    ),
)
"""For ECG and PPG."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Quality of every window and channel.

    Attributes:
        index: float32, shape (window, 2): 0 to 1, 1 is best; NaN where the channel is absent.
        components: float32, shape (window, 2, reason): see `REASONS`.
        beats: Beats of the whole record, in samples: R-peaks and steepest pulse upslopes.
    """

    index: NDArray[np.float32]
    components: NDArray[np.float32]
    beats: tuple[NDArray[np.int64], NDArray[np.int64]]

    @property
    def believed(self) -> NDArray[np.bool_]:
        """Shape (window, 2): True where the channel is there and good enough to be used."""
        return self.index >= THRESHOLD  # NaN, an absent channel, is not

    def reasons(self, window: int, channel: int) -> str:
        """Return why a channel of a window is not believed: "noise, clipped"; "" if it is."""
        if np.isnan(self.index[window, channel]):
            return "absent"
        if self.index[window, channel] >= THRESHOLD:
            return ""
        low = self.components[window, channel] < THRESHOLD
        return ", ".join(r for r, bad in zip(REASONS, low, strict=True) if bad)


def assess(prepared: Prepared, windows: Windows) -> Quality:
    """Return the quality of every window of a prepared record.

    Args:
        prepared: The record.
        windows: Its windows, cut from it.
    """
    n = len(windows)
    components = np.full((n, 2, len(REASONS)), np.nan, np.float32)
    rate = prepared.sampling_rate
    first = np.round((windows.start - prepared.start) * rate).astype(int)
    r_peaks = beats.find_r_peaks(prepared.samples[0], rate)
    pulses = beats.find_pulses(prepared.samples[1], rate).upslope
    for channel, at in enumerate((r_peaks, pulses)):
        if n and prepared.valid[channel].any():
            components[:, channel] = _components(prepared, windows, channel, at, first)
            absent = ~windows.valid[:, channel].any(axis=1)
            components[absent, channel] = np.nan
    return Quality(index=components.min(axis=2), components=components, beats=(r_peaks, pulses))


def _ramp(value: NDArray[np.floating], limit: tuple[float, float]) -> NDArray[np.floating]:
    zero, one = limit
    return np.clip((value - zero) / (one - zero), 0, 1)


def _components(
    prepared: Prepared,
    windows: Windows,
    channel: int,
    at: NDArray[np.int64],
    first: NDArray[np.int64],
) -> NDArray[np.floating]:
    """Return one column a reason for one channel of all windows."""
    limits, rate, n = LIMITS[channel], prepared.sampling_rate, windows.samples.shape[2]
    valid, x = windows.valid[:, channel], windows.samples[:, channel]
    total = prepared.samples.shape[1]
    place = np.minimum(first[:, None] + np.arange(n), total - 1)
    raw = np.where(valid, prepared.broadband[channel][place], np.nan)
    # The span from first to last measured sample: what a short record lacks is not a gap.
    any_valid = valid.any(axis=1)
    begin = np.argmax(valid, axis=1)
    end = n - np.argmax(valid[:, ::-1], axis=1)
    span = np.where(any_valid, end - begin, 1)
    count = np.maximum(valid.sum(axis=1), 1)
    gap = 1 - count / span
    gap = np.where(count < SHORTEST * rate, 1.0, gap)

    low, high = _extremes(raw)
    reach = np.maximum(high - low, 1e-12)
    step = np.maximum(1e-4 * reach, SILENT[channel] / 10)
    still = np.abs(np.diff(raw, axis=1)) < step[:, None]
    still |= (reach <= np.maximum(1e-4 * np.abs(high), SILENT[channel]))[:, None]
    flat = _long_runs(still, round(0.5 * rate)) / count
    clipped = (prepared.clipped[channel][place] & valid).sum(axis=1) / count

    frequency = np.fft.rfftfreq(n, 1 / rate)
    taper = np.hanning(n).astype(np.float32)
    power = np.abs(np.fft.rfft(x * taper)) ** 2
    mean = np.nan_to_num(raw).sum(axis=1) / count
    centred = np.nan_to_num(raw - mean[:, None])
    wide = np.abs(np.fft.rfft(centred.astype(np.float32) * taper)) ** 2
    low_share = _share(power, (frequency >= 0.3) & (frequency < limits.low_edge), frequency >= 0.3)
    outside = _share(wide, frequency >= limits.outside_edge, frequency >= 0.5)
    alike, number = _alike(prepared.samples[channel], at, first, n, rate, limits.around)
    repeats = _repeats(x, count, rate)

    more = _narrower(limits, prepared.native[channel])
    share = (limits.low_share[0] + more, limits.low_share[1] + more)
    spectrum = _ramp(low_share, share)
    if more > 0:  # a narrow band tells less: beats that are all alike outweigh it
        spectrum = np.fmax(spectrum, _ramp(alike, (0.75, 0.9)))
    noise = np.minimum(spectrum, _ramp(outside, limits.outside))
    noise = np.minimum(noise, _ramp(_tone(power, frequency), limits.tone))
    jitter = (prepared.jitter[channel][place] * valid).sum(axis=1) / count
    hiss = np.sqrt(jitter) / np.maximum(windows.scale[:, channel], 1e-12)
    noise = np.minimum(noise, _ramp(hiss, limits.hiss))
    rhythm = np.fmax(_ramp(alike, limits.alike), _ramp(repeats, limits.repeats))
    few = number < np.maximum(1, 0.3 * span / rate)  # fewer than 18 beats/min
    if channel == 0:
        # Asystole: hardly any beats, but a quiet line with its power at low frequency.
        quiet = few & (low_share > 0.8)
        rhythm = np.where(quiet, np.maximum(rhythm, 0.6), rhythm)
        burst = np.zeros(len(x))
        beatless = np.ones(len(x))
    else:
        loudest = np.sort(x**2, axis=1)[:, -n // 10 :].sum(axis=1)
        burst = loudest / np.maximum((x**2).sum(axis=1), 1e-9)
        beatless = np.where(few & (repeats < limits.repeats[1]), 0.0, 1.0)
    return np.stack(
        [
            np.where(any_valid, _ramp(gap, limits.gap), 0),
            _ramp(flat, limits.flat),
            _ramp(clipped, limits.clipped),
            _ramp(burst, limits.burst),
            np.minimum(noise, rhythm),
            beatless,
        ],
        axis=1,
    )


def _extremes(raw: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return the lowest and highest sample of each window; 0 where there is none."""
    missing = np.isnan(raw)
    low = np.where(missing, np.inf, raw).min(axis=1)
    high = np.where(missing, -np.inf, raw).max(axis=1)
    none = missing.all(axis=1)
    return np.where(none, 0, low), np.where(none, 0, high)


def _long_runs(flags: NDArray[np.bool_], least: int) -> NDArray[np.int64]:
    """Count the samples of each row that lie in runs of True of at least `least`."""
    out = np.zeros(len(flags), np.int64)
    for row in np.flatnonzero(flags.sum(axis=1) >= least):
        out[row] = sum(b - a for a, b in stretches(flags[row]) if b - a >= least)
    return out


def _share(
    power: NDArray[np.floating], part: NDArray[np.bool_], whole: NDArray[np.bool_]
) -> NDArray[np.floating]:
    return power[:, part].sum(axis=1) / np.maximum(power[:, whole].sum(axis=1), 1e-20)


def _narrower(limits: Limits, native: float) -> float:
    """Return how much more of white noise is low where the recording's own band ends early.

    A channel recorded at 60 Hz holds nothing above 24 Hz (`resampling.PASS_FRACTION` of its
    Nyquist frequency), so that even noise has most of its power at low frequency.
    """
    top = min(limits.band, PASS_FRACTION * native / 2)
    if top >= limits.band or top <= limits.low_edge:
        return 0.0
    return (limits.low_edge - 0.3) * (1 / (top - 0.3) - 1 / (limits.band - 0.3))


def _tone(power: NDArray[np.floating], frequency: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the share of power within 0.3 Hz of the highest line, where that is above 7 Hz."""
    top = np.argmax(power, axis=1)
    near = np.abs(frequency[None, :] - frequency[top][:, None]) <= 0.3
    share = (power * near).sum(axis=1) / np.maximum(power.sum(axis=1), 1e-20)
    return np.where(frequency[top] > 7.0, share, 0.0)


def _alike(
    x: NDArray[np.float32],
    at: NDArray[np.int64],
    first: NDArray[np.int64],
    n: int,
    rate: float,
    around: tuple[float, float],
) -> tuple[NDArray[np.floating], NDArray[np.int64]]:
    """Return how much the beats of each window resemble their mean, and how many there are."""
    before, after = round(around[0] * rate), round(around[1] * rate)
    alike = np.full(len(first), np.nan)
    a, b = np.searchsorted(at, first), np.searchsorted(at, first + n)
    inside = (at >= before) & (at + after < len(x))
    beat = (
        x[np.clip(at, before, max(len(x) - after - 1, before))[:, None] + np.arange(-before, after)]
        if len(x) > before + after
        else np.zeros((len(at), 1))
    )
    beat = beat - beat.mean(axis=1, keepdims=True)
    beat /= np.sqrt((beat**2).sum(axis=1, keepdims=True)) + 1e-9
    for i in range(len(first)):
        lo, hi = a[i], b[i]
        # Beats cut by the window's edges would need samples of its neighbours.
        lo += int(lo < hi and at[lo] - first[i] < before)
        hi -= int(lo < hi and first[i] + n - at[hi - 1] < after)
        mine = beat[lo:hi][inside[lo:hi]]
        if len(mine) >= 3:
            mean = mine.mean(axis=0)
            alike[i] = np.median(mine @ mean) / (np.sqrt(mean @ mean) + 1e-9)
    return alike, b - a


def _repeats(x: NDArray[np.float32], count: NDArray[np.int64], rate: float) -> NDArray[np.floating]:
    """Return the highest autocorrelation between 0.25 s and 2 s (or half a short window)."""
    n = x.shape[1]
    acf = np.fft.irfft(np.abs(np.fft.rfft(x, 2 * n)) ** 2)[:, : round(2 * rate)]
    lag = np.arange(acf.shape[1])
    overlap = np.maximum(count[:, None] - lag, 1) / count[:, None]
    rho = acf / np.maximum(acf[:, :1], 1e-9) / overlap
    seen = (lag >= round(0.25 * rate)) & (lag <= count[:, None] // 2)
    return np.where(seen, rho, 0).max(axis=1)
