"""What is peculiar to neighbours and to trees."""

import numpy as np
import pytest

from cardioprint.benchmark.heads.knn import Neighbours
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.trees import Trees
from cardioprint.benchmark.measures import auroc

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(80), 5)
N = len(SUBJECT)


def test_neighbours_are_those_of_scikit_learn():
    models = pytest.importorskip("sklearn.neighbors")
    x = RNG.normal(size=(N, 6)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    found = Neighbours(counts=(7,)).fit(x, y, SUBJECT, "labels").predict(x[:50] + 0.1)
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    asked = (x[:50] + 0.1 - x.mean(axis=0)) / x.std(axis=0)
    model = models.KNeighborsClassifier(7, metric="cosine").fit(z, y)
    share = model.predict_proba(asked)[:, 1]
    assert found == pytest.approx((7 * share + y.mean()) / 8, abs=1e-6)


def test_numbers_are_the_mean_of_neighbours_and_k_is_chosen():
    x = RNG.normal(size=(N, 2))
    angle = np.arctan2(x[:, 1], x[:, 0])
    fitted = Neighbours().fit(x, angle + RNG.normal(size=N), SUBJECT, "number")
    assert fitted.count[0] >= 10  # noise is averaged away
    exact = Neighbours().fit(x, np.abs(angle), SUBJECT, "number")
    assert exact.count[0] <= 5


def test_fewer_rows_than_neighbours():
    found = Neighbours(counts=(50,)).fit(np.eye(4), np.array([0, 1, 0, 1]), np.arange(4), "labels")
    assert found.predict(np.eye(4)) == pytest.approx(np.full(4, 0.5))


def test_neighbour_counts_are_checked():
    with pytest.raises(ValueError, match="ascend"):
        Neighbours(counts=(5, 1))


def test_trees_read_what_is_not_linear():
    pytest.importorskip("sklearn")
    x = RNG.normal(size=(N, 4)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    ones = np.ones(N)
    assert auroc(Linear().fit_predict(x, y, SUBJECT, "labels"), y)(ones) < 0.65
    assert auroc(Trees().fit_predict(x, y, SUBJECT, "labels"), y)(ones) > 0.8


def test_few_trees_grow_where_there_is_nothing_to_learn():
    pytest.importorskip("sklearn")
    x = RNG.normal(size=(N, 4))
    fitted = Trees().fit(x, RNG.integers(0, 2, N), SUBJECT, "labels")
    assert fitted.chosen[0][1] <= 15
    fitted = Trees().fit(x, (x[:, 0] > 0).astype(int), SUBJECT, "labels")
    assert fitted.chosen[0][1] > 15


def test_a_label_that_never_varies_needs_no_trees():
    pytest.importorskip("sklearn")
    y = np.stack((np.zeros(N, int), np.arange(N) % 2), axis=1)
    fitted = Trees().fit(RNG.normal(size=(N, 3)), y, SUBJECT, "labels")
    assert fitted.chosen[0] == (0, 0)
    assert (fitted.predict(np.zeros((3, 3)))[:, 0] == 0).all()


def test_tree_settings_are_checked():
    with pytest.raises(ValueError, match="leaves"):
        Trees(leaves=(1,))
    with pytest.raises(ValueError, match="stages"):
        Trees(stages=(10, 20))
