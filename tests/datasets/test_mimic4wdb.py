"""Layout: https://physionet.org/content/mimic4wdb/0.1.0/ (waves/p100/p10014354/81739927)."""

import numpy as np
import pytest

from cardioprint.datasets.mimic4wdb import DATABASE
from cardioprint.types import Modality
from database_files import entries, wave, write_csv, write_wfdb

FRAMES = 62.4725
ECG, PPG = wave(4 * 600), wave(2 * 600, 1)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "waves" / "p100" / "p10014354" / "81739927"
    ecg = write_wfdb(folder, "ecg", {"II": (ECG, "mV")}, 4 * FRAMES, suffix="e")
    ppg = write_wfdb(folder, "ppg", {"Pleth": (PPG, "NU")}, 2 * FRAMES, suffix="p")
    lines = []
    for header, per_frame, kind in ((ecg, 4, "e"), (ppg, 2, "p")):
        line = header.read_text().splitlines()[1]
        data = f"81739927_0001{kind}.dat"
        (folder / f"{header.stem}{kind}.dat").rename(folder / data)
        lines.append(line.replace(f"{header.stem}{kind}.dat 516", f"{data} 516x{per_frame}"))
        header.unlink()
    first = f"81739927_0001 2 {FRAMES}/999.56 600"
    (folder / "81739927_0001.hea").write_text("\n".join([first, *lines, ""]))
    listed = ["~ 0x4 256(0)/mV 16 0 0 0 0 II", "~ 0x2 256(0)/NU 16 0 0 0 0 Pleth"]
    (folder / "81739927_0000.hea").write_text(
        "\n".join([f"81739927_0000 2 {FRAMES}/999.56 0", *listed, ""])
    )
    (folder / "81739927.hea").write_text(
        f"81739927/2 2 {FRAMES}/999.56 600 09:00:17.566 16/08/2148\n81739927_0000 0\n"
        "81739927_0001 600\n"
    )
    (folder / "81739927n.csv.gz").write_bytes(b"numerics")
    return tmp_path


def test_every_signal_keeps_its_own_odd_rate(root):
    (entry,) = entries(DATABASE, root)
    assert (entry.record, entry.subject) == ("81739927", "p10014354")
    assert entry.labels == {"day": "2148-08-16"}
    (source,) = DATABASE.read(entry)
    ecg, ppg = source.channels
    assert (ecg.modality, ecg.lead, ecg.unit) == (Modality.ECG, "II", "mV")
    assert (ecg.sampling_rate, ppg.sampling_rate) == (pytest.approx(249.89), pytest.approx(124.945))
    assert ppg.modality == Modality.PPG
    read = source.read()
    np.testing.assert_allclose(read.channels[0].samples, ECG)
    np.testing.assert_allclose(read.channels[1].samples, PPG)


def test_a_missing_data_file_is_no_entry(root):
    (root / "waves/p100/p10014354/81739927/81739927_0001e.dat").unlink()
    (root / "waves/p100/p10014354/81739927/81739927_0001p.dat").unlink()
    assert entries(DATABASE, root) == []


def test_people_come_from_the_clinical_table_where_it_is_there(root):
    row = {"subject_id": 10014354, "gender": "F", "anchor_age": 60, "anchor_year": 2146}
    write_csv(root / "patients.csv", [row | {"dod": "2149-08-16"}])
    (entry,) = entries(DATABASE, root)
    assert (entry.labels["sex"], entry.labels["age"], entry.labels["death"]) == ("F", 62, 1)
    assert entry.labels["followup"] == pytest.approx(1, abs=0.01)


def test_nothing_downloaded_yet_is_no_entry(tmp_path):
    assert entries(DATABASE, tmp_path) == []
