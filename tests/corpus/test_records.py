import os

import pytest

import tiny_database as tiny
from cardioprint.corpus.records import (
    DONE,
    QUARANTINED,
    FileState,
    Known,
    file_state,
    key_of,
    latest,
    reason_of,
    row,
    schema,
)
from cardioprint.datasets.base import Entry
from cardioprint.errors import RecordError


def entry(path, name="r"):
    return Entry(database="tiny", record=name, path=str(path), subject="p", labels={"age": 3.0})


def test_a_file_is_the_same_when_its_content_is(tmp_path):
    file = tmp_path / "r.txt"
    file.write_text("abc")
    known = Known(status=DONE, time="", state=file_state(entry(file)))
    assert not known.changed(entry(file))
    os.utime(file, (1, 1))
    assert not known.changed(entry(file))
    moved = tmp_path / "copy.txt"
    moved.write_text("abc")
    assert not known.changed(entry(moved))
    file.write_text("abd")
    assert known.changed(entry(file))
    file.unlink()
    assert not known.changed(entry(file))  # gone, or out of reach


def test_the_files_a_header_names_belong_to_the_record(tmp_path):
    header = tmp_path / "r.hea"
    header.write_text("r/2 1 125 20\nlayout 0\n~ 5\nseg1 15\n")
    (tmp_path / "seg1.hea").write_text("# comment\nseg1 1 125 15\nseg1.dat 16 200 16 0 0 0 0 II\n")
    (tmp_path / "seg1.dat").write_bytes(b"12")
    before = file_state(entry(header)).digest
    (tmp_path / "seg1.dat").write_bytes(b"13")
    os.utime(header, (1, 1))
    assert file_state(entry(header)).digest != before
    (tmp_path.parent / "outside.dat").write_bytes(b"x")
    header.write_text("r 1 125 20\n../outside.dat 16\n")
    inside = file_state(entry(header)).digest
    (tmp_path.parent / "outside.dat").write_bytes(b"y")
    os.utime(header, (2, 2))
    assert file_state(entry(header)).digest == inside


def test_a_missing_file_has_no_state(tmp_path):
    assert file_state(entry(tmp_path / "none")) == FileState(size=0, modified=0)


def test_reasons_are_one_line_without_folders(tmp_path):
    e = entry(tmp_path / "r.edf")
    error = RecordError("it is\nbroken", source=e.path, fix=f"look into {tmp_path}/notes")
    assert reason_of(error, e) == "r.edf: it is broken. Fix: look into notes"
    assert reason_of(KeyError("x"), e) == "KeyError: 'x'"
    assert len(reason_of(ValueError("x" * 9999), e)) == 500


def test_one_row_a_record_success_before_failure_then_the_later():
    import pyarrow as pa

    def line(key, status, time, windows=0):
        made = row(tiny.TINY, entry("none", key), FileState(size=0, modified=0), windows=windows)
        return {**made, "key": key, "status": status, "time": time}

    rows = [
        line("a", QUARANTINED, "1"),
        line("a", QUARANTINED, "3", windows=3),
        line("a", QUARANTINED, "2"),
        line("b", DONE, "1", windows=1),
        line("b", QUARANTINED, "9"),
    ]
    table = latest(pa.Table.from_pylist(rows, schema=schema()))
    assert table["windows"].to_pylist() == [3, 1]


@pytest.mark.parametrize(
    ("name", "key"), [("d/a", "d/a"), ("d/a#3", "d/a"), ("d/b#1", "d/b#1"), ("d/b#1#2", "d/b#1")]
)
def test_key_of_a_row_s_record(name, key):
    assert key_of(name, {"d/a", "d/b#1"}) == key
