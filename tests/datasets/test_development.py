import csv
import os
import pickle
import zlib
from collections import defaultdict
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardioprint.datasets import tables
from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.development import DEVELOPMENT
from cardioprint.datasets.splits import split_of, subject_key
from cardioprint.errors import RecordError
from entries import entries, whole

every = pytest.mark.parametrize("name", sorted(DEVELOPMENT))

KEPT_FOR_TESTS = set(DEVELOPMENT) - {"uci_bp", "cinc2015"}


def test_every_table_is_a_database_of_its_real_name():
    assert set(DEVELOPMENT) == set(tables.TABLES)
    names = {key: database.name for key, database in DEVELOPMENT.items()}
    assert names.pop("rhythm_ppg") == "liu2022"
    assert all(key == name for key, name in names.items())
    for database in DEVELOPMENT.values():
        original = DATABASES.get(database.name)
        if original is not None:
            assert database.licence == original.licence
            assert database.pretraining == original.pretraining
            assert database.family == original.family
    assert {k for k, d in DEVELOPMENT.items() if not d.pretraining} == KEPT_FOR_TESTS


@every
def test_entries(name, shared_data):
    database = DEVELOPMENT[name]
    found = entries(database, shared_data)
    assert len(found) == database.records
    if database.subjects:
        assert len({e.subject for e in found}) == database.subjects
    assert set(database.labels) == {k for e in found for k in e.labels} - {"age_over"}
    assert not any(":" in e.subject for e in found)
    assert pickle.loads(pickle.dumps(database)).find.args == database.find.args


@every
def test_waveforms_are_those_of_the_table(name, shared_data):
    """Against the table's own decoding, `tables.rows`."""
    database = DEVELOPMENT[name]
    for entry, row in islice(zip(database.find(shared_data), tables.rows(name), strict=True), 70):
        pieces = whole(database, entry)
        assert {c.sampling_rate for p in pieces for c in p.channels} == {float(row["fs"])}
        for i, channel in enumerate(pieces[0].channels):
            joined = np.concatenate([p.channels[i].samples for p in pieces])
            column = {"ppg": "ppg", "ecg": "ecg"}[channel.modality]
            np.testing.assert_array_equal(joined, row[channel.name if len(row) > 40 else column])


def test_rows_can_be_read_in_any_order(shared_data):
    database = DEVELOPMENT["ecgid"]
    found = list(database.find(shared_data))
    truth = [row["ecg"] for row in tables.rows("ecgid")]
    for i in (300, 2, 130, 3, 299):
        (record,) = whole(database, found[i])
        np.testing.assert_array_equal(record.channels[0].samples, truth[i])


def write(folder, value, rows=3):
    path = folder / "troika.parquet"
    waves = {"ecg": 5, "ppg": 5}
    columns = {
        "record": [f"DATA_{i:02d}_TYPE01" for i in range(rows)],
        "subject": [f"troika:{i:02d}" for i in range(rows)],
        "fs": [125.0] * rows,
        "activity": ["TYPE01"] * rows,
        "hr_mean": [float("nan"), 120.0, 900.0][:rows],
    }
    for wave, n in waves.items():
        cells = [None if wave == "ecg" and i == 2 else [value] + [0] * (n - 1) for i in range(rows)]
        columns[wave] = pa.array(cells, pa.list_(pa.int32()))
        columns[f"{wave}_gain"], columns[f"{wave}_offset"] = [0.5] * rows, [1.0] * rows
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return folder


def test_labels_units_and_missing_waveforms(tmp_path):
    found = entries(DEVELOPMENT["troika"], write(tmp_path, 4))
    assert [e.part for e in found] == ["0:0", "0:1", "1:0"]
    assert found[0].labels == found[2].labels == {"activity": "treadmill, 8 and 15 km/h"}
    assert found[1].labels["heart_rate"] == 120
    (first,) = whole(DEVELOPMENT["troika"], found[0])
    assert [(c.name, c.unit, c.samples[0]) for c in first.channels] == [
        ("ECG", "a.u.", 3.0),
        ("PPG", "", 3.0),
    ]
    (last,) = whole(DEVELOPMENT["troika"], found[2])
    assert [c.name for c in last.channels] == ["PPG"]


def test_a_table_written_anew_is_read_anew(tmp_path):
    database = DEVELOPMENT["troika"]
    for value in (4, 8):
        first = next(database.find(write(tmp_path, value)))
        os.utime(first.path, ns=(value, value))  # whatever the clock's resolution
        assert whole(database, first)[0].channels[0].samples[0] == value / 2 + 1


