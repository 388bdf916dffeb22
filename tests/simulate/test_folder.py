"""A folder of virtual people reads like one of recorded people."""

import csv
import gzip

import numpy as np
import pytest
import wfdb

from cardioprint.datasets.catalogue import DATABASES
from cardioprint.errors import RecordError
from cardioprint.readers import find_records, read_record
from cardioprint.simulate.folder import BEATS, PEOPLE, write_people


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("people")
    write_people(out, people=6, seconds=30, seed=4, leads=("II", "V1"), balanced=True)
    return out


def beats(folder):
    with gzip.open(folder / BEATS, "rt", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


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
