"""Layout: PPG_FieldStudy_readme.pdf in https://archive.ics.uci.edu/dataset/495/ppg+dalia, and
OpenSignals' HDF5 for the chest.
"""

import h5py
import numpy as np
import pytest

from cardioprint.datasets.ppg_dalia import DATABASE
from cardioprint.errors import ChannelError, RecordError
from cardioprint.types import Modality
from database_files import PLANTED, entries, wave, write_e4

BVP = wave(640, 1)
COUNTS = np.random.default_rng(2).integers(0, 1 << 16, (7000, 1))
QUEST = """# SUBJECT_ID, S1
# AGE, 34
# GENDER,  m
# HEIGHT, 182
# WEIGHT, 78
# SKIN, 3
# SPORT, 6
"""


def write_h5(path, sensors=("ECG", "RESPIRATION"), **changes):
    with h5py.File(path, "w") as file:
        device = file.create_group("00:07:80:D8:AB:58")
        # Resolutions of digital inputs may come before those of the sensors.
        facts = {"sampling rate": 700, "resolution": [4, 1, *[16] * len(sensors)]} | changes
        device.attrs.update({k: v for k, v in facts.items() if v is not None})
        raw = device.create_group("raw")
        for i, sensor in enumerate(sensors):
            channel = raw.create_dataset(f"channel_{i + 1}", data=(COUNTS + i) % 65536)
            if sensor:
                channel.attrs["sensor"] = np.bytes_(sensor)


@pytest.fixture
def root(tmp_path):
    for person in ("S10", "S1"):
        folder = tmp_path / "PPG_FieldStudy" / person
        write_e4(folder / f"{person}_E4.zip", BVP)
        write_h5(folder / f"{person}_RespiBAN.h5")
        (folder / f"{person}_quest.csv").write_text(QUEST)
        (folder / f"{person}.pkl").write_bytes(PLANTED)
    return tmp_path


def test_wrist_and_chest_are_two_sources(root):
    first, second = entries(DATABASE, root)
    assert [e.record for e in (first, second)] == ["S1", "S10"]
    assert first.labels == {
        "age": 34,
        "sex": "M",
        "height": 182,
        "weight": 78,
        "skin": 3,
        "sport": 6,
    }
    wrist, chest = DATABASE.read(first)
    (bvp,), (ecg,) = wrist.read().channels, chest.read().channels
    assert (bvp.modality, bvp.site, bvp.sampling_rate) == (Modality.PPG, "wrist", 64)
    assert (ecg.modality, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "mV", 700)
    np.testing.assert_allclose(ecg.samples, (COUNTS[:, 0] / 65536 - 0.5) * 3, atol=1e-6)


def test_channels_are_counted_by_number(root):
    sensors = ("RESPIRATION",) * 9 + ("ECG",)  # channel_10 is the last, not the second
    path = root / "PPG_FieldStudy" / "S1" / "S1_RespiBAN.h5"
    write_h5(path, sensors=sensors, resolution=[8] * 9 + [16])
    _, chest = DATABASE.read(next(DATABASE.find(root)))
    expected = ((COUNTS[:, 0] + 9) % 65536 / 65536 - 0.5) * 3
    np.testing.assert_allclose(chest.read().channels[0].samples, expected, atol=1e-6)


def test_the_ecg_may_be_named_by_the_device(root):
    path = root / "PPG_FieldStudy" / "S1" / "S1_RespiBAN.h5"
    write_h5(path, sensors=("", ""), sensor=[b"RESP", b"ECG"])
    _, chest = DATABASE.read(next(DATABASE.find(root)))
    (ecg,) = chest.read().channels
    expected = ((COUNTS[:, 0] + 1) % 65536 / 65536 - 0.5) * 3
    np.testing.assert_allclose(ecg.samples, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sensors": ("", "")}, ChannelError),  # which one it is, is never guessed
        ({"resolution": None}, RecordError),
        ({"sampling rate": None}, RecordError),
    ],
)
def test_a_file_that_says_too_little_is_refused(root, changes, error):
    write_h5(root / "PPG_FieldStudy" / "S1" / "S1_RespiBAN.h5", **changes)
    with pytest.raises(error, match="S1_RespiBAN"):
        list(DATABASE.read(next(DATABASE.find(root))))


def test_files_of_another_layout_are_named(root):
    path = root / "PPG_FieldStudy" / "S1" / "S1_RespiBAN.h5"
    with h5py.File(path, "w") as file:
        file["x"] = [1.0]
    with pytest.raises(RecordError, match="S1_RespiBAN"):
        list(DATABASE.read(next(DATABASE.find(root))))
    path.write_bytes(b"\x89HDF\r\n\x1a\n cut short")
    with pytest.raises(RecordError, match="S1_RespiBAN"):
        list(DATABASE.read(next(DATABASE.find(root))))


def test_a_pickle_alone_is_no_recording(root):
    for pattern in ("*.zip", "*.h5"):
        for path in root.rglob(pattern):
            path.unlink()
    assert list(DATABASE.find(root)) == []
