"""Distances from the training people, and quantiles by person."""

import numpy as np
import pytest

from cardioprint.benchmark.heads.likeness import Likeness, person_quantile


@pytest.fixture(scope="module")
def people():
    """Return vectors that vary in three directions of twenty."""
    rng = np.random.default_rng(0)
    return (rng.normal(size=(400, 3)) @ rng.normal(size=(3, 20))) + 0.1 * rng.normal(size=(400, 20))


def test_about_one_among_them_and_more_across_what_they_vary_in(people):
    likeness = Likeness.of(people)
    assert np.median(likeness(people)) == pytest.approx(1, abs=0.3)
    along, across = np.linalg.svd(people - people.mean(axis=0))[2][[0, -1]]
    step = 3 * people.std()
    middle = people.mean(axis=0)
    assert likeness((middle + step * across)[None]) > 5 * likeness((middle + step * along)[None])


def test_what_never_varies_and_what_is_missing_do_no_harm(people):
    x = people.copy()
    x[:, 4] = 7
    likeness = Likeness.of(x)
    x[0, 2] = np.nan
    assert np.isfinite(likeness(x)).all()
    assert np.isfinite(Likeness.of(people[:3])(people)).all()


def test_every_person_counts_the_same():
    person = np.array(["a"] * 98 + ["b", "c"])
    values = np.array([0.0] * 98 + [1.0, 2.0])
    assert person_quantile(values, person, 0.5) == 1.0  # of rows it would be 0
    assert person_quantile(values, person, 0.9) == 2.0
    assert person_quantile(values, person, 0.1, upper=False) == 0.0


def test_new_people_lie_inside_as_often_as_promised():
    rng, inside = np.random.default_rng(1), []
    for _ in range(400):
        seen, new = rng.normal(size=30), rng.normal()
        inside.append(new <= person_quantile(seen, np.arange(30), 0.9))
    assert 0.87 < np.mean(inside) < 0.95
