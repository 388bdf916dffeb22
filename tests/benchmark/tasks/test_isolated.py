"""An excerpt alone: who says the same of it is consistent, noise is not."""

import numpy as np
import pytest

import paired_people as people
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.tasks import isolated


class Constant(people.Noise):
    name = "constant"

    def embed(self, signals):
        return np.ones((len(signals), 4), np.float32)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data = people.fresh(people.people())
    encoders = [Constant(), people.Noise(), HandMade(), people.Raw()]
    bench = people.bench(encoders, tmp_path_factory.mktemp("run"))
    return isolated.measure(isolated.TASK, bench, data)


def test_who_looks_at_nothing_is_consistent(found):
    of = people.figures(found, "constant")
    assert len(of) == 2 * 3 * len(isolated.LENGTHS)
    assert min(of.values()) == pytest.approx(1)


def test_noise_is_not(found):
    assert abs(people.figures(found, "noise")["ppg", "cosine, median, 10 s"]) < 0.3


def test_an_excerpt_of_ten_seconds_alone_is_nearly_the_same(found):
    of = people.figures(found, "hand features")
    for modality in ("ecg", "ppg"):
        for seconds in ("10 s", "2.1 s"):
            assert of[modality, f"cosine, median, {seconds}"] > 0.93
            worst = of[modality, f"cosine, 1 % quantile, {seconds}"]
            assert worst <= of[modality, f"cosine, median, {seconds}"]


def test_whoever_prepares_alone_anyway_is_not_asked(found):
    assert not people.figures(found, "raw")
