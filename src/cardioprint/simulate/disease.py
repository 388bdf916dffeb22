"""Who has which heart disease, and what it does to the rhythm at hand.

Prevalences:
    Go 2001 (ATRIA): atrial fibrillation by age and sex, 0.1 % below 55 to 9 % above 80 years;
        Benjamin 1994: odds 1.4-1.5 with hypertension. Six in ten are in it when recorded (our
        choice).
    Granada 2000: flutter, 88 new cases in 100,000 person-years, 2.5 times as often in men. It
        lasts less long: a record finds it a tenth as often as fibrillation (our choice).
    Eriksson 1998: right and left bundle branch block 0.8 and 0.4 % at 50, 11.3 and 5.7 % at 80
        years in men; half of that in women (Jeong 2004: more men in every age group).
    AHA statistics: a history of infarction by age and sex (Mozaffarian 2016: 4.0 % of men and 1.8 %
        of women). Half of them inferior.
    Cuspidi 2012: ECG signs of hypertrophy in 18 % of hypertensives.
    Auer 2012: minor ST-T changes in 13 % at 70-79 years; here those that stand out at rest.
    Cheng 2009: first-degree block is the upper end of PR, above 0.2 s.
    Premature ventricular beats: von Rotz 2017: at 37 years a median of 2 a day, none in 31 %, 193
        at the 95th percentile; Maneheim 2022: 77 a day at the upper quartile at 65; Simpson 2002
        (ARIC): one in 2 minutes in 6 % at 45-65.
    Premature atrial beats: Conen 2012 (SAPALDIA): medians 0.8, 1.1, 1.4, 2.3, 2.6 an hour from
        50-55 to above 70 years, quartiles wider above than below; Binici 2010: 30 and more an hour
        in 10 % at 55-75.
    Orejarena 1998: supraventricular tachycardia in 2 of 1,000, rarely while a recorder runs;
        advanced block is as rare (`RARE`, our choice).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend, columns, interpolate
from cardioprint.simulate.classes import Morphology, Rhythm

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws

RARE = {
    Rhythm.WENCKEBACH: 8e-4,
    Rhythm.MOBITZ_2: 2e-4,
    Rhythm.THIRD_DEGREE_BLOCK: 4e-4,
    Rhythm.SUPRAVENTRICULAR_TACHYCARDIA: 2e-4,
    Rhythm.VENTRICULAR_TACHYCARDIA: 1e-4,
}
"""Chance at any age that a recording shows it."""

FREQUENT, MOST = 60.0, 1200.0
"""Premature beats an hour: from the first on a record is labelled with them."""

LONG_PR = 0.2
"""Seconds above which it is a first-degree block."""


def draw_disease(
    draws: Draws, age: Array, male: Array, hypertension: Array, pr: Array, *, balanced: bool
) -> dict[str, Array]:
    """Return the disease columns of a cohort, PR among them.

    Args:
        draws: Chance for life.
        age: Years.
        male: bool.
        hypertension: bool.
        pr: Seconds, before any block.
        balanced: As in `cohort`.
    """
    b, xp = draws.backend, draws.backend.xp
    u = columns(draws.uniform("disease", 4))
    z = columns(draws.normal("ectopy", 3))
    years = age.clip(30.0, 85.0) - 50
    atrial = -0.4 + 0.06 * years + 1.2 * z[0] + 0.55 * z[0].clip(0.0, 4.0) ** 2
    atrial = xp.exp(atrial).clip(0.01, MOST)
    ventricular = xp.exp(-1.75 + 0.055 * years + 2.6 * z[1]).clip(0.01, MOST)
    if balanced:  # the label decides what the person has
        morphology = b.to_int(u[0] * len(Morphology))
        rhythm = b.to_int(u[1] * len(Rhythm))
        often = xp.exp(6.2 + 0.5 * z[2]).clip(FREQUENT, MOST)  # one beat in nine, 1:3 to 1:25
        atrial = xp.where(rhythm == Rhythm.PREMATURE_ATRIAL, often, atrial.clip(0.0, 6.0))
        ventricular = xp.where(
            rhythm == Rhythm.PREMATURE_VENTRICULAR, often, ventricular.clip(0.0, 6.0)
        )
        long = 0.21 + 0.13 * u[3]
        pr = xp.where(rhythm == Rhythm.FIRST_DEGREE_BLOCK, long, pr.clip(0.0, LONG_PR - 0.004))
    else:  # what the person has decides the label
        morphology = _chosen(u[0], _morphology_risks(age, male, hypertension, b), b)
        rhythm = _chosen(u[1], _rhythm_risks(age, male, hypertension, b), b)
        for code, present in (
            (Rhythm.PREMATURE_VENTRICULAR, ventricular > FREQUENT),
            (Rhythm.PREMATURE_ATRIAL, atrial > FREQUENT),
            (Rhythm.FIRST_DEGREE_BLOCK, pr > LONG_PR),
        ):
            rhythm = _where_code((rhythm == Rhythm.SINUS) & present, code, rhythm, b)
    scarred = morphology == Morphology.ANTERIOR_INFARCTION
    scarred = scarred | (morphology == Morphology.LEFT_BUNDLE_BRANCH_BLOCK)
    return {
        "pr": pr,
        "morphology": morphology,
        "rhythm": rhythm,
        "premature_atrial": atrial,
        "premature_ventricular": ventricular,
        "myocardium": xp.where(scarred, 0.35 + 0.5 * u[2], 0.3 * u[2] ** 4),
    }


def _where_code(mask: Array, code: int, otherwise: Array, b: Backend) -> Array:
    return b.xp.where(mask, b.xp.zeros_like(otherwise) + int(code), otherwise)


def _chosen(u: Array, risks: dict[int, Array], b: Backend) -> Array:
    """Return the class whose stretch of (0, 1) holds u; 0 where none does."""
    chosen, edge = b.to_int(u * 0), u * 0
    for code, risk in risks.items():
        chosen = _where_code((u >= edge) & (u < edge + risk), code, chosen, b)
        edge = edge + risk
    return chosen


def _morphology_risks(age: Array, male: Array, hypertension: Array, b: Backend) -> dict[int, Array]:
    one, where = b.xp.ones_like(age), b.xp.where
    knots = (30.0, 50.0, 70.0, 85.0)
    infarction = where(
        male,
        interpolate(age, knots, (0.002, 0.033, 0.113, 0.173)),
        interpolate(age, knots, (0.002, 0.018, 0.042, 0.09)),
    )
    half = where(male, one, 0.5 * one)
    ischaemia = interpolate(age, (30.0, 50.0, 75.0), (0.01, 0.03, 0.1))
    return {
        Morphology.LEFT_BUNDLE_BRANCH_BLOCK: half
        * interpolate(age, (30.0, 50.0, 80.0), (0.001, 0.004, 0.057)),
        Morphology.RIGHT_BUNDLE_BRANCH_BLOCK: half
        * interpolate(age, (30.0, 50.0, 80.0), (0.003, 0.008, 0.113)),
        Morphology.INFERIOR_INFARCTION: 0.5 * infarction,
        Morphology.ANTERIOR_INFARCTION: 0.5 * infarction,
        Morphology.LEFT_VENTRICULAR_HYPERTROPHY: where(hypertension, 0.18 * one, 0.015 * one),
        Morphology.ST_T_CHANGE: ischaemia * where(hypertension, 1.4 * one, 0.8 * one),
    }


def _rhythm_risks(age: Array, male: Array, hypertension: Array, b: Backend) -> dict[int, Array]:
    one, where = b.xp.ones_like(age), b.xp.where
    knots = (50.0, 57.0, 62.0, 67.0, 72.0, 77.0, 82.0, 88.0)
    ever = where(
        male,
        interpolate(age, knots, (0.002, 0.009, 0.017, 0.030, 0.050, 0.073, 0.103, 0.111)),
        interpolate(age, knots, (0.001, 0.004, 0.010, 0.017, 0.034, 0.050, 0.072, 0.091)),
    ) * where(hypertension, 1.2 * one, 0.82 * one)
    return {
        Rhythm.ATRIAL_FIBRILLATION: 0.6 * ever,
        Rhythm.ATRIAL_FLUTTER: ever * where(male, 0.06 * one, 0.036 * one),
        **{rhythm: risk * one for rhythm, risk in RARE.items()},
    }
