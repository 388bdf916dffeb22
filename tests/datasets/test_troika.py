from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from cardioprint.datasets.troika import DATABASE, reference
from cardioprint.errors import RecordError
from entries import entries, whole


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "troika_mat"


def test_the_original_recording(original):
    (entry,) = entries(DATABASE, original)
    assert (entry.record, entry.subject) == ("DATA_01_TYPE01", "01")
    assert entry.labels["heart_rate"] == pytest.approx(133.4057, abs=1e-4)
    (record,) = whole(DATABASE, entry)
    truth = loadmat(original / "DATA_01_TYPE01.mat")["sig"]
    for channel, row in zip(record.channels, truth, strict=True):
        np.testing.assert_array_equal(channel.samples, row.astype(np.float32))
    names = [c.name for c in record.channels]
    assert names == ["ECG", "PPG1", "PPG2", "ACC x", "ACC y", "ACC z"]
    assert [c.unit for c in record.channels[:2]] == ["a.u.", ""], "its ECG is in counts"
    assert {c.sampling_rate for c in record.channels} == {125}
    assert record.channels[1].site == "wrist"


def test_the_heart_rate_is_one_number_every_two_seconds(original):
    truth = reference(original / "DATA_01_TYPE01.mat")
    assert truth.shape == (148,)
    assert truth[0] == pytest.approx(74.3392, abs=1e-4)
    # 303.5 s hold 148 windows of 8 s that begin every 2 s.
    assert (303.496 - 8) // 2 + 1 == 148


def test_the_competition_s_name_of_the_truth(tmp_path):
    savemat(tmp_path / "DATA_05_TYPE02.mat", {"sig": np.zeros((6, 1000))})
    savemat(tmp_path / "DATA_05_TYPE02_BPMtrace.mat", {"BPM0": np.array([[100.0], [110.0]])})
    (entry,) = entries(DATABASE, tmp_path)
    assert entry.labels == {"activity": "treadmill, 6 and 12 km/h", "heart_rate": 105}


def test_missing_and_damaged_truth(tmp_path):
    savemat(tmp_path / "DATA_05_TYPE02.mat", {"sig": np.zeros((6, 1000))})
    (entry,) = entries(DATABASE, tmp_path)
    assert "heart_rate" not in entry.labels
    (tmp_path / "REF_05_TYPE02.mat").write_bytes(b"MATLAB 5.0 MAT-file, cut short")
    with pytest.raises(RecordError, match="REF_05_TYPE02"):
        list(DATABASE.find(tmp_path))
    Path(entry.path).write_bytes(b"")
    with pytest.raises(RecordError, match="DATA_05_TYPE02"):
        list(DATABASE.read(entry))