def test_missing_and_foreign_tables(tmp_path):
    with pytest.raises(RecordError, match=r"troika\.parquet is missing.*paired/troika\.parquet"):
        list(DEVELOPMENT["troika"].find(tmp_path))
    pq.write_table(pa.table({"record": ["a"]}), tmp_path / "troika.parquet")
    with pytest.raises(RecordError, match="no column fs, subject"):
        list(DEVELOPMENT["troika"].find(tmp_path))
    columns = {"record": ["a"], "subject": ["troika:01"], "fs": [125.0], "activity": ["TYPE01"]}
    pq.write_table(pa.table(columns), tmp_path / "troika.parquet")
    with pytest.raises(RecordError, match=r"hr_mean.*not the development table"):
        list(DEVELOPMENT["troika"].find(tmp_path))
    (tmp_path / "troika.parquet").write_bytes(b"PAR1")
    with pytest.raises(RecordError, match=r"troika\.parquet"):
        list(DEVELOPMENT["troika"].find(tmp_path))


def reserved_before(name, number, part):
    """The rule by which the released weights were trained, written down once more."""
    key = f"cardioprint reserved fifth:{name}:{part}:{number // 20}"
    return zlib.crc32(key.encode()) % 5 == 0


def sides_before(name):
    """Return record -> True where kept apart, None where on neither side, by the old rule."""
    first, sides = {}, {}
    for row in tables.rows(name, columns=[]):
        part, number = int(row.get("part") or 0), int(row["num"])
        first.setdefault(row["subject"], (number, part))
        near = {reserved_before(name, number + step, part) for step in (-1, 0, 1)}
        apart = reserved_before(name, *first[row["subject"]])
        sides[row["record"]] = None if len(near) == 2 else apart
    return sides


@pytest.mark.parametrize("name", ["uci_bp", "cinc2015"])
def test_the_same_people_are_reserved_as_ever(name, shared_data):
    database = DEVELOPMENT[name]
    found = list(database.find(shared_data))
    kinds = {"border": None, "reserved": True, "train": False, "valid": False}
    now = {e.record: kinds[split_of(database, e)] for e in found}
    assert now == sides_before(name)
    share = sum(s is True for s in now.values()) / sum(s is not None for s in now.values())
    assert 0.1 < share < 0.32
    assert sum(s is None for s in now.values()) < 0.15 * len(now)


@pytest.mark.parametrize("name", ["uci_bp", "cinc2015"])
def test_no_person_is_on_two_sides(name, shared_data):
    database = DEVELOPMENT[name]
    people = defaultdict(set)
    for entry in database.find(shared_data):
        people[split_of(database, entry)].add(subject_key(database, entry))
    people.pop("border")
    assert set(people) == {"train", "valid", "reserved"}
    for side, others in people.items():
        assert not any(others & people[other] for other in people if other != side)


def test_blocks_are_of_a_person_s_first_record(shared_data):
    found = {e.record: e for e in DEVELOPMENT["uci_bp"].find(shared_data)}
    assert found["p1_0069"].block == "uci_bp:1:3"
    assert found["p1_1000"].subject == "uci_p1_0742"
    assert found["p1_1000"].block == "uci_bp:1:37", "742 // 20"
    first = next(iter(DEVELOPMENT["cinc2015"].find(shared_data)))
    assert (first.record, first.block) == ("a103l", "cinc2015:0:5")


def test_proven_copies_are_not_on_both_sides(shared_data):
    database = DEVELOPMENT["cinc2015"]
    side = {e.record: split_of(database, e) == "reserved" for e in database.find(shared_data)
            if split_of(database, e) != "border"}  # fmt: skip
    groups = defaultdict(set)
    with (shared_data / "paired" / "cinc2015_overlaps.csv").open() as file:
        for line in csv.DictReader(file):
            groups[line["group"]] |= {side.get(line["record"]), side.get(line["group"])}
    assert len(groups) > 10
    assert [g for g, where in groups.items() if {True, False} <= where] == []


@pytest.mark.parametrize(
    ("table", "original", "folder"),
    [
        ("bidmc", "bidmc", "bidmc_csv"),
        ("ppg_bp", "ppg_bp", "ppg_bp_txt"),
        ("troika", "troika", "troika_mat"),
        ("rhythm_ppg", "liu2022", "liu_mat"),
        ("uci_bp", "uci_bp", "uci_bp_csv"),
    ],
)
def test_table_and_original_tell_the_same(table, original, folder, shared_data):
    """Record names, people, labels and samples, for the originals that we have."""
    rows = {e.record: e for e in DEVELOPMENT[table].find(shared_data)}
    compared = 0
    for entry in DATABASES[original].find(shared_data / "formats" / folder):
        if entry.record not in rows or compared > 20:
            continue
        row = rows[entry.record]
        compared += 1
        assert row.subject == entry.subject or table == "uci_bp"
        for label in set(row.labels) & set(entry.labels):
            if isinstance(row.labels[label], str):
                assert row.labels[label] == entry.labels[label]
            else:
                assert row.labels[label] == pytest.approx(entry.labels[label], rel=1e-3)
        mine, theirs = (
            np.concatenate([r.of("ppg")[0].samples for r in whole(d, e)])
            for d, e in ((DEVELOPMENT[table], row), (DATABASES[original], entry))
        )
        if table == "troika":
            continue  # the table's PPG is the second of two
        np.testing.assert_allclose(mine, theirs, atol=2e-3 * np.ptp(theirs))
    assert compared
