"""One pulse of the finger PPG, built so that its second derivative has wanted waves a to e.

Choi & Park 2023 (300 healthy Koreans, 19-69 years) give the ratios of the waves by age: b/a =
0.0045 age - 0.803, c/a = -0.0044 age + 0.1017, d/a = -0.0062 age + 0.034, e/a = -0.001 age +
0.2002, hence the ageing index (b-c-d-e)/a = 0.0162 age - 1.1389; b/a is -0.65 +- 0.13 in men and
-0.55 +- 0.14 in women, e/a 0.18 +- 0.07 and 0.13 +- 0.06, the index -0.52 +- 0.33 and -0.33 +-
0.30. Takazawa 1998 (600 Japanese) finds a steeper index, 0.023 age - 1.515. Pressure deepens d: at
once (Takazawa 1998: from -0.40 to -0.62 when angiotensin raises 126/74 to 160/91 mmHg), and between
people of an age (Park 2019, 262 women: r -0.20 with systolic, -0.26 with diastolic pressure).

The second derivative is a sum of Gaussians: a to e, a dicrotic wave f and a slow run-off. Their
heights follow from the wanted values less what the neighbours put at the same instant. A pulse
must come back to where it began, at rest: the zeroth and first moment of the second derivative
vanish. The width of b settles the first condition, the height of the run-off the second. Times
and widths (`WAVES`) come from a fit of such pulses, with the ratios held on their lines, to median
finger pulses of 155 people in five age groups (PPG-BP, Liang 2018).
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, Backend, columns

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws

WAVES = {
    "a": (0.0, 0.0169),
    "b": (0.092, 0.040),
    "c": (0.143, 0.0217),
    "d": (0.203, 0.0180),
    "e": (0.2845, 0.0329),
    "f": (0.360, 0.0350),
    "run_off": (0.560, 0.1641),
}
"""Seconds after a, and standard deviation in seconds, at 70 beats/min."""

LEAST_RUN_OFF = 0.009
"""Height of the run-off over a without which a pulse would fall below its foot; f gives way."""

B_WIDTHS = (0.024, 0.062)
"""Seconds: limits of the width of b. Where they bind, b gives way: a pulse ends at rest."""

DICROTIC = (-0.021, 0.050)
"""Height of f over a at 50 years, and its change in 25 years; minus what a large e needs."""

LINES = ((-0.803, 0.0045), (0.1017, -0.0044), (0.034, -0.0062), (0.2002, -0.001))
"""Intercept and slope a year of b/a, c/a, d/a, e/a (Choi & Park 2023)."""

MEN = (-0.05, 0.01, 0.01, 0.025)
"""What men have over the line and women below it."""

SPREAD = (0.114, 0.10, 0.12, 0.06)
"""SD about the lines. Of b and e as published less the part of age; c and d, with a correlation of
b and d of -0.5, so that the ageing index has its 0.24."""

PRESSURE = -0.0036
"""d/a a mmHg of mean pressure above `HEALTHY_PRESSURE`, for the correlation of Park 2019; two
fifths of what angiotensin does."""

HEALTHY_PRESSURE = 89.0

STIFFNESS = 0.35
"""Correlation of the shape with a person's PWV for age and pressure (our choice: PPG indices
explain a modest part of it, Charlton 2022)."""

SHIFT = (-0.024, 0.063, -0.007, 0.008)
"""What an extremum measures over what its wave aims at, since its neighbours slope there: mean of
3,000 simulated people, extrema of a Savitzky-Golay second derivative."""

START, STOP, STEP = -0.09, 1.15, 0.004
"""Seconds around wave a on which a pulse is tabulated."""

NODES = round((STOP - START) / STEP) + 1


def expected_indices(age: Array, male: Array, b: Backend) -> Array:
    """Return b/a, c/a, d/a, e/a that age and sex predict, shape (person, 4)."""
    side = 2 * b.to_float(male) - 1
    lines = [at0 + slope * age + man * side for (at0, slope), man in zip(LINES, MEN, strict=True)]
    return b.xp.stack(lines, axis=1)


def draw_indices(
    draws: Draws, age: Array, male: Array, mean_pressure: Array, stiffness: Array
) -> Array:
    """Return each person's b/a, c/a, d/a, e/a, shape (person, 4).

    Args:
        draws: Chance for life.
        age: Years.
        male: bool.
        mean_pressure: mmHg.
        stiffness: Standard score of log PWV beyond age and pressure.
    """
    xp = draws.backend.xp
    z = columns(draws.normal("pulse shape", 4).clip(-2.2, 2.2))
    own = sqrt(1 - STIFFNESS**2)
    stiff = STIFFNESS * stiffness.clip(-2.2, 2.2)
    b_wave = own * z[0] + stiff
    d_wave = -0.5 * b_wave + sqrt(0.75) * z[2]
    apart = xp.stack((b_wave, z[1], d_wave, own * z[3] - stiff), axis=1)
    pressure = PRESSURE * (mean_pressure - HEALTHY_PRESSURE)
    of_pressure = xp.stack((0 * pressure, 0 * pressure, pressure, 0 * pressure), axis=1)
    spread = draws.backend.array(SPREAD)
    return expected_indices(age, male, draws.backend) + spread * apart + of_pressure


def waves(indices: Array, age: Array, b: Backend) -> tuple[list[Array], list[Array]]:
    """Return height and width of each of `WAVES`, in its order, in units of a and seconds.

    Args:
        indices: b/a, c/a, d/a, e/a, shape (person, 4).
        age: Years.
        b: Where the arrays live.
    """
    xp = b.xp
    at = [centre for centre, _ in WAVES.values()]
    width = [w + 0 * age for _, w in WAVES.values()]
    aims = [x - shift for x, shift in zip(columns(indices), SHIFT, strict=True)]
    wanted = [1 + 0 * age, *aims]
    lever = WAVES["e"][1] * (at[4] - at[1]) / (WAVES["f"][1] * (at[5] - at[1]))
    usual = LINES[3][0] + LINES[3][1] * age
    f = DICROTIC[0] + DICROTIC[1] * (age - 50) / 25 - lever * (wanted[4] - usual)
    arm = [centre - at[1] for centre in at]
    height = [*wanted, f, LEAST_RUN_OFF + 0 * age]
    for _ in range(6):
        for j in range(5):
            near = [k for k in range(7) if k != j and abs(at[k] - at[j]) < 0.25]
            height[j] = wanted[j] - sum(
                height[k] * xp.exp(-0.5 * ((at[j] - at[k]) / width[k]) ** 2) for k in near
            )
        moment = sum(height[k] * width[k] * arm[k] for k in (0, 2, 3, 4))
        most = -(moment + LEAST_RUN_OFF * width[6] * arm[6]) / (width[5] * arm[5])
        height[5] = xp.minimum(f, most)
        height[6] = -(moment + height[5] * width[5] * arm[5]) / (width[6] * arm[6])
        rest = sum(height[k] * width[k] for k in (0, 2, 3, 4, 5, 6))
        narrow, broad = (-rest / w for w in B_WIDTHS)
        height[1] = xp.minimum(xp.maximum(height[1], narrow), broad)
        width[1] = -rest / height[1]
    return height, width


def pulse_table(indices: Array, age: Array, b: Backend, *, smoothing: float = 0.0) -> Array:
    """Return each person's pulse on the grid `START`, `START` + `STEP`, ..., from 0 to 1.

    Args:
        indices: b/a, c/a, d/a, e/a at the finger, shape (person, 4).
        age: Years.
        b: Where the arrays live.
        smoothing: Seconds, SD of the blur of a site that shows less detail than the finger.

    Returns:
        Shape (person, `NODES`).
    """
    xp = b.xp
    time = START + STEP * b.to_float(b.arange(NODES))
    second = b.zeros(len(age), NODES)
    height, width = waves(indices, age, b)
    for (centre, _), h, w in zip(WAVES.values(), height, width, strict=True):
        blurred = xp.sqrt(w**2 + smoothing**2)
        z = (time - centre) / blurred[:, None]
        second = second + (h * w / blurred)[:, None] * xp.exp(-0.5 * z * z)
    pulse = xp.cumsum(xp.cumsum(second, axis=1), axis=1)
    ramp = (time - START) / (STOP - START)
    pulse = pulse - pulse[:, -1:] * ramp**3  # rounding of two sums
    return pulse / xp.amax(pulse, axis=1)[:, None]
