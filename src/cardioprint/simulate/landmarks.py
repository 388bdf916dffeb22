"""Foot, steepest point and top of every pulse, found on the noise-free wave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend
from cardioprint.simulate.ppg import CONTACT, arrivals

if TYPE_CHECKING:
    from cardioprint.simulate.physiology import Physiology

FOOT_SEARCH, RISE_SEARCH, TOP_SEARCH = (-0.06, 0.07), (0.0, 0.17), (0.06, 0.30)
"""Seconds around the arrival of a pulse at 70 beats/min in which foot, steepest point, top lie."""


def pulse_landmarks(
    life: Physiology,
    pulses: Array,
    *,
    sampling_rate: float,
    site: str = "finger",
    contact: float = CONTACT,
) -> tuple[Array, Array, Array]:
    """Return seconds of foot, steepest upslope and systolic peak, shapes (person, beat).

    NaN where the beat sends no pulse, or one that does not lie inside the record.

    Args:
        life: Beats and people.
        pulses: Noise-free sum of the pulses, shape (person, time).
        sampling_rate: Hertz.
        site: Where they were taken.
        contact: Contact pressure.
    """
    b = life.backend
    row, column = b.where_true(life.beats.valid & (life.pulses.strength > 0))
    at = arrivals(life, site=site, contact=contact)[row, column]
    pace = (life.pulses.stretch * life.pulse_pace[:, None])[row, column]
    slope = pulses[:, 1:] - pulses[:, :-1]
    found = (
        _highest(-pulses, row, at, pace, FOOT_SEARCH, sampling_rate, b),
        _highest(slope, row, at, pace, RISE_SEARCH, sampling_rate, b) + 0.5 / sampling_rate,
        _highest(pulses, row, at, pace, TOP_SEARCH, sampling_rate, b),
    )
    gap = 0 * (found[0] + found[1] + found[2])  # a pulse is seen whole or not at all
    foot, steepest, top = (0 * life.beats.time + float("nan") for _ in found)
    foot[row, column], steepest[row, column], top[row, column] = (x + gap for x in found)
    return foot, steepest, top


def _highest(
    wave: Array,
    row: Array,
    at: Array,
    pace: Array,
    span: tuple[float, float],
    rate: float,
    b: Backend,
) -> Array:
    """Return seconds of the maximum around each event, NaN where the wave does not cover it.

    A parabola through three samples finds it to a fraction of the sampling interval.
    """
    xp, count = b.xp, wave.shape[1]
    if len(row) == 0:
        return at
    start, stop = (at + span[0] * pace) * rate, (at + span[1] * pace) * rate
    first = b.to_int(xp.floor(start))
    width = int(float(xp.max(stop - start))) + 2
    index = first[:, None] + b.arange(width)[None, :]
    covered = (start >= 1) & (stop < count - 2)
    flat, base = wave.reshape(-1), row * count
    place = index.clip(0, count - 1) + base[:, None]
    inside = b.to_float(index) <= stop[:, None]
    values = xp.where(inside, xp.take(flat, place), -1e9 + 0.0 * b.to_float(index))
    top = (first + xp.argmax(values, axis=1)).clip(1, count - 2)
    before, here, behind = (xp.take(flat, top + base + k) for k in (-1, 0, 1))
    bend = before - 2 * here + behind
    shift = xp.where(bend < 0, 0.5 * (before - behind) / (bend - 1e-12), 0 * bend)
    time = (b.to_float(top) + shift.clip(-0.5, 0.5)) / rate
    return xp.where(covered, time, float("nan") + 0 * time)
