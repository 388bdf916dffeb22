"""Verifying a folder: against the publisher's lists, without a network."""

import hashlib
import json
from io import BytesIO

import pytest

from archive_server import database
from cardioprint.datasets.base import Entry
from cardioprint.datasets.checksums import check, read_sums, spread
from cardioprint.datasets.manifest import Fetched, Manifest, write_manifest
from cardioprint.datasets.verify import layout, verify
from cardioprint.errors import RecordError, UnsafeFileError

FILES = {"a/1.dat": b"one", "a/1.hea": b"head", "docs/read me.txt": b"text"}


def sums(files=FILES):
    return "".join(f"{hashlib.sha256(b).hexdigest()}  {p}\n" for p, b in files.items())


@pytest.fixture
def folder(tmp_path):
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "SHA256SUMS.txt").write_text(sums())
    return tmp_path


def test_a_whole_folder_passes(folder):
    seen = []
    found = verify(folder, progress=lambda done, of: seen.append((done, of)))
    assert found.passed and found.right == 3 and found.lists == ("SHA256SUMS.txt",)
    assert (found.missing, found.changed, found.extra, found.unfinished) == ((), (), (), ())
    assert seen[-1] == (3, 3)


def test_missing_changed_extra_and_unfinished_files_are_named(folder):
    (folder / "a/1.dat").write_bytes(b"two")
    (folder / "a/1.hea").rename(folder / "a/2.hea")
    (folder / "a/1.hea.part").write_bytes(b"he")
    (folder / "a/1.hea.part.tag").write_bytes(b"x")
    found = verify(folder)
    assert not found.passed and found.right == 1
    assert found.missing == ("a/1.hea",) and found.changed == ("a/1.dat",)
    assert found.extra == ("a/2.hea",) and found.unfinished == ("a/1.hea",)


def test_files_that_nobody_needs_may_be_absent(folder):
    (folder / "docs/read me.txt").unlink()
    assert verify(folder).missing == ("docs/read me.txt",)
    found = verify(folder, database(files={"include": ("a/*",)}))
    assert found.passed and found.unneeded == 1
    (folder / "a/1.dat").unlink()
    head = Fetched(checksum="sha256:" + hashlib.sha256(b"head").hexdigest(), size=4)
    write_manifest(folder, Manifest(name="toy", version="1.0", base="b", files={"a/1.hea": head}))
    assert verify(folder).passed  # only the header was asked for
    (folder / "SHA256SUMS.txt").unlink()
    found = verify(folder)
    assert (found.lists, found.right, found.unneeded) == (("fetched.json",), 1, 0)


def test_records_where_there_is_no_other_list(folder):
    (folder / "SHA256SUMS.txt").unlink()
    (folder / "RECORDS").write_text("a/\n1\n")
    (folder / "a/RECORDS").write_text("1\n2\n")
    found = verify(folder)
    assert found.lists == ("RECORDS",) and found.unchecked == 1
    assert found.missing == ("1.hea", "a/2.hea")


def test_a_folder_without_lists_and_one_that_is_none(folder):
    (folder / "SHA256SUMS.txt").unlink()
    found = verify(folder)
    assert found.lists == () and found.extra == ()
    with pytest.raises(RecordError, match="no such folder"):
        verify(folder / "gone")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("SHA256SUMS.txt", "0" * 64 + "  ../x", "the listing names"),
        ("fetched.json", "[]", "not a list of fetched files"),
        ("fetched.json", "\0\x80", "not a list of fetched files"),
        ("RECORDS", "../../etc/passwd\n", "the listing names"),
    ],
)
def test_hostile_lists(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(RecordError, match=message):
        verify(tmp_path)


def test_hostile_manifest(tmp_path):
    told = {"name": "x", "version": "1", "base": "b", "date": "d"}
    for files in ({"/etc/passwd": {"checksum": "md5:" + "0" * 32, "size": 1}}, {"a": {"size": 1}}):
        (tmp_path / "fetched.json").write_text(json.dumps({**told, "files": files}))
        with pytest.raises((UnsafeFileError, RecordError)):
            verify(tmp_path)


def test_layout_counts_recordings_and_people(tmp_path):
    def find(folder):
        for i, subject in enumerate(("p1", "p1", "p2", "")):
            yield Entry(
                database="toy", record=str(i), path=str(folder), subject=subject, labels={"age": i}
            )

    found = layout(tmp_path, database(find=find))
    assert (found.records, found.subjects, found.labels) == (4, 2, ("age",))


def test_lines_of_sha256sum():
    digest = "AB" * 32
    text = f"{digest}  x.dat\r\n\n{digest} *a b/ü.hea\n{digest} single.txt\n"
    found = list(read_sums(BytesIO(text.encode()), source="x"))
    assert found == [(p, f"sha256:{'ab' * 32}") for p in ("x.dat", "a b/ü.hea", "single.txt")]
    assert check("md5:" + "F" * 32) == "md5:" + "f" * 32
    for wrong in ("", "md5:12", "sha256:" + "g" * 64, "0" * 64):
        with pytest.raises(RecordError, match="is not a checksum"):
            check(wrong)


def test_work_is_spread_over_few_threads_and_queued_little():
    taken = []

    def items():
        for i in range(1000):
            taken.append(i)
            yield i

    results = spread(lambda i: i * i, items(), workers=2)
    first, future = next(results)
    assert future.result() == first * first and len(taken) <= 4
    assert {item for item, _ in results} | {first} == set(range(1000))
