"""Stability: a vector of the person does not move, noise does."""

import pytest

import paired_people as people
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.tasks import bidmc_records, stability

HALF = "d', window slides by 0.5 s"


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data = people.fresh(people.people())
    encoders = [people.Oracle(data.full), people.Noise(), HandMade(), people.Raw()]
    bench = people.bench(encoders, tmp_path_factory.mktemp("run"))
    return stability.measure(stability.TASK, bench, data)


def test_an_oracle_stands_still(found):
    of = people.figures(found, "oracle")
    assert len(of) == 3 * len(stability.SLIDES)
    assert min(of.values()) > 100


def test_noise_moves(found):
    assert abs(people.figures(found, "noise")["ppg", HALF]) < 0.6


def test_intervals_hold_the_value(found):
    for score in found.scores:
        assert score.low <= score.value <= score.high


def test_an_encoder_of_one_modality_takes_part_with_it(found):
    assert {inputs for inputs, _ in people.figures(found, "raw")} == {"ecg"}


def test_real_hand_features_are_stable(shared_data, tmp_path):
    if not (shared_data / "paired" / "bidmc.parquet").is_file():
        pytest.skip("bidmc.parquet is not on this machine")
    bench = people.bench([HandMade()], tmp_path, quick=True)
    result = stability.measure(stability.TASK, bench, bidmc_records.load(quick=True))
    of = people.figures(result, "hand features")
    assert set(of) == {("ecg", HALF), ("ppg", HALF), ("ecg+ppg", HALF)}
    assert min(of.values()) > 2.5
