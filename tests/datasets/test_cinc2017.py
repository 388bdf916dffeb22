import shutil

import numpy as np
import pytest
from scipy.io import loadmat

from cardioprint.datasets.cinc2017 import DATABASE
from cardioprint.errors import RecordError
from entries import entries, whole


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "cinc2017_mat"


def test_original_records(original):
    one, four = entries(DATABASE, original)
    assert (one.record, one.labels, one.subject) == ("A00001", {"rhythm": "sinus"}, "")
    assert four.labels == {"rhythm": "af"}
    (record,) = whole(DATABASE, four)
    (ecg,) = record.channels
    counts = loadmat(original / "A00004.mat")["val"][0]
    np.testing.assert_allclose(ecg.samples, counts / 1000, atol=1e-6)
    assert (ecg.sampling_rate, ecg.duration, ecg.unit, ecg.modality) == (300, 30, "mV", "ecg")


def test_newer_classes_win_and_the_validation_copies_are_passed_over(original, tmp_path):
    for place in ("training/A00", "validation"):
        (tmp_path / place).mkdir(parents=True)
        for name in ("A00001.hea", "A00001.mat"):
            shutil.copyfile(original / name, tmp_path / place / name)
    (tmp_path / "training" / "REFERENCE.csv").write_text("A00001,N\n")
    (tmp_path / "REFERENCE-v3.csv").write_text("A00001,~\nA00002,O\n")
    (entry,) = entries(DATABASE, tmp_path)
    assert entry.labels == {"quality": "noisy"}
    assert "validation" not in entry.path


def test_missing_and_odd_classes(original, tmp_path):
    shutil.copyfile(original / "A00001.hea", tmp_path / "A00001.hea")
    with pytest.raises(RecordError, match=r"classes is missing.*REFERENCE-v3\.csv"):
        list(DATABASE.find(tmp_path))
    (tmp_path / "REFERENCE.csv").write_text("A00001,X\n")
    with pytest.raises(RecordError, match="A00001,X"):
        list(DATABASE.find(tmp_path))
