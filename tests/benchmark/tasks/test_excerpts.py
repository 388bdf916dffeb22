"""Windows of the tables: who abstains, who is one person, what is known of them."""

import numpy as np
import pytest

from cardioprint.benchmark.tasks import excerpts
from cardioprint.simulate.batch import pairs


@pytest.fixture(scope="module")
def ecg():
    """Ten seconds of a simulated lead at 125 Hz."""
    return np.asarray(pairs(1, 1).ecg[0, 0], np.float32)


def gathered(samples, rows, table="ecgid"):
    return excerpts.gathered(table, rows, {"ecg": samples}, 125.0, lead="II")


def row(subject, **more):
    return {"subject": subject, "record": f"r{subject}", "age": 40.0, "sex": "F", **more}


def test_noise_and_silence_abstain_for_everybody(ecg):
    rng = np.random.default_rng(0)
    samples = [ecg, np.zeros_like(ecg), rng.normal(size=len(ecg)).astype(np.float32), ecg[:700]]
    found = gathered(samples, [row(i) for i in range(4)])
    assert found.place.tolist() == [0, 3]
    assert found.data.rows == 4 and found.data.abstained == 2
    assert found.subject.tolist() == ["0", "3"] and 50 < found.heart_rate[0] < 120


def test_a_recording_of_nobody_knows_whom_is_left_out(ecg):
    rows = [row("ppg_bp:23", record="23_3"), row("ppg_bp:24", record="24_1"), row("ppg_bp:9")]
    found = gathered([ecg, ecg, ecg], rows, table="ppg_bp")
    assert found.subject.tolist() == ["ppg_bp:9"] and found.place.tolist() == [2]
    assert (found.data.rows, found.data.people, found.data.abstained) == (1, 1, 0)


def test_a_recording_under_two_names_counts_once(ecg):
    names = [f"CinC2020/21 Georgia:E0{number}" for number in (7508, 7509, 7510)]
    rows = [row(i, record=name) for i, name in enumerate(names)]
    assert gathered([ecg] * 3, rows, table="five_class").subject.tolist() == ["0", "1"]


def test_what_is_known_of_people(ecg):
    rows = [row(1, sex="male", age=300.0), row(2, sex="F", age="18-35 (cohort range only)")]
    known = gathered([ecg, ecg], rows).signals.known
    np.testing.assert_array_equal(known["age"], [90.0, np.nan])
    np.testing.assert_array_equal(known["sex"], [1.0, 0.0])
    assert "bmi" not in known


def test_rows_without_a_label_are_left_out_and_counted(ecg):
    found = gathered([ecg, ecg, ecg], [row(i) for i in range(3)])
    rows = excerpts.rows_of(
        found,
        np.array([1.0, np.nan, 0.0]),
        groups={"source": np.array(["a", "b", "c"])},
        guesses={("counting", "ecg"): np.array([1.0, 2.0, 3.0])},
    )
    assert rows.subject.tolist() == ["0", "2"] and rows.groups["source"].tolist() == ["a", "c"]
    assert rows.guesses["counting", "ecg"].tolist() == [1.0, 3.0]
    assert set(rows.groups["age"]) == {"40 to 60 years"} and set(rows.groups["sex"]) == {"female"}
    assert rows.notes == ("1 windows without a label are left out.",)


def test_thinning_keeps_people_whole_and_is_always_the_same():
    subject = np.repeat([f"p{i}" for i in range(20)], 3)
    kept = excerpts.thinned(subject, 5)
    assert kept.sum() == 15 and len(set(subject[kept])) == 5
    np.testing.assert_array_equal(excerpts.thinned(subject[::-1], 5)[::-1], kept)


def test_rows_are_spread_over_each_person():
    subject = np.array(["a"] * 9 + ["b"] * 2)
    kept = excerpts.spread(subject, 3)
    assert np.flatnonzero(kept).tolist() == [0, 4, 8, 9, 10]


def test_a_table_that_is_not_there_has_no_hash(monkeypatch, tmp_path):
    monkeypatch.setenv("CARDIOPRINT_DATA", str(tmp_path))
    assert excerpts.path_of("bidmc") is None and excerpts.sha256("bidmc") == ""
