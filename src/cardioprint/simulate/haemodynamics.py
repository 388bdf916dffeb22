"""What each beat sends into the arteries: how much, at what pressure, and when it arrives.

Arrival (PAT, from R) = pre-ejection + path / velocity + small vessels:
    Pre-ejection: the person's, shorter by 0.4 ms a beat/min (Weissler 1968), longer by 40 ms with
        left bundle branch block, by 30 ms for a ventricular beat and for a badly filled one (our
        choice of size).
    Velocity: of the aorta and of stiffer, less age-dependent arm arteries (Bia & Zocalo 2021; the
        numbers are our choice).
        Moens-Korteweg with E = E0 exp(0.017 P) (Hughes 1979, 0.016-0.018 a mmHg) makes it rise by
        8.9 % in 10 mmHg of mean pressure.
Strength of a beat (stroke volume over the usual):
    Filling: a short interval fills less; a beat of an interval below some 0.3 s does not open the
        aortic valve, which is the pulse deficit of atrial fibrillation.
    Potentiation: after a premature beat the pulse is 9.8 +- 5.4 % larger in healthy hearts and
        48.7 +- 32.6 % in dilated cardiomyopathy (Voss 2002).
Slow waves: 0.1 Hz and respiration move pressure (Pagani 1986), by some 2 mmHg each (our choice).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from cardioprint.simulate.backend import Array
from cardioprint.simulate.classes import Beat, Morphology

if TYPE_CHECKING:
    from collections.abc import Callable

    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.foci import Foci
    from cardioprint.simulate.person import Cohort
    from cardioprint.simulate.rhythm import Beats
    from cardioprint.simulate.variability import Tone

HUGHES = 0.017
"""1/mmHg, of Young's modulus; velocity has half of it (Hughes 1979)."""

FILLING_DELAY, FILLING_TIME, USUAL_RR = 0.25, 0.25, 0.85
"""Seconds: a ventricle fills as 1 - exp(-(RR - delay) / time); a strength of 1 is at the usual
interval (our choice, so that an interval of 0.6 s makes 0.83 and one of 0.35 s 0.36)."""

CLOSED_BELOW = 0.20
"""Strength that no longer opens the aortic valve."""

POTENTIATION = (0.02, 0.42)
"""Gain after a beat that came at half of the usual interval: healthy, and what failure adds."""

EJECTION = (0.413, 0.0017, 70.0)
"""Ejection time in seconds = first - second x rate (Weissler 1968), and the rate of reference."""

EJECTION_SD = (0.0044, 0.5)
"""Seconds by which pre-ejection differs from beat to beat: median over people, and the spread of
its logarithm. Within a person they differ by 1.6-12 ms at rest (Kortekaas 2018)."""

RUN_OFF = 16.0
"""mmHg that diastolic pressure falls in a second of longer diastole (our choice: a time constant
of 1.5-2 s at 80 mmHg, less the reflex)."""

AORTA, ARM_VELOCITY, ARM_POWER = 7.5, 8.3, 0.35
"""m/s, m/s, -: the arm's velocity rises with this power of the aorta's over 7.5 m/s."""


@dataclass(frozen=True, kw_only=True)
class Pulses:
    """Pulses of all beats, shapes (person, beat).

    Attributes:
        strength: Stroke over the usual; 0 where the valve stayed shut.
        systolic: mmHg.
        diastolic: mmHg.
        mean_pressure: mmHg.
        ejection: Seconds from R to the opening of the valve.
        velocity: Factor on every pulse wave velocity, from pressure.
        stretch: Duration of the pulse over that at 70 beats/min.
    """

    strength: Array
    systolic: Array
    diastolic: Array
    mean_pressure: Array
    ejection: Array
    velocity: Array
    stretch: Array


