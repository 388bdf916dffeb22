"""Breathing and the slow rhythms of the body, in closed form: any person at any instant.

Heart rate variability is a sum of lines: respiration (HF, 0.15-0.4 Hz), Mayer waves (LF, 0.1 Hz,
width 0.02; Task Force 1996, McSharry 2003) and 1/f below 0.04 Hz (VLF). Their powers give each
person the SDNN, RMSSD and LF/HF that `Cohort` wants: a line of variance v at frequency f adds
v (2 sin(pi f RR))^2 to the mean squared difference of successive intervals.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt, tau
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.person import Cohort

MAYER, MAYER_WIDTH = 0.1, 0.02
"""Hz."""

SLOWEST, SLOW = 0.003, 0.04
"""Hz: where 1/f begins and ends."""

SHARE_SLOW = 0.3
"""Least share of SDNN that is 1/f."""

DRIFTS = ((0.011, 0.9), (0.027, 0.6), (0.061, 0.4))
"""Hz and radians of the wander of the breathing phase: its rate varies by some 10 % (our choice,
resting adults)."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """A sum of cosines for each person.

    Attributes:
        size: Amplitudes, shape (line, person).
        speed: Radians a second, same shape.
        phase: Radians, same shape.
    """

    size: Array
    speed: Array
    phase: Array

    def at(self, time: Array, b: Backend) -> Array:
        """Return the sum at one instant a person; time and result have shape (person,)."""
        return b.xp.sum(self.size * b.xp.cos(self.speed * time + self.phase), axis=0)

    def over(self, time: Array, b: Backend) -> Array:
        """Return the sum at many; time and result have shape (person, time) or (1, time)."""
        total = 0.0
        for size, speed, phase in zip(self.size, self.speed, self.phase, strict=True):
            total = total + size[:, None] * b.xp.cos(speed[:, None] * time + phase[:, None])
        return total


SMOOTH_RATE = 8.0
"""Hertz, at least, of the grid between whose points a slow series is a straight line."""


def sampled(series: Lines | Breath, *, sampling_rate: float, count: int, b: Backend) -> Array:
    """Return a slow series at every sample from zero on, shape (person, count)."""
    step = max(1, int(sampling_rate / SMOOTH_RATE))
    nodes = -(-count // step) + 1
    coarse = series.over(b.to_float(b.arange(nodes))[None, :] * (step / sampling_rate), b)
    share = b.to_float(b.arange(step)) / step
    fine = coarse[:, :-1, None] + (coarse[:, 1:] - coarse[:, :-1])[:, :, None] * share
    return fine.reshape(len(coarse), -1)[:, :count]


@dataclass(frozen=True, kw_only=True)
class Breath:
    """Breathing of each person.

    Attributes:
        speed: Radians a second, shape (person,).
        phase: Radians, same shape.
        drift: Wander of the phase, radians.
    """

    speed: Array
    phase: Array
    drift: Lines

    def at(self, time: Array, b: Backend) -> Array:
        """Return -1 (end of expiration) to 1 (full inspiration), shape (person,) as `time`."""
        return b.xp.sin(self.speed * time + self.phase + self.drift.at(time, b))

    def over(self, time: Array, b: Backend) -> Array:
        """Return it at many instants, shape (person, time) as `time`, or (1, time)."""
        steady = self.speed[:, None] * time + self.phase[:, None]
        return b.xp.sin(steady + self.drift.over(time, b))


@dataclass(frozen=True, kw_only=True)
class Tone:
    """What moves sinus node, pressure and vessels.

    Attributes:
        breath: Breathing.
        mayer: Waves of 0.1 Hz, unit SD.
        slow: 1/f below 0.04 Hz, unit SD.
        hf: Seconds, SD that breathing gives the sinus interval.
        lf: Seconds, SD of Mayer waves.
        vlf: Seconds, SD of 1/f.
    """

    breath: Breath
    mayer: Lines
    slow: Lines
    hf: Array
    lf: Array
    vlf: Array

    def sinus(self, time: Array, b: Backend) -> Array:
        """Return the change of the sinus interval in seconds, shape (person,) as `time`.

        Inspiration speeds the heart up.
        """
        respiratory = -sqrt(2) * self.hf * self.breath.at(time, b)
        return respiratory + self.lf * self.mayer.at(time, b) + self.vlf * self.slow.at(time, b)


def draw_tone(people: Cohort, draws: Draws, *, seconds: float) -> Tone:
    """Draw the oscillations of one record.

    Args:
        people: Whose; their SDNN, RMSSD and LF/HF.
        draws: Chance of this record.
        seconds: Its length; a long one gets more lines, so that it does not repeat itself.
    """
    b, xp = draws.backend, draws.backend.xp
    lines = 4 + min(60, round(seconds / 60))
    z = draws.normal("mayer", lines).T
    mayer = Lines(
        size=sqrt(2 / lines) * xp.ones_like(z),
        speed=tau * (MAYER + MAYER_WIDTH * z).clip(0.05, 0.15),
        phase=tau * draws.uniform("mayer phase", lines).T,
    )
    u = draws.uniform("slow", lines).T
    step = (b.to_float(b.arange(lines))[:, None] + u) / lines
    slow = Lines(  # lines evenly apart on a log scale have the power of 1/f
        size=sqrt(2 / lines) * xp.ones_like(u),
        speed=tau * SLOWEST * (SLOW / SLOWEST) ** step,
        phase=tau * draws.uniform("slow phase", lines).T,
    )
    phase = tau * draws.uniform("breath", 1 + len(DRIFTS)).T
    rates, radians = (b.array(column)[:, None] for column in zip(*DRIFTS, strict=True))
    drift = Lines(size=radians + 0 * phase[1:], speed=tau * rates + 0 * phase[1:], phase=phase[1:])
    rate = people.respiratory_rate / 60
    rr = 60 / people.heart_rate
    high, low = (2 * xp.sin(pi * (f * rr).clip(0.0, 0.5)) for f in (rate, MAYER))
    hf2 = people.rmssd**2 / (high**2 + people.lf_hf * low**2)
    vlf2 = people.sdnn**2 - hf2 * (1 + people.lf_hf)
    return Tone(
        breath=Breath(speed=tau * rate, phase=phase[0], drift=drift),
        mayer=mayer,
        slow=slow,
        hf=xp.sqrt(hf2),
        lf=xp.sqrt(hf2 * people.lf_hf),
        vlf=xp.sqrt(xp.maximum(vlf2, (SHARE_SLOW * people.sdnn) ** 2)),
    )
