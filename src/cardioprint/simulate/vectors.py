"""Each person's own heart vector: the tables of `heart_vector` made to measure."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.simulate.backend import Array, Backend, columns
from cardioprint.simulate.classes import Morphology
from cardioprint.simulate.heart_vector import (
    ACUTE,
    AXIS,
    NORMAL,
    P_ECTOPIC,
    P_WAVES,
    QRS_WAVES,
    SHAPES,
    VENTRICULAR,
    table,
)
from cardioprint.simulate.leads import DOWER

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.person import Cohort

_I, _II = DOWER["I"], DOWER["II"]
FRONTAL = (
    (_I[0], _I[1]),
    (1.1547 * (_II[0] - _I[0] / 2), 1.1547 * (_II[1] - _I[1] / 2)),
)
"""What x and y give to I and to aVF, the latter enlarged to the size of a standard lead."""

JITTER = 0.10
"""SD of each wave's vector between people, as a share of its length (our choice)."""

STRAIN = 0.30
"""Share of hypertrophies with strain (Hancock 2009 gives a quarter to a third)."""

FRESH = 0.35
"""Share of infarctions in their first hours, as a monitor would see them (our choice)."""

RECOVERY = (
    Morphology.INFERIOR_INFARCTION,
    Morphology.ANTERIOR_INFARCTION,
    Morphology.ST_T_CHANGE,
    Morphology.LEFT_VENTRICULAR_HYPERTROPHY,
)
"""Morphologies whose ST and T are there to a degree."""


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """Waves of each person; `kind` is 0 for a conducted and 1 for a ventricular beat.

    Attributes:
        centre: Seconds from R, shape (person, kind, wave).
        spread: Seconds, same shape.
        size: mV, shape (person, kind, wave, 3).
        st: mV, shape (person, kind, 3).
        t: mV, shape (person, kind, 3).
        onset: Seconds from the beginning of the QRS to R, shape (person, kind).
        offset: Seconds from R to its end, same shape.
        p_centre: Seconds from the onset of P, shape (person, 2, wave): sinus and ectopic.
        p_spread: Seconds, same shape.
        p_size: mV, shape (person, 2, wave, 3).
    """

    centre: Array
    spread: Array
    size: Array
    st: Array
    t: Array
    onset: Array
    offset: Array
    p_centre: Array
    p_spread: Array
    p_size: Array


def draw_vectors(people: Cohort, draws: Draws) -> Vectors:
    """Draw the heart vectors of some people.

    Args:
        people: Their morphology, axis, QRS and sizes.
        draws: Chance for life.
    """
    b, xp = draws.backend, draws.backend.xp
    u = columns(draws.uniform("heart vector", 5))
    shapes = [SHAPES[m] for m in Morphology] + list(VENTRICULAR)
    rows = b.array(table(shapes))
    spans = b.array([(s.onset, s.duration - s.onset) for s in shapes])
    recovery = b.array([(s.st, s.t) for s in shapes])
    site = len(Morphology) + b.to_int(u[0] * len(VENTRICULAR))
    own = rows[people.morphology], rows[site]

    noise = draws.normal("waves", 2, QRS_WAVES + 2, 3).clip(-2.5, 2.5)
    size = xp.stack([r[:, :, 2:] for r in own], axis=1)
    size = _perturbed(size, noise[:, :, :QRS_WAVES], b)
    stretch = _qrs_stretch(people, u[1], b)
    span = xp.stack((spans[people.morphology], spans[site]), axis=1) * stretch[:, :, None]

    st, t = _recovery(people, recovery, u[2], u[3], b)
    st = xp.stack((st, recovery[site][:, 0]), axis=1)
    t = _perturbed(xp.stack((t, recovery[site][:, 1]), axis=1), noise[:, :, QRS_WAVES], b)
    turn = _frank_angle(people.axis, b) - _frank_angle(AXIS + 0 * people.axis, b)
    healthy = people.morphology == Morphology.NORMAL
    turn = xp.where(healthy | (people.morphology == Morphology.ST_T_CHANGE), turn, 0.4 * turn)
    thick = people.morphology == Morphology.LEFT_VENTRICULAR_HYPERTROPHY
    r_scale = xp.where(thick, people.r_scale.clip(0.95, 1.6), people.r_scale)
    qrs_scale, t_scale = r_scale[:, None, None], people.t_scale[:, None, None]
    p = b.array((P_WAVES, *P_ECTOPIC))
    p_own = xp.stack((p[b.to_int(0 * u[4])], p[1 + b.to_int(2 * u[4])]), axis=1)
    p_noise = xp.exp(0.2 * noise[:, :, QRS_WAVES + 1, :1])[:, :, None]
    return Vectors(
        centre=xp.stack([r[:, :, 0] for r in own], axis=1) * stretch[:, :, None],
        spread=xp.stack([r[:, :, 1] for r in own], axis=1) * stretch[:, :, None],
        size=_turned(size, turn, b) * qrs_scale[..., None],
        st=_turned(st, 0.5 * turn, b) * (0.5 + 0.5 * qrs_scale),
        t=_turned(t, 0.5 * turn, b) * t_scale,
        onset=span[:, :, 0],
        offset=span[:, :, 1],
        p_centre=p_own[..., 0],
        p_spread=p_own[..., 1],
        p_size=p_own[..., 2:] * p_noise,
    )


