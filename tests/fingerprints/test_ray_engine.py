"""Fingerprints made on a cluster equal those of one process, bit by bit."""

import os
import signal
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import ray_cluster
from cardioprint.errors import CardioprintError, UnknownNameError
from cardioprint.fingerprints import many, ray_engine
from cardioprint.simulate import patient, write_wfdb


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("records")
    for seed in range(8):
        record, _ = patient(minutes=0.5 + 0.2 * seed, seed=seed, events=False)
        write_wfdb(record, root)
    (root / "bad.edf").write_bytes(b"0       not an EDF")
    return root


@pytest.fixture(scope="module")
def expected(folder, tiny_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("expected") / "all.parquet"
    many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    return pq.read_table(out)


@pytest.fixture(scope="module")
def cluster():
    pytest.importorskip("ray.data")
    with ray_cluster.two_nodes() as cluster:
        yield cluster


@pytest.mark.slow
def test_the_same_numbers_from_two_machines(cluster, folder, expected, tiny_folder, tmp_path):
    out, seen = tmp_path / "all.parquet", []
    options = {"engine": "ray", "address": cluster.address, "model": str(tiny_folder)}
    outcome = many.fingerprint_many(
        [folder], out, progress=lambda *ends: seen.append(ends), **options
    )
    assert (outcome.done, outcome.kept, [*outcome.failed]) == (8, 0, [str(folder / "bad.edf")])
    assert seen == [(n, 9) for n in range(1, 10)]
    assert pq.read_table(out).equals(expected)
    assert not out.with_name("all.parquet.parts").exists()
    again = many.fingerprint_many([folder], out, **options)
    assert (again.done, again.kept) == (0, 8)


@pytest.mark.slow
def test_relative_paths_and_a_machine_that_goes(
    cluster, folder, expected, tiny_folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(folder.parent)
    removed = []

    def watch(done, _):
        if done >= 2 and not removed:
            removed.append(ray_cluster.worker_nodes(cluster)[0])
            cluster.remove_node(removed[0], allow_graceful=False)

    try:
        outcome = many.fingerprint_many(
            [Path(folder.name)],
            tmp_path / "all.parquet",
            engine="ray",
            address=cluster.address,
            model=str(tiny_folder),
            progress=watch,
        )
    finally:
        cluster.add_node(**ray_cluster.NODE)
    assert removed and outcome.done == 8
    found = pq.read_table(tmp_path / "all.parquet")
    assert found["fingerprint"].equals(expected["fingerprint"])
    assert found["source"][0].as_py() == str(
        Path(folder.name) / Path(expected["source"][0].as_py()).name
    )


@pytest.mark.slow
def test_a_file_that_kills_its_worker_is_the_only_one_that_fails(cluster, tmp_path):
    def one(name):
        (tmp_path / name).touch()
        if name == "bad" or (name == "once" and not (tmp_path / "met").exists()):
            (tmp_path / "met").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return name, "damaged" if name == "odd" else ""

    names = ["a", "bad", "c", "once", "odd", *"fgh"]
    ends = ray_engine.run([(n,) for n in names], one, [0] * 8, workers=1, address=cluster.address)
    failed = dict(ends)
    assert {*failed} == {*names}
    assert "worker died" in failed.pop("bad")
    assert failed.pop("odd") == "damaged"
    assert not any(failed.values())


def test_files_are_put_together_without_leaving_cores_idle():
    def groups(n, size, cores):
        jobs = [(str(i),) for i in range(n)]
        found = ray_engine._together(jobs, [size] * n, cores)
        assert [job for group in found for job in group] == jobs
        return [len(g) for g in found]

    assert groups(5, 10, 2) == [1] * 5
    assert groups(64, 10, 2) == [4] * 16
    assert max(groups(10_000, 10, 2)) == ray_engine.TOGETHER_FILES
    assert groups(64, ray_engine.TOGETHER_BYTES, 1) == [1] * 64


def test_an_engine_or_cluster_that_is_not_there(folder, tiny_folder, tmp_path):
    out, options = tmp_path / "o.parquet", {"model": str(tiny_folder)}
    with pytest.raises(UnknownNameError, match="local, ray"):
        many.fingerprint_many([folder], out, engine="cloud", **options)
    pytest.importorskip("ray.data")
    with pytest.raises(CardioprintError, match="no Ray cluster answers"):
        many.fingerprint_many([folder], out, engine="ray", address="127.0.0.1:1", **options)
