"""The supervised network: it learns, and it never sees whom it is tested on."""

import numpy as np
import pytest

from cardioprint.benchmark import probes
from cardioprint.benchmark.baselines import base
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.cnn import ABOUT, SupervisedCNN, Task, Training, inner_split
from cardioprint.benchmark.baselines.crossfit import out_of_fold
from cardioprint.errors import ChannelError, RecordError

pytest.importorskip("torch")

QUICK = Training(epochs=12, patience=12, batch=8, widths=(8, 8, 8), dropout=0.0)


@pytest.fixture(scope="module")
def fast(people):
    return (people.known["hr"] > 77).astype(float)[:, None]


def test_no_person_decides_when_to_stop_training_on_them():
    rng = np.random.default_rng(0)
    subject = np.repeat([f"p{i}" for i in range(30)], 5)
    targets: dict[Task, np.ndarray] = {
        "labels": rng.integers(0, 2, (150, 3)),
        "classes": np.eye(4)[rng.integers(0, 4, 150)],
        "number": rng.normal(size=(150, 1)),
    }
    for task, target in targets.items():
        inner, held = inner_split(target, subject, task, seed=1)
        assert not set(subject[inner]) & set(subject[held])
        assert len(inner) + len(held) == 150
        assert 20 <= len(held) <= 45


@pytest.mark.parametrize(
    ("windows", "parts", "passes"), [(1600, 25, 12), (320, 10, 30), (30, 1, 40), (40_000, 625, 1)]
)
def test_many_windows_are_passed_less_often(windows, parts, passes):
    training = Training()
    assert (training.parts(windows), training.passes(windows)) == (parts, passes)
    assert Training(steps=10**6).passes(windows) == training.epochs
    assert training.peak(windows) <= training.rate == training.peak(1600)


def test_the_report_says_what_the_training_is():
    assert f"{Training().steps} steps of up to {Training().batch} windows" in ABOUT


def test_it_learns_which_leads_are_swapped(people, subject):
    x = people.series["ecg"].samples
    swapped = np.repeat([0.0, 1.0], len(x))[:, None]
    signals = Signals.of(ecg=np.concatenate((x, -x)), sampling_rate=250)
    learner = SupervisedCNN(training=QUICK)
    assert isinstance(learner, base.Learner)
    score = out_of_fold(learner, signals, swapped, np.tile(subject, 2))
    assert ((score > 0.5) == (swapped > 0.5)).mean() >= 0.9
    assert ((score >= 0) & (score <= 1)).all()


def test_labels_of_test_people_change_nothing_for_them(people, subject, fast):
    signals = people.only("ecg")
    train, test = next(probes.grouped_folds(subject, seed=0))
    other = fast.copy()
    other[test] = 1 - other[test]
    learner = SupervisedCNN(training=QUICK)
    honest, turned = (out_of_fold(learner, signals, y, subject) for y in (fast, other))
    assert np.array_equal(honest[test], turned[test])
    assert not np.array_equal(honest[train], turned[train])


def test_the_same_seed_gives_the_same_network(people, subject, fast):
    few, y = people.only("ppg"), fast
    a, b = (SupervisedCNN(training=QUICK).fit(few, y, subject).predict(few) for _ in range(2))
    assert np.array_equal(a, b)
    other = SupervisedCNN(training=Training(**{**vars(QUICK), "seed": 1})).fit(few, y, subject)
    assert not np.array_equal(other.predict(few), a)


def test_fitting_leaves_the_learner_as_it_was(people, subject, fast):
    learner = SupervisedCNN(training=QUICK)
    fitted = learner.fit(people, fast, subject)
    with pytest.raises(ValueError, match="fit on training windows"):
        learner.predict(people)
    one = fitted.predict(people[np.array([5])])
    assert one == pytest.approx(fitted.predict(people)[[5]], abs=1e-5)
    with pytest.raises(ChannelError, match="takes ppg"):
        fitted.predict(people.only("ecg"))


def test_numbers_and_classes(people, subject):
    signals, rate = people.only("ecg"), people.known["hr"][:, None]
    found = SupervisedCNN("number", QUICK).fit(signals, rate, subject).predict(signals)
    assert abs(found.mean() - rate.mean()) < 15
    kinds = np.digitize(rate[:, 0], [65, 85])
    shares = SupervisedCNN("classes", QUICK).fit(signals, np.eye(3)[kinds], subject)
    assert shares.predict(signals).sum(axis=1) == pytest.approx(np.ones(24))


def test_missing_targets_and_missing_signals_are_errors(people, subject, fast):
    learner, y = SupervisedCNN(training=QUICK), fast.copy()
    y[3] = np.nan
    with pytest.raises(RecordError, match="target is missing"):
        learner.fit(people, y, subject)
    silent = Signals.of(ecg=np.full((24, 2500), np.nan), sampling_rate=250)
    with pytest.raises(RecordError, match="nothing to train on"):
        learner.fit(silent, fast, subject)


def test_a_window_without_a_sample_is_not_learnt_from_and_not_predicted(people, subject, fast):
    x = people.series["ecg"].samples.copy()
    x[::7] = np.nan
    signals = Signals.of(ecg=x, sampling_rate=250)
    found = SupervisedCNN(training=QUICK).fit(signals, fast, subject).predict(signals)
    assert np.isnan(found[::7]).all()
    assert np.isfinite(np.delete(found, np.s_[::7], axis=0)).all()
