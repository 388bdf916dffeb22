"""A small corpus, damaged in one way at a time: each has to be found and named."""

import json
import shutil

import lance
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardioprint.corpus import duplicates
from cardioprint.corpus.build import build
from cardioprint.corpus.check import check
from cardioprint.corpus.place import Place
from cardioprint.corpus.store import open_corpus
from cardioprint.errors import RecordError
from tiny_database import source


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return a corpus of two builds, so that it has two files: eight records and a bad one."""
    folder = tmp_path_factory.mktemp("check")
    texts = {f"r{i}": f"40 {i}" for i in range(4)}
    build([source(folder / "in", texts)], folder / "corpus", workers=0)
    more = {f"r{i}": f"40 {i} 2" for i in range(4, 8)} | {"r8": "bad"}
    build([source(folder / "in", {**texts, **more})], folder / "corpus", workers=0)
    return folder / "corpus"


@pytest.fixture
def corpus(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "corpus")


def windows(corpus):
    return lance.dataset(str(corpus / "windows.lance"))


def rewrite(corpus, change):
    """Write all windows anew after a change of the table."""
    table = change(windows(corpus).to_table())
    lance.write_dataset(table, str(corpus / "windows.lance"), mode="overwrite")


def changed(table, column, row, value):
    """Return the table with one cell changed."""
    values = table.column(column).to_pylist()
    values[row] = value
    at = table.schema.get_field_index(column)
    kind = table.schema.field(column)
    return table.set_column(at, kind, pa.array(values, kind.type))


def found(corpus, kind):
    """Return what a check says of a kind of error, which there has to be."""
    report = check(corpus)
    assert not report.ok
    assert kind in report.kinds(), report.lines()
    return "\n".join(line for f in report.findings if f.kind == kind for line in f.lines())


def test_a_sound_corpus(corpus):
    told = []
    report = check(corpus, progress=lambda done, total: told.append((done, total)))
    assert report.ok, report.lines()
    assert not report.findings
    assert told[-1] == (len(open_corpus(corpus)),) * 2
    assert report.lines()[-1].startswith("result   nothing wrong")


def test_no_corpus(tmp_path):
    with pytest.raises(RecordError, match="no corpus"):
        check(tmp_path)
    (tmp_path / "corpus.json").write_text('{"format": "something"}')
    with pytest.raises(RecordError, match=r"corpus\.json"):
        check(tmp_path)


def test_a_truncated_file_of_windows(corpus):
    path = max((corpus / "windows.lance" / "data").iterdir())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert path.name in found(corpus, "file")


def test_a_missing_file_of_windows_is_named_and_the_rest_is_checked(corpus):
    path = max((corpus / "windows.lance" / "data").iterdir())
    path.unlink()
    assert f"missing\n           windows.lance/data/{path.name}" in found(corpus, "file")
    assert "0 instead of" in found(corpus, "windows")
    assert check(corpus).facts[1].split()[1] in ("16", "32")  # of 48: the other file's


def test_a_missing_dataset(corpus):
    shutil.rmtree(corpus / "windows.lance")
    assert "windows.lance" in found(corpus, "file")


def test_a_damaged_part_of_the_records(corpus):
    path = max((corpus / "records").iterdir())
    path.write_bytes(path.read_bytes()[:100])
    assert path.name in found(corpus, "file")
    assert "tiny/" in found(corpus, "unknown record")


def test_edited_counts(corpus):
    def edit(table):
        counts = table.column("samples").to_pylist()[5]
        counts[700] += 3
        return changed(table, "samples", 5, counts)

    rewrite(corpus, edit)
    name = windows(corpus).to_table(columns=["record"]).column("record")[5].as_py()
    assert name in found(corpus, "content")
    assert check(corpus).kinds() == {"content"}
    duplicates.update(corpus)
    assert check(corpus).kinds() == {"content"}  # a search does not make it right


def test_edited_counts_beyond_what_encoding_makes(corpus):
    rewrite(corpus, lambda t: changed(t, "samples", 5, [32767] * 2500))
    assert {"range", "content"} <= check(corpus).kinds()


def test_a_row_twice(corpus):
    row = windows(corpus).to_table().slice(2, 1)
    lance.write_dataset(row, str(corpus / "windows.lance"), mode="append")
    name, start = row.column("record")[0].as_py(), row.column("start")[0].as_py()
    assert f"{name} at {start:g} s" in found(corpus, "repeated")
    assert name in found(corpus, "windows")


def test_a_row_removed(corpus):
    windows(corpus).delete("record = 'tiny/r1' AND start = 10.0")
    assert "tiny/r1: 3 instead of 4" in found(corpus, "windows")


def test_a_record_removed_and_one_that_nobody_knows(corpus):
    rewrite(
        corpus,
        lambda t: pa.table(
            {
                c: pa.array(["tiny/x" if v == "tiny/r1" else v for v in t.column(c).to_pylist()])
                if c == "record"
                else t.column(c)
                for c in t.column_names
            },
            schema=t.schema,
        ),
    )
    assert "tiny/r1: 0 instead of 4" in found(corpus, "windows")
    assert "tiny/x" in found(corpus, "unknown record")


@pytest.mark.parametrize("where", ("record = 'tiny/r1'", "subject = 'tiny:p0'"))
def test_a_subject_on_another_side(corpus, where):
    old = windows(corpus).to_table(filter=where).column("split")[0].as_py()
    new = "test" if old != "test" else "train"
    windows(corpus).update({"split": f"'{new}'"}, where=where)
    told = found(corpus, "origin")
    assert "tiny/r1" in told and f"tiny:p0 {new}, it is tiny tiny:p0 {old}" in told


def test_a_subject_whose_records_are_on_two_sides(corpus):
    """Also where rows and the table of records agree."""
    windows(corpus).update({"split": "'test'"}, where="record = 'tiny/r1'")
    windows(corpus).update({"split": "'train'"}, where="record = 'tiny/r0'")
    for path in (corpus / "records").iterdir():
        table = pq.read_table(path)
        keys = table.column("key").to_pylist()
        for key, side in (("tiny/r0", "train"), ("tiny/r1", "test")):
            if key in keys:
                table = changed(table, "split", keys.index(key), side)
        pq.write_table(table, path)
    assert "tiny:p0: 1 on test, 1 on train" in found(corpus, "leakage")


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("ecg_scale", float("nan"), "scale"),
        ("ppg_scale", 0.0, "scale"),
        ("ppg_scale", None, "scale"),
        ("ecg_offset", float("inf"), "offset"),
        ("ecg_valid", 0.5, "valid"),
        ("ppg_quality", 1.5, "quality"),
        ("ppg_quality", None, "quality"),
        ("r_peaks", [5, 3], "beats"),
        ("upslopes", [10, 1250], "beats"),
        ("r_peaks", [-1, 3], "beats"),
        ("lag", -0.3, "lag"),
        ("agreement", 2.0, "lag"),
        ("start", 13.0, "start"),
        ("start", float("nan"), "start"),
        ("preparation", "0123456789ab", "preparation"),
        ("database", "other", "database"),
        ("subject", "", "subject"),
        ("split", "nowhere", "split"),
    ],
)
def test_a_wrong_cell(corpus, column, value, kind):
    rewrite(corpus, lambda t: changed(t, column, 1, value))
    first = windows(corpus).to_table(columns=["record"]).column("record")[1].as_py()
    assert first in found(corpus, kind)


def test_an_absent_modality_is_no_error_but_its_quality_is(corpus):
    def without_ppg(table):
        counts = np.array(table.column("samples").to_pylist()[0])
        counts[1250:] = -32768
        table = changed(table, "samples", 0, counts.tolist())
        table = changed(table, "ppg_valid", 0, 0.0)
        return changed(table, "ppg_quality", 0, None)

    rewrite(corpus, without_ppg)
    assert check(corpus).kinds() == {"content"}
    rewrite(corpus, lambda t: changed(t, "ppg_quality", 0, 0.9))
    assert "though it was not measured" in found(corpus, "quality")


def test_a_manifest_that_was_edited(corpus):
    path = corpus / "corpus.json"
    manifest = json.loads(path.read_text())
    manifest["preparation"]["ecg_high"] = 39.0
    path.write_text(json.dumps(manifest))
    assert "corpus.json" in found(corpus, "manifest")
    assert "preparation" in check(corpus).kinds()


def test_a_content_that_the_records_tell(corpus, monkeypatch):
    """Where a build notes the content of its records, windows are compared with that too."""
    from cardioprint.corpus import check as module

    contents = duplicates.read_contents(Place.at(corpus))

    def told(row):
        return contents.get(row["key"], None) if row["key"] != "tiny/r2" else 17

    monkeypatch.setattr(module, "_content", told)
    assert "tiny/r2" in found(corpus, "content")
    assert module.check(corpus).findings[0].count == 1


def test_what_killed_builds_left_behind_is_reported_and_cleared(corpus):
    names = [
        "windows.lance/data/01010101aa.lance",
        "records/0123.pending.parquet",
        "records/0123.parquet.part",
    ]
    before = {p.name for p in corpus.rglob("*.lance")}
    for name in names:
        (corpus / name).write_bytes(b"unfinished")
    report = check(corpus)
    assert report.ok
    told = "\n".join(report.lines())
    assert all(name in told for name in names)
    with open_corpus(corpus), pytest.raises(RecordError, match="reads this corpus"):
        check(corpus, fix=True)
    report = check(corpus, fix=True)
    assert report.ok and not report.findings
    assert {p.name for p in corpus.rglob("*.lance")} == before
    assert not any((corpus / name).exists() for name in names)


def test_duplicates_that_nobody_looked_for(corpus):
    (corpus / duplicates.CONTENTS).unlink()
    report = check(corpus)
    assert report.ok
    assert "12" in next(f.lines()[0] for f in report.findings if f.kind == "duplicates")
    (corpus / duplicates.DUPLICATES).write_bytes(b"PAR1")
    assert duplicates.DUPLICATES in found(corpus, "file")
