"""Heads around heads: principal axes learnt from training rows, and fewer rows to learn from."""

import numpy as np
import pytest

from cardioprint.benchmark.heads.axes import PrincipalAxes
from cardioprint.benchmark.heads.few import Few
from cardioprint.benchmark.heads.linear import Linear

RNG = np.random.default_rng(0)
SUBJECT = np.repeat([f"p{i}" for i in range(30)], 4)


def shapes():
    """Return beats of 50 and 30 samples; the height of the second one's bump tells the label."""
    y = np.arange(120) // 4 % 2
    first = RNG.normal(size=(120, 1)) * np.sin(np.arange(50) / 8)
    second = (2 * y + RNG.normal(0, 0.3, 120))[:, None] * np.cos(np.arange(30) / 5)
    return np.concatenate((first, second), axis=1) + 0.01 * RNG.normal(size=(120, 80)), y


def test_a_few_axes_hold_what_the_head_needs():
    x, y = shapes()
    head = PrincipalAxes(head=Linear(), blocks=(50, 30), components=2)
    found = head.fit_predict(x, y, SUBJECT, "labels")
    assert ((found > 0.5) == y).mean() > 0.95
    fitted = head.fit(x, y, SUBJECT, "labels")
    assert [a.shape for _, a in fitted.axes] == [(2, 50), (2, 30)]


def test_axes_come_from_training_rows_alone():
    x, y = shapes()
    head = PrincipalAxes(head=Linear(), blocks=(50, 30), components=2)
    before = head.fit(x[:80], y[:80], SUBJECT[:80], "labels").predict(x[80:81])
    x[81:] *= 100
    after = head.fit(x[:80], y[:80], SUBJECT[:80], "labels").predict(x[80:81])
    np.testing.assert_array_equal(before, after)


def test_rows_without_a_beat_are_answered():
    x, y = shapes()
    x[5] = np.nan
    found = PrincipalAxes(head=Linear(), blocks=(50, 30)).fit_predict(x, y, SUBJECT, "labels")
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("rows", "learnt"), [(40, 40), (500, 120)])
def test_few_rows_are_learnt_from_and_all_are_answered(rows, learnt):
    x, y = shapes()
    seen = []

    class Counting(Linear):
        def fit(self, x, y, subject, kind, seed=0):
            seen.append(len(x))
            return super().fit(x, y, subject, kind, seed)

    fitted = Few(head=Counting(), rows=rows).fit(x, y, SUBJECT, "labels")
    assert seen == [learnt] and fitted.predict(x).shape == (120,)
