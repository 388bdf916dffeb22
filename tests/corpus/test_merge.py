import pytest

import tiny_database as tiny
from cardioprint.corpus.build import build
from cardioprint.corpus.merge import merge
from cardioprint.corpus.store import open_corpus
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import Preparation

FIRST = {"a": "25 1", "b": "45 2 3", "c": "bad"}
SECOND = {"b": "45 2 3", "d": "26 4", "e": "crash", "c": "28 3"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("merge")
    for name, recordings in (("one", FIRST), ("two", SECOND)):
        build([tiny.source(folder / f"{name}.src", recordings)], folder / name, workers=0)
    return folder


def test_a_recording_in_both_is_taken_once(folder, tmp_path):
    merged = merge([folder / "one", folder / "two"], tmp_path / "out")
    assert (merged.records, merged.repeated, merged.differing) == (4, 1, ())
    rows = tiny.rows_of(tmp_path / "out")
    one, two = (tiny.rows_of(folder / n) for n in ("one", "two"))
    only_two = [r for r in two if not r["record"].startswith("tiny/b")]
    assert rows == sorted(one + only_two, key=lambda r: (r["record"], r["start"]))
    assert merged.windows == len(rows)
    with open_corpus(tmp_path / "out") as corpus:
        status = {r["key"]: r["status"] for r in corpus.records().to_pylist()}
        assert corpus.manifest["databases"].keys() == {"tiny"}
    done, bad = "done", "quarantined"
    assert status == {"tiny/a": done, "tiny/b": done, "tiny/c": done, "tiny/d": done, "tiny/e": bad}
    assert not tiny.left_behind(tmp_path / "out")


def test_a_rerun_and_a_later_build_add_nothing_twice(folder, tmp_path):
    merge([folder / "one"], tmp_path / "out")
    rows = tiny.rows_of(tmp_path / "out")
    again = merge([folder / "one"], tmp_path / "out")
    assert (again.records, again.windows, again.repeated) == (0, 0, 2)
    assert tiny.rows_of(tmp_path / "out") == rows
    report = build([tiny.source(folder / "two.src")], tmp_path / "out", workers=0)
    assert report.kept == 1 and report.added == 2  # b was there; c's file is another one


def test_the_same_name_with_another_content_is_told(folder, tmp_path):
    other = tmp_path / "other"
    build([tiny.source(tmp_path / "src", {"a": "25 9"})], other, workers=0)
    assert merge([folder / "one", other], tmp_path / "out").differing == ("tiny/a",)


def test_records_that_span_files_stay_whole(folder, tmp_path, monkeypatch):
    """Groups of fragments are committed together where a record lies in two of them."""
    import lance

    from cardioprint.corpus import merge as module

    with open_corpus(folder / "one") as corpus:
        table = corpus.windows.to_table()
    split = tmp_path / "split"
    build([tiny.source(folder / "one.src")], split, workers=0)
    lance.write_dataset(
        table, split / "windows.lance", mode="overwrite", max_rows_per_file=4,
        data_storage_version="2.1",
    )  # fmt: skip
    monkeypatch.setattr(module, "FILE_ROWS", 1)
    seen = []
    merge([split], tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert tiny.rows_of(tmp_path / "out") == tiny.rows_of(folder / "one")
    assert seen[-1] == (len(table), len(table))


def test_what_cannot_be_merged(folder, tmp_path):
    other = tmp_path / "other"
    build(
        [tiny.source(tmp_path / "src", {"a": "25 1"})],
        other,
        workers=0,
        preparation=Preparation(ecg_high=35.0),
    )
    with pytest.raises(RecordError, match="prepared otherwise: ecg_high"):
        merge([folder / "one", other], tmp_path / "out")
    with pytest.raises(RecordError, match="one of those"):
        merge([folder / "one"], folder / "one")
    with pytest.raises(RecordError, match="there is no corpus"):
        merge([tmp_path / "none"], tmp_path / "out")
    with pytest.raises(RecordError, match="no corpus is given"):
        merge([], tmp_path / "out")
    assert not (tmp_path / "out").exists()
