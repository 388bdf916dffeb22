"""Layout: https://doi.org/10.5683/SP2/NLB8IT and docs/datasets/capnobase.md of
https://github.com/peterhcharlton/ppg-beats.
"""

import h5py
import numpy as np
import pytest

from cardioprint.datasets.capnobase import DATABASE
from cardioprint.errors import RecordError, UnsafeFileError
from cardioprint.types import Modality
from database_files import entries, wave, write_mat73

ECG, PLETH, CO2 = wave(3000, 1), wave(3000, 2), wave(3000, 3)


def write(root, case="0009", **changes):
    content = {
        "signal": {"ecg": {"y": ECG}, "pleth": {"y": PLETH[:, None]}, "co2": {"y": CO2}},
        "param": {
            "samplingrate": {"ecg": 300.0, "pleth": 300.0, "co2": 300.0},
            "case": {"id": case},
        },
        "meta": {
            "subject": {"age": 5.0, "weight": 18.0, "gender": "male"},
            "treatment": {"ventilation": "Spontaneous"},
        },
    }
    return write_mat73(root / f"{case}_8min.mat", content | changes)


def test_a_case_has_three_signals_and_facts_of_its_patient(tmp_path):
    write(tmp_path, "0015")
    write(tmp_path / "mat", "0015")
    write(tmp_path / "mat", "0009")
    (tmp_path / "0009_8min_signal.csv").write_text("not read\n")
    first, second = entries(DATABASE, tmp_path)
    assert [e.record for e in (first, second)] == ["0009", "0015"]
    assert first.labels == {"age": 5, "weight": 18, "sex": "M", "ventilation": "spontaneous"}
    (source,) = DATABASE.read(first)
    ecg, pleth, co2 = source.read().channels
    assert (ecg.modality, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "a.u.", 300)
    assert (pleth.modality, co2.modality) == (Modality.PPG, Modality.OTHER)
    # Rows or columns: MATLAB vectors are either.
    for channel, samples in zip((ecg, pleth, co2), (ECG, PLETH, CO2), strict=True):
        np.testing.assert_allclose(channel.samples, samples)
    (part,) = source.read(1, 2, ["pleth"]).channels
    np.testing.assert_allclose(part.samples, PLETH[300:600])


def test_a_case_without_facts_is_still_a_case(tmp_path):
    write(tmp_path, meta={"date": "x"})
    (entry,) = entries(DATABASE, tmp_path)
    assert (entry.subject, entry.labels) == ("0009", {})


def test_a_case_without_signals_or_rate_is_named(tmp_path):
    write(tmp_path, signal={"abp": {"y": ECG}})
    (entry,) = DATABASE.find(tmp_path)
    with pytest.raises(RecordError, match="no signal"):
        list(DATABASE.read(entry))
    write(tmp_path, param={"case": {"id": "0009"}})
    with pytest.raises(RecordError, match="0009_8min"):
        list(DATABASE.read(entry))


def test_damaged_files_are_named(tmp_path):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(RecordError, match="0009_8min"):
        list(DATABASE.find(tmp_path))


def test_samples_of_another_file_are_not_followed(tmp_path):
    path = write(tmp_path)
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["y"] = ECG
    with h5py.File(path, "r+") as file:
        del file["signal/ecg/y"]
        file["signal/ecg/y"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/y")
    (entry,) = DATABASE.find(tmp_path)
    with pytest.raises(UnsafeFileError, match="another file"):
        list(DATABASE.read(entry))
