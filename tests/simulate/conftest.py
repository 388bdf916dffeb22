"""Simulated crowds shared by the tests of the simulator."""

import numpy as np
import pytest

from cardioprint.simulate import Backend, Draws, cohort, pairs


@pytest.fixture(scope="session")
def draws_of():
    """Return a function: (count, seed, ...) -> chance of so many people in float64."""

    def make(count, seed=1, record=0, **backend):
        b = Backend(**({"dtype": "float64"} | backend))
        return Draws(backend=b, seed=seed, people=b.arange(count), record=record)

    return make


@pytest.fixture(scope="session")
def population(draws_of):
    """Return 40,000 people as age and sex make them."""
    return cohort(draws_of(40_000))


@pytest.fixture(scope="session")
def crowd():
    """Return 1,100 windows of ten seconds, every rhythm and morphology alike, none changing."""
    return pairs(1_100, 5, balanced=True, change=0.0)


@pytest.fixture(scope="session")
def fine():
    """Return twelve leads of 900 people at 500 Hz, four seconds each."""
    from cardioprint.simulate.leads import LEADS

    return pairs(900, 8, balanced=True, change=0.0, seconds=4.0, sampling_rate=500.0, leads=LEADS)


@pytest.fixture(scope="session")
def inside():
    """Return a function: padded times -> times inside the record, per person."""

    def make(row):
        row = np.asarray(row)
        return row[np.isfinite(row)]

    return make
