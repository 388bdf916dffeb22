import numpy as np
import pytest

from cardioprint.datasets.ludb import DATABASE
from entries import entries, whole
from wfdb_files import write


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "ludb_wfdb"


def test_people_and_labels(original):
    one, eight = entries(DATABASE, original)
    assert (one.subject, one.labels["age"], one.labels["sex"]) == ("1", 51, "F")
    assert (one.labels["rhythm"], eight.labels["rhythm"]) == ("sinus", "af")
    assert one.labels["diagnosis"].startswith("Rhythm: Sinus bradycardia;Electric axis")
    assert "Left ventricular hypertrophy" in one.labels["diagnosis"].split(";")


def test_one_count_is_one_microvolt(original):
    """The header's gain is each lead's own peak-to-peak: 1716 for lead i of record 1."""
    (record,) = whole(DATABASE, next(DATABASE.find(original)))
    counts = np.fromfile(original / "1.dat", "<i2").reshape(-1, 12)
    for i, channel in enumerate(record.channels):
        np.testing.assert_allclose(channel.samples, counts[:, i] * 1e-3, atol=1e-6)
    assert np.ptp(record.channels[0].samples) == pytest.approx(1.716, abs=1e-5)
    assert (record.channels[3].lead, record.channels[0].unit) == ("aVR", "mV")
    assert {c.sampling_rate for c in record.channels} == {500}


def test_numbers_are_sorted_as_numbers_and_old_people_are_old(tmp_path):
    for name, lines in (
        ("10", ["<age>: >89", "<sex>: M", "<diagnoses>:", "Rhythm: Atrial flutter, typical."]),
        ("9", ["<age>: 17", "<sex>: F", "<diagnoses>:", "Rhythm: Irregular sinus rhythm."]),
    ):
        write(tmp_path, name, comments=lines)
    nine, ten = entries(DATABASE, tmp_path)
    assert (nine.record, nine.labels["rhythm"]) == ("9", "sinus")
    assert (ten.labels["age_over"], ten.labels["rhythm"]) == (89, "flutter")
