"""Retrieval: an oracle always finds, noise finds by chance, controls mean what they say."""

from dataclasses import replace

import numpy as np
import pytest

import paired_people as people
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.tasks import bidmc_records, retrieval


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data = people.fresh(people.people())
    encoders = [people.Oracle(data.full), people.Noise(), HandMade(), people.Raw()]
    bench = people.bench(encoders, tmp_path_factory.mktemp("run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrieval, "SIZES", (10, 1000))
        patch.setattr(retrieval.retrieval, "APART", 30.0)
        return retrieval.measure(retrieval.TASK, bench, data)


def test_an_oracle_finds_every_window_and_no_other(found):
    of = people.figures(found, "oracle")
    for place in ("among 10", "within the record"):
        for condition in ("as recorded", "any lag", "data set's lag known", "record's lag told"):
            assert of["ppg>ecg", f"Recall@1 {place}, {condition}"] == 1
        assert of["ppg>ecg", f"Recall@1 {place}, as recorded, PPG moved by 240 ms"] == 1
    other = of["ppg>ecg", "Recall@1 among 10, data set's lag known, another window of the person"]
    assert other == pytest.approx(0.1, abs=0.1)  # this one knows moments, not people


def test_noise_finds_by_chance(found):
    of = people.figures(found, "noise")
    assert of["ppg>ecg", "Recall@1 among 10, as recorded"] == pytest.approx(0.1, abs=0.1)


def test_beats_and_rates_stand_beside_the_model(found):
    beats, rate, hand = (
        people.figures(found, name) for name in ("beat matching", "heart rate", "hand features")
    )
    known = "Recall@1 among 10, data set's lag known"
    assert beats["ppg>ecg", known] > 0.9
    assert rate["ppg>ecg", known] > 0.5  # the simulated people differ in rate
    assert hand["ppg>ecg", known] > 0.2
    assert not people.figures(found, "raw")  # its ECG means nothing beside a PPG
    assert found.headline == ("ppg>ecg", "", known)
    assert {g.b for g in found.gaps} == {"noise", "beat matching", "heart rate", "hand features"}


def test_encoders_can_be_measured_alone(tmp_path):
    data = people.fresh(people.people())
    bench = people.bench([people.Oracle(data.full)], tmp_path)
    alone = retrieval.measure(retrieval.TASK, replace(bench, trivial=False), data)
    assert {s.encoder for s in alone.scores} == {"oracle"}


def test_a_crowd_that_is_not_there_is_not_claimed(found):
    assert not [s for s in found.scores if "1,000" in s.measure]


def test_real_beats_match(shared_data, tmp_path):
    if not (shared_data / "paired" / "bidmc.parquet").is_file():
        pytest.skip("bidmc.parquet is not on this machine")
    data = bidmc_records.load(quick=True)
    result = retrieval.measure(retrieval.TASK, people.bench([], tmp_path, quick=True), data)
    beats, rate = (people.figures(result, n) for n in ("beat matching", "heart rate"))
    assert beats["ppg>ecg", "Recall@1 among 100, record's lag told"] > 0.9
    assert beats["ppg>ecg", "Recall@1 among 100, any lag"] > 0.75
    another = rate[
        "ppg>ecg", "Recall@1 among 100, data set's lag known, another window of the person"
    ]
    assert 0.02 < another < 0.3
    assert np.isfinite([s.value for s in result.scores]).all()
