"""What a beat looks like: ECG lead II in mV and the PPG pulse at the finger, both noise-free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.simulate.rhythm import Rhythm

    Floats = NDArray[np.float64]

# ECG waves: (centre s, spread s, height mV) at RR 1 s. A sum of Gaussians as in ECGSYN (McSharry
# 2003) with its order and P at sqrt(RR); T at 100 degrees of ECGSYN is 278 ms, as here. ECGSYN's
# QRS (spread 16 ms, Q and S at 42 ms) lasts 130 ms, too wide for a healthy ventricle, so Q, R, S
# are narrower here. P and T take two Gaussians each (Sayadi 2010). Heights lie in the
# ranges of Karhinoja 2024: P 0.05-0.2, Q and S -0.05 to -0.2, R 0.8-1.2, T 0.1-0.6.
P_WAVES = ((-0.172, 0.019, 0.07), (-0.143, 0.020, 0.09))
QRS_WAVES = ((-0.027, 0.0075, -0.10), (0.0, 0.0105, 1.10), (0.028, 0.0085, -0.17))
T_WAVES = ((-0.036, 0.040, 0.12), (0.0, 0.031, 0.22))
"""Centres relative to the peak of T, which is set by the QT interval."""

QRS_ONSET = 0.043
"""Seconds from the start of the QRS to R."""

T_TAIL = 2.0
"""T ends this many spreads of its last Gaussian after its peak: where a tangent puts it."""

# PVC in lead II (outflow tract): QRS 0.14-0.18 s, taller, no P, discordant T (physiology.md C2).
PVC_QRS_WAVES = ((-0.035, 0.018, 0.25), (0.0, 0.025, 1.55), (0.075, 0.026, -0.45))
PVC_T_WAVES = ((-0.045, 0.055, -0.22), (0.0, 0.045, -0.28))
PVC_T_DELAY = 0.03
"""Seconds: the QT of a PVC is longer by about what its QRS is."""

R_BREATHING = -0.05
"""Change of ECG amplitude at full inspiration (physiology.md C5: 3-10 %)."""

# PPG pulse after its start, at RR 0.88 s: a log-normal systole and a Gaussian dicrotic wave as in
# Solosenko 2017, whose second Gaussian is a log-normal here: blood runs off through a long pause
# instead of stopping. Values are ours, tuned by eye to a young finger pulse with a dicrotic notch
# 0.33 s after the start (Tang 2020 calls such pulses excellent).
SYSTOLIC = (0.160, 0.46, 1.0)
"""Log-normal: mode in seconds, spread of the logarithm, height."""
DICROTIC = (0.425, 0.058, 0.32)
"""Gaussian: centre and spread in seconds, height."""
RUN_OFF = (0.52, 0.75, 0.26)
"""Log-normal, as the systole."""

PULSE_RR = 0.88
PULSE_SPAN = 4.0
"""Seconds a pulse lasts at `PULSE_RR`, tail included. It shrinks and grows as RR^(1/3), as
ejection does."""

PRE_EJECTION, TRANSIT = 0.058, 0.130
"""Seconds, R to the very start of the pulse: PEP at rest 58 +- 13 ms; about 0.9 m at 7-9 m/s and
the small vessels (physiology.md C4). The foot, as a minimum, is seen some 40 ms later."""

PAT_PER_RR = 0.06
"""Seconds of arrival time a second of RR: both fall under exertion (our choice, mild)."""

PULSE_HEIGHT, PULSE_OFFSET = 0.5, 1.5
"""NU (normalised units, as the monitors of MIMIC give PLETH): height of a pulse, DC level."""


def add_gaussians(
    signal: Floats, rate: float, centres: Floats, spreads: Floats, heights: Floats
) -> None:
    """Add Gaussians to `signal` in place, each within 4.5 spreads of its centre.

    Args:
        signal: float64, shape (time,).
        rate: Hertz.
        centres: Seconds, shape (beat,).
        spreads: Standard deviations in seconds, shape (beat,).
        heights: Shape (beat,).
    """
    reach = int(np.ceil(4.5 * spreads.max(initial=0.0) * rate))
    index = np.rint(centres * rate).astype(int)[:, None] + np.arange(-reach, reach + 1)
    away = (index / rate - centres[:, None]) / spreads[:, None]
    _add(signal, index, heights[:, None] * np.exp(-(away**2) / 2))


def make_ecg(rhythm: Rhythm, *, count: int, rate: float) -> Floats:
    """Return lead II in mV, shape (time,), without noise or wander."""
    signal = np.zeros(count)
    gain = 1 + R_BREATHING * rhythm.at(rhythm.respiration, rhythm.r_peaks)
    for premature in (False, True):
        beats = rhythm.premature == premature
        r_peaks, qt, size = rhythm.r_peaks[beats], rhythm.qt[beats], gain[beats]
        qrs = PVC_QRS_WAVES if premature else QRS_WAVES
        t_waves = PVC_T_WAVES if premature else T_WAVES
        stretch = qt / 0.400
        t_peaks = r_peaks + qt - QRS_ONSET - T_TAIL * T_WAVES[-1][1] * stretch
        waves = [(r_peaks + c, s, h) for c, s, h in qrs]
        waves += [(t_peaks + PVC_T_DELAY * premature + c, s * stretch, h) for c, s, h in t_waves]
        if not premature:
            earlier = np.sqrt(rhythm.sinus_rr[beats])
            waves += [(r_peaks + c * earlier, s, h) for c, s, h in P_WAVES]
        for centres, spread, height in waves:
            add_gaussians(signal, rate, centres, np.broadcast_to(spread, size.shape), height * size)
    return signal


def make_pulses(
    rhythm: Rhythm, *, count: int, rate: float, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Return the pulse wave and where its pulses are.

    A PVC ejects early and little: its pulse is 0.25-0.5 of normal and late; the next one, after
    the pause, is 10-30 % larger (physiology.md C2).

    Returns:
        The wave in NU without DC level, shape (time,); onsets and systolic peaks of all beats
        of the rhythm in seconds, shape (beat,), NaN outside the record.
    """
    beats = len(rhythm.r_peaks)
    premature, after = rhythm.premature, np.roll(rhythm.premature, 1)
    exertion = rhythm.at(rhythm.exertion, rhythm.r_peaks)
    breath = rhythm.at(rhythm.respiration, rhythm.r_peaks)

    arrival = PRE_EJECTION + TRANSIT + PAT_PER_RR * (rhythm.sinus_rr - PULSE_RR)
    arrival += 0.003 * breath + 0.002 * rng.standard_normal(beats) + 0.030 * premature
    starts = rhythm.r_peaks + arrival

    height = PULSE_HEIGHT * (1 - 0.10 * breath) * (1 + 0.15 * exertion)  # 5-20 %, C5
    height *= 1 + 0.02 * rng.standard_normal(beats)
    height[premature] *= rng.uniform(0.25, 0.5, premature.sum())
    height[after] *= rng.uniform(1.1, 1.3, after.sum())

    stretch = np.cbrt(rhythm.sinus_rr / PULSE_RR)
    reflected = 1 - 0.45 * exertion  # vessels open under exertion: the reflected wave fades
    wave = np.zeros(count)
    span = int(np.ceil(PULSE_SPAN * stretch.max() * rate))
    index = np.ceil(starts * rate).astype(int)[:, None] + np.arange(span)
    since = np.maximum(index / rate - starts[:, None], 1e-6) / stretch[:, None]
    pulse = _log_normal(since, *SYSTOLIC) + reflected[:, None] * (
        DICROTIC[2] * np.exp(-(((since - DICROTIC[0]) / DICROTIC[1]) ** 2) / 2)
        + _log_normal(since, *RUN_OFF)
    )
    _add(wave, index, height[:, None] * pulse)

    onsets = _extreme(-wave, rate, starts, starts + 0.12 * stretch)
    peaks = _extreme(wave, rate, starts + 0.08 * stretch, starts + 0.27 * stretch)
    return wave, onsets, peaks


