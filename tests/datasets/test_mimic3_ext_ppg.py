"""Layout: https://github.com/AI4HealthUOL/MIMIC-III-Ext-PPG_dataset (README, Source_codes)."""

import numpy as np
import pytest

from cardioprint.datasets.mimic3_ext_ppg import DATABASE
from cardioprint.errors import RecordError, UnsafeFileError
from cardioprint.types import Modality
from database_files import entries, wave, write_csv, write_wfdb

NAMES = ("3000060_0002_0_2", "3000060_0002_0_4")


def row(name, **more):
    return {
        "signal_file_name": name,
        "folder_path": f"p00/p000188/{name}",
        "subject_id": 188,
        "event_rhythm": "AF",
        "age": 61.5,
        "gender": "F",
        "median_30s_hr": 91.25,
        "median_30s_sbp": "",
        "strat_fold": 3,
        "vector_10s_pleth_sqi": "[1, 1, 0]",
        **more,
    }


@pytest.fixture
def root(tmp_path):
    for i, name in enumerate(NAMES):
        signals = {"PLETH": (wave(3750, i), "NU"), "II": (wave(3750, i + 9), "mV")}
        write_wfdb(tmp_path / "p00" / "p000188", name, signals, 125)
    missing = row("3000060_0002_0_6")
    rows = [row(NAMES[0]), row(NAMES[1], event_rhythm="PVC", age=">89"), missing]
    write_csv(tmp_path / "metadata.csv", rows)
    return tmp_path


def test_a_segment_has_the_rhythm_of_its_row(root):
    first, second = entries(DATABASE, root)
    assert [e.record for e in (first, second)] == list(NAMES)
    assert first.subject == "p000188"
    assert first.labels == {
        "rhythm": "af",
        "event_rhythm": "AF",
        "age": 61.5,
        "sex": "F",
        "heart_rate": 91.25,
        "quality": "[1, 1, 0]",
        "strat_fold": "3",
    }
    assert (second.labels["rhythm"], second.labels["age_over"]) == ("pvc", 89)
    (source,) = DATABASE.read(second)
    ppg, ecg = source.read().channels
    assert (ppg.modality, ecg.modality, ecg.lead) == (Modality.PPG, Modality.ECG, "II")
    np.testing.assert_allclose(ecg.samples, wave(3750, 10))


def test_a_path_that_is_a_mere_folder_is_understood(root):
    write_csv(root / "metadata.csv", [row(NAMES[0], folder_path="p00/p000188")])
    (entry,) = entries(DATABASE, root)
    assert entry.record == NAMES[0]


def test_without_the_table_nobody_knows_whose_a_segment_is(root):
    (root / "metadata.csv").unlink()
    with pytest.raises(RecordError, match=r"metadata\.csv.*fetch metadata\.csv"):
        list(DATABASE.find(root))


def test_a_column_that_is_gone_is_named(root):
    write_csv(root / "metadata.csv", [{"signal_file_name": "x"}])
    with pytest.raises(RecordError, match="'folder_path', 'subject_id', 'event_rhythm'"):
        list(DATABASE.find(root))


def test_a_path_that_leaves_the_folder_is_refused(root):
    write_csv(root / "metadata.csv", [row("x", folder_path="../../etc/x")])
    with pytest.raises(UnsafeFileError):
        list(DATABASE.find(root))
