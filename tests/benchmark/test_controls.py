"""Controls find what leaks, and find nothing where nothing does."""

import numpy as np
import pytest

from cardioprint.benchmark import controls
from cardioprint.benchmark.heads.base import Head
from cardioprint.benchmark.heads.linear import Linear

RNG = np.random.default_rng(0)
SUBJECT = np.repeat(np.arange(120), 3)
N = len(SUBJECT)
ILL = RNG.integers(0, 2, 120)[SUBJECT]
X = (RNG.normal(size=(N, 8)) + 0.8 * ILL[:, None]).astype(np.float32)


class Cheat(Head):
    """Looks its answers up by a row's vector, however the folds are dealt."""

    name = "cheat"
    known: dict = {}  # noqa: RUF012  (a leak between folds is the point)

    def fit(self, x, y, subject, kind, seed=0):
        self.known.update({v.tobytes(): float(label) for v, label in zip(x, y, strict=True)})
        known = self.known

        class Fitted:
            def predict(self, x):
                return np.array([known.get(v.tobytes(), 0.5) for v in x])

        return Fitted()

    def fit_predict(self, x, y, subject, kind, seed=0):
        return self.fit(x, y, subject, kind, seed).predict(x)


def test_metadata_that_give_the_class_away():
    source = np.where(ILL == 1, np.where(SUBJECT % 3 == 0, "A", "B"), "A")
    rate = np.full(N, 100.0)
    weak = X - 0.5 * ILL[:, None]
    found = controls.metadata_probe({"source": source, "rate": rate}, weak, ILL, SUBJECT, "labels")
    assert found.verdict == "fail" and found.value > 0.75
    assert "source" in found.sentence and "rate" not in found.sentence
    harmless = {"length": RNG.normal(size=N), "device": RNG.choice(["x", "y"], N)}
    assert controls.metadata_probe(harmless, X, ILL, SUBJECT, "labels").verdict == "pass"
    assert controls.metadata_probe({"rate": rate}, X, ILL, SUBJECT, "labels").verdict == "pass"


def test_metadata_that_help_a_little_are_a_warning():
    quality = 0.7 * ILL + RNG.normal(size=N)
    strong = X + ILL[:, None]
    found = controls.metadata_probe({"quality": quality}, strong, ILL, SUBJECT, "labels")
    assert found.verdict == "warn"


def test_numbers_and_classes_have_metadata_too():
    age = 50 + 10 * RNG.normal(size=120)[SUBJECT]
    device = np.where(age > 50, "new", "old")
    found = controls.metadata_probe({"device": device}, X, age, SUBJECT, "number")
    assert found.verdict == "fail" and found.value > 0.4 and "R2" in found.sentence
    label = (SUBJECT % 3).astype(int)
    length = label + 0.1 * RNG.normal(size=N)
    assert (
        controls.metadata_probe({"length": length}, X, label, SUBJECT, "classes").verdict == "fail"
    )


def test_metadata_are_coded_by_value_or_by_fifths():
    assert controls.coded(np.array(["a", "b", "a"])).tolist() == [[1, 0], [0, 1], [1, 0]]
    assert controls.coded(np.ones(5)).shape == (5, 0)
    numbers = np.append(np.arange(100.0), np.nan)
    fifths = controls.coded(numbers)
    assert fifths.shape == (101, 6) and fifths.sum(axis=0).tolist() == [20, 20, 20, 20, 20, 1]
    many = np.array([f"s{i}" for i in range(500)])
    assert controls.coded(many).shape == (500, controls.CATEGORIES + 1)


def test_shuffled_labels_noise_and_constants_are_at_chance():
    for kind, y in (("labels", ILL), ("classes", SUBJECT % 3), ("number", ILL + 0.1)):
        assert controls.shuffled_labels(X, y, SUBJECT, kind, Linear()).verdict == "pass"
        noise = controls.noise_vectors(16, y, SUBJECT, kind, Linear())
        assert noise.verdict == "pass" and "mean nothing" in noise.sentence
        constant = controls.constant_vectors(y, SUBJECT, kind, Linear())
        assert constant.verdict == "pass"
        assert constant.value == pytest.approx(0.0 if kind == "number" else 0.5, abs=0.1)


def test_a_leaking_head_is_caught():
    found = controls.shuffled_labels(X, ILL, SUBJECT, "labels", Cheat(), draws=3)
    assert found.verdict == "fail" and "leaks" in found.sentence
    assert controls.noise_vectors(8, ILL, SUBJECT, "labels", Cheat(), draws=3).verdict == "fail"


def test_exchanged_labels_stay_whole_people_or_whole_runs():
    rng = np.random.default_rng(3)
    people = controls.exchanged(ILL, SUBJECT, rng)
    assert (people.reshape(120, 3).std(axis=1) == 0).all()
    assert people.sum() == ILL.sum() and not np.array_equal(people, ILL)
    runs = np.repeat(RNG.integers(0, 3, 60), 20)
    subject = np.repeat(np.arange(10), 120)
    mixed = controls.exchanged(runs, subject, rng)
    assert np.bincount(mixed).tolist() == np.bincount(runs).tolist()
    assert np.abs((np.diff(mixed) != 0).sum() - (np.diff(runs) != 0).sum()) <= 12
    assert abs(np.corrcoef(mixed, runs)[0, 1]) < 0.5
    several = controls.exchanged(np.stack((runs == 0, runs == 1), axis=1), subject, rng)
    assert several.shape == (1200, 2) and several.sum() == (runs < 2).sum()


def test_what_windows_betray_of_their_recording():
    x = np.round(RNG.normal(size=(3, 200)), 1)
    x[0, 100:], x[1, 20:40], x[2] = np.nan, np.nan, np.nan
    found = controls.recording_facts(x, 50.0)
    assert found["length"].tolist() == [2, 4, 0]
    assert found["missing share"] == pytest.approx([0, 0.1, 1])
    assert found["converter levels"][0] == len(np.unique(x[0, :100]))
