"""Layout: https://github.com/pulselabteam/PulseDB (Generate_Subsets.m, File_Preparation_Guide.md).

Fields of `Subj_Wins` after the supplementary material of doi:10.3389/fdgth.2022.1090854.
"""

import h5py
import numpy as np
import pytest

from cardioprint.datasets import pulsedb_mimic, pulsedb_vital
from cardioprint.datasets.splits import subject_key
from cardioprint.errors import RecordError, UnsafeFileError
from cardioprint.types import Modality
from database_files import entries, wave, write_mat73

MIMIC, VITAL = pulsedb_mimic.DATABASE, pulsedb_vital.DATABASE


def segment(i, subject="p000160", **more):
    ecg, ppg, abp = (wave(1250, 10 * i + k)[None] for k in range(3))
    return {
        "SubjectID": subject,
        "CaseID": "2174-11-06-10-12",
        "SegmentID": float(i),
        "ECG_Raw": ecg - ecg.min(),
        "PPG_Raw": ppg - ppg.min(),
        "ABP_Raw": abp,
        "SegSBP": 121.0 + i,
        "SegDBP": 60.5,
        "Age": 50.0,
        "Gender": "F",
        "IncludeFlag": 1.0,
        **{"ECG_Record": ecg, "PPG_Record": ppg},
        **more,
    }


def info(*rows):
    return {"Subset": [{"Subj_Name": name, "Subj_SegIDX": float(i)} for name, i in rows]}


@pytest.fixture
def root(tmp_path):
    parts = tmp_path / "Segment_Files"
    write_mat73(
        parts / "PulseDB_MIMIC" / "p000160.mat",
        {"Subj_Wins": [segment(0), segment(1, CaseID="2175-01-01-00-00", Age=51.0)]},
    )
    write_mat73(
        parts / "PulseDB_MIMIC" / "p000333.mat", {"Subj_Wins": segment(2, subject="p000333")}
    )
    size = {"Height": 171.0, "Weight": 59.7, "BMI": 20.4, "Gender": "M"}
    case = segment(3, subject="p004416", CaseID="5", **size)
    write_mat73(parts / "PulseDB_Vital" / "p004416.mat", {"Subj_Wins": [case]})
    folder = tmp_path / "Info_Files"
    write_mat73(folder / "Train_Info.mat", info(("p000160_0", 2), ("p000333_1", 1)))
    tests = info(("p000333_0", 1), ("p004416_1", 1))
    write_mat73(folder / "CalFree_Test_Info.mat", tests)
    return tmp_path


def test_a_segment_has_its_own_blood_pressure(root):
    first, second, third = entries(MIMIC, root)
    assert [e.record for e in (first, second, third)] == ["p000160/1", "p000160/2", "p000333/1"]
    assert subject_key(MIMIC, first) == "mimic3:p000160"
    assert first.labels == {
        "sbp": 121,
        "dbp": 60.5,
        "age": 50,
        "sex": "F",
        "case": "2174-11-06-10-12",
        "quality": "IncludeFlag 1",
    }
    assert (second.labels["sbp"], second.labels["age"]) == (122, 51)
    assert second.labels["subset"] == "Train"
    # A file of one segment keeps its values, not references to them.
    assert (third.labels["sbp"], third.labels["subset"]) == (123, "CalFree_Test")


def test_the_authors_test_people_are_on_the_test_side(root):
    assert [e.split for e in MIMIC.find(root)] == ["train", "train", "test"]
    assert [e.split for e in VITAL.find(root)] == ["test"]


def test_signals_come_in_the_units_of_the_source(root):
    entry = list(MIMIC.find(root))[1]
    (source,) = MIMIC.read(entry)
    ecg, ppg, abp = source.read().channels
    assert (ecg.modality, ecg.lead, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "II", "mV", 125)
    assert (ppg.modality, abp.modality, abp.unit) == (Modality.PPG, Modality.OTHER, "mmHg")
    np.testing.assert_allclose(ecg.samples, wave(1250, 10))
    (part,) = source.read(2, 4, ["PPG_Record"]).channels
    np.testing.assert_allclose(part.samples, wave(1250, 11)[250:500])


def test_files_without_units_are_kept_as_arbitrary(tmp_path, root):
    scaled = {k: v for k, v in segment(0).items() if not k.endswith("_Record")}
    write_mat73(root / "Segment_Files/PulseDB_MIMIC/p000160.mat", {"Subj_Wins": [scaled]})
    (source,) = MIMIC.read(entries(MIMIC, root)[0])
    ecg, ppg = source.channels[:2]
    assert (ecg.name, ecg.unit, ppg.name, ppg.unit) == ("ECG_Raw", "a.u.", "PPG_Raw", "a.u.")


def test_people_of_vitaldb_are_spelled_as_there(root):
    (entry,) = entries(VITAL, root)
    assert subject_key(VITAL, entry) == "vitaldb:s4416"
    assert (entry.labels["height"], entry.labels["bmi"], entry.labels["case"]) == (171, 20.4, "5")


@pytest.mark.parametrize("folder", ["Segment_Files", "Segment_Files/PulseDB_MIMIC"])
def test_the_folder_of_the_segments_will_do(root, folder):
    assert len(list(MIMIC.find(root / folder))) == 3


def test_a_part_that_was_not_fetched_is_no_entry(root):
    (root / "Segment_Files/PulseDB_Vital/p004416.mat").unlink()
    assert list(VITAL.find(root)) == []


def test_without_the_info_files_test_people_would_be_trained_on(root):
    (root / "Info_Files/CalFree_Test_Info.mat").unlink()
    with pytest.raises(RecordError, match=r"CalFree_Test_Info\.mat.*test people"):
        list(MIMIC.find(root))


def test_a_field_in_another_file_is_refused(root):
    path = root / "Segment_Files/PulseDB_MIMIC/p000333.mat"
    with h5py.File(path, "r+") as file:
        del file["Subj_Wins/ECG_Record"]
        file["Subj_Wins/ECG_Record"] = h5py.ExternalLink("elsewhere.mat", "/x")
    entry = list(MIMIC.find(root))[2]
    with pytest.raises(UnsafeFileError, match="another file"):
        list(MIMIC.read(entry))


def test_a_damaged_file_is_named(root):
    path = root / "Segment_Files/PulseDB_MIMIC/p000333.mat"
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(RecordError, match=r"p000333\.mat"):
        list(MIMIC.find(root))
