"""Layout: https://physionet.org/content/mimic3wdb-matched/1.0/ (Data Description)."""

import numpy as np
import pytest

from cardioprint.datasets.mimic3wdb_matched import DATABASE
from cardioprint.datasets.splits import subject_key
from cardioprint.errors import RecordError
from cardioprint.types import Modality
from database_files import entries, wave, write_csv, write_segments, write_wfdb

NAME = "p000020-2183-04-28-17-47"
ECG, PPG, LATER = wave(1250), wave(1250, 1), wave(2500, 2)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "p00" / "p000020"
    write_segments(
        folder,
        NAME,
        "3544749_layout",
        [
            ("3544749_0001", {"II": (ECG, "mV"), "PLETH": (PPG, "NU")}),
            ("~", 500),
            ("3544749_0002", {"II": (LATER, "mV")}),
        ],
        125,
        when="17:47:00 28/04/2183",
    )
    write_wfdb(folder, f"{NAME}n", {"HR": (wave(60), "bpm")}, 1)
    return tmp_path


def test_one_record_a_stay_and_no_numerics(root):
    (entry,) = entries(DATABASE, root)
    assert (entry.record, entry.subject) == (NAME, "p000020")
    assert subject_key(DATABASE, entry) == "mimic3:p000020"
    assert entry.labels == {"day": "2183-04-28"}
    (source,) = DATABASE.read(entry)
    ecg, ppg = source.channels
    assert (ecg.modality, ecg.lead, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "II", "mV", 125)
    assert (ppg.modality, ppg.n_samples) == (Modality.PPG, 1250 + 500 + 2500)


def test_gaps_and_absent_signals_are_missing_samples(root):
    (entry,) = DATABASE.find(root)
    (source,) = DATABASE.read(entry)
    ecg, ppg = (c.samples for c in source.read().channels)
    np.testing.assert_allclose(ecg[:1250], ECG)
    assert np.isnan(ecg[1250:1750]).all()
    np.testing.assert_allclose(ecg[1750:], LATER)
    np.testing.assert_allclose(ppg[:1250], PPG)
    assert np.isnan(ppg[1250:]).all()
    late = source.read(20, 24, ["II"]).channels[0]
    assert late.start == 20
    np.testing.assert_allclose(late.samples, LATER[750:1250])


@pytest.mark.parametrize("name", ["3544749_0002.dat", "3544749_0001.hea"])
def test_a_record_with_a_missing_segment_is_no_entry(root, name):
    (root / "p00" / "p000020" / name).unlink()
    assert entries(DATABASE, root) == []


def test_a_damaged_header_is_an_entry_whose_reading_says_so(root):
    (root / "p00" / "p000020" / f"{NAME}.hea").write_text("nonsense")
    (entry,) = DATABASE.find(root)
    with pytest.raises(RecordError):
        list(DATABASE.read(entry))


def test_people_come_from_the_clinical_table_where_it_is_there(root):
    row = {"SUBJECT_ID": 20, "GENDER": "F", "DOB": "2107-04-28 00:00:00", "EXPIRE_FLAG": 1}
    write_csv(root / "PATIENTS.csv", [row | {"DOD": "2185-04-28 00:00:00"}])
    (entry,) = entries(DATABASE, root)
    assert entry.labels["sex"] == "F"
    assert entry.labels["age"] == pytest.approx(76, abs=0.01)
    assert entry.labels["death"] == 1
    assert entry.labels["followup"] == pytest.approx(2, abs=0.01)


def test_masked_ages_are_only_a_bound(root):
    row = {"SUBJECT_ID": 20, "GENDER": "M", "DOB": "1883-04-28 00:00:00", "EXPIRE_FLAG": 0}
    write_csv(root / "PATIENTS.csv", [row | {"DOD": ""}])
    (entry,) = entries(DATABASE, root)
    assert entry.labels == {"day": "2183-04-28", "sex": "M", "age_over": 89, "death": 0}


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(RecordError, match="no such folder"):
        list(DATABASE.find(tmp_path / "nowhere"))