def _perturbed(size: Array, noise: Array, b: Backend) -> Array:
    """Return vectors with a share of their length added in a random direction."""
    length = b.xp.sqrt(b.xp.sum(size**2, axis=-1))
    return size + JITTER * length[..., None] * noise


def _qrs_stretch(people: Cohort, u: Array, b: Backend) -> Array:
    """Return how much longer than tabulated each person's QRS is, shape (person, kind)."""
    xp = b.xp
    wide = people.morphology == Morphology.LEFT_BUNDLE_BRANCH_BLOCK
    wide = wide | (people.morphology == Morphology.RIGHT_BUNDLE_BRANCH_BLOCK)
    narrow = people.qrs / NORMAL.duration
    return xp.stack((xp.where(wide, 0.92 + 0.22 * u, narrow), 0.92 + 0.2 * u), axis=1)


def _recovery(
    people: Cohort, recovery: Array, u: Array, v: Array, b: Backend
) -> tuple[Array, Array]:
    """Return ST and T of conducted beats, each of shape (person, 3)."""
    xp, code = b.xp, people.morphology
    full = recovery[code]
    st, t = full[:, 0], full[:, 1]
    graded = b.flags(len(people))
    for morphology in RECOVERY:
        graded = graded | (code == morphology)
    degree = 0.55 + 0.7 * u
    strained = xp.where(v < STRAIN, degree, 0.15 * u)
    degree = xp.where(code == Morphology.LEFT_VENTRICULAR_HYPERTROPHY, strained, degree)
    degree = xp.where(graded, degree, xp.ones_like(degree))[:, None]
    normal = b.array(np.array([NORMAL.st, NORMAL.t]))
    st = normal[0] + degree * (st - normal[0])
    t = normal[1] + degree * (t - normal[1])
    for morphology, (fresh_st, fresh_t) in ACUTE.items():
        fresh = ((code == morphology) & (v < FRESH))[:, None]
        st = xp.where(fresh, (0.7 + 0.8 * u)[:, None] * b.array(fresh_st), st)
        t = xp.where(fresh, b.array(fresh_t) + 0 * t, t)
    return st, t


def _frank_angle(axis: Array, b: Backend) -> Array:
    """Return the angle in Frank's frontal plane, radians, seen as this axis in the limb leads.

    Limb leads see y almost twice as large as x (Dower's rows of I and, times 2 / sqrt(3), of aVF).
    """
    xp, alpha = b.xp, axis * (pi / 180)
    (i_x, i_y), (f_x, f_y) = FRONTAL
    up, along = i_x * xp.sin(alpha) - f_x * xp.cos(alpha), f_y * xp.cos(alpha) - i_y * xp.sin(alpha)
    return xp.atan2(up, along)


def _turned(vectors: Array, angle: Array, b: Backend) -> Array:
    """Return vectors (person, ..., 3) turned in the frontal plane, from left towards the feet."""
    xp = b.xp
    shape = (-1,) + (1,) * (vectors.ndim - 2)
    cos, sin = xp.cos(angle).reshape(shape), xp.sin(angle).reshape(shape)
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return xp.stack((x * cos - y * sin, x * sin + y * cos, z), axis=-1)
