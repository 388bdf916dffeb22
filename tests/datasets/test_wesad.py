"""Layout: wesad_readme.pdf in https://archive.ics.uci.edu/dataset/465/wesad."""

import json
import pickle
import zipfile

import numpy as np
import pytest

from cardioprint.datasets.wesad import DATABASE
from cardioprint.errors import ChannelError, RecordError, SamplingRateError, UnsafeFileError
from cardioprint.types import Modality
from database_files import PLANTED, entries, wave, write_e4

BVP = wave(640, 1)
COUNTS = np.random.default_rng(2).integers(0, 1 << 16, 7000)
README = (
    "### meta\nAge: 27\nHeight (cm): 175\nWeight (kg): 80\nGender: male\nDominant hand: Right\n"
)


def write_respiban(path, sensors=("ECG", "EDA", "EMG"), **changes):
    header = {
        "sensor": list(sensors),
        "column": ["nSeq", "DI", *(f"CH{i + 1}" for i in range(len(sensors)))],
        "sampling rate": 700,
        "resolution": [16] * len(sensors),
    } | changes
    text = json.dumps({"00:07:80:D8:AB:58": {k: v for k, v in header.items() if v is not None}})
    rows = (
        f"{i}\t0\t" + "\t".join(str((value + j) % 65536) for j in range(len(sensors)))
        for i, value in enumerate(COUNTS)
    )
    lines = "\n".join(rows)
    path.write_text(f"# OpenSignals Text File Format\n# {text}\n# EndOfHeader\n{lines}\n")


@pytest.fixture
def root(tmp_path):
    for person in ("S10", "S2"):
        folder = tmp_path / "WESAD" / person
        write_e4(folder / f"{person}_E4_Data.zip", BVP)
        write_respiban(folder / f"{person}_respiban.txt")
        (folder / f"{person}_readme.txt").write_text(README)
        (folder / f"{person}.pkl").write_bytes(PLANTED)
    (tmp_path / "WESAD" / "wesad_readme.pdf").write_bytes(b"%PDF")
    return tmp_path


def test_wrist_and_chest_are_two_sources(root):
    first, second = entries(DATABASE, root)
    assert [e.subject for e in (first, second)] == ["S2", "S10"]
    assert first.labels == {"age": 27, "sex": "M", "height": 175, "weight": 80, "hand": "Right"}
    wrist, chest = DATABASE.read(first)
    (bvp,), (ecg,) = wrist.read().channels, chest.read().channels
    assert (bvp.modality, bvp.site, bvp.sampling_rate) == (Modality.PPG, "wrist", 64)
    np.testing.assert_allclose(bvp.samples, BVP, atol=1e-4)
    assert (ecg.modality, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "mV", 700)
    np.testing.assert_allclose(ecg.samples, (COUNTS / 65536 - 0.5) * 3, atol=1e-6)


def test_pickles_are_never_opened(root, monkeypatch):
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, lambda *_, **__: pytest.fail("a pickle was opened"))
    opened = []
    real = type(root).open
    monkeypatch.setattr(
        type(root), "open", lambda self, *a, **k: opened.append(self.name) or real(self, *a, **k)
    )
    for entry in DATABASE.find(root):
        for source in DATABASE.read(entry):
            source.read()
    assert not [name for name in opened if name.endswith(".pkl")]
    for path in root.rglob("*.zip"):
        path.unlink()
    for path in root.rglob("*_respiban.txt"):
        path.unlink()
    assert list(DATABASE.find(root)) == []  # a pickle alone is no recording


def test_the_ecg_is_found_by_its_name(root):
    path = root / "WESAD" / "S2" / "S2_respiban.txt"
    write_respiban(path, sensors=("EDA", "ECG"))
    _, chest = DATABASE.read(next(DATABASE.find(root)))
    (ecg,) = chest.read().channels
    np.testing.assert_allclose(ecg.samples, ((COUNTS + 1) % 65536 / 65536 - 0.5) * 3, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"sensors": ("EDA", "EMG")}, ChannelError, "no channel is named an ECG"),
        ({"resolution": None}, RecordError, "resolution"),
        ({"sampling rate": None}, SamplingRateError, "sampling rate"),
        ({"sampling rate": "fast"}, SamplingRateError, "S2_respiban"),
        ({"column": ["nSeq"]}, ChannelError, "S2_respiban"),
    ],
)
def test_a_header_that_says_too_little_is_named(root, changes, error, match):
    write_respiban(root / "WESAD" / "S2" / "S2_respiban.txt", **changes)
    with pytest.raises(error, match=match):
        list(DATABASE.read(next(DATABASE.find(root))))


@pytest.mark.parametrize("content", ["", "nothing\n", "# {}\n# EndOfHeader\n", "# {\n0\t1\n"])
def test_other_texts_are_named(root, content):
    (root / "WESAD" / "S2" / "S2_respiban.txt").write_text(content)
    with pytest.raises(RecordError, match="S2_respiban"):
        list(DATABASE.read(next(DATABASE.find(root))))


@pytest.mark.parametrize("bvp", [None, "", "1.0\n", "1.0\n64.0\nx\n", "1.0\n0.0\n1.0\n"])
def test_an_archive_without_a_pulse_is_named(root, bvp):
    path = root / "WESAD" / "S2" / "S2_E4_Data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ACC.csv" if bvp is None else "BVP.csv", bvp or "")
    with pytest.raises(RecordError, match="S2_E4_Data"):
        list(DATABASE.read(next(DATABASE.find(root))))


def test_an_archive_that_would_fill_the_memory_is_refused(root):
    path = root / "WESAD" / "S2" / "S2_E4_Data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("BVP.csv", b"0" * (300 << 20))
    with pytest.raises(UnsafeFileError, match="S2_E4_Data"):
        list(DATABASE.read(next(DATABASE.find(root))))


def test_one_device_is_enough(root):
    (root / "WESAD" / "S2" / "S2_E4_Data.zip").unlink()
    (root / "WESAD" / "S2" / "S2_readme.txt").unlink()
    entry = next(DATABASE.find(root / "WESAD"))
    assert entry.labels == {}
    (chest,) = DATABASE.read(entry)
    assert chest.name == "S2_chest"
