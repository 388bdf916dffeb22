"""Exactly once, however builds end and however many there are."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

import tiny_database as tiny
from cardioprint.corpus.build import build
from cardioprint.corpus.store import open_corpus

RECORDINGS = {f"r{i:02}": f"slow 0.1 {20 + i % 20} {i}" for i in range(24)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return a folder of recordings and the rows that a build without troubles makes of them."""
    folder = tmp_path_factory.mktemp("undisturbed")
    source = tiny.source(folder / "src", RECORDINGS)
    build([source], folder / "out", workers=0)
    return folder / "src", tiny.rows_of(folder / "out")


def whole(out, rows):
    """Assert that a corpus holds exactly these rows and nothing is left over."""
    assert tiny.rows_of(out) == rows
    with open_corpus(out) as corpus:
        table = corpus.records()
    assert sorted(table["record"].to_pylist()) == sorted(RECORDINGS)
    assert sum(table["windows"].to_pylist()) == len(rows)
    assert not tiny.left_behind(out)


def soon(condition, seconds=20):
    """Return whether a condition comes true."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


@pytest.mark.slow
def test_killed_at_random_moments(undisturbed, tmp_path):
    source, rows = undisturbed
    rng, killed = random.Random(5), 0
    for _ in range(8):
        process = tiny.started(source, tmp_path / "out", 2, 2)
        try:
            process.communicate(timeout=rng.uniform(1.2, 3.5))
        except Exception:
            killed += 1
            if killed % 2:
                process.kill()  # the builder alone: its workers notice
            else:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert killed >= 3
    tiny.finished(tiny.started(source, tmp_path / "out", 2, 2))
    whole(tmp_path / "out", rows)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_between_windows_and_records(undisturbed, tmp_path, moment):
    source, rows = undisturbed
    process = tiny.started(source, tmp_path / "out", 0, 8, moment)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert any(n.endswith(".pending.parquet") for n in tiny.left_behind(tmp_path / "out"))
    with open_corpus(tmp_path / "out") as corpus:  # a reader sees windows and records agree
        seen = set(corpus.windows.to_table(columns=["record"])["record"].to_pylist())
        assert {f"tiny/{r}" for r in corpus.records()["record"].to_pylist()} == seen
    report = tiny.finished(tiny.started(source, tmp_path / "out", 0, 8))
    assert report["kept"] == (8 if moment == "before" else 16)
    whole(tmp_path / "out", rows)


def test_two_builders_share_the_work(undisturbed, tmp_path):
    source, rows = undisturbed
    builders = [tiny.started(source, tmp_path / "out", 1, 2, "meet") for _ in range(2)]
    added = [tiny.finished(b)["added"] for b in builders]
    assert sum(added) == len(RECORDINGS)
    assert min(added) > 0
    whole(tmp_path / "out", rows)


def test_builders_that_cut_otherwise_add_nothing_twice(undisturbed, tmp_path):
    source, rows = undisturbed
    builders = [tiny.started(source, tmp_path / "out", 1, n, "meet") for n in (2, 3)]
    # Claims are of units: whoever is a hair behind may find all its recordings added already.
    assert sum(tiny.finished(b)["added"] for b in builders) == len(RECORDINGS)
    whole(tmp_path / "out", rows)


def test_a_worker_that_dies_takes_no_other_recording_with_it(tmp_path):
    recordings = {"a": "25 1", "b": "die", "c": "26 2", "d": "die once", "e": "27 3"}
    source = tiny.source(tmp_path / "src", recordings)
    report = build([source], tmp_path / "out", workers=1)
    assert report.added == 4
    assert set(report.quarantined) == {"tiny/b"}
    assert "SIGKILL" in report.quarantined["tiny/b"]
    assert not tiny.left_behind(tmp_path / "out")


def test_workers_end_with_their_builder(undisturbed, tmp_path):
    source, _ = undisturbed
    process = tiny.started(source, tmp_path / "out", 1, 2)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    working = tmp_path / "out" / "records"  # from the first commit on
    assert soon(lambda: working.exists() and children.read_text())
    workers = [Path("/proc", pid) for pid in children.read_text().split()]
    process.kill()
    process.communicate()
    assert soon(lambda: not any(w.exists() for w in workers))


def test_half_a_day_needs_no_more_memory_than_minutes(tmp_path):
    peaks = {}
    for hours in (0.2, 12):
        folder = tmp_path / str(hours)
        source = tiny.source(folder / "src", {"long": f"hours {hours}"})
        report = tiny.finished(tiny.started(source.folder, folder / "out", 0, 2))
        peaks[hours] = report["peak_rss"]
    with open_corpus(tmp_path / "12" / "out") as corpus:
        assert len(corpus) == 12 * 360
    assert peaks[12] - peaks[0.2] < 300 * 2**20
    assert peaks[12] < 1024 * 2**20


def test_nothing_is_kept_of_a_long_recording_that_ends_in_damage(tmp_path):
    source = tiny.source(tmp_path / "src", {"a": "25 1", "b": "hours 12 11.9", "c": "25 2"})
    report = build([source], tmp_path / "out", workers=0)
    assert report.added == 2
    assert "the file ends early" in report.quarantined["tiny/b"]
    assert {r["record"] for r in tiny.rows_of(tmp_path / "out")} == {"tiny/a", "tiny/c"}
    assert not tiny.left_behind(tmp_path / "out")
