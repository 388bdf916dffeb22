import csv

import h5py
import numpy as np
import pytest

from cardioprint.datasets.code15 import DATABASE, LEADS
from cardioprint.errors import RecordError
from entries import entries, whole

HEADER = (
    "exam_id,age,is_male,nn_predicted_age,1dAVb,RBBB,LBBB,SB,ST,AF,patient_id,death,timey,"
    "normal_ecg,trace_file"
)
"""Columns of exams.csv as https://zenodo.org/records/4916206 describes them; there also: the two
data sets of exams_part*.hdf5, and death and follow-up with a patient's first exam only."""


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "code15"


@pytest.fixture
def parts(tmp_path):
    """Return two parts in the publisher's layout, and the tracings."""
    rng = np.random.default_rng(0)
    tracings = np.zeros((4, 4096, 12), np.float32)
    tracings[0] = rng.normal(size=(4096, 12))
    tracings[1, 581:3515] = rng.normal(size=(2934, 12))
    tracings[1, 1000] = 0  # a sample of zeros inside a recording is one
    tracings[3, 48:4048, 3:] = rng.normal(size=(4000, 9))
    lines = [
        "22,61,True,60.1,False,False,False,False,True,False,7,True,1.25,False,exams_part10.hdf5",
        "33,50,False,44,False,True,False,False,False,True,8,False,6.5,False,exams_part2.hdf5",
        "11,61,True,60.1,False,False,False,False,False,False,7,,,True,exams_part2.hdf5",
        "44,30,False,31,False,False,False,False,False,False,9,False,2,True,exams_part2.hdf5",
        "55,30,False,31,False,False,False,False,False,False,9,False,2,True,exams_part17.hdf5",
    ]
    (tmp_path / "exams.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    for part, exams, rows in ((2, [11, 33, 44, 0], [0, 1, 2, 2]), (10, [22, 99], [3, 0])):
        with h5py.File(tmp_path / f"exams_part{part}.hdf5", "w") as file:
            file["exam_id"] = np.array(exams)
            file["tracings"] = tracings[rows]
    return tmp_path, tracings


def test_exams_in_the_publisher_s_layout(parts):
    folder, _ = parts
    found = entries(DATABASE, folder)
    # 0 fills a part up, 99 is in no table, 55 in a part that is not there.
    assert [e.record for e in found] == ["11", "33", "44", "22"]
    assert [e.subject for e in found] == ["7", "8", "9", "7"]
    labels = {e.record: e.labels for e in found}
    assert labels["33"] == {
        "age": 50,
        "sex": "F",
        "rhythm": "af",
        "diagnosis": "RBBB;AF",
        "normal_ecg": 0,
        "death": 0,
        "followup": 6.5,
    }
    assert (labels["22"]["death"], labels["22"]["followup"]) == (1, 1.25)
    assert labels["22"]["rhythm"] == "sinus", "ST is sinus tachycardia"
    assert "death" not in labels["11"] and "followup" not in labels["11"]
    assert "rhythm" not in labels["11"]


def test_padding_is_no_signal(parts):
    folder, tracings = parts
    full, padded, zeros, leads = DATABASE.find(folder)
    (record,) = whole(DATABASE, full)
    assert [c.lead for c in record.channels] == list(LEADS)
    assert {(c.sampling_rate, c.unit) for c in record.channels} == {(400, "mV")}
    np.testing.assert_array_equal(record.channels[11].samples, tracings[0, :, 11])
    (record,) = whole(DATABASE, padded)
    np.testing.assert_array_equal(record.channels[0].samples, tracings[1, 581:3515, 0])
    (record,) = whole(DATABASE, leads)
    assert len(record.channels[0].samples) == 4000, "three leads are off, nine are not"
    with pytest.raises(RecordError, match="exam 44 is all zeros"):
        list(DATABASE.read(zeros))


def test_ten_original_exams_in_the_toolkit_s_layout(original):
    """The table of the ten also holds mean and deviation of every lead."""
    found = entries(DATABASE, original)
    with (original / "meta.csv").open() as stream:
        rows = {row["exam_id"]: row for row in csv.DictReader(stream)}
    assert {e.record for e in found} == set(rows)
    for entry in found:
        row = rows[entry.record]
        assert entry.subject == row["patient_id"]
        assert entry.labels["age"] == float(row["age"])
        assert entry.labels["sex"] == ("M" if row["is_male"] == "True" else "F")
        assert entry.labels.get("followup") == (float(row["timey"]) if row["timey"] else None)
        (record,) = whole(DATABASE, entry)
        assert record.channels[0].sampling_rate == 400
        for i, channel in enumerate(record.channels):
            assert channel.lead == LEADS[i]
            assert len(channel.samples) == int(row["sample_size"])
            assert channel.samples.mean() == pytest.approx(float(row[f"mean_{i}"]), abs=1e-4)
            assert channel.samples.std() == pytest.approx(float(row[f"std_{i}"]), abs=1e-4)
    dead = {e.record for e in found if e.labels.get("death") == 1}
    assert dead == {"795649"}
    assert {e.record: e.labels for e in found}["795649"]["followup"] == pytest.approx(1.208218)


def test_missing_table_and_foreign_files(parts):
    folder, _ = parts
    for name in ("other", "exam_id"):
        with h5py.File(folder / "exams_part3.hdf5", "w") as file:
            file[name] = np.full(3, np.nan)
        with pytest.raises(RecordError, match=r"exams_part3\.hdf5.*exam_id"):
            list(DATABASE.find(folder))
    (folder / "exams.csv").unlink()
    with pytest.raises(RecordError, match=r"exams\.csv.*fetch exams\.csv"):
        list(DATABASE.find(folder))
