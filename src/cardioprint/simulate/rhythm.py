"""When the heart beats: sinus rhythm with variability, an exertion, and a few PVCs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GRID_RATE = 10.0
"""Hz of the slow series; everything on them is below 0.5 Hz."""

MARGIN = 5.0
"""Seconds simulated before and after the record, so that its edges look like its middle."""

LF_SD, HF_SD, VLF_SD = 0.023, 0.026, 0.036
"""Seconds. Nunan 2010 norms: LF 519 ms2, HF 657 ms2, SDNN 50 ms; the rest is 1/f below 0.04 Hz."""

LF_CENTRE, LF_WIDTH = 0.1, 0.02
"""Hz. Mayer waves (Task Force 1996; McSharry 2003 centres LF at 0.1 Hz too)."""

BREATHING_RATE = 0.25
"""Hz at rest, HF centre of McSharry 2003; adults breathe 12 to 20 times a minute."""

EXERTION = (0.40, 0.65)
"""Share of the record at which the mild exertion starts and stops."""

EXERTION_RISE, ONSET_TAU, RECOVERY_TAU = 0.30, 25.0, 50.0
"""Gain in rate at full exertion; seconds of the first-order response up and back (recovery is
slower than onset; our choice of values)."""

PVC_PER_MINUTE = 0.8
"""A handful in ten minutes (our choice)."""

COUPLING = (0.55, 0.70)
"""PVC coupling interval over the sinus interval; pre + post = 2 RR, a full compensatory pause
(physiology.md C2)."""

QTC, QT_LAG = 0.400, 40.0
"""Seconds. Fridericia QTc of men 400 ms, QT = QTc RR^(1/3), following RR with a 30-60 s lag."""


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Beats (one entry a beat, some outside the record) and the slow series behind them.

    Attributes:
        r_peaks: Seconds; the record starts at 0.
        premature: True where the beat is a PVC.
        rr: Interval that ends at the beat, seconds.
        sinus_rr: Interval of the sinus node at the beat, seconds.
        qt: QT interval, seconds.
        time: Grid of the slow series, seconds.
        respiration: -1 to 1 on the grid; 1 is full inspiration.
        exertion: 0 (rest) to 1 on the grid.
    """

    r_peaks: Floats
    premature: NDArray[np.bool_]
    rr: Floats
    sinus_rr: Floats
    qt: Floats
    time: Floats
    respiration: Floats
    exertion: Floats

    def at(self, series: Floats, time: Floats) -> Floats:
        """Return a slow series at any times, by linear interpolation."""
        return np.interp(time, self.time, series)


