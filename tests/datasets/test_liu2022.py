from collections import Counter

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from cardioprint.datasets.liu2022 import DATABASE
from cardioprint.errors import RecordError
from entries import entries, whole


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "liu_mat"


def test_the_original_patient(original):
    found = entries(DATABASE, original)
    assert {e.subject for e in found} == {"MPA_181220181216"}
    assert found[5].record == "MPA_181220181216/5"
    assert Counter(e.labels["rhythm"] for e in found) == {
        "svt": 90,
        "sinus": 51,
        "pvc": 25,
        "af": 21,
        "vt": 10,
        "pac": 2,
    }
    truth = loadmat(original / "MPA_181220181216.mat")
    names = ("sinus", "pvc", "pac", "vt", "svt", "af")
    for i in (0, 100, 198):
        (record,) = whole(DATABASE, found[i])
        (ppg,) = record.channels
        np.testing.assert_allclose(ppg.samples, truth["ppgseg"][i], atol=1e-7)
        assert found[i].labels["rhythm"] == names[truth["labels"][i, 0]]
        assert (ppg.sampling_rate, ppg.duration, ppg.modality) == (100, 10, "ppg")


def test_more_segments_than_samples(tmp_path):
    """The longer axis is then not that of time."""
    segments = np.arange(1200)[:, None] + np.linspace(0, 0.5, 1000)
    savemat(tmp_path / "MPA_1.mat", {"ppgseg": segments, "labels": np.zeros((1200, 1), np.uint8)})
    found = entries(DATABASE, tmp_path)
    (record,) = whole(DATABASE, found[1199])
    np.testing.assert_allclose(record.channels[0].samples, segments[1199], rtol=1e-6)


def test_the_publisher_s_split(tmp_path):
    for name in ("MPA_1", "MPA_2", "MPA_3"):
        savemat(tmp_path / f"{name}.mat", {"ppgseg": np.zeros((1, 1000)), "labels": [[5]]})
    (tmp_path / "validsubjects.txt").write_text("'MPA_1.mat'\n'MPA_9.mat'")
    (tmp_path / "testsubjects.txt").write_text("'MPA_2.mat'")
    assert [e.split for e in entries(DATABASE, tmp_path)] == ["valid", "test", ""]


def test_damage_is_named(tmp_path):
    path = tmp_path / "MPA_1.mat"
    savemat(path, {"ppgseg": np.zeros((1, 1000)), "labels": [[6]]})
    with pytest.raises(RecordError, match="label 6 of segment 0"):
        list(DATABASE.find(tmp_path))
    (tmp_path / "MPA_1.mat").rename(tmp_path / "MPA_2.mat")
    savemat(tmp_path / "MPA_2.mat", {"ppgseg": np.zeros((1, 500)), "labels": [[1]]})
    (entry,) = DATABASE.find(tmp_path)
    with pytest.raises(RecordError, match="no segment 0 of 1000 samples"):
        list(DATABASE.read(entry))
    (tmp_path / "MPA_3.mat").write_bytes(b"nothing of the kind")
    with pytest.raises(RecordError, match="MPA_3"):
        list(DATABASE.find(tmp_path))
