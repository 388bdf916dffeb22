import numpy as np
import pytest

from cardioprint.simulate import Morphology, Rhythm, cohort, follow
from cardioprint.simulate.survival import hazard_ratio


@pytest.fixture(scope="module")
def study(draws_of):
    draws = draws_of(60_000, seed=3)
    people = cohort(draws)
    return people, follow(people, draws, years=10.0)


@pytest.mark.parametrize(
    "age, men, women", [(50, 0.0052, 0.0028), (60, 0.0116, 0.0070), (80, 0.0585, 0.0424)]
)
def test_the_cohort_dies_as_the_life_table_says(study, age, men, women):
    people, found = study
    for male, rate in ((True, men), (False, women)):
        here = (np.abs(people.age - age) < 2) & (people.male == male)
        assert found.hazard[here].mean() == pytest.approx(rate, rel=0.15)


def test_deaths_come_as_often_as_the_hazard_wants(study):
    people, found = study
    here = np.abs(people.age - 65) < 4
    expected = (found.hazard * (np.exp(0.085 * found.years) - 1) / 0.085)[here].sum()
    assert found.died[here].sum() == pytest.approx(expected, rel=0.1)


def test_follow_up_ends_by_death_loss_or_the_end(study):
    _, found = study
    assert found.years.min() > 0
    assert found.years.max() <= 10
    assert (found.years[~found.died] < 6).mean() == pytest.approx(0.055, abs=0.02)  # lost
    assert 0.05 < found.died.mean() < 0.25


def test_the_hazard_ratio_says_who_dies(study):
    people, found = study
    old = np.abs(people.age - 70) < 5
    ratio = found.hazard_ratio[old]
    high, low = ratio > np.quantile(ratio, 0.8), ratio < np.quantile(ratio, 0.2)
    assert found.died[old][high].mean() > 2 * found.died[old][low].mean()


def test_each_factor_is_the_papers(draws_of, population):
    from dataclasses import replace

    draws = draws_of(len(population))
    base = hazard_ratio(population, draws)
    sinus = population.rhythm == Rhythm.SINUS
    changed = replace(population, rhythm=0 * population.rhythm + int(Rhythm.ATRIAL_FIBRILLATION))
    ratio = hazard_ratio(changed, draws) / base
    assert ratio[sinus & population.male] == pytest.approx(1.5)
    assert ratio[sinus & ~population.male] == pytest.approx(1.9)
    thick = int(Morphology.LEFT_VENTRICULAR_HYPERTROPHY)
    changed = replace(population, morphology=0 * population.morphology + thick)
    ratio = hazard_ratio(changed, draws) / base
    assert ratio[population.morphology == Morphology.NORMAL] == pytest.approx(2.5)
    for name, step, factor in (("pwv", 1.0, 1.15), ("heart_rate", 10.0, 1.09)):
        changed = replace(population, **{name: getattr(population, name) + step})
        assert np.median(hazard_ratio(changed, draws) / base) == pytest.approx(factor, rel=0.01)
    lower = replace(population, sdnn=population.sdnn * np.exp(-0.43))
    assert hazard_ratio(lower, draws) / base == pytest.approx(1.3, rel=0.01)