def _log_normal(time: Floats, mode: float, spread: float, height: float) -> Floats:
    return height * np.exp(-((np.log(time / mode) / spread) ** 2) / 2)


def _add(signal: Floats, index: NDArray[np.int_], values: Floats) -> None:
    """Add `values` at `index`, leaving out what lies beyond the ends."""
    inside = (index >= 0) & (index < len(signal))
    signal += np.bincount(index[inside], weights=values[inside], minlength=len(signal))


def _extreme(wave: Floats, rate: float, starts: Floats, stops: Floats) -> Floats:
    """Return the time of the maximum between each start and stop, or NaN outside the wave.

    A parabola through three samples finds it to a fraction of the sampling interval.
    """
    times = np.full(len(starts), np.nan)
    first = np.floor(starts * rate).astype(int)
    last = np.ceil(stops * rate).astype(int) + 1
    for beat in np.flatnonzero((first >= 1) & (last < len(wave))):
        top = first[beat] + int(np.argmax(wave[first[beat] : last[beat]]))
        before, here, behind = wave[top - 1 : top + 2]
        bend = before - 2 * here + behind
        shift = 0.5 * (before - behind) / bend if bend < 0 else 0.0
        times[beat] = (top + np.clip(shift, -0.5, 0.5)) / rate
    return times
