"""Identity: an oracle tells everybody apart, noise nobody; days are counted as they are."""

import numpy as np
import pytest

import paired_people as people
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.tasks import bidmc_records, ecgid_records, identity


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    data, dated = people.fresh(people.people()), people.dated()
    encoders = [people.Oracle(data.full, dated.windows), people.Noise(), people.Raw()]
    bench = people.bench(encoders, tmp_path_factory.mktemp("run"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "APART", 40.0)
        return identity.measure(identity.TASK, bench, data, dated)


def test_an_oracle_tells_everybody_apart(found):
    of = people.figures(found, "oracle")
    errors = [v for (_, m), v in of.items() if m.startswith("EER")]
    hits = [v for (_, m), v in of.items() if m.startswith("Rank-1")]
    assert len(errors) == 5
    assert max(errors) == 0
    assert hits == [1, 1]


def test_noise_tells_nobody_apart(found):
    of = people.figures(found, "noise")
    assert of["ecg", identity.MINUTES] == pytest.approx(0.5, abs=0.15)
    assert of["ecg", "EER, across records (ecgid)"] == pytest.approx(0.5, abs=0.2)
    assert of["ecg", "Rank-1, across records (ecgid)"] < 0.5


def test_it_is_called_a_floor(found):
    assert {s.note for s in found.scores} == {identity.FLOOR}
    assert not found.gaps  # nobody wins here
    assert "4 people with two or more days, held against all 8" in found.notes[-1]


def test_pairs_are_of_one_record_or_of_two_people():
    data = people.people()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "APART", 40.0)
        a, b, genuine = identity.minutes_apart(data)
    same = data.subject[a] == data.subject[b]
    assert (same == genuine.astype(bool)).all()
    gap = data.full.windows.start[b] - data.full.windows.start[a]
    assert gap[same] == pytest.approx(40)


def test_the_first_record_is_enrolled_and_the_day_decides():
    subject = np.array(["a", "a", "a", "b", "b"])
    day = np.array(["2", "1", "2", "1", "1"])
    cosine = np.eye(5, dtype=np.float32)
    cosine[0, 1], cosine[2, 3], cosine[4, 3] = 0.9, 0.9, 0.9  # 1 and 3 are enrolled
    hits = identity.rank_one(cosine, subject, day, later=False)
    assert np.array_equal(hits, [1, np.nan, 0, np.nan, 1], equal_nan=True)
    hits = identity.rank_one(cosine, subject, day, later=True)
    assert np.array_equal(hits, [1, np.nan, 0, np.nan, np.nan], equal_nan=True)


def test_real_people_on_more_days(shared_data, tmp_path):
    if not (shared_data / "labelled" / "ecgid.parquet").is_file():
        pytest.skip("ecgid.parquet is not on this machine")
    dated = ecgid_records.load()
    assert len(np.unique(dated.subject)) >= 88
    assert len(dated.windows) > 550
    data = bidmc_records.load(quick=True)
    bench = people.bench([HandMade()], tmp_path, quick=True)
    of = people.figures(identity.measure(identity.TASK, bench, data, dated), "hand features")
    assert of["ecg", "EER, across records (ecgid)"] < 0.2
    assert of["ecg", "EER, across records (ecgid)"] < of["ecg", "EER, across days (ecgid)"] < 0.35
    assert of["ecg", "Rank-1, across records (ecgid)"] > 0.5
