"""What the atria write into the ECG when they fibrillate or flutter.

Fibrillatory waves: fundamental 4-9 Hz (Bollmann 2006), mean 6 (Alcaraz 2008: 6.5 +- 0.8 Hz in the
middle, 5.0 +- 0.7 Hz at the end of an episode), two harmonics, slow changes of rate and size
(Stridh & Sornmo 2001), 0.02-0.15 mV, largest in V1. Flutter: a saw-tooth of 250-340/min, negative
in II, III and aVF, positive in V1 (typical, counter-clockwise).
"""

from __future__ import annotations

from math import tau
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend, columns
from cardioprint.simulate.classes import Rhythm

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.foci import Foci
    from cardioprint.simulate.rhythm import Beats

FIBRILLATION_VECTOR = (-0.25, 0.45, -0.75)
FLUTTER_VECTOR = (0.05, -1.0, -0.55)
"""Directions, axes as in `leads`."""

SAW_TOOTH = ((1.0, 0.0), (0.45, 0.9), (0.22, 1.7), (0.10, 2.4))
"""Height and phase of the harmonics of a flutter wave: down slowly, up fast."""

RAMP = 0.25
"""Seconds in which the waves come and go."""


def atrial_waves(
    beats: Beats, foci: Foci, draws: Draws, *, sampling_rate: float, count: int
) -> tuple[Array, Array]:
    """Return the waves of the people who have any.

    Args:
        beats: Their beats.
        foci: The flutter cycle.
        draws: Chance of the record.
        sampling_rate: Hertz.
        count: Samples.

    Returns:
        (who, waves): Indices of people, and their vector in mV, shape (who, count, 3).
    """
    b, xp = draws.backend, draws.backend.xp
    code = {r: beats.valid & (beats.rhythm == r) for r in (FIBRILLATING, FLUTTERING)}
    some = xp.any(code[FIBRILLATING] | code[FLUTTERING], axis=1)
    who, _ = b.where_true(some[:, None])
    if len(who) == 0:
        return who, b.zeros(0, count, 3)
    time = b.to_float(b.arange(count))[None, :] / sampling_rate
    u = [x[who] for x in columns(draws.uniform("atrial waves", 12))]
    z = columns(draws.normal("atrial rate", 2))
    flutter = xp.any(code[FLUTTERING], axis=1)[who]
    rate = xp.where(flutter, 1 / foci.run[who], (6.0 + 1.0 * z[0][who]).clip(4.0, 9.0))
    shake = xp.where(flutter, 0.02 + 0 * rate, 0.35 + 0.5 * u[0])
    angle = tau * rate[:, None] * time
    for k, speed in enumerate((0.11, 0.37, 0.83)):
        swing = xp.sin(
            tau * speed * (0.7 + 0.6 * u[1 + k])[:, None] * time + tau * u[4 + k][:, None]
        )
        angle = angle + shake[:, None] * swing / speed**0.5
    size = xp.exp(-2.9 + 0.45 * z[1][who]).clip(0.02, 0.15)
    swell = 1 + 0.35 * xp.sin(tau * 0.4 * time + tau * u[7][:, None])
    fine = sum(
        height * xp.sin(n * angle + tau * u[7 + n][:, None])
        for n, height in ((1, 1.0), (2, 0.35), (3, 0.15))
    )
    saw = sum(
        -height * xp.sin(n * angle + phase) for n, (height, phase) in enumerate(SAW_TOOTH, start=1)
    )
    wave = xp.where(flutter[:, None], 1.1 * size[:, None] * saw, size[:, None] * swell * fine)
    there = _presence(beats, who, code[FIBRILLATING] | code[FLUTTERING], sampling_rate, count, b)
    vector = xp.where(
        flutter[:, None], b.array(FLUTTER_VECTOR)[None, :], b.array(FIBRILLATION_VECTOR)[None, :]
    )
    return who, (wave * there)[:, :, None] * vector[:, None, :]


FIBRILLATING, FLUTTERING = Rhythm.ATRIAL_FIBRILLATION, Rhythm.ATRIAL_FLUTTER


def _presence(
    beats: Beats, who: Array, on: Array, sampling_rate: float, count: int, b: Backend
) -> Array:
    """Return 0 to 1, shape (who, count): whether the atria are in the arrhythmia."""
    xp = b.xp
    state = b.to_float(on[who])
    time = beats.time[who]
    before = xp.concat((0 * state[:, :1], state[:, :-1]), axis=1)
    change = xp.where(beats.valid[who], state - before, 0 * state)
    ramp = max(1, round(RAMP * sampling_rate))
    at = b.to_int((time * sampling_rate).clip(0.0, count - 1.0))
    row = b.arange(len(who))[:, None] * count
    steps = b.zeros(len(who) * count)
    b.add_at(steps, at + row, change)
    level = xp.cumsum(steps.reshape(len(who), count), axis=1)
    total = xp.cumsum(level, axis=1)
    late = xp.concat((b.zeros(len(who), ramp), total[:, :-ramp]), axis=1)
    edge = level[:, :1] * (ramp - (1 + b.to_float(b.arange(count)))[None, :]).clip(0.0, 1e9)
    return (total - late + edge) / ramp
