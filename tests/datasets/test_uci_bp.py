import h5py
import numpy as np
import pytest

from cardioprint.datasets.uci_bp import DATABASE, RATE, blood_pressure
from cardioprint.errors import RecordError
from entries import entries, whole


def signals(n, heart_rate=75.0, seed=0):
    """Return PPG, ABP and ECG of a steady heart, shape (3, n)."""
    t = np.arange(n) / RATE
    beat = (t * heart_rate / 60) % 1
    wave = np.exp(-0.5 * ((beat - 0.4) / 0.12) ** 2)
    ecg = np.exp(-0.5 * ((beat - 0.1) / 0.02) ** 2)
    noise = np.random.default_rng(seed).normal(scale=1e-3, size=(3, n))
    return np.stack([1.5 + wave, 60 + 70 * wave, ecg]) + noise


def matlab(path, cells):
    """Write a cell array as MATLAB v7.3 does.

    https://www.mathworks.com/help/matlab/import_export/mat-file-versions.html; the publisher's
    page (UCI 340) gives the rows of a cell: PPG, ABP, ECG. HDF5 turns all axes round.
    """
    with h5py.File(path, "w") as file:
        stored = [
            file.create_dataset(f"#refs#/{i}", data=cell.T, compression="gzip")
            for i, cell in enumerate(cells)
        ]
        references = np.array([[cell.ref] for cell in stored], dtype=h5py.ref_dtype)
        file.create_dataset(path.stem, data=references, dtype=h5py.ref_dtype)
    return path


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "uci_bp_csv"


def test_the_csv_copy_of_record_1000(original):
    (entry,) = entries(DATABASE, original)
    assert (entry.record, entry.block, entry.subject) == ("p1_1000", "uci_bp:1:50", "")
    pieces = whole(DATABASE, entry)
    assert [p.duration for p in pieces] == [8, 24, 8, 16, 8, 8]
    assert pieces[0].notes == {"sbp": "137.4", "dbp": "53.6"}  # as in the development table
    rows = [
        np.array(line.split(","), dtype=float)
        for line in (original / "Part_1_1000.csv").read_text().splitlines()
    ]
    for name, truth in zip(("PPG", "ABP", "II"), rows, strict=True):
        joined = np.concatenate([c.samples for p in pieces for c in p.channels if c.name == name])
        np.testing.assert_allclose(joined, truth, atol=1e-4)
    units = {c.name: (c.modality, c.unit, c.lead, c.site) for c in pieces[0].channels}
    assert units == {
        "II": ("ecg", "mV", "II", ""),
        "PPG": ("ppg", "", "", "finger"),
        "ABP": ("other", "mmHg", "", ""),
    }


def test_the_publisher_s_matlab_files(tmp_path):
    glued = signals(3000)
    glued[:, 2000:] = np.roll(signals(3000), 40, axis=1)[:, 2000:]
    matlab(tmp_path / "Part_2.mat", [signals(1000), glued])
    matlab(tmp_path / "Part_1.mat", [signals(2000)] * 3)
    (tmp_path / "Part_1_2.csv").write_text("a copy of a record that is there")
    found = entries(DATABASE, tmp_path)
    assert [e.record for e in found] == ["p1_0001", "p1_0002", "p1_0003", "p2_0001", "p2_0002"]
    assert [e.block for e in found[2:4]] == ["uci_bp:1:0", "uci_bp:2:0"]
    assert [e.size for e in found[2:]] == [3 * 8 * n for n in (2000, 1000, 3000)]
    pieces = whole(DATABASE, found[4])
    assert [p.name for p in pieces] == ["p2_0002#0", "p2_0002#1"]
    assert [len(p.channels[0].samples) for p in pieces] == [2000, 1000]
    np.testing.assert_allclose(pieces[0].channels[1].samples, glued[0, :2000], atol=1e-6)
    sbp, dbp = (float(pieces[0].notes[k]) for k in ("sbp", "dbp"))
    assert (sbp, dbp) == (pytest.approx(130, abs=1), pytest.approx(60, abs=1))


def test_blood_pressure_of_no_pulse_is_not_known():
    assert blood_pressure(np.full(2000, 80.0)) == {}
    assert blood_pressure(np.full(2000, np.nan)) == {}


def test_other_files_are_refused(tmp_path):
    (tmp_path / "Part_1.mat").write_bytes(b"MATLAB 5.0 MAT-file" + b"\0" * 500)
    with pytest.raises(RecordError, match=r"Part_1\.mat"):
        list(DATABASE.find(tmp_path))
    with h5py.File(tmp_path / "Part_1.mat", "w") as file:
        file["other"] = np.zeros(3)
    with pytest.raises(RecordError, match="Part_1"):
        list(DATABASE.find(tmp_path))
    matlab(tmp_path / "Part_1.mat", [np.zeros((5, 7))])
    (entry,) = DATABASE.find(tmp_path)
    with pytest.raises(RecordError, match="cell 1 is not a matrix of three signals"):
        list(DATABASE.read(entry))
