"""Recordings and corpus on an object store, against a server on this machine that plays S3.

Needs `moto[server]` and `s3fs`, which the package's own extras do not bring.
"""

import os
import socket
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import ray_cluster  # noqa: F401 (the variables it sets)
import tiny_database as tiny
from cardioprint.corpus import build as builds
from cardioprint.corpus import units
from cardioprint.corpus.build import build
from cardioprint.corpus.sources import SourceFolder, parse
from cardioprint.corpus.store import open_corpus
from cardioprint.datasets import remote
from cardioprint.errors import RecordError
from cardioprint.fingerprints import many
from cardioprint.simulate import patient, write_wfdb

pytestmark = pytest.mark.slow

RECORDINGS = {f"r{i}": f"{22 + i} {i}" for i in range(8)} | {"bad": "bad"}


@pytest.fixture(scope="module")
def s3():
    """Yield a file system on an empty bucket."""
    moto = pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        support = [str(Path(tiny.__file__).parent), os.environ.get("PYTHONPATH", "")]
        for name, value in {
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",  # Lance's
            "PYTHONPATH": os.pathsep.join(support),
            "RAY_raylet_start_wait_time_s": "180",
        }.items():
            patch.setenv(name, value)
        patch.delenv("RAY_ADDRESS", raising=False)
        import fsspec

        system = fsspec.filesystem("s3")
        system.mkdir("bucket")
        yield system
    server.stop()


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_a_corpus_from_a_store_to_a_store(s3, engine, tmp_path, monkeypatch):
    if engine == "ray":
        pytest.importorskip("ray.data")
    monkeypatch.setattr(units, "UNIT_RECORDS", 3)
    monkeypatch.setitem(builds.COMMIT_EVERY, "ray", 0.0)
    here = tiny.source(tmp_path / "src", RECORDINGS)
    build([here], tmp_path / "out", workers=0)
    s3.put(str(tmp_path / "src"), f"bucket/{engine}/", recursive=True)
    address = f"s3://bucket/{engine}/src"
    there = SourceFolder(database=remote.database(tiny.TINY, address), folder=address)
    out = f"s3://bucket/{engine}/corpus"
    options = {"engine": engine, "workers": 2 if engine == "ray" else 0}
    report = build([there], out, **options)
    assert (report.added, set(report.quarantined)) == (8, {"tiny/bad"})
    assert report.quarantined["tiny/bad"] == "bad.txt: it is damaged [field: samples]"
    assert tiny.rows_of(out) == tiny.rows_of(tmp_path / "out")
    again = build([there], out, **options)
    assert (again.added, again.kept, again.changed) == (0, 9, ())
    s3.pipe_file(f"bucket/{engine}/src/r9.txt", b"31 9")
    s3.pipe_file(f"bucket/{engine}/src/r1.txt", b"99 9 1")
    more = build([there], out, **options)
    assert (more.added, more.changed) == (1, ("tiny/r1",))
    with open_corpus(out) as corpus:
        held = {f.path for g in corpus.windows.get_fragments() for f in g.metadata.files}
        s3.invalidate_cache()
        files = s3.ls(f"bucket/{engine}/corpus/windows.lance/data", detail=False)
        assert {f.rpartition("/")[2] for f in files} == held


def test_a_killed_build_leaves_a_note(s3, tmp_path):
    source = tiny.source(tmp_path / "src", {"a": "25 1"})
    build([source], "s3://bucket/noted", workers=0)
    s3.pipe_file("bucket/noted/building.json", b'{"host": "elsewhere"}')
    with pytest.raises(RecordError, match=r"elsewhere.*delete s3://bucket/noted/building\.json"):
        build([source], "s3://bucket/noted", workers=0)


def test_fingerprints_from_a_store_to_a_store(s3, tiny_folder, tmp_path):
    pytest.importorskip("ray.data")
    (tmp_path / "src").mkdir()
    for seed in range(4):
        record, _ = patient(minutes=0.6, seed=seed, events=False)
        write_wfdb(record, tmp_path / "src")
    s3.put(str(tmp_path / "src"), "bucket/prints/", recursive=True)
    options = {"model": str(tiny_folder)}
    many.fingerprint_many([tmp_path / "src"], tmp_path / "here.parquet", workers=1, **options)
    there, out = "s3://bucket/prints/src", "s3://bucket/prints/all.parquet"
    outcome = many.fingerprint_many([there], out, engine="ray", workers=2, **options)
    assert (outcome.done, outcome.failed, outcome.rows) == (4, {}, 20)
    again = many.fingerprint_many([there], out, workers=1, **options)
    assert (again.done, again.kept) == (0, 4)
    s3.get("bucket/prints/all.parquet", str(tmp_path / "there.parquet"))
    ours, theirs = (pq.read_table(tmp_path / f"{n}.parquet") for n in ("here", "there"))
    assert ours["fingerprint"].equals(theirs["fingerprint"])
    assert theirs["source"][0].as_py().startswith(f"{there}/")
    s3.invalidate_cache()
    assert not s3.exists("bucket/prints/all.parquet.parts")


def test_words_of_the_command_line(s3):
    s3.pipe_file("bucket/own/a.txt", b"nothing")
    own, known = parse(["s3://bucket/own", "mitdb=s3://bucket/own"])
    assert (own.database.name, known.database.name) == ("folder", "mitdb")
    assert own.folder == known.folder == "s3://bucket/own"
    with pytest.raises(RecordError, match="nothing is there"):
        list(parse(["s3://bucket/none"])[0].database.find(Path()))
