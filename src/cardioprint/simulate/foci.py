"""What drives the beats that no sinus node makes: ectopic foci, runs, escapes.

Rates: atrial fibrillation 78 +- 19/min on an outpatient's ECG (Moschovitis 2021), with nearly
independent intervals whose coefficient of variation hardly depends on the rate (Tateno & Glass
2001; 0.15-0.28 is our choice). Supraventricular tachycardia 145-215/min (Orejarena 1998: means 155
with and 186 without other heart disease). The rest is our choice within what textbooks say: flutter
250-340/min, conducted 2:1, 4:1 or changing; ventricular tachycardia 130-215/min; escape 30-45/min
from the ventricles, 40-55 from the junction; a premature atrial beat after 0.6-0.82 of a cycle,
which resets the sinus node, a ventricular one after 0.47-0.69.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, columns
from cardioprint.simulate.classes import Rhythm

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws
    from cardioprint.simulate.person import Cohort

BEFORE, AFTER = 3.0, 0.8
"""Seconds simulated before a record, for pulses still on their way, and after it, for P waves and
pulses whose beat lies beyond."""

NEVER = 1e9
"""Seconds: after any record."""

PUMP = (0.42, 0.34)
"""Least, and what chance adds: PPG pulses of premature beats are small or vanish (Solosenko 2015; a
tenth to six tenths of normal is our choice), of which poor filling explains the rest."""

DWELL = {
    Rhythm.ATRIAL_FIBRILLATION: 600.0,
    Rhythm.ATRIAL_FLUTTER: 600.0,
    Rhythm.SUPRAVENTRICULAR_TACHYCARDIA: 120.0,
    Rhythm.VENTRICULAR_TACHYCARDIA: 12.0,
}
"""Mean seconds of a run (our choice); others go on for half an hour."""


@dataclass(frozen=True, kw_only=True)
class Foci:
    """What each person's premature beats, runs and escapes are like.

    Attributes:
        run: Seconds between beats of the person's tachycardia, fibrillation or flutter cycle.
        spread: Their relative SD.
        ratios: Shape (person, 2): chance of 2:1, and of 2:1 or 3:1, in flutter.
        dwell: Mean seconds of a run.
        rest: Mean seconds between runs.
        coupling: Seconds of a premature ventricular beat over the interval of before.
        early: The same of a premature atrial beat.
        pump: Strength of a ventricular beat over a conducted one of the same filling.
        escape: Seconds after which the ventricles help themselves.
        first_atrial: Seconds: when the first premature atrial beat is due.
        first_ventricular: The same for the ventricles.
        switch: Seconds: when the rhythm first changes.
        present: bool: starts in the rhythm of the label (else in sinus rhythm).
    """

    run: Array
    spread: Array
    ratios: Array
    dwell: Array
    rest: Array
    coupling: Array
    early: Array
    pump: Array
    escape: Array
    first_atrial: Array
    first_ventricular: Array
    switch: Array
    present: Array


def draw_foci(people: Cohort, draws: Draws, *, seconds: float, change: float) -> Foci:
    """Draw what drives the ectopic beats of one record.

    Args:
        people: Whose.
        draws: Chance of the record.
        seconds: Its length.
        change: Chance that a record with an arrhythmia shows its beginning or end.
    """
    xp = draws.backend.xp
    u, z = columns(draws.uniform("foci", 14)), columns(draws.normal("foci rate", 2))
    rhythm, one = people.rhythm, xp.ones_like(people.age)

    def of(values: dict[Rhythm, Array], otherwise: Array) -> Array:
        for code, value in values.items():
            otherwise = xp.where(rhythm == code, value * one, otherwise)
        return otherwise

    rate = of(
        {
            Rhythm.ATRIAL_FIBRILLATION: (78 + 19 * z[0]).clip(45.0, 150.0),
            Rhythm.ATRIAL_FLUTTER: (300 + 14 * z[0]).clip(250.0, 340.0),
            Rhythm.SUPRAVENTRICULAR_TACHYCARDIA: 145 + 70 * u[0],
            Rhythm.VENTRICULAR_TACHYCARDIA: 130 + 85 * u[0],
        },
        70 * one,
    )
    spread = of(
        {
            Rhythm.ATRIAL_FIBRILLATION: 0.15 + 0.13 * u[1],
            Rhythm.SUPRAVENTRICULAR_TACHYCARDIA: 0.006 * one,
            Rhythm.VENTRICULAR_TACHYCARDIA: 0.015 + 0.02 * u[1],
        },
        0.004 * one,
    )
    steady, fixed2 = u[2] < 0.5, u[2] < 0.25
    two = xp.where(steady, xp.where(fixed2, one, 0 * one), 0.35 * one)
    three = xp.where(steady, two, 0.5 * one)
    ventricular = u[3] < 0.75
    blocked = rhythm == Rhythm.THIRD_DEGREE_BLOCK
    slow = 60 / xp.where(ventricular, 30 + 15 * u[4], 40 + 15 * u[4])
    dwell = of(DWELL, 1800 * one)
    runs = (rhythm != Rhythm.SINUS) & (rhythm != Rhythm.PREMATURE_ATRIAL)
    runs = runs & (rhythm != Rhythm.PREMATURE_VENTRICULAR) & (rhythm != Rhythm.FIRST_DEGREE_BLOCK)
    changes = runs & (u[5] < change)
    labelled = rhythm == Rhythm.PREMATURE_ATRIAL
    labelled_v = rhythm == Rhythm.PREMATURE_VENTRICULAR
    inside = 0.3 + u[6] * min(max(seconds - 2.5, 0.5), 8.0)
    return Foci(
        run=60 / rate,
        spread=spread,
        ratios=xp.stack((two, three), axis=1),
        dwell=dwell,
        rest=3 * dwell,
        coupling=0.47 + 0.22 * u[7],
        early=0.6 + 0.22 * u[8],
        pump=PUMP[0] + PUMP[1] * u[13],
        escape=xp.where(blocked, slow, 2.2 + 0.4 * u[4]),
        first_atrial=xp.where(
            labelled, inside, -xp.log(u[9]) * 3600 / people.premature_atrial - BEFORE
        ),
        first_ventricular=xp.where(
            labelled_v, inside, -xp.log(u[10]) * 3600 / people.premature_ventricular - BEFORE
        ),
        switch=xp.where(changes, seconds * (0.15 + 0.7 * u[11]), NEVER * one),
        present=~changes | (u[12] < 0.5),
    )
