"""Layout: https://physionet.org/content/butppg/2.0.0/."""

import numpy as np
import pytest

from cardioprint.datasets.but_ppg import DATABASE
from cardioprint.errors import RecordError
from cardioprint.types import Modality
from database_files import entries, wave, write_csv, write_wfdb

RED, ECG = wave(300, 1), wave(10_000, 2)


@pytest.fixture
def root(tmp_path):
    person = {
        "Age [years]": 23,
        "Gender": "F",
        "Height [cm]": 165,
        "Weight [kg]": 60,
        "Ear/finger": 1,
        "Motion": 2,
        "Blood pressure [mmHg]": "118/76",
    }
    ids = ("100001", "112001", "112002")
    rows = [{"ID": i, **person} for i in ids]
    rows[1] |= {"Ear/finger": 0, "Blood pressure [mmHg]": "", "Height [cm]": ""}
    write_csv(tmp_path / "subject-info.csv", rows, bom=True)
    rows = [{"ID": i, "Quality": q, "HR": h} for i, q, h in zip(ids, "101", "738", strict=True)]
    rows[0]["HR"] = 73
    write_csv(tmp_path / "quality-hr-ann.csv", rows)
    for record in ids[:2]:
        folder = tmp_path / record
        write_wfdb(folder, f"{record}_PPG", {"PPG_R": (RED, "NU"), "PPG_G": (RED / 2, "NU")}, 30)
        write_wfdb(folder, f"{record}_ECG", {"ECG": (ECG, "mV")}, 1000)
    (tmp_path / "112001" / "112001_ECG.hea").unlink()
    return tmp_path


def test_a_recording_has_quality_and_person(root):
    first, second = entries(DATABASE, root)  # the third is not there yet
    assert (first.record, first.subject, second.subject) == ("100001", "100", "112")
    assert first.labels == {
        "age": 23,
        "sex": "F",
        "height": 165,
        "weight": 60,
        "sbp": 118,
        "dbp": 76,
        "heart_rate": 73,
        "quality": "good",
        "Motion": "2",
        "Ear/finger": "finger",
    }
    assert second.labels["quality"] == "bad"
    assert not {"sbp", "height", "heart_rate"} & second.labels.keys()  # nobody's heart beats at 3


def test_ppg_and_ecg_begin_together(root):
    first, second = DATABASE.find(root)
    (source,) = DATABASE.read(first)
    red, green, ecg = source.read().channels
    assert (red.modality, red.site, red.sampling_rate) == (Modality.PPG, "finger", 30)
    assert (ecg.modality, ecg.unit, ecg.sampling_rate, ecg.start) == (Modality.ECG, "mV", 1000, 0)
    np.testing.assert_allclose(green.samples, RED / 2, atol=1 / 256)
    np.testing.assert_allclose(ecg.samples, ECG)
    (source,) = DATABASE.read(second)
    assert [(c.modality, c.site) for c in source.channels] == [(Modality.PPG, "ear")] * 2


@pytest.mark.parametrize("table", ["subject-info.csv", "quality-hr-ann.csv"])
def test_a_missing_table_is_named_with_the_fix(root, table):
    (root / table).unlink()
    with pytest.raises(RecordError, match=rf"{table}.*\n?.*[Ff]ix"):
        list(DATABASE.find(root))
