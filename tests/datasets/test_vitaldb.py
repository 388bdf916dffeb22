"""Layout: https://physionet.org/content/vitaldb/1.0.0/ and https://vitaldb.net/dataset/.

The package vitaldb is optional and stood in for: what is asked of it is `VitalFile(path, tracks)`,
`.trks` and `.get_track_samples(name, interval)`, as in its documentation.
"""

import gzip
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from cardioprint.datasets.splits import subject_key
from cardioprint.datasets.vitaldb import DATABASE
from cardioprint.errors import RecordError, SamplingRateError
from cardioprint.types import Modality
from database_files import entries, wave, write_csv

ECG, PPG = wave(5000), wave(5000, 1)


@pytest.fixture
def root(tmp_path):
    row = {
        "caseid": 5,
        "subjectid": 4416,
        "age": 66,
        "sex": "M",
        "height": 171,
        "weight": 59.7,
        "bmi": 20.4,
        "preop_htn": 1,
        "preop_dm": 0,
        "death_inhosp": 1,
        "dis": 86400,
        "department": "General surgery",
    }
    old = row | {"caseid": 1, "subjectid": 5955, "age": ">89", "death_inhosp": 0}
    write_csv(tmp_path / "clinical_data.csv", [row, old, row | {"caseid": 7}], bom=True)
    (tmp_path / "vital_files").mkdir()
    for case in (1, 5):
        (tmp_path / "vital_files" / f"{case:04d}.vital").write_bytes(gzip.compress(b"VITA"))
    return tmp_path


@pytest.fixture
def package(monkeypatch):
    """Stand in for the package: a case with an ECG and a pleth at 500 Hz."""
    waves = {"SNUADC/ECG_II": (ECG, "mV"), "SNUADC/PLETH": (PPG, "")}
    rates = dict.fromkeys(waves, 500.0)

    def track(name):
        return SimpleNamespace(type=1, srate=rates[name], unit=waves[name][1], recs=[{}])

    class VitalFile:
        def __init__(self, path, track_names):
            self.trks = {name: track(name) for name in waves if name in track_names}

        def get_track_samples(self, name, interval):
            assert interval == 1 / rates[name]
            return waves[name][0]

    module = ModuleType("vitaldb")
    module.VitalFile = VitalFile  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vitaldb", module)
    return SimpleNamespace(waves=waves, rates=rates)


def test_a_case_has_its_patient_and_outcome(root, package):
    first, second = entries(DATABASE, root)
    assert [e.record for e in (first, second)] == ["0001", "0005"]
    assert [subject_key(DATABASE, e) for e in (first, second)] == ["vitaldb:s5955", "vitaldb:s4416"]
    assert first.labels["age_over"] == 89
    assert "age" not in first.labels
    assert second.labels == {
        "age": 66,
        "sex": "M",
        "height": 171,
        "weight": 59.7,
        "bmi": 20.4,
        "hypertension": 1,
        "diabetes": 0,
        "death": 1,
        "followup": pytest.approx(1 / 365.25, abs=1e-5),
        "department": "General surgery",
        "death_inhosp": "1",
    }


def test_waves_of_a_vital_file(root, package):
    (source,) = DATABASE.read(next(iter(DATABASE.find(root))))
    ecg, ppg = source.channels
    assert (ecg.modality, ecg.lead, ecg.unit, ecg.sampling_rate) == (Modality.ECG, "II", "mV", 500)
    assert (ppg.modality, ppg.n_samples) == (Modality.PPG, 5000)
    part = source.read(2, 3, ["SNUADC/PLETH"]).channels[0]
    np.testing.assert_allclose(part.samples, PPG[1000:1500])


def test_without_the_package_the_extra_is_named(root, monkeypatch):
    monkeypatch.setitem(sys.modules, "vitaldb", None)
    with pytest.raises(RecordError, match=r"cardioprint\[vitaldb\]"):
        list(DATABASE.read(next(iter(DATABASE.find(root)))))


def test_a_rate_that_the_package_would_resample_is_refused(root, package):
    package.rates["SNUADC/PLETH"] = 62.5
    with pytest.raises(SamplingRateError, match=r"62\.5"):
        list(DATABASE.read(next(iter(DATABASE.find(root)))))


def test_a_case_without_waves_says_so(root, package):
    package.waves.clear()
    with pytest.raises(RecordError, match="none of the waves"):
        list(DATABASE.read(next(iter(DATABASE.find(root)))))


def test_without_the_table_nobody_knows_whose_a_case_is(root):
    (root / "clinical_data.csv").unlink()
    with pytest.raises(RecordError, match=r"clinical_data\.csv.*whose each operation is"):
        list(DATABASE.find(root))


def test_tracks_of_the_web_interface(root):
    for path in (root / "vital_files").iterdir():
        path.unlink()
    names = {"e1": ("SNUADC/ECG_II", ECG, 0.0), "p1": ("SNUADC/PLETH", PPG, -0.5)}
    rows = [{"caseid": 5, "tname": name, "tid": tid} for tid, (name, _, _) in names.items()]
    write_csv(root / "trks.csv", [*rows, {"caseid": 5, "tname": "Solar8000/HR", "tid": "h1"}])
    for tid, (name, samples, start) in names.items():
        times = [""] * len(samples)
        times[0], times[-1] = f"{start}", f"{start + (len(samples) - 1) / 500:.4f}"
        lines = [f"{t},{x}" for t, x in zip(times, samples, strict=True)]
        text = "\n".join([f"Time,{name}", *lines, ""])
        (root / "tracks").mkdir(exist_ok=True)
        (root / "tracks" / f"{tid}.csv.gz").write_bytes(gzip.compress(text.encode()))
    (entry,) = entries(DATABASE, root)
    (source,) = DATABASE.read(entry)
    ecg, ppg = source.channels
    assert (ecg.sampling_rate, ecg.start, ppg.start) == (500, 0.5, 0)  # the pleth came first
    np.testing.assert_allclose(source.read().channels[0].samples, ECG)