def pulses(
    people: Cohort,
    beats: Beats,
    foci: Foci,
    tone: Tone,
    draws: Draws,
    *,
    effort: Callable[[Array], Array] | None = None,
) -> Pulses:
    """Return what every beat of some records does to the arteries.

    Args:
        people: Whose.
        beats: Their beats.
        foci: How well a ventricular beat pumps.
        tone: Breathing and Mayer waves.
        draws: Chance of the record.
        effort: As in `rhythm.beats`, for shape (person, beat).
    """
    b, xp = draws.backend, draws.backend.xp
    time, rr, steady = beats.time, beats.rr, beats.steady_rr
    work = 0.0 * time if effort is None else effort(time)
    breath, mayer = tone.breath.over(time, b), tone.mayer.over(time, b)
    slow = tone.slow.over(time, b)

    full = 1 - exp(-(USUAL_RR - FILLING_DELAY) / FILLING_TIME)
    filled = _filling(rr, xp) / full
    before = xp.concat((steady[:, :1], rr[:, :-1]), axis=1)
    short = (1 - before / steady).clip(0.0, 0.6) / 0.5
    short = xp.where(rr > 0.8 * steady, short, 0 * short)
    gain = POTENTIATION[0] + POTENTIATION[1] * people.myocardium[:, None]
    ventricular = beats.kind == Beat.VENTRICULAR
    strength = filled * (1 + gain * short) * (1 + 0.12 * work)
    strength = xp.where(ventricular, foci.pump[:, None] * strength, strength)
    strength = strength * (1 + 0.02 * draws.normal("strength", time.shape[1]))
    strength = xp.where(strength > CLOSED_BELOW, strength, 0 * strength)

    mean0 = people.mean_pressure[:, None]
    rest = (people.systolic - people.diastolic)[:, None]
    drift = 2.0 * mayer + 1.5 * slow - 1.5 * breath + 8.0 * work
    diastolic = people.diastolic[:, None] + drift - RUN_OFF * (rr - steady).clip(-0.6, 1.2)
    own = _filling(60 / people.heart_rate, xp) / full  # the cuff measured at the person's own rate
    systolic = diastolic + rest * (0.1 + 0.9 * strength / own[:, None]) * (1 + 0.25 * work)
    mean_pressure = diastolic + 0.4 * (systolic - diastolic)
    # The wall feels the pressure of the beats around, not of one weak pulse.
    felt = mean0 + drift + 0.3 * (mean_pressure - mean0 - drift)

    bundle = people.morphology == Morphology.LEFT_BUNDLE_BRANCH_BLOCK
    rate = 60 / (0.5 * rr + 0.5 * steady).clip(0.35, 1.8)
    ejection = people.pre_ejection[:, None] - 0.0004 * (rate - 70) - 0.006 * work
    ejection = ejection + 0.04 * b.to_float(bundle)[:, None] + 0.03 * b.to_float(ventricular)
    ejection = ejection + 0.025 * (1 - strength).clip(0.0, 1.0)
    median, spread = EJECTION_SD
    own_sd = median * xp.exp(spread * draws.normal("ejection spread"))[:, None]
    ejection = ejection + own_sd * draws.normal("ejection", time.shape[1])
    at_zero, slope, usual = EJECTION
    return Pulses(
        strength=strength,
        systolic=systolic,
        diastolic=diastolic,
        mean_pressure=mean_pressure,
        ejection=ejection.clip(0.02, 0.25),
        velocity=xp.exp(0.5 * HUGHES * (felt - mean0)),
        stretch=((at_zero - slope * rate) / (at_zero - slope * usual)).clip(0.68, 1.25),
    )


def _filling(rr: Array, xp: Any) -> Array:
    return 1 - xp.exp(-(rr - FILLING_DELAY).clip(0.0, 9.0) / FILLING_TIME)


def travel(people: Cohort, *, aorta: float, arm: float) -> Array:
    """Return seconds of a pulse on its way at the person's mean pressure, shape (person,).

    Args:
        people: Height and stiffness.
        aorta: Metres of central artery a metre of height.
        arm: Metres of muscular artery a metre of height.
    """
    stiff = ARM_VELOCITY * (people.pwv / AORTA) ** ARM_POWER
    return people.height * (aorta / people.pwv + arm / stiff)
