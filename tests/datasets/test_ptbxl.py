import csv
import shutil

import numpy as np
import pytest

from cardioprint.datasets.ptbxl import DATABASE
from cardioprint.errors import RecordError, UnsafeFileError
from entries import entries, whole


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "ptbxl"


@pytest.fixture
def copy(original, tmp_path):
    """Return a copy of the originals that may be changed."""
    folder = tmp_path / "ptbxl"
    shutil.copytree(original, folder, copy_function=shutil.copyfile)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def change(folder, row, **cells):
    """Rewrite cells of a row of the table."""
    path = folder / "ptbxl_database.csv"
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[row].update(cells)
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_people_labels_and_folds(original):
    found = entries(DATABASE, original)
    assert [e.record for e in found] == ["00001", "00002", "00008"], "of 50 rows, three are there"
    assert [e.subject for e in found] == ["15709", "13243", "11275"]
    assert [e.split for e in found] == ["train", "train", "valid"]
    assert found[0].labels == {
        "age": 56,
        "sex": "F",
        "weight": 63,
        "rhythm": "sinus",
        "diagnosis": "NORM;LVOLT;SR",
        "diagnostic_class": "NORM",
        "quality": "static_noise",
        "device": "CS-12 E",
        "day": "1984-11-09",
    }
    assert found[2].labels["diagnostic_class"] == "MI"


def test_signals_at_500_hz_and_at_100_where_those_are_missing(copy):
    first, *_ = entries(DATABASE, copy)
    (fast,) = whole(DATABASE, first)
    assert [c.lead for c in fast.channels][:6] == ["I", "II", "III", "aVR", "aVL", "aVF"]
    assert {(c.sampling_rate, c.unit, c.duration) for c in fast.channels} == {(500, "mV", 10)}
    counts = np.fromfile(copy / "records500/00000/00001_hr.dat", "<i2").reshape(-1, 12)
    np.testing.assert_allclose(fast.channels[1].samples, counts[:, 1] / 1000, atol=1e-6)
    shutil.rmtree(copy / "records500")
    again = entries(DATABASE, copy)
    assert [e.record for e in again] == ["00001", "00002", "00008"]
    (slow,) = whole(DATABASE, again[0])
    assert slow.channels[0].sampling_rate == 100


def test_ages_over_89_are_not_300(copy):
    change(copy, 0, age="300.0", height="6", strat_fold="10")
    first, *_ = entries(DATABASE, copy)
    assert "age" not in first.labels and first.labels["age_over"] == 89
    assert "height" not in first.labels
    assert first.split == "test"


def test_two_rhythms_are_no_rhythm(copy):
    change(copy, 0, scp_codes="{'SR': 0.0, 'AFIB': 0.0}")
    change(copy, 1, scp_codes="{'AFIB': 0.0}")
    first, second, _ = entries(DATABASE, copy)
    assert "rhythm" not in first.labels
    assert second.labels["rhythm"] == "af"


def test_hostile_and_missing_tables(copy):
    change(copy, 0, filename_hr="../../etc/passwd")
    with pytest.raises(UnsafeFileError):
        list(DATABASE.find(copy))
    change(copy, 0, filename_hr="records500/00000/00001_hr", scp_codes="__import__('os')")
    with pytest.raises(RecordError, match="scp_codes"):
        list(DATABASE.find(copy))
    change(copy, 0, scp_codes="{}", patient_id="")
    with pytest.raises(RecordError, match="ECG '1' has no patient_id"):
        list(DATABASE.find(copy))
    (copy / "ptbxl_database.csv").unlink()
    with pytest.raises(RecordError, match=r"ptbxl_database\.csv.*fetch ptbxl_database\.csv"):
        list(DATABASE.find(copy))
