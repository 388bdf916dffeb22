"""The linear head against scikit-learn's and against the ridge probe that it replaces."""

import numpy as np
import pytest

from cardioprint.benchmark.heads import linear
from cardioprint.benchmark.heads.base import Scale
from cardioprint.benchmark.heads.linear import Linear, Rotated

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(40), 8)
N = len(SUBJECT)
MIX = RNG.normal(size=(30, 30))
X = (RNG.normal(size=(N, 30)) @ MIX).astype(np.float32)


@pytest.mark.parametrize("kind", ["classes", "labels"])
@pytest.mark.parametrize("penalty", [100.0, 3.0])
def test_solutions_are_those_of_scikit_learn(kind, penalty, monkeypatch):
    models = pytest.importorskip("sklearn.linear_model")
    monkeypatch.setattr(linear, "TOLERANCE", 1e-6)
    monkeypatch.setattr(linear, "STEPS", 2000)
    signal = X @ RNG.normal(size=30) / 20 + RNG.normal(size=N)
    y = np.digitize(signal, [-1, 1]) if kind == "classes" else (signal > 0.5).astype(int)
    found = Linear(penalties=(penalty,)).fit(X, y, SUBJECT, kind).predict(X)
    z = Scale.of(X)(X)
    model = models.LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=5000).fit(z, y)
    expected = model.predict_proba(z)
    assert found == pytest.approx(expected if kind == "classes" else expected[:, 1], abs=2e-3)


def test_the_usual_accuracy_is_enough():
    y = np.digitize(X @ RNG.normal(size=30) / 20 + RNG.normal(size=N), [-1, 1])
    quick = Linear(penalties=(10.0,)).fit(X, y, SUBJECT, "classes").predict(X)
    for name, value in (("TOLERANCE", 1e-7), ("STEPS", 3000)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(linear, name, value)
            slow = Linear(penalties=(10.0,)).fit(X, y, SUBJECT, "classes").predict(X)
    assert np.abs(quick - slow).mean() < 0.01


def test_ridge_is_that_of_scikit_learn():
    model = pytest.importorskip("sklearn.linear_model").Ridge(alpha=30.0)
    y = X @ RNG.normal(size=30) + 20 * RNG.normal(size=N)
    fitted = Linear(ridge_penalties=(30.0,)).fit(X, y, SUBJECT, "number")
    theirs = model.fit(fitted.scale(X), y).predict(fitted.scale(X))
    assert fitted.predict(X) == pytest.approx(theirs, abs=0.05)


def test_more_features_than_rows_are_solved_in_the_space_of_rows():
    wide = RNG.normal(size=(50, 400)).astype(np.float32)
    rotated = Rotated(wide)
    assert rotated.z.shape[1] <= 50
    weights, offset = rotated.unrotated(np.eye(len(rotated.scatter)), np.zeros(1))
    assert wide @ weights + offset == pytest.approx(rotated.z, abs=1e-2)
    y = (wide[:, 0] > 0).astype(int)
    found = Linear().fit(wide, y, np.arange(50), "labels").predict(wide)
    assert np.isfinite(found).all()


def test_a_penalty_is_chosen_for_each_label():
    clear = (X[:, 0] > 0).astype(int)
    random = RNG.integers(0, 2, N)
    fitted = Linear().fit(X, np.stack((clear, random), axis=1), SUBJECT, "labels")
    assert fitted.penalty[0] < fitted.penalty[1]


def test_vectors_that_never_vary_give_the_prevalence():
    y = (np.arange(N) % 4 == 0).astype(int)
    found = Linear().fit(np.ones((N, 3)), y, SUBJECT, "labels").predict(np.ones((2, 3)))
    assert found == pytest.approx([0.25, 0.25], abs=1e-6)
    assert Linear().fit(np.ones((N, 3)), X[:, 0], SUBJECT, "number").predict(
        np.ones((1, 3))
    ) == pytest.approx([X[:, 0].mean()], abs=1e-4)


def test_a_label_nobody_has_is_improbable():
    y = np.stack(((X[:, 0] > 0).astype(int), np.zeros(N, int)), axis=1)
    found = Linear().fit_predict(X, y, SUBJECT, "labels")
    assert (found[:, 1] < 0.01).all()


def test_penalties_go_from_strong_to_weak():
    with pytest.raises(ValueError, match="strongest"):
        Linear(penalties=(1.0, 10.0))
    with pytest.raises(ValueError, match="positive"):
        Linear(ridge_penalties=())
