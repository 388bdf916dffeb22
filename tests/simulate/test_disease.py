"""How often hearts beat out of turn, against what a day with a Holter recorder finds."""

import numpy as np
import pytest


def test_premature_ventricular_beats_of_the_young(population):
    """Von Rotz 2017, 25-41 years: median 2 a day, some in 69 %, 193 at the 95th percentile."""
    young = (population.age > 25) & (population.age < 41)
    rate = 24 * population.premature_ventricular[young]
    assert np.median(rate) == pytest.approx(2, rel=0.3)
    assert (1 - np.exp(-rate)).mean() == pytest.approx(0.69, abs=0.04)
    assert 100 < np.quantile(rate, 0.95) < 300


def test_premature_ventricular_beats_later(population):
    """Maneheim 2022: 77 a day at the upper quartile at 65; Simpson 2002: 6 % in two minutes."""
    p = population
    old, middle = np.abs(p.age - 65) < 5, (p.age > 45) & (p.age < 65)
    assert np.quantile(24 * p.premature_ventricular[old], 0.75) == pytest.approx(77, rel=0.3)
    seen = 1 - np.exp(-p.premature_ventricular[middle] / 30)
    assert seen.mean() == pytest.approx(0.062, abs=0.02)


@pytest.mark.parametrize(
    "low, high, quartiles",
    [
        (50, 55, (0.4, 0.8, 1.8)),
        (55, 60, (0.5, 1.1, 2.4)),
        (60, 65, (0.7, 1.4, 4.6)),
        (65, 70, (0.8, 2.3, 6.9)),
        (70, 80, (1.2, 2.6, 6.5)),
    ],
)
def test_premature_atrial_beats_by_age(population, low, high, quartiles):
    """Conen 2012, an hour."""
    here = (population.age > low) & (population.age < high)
    found = np.quantile(population.premature_atrial[here], (0.25, 0.5, 0.75))
    assert found == pytest.approx(quartiles, rel=0.4)


def test_some_have_very_many_premature_atrial_beats(population):
    """Binici 2010: 30 and more an hour in 70 of 678 people of 55-75 years."""
    here = (population.age > 55) & (population.age < 75)
    assert (population.premature_atrial[here] >= 30).mean() == pytest.approx(0.10, abs=0.04)
