"""A folder of virtual people reads like one of recorded people."""

import csv
import gzip
from dataclasses import replace

import numpy as np
import pytest
import wfdb

from cardioprint.datasets.catalogue import DATABASES
from cardioprint.errors import RecordError
from cardioprint.readers import find_records, read_record
from cardioprint.simulate import Artefact, DeviceConfig, measured_record
from cardioprint.simulate.folder import (
    ARTEFACTS,
    BEATS,
    DEVICE_COLUMNS,
    PEOPLE,
    spoilt_share,
    write_people,
)
from cardioprint.types import Modality


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("people")
    write_people(out, people=6, seconds=30, seed=4, leads=("II", "V1"), balanced=True)
    return out


def beats(folder, name=BEATS):
    with gzip.open(folder / name, "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def people_of(folder):
    with (folder / PEOPLE).open() as stream:
        return list(csv.DictReader(stream))


def test_records_annotations_and_tables_agree(folder):
    with (folder / PEOPLE).open() as stream:
        people = {row["record"]: row for row in csv.DictReader(stream)}
    headers = find_records(folder)
    assert sorted(p.stem for p in headers if p.suffix == ".hea") == sorted(people)
    table = beats(folder)
    for name in people:
        record = read_record(folder / f"{name}.hea")
        assert [c.name for c in record.channels] == ["II", "V1", "PPG"]
        assert record.duration == pytest.approx(30)
        mine = [row for row in table if row["record"] == name]
        found = wfdb.rdann(str(folder / name), "atr")
        assert list(found.symbol) == [row["kind"] for row in mine]
        times = np.array([float(row["r_peak"]) for row in mine])
        np.testing.assert_allclose(found.sample / found.fs, times, atol=0.005)
        assert float(people[name]["heart_rate"]) == pytest.approx(2 * len(mine))


def test_devices_and_artefacts_are_in_the_tables(folder):
    table = beats(folder, ARTEFACTS)
    for number, row in enumerate(people_of(folder)):
        made, truth = measured_record(
            number, seed=4, seconds=30, leads=("II", "V1"), balanced=True, config=DeviceConfig()
        )
        assert row["record"] == made.name
        assert all(row[c] for c in DEVICE_COLUMNS)
        record = read_record(folder / f"{made.name}.hea")
        rates = [c.sampling_rate for c in record.channels]
        assert rates == [float(row["ecg_rate"])] * 2 + [float(row["ppg_rate"])]
        assert row["delay_ms"] == made.notes["delay_ms"]
        mine = [(a["modality"], a["kind"]) for a in table if a["record"] == made.name]
        assert mine == [(str(a.modality), a.kind) for a in truth.artefacts]
        share = spoilt_share(truth, Modality.PPG, 30.0)
        assert float(row["ppg_spoilt"]) == pytest.approx(share, abs=1e-4)


def test_overlapping_artefacts_count_once():
    _, truth = measured_record(0, seconds=10.0)
    ecg = Modality.ECG
    stretches = ((0.0, 4.0), (1.0, 2.0), (3.0, 5.0), (8.0, 9.0))
    spoilt = replace(truth, artefacts=tuple(Artefact(ecg, a, b, "gap") for a, b in stretches))
    assert spoilt_share(spoilt, ecg, 10.0) == pytest.approx(0.6)
    assert spoilt_share(spoilt, Modality.PPG, 10.0) == 0


def test_clean_people_have_no_devices(tmp_path):
    write_people(tmp_path, people=2, seconds=10, seed=4, clean=True)
    assert not (tmp_path / ARTEFACTS).exists()
    for row in people_of(tmp_path):
        assert "device" not in row
        record = read_record(tmp_path / f"{row['record']}.hea")
        assert [c.sampling_rate for c in record.channels] == [250.0, 125.0]


def test_the_folder_adapter_knows_who_is_who(folder):
    entries = list(DATABASES["folder"].find(folder))
    assert len({e.subject for e in entries}) == 6
    assert all(18 <= e.labels["age"] <= 100 and e.labels["sex"] in "FM" for e in entries)
    assert all(60 < e.labels["sbp"] < 250 for e in entries)


def test_more_people_begin_with_the_same(folder, tmp_path):
    write_people(tmp_path, people=2, seconds=30, seed=4, leads=("II", "V1"), balanced=True)
    for path in tmp_path.glob("*.dat"):
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_nothing_is_overwritten(folder, tmp_path):
    with pytest.raises(RecordError, match="already"):
        write_people(folder, people=1, seconds=30)
    with pytest.raises(RecordError, match="people"):
        write_people(tmp_path, people=0)
