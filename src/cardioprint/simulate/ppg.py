"""The PPG of some records: every beat's pulse put where it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any, TypeVar

from cardioprint.errors import UnknownNameError
from cardioprint.simulate.backend import Array
from cardioprint.simulate.foci import NEVER
from cardioprint.simulate.haemodynamics import travel
from cardioprint.simulate.pulse_shape import NODES, START, STEP, STOP, pulse_table
from cardioprint.simulate.variability import sampled

if TYPE_CHECKING:
    from cardioprint.simulate.physiology import Physiology


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Site:
    """A place on the body.

    Attributes:
        aorta: Metres of central artery a metre of height.
        arm: Metres of muscular artery a metre of height.
        smoothing: Seconds, blur of the pulse against the finger's.
        pulse: Size of the pulse against the finger's.
        breathing: Size of the respiratory baseline over the pulse.
    """

    aorta: float
    arm: float
    smoothing: float
    pulse: float
    breathing: float


SITES = {
    "finger": Site(aorta=0.13, arm=0.41, smoothing=0.0, pulse=1.0, breathing=0.09),
    "wrist": Site(aorta=0.13, arm=0.34, smoothing=0.020, pulse=0.45, breathing=0.14),
    "ear": Site(aorta=0.20, arm=0.05, smoothing=0.010, pulse=0.7, breathing=0.20),
}
"""Allen & Murray 2000: the foot arrives 133 ms after R at the ear, 199 ms at the thumb. Hartmann
2019: of six sites the finger has the largest pulse. Paths, sizes, blur and breathing of wrist and
ear are our choice within that."""

COLOURS = {"infrared": 1.0, "red": 0.52, "green": 1.7}
"""Size of the pulse against infrared: red over infrared is 0.5 at 98 % saturation (Tremper 1989);
green light, absorbed most, pulses most (Maeda 2011; by how much is our choice)."""

CONTACT, BEST_CONTACT = 0.5, 0.6
"""Usual contact pressure of a sensor, from 0 (barely touching) to 1 (the pulse is nearly pressed
away), and the one near the finger's diastolic pressure at which the pulse is largest."""

CONTACT_FOOT, CONTACT_PEAK = 0.022, 0.040
"""Seconds that foot and peak of a pulse come later under a loose sensor than at the best contact:
22 +- 2 and 40 +- 7 ms, U-shaped with its minimum near diastolic pressure (Chandrasekhar 2020)."""

CONTACT_WIDTH = 0.35
"""The size of the pulse falls off from the best contact as a Gaussian (our choice)."""

SAG, SAG_AFTER, SAG_TIME = 0.32, 0.45, 0.55
"""Blood goes on running off until the next pulse: from so many seconds after the foot the wave
sinks towards this share of the pulse below its beginning, with this time constant, and is filled
up in as many seconds after the next foot (our choice: a few % of the pulse at 75 beats/min, a
quarter in a pause of two seconds, as bradycardias show)."""

FOOT, CREST = -0.042, 0.16
"""Seconds from wave a back to the foot of the pulse, and from foot to peak, at 70 beats/min."""


def known(catalogue: dict[str, T], kind: str, name: str) -> T:
    """Return an entry, or say which there are."""
    if name not in catalogue:
        raise UnknownNameError(kind, name, catalogue)
    return catalogue[name]


def arrivals(life: Physiology, *, site: str = "finger", contact: float = CONTACT) -> Array:
    """Return the seconds at which the foot of each beat's pulse arrives, shape (person, beat).

    Args:
        life: Beats and people.
        site: Out of `SITES`.
        contact: Contact pressure, 0 to 1.
    """
    place = known(SITES, "site", site)
    way = travel(life.people, aorta=place.aorta, arm=place.arm)[:, None] / life.pulses.velocity
    small = (life.people.transit_offset + CONTACT_FOOT * _late(contact))[:, None]
    return life.beats.time + life.pulses.ejection + way + small


def _late(contact: float) -> float:
    """Return 0 at the usual contact and about 1 for a sensor that barely touches."""
    bend = [((c - BEST_CONTACT) / BEST_CONTACT) ** 2 for c in (contact, CONTACT)]
    return bend[0] - bend[1]


def render_pulses(
    life: Physiology,
    *,
    sampling_rate: float,
    count: int,
    site: str = "finger",
    contact: float = CONTACT,
) -> Array:
    """Return the sum of all pulses, 1 for the usual height, shape (person, count).

    Args:
        life: Beats and people.
        sampling_rate: Hertz.
        count: Samples from the record's zero.
        site: Out of `SITES`.
        contact: Contact pressure, 0 to 1.
    """
    b, xp, people = life.backend, life.backend.xp, life.people
    place = known(SITES, "site", site)
    shapes = pulse_table(people.indices, people.age, b, smoothing=place.smoothing)
    foot = arrivals(life, site=site, contact=contact)
    later = 1 + (CONTACT_PEAK - CONTACT_FOOT) / CREST * _late(contact)
    stretch = life.pulses.stretch * later * life.pulse_pace[:, None]
    height = pulse_heights(life)
    start = foot - FOOT * stretch
    seen = life.beats.valid & (height > 0)
    seen = seen & (start + STOP * stretch > 0) & (start + START * stretch < count / sampling_rate)
    rows, columns = b.where_true(seen)
    wave = b.zeros(len(people) * count)
    for part in b.blocks(len(rows)):
        row, at = rows[part], columns[part]
        begin, pace, size = start[row, at], stretch[row, at], height[row, at]
        width = int((STOP - START) * float(xp.max(pace)) * sampling_rate) + 1
        first = b.to_int(xp.ceil((begin + START * pace) * sampling_rate))
        index = first[:, None] + b.arange(width)[None, :]
        since = (b.to_float(index) / sampling_rate - begin[:, None]) / pace[:, None]
        value = size[:, None] * _cubic(shapes, row, (since - START) / STEP, life)
        inside = (index >= 0) & (index < count)
        where = xp.where(inside, row[:, None] * count + index, 0 * index)
        b.add_at(wave, where, xp.where(inside, value, 0 * value))
    wave = wave.reshape(len(people), count)
    return wave + _sag(life, foot, height, sampling_rate=sampling_rate, count=count)


