"""Layout: https://physionet.org/content/pulse-transit-time-ppg/1.1.0/."""

import numpy as np
import pytest

from cardioprint.datasets.pulse_transit_time_ppg import DATABASE
from cardioprint.types import Modality
from database_files import entries, wave, write_csv, write_wfdb

NAMES = ("ecg", *(f"pleth_{i}" for i in range(1, 7)), "lc_1", "temp_1", "a_x")
UNITS = ("mV", *["NU"] * 6, "NU", "C", "g")
COMMENT = "<record>: s2_sit <gender>: male <age>: 28 <height>: 175 <weight>: 73 <bp_sys_start>: 120"


@pytest.fixture
def root(tmp_path):
    for record in ("s10_run", "s2_walk", "s2_sit"):
        signals = {n: (wave(1000, i), u) for i, (n, u) in enumerate(zip(NAMES, UNITS, strict=True))}
        write_wfdb(tmp_path, record, signals, 500, comments=[COMMENT])
    (tmp_path / "s2_sit.atr").write_bytes(b"\0\0")
    return tmp_path


def test_recordings_are_by_person_and_activity(root):
    found = entries(DATABASE, root)
    assert [e.record for e in found] == ["s2_sit", "s2_walk", "s10_run"]
    assert [e.subject for e in found] == ["s2", "s2", "s10"]
    assert found[0].labels == {
        "activity": "sit",
        "sex": "M",
        "age": 28,
        "height": 175,
        "weight": 73,
        "bp_sys_start": 120,
    }


def test_the_table_says_more_than_the_headers(root):
    row = {"record": "s10_run", "activity": "run", "gender": "female", "age": 31, "hr_1_end": 99}
    write_csv(root / "csv" / "subjects_info.csv", [row])
    labels = entries(DATABASE, root)[2].labels
    assert labels == {"activity": "run", "sex": "F", "age": 31, "hr_1_end": 99}


def test_six_ppgs_are_of_one_finger(root):
    (source,) = DATABASE.read(entries(DATABASE, root)[0])
    ecg, *pleths = source.read().channels[:7]
    assert (ecg.modality, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "mV", 500)
    assert {(c.modality, c.site) for c in pleths} == {(Modality.PPG, "finger")}
    assert {c.modality for c in source.channels[7:]} == {Modality.OTHER}
    np.testing.assert_allclose(pleths[5].samples, wave(1000, 6))


def test_a_header_without_its_samples_is_no_entry(root):
    (root / "s2_walk.dat").unlink()
    assert [e.record for e in DATABASE.find(root)] == ["s2_sit", "s10_run"]
