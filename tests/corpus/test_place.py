"""Places on a disk and on what looks like an object store."""

import subprocess
import sys

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

import tiny_database as tiny
from cardioprint.corpus import commits
from cardioprint.corpus.build import build
from cardioprint.corpus.place import MARKER, Lock, Place
from cardioprint.corpus.store import open_corpus
from cardioprint.errors import RecordError

SCHEME = "file-object-store"
"""Lance reads and writes local files as if they were on an object store."""


class Bucket(LocalFileSystem):
    """The same for fsspec."""

    protocol = SCHEME

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(str(path).removeprefix(f"{SCHEME}://"))


@pytest.fixture
def bucket(tmp_path):
    """Return the address of an empty prefix."""
    fsspec.register_implementation(SCHEME, Bucket, clobber=True)
    return f"{SCHEME}://{tmp_path}/bucket/corpus"


def asked_elsewhere(path, *, shared):
    """Return whether another process gets a lock."""
    code = (
        "import sys; from pathlib import Path; from cardioprint.corpus.place import Lock; "
        f"sys.exit(not Lock(Path({str(path)!r})).take(shared={shared}, wait=False))"
    )
    return subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_files(tmp_path):
    place = Place.at(tmp_path / "a")
    assert not place.exists() and place.names() == []
    place.write("b/c.txt", b"1")
    place.write("b/c.txt", b"22")
    place.move("b/c.txt", "b/d.txt")
    assert place.names("b") == ["d.txt"] and place.read("b/d.txt") == b"22"
    assert place.exists("b") and place.size() == 2
    place.remove("b/d.txt")
    place.remove("b/d.txt")
    assert place.names("b") == []


def test_one_place_has_one_address(tmp_path):
    assert (
        Place.at(f"file://{tmp_path}/a/")
        == Place.at(tmp_path / "a")
        == Place.at(Place.at(tmp_path / "a"))
    )
    assert Place.at("s3://bucket/a/").uri == "s3://bucket/a"
    assert Place.at("s3://bucket/a").folder is None
    with pytest.raises(RecordError, match="cannot be opened"):
        Place.at("nothing://bucket").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
def test_locks(tmp_path):
    lock = Lock(tmp_path / "locks" / "a")
    assert lock.take(shared=True)
    assert asked_elsewhere(lock.path, shared=True)
    assert not asked_elsewhere(lock.path, shared=False)
    assert lock.take(wait=False)  # from shared to exclusive
    assert not asked_elsewhere(lock.path, shared=True)
    lock.free(remove=True)
    assert not lock.path.exists()
    assert asked_elsewhere(lock.path, shared=False)


def test_a_corpus_on_an_object_store(bucket, tmp_path):
    source = tiny.source(tmp_path / "src", {"a": "25 1", "b": "26 2", "c": "bad"})
    report = build([source], bucket, workers=0)
    assert report.added == 2 and set(report.quarantined) == {"tiny/c"}
    disk = tiny.source(tmp_path / "src")
    build([disk], tmp_path / "disk", workers=0)
    assert tiny.rows_of(bucket) == tiny.rows_of(tmp_path / "disk")
    tiny.write(tmp_path / "src", {"d": "27 3"})
    assert build([source], bucket, workers=0).added == 1
    with open_corpus(bucket) as corpus:
        assert len(corpus.records()) == 4
        assert MARKER not in corpus.place.names()


def test_an_object_store_takes_one_builder(bucket, tmp_path):
    place = Place.at(bucket)
    source = tiny.source(tmp_path / "src", {"a": "25 1"})
    with place.building(), pytest.raises(RecordError, match="another build writes here"):
        build([source], bucket, workers=0)
    place.write(MARKER, b'{"host": "gone"}')
    with pytest.raises(RecordError, match=f"gone.*delete {SCHEME}"):
        build([source], bucket, workers=0)
    place.remove(MARKER)
    assert build([source], bucket, workers=0).added == 1


def test_a_pending_part_cannot_delete_what_is_not_the_corpus_s(tmp_path):
    """A corpus may come from a stranger."""
    from cardioprint.corpus import records

    out = tmp_path / "out"
    build([tiny.source(tmp_path / "src", {"a": "25 1"})], out, workers=0)
    (tmp_path / "precious").write_text("")
    place = Place.at(out)
    part = records.part_bytes(records.schema().empty_table(), ["../../../precious", "/etc/x", ".."])
    place.write("records/evil.pending.parquet", part)
    place.write("records/torn.pending.parquet", part[:50])
    with place.committing():
        commits.settle(place)
    assert (tmp_path / "precious").exists()
    assert len(place.names("records")) == 1
