import shutil

import numpy as np
import pytest

from cardioprint.datasets.ppg_bp import COLUMNS, DATABASE
from cardioprint.datasets.spreadsheet import records_of
from cardioprint.errors import RecordError
from entries import entries, whole


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "ppg_bp_txt"


def test_people_and_labels(original):
    found = entries(DATABASE, original)
    assert [e.record for e in found] == ["2_1", "2_2", "2_3", "231_1"]
    assert [e.subject for e in found] == ["2", "2", "2", "231"]
    labels = dict(found[0].labels)
    assert labels.pop("bmi") == pytest.approx(27.268, abs=1e-3)
    assert labels == {
        "age": 45,
        "sex": "F",
        "height": 152,
        "weight": 63,
        "sbp": 161,
        "dbp": 89,
        "heart_rate": 97,
        "hypertension": 1,
        "hypertension_stage": "Stage 2 hypertension",
        "diabetes": 0,
        "cerebral_infarction": 0,
    }
    assert found[3].labels["hypertension"] == 0, "prehypertension is none"
    assert found[3].labels["diabetes"] == 1


def test_signals(original):
    entry = next(DATABASE.find(original))
    (record,) = whole(DATABASE, entry)
    (ppg,) = record.channels
    truth = np.array((original / "2_1.txt").read_text().split(), dtype=float)
    np.testing.assert_array_equal(ppg.samples, truth)
    assert (len(truth), ppg.sampling_rate, ppg.modality, ppg.site) == (2100, 1000, "ppg", "finger")


def test_two_segments_in_one_file_are_two_pieces(original):
    entry = list(DATABASE.find(original))[-1]
    pieces = whole(DATABASE, entry)
    assert [len(p.channels[0].samples) for p in pieces] == [2100, 2100]
    assert [p.channels[0].samples[0] for p in pieces] == [2219, 2122]
    assert pieces[0].name != pieces[1].name


def test_the_workbook_knows_219_people(original):
    people = records_of(original / "PPG-BP dataset.xlsx", COLUMNS)
    assert len({p["subject_ID"] for p in people}) == DATABASE.subjects == 219
    ill = sum(p["Hypertension"].startswith("Stage") for p in people)
    assert (ill, sum(p["Sex(M/F)"] == "Female" for p in people)) == (54, 115)


def test_files_that_do_not_belong_together(original, tmp_path):
    shutil.copy(original / "2_1.txt", tmp_path / "999_1.txt")
    with pytest.raises(RecordError, match=r"PPG-BP dataset\.xlsx is missing.*unpack"):
        list(DATABASE.find(tmp_path))
    shutil.copy(original / "PPG-BP dataset.xlsx", tmp_path)
    with pytest.raises(RecordError, match="no subject 999"):
        list(DATABASE.find(tmp_path))
