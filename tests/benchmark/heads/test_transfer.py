"""A head fitted on one modality and used on another: other people, unchanged weights."""

import numpy as np
import pytest

from cardioprint.benchmark.heads.base import Head
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.transfer import transfer
from cardioprint.errors import RecordError

RNG = np.random.default_rng(0)
PEOPLE = np.array([f"p{i}" for i in range(60)])
AGE = RNG.uniform(20, 80, 60)
MIX = RNG.normal(size=(3, 12))


def vectors(who, noise=0.3):
    state = np.stack(((AGE[who] - 50) / 17, *RNG.normal(size=(2, len(who)))), axis=1)
    return (state @ MIX + noise * RNG.normal(size=(len(who), 12))).astype(np.float32)


class Spy(Head):
    """Remembers whom it learnt from."""

    def __init__(self):
        self.people = []

    def fit(self, x, y, subject, kind, seed=0):
        self.people.append(set(subject))
        self.inner = Linear().fit(x, y, subject, kind, seed)
        return self.inner


def test_other_people_are_predicted_by_one_head():
    a, b = np.repeat(np.arange(30), 4), np.repeat(np.arange(30, 60), 3)
    spy = Spy()
    done = transfer(spy, vectors(a), AGE[a], PEOPLE[a], vectors(b), AGE[b], PEOPLE[b], "number")
    assert (done.fits, done.shared) == (1, 0)
    assert spy.people == [set(PEOPLE[:30])]
    assert np.abs(done.prediction - AGE[b]).mean() < 0.5 * np.abs(AGE[b] - AGE[a].mean()).mean()


def test_shared_people_are_kept_apart_by_folds():
    a, b = np.repeat(np.arange(40), 4), np.repeat(np.arange(20, 60), 3)
    # Vectors that betray the person: only a head that has seen a person could know.
    own = RNG.normal(size=(60, 12))
    number = RNG.normal(size=60)
    done = transfer(Linear(), own[a], number[a], PEOPLE[a], own[b], number[b], PEOPLE[b], "number")
    assert (done.fits, done.shared) == (5, 20)
    shared = b < 40
    assert abs(np.corrcoef(done.prediction[shared], number[b][shared])[0, 1]) < 0.6
    seen = Linear().fit(own[a], number[a], PEOPLE[a], "number").predict(own[b])
    assert np.corrcoef(seen[shared], number[b][shared])[0, 1] > 0.5


def test_one_data_set_gives_folds_over_its_people():
    who = np.repeat(np.arange(60), 3)
    spy = Spy()
    done = transfer(
        spy, vectors(who), AGE[who], PEOPLE[who], vectors(who), AGE[who], PEOPLE[who], "number"
    )
    assert np.isfinite(done.prediction).all() and done.shared == 60
    assert all(len(people) == 48 for people in spy.people)
    assert np.abs(done.prediction - AGE[who]).mean() < 8


def test_classes_the_source_lacks_get_no_probability():
    a, b = np.arange(30), np.arange(30, 60)
    label = np.digitize(AGE, [40, 60])
    known = a[label[a] < 2]
    done = transfer(
        Linear(),
        vectors(known),
        label[known],
        PEOPLE[known],
        vectors(b),
        label[b],
        PEOPLE[b],
        "classes",
    )
    assert done.prediction.shape == (30, 3)
    assert (done.prediction[:, 2] == 0).all()


def test_what_does_not_fit_is_refused():
    a, b = np.arange(30), np.arange(30, 60)
    with pytest.raises(RecordError, match="features"):
        transfer(
            Linear(),
            vectors(a)[:, :5],
            AGE[a],
            PEOPLE[a],
            vectors(b),
            AGE[b],
            PEOPLE[b],
            "number",
        )
    few = np.zeros(3, int)
    with pytest.raises(RecordError, match="people"):
        transfer(
            Linear(), vectors(few), AGE[few], PEOPLE[few], vectors(few), AGE[few], PEOPLE[few],
            "number",
        )  # fmt: skip


def test_heart_rate_from_ecg_to_ppg_of_other_people(shared_data):
    from cardioprint.benchmark.baselines.hand.encoder import HandMade
    from cardioprint.benchmark.tasks import sources

    found, rate, _ = sources.bidmc(True)
    hand, who = HandMade(), found.subject
    shared = list(hand.shared)
    ecg, ppg = (hand.embed(found.signals.only(m))[:, shared] for m in ("ecg", "ppg"))
    done = transfer(Linear(), ecg, rate, who, ppg, rate, who, "number")
    assert done.shared == len(np.unique(who))
    assert np.abs(done.prediction - rate).mean() < 2.5
