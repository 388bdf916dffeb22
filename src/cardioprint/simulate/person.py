"""A virtual cohort: who the people are, drawn jointly with published dependencies.

Sources, by first author and year:
    Fryar 2017 (NCHS Data Brief 289): hypertension at 140/90 or treated, by age and sex.
    Wright 2011 (NCHS Report 35): 116/69 mmHg without, 130/75 with treated and 146/85 with
        untreated hypertension. Franklin 1997: after 50-60 years diastolic pressure falls and mean
        pressure rises no more.
    Greve 2016: mean aortic pulse wave velocity from age and mean pressure, after the Reference
        Values for Arterial Stiffness Collaboration 2010 (medians by decade of the 1,455 with normal
        pressure and no other risk: 6.1, 6.4, 6.9, 8.1, 9.7, 10.6 m/s). People spread about it, and
        more so with age: at 75 years it explains an eighth of the variance (Heffernan 2022, the
        ARIC study: r 0.31-0.36, off by 0.17 m/s).
    Sinnreich 1998: log SDNN and RMSSD of 5 minutes at 35-65 years (RMSSD 32, 24, 22 ms). Nunan
        2010 gives SDNN 50 +- 16, RMSSD 42 +- 15 ms for healthy adults, mostly younger.
    Ostchega 2011: resting heart rate 71 (men) and 74 (women). Sacha 2014: HRV falls with rate.
    Rautaharju 2013 (women of some 62 years: PR 158, QRS 85 +- 8, QTc 413 +- 14 ms, voltages fall
        with body mass index), Pinto-Filho 2017 (ELSA-Brasil, medians of men and women: PR 164 and
        158, QRS 92 and 86 ms, axis 35 and 39 degrees), Rijnbeek 2014: the axis by age. PR spreads
        so far that 1.6 % of a community of 47 years have a first-degree block (Cheng 2009).
    Kortekaas 2018: pre-ejection period from R, 58.5 +- 13.0 ms, no clear change with age.
    Choi & Park 2023: second derivative of the finger PPG by age and sex (`pulse_shape`).
    Fryar 2021: height and body mass index; Brown 2000: a larger one in hypertension.
    Lima 2002: perfusion index, skewed, median 1.4 %, 0.3-10 %.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend, columns, interpolate
from cardioprint.simulate.disease import draw_disease
from cardioprint.simulate.pulse_shape import draw_indices

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws

AGES = (20.0, 85.0)
"""Years; uniform, so that every decade is as well covered as in Charlton 2019."""


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """People, one entry of every array a person.

    Attributes:
        age: Years.
        male: bool.
        height: Metres.
        weight: Kilograms.
        hypertension: bool: 140/90 mmHg or more at the doctor's, or treated.
        treated: bool: takes drugs for it.
        systolic: mmHg, brachial.
        diastolic: mmHg.
        pwv: Carotid-femoral pulse wave velocity, m/s.
        heart_rate: Beats/min of the sinus node at rest.
        rmssd: Seconds, of five minutes at rest in sinus rhythm.
        sdnn: Seconds, likewise.
        lf_hf: Ratio of the powers at 0.1 Hz and of respiration.
        respiratory_rate: Breaths/min.
        pr: Seconds.
        qrs: Seconds, without a conduction disease.
        qtc: Seconds, Fridericia.
        axis: Frontal QRS axis, degrees; 0 is left, 90 down.
        r_scale: Size of the QRS of this person's body; 1 is average.
        t_scale: Size of the T wave.
        pre_ejection: Seconds from R to the opening of the aortic valve.
        transit_offset: Seconds that this person's small vessels add to the arrival of the pulse
            over what length and stiffness explain.
        indices: Shape (person, 4): b/a, c/a, d/a and e/a of the finger PPG.
        perfusion: Pulse of the finger in infrared light, % of its level.
        melanin: 0 (lightest skin) to 1 (darkest), for what light a device gets back.
        myocardium: 0 (healthy) to 1 (failing): a failing heart gains more after a pause.
        premature_atrial: Beats an hour.
        premature_ventricular: Beats an hour.
        morphology: int64, `Morphology`.
        rhythm: int64, `Rhythm`.
    """

    age: Array
    male: Array
    height: Array
    weight: Array
    hypertension: Array
    treated: Array
    systolic: Array
    diastolic: Array
    pwv: Array
    heart_rate: Array
    rmssd: Array
    sdnn: Array
    lf_hf: Array
    respiratory_rate: Array
    pr: Array
    qrs: Array
    qtc: Array
    axis: Array
    r_scale: Array
    t_scale: Array
    pre_ejection: Array
    transit_offset: Array
    indices: Array
    perfusion: Array
    melanin: Array
    myocardium: Array
    premature_atrial: Array
    premature_ventricular: Array
    morphology: Array
    rhythm: Array

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.age)

    @property
    def mean_pressure(self) -> Array:
        """Mean arterial pressure, mmHg."""
        return self.diastolic + 0.4 * (self.systolic - self.diastolic)  # the 0.4 of Greve 2016

    def pick(self, which: Array) -> Cohort:
        """Return some of the people, by index or by flags."""
        return Cohort(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def cohort(draws: Draws, *, balanced: bool = False) -> Cohort:
    """Draw people.

    Args:
        draws: Their chance, of record 0.
        balanced: Give every rhythm and every morphology to as many people, whatever their age,
            instead of what their age, sex and pressure make likely.
    """
    b, xp = draws.backend, draws.backend.xp
    z = dict(zip(TRAITS, columns(draws.normal("traits", len(TRAITS))), strict=True))
    u = dict(zip(CHANCES, columns(draws.uniform("chances", len(CHANCES))), strict=True))
    age = AGES[0] + (AGES[1] - AGES[0]) * u["age"]
    male = u["sex"] < 0.5
    man = b.to_float(male)

    height = 1.615 + 0.139 * man + (0.066 + 0.007 * man) * z["height"] - 0.0007 * (age - 45)
    hypertension, treated, systolic, diastolic = _blood_pressure(age, male, u, z, b)
    weight = 27.2 * xp.exp(0.18 * z["weight"] + 0.09 * b.to_float(hypertension)) * height**2
    mean_pressure = diastolic + 0.4 * (systolic - diastolic)
    spread = 0.10 + 0.0027 * (age.clip(30.0, 80.0) - 30)
    log_pwv = spread * z["stiffness"] - 0.5 * spread**2  # the equation is of the mean
    pwv = expected_pwv(age, mean_pressure) * xp.exp(log_pwv)

    heart_rate = (73.0 - 3.0 * man + 10.0 * z["heart_rate"] + 2.0 * b.to_float(hypertension)).clip(
        44.0, 108.0
    )
    vagus = -0.02 * (heart_rate - 72) - 0.15 * b.to_float(hypertension)
    years = age.clip(20.0, 75.0) - 40
    rmssd = xp.exp(3.48 + vagus - 0.019 * years + 0.42 * z["vagus"]) / 1000
    # SDNN moves with RMSSD (r about 0.8): the rest of its spread of 0.43 is its own.
    # Women have a quarter less power in all, men a third more of it at 0.1 Hz.
    side = 2 * man - 1
    sdnn = 3.90 + 0.07 * side + vagus - 0.0145 * years + 0.34 * z["vagus"] + 0.2 * z["sdnn"]
    sdnn = xp.exp(sdnn) / 1000
    lf_hf = xp.exp(0.52 + 0.145 * side + 0.011 * years + 0.5 * z["lf_hf"])

    fat = 0.01 * (weight / height**2 - 28).clip(-8.0, 17.0)

    pr = (0.145 + 0.006 * man + 0.00036 * (age - 20) + 0.020 * z["pr"]).clip(0.105, 0.26)
    sick = draw_disease(draws, age, male, hypertension, pr, balanced=balanced)
    return Cohort(
        age=age,
        male=male,
        height=height,
        weight=weight,
        hypertension=hypertension,
        treated=treated,
        systolic=systolic,
        diastolic=diastolic,
        pwv=pwv,
        heart_rate=heart_rate,
        rmssd=rmssd.clip(0.005, 0.15),
        sdnn=sdnn.clip(0.008, 0.15),
        lf_hf=lf_hf,
        respiratory_rate=(15.5 + 2.6 * z["breath"]).clip(8.0, 26.0),
        qrs=(0.085 + 0.008 * man + 0.0085 * z["qrs"]).clip(0.066, 0.118),
        qtc=(0.413 - 0.012 * man + 0.0002 * (age - 50) + 0.015 * z["qtc"]).clip(0.35, 0.47),
        axis=(58.0 - 0.62 * (age - 20) + 20.0 * z["axis"]).clip(-35.0, 105.0),
        r_scale=xp.exp(0.05 * side - 0.0012 * (age - 50) - fat + 0.18 * z["r_scale"]),
        t_scale=xp.exp(0.14 * side - 0.005 * (age - 45) + 0.22 * z["t_scale"]),
        pre_ejection=(0.058 + 0.0125 * z["pre_ejection"]).clip(0.03, 0.1),
        transit_offset=0.045 + 0.022 * z["transit"].clip(-2.0, 2.5),
        indices=draw_indices(draws, age, male, mean_pressure, z["stiffness"]),
        perfusion=xp.exp(0.34 + 0.08 * side + 0.8 * z["perfusion"]).clip(0.3, 10.0),
        melanin=u["melanin"],
        **sick,
    )


BODY = ("height", "weight", "stiffness", "pre_ejection", "transit", "perfusion")
PRESSURE = ("systolic", "diastolic")
HEART = ("heart_rate", "vagus", "sdnn", "lf_hf", "breath")
ECG = ("pr", "qrs", "qtc", "axis", "r_scale", "t_scale")
TRAITS: tuple[str, ...] = BODY + PRESSURE + HEART + ECG
CHANCES: tuple[str, ...] = ("age", "sex", "hypertension", "treated", "melanin")
"""Names of the standard draws."""


def expected_pwv(age: Array, mean_pressure: Array) -> Array:
    """Return the mean carotid-femoral PWV in m/s at an age and a mean pressure (Greve 2016)."""
    return (
        9.587
        - 0.402 * age
        + 4.560e-3 * age**2
        - 2.621e-5 * age**2 * mean_pressure
        + 3.176e-3 * age * mean_pressure
        - 1.832e-2 * mean_pressure
    )


def visit(people: Cohort, draws: Draws) -> Cohort:
    """Return the same people as one recording finds them.

    Within a person and between days the resting heart rate varies by 5 beats/min (our choice; Quer
    2020 has daily values of 92,457 people, a fifth of whom vary by 10 within some week), systolic
    pressure by 8 and diastolic by 6 mmHg (our choice, after the visit-to-visit variability of
    Rothwell 2010); stiffness follows pressure, PPG indices wander by a third of their spread.

    Args:
        people: As drawn for life.
        draws: Chance of this record.
    """
    xp = draws.backend.xp
    z = columns(draws.normal("visit", 6))
    change = 8.0 * z[0]
    heart_rate = (people.heart_rate + 5.0 * z[2]).clip(42.0, 112.0)
    slower = xp.exp(-0.02 * (heart_rate - people.heart_rate) + 0.15 * z[3])
    wobble = xp.stack((0.035 * z[5], -0.01 * z[5], -0.035 * z[4], 0.02 * z[4]), axis=1)
    return replace(
        people,
        systolic=people.systolic + change,
        diastolic=people.diastolic + 0.45 * change + 4.5 * z[1],
        pwv=people.pwv * xp.exp(0.0085 * (0.67 * change + 2.7 * z[1])),  # Hughes 1979
        heart_rate=heart_rate,
        rmssd=people.rmssd * slower,
        sdnn=people.sdnn * slower,
        indices=people.indices + wobble,
        perfusion=people.perfusion * xp.exp(0.25 * z[4]),
    )


def _blood_pressure(
    age: Array, male: Array, u: dict[str, Array], z: dict[str, Array], b: Backend
) -> tuple[Array, Array, Array, Array]:
    """Return hypertension, treated, systolic, diastolic."""
    xp = b.xp
    knots = (18.0, 29.0, 50.0, 70.0, 90.0)
    risk = xp.where(
        male,
        interpolate(age, knots, (0.03, 0.092, 0.372, 0.585, 0.65)),
        interpolate(age, knots, (0.015, 0.056, 0.294, 0.668, 0.75)),
    )
    hypertension = u["hypertension"] < risk
    treated = hypertension & (u["treated"] < 0.75)
    apart = 0.5 * z["systolic"] + 0.87 * z["diastolic"]  # the two pressures correlate
    slope = xp.where(male, 0.08 * (age - 45), 0.25 * (age - 45))
    normal = 115.0 + xp.where(male, age * 0 + 3.0, age * 0 - 3.0) + slope + 9.0 * z["systolic"]
    on_drugs = 130.0 + 0.3 * (age - 60) + 14.0 * z["systolic"]
    high = 146.0 + 0.25 * (age - 60) + 12.0 * z["systolic"].clip(-1.0, 4.0)
    systolic = xp.where(hypertension, xp.where(treated, on_drugs, high), normal.clip(88.0, 139.0))
    past = (age - 50).clip(0.0, 40.0)
    bend = -0.006 * (age - 50) ** 2 - 0.007 * past**2
    diastolic = xp.where(
        hypertension, xp.where(treated, 79.0 + 8.0 * apart, 89.0 + 8.0 * apart), 71.0 + 7.0 * apart
    )
    diastolic = xp.minimum((diastolic + bend).clip(42.0, 120.0), systolic - 22.0)
    return hypertension, treated, systolic, diastolic
