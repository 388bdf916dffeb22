"""Recordings on an object store; "file://" and "memory://" stand for one."""

from pathlib import Path

import fsspec
import numpy as np
import pytest

from cardioprint.datasets import folder, mitdb, remote, stores
from cardioprint.datasets.base import Entry
from cardioprint.errors import CardioprintError, RecordError, UnsafeFileError
from cardioprint.readers import find_records, read_record
from database_files import wave, write_segments, write_wfdb

SIGNALS = {"II": (wave(2500), "mV"), "PLETH": (wave(2500, 1), "NU")}


@pytest.fixture
def store(tmp_path):
    """Return a folder and its address."""
    root = tmp_path / "bucket"
    write_wfdb(root / "a", "rec1", SIGNALS, 250)
    write_wfdb(root / "b", "rec2", SIGNALS, 250)
    (root / "records.csv").write_text("record,subject,age\na/rec1,p1,50\nb/rec2,p2,61\n")
    lines = "\n".join(f"{i / 100},{x:.3f}" for i, x in enumerate(wave(3000)))
    (root / "c").mkdir()
    (root / "c" / "long.csv").write_text(f"time,ecg\n{lines}\n")
    with (root / "records.csv").open("a") as stream:
        stream.write("c/long,p3,\n")
    return root, f"file://{root}"


def test_entries_are_those_of_the_folder_with_addresses(store):
    root, address = store
    here = list(folder.find(root))
    there = list(remote.database(folder.DATABASE, address).find(Path("ignored")))
    assert [(e.record, e.subject, e.labels, e.size) for e in there] == [
        (e.record, e.subject, e.labels, e.size) for e in here
    ]
    assert there[0].path == f"{address}/a/rec1.hea"
    stat = (root / "a" / "rec1.hea").stat()
    assert remote.state(there[0].path) == (stat.st_size, int(stat.st_mtime) * 10**9)


def test_shells_take_no_room_and_tables_are_long_enough_to_be_known(store, monkeypatch):
    _, address = store
    monkeypatch.setitem(remote.SHELLS, ".csv", 1000)
    with remote.mirrored(address) as mirror:
        data = mirror / "a" / "rec1.dat"
        assert data.stat().st_size == 10_000 and data.stat().st_blocks == 0
        assert set(data.read_bytes()) == {0}
        table = (mirror / "c" / "long.csv").read_bytes()
        assert table.startswith(b"time,ecg\n0.0,") and table.endswith(b"\0")
    assert not mirror.exists()
    with remote.mirrored(address, whole=(".csv",)) as mirror:
        assert b"\0" not in (mirror / "c" / "long.csv").read_bytes()


def test_a_recording_is_fetched_with_what_belongs_to_it_and_deleted(store):
    root, address = store
    entry = Entry(database="folder", record="a/rec1", path=f"{address}/a/rec1.hea")
    plain = Entry(database="folder", record="x", path=str(root / "b" / "rec2.hea"))
    with remote.local([entry, plain]) as (fetched, same):
        assert same == plain
        path = Path(fetched.path)
        assert sorted(p.name for p in path.parent.iterdir()) == ["rec1.dat", "rec1.hea"]
        stat = path.stat()
        assert stat.st_mtime_ns == int((root / "a" / "rec1.hea").stat().st_mtime) * 10**9
        for ours, theirs in zip(
            read_record(path).channels, read_record(root / "a" / "rec1.hea").channels, strict=True
        ):
            np.testing.assert_array_equal(ours.samples, theirs.samples)
    assert not path.exists() and (root / "a" / "rec1.hea").exists()


def test_segments_of_segments_and_folders(tmp_path):
    parts = [("seg1", SIGNALS), ("~", 500), ("seg2", SIGNALS)]
    write_segments(tmp_path / "b", "whole", "layout", parts, 250, when="10:00:00 01/01/2020")
    system = fsspec.filesystem("memory")
    system.put(str(tmp_path / "b"), "/remote/b", recursive=True)
    path = stores.fetch("memory://remote/b/whole.hea", tmp_path / "one")
    assert {p.name for p in path.parent.iterdir()} == {p.name for p in (tmp_path / "b").iterdir()}
    below = stores.fetch("memory://remote/b", tmp_path / "all")
    assert len(list(below.iterdir())) == len(list((tmp_path / "b").iterdir()))


def test_recordings_of_a_folder_or_one(store):
    root, address = store
    found = remote.recordings(address, find_records)
    assert found == [f"{address}/{p.relative_to(root).as_posix()}" for p in find_records(root)]
    assert remote.recordings(found[0], find_records) == found[:1]


def test_what_is_not_there(tmp_path):
    with pytest.raises(RecordError, match="nothing is there"):
        remote.recordings(f"file://{tmp_path}/none", find_records)
    path = stores.fetch(f"file://{tmp_path}/none/x.edf", tmp_path / "scratch")
    assert not path.exists()
    with pytest.raises(RecordError, match="cannot be opened"):
        stores.opened("nonsense://bucket")


def test_too_much_to_fetch_only_for_a_list(store, monkeypatch):
    monkeypatch.setattr(remote, "MOST_BYTES", 100)
    with pytest.raises(RecordError, match="mount the store"):
        list(remote.database(mitdb.DATABASE, store[1]).find(Path()))


def test_a_listing_cannot_leave_the_scratch_folder(monkeypatch, tmp_path):
    class Store:
        def find(self, root, detail):
            return {f"{root}/../../escaped.hea": {"size": 1}}

    monkeypatch.setattr(stores, "opened", lambda address: (Store(), "bucket/x"))
    with pytest.raises(UnsafeFileError), remote.mirrored("s3://bucket/x"):
        pass


def test_a_store_that_fails_is_named(monkeypatch, tmp_path):
    class Store:
        def isfile(self, key):
            raise PermissionError("403 Forbidden")

    monkeypatch.setattr(stores, "opened", lambda address: (Store(), "bucket/x.hea"))
    with pytest.raises(CardioprintError, match=r"s3://bucket/x\.hea.*403.*credentials"):
        stores.fetch("s3://bucket/x.hea", tmp_path)


def test_header_names_stay_in_their_folder(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "secret.dat").write_bytes(b"1")
    (tmp_path / "src" / "r.hea").write_text("r 1 250 10\n../secret.dat 16 200 16 0 0 0 0 II\n")
    path = stores.fetch(f"file://{tmp_path}/src/r.hea", tmp_path / "scratch")
    assert [p.name for p in path.parent.iterdir()] == ["r.hea"]
