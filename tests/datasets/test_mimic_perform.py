"""Layout: mimic_perform_dataset_converter.m of https://github.com/peterhcharlton/ppg-beats."""

import numpy as np
import pytest
import scipy.io

from cardioprint.datasets.mimic_perform import DATABASE
from cardioprint.datasets.splits import split_of, subject_key
from cardioprint.errors import RecordError
from cardioprint.types import Modality
from database_files import entries, wave, write_csv, write_wfdb

PPG, ECG, RESP = (wave(1250, i) for i in range(3))
METHODS = (
    "PPG, PPG recorded using bedside monitor",
    "ECG, ECG recorded using bedside monitor, lead II",
    "resp, Impedance pneumography respiratory signal",
)


def write_table(root, name, subject, group=""):
    folder, stem = root / f"{name[:-4]}_csv", name
    times = np.arange(1250) / 125
    rows = zip(times, PPG, ECG, RESP, strict=True)
    write_csv(
        folder / f"{stem}_data.csv",
        [dict(zip(("Time", "PPG", "ECG", "resp"), row, strict=True)) for row in rows],
    )
    (folder / f"{stem}_fix.txt").write_text(
        f"{stem}\nSignals: {'; and '.join(METHODS)}\nSampling frequency: 125 Hz\n"
        f"Original Subject ID: {subject}\nOriginal Recording ID: {subject}-x\n"
        f"Original file: x\nGroup: {group}\n"
    )


def write_record(root, name, subject):
    signals = dict(zip(METHODS[:2], ((PPG, "NU"), (ECG, "mV")), strict=True))
    comment = f"<Original Subject ID>: {subject} <Original Recording ID>: x <subject group>: n"
    write_wfdb(root / f"{name[:-4]}_wfdb", name, signals, 125, comments=[comment])


def write_matlab(root, name, subjects):
    data = [
        {
            "ppg": {"v": PPG, "fs": 125.0, "method": METHODS[0]},
            "ekg": {"v": ECG, "fs": 125.0, "method": "ECG, lead V"},
            "fix": {"subj_id": subject, "rec_id": "x", "group": "a"},
        }
        for subject in subjects
    ]
    scipy.io.savemat(root / f"{name}_data.mat", {"data": data, "source": "x"})


def test_a_table_has_its_lead_and_rhythm(tmp_path):
    write_table(tmp_path, "mimic_perform_af_001", "p092846")
    (entry,) = entries(DATABASE, tmp_path)
    assert (entry.record, entry.labels) == ("af_001", {"rhythm": "af", "group": "adult"})
    assert subject_key(DATABASE, entry) == "mimic3:p092846"
    assert split_of(DATABASE, entry) == "test"  # an evaluation set, whatever its parts are called
    (source,) = DATABASE.read(entry)
    ppg, ecg, resp = source.read().channels
    assert (ecg.modality, ecg.lead, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "II", "mV", 125)
    assert (ppg.modality, resp.modality) == (Modality.PPG, Modality.OTHER)
    np.testing.assert_allclose(ecg.samples, ECG, atol=1e-6)


def test_wfdb_is_preferred_and_nothing_is_listed_twice(tmp_path):
    write_table(tmp_path, "mimic_perform_train_all_001", "3000001", group="n")
    write_record(tmp_path, "mimic_perform_train_all_001", "3000001")
    write_table(tmp_path, "mimic_perform_train_n_001", "3000001", group="n")
    write_table(tmp_path, "mimic_perform_test_a_001", "3000002", group="a")
    test, train = entries(DATABASE, tmp_path)
    assert (train.record, train.split, train.labels) == (
        "train_all_001",
        "train",
        {"group": "newborn"},
    )
    assert train.path.endswith(".hea")
    assert (test.record, test.split) == ("test_a_001", "test")
    (source,) = DATABASE.read(train)
    assert [c.modality for c in source.channels] == [Modality.PPG, Modality.ECG]
    assert source.channels[1].lead == "II"


def test_matlab_files_hold_all_people_of_a_set(tmp_path):
    write_matlab(tmp_path, "mimic_perform_non_af", ["p000001", "p000002"])
    first, second = entries(DATABASE, tmp_path)
    assert [e.subject for e in (first, second)] == ["p000001", "p000002"]
    assert second.labels == {"rhythm": "sinus", "group": "adult"}
    (source,) = DATABASE.read(second)
    ppg, ecg = source.read().channels
    assert (ecg.lead, ecg.unit) == ("V", "mV")
    np.testing.assert_allclose(ppg.samples, PPG)


def test_a_table_without_its_facts_is_no_entry(tmp_path):
    write_table(tmp_path, "mimic_perform_af_001", "p092846")
    (tmp_path / "mimic_perform_af_csv" / "mimic_perform_af_001_fix.txt").unlink()
    assert entries(DATABASE, tmp_path) == []


def test_a_matlab_file_of_another_layout_is_named(tmp_path):
    scipy.io.savemat(tmp_path / "mimic_perform_af_data.mat", {"data": {"x": 1.0}})
    with pytest.raises(RecordError, match="mimic_perform_af_data"):
        list(DATABASE.find(tmp_path))
