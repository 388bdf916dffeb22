"""The second derivative of simulated pulses, measured as anybody would measure it."""

import numpy as np
import pytest
from scipy.signal import savgol_filter

from cardioprint.simulate import cohort
from cardioprint.simulate.pulse_shape import LINES, STEP, expected_indices, pulse_table


def measured(pulse, step):
    """Return b/a, c/a, d/a, e/a of one pulse from the extrema of its second derivative."""
    window = max(5, int(0.03 / step) | 1)
    second = np.asarray(savgol_filter(pulse, window, 3, deriv=2, delta=step))
    a = int(np.argmax(second[: int(0.25 / step)]))
    b = a + int(np.argmin(second[a : a + int(0.16 / step)]))
    first = a + int(0.235 / step)
    e = first + int(np.argmax(second[first : a + int(0.36 / step)]))
    between = second[b : e + 1]
    tops = np.flatnonzero((between[1:-1] >= between[:-2]) & (between[1:-1] > between[2:])) + 1
    if len(tops):
        c = between[tops[0]]
        d = between[tops[0] :].min()
    else:  # c and d have merged into an inflection
        c = d = between[3 + int(np.argmin(np.diff(between)[3:-3]))]
    return np.array([second[b], c, d, second[e]]) / second[a]


@pytest.fixture(scope="module")
def people(draws_of):
    everybody = cohort(draws_of(5_000))
    return everybody.pick(~everybody.hypertension & (everybody.age < 75))


@pytest.fixture(scope="module")
def ratios(people, draws_of):
    pulses = pulse_table(people.indices, people.age, draws_of(1).backend)
    return np.stack([measured(p, STEP) for p in pulses])


def line(age, values):
    slope, at_zero = np.polyfit(age, values, 1)
    return at_zero + slope * np.array([20, 69])


@pytest.mark.parametrize("wave", range(4))
def test_measured_ratios_lie_on_the_age_lines(people, ratios, wave):
    """Choi & Park 2023, at both ends of their age range."""
    at_zero, slope = LINES[wave]
    wanted = at_zero + slope * np.array([20, 69])
    assert line(people.age, ratios[:, wave]) == pytest.approx(wanted, abs=0.035)


def test_the_ageing_index_is_theirs_too(people, ratios):
    index = ratios @ [1, -1, -1, -1]
    wanted = -1.1389 + 0.0162 * np.array([20, 69])
    assert line(people.age, index) == pytest.approx(wanted, abs=0.08)
    men = people.male
    assert index[~men].mean() - index[men].mean() == pytest.approx(0.19, abs=0.07)
    assert ratios[~men, 0].mean() - ratios[men, 0].mean() == pytest.approx(0.10, abs=0.03)
    assert ratios[men, 3].mean() - ratios[~men, 3].mean() == pytest.approx(0.05, abs=0.02)


def test_the_spread_is_theirs(people, ratios):
    rest = ratios - np.stack(
        [np.polyval(np.polyfit(people.age, r, 1), people.age) for r in ratios.T], 1
    )
    assert rest[:, 0].std() == pytest.approx(0.12, abs=0.03)
    assert rest[:, 3].std() == pytest.approx(0.063, abs=0.015)
    assert (rest @ [1, -1, -1, -1]).std() == pytest.approx(0.25, abs=0.05)


def test_what_is_aimed_at_is_measured(people, ratios):
    for wave in range(4):
        assert np.corrcoef(people.indices[:, wave], ratios[:, wave])[0, 1] > 0.8


def test_pressure_and_stiffness_bend_the_pulse(draws_of):
    everybody = cohort(draws_of(20_000))
    rest = everybody.indices - expected_indices(everybody.age, everybody.male, draws_of(1).backend)
    high = everybody.hypertension
    assert rest[high, 2].mean() - rest[~high, 2].mean() == pytest.approx(-0.05, abs=0.03)
    index = rest @ [1, -1, -1, -1]
    assert np.corrcoef(index, everybody.pwv)[0, 1] > 0.15


def test_pulses_look_like_pulses(people, draws_of):
    """One top within 0.3 s of the foot, no dip below the foot, back at rest at the end."""
    pulses = pulse_table(people.indices, people.age, draws_of(1).backend)
    assert pulses.max(axis=1) == pytest.approx(1)
    assert np.quantile(pulses.min(axis=1), 0.01) > -0.03
    assert np.abs(pulses[:, -1]).max() < 0.02
    assert np.abs(pulses[:, 0]).max() < 0.02
    crest = STEP * pulses.argmax(axis=1)
    assert (crest < 0.35).mean() > 0.98
    young, old = people.age < 30, people.age > 65
    assert np.median(crest[old]) > np.median(crest[young]) + 0.02  # the crest comes later with age
    notch = (np.diff(pulses[:, 88:130], axis=1) > 2e-3).any(axis=1)  # it rises again
    assert notch[young].mean() > 3 * notch[old].mean()  # and the notch goes


def test_a_blurred_site_loses_the_notch(people, draws_of):
    b = draws_of(1).backend
    young = people.pick(people.age < 35)
    sharp, dull = (pulse_table(young.indices, young.age, b, smoothing=s) for s in (0.0, 0.02))
    assert np.abs(np.diff(dull, 2, axis=1)).max() < 0.8 * np.abs(np.diff(sharp, 2, axis=1)).max()
