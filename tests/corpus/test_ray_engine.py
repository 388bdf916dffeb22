"""A corpus built on a cluster equals one built in one process, whatever dies on the way."""

import json
import signal
from pathlib import Path

import pytest

import ray_cluster
import tiny_database as tiny
from cardioprint.corpus import build as builds
from cardioprint.corpus import units
from cardioprint.corpus.build import build
from cardioprint.corpus.store import open_corpus

pytest.importorskip("ray.data")
pytestmark = pytest.mark.slow

RECORDINGS = {f"r{i:02}": f"slow 0.3 {20 + i % 20} {i}" for i in range(24)}


@pytest.fixture(scope="module")
def cluster():
    with ray_cluster.two_nodes() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return a folder of recordings and the rows that one process makes of them."""
    folder = tmp_path_factory.mktemp("undisturbed")
    source = tiny.source(folder / "src", RECORDINGS)
    build([source], folder / "out", workers=0)
    return source, tiny.rows_of(folder / "out")


@pytest.fixture(autouse=True)
def small_units(monkeypatch):
    monkeypatch.setattr(units, "UNIT_RECORDS", 3)


def whole(out, rows, recordings=RECORDINGS):
    """Assert that a corpus holds exactly these rows, each once, and nothing is left over."""
    assert tiny.rows_of(out) == rows
    with open_corpus(out) as corpus:
        table = corpus.records()
    assert sorted(table["record"].to_pylist()) == sorted(recordings)
    assert sum(table["windows"].to_pylist()) == len(rows)
    assert not tiny.left_behind(out)


def test_two_machines_make_the_same_rows_in_few_commits(cluster, undisturbed, tmp_path):
    source, rows = undisturbed
    seen = []
    report = build(
        [source], tmp_path / "out", engine="ray", address=cluster.address, progress=seen.append
    )
    assert (report.added, report.kept, report.quarantined) == (24, 0, {})
    assert [p.records for p in seen] == sorted(p.records for p in seen)
    assert seen[-1].records == seen[-1].total == 24
    whole(tmp_path / "out", rows)
    with open_corpus(tmp_path / "out") as corpus:
        parts = list((tmp_path / "out" / "records").glob("*.parquet"))
        assert len(parts) < len(corpus.windows.get_fragments()) == 8
    again = build([source], tmp_path / "out", engine="ray", address="127.0.0.1:1")
    assert (again.added, again.kept) == (0, 24)  # nothing to do: the cluster was not asked for


def test_a_killed_worker_costs_only_the_recording_that_kills_it(cluster, tmp_path):
    recordings = {"a": "25 1", "b": "die", "c": "26 2", "d": "die once", "e": "27 3", "f": "bad"}
    source = tiny.source(tmp_path / "src", recordings)
    report = build([source], tmp_path / "out", engine="ray", address=cluster.address)
    assert report.added == 4
    assert set(report.quarantined) == {"tiny/b", "tiny/f"}
    assert "worker died" in report.quarantined["tiny/b"]
    local = tiny.source(tmp_path / "src", {"b": "bad"})
    build([local], tmp_path / "local", workers=0)
    assert tiny.rows_of(tmp_path / "out") == tiny.rows_of(tmp_path / "local")
    assert not tiny.left_behind(tmp_path / "out")


def test_a_machine_that_goes_takes_no_recording_with_it(cluster, undisturbed, tmp_path):
    source, rows = undisturbed
    removed = []

    def watch(progress):
        if progress.records >= 6 and not removed:
            removed.append(ray_cluster.worker_nodes(cluster)[0])
            cluster.remove_node(removed[0], allow_graceful=False)

    try:
        report = build(
            [source], tmp_path / "out", engine="ray", address=cluster.address, progress=watch
        )
    finally:
        cluster.add_node(**ray_cluster.NODE)
    assert removed and (report.added, report.quarantined) == (24, {})
    whole(tmp_path / "out", rows)


def test_a_killed_driver_is_run_again(cluster, undisturbed, tmp_path):
    source, rows = undisturbed
    driver = ray_cluster.started(source.folder, tmp_path / "out", cluster.address)
    for line in driver.stdout:  # units of two, committed every second
        if json.loads(line)["records"] >= 12:
            break
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    with open_corpus(tmp_path / "out") as corpus:
        assert 0 < len(corpus.records()) < 24
    driver = ray_cluster.started(source.folder, tmp_path / "out", cluster.address)
    text, _ = driver.communicate(timeout=300)
    report = json.loads(text.splitlines()[-1])
    assert report["kept"] > 0 and report["added"] + report["kept"] == 24
    whole(tmp_path / "out", rows)


def test_relative_paths_are_understood_in_other_folders(cluster, tmp_path, monkeypatch):
    tiny.write(tmp_path / "src", {"a": "25 1"})
    monkeypatch.chdir(tmp_path)
    source = tiny.source(Path("src"))
    report = build([source], "out", engine="ray", address=cluster.address)
    assert (report.added, report.quarantined) == (1, {})


def test_a_store_that_takes_nothing_ends_the_build(cluster, undisturbed, tmp_path, monkeypatch):
    source, _ = undisturbed
    monkeypatch.setitem(builds.COMMIT_EVERY, "ray", 0.0)
    data = tmp_path / "out" / "windows.lance" / "data"
    build([source], tmp_path / "out", workers=0, limit=1)
    for file in data.iterdir():
        file.rename(tmp_path / file.name)
    data.rmdir()
    data.write_text("no folder")
    with pytest.raises(Exception, match="cannot write"):
        build([source], tmp_path / "out", engine="ray", address=cluster.address)
