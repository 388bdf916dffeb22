"""Many units in one commit: as exact as one by one."""

import pytest

import tiny_database as tiny
from cardioprint.corpus import build as builds
from cardioprint.corpus import commits, units
from cardioprint.corpus.build import build
from cardioprint.corpus.store import open_corpus

RECORDINGS = {f"r{i}": f"{25 + i} {i}" for i in range(6)} | {"x": "bad"}


@pytest.fixture(autouse=True)
def few_commits_of_small_units(monkeypatch):
    monkeypatch.setattr(units, "UNIT_RECORDS", 2)
    monkeypatch.setitem(builds.COMMIT_EVERY, "local", 1e9)


def test_one_commit_for_all(tmp_path):
    source = tiny.source(tmp_path / "src", RECORDINGS)
    report = build([source], tmp_path / "out", workers=0)
    assert (report.added, set(report.quarantined)) == (6, {"tiny/x"})
    with open_corpus(tmp_path / "out") as corpus:
        assert len(corpus.records()) == 7
        assert len(corpus.windows.get_fragments()) == 3
        assert len(corpus.place.names("records")) == 1


def test_another_builder_was_faster_with_some(tmp_path, monkeypatch):
    source = tiny.source(tmp_path / "src", RECORDINGS)
    build([source], tmp_path / "alone", workers=0)
    commit, calls = commits.commit, []

    def late(*args):
        calls.append(1)
        if len(calls) == 1:  # while this build holds its units back; that one cuts other units
            patch.setattr(units, "UNIT_RECORDS", 3)
            build([source], tmp_path / "out", workers=0, limit=3)
        return commit(*args)

    with monkeypatch.context() as patch:
        patch.setattr(commits, "commit", late)
        report = build([source], tmp_path / "out", workers=0)
    assert len(calls) == 3
    assert report.added == 3
    assert tiny.rows_of(tmp_path / "out") == tiny.rows_of(tmp_path / "alone")
    assert not tiny.left_behind(tmp_path / "out")
