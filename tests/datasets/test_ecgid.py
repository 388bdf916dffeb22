from collections import defaultdict

import numpy as np
import pytest

from cardioprint.datasets.development import DEVELOPMENT
from cardioprint.datasets.ecgid import DATABASE
from cardioprint.errors import RecordError
from entries import entries, whole
from wfdb_files import write


def record(folder, person, number, *, date="07.12.2004", age="25", sex="male", seed=0):
    """Write a record as https://physionet.org/content/ecgiddb/1.0.0/ describes it: raw and
    filtered lead I at 500 Hz; age, sex and date in the header."""
    place = folder / person
    place.mkdir(exist_ok=True)
    signals = np.random.default_rng(seed).normal(size=(10_000, 2))
    lines = [f"Age: {age}", f"Sex: {sex}", f"ECG date: {date}"]
    write(place, f"rec_{number}", signals=signals, fs=500, units=("mV", "mV"),
          names=("ECG I", "ECG I filtered"), comments=lines, fmt="16")  # fmt: skip
    return signals


@pytest.fixture
def folder(tmp_path):
    record(tmp_path, "Person_02", 1, date="15.03.2005", sex="female", age="23")
    for number, date in ((1, "07.12.2004"), (2, "28.12.2004"), (10, "07.12.2004")):
        record(tmp_path, "Person_01", number, date=date)
    return tmp_path


def test_people_days_and_sessions(folder):
    found = entries(DATABASE, folder)
    assert [e.record for e in found] == [
        "Person_01/rec_1",
        "Person_01/rec_2",
        "Person_01/rec_10",
        "Person_02/rec_1",
    ]
    assert [e.subject for e in found] == ["Person_01"] * 3 + ["Person_02"]
    assert found[0].labels == {"age": 25, "sex": "M", "day": "2004-12-07", "session": 0}
    assert [e.labels["session"] for e in found] == [0, 1, 0, 0]
    assert found[3].labels["day"] == "2005-03-15"


def test_signals(tmp_path):
    truth = record(tmp_path, "Person_07", 3, seed=4)
    (entry,) = entries(DATABASE, tmp_path)
    (found,) = whole(DATABASE, entry)
    assert [c.name for c in found.channels] == ["ECG I", "ECG I filtered"]
    assert {(c.lead, c.unit, c.sampling_rate) for c in found.channels} == {("I", "mV", 500)}
    np.testing.assert_allclose(found.channels[0].samples, truth[:, 0], atol=1e-3)


def test_an_impossible_date_is_named(folder):
    record(folder, "Person_03", 1, date="31.02.2005")
    with pytest.raises(RecordError, match=r"rec_1\.hea.*31\.02\.2005"):
        list(DATABASE.find(folder))


def test_sessions_are_counted_as_in_the_development_table(shared_data):
    """The table was made of all originals by somebody else."""
    days, sessions = defaultdict(set), {}
    for entry in DEVELOPMENT["ecgid"].find(shared_data):
        days[entry.subject].add(entry.labels["day"])
        sessions[entry.subject, entry.labels["day"]] = entry.labels["session"]
    assert len(days) == DATABASE.subjects
    for (person, day), session in sessions.items():
        assert sorted(days[person]).index(day) == session
