import csv
import shutil

import numpy as np
import pytest

from cardioprint.datasets.bidmc import DATABASE
from cardioprint.errors import RecordError
from entries import entries, whole
from wfdb_files import write

ABOUT = (
    "<age>: {age} <sex>: {sex} <location>: micu <source>: "
    "https://physionet.org/physiobank/database/mimic2wdb/matched/{subject}/ <data segment>: "
    "3195-12-18-05-38<modifications>: this is not a verbatim copy of an original file."
)
"""Comment of a header, by the publisher's own script (peterhcharlton/RRest, RRest_v3.0,
BIDMC_data_importer.m), which also puts a comma behind every channel's name."""


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "bidmc_csv"


@pytest.fixture
def records(tmp_path):
    """Return a folder of WFDB records in the publisher's layout."""
    people = ((1, "88", "M", "s01182"), (6, "90+", "F", "s03386"), (7, "90+", "F", "s03386"))
    for number, age, sex, subject in people:
        write(
            tmp_path,
            f"bidmc{number:02d}",
            fs=125,
            units=("pm", "NU", "mV"),
            names=("RESP,", "PLETH,", "II,"),
            signals=np.random.default_rng(number).normal(size=(1000, 3)),
            comments=[ABOUT.format(age=age, sex=sex, subject=subject)],
        )
        write(tmp_path, f"bidmc{number:02d}n", fs=1, units=("bpm", "%"), names=("HR,", "SpO2,"))
    return tmp_path


def test_people_and_labels_of_the_publisher_s_tables(original):
    one, two = entries(DATABASE, original)
    assert (one.record, one.subject, two.subject) == ("bidmc_01", "s01182", "s01241")
    assert one.labels == {
        "age": 88,
        "sex": "M",
        "location": "micu",
        "heart_rate": 91,
        "respiratory_rate": 21,
        "spo2": 97,
    }
    assert two.labels["respiratory_rate"] == 15


def test_signals_of_the_publisher_s_tables(original):
    (record,) = whole(DATABASE, next(DATABASE.find(original)))
    channels = {c.name: c for c in record.channels}
    assert list(channels) == ["RESP", "PLETH", "V", "AVR", "II"]
    assert {c.sampling_rate for c in record.channels} == {125}
    assert (channels["II"].unit, channels["II"].lead) == ("mV", "II")
    assert channels["PLETH"].modality == "ppg"
    with (original / "bidmc_01_Signals.csv").open() as stream:
        rows = list(csv.reader(stream))
    truth = np.array(rows[1:], dtype=float)[:, [h.strip() for h in rows[0]].index("II")]
    np.testing.assert_allclose(channels["II"].samples, truth, atol=1e-6)
    assert len(truth) == 60_001


def test_headers_in_the_publisher_s_layout(records):
    found = entries(DATABASE, records)
    assert [e.record for e in found] == ["bidmc_01", "bidmc_06", "bidmc_07"]
    assert [e.subject for e in found] == ["s01182", "s03386", "s03386"]
    assert found[0].labels == {"age": 88, "sex": "M", "location": "micu"}
    assert found[1].labels == {"age_over": 89, "sex": "F", "location": "micu"}
    (record,) = whole(DATABASE, found[0])
    assert [(c.name, c.modality, c.unit) for c in record.channels] == [
        ("RESP", "other", "pm"),
        ("PLETH", "ppg", "NU"),
        ("II", "ecg", "mV"),
    ]


def test_both_layouts_together_give_each_recording_once(records, original):
    shutil.copytree(original, records / "bidmc_csv")
    found = entries(DATABASE, records)
    assert [e.record for e in found] == ["bidmc_01", "bidmc_02", "bidmc_06", "bidmc_07"]
    assert found[0].path.endswith("bidmc01.hea")
    assert found[0].labels["heart_rate"] == 91  # of the numerics beside the tables


def test_without_its_person_a_recording_is_refused(tmp_path, records):
    (tmp_path / "bidmc_09_Signals.csv").write_text("Time [s], II\n0,1\n")
    with pytest.raises(RecordError, match=r"bidmc_09_Fix\.txt is missing.*put"):
        list(DATABASE.find(tmp_path))
    (tmp_path / "bidmc_09_Fix.txt").write_text("Age: 3\n")
    with pytest.raises(RecordError, match="number of the person"):
        list(DATABASE.find(tmp_path))