def make_rhythm(*, seconds: float, heart_rate: float, rng: np.random.Generator) -> Rhythm:
    """Return beats that cover `seconds` and `MARGIN` on both sides.

    The sinus node is an integral pulse frequency modulator: a beat falls wherever the integral
    of the instantaneous rate passes a whole number (Mateo & Laguna 2000).

    Args:
        seconds: Duration of the record.
        heart_rate: Beats per minute at rest.
        rng: Source of all chance.
    """
    time = np.arange(-MARGIN, seconds + MARGIN, 1 / GRID_RATE)
    exertion = _exertion(time, seconds)
    rate = BREATHING_RATE * (1 + 0.3 * exertion + 0.06 * coloured(len(time), 1.0, rng))
    breath = 2 * np.pi * np.cumsum(np.clip(rate, 0.15, 0.45)) / GRID_RATE
    respiration = np.sin(breath + rng.uniform(0, 2 * np.pi))

    # The vagus leaves under exertion and HRV with it; all of it scales with RR.
    mean_rr = 60 / (heart_rate * (1 + EXERTION_RISE * exertion))
    calm = mean_rr * (1 - 0.6 * exertion)
    slow = VLF_SD * coloured(len(time), 1.0, rng, high=0.04)
    mayer = LF_SD * _band(len(time), LF_CENTRE, LF_WIDTH, rng)
    sinus = -HF_SD * np.sqrt(2) * respiration  # inspiration speeds the heart up
    sinus_rr = np.maximum(mean_rr + calm * (slow + mayer + sinus), 0.35)

    phase = np.cumsum(1 / sinus_rr) / GRID_RATE
    sinus_beats = np.interp(np.arange(np.ceil(phase[0]), phase[-1]), phase, time)
    premature = _choose_premature(sinus_beats, seconds, rng)
    r_peaks = sinus_beats.copy()
    which = np.flatnonzero(premature)
    interval = np.diff(sinus_beats)[which - 1]
    coupling = rng.uniform(*COUPLING, size=len(which)) * interval
    recovered = QTC * np.cbrt(interval) + 0.02  # no R on T
    coupling = np.minimum(np.maximum(coupling, recovered), 0.9 * interval)
    r_peaks[which] = sinus_beats[which - 1] + coupling

    pole = np.exp(-1 / (QT_LAG * GRID_RATE))
    lagged, _ = lfilter([1 - pole], [1, -pole], sinus_rr, zi=[pole * mean_rr[0]])
    return Rhythm(
        r_peaks=r_peaks,
        premature=premature,
        rr=np.diff(r_peaks, prepend=r_peaks[0] - mean_rr[0]),
        sinus_rr=np.interp(r_peaks, time, sinus_rr),
        qt=QTC * np.cbrt(np.interp(r_peaks, time, lagged)),
        time=time,
        respiration=respiration,
        exertion=exertion,
    )


def coloured(
    count: int, exponent: float, rng: np.random.Generator, *, high: float = GRID_RATE / 2
) -> Floats:
    """Return noise of unit SD whose power falls as 1/f^exponent.

    Args:
        count: Number of samples.
        exponent: 0 is white, 1 pink, 2 a random walk.
        rng: Source of chance.
        high: No power above this frequency, in hertz of the `GRID_RATE`; all by default.
    """
    frequency = np.asarray(np.fft.rfftfreq(count, 1 / GRID_RATE), dtype=np.float64)
    weight = np.zeros_like(frequency)
    # A short record may have one bin below `high`: keep at least two.
    kept = (frequency > 0) & (frequency <= max(high, 2 * GRID_RATE / count))
    weight[kept] = frequency[kept] ** (-exponent / 2)
    return _shaped(weight, count, rng)


def _band(count: int, centre: float, width: float, rng: np.random.Generator) -> Floats:
    """Return noise of unit SD with a Gaussian spectrum (McSharry 2003)."""
    frequency = np.asarray(np.fft.rfftfreq(count, 1 / GRID_RATE), dtype=np.float64)
    return _shaped(np.exp(-(((frequency - centre) / width) ** 2) / 4), count, rng)


def _shaped(weight: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Return random-phase noise with this amplitude spectrum and unit SD."""
    phase = np.exp(2j * np.pi * rng.random(len(weight)))
    noise = np.fft.irfft(weight * phase, count)
    return noise / noise.std()


def _exertion(time: Floats, seconds: float) -> Floats:
    """Return 0 at rest to 1 at full exertion: first-order response to a step up and back."""
    start, stop = (share * seconds for share in EXERTION)
    pace = min(1.0, seconds / 600)  # a short record has a quick exertion
    up = 1 - np.exp(-np.maximum(time - start, 0) / (ONSET_TAU * pace))
    down = np.exp(-np.maximum(time - stop, 0) / (RECOVERY_TAU * pace))
    return up * down


def _choose_premature(beats: Floats, seconds: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return True for the beats to bring forward: inside the record, never two in a row."""
    chosen = np.zeros(len(beats), dtype=bool)
    candidates = np.flatnonzero((beats > 2.0) & (beats < seconds - 2.0))
    wanted = max(1, round(PVC_PER_MINUTE * seconds / 60))
    for index in rng.permutation(candidates):
        if wanted == 0:
            break
        if not chosen[max(index - 4, 0) : index + 5].any():
            chosen[index] = True
            wanted -= 1
    return chosen
