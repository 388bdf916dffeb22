"""The person from another window: an oracle always finds, noise finds by chance."""

import pytest

import paired_people as people
from cardioprint.benchmark import retrieval
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.tasks import bidmc_records, person


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data = people.fresh(people.people())
    encoders = [people.Oracle(data.full), people.Noise(), HandMade(), people.Raw()]
    bench = people.bench(encoders, tmp_path_factory.mktemp("run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "APART", 30.0)
        return person.measure(person.TASK, bench, data)


def test_an_oracle_finds_everybody(found):
    of = people.figures(found, "oracle")
    assert of["ppg>ecg", person.SHARED] == of["ppg>ecg", person.WHOLE] == 1


def test_noise_finds_by_chance(found):
    of = people.figures(found, "noise")
    chance = 1 / people.PEOPLE
    assert of["ppg>ecg", person.SHARED] == pytest.approx(chance, abs=0.1)
    assert f"chance is {chance:.3f}" in found.notes[-1]


def test_features_of_a_pulse_are_not_held_against_those_of_a_qrs_complex(found):
    assert set(people.figures(found, "hand features")) == {("ppg>ecg", person.SHARED)}
    assert not people.figures(found, "raw")


def test_real_heart_rates_find_one_person_in_a_few(shared_data, tmp_path):
    if not (shared_data / "paired" / "bidmc.parquet").is_file():
        pytest.skip("bidmc.parquet is not on this machine")
    data = bidmc_records.load(quick=True)
    result = person.measure(person.TASK, people.bench([], tmp_path, quick=True), data)
    assert 0.1 < people.figures(result, "heart rate")["ppg>ecg", person.SHARED] < 0.5