def _sag(
    life: Physiology, foot: Array, height: Array, *, sampling_rate: float, count: int
) -> Array:
    """Return how far the wave has sunk since the last pulse, shape (person, count)."""
    b, xp = life.backend, life.backend.xp
    order, sent = b.packed(life.beats.valid & (height > 0))
    foot = b.along(foot, order)
    foot = xp.where(sent, foot, 0 * foot + NEVER)
    depth = SAG * b.along(height, order)
    wait = (foot[:, 1:] - foot[:, :-1]).clip(0.1, 9.0)
    reached = depth[:, :-1] * _fall(wait - SAG_AFTER, xp)
    none = 0 * depth[:, :1]
    refill = xp.concat((wait, none + 1), axis=1).clip(0.0, SAG_AFTER)
    level = xp.concat((none, reached), axis=1)  # where the pulse before left it

    start = foot[:, 1:] * sampling_rate
    inside = (start > 0) & (start <= count - 1)
    row, column = b.where_true(inside)
    place = row * count + b.to_int(xp.ceil(start[row, column]))
    steps = b.zeros(len(foot) * count)
    b.add_at(steps, place, 0 * b.to_float(place) + 1)
    earlier = xp.sum(b.to_int(sent[:, 1:] & (start <= 0)), axis=1)
    now = b.to_int(xp.cumsum(steps.reshape(len(foot), count), axis=1)) + earlier[:, None]
    time = b.to_float(b.arange(count))[None, :] / sampling_rate - b.along(foot, now)
    filled = (time / b.along(refill, now)).clip(0.0, 1.0)
    rest = 1 - filled * filled * (3 - 2 * filled)
    sunk = b.along(level, now) * rest + b.along(depth, now) * _fall(time - SAG_AFTER, xp)
    return xp.where(time > -1.0, -sunk, 0 * sunk)


def _fall(time: Array, xp: Any) -> Array:
    """Return 0 to 1, beginning gently at zero."""
    x = time.clip(0.0, 9.0) / SAG_TIME
    return 1 - (1 + x) * xp.exp(-x)


def pulse_heights(life: Physiology) -> Array:
    """Return the height of each beat's pulse over the usual, shape (person, beat)."""
    time = life.beats.time
    breath = life.tone.breath.over(time, life.backend)
    mayer = life.tone.mayer.over(time, life.backend)
    swell = 1 - life.pulse_breathing[:, None] * breath + 0.05 * mayer
    return life.pulses.strength * swell.clip(0.3, 2.0)


def render_ppg(
    life: Physiology,
    pulses: Array,
    *,
    sampling_rate: float,
    site: str = "finger",
    colour: str = "infrared",
    contact: float = CONTACT,
) -> Array:
    """Return the PPG of the records, upward in systole, in % of the light's steady level.

    Args:
        life: Beats and people.
        pulses: From `render_pulses` at the same rate, site and contact, shape (person, time).
        sampling_rate: Hertz.
        site: Out of `SITES`.
        colour: Out of `COLOURS`.
        contact: Contact pressure of the sensor, 0 to 1.

    Returns:
        Shape (person, time). Breathing and slow waves move its baseline.

    Raises:
        UnknownNameError: No such site or colour.
    """
    b = life.backend
    place, light = known(SITES, "site", site), known(COLOURS, "colour", colour)
    breath, mayer, slow = (
        sampled(series, sampling_rate=sampling_rate, count=pulses.shape[1], b=b)
        for series in (life.tone.breath, life.tone.mayer, life.tone.slow)
    )
    share = place.breathing * (0.5 + 4 * life.pulse_breathing[:, None])
    wave = pulses + share * breath + 0.06 * mayer + 0.08 * slow
    off = (contact - BEST_CONTACT) / CONTACT_WIDTH
    size = light * place.pulse * exp(-0.5 * off * off)
    return size * life.people.perfusion[:, None] * wave


def _cubic(shapes: Array, row: Array, at: Array, life: Physiology) -> Array:
    """Return the pulse of each row between the nodes (Catmull & Rom 1974), 0 beyond its ends."""
    b, xp = life.backend, life.backend.xp
    flat = shapes.reshape(-1)
    inside = (at >= 1) & (at < NODES - 2)
    at = at.clip(1.0, NODES - 2.5)
    node = b.to_int(at)
    x = at - b.to_float(node)
    node = node + row[:, None] * NODES
    p0, p1, p2, p3 = (xp.take(flat, node + k) for k in (-1, 0, 1, 2))
    value = p1 + 0.5 * x * (
        p2 - p0 + x * (2 * p0 - 5 * p1 + 4 * p2 - p3 + x * (3 * (p1 - p2) + p3 - p0))
    )
    return xp.where(inside, value, 0 * value)
