"""Who dies when: a survival task with the hazard known.

Baseline: Gompertz, from the United States life tables of 2019 (Arias & Xu 2022): men 1.2 % a year
at 60 and 5.8 % at 80, women 0.7 and 4.2 %; straight on a log scale, it is an eighth too high at 70.
On it, independent factors:
    atrial fibrillation 1.5 in men, 1.9 in women (Benjamin 1998),
    left ventricular hypertrophy 2.5 (Vakili 2001: 1.5-8.0 in 20 studies, weighted mean 2.5),
    infarction 2.0 (Emerging Risk Factors Collaboration 2015),
    left bundle branch block 1.85 (Eriksson 2005, men),
    first-degree block 1.44 (Cheng 2009; Aro 2014 finds none at 30-59 years),
    1.15 a m/s of pulse wave velocity beyond age and pressure (Vlachopoulos 2010),
    1.2 for 20 mmHg of systolic pressure (our choice: Lewington 2002 has 2 for vascular death at
        40-69 years, half as much at 80-89; deaths of other causes follow pressure less),
    1.3 an SD of lower log SDNN (Jarczok 2022: 1.56 for the lowest quarter of 5-minute RMSSD, other
        measures alike; the lowest quarter lies 1.7 SD below the rest),
    1.09 for 10 beats/min (Zhang 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, interpolate
from cardioprint.simulate.classes import Morphology, Rhythm
from cardioprint.simulate.person import expected_pwv

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.person import Cohort

AT_60 = {"men": 0.0116, "women": 0.0070}
GROWTH = {"men": 0.081, "women": 0.090}
"""Deaths a year and person at 60, and the growth of its logarithm a year."""

HEALTHY = ((30.0, 42.0, 60.0, 70.0, 80.0), (0.92, 0.82, 0.64, 0.55, 0.48))
"""Hazard of someone without any of the factors over that of everybody of that age, by age: one over
the mean ratio of 200,000 simulated people, so that the cohort dies as the life table says."""

LOST = 0.01
"""Share of people lost to follow-up a year."""

ENTRY = 0.4
"""The last person enters after this share of the study, so that follow-up differs."""


@dataclass(frozen=True, kw_only=True)
class Survival:
    """What a follow-up would find; arrays of shape (person,).

    Attributes:
        years: Of observation.
        died: bool: ended by death, not by the end of the study or by loss.
        hazard_ratio: Over the person's age and sex: what recordings can tell beyond these.
        hazard: Deaths a year at the beginning.
    """

    years: Array
    died: Array
    hazard_ratio: Array
    hazard: Array


def hazard_ratio(people: Cohort, draws: Draws) -> Array:
    """Return each person's hazard over that of a healthy person of that age and sex.

    Args:
        people: As drawn for life.
        draws: Only for where the arrays live.
    """
    b = draws.backend
    xp, one = b.xp, b.xp.ones_like(people.age)
    infarction = people.morphology == Morphology.INFERIOR_INFARCTION
    infarction = infarction | (people.morphology == Morphology.ANTERIOR_INFARCTION)
    factors = (
        (people.rhythm == Rhythm.ATRIAL_FIBRILLATION, xp.where(people.male, 1.5 * one, 1.9 * one)),
        (people.morphology == Morphology.LEFT_VENTRICULAR_HYPERTROPHY, 2.5 * one),
        (infarction, 2.0 * one),
        (people.morphology == Morphology.LEFT_BUNDLE_BRANCH_BLOCK, 1.85 * one),
        (people.rhythm == Rhythm.FIRST_DEGREE_BLOCK, 1.44 * one),
    )
    ratio = one
    for present, factor in factors:
        ratio = ratio * xp.where(present, factor, one)
    stiff = people.pwv - expected_pwv(people.age, people.mean_pressure)
    years = people.age.clip(20.0, 75.0) - 40
    variable = (xp.log(1000 * people.sdnn) - 3.90 + 0.0145 * years) / 0.43  # as in `person`
    slope = (
        log(1.15) * stiff.clip(-4.0, 6.0)
        + log(1.2) / 20 * (people.systolic - 120)
        - log(1.3) * variable
        + log(1.09) / 10 * (people.heart_rate - 70)
    )
    return ratio * xp.exp(slope)


def follow(people: Cohort, draws: Draws, *, years: float = 10.0) -> Survival:
    """Follow a cohort until death, loss, or the end of the study.

    Args:
        people: As drawn for life.
        draws: Their chance of record 0.
        years: From the first entry to the end of the study.
    """
    b = draws.backend
    xp, male = b.xp, people.male
    u = draws.uniform("survival", 3)

    def by_sex(values: dict[str, float]) -> Array:
        one = xp.ones_like(people.age)
        return xp.where(male, values["men"] * one, values["women"] * one)

    growth, ratio = by_sex(GROWTH), hazard_ratio(people, draws)
    hazard = (
        interpolate(people.age, *HEALTHY)
        * by_sex(AT_60)
        * xp.exp(growth * (people.age - 60))
        * ratio
    )
    # Inverse of the cumulative Gompertz hazard (Bender 2005).
    death = xp.log(1 - growth * xp.log(u[:, 0]) / hazard) / growth
    lost = -xp.log(u[:, 1]) / LOST
    end = years * (1 - ENTRY * u[:, 2])
    observed = xp.minimum(lost, end)
    return Survival(
        years=xp.minimum(death, observed), died=death <= observed, hazard_ratio=ratio, hazard=hazard
    )
