import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

import tiny_database as tiny
from cardioprint.corpus import commits, records, units
from cardioprint.corpus.build import build
from cardioprint.corpus.place import Place
from cardioprint.corpus.records import Ledger
from cardioprint.corpus.store import open_corpus
from cardioprint.corpus.units import cut_units, prepare_unit
from cardioprint.errors import RecordError, UnknownNameError
from cardioprint.signal.preparation import Preparation

GOOD = {f"r{i:02}": f"{25 + i} {i}" for i in range(6)}


def made(folder, recordings, **options):
    """Build in this process."""
    source = tiny.source(folder / "src", recordings)
    return build([source], folder / "out", **{"workers": 0, **options})


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    return folder, made(folder, GOOD)


def test_what_a_build_reports(built):
    folder, report = built
    total = report.summary.total()
    assert (report.added, report.kept, report.quarantined) == (6, 0, {})
    assert total.records == 6 and len(report.summary.per_person) == 3
    assert report.hours_added == pytest.approx(sum(range(25, 31)) / 3600, rel=0.02)
    assert total.hours == pytest.approx(report.hours_added)
    assert report.peak_rss > 50e6 and report.seconds > 0
    assert not tiny.left_behind(folder / "out")


def test_a_row_knows_its_person_side_and_labels(built):
    folder, _ = built
    rows = tiny.rows_of(folder / "out")
    assert {r["database"] for r in rows} == {"tiny"}
    one = next(r for r in rows if r["record"] == "tiny/r03")
    assert (one["subject"], one["labels"]["age"], one["labels"]["sex"]) == ("tiny:p1", 33, "F")
    sides = {r["subject"]: r["split"] for r in rows}
    assert len(sides) == 3 and all(r["split"] == sides[r["subject"]] for r in rows)


def test_records_table_holds_all_labels_and_no_folder_of_this_machine(built):
    folder, _ = built
    with open_corpus(folder / "out") as corpus:
        rows = corpus.records().to_pylist()
    assert [r["key"] for r in rows] == [f"tiny/{name}" for name in sorted(GOOD)]
    assert json.loads(rows[1]["labels"]) == {"age": 31, "device": "simulated", "sex": "F"}
    assert rows[0]["windows"] == 3 and rows[0]["status"] == "done"
    assert "II" in rows[0]["channels"]
    assert str(folder) not in str(rows)


def test_bad_recordings_are_quarantined_with_their_reason(tmp_path):
    bad = {"x1": "bad", "x2": "crash", "x3": "short", "x4": "20 1 1 odd"}
    report = made(tmp_path, {**GOOD, **bad})
    assert report.added == 7 and set(report.quarantined) == {"tiny/x1", "tiny/x2", "tiny/x3"}
    assert report.quarantined["tiny/x1"] == "x1.txt: it is damaged [field: samples]"
    assert "ZeroDivisionError" in report.quarantined["tiny/x2"]
    assert "no window holds 2 s" in report.quarantined["tiny/x3"]
    assert report.summary.total().quarantined == 3
    again = made(tmp_path, None)
    assert (again.added, again.kept, again.quarantined) == (0, 10, {})


def test_quarantined_recordings_are_tried_again_when_asked_or_changed(tmp_path):
    made(tmp_path, {"a": "bad", "b": "bad", "c": "25 1"})
    assert made(tmp_path, {"a": "30 2"}).added == 1  # its file changed
    assert made(tmp_path, None).kept == 3
    (tmp_path / "src" / "b.txt").write_text("bad")
    report = made(tmp_path, None, retry=True)
    assert set(report.quarantined) == {"tiny/b"} and report.added == 0
    total = report.summary.total()
    assert (total.records, total.quarantined) == (2, 1)


def test_a_rerun_takes_new_recordings_only(tmp_path):
    made(tmp_path, GOOD)
    before = tiny.rows_of(tmp_path / "out")
    report = made(tmp_path, {"s1": "40 9"})
    assert (report.added, report.kept) == (1, 6)
    after = tiny.rows_of(tmp_path / "out")
    assert [r for r in after if r["record"] != "tiny/s1"] == before


def test_a_changed_file_is_reported_and_not_replaced(tmp_path):
    made(tmp_path, GOOD)
    before = tiny.rows_of(tmp_path / "out")
    os.utime(tmp_path / "src" / "r01.txt")  # touched: its content is the same
    report = made(tmp_path, {"r02": "28 99"})
    assert report.changed == ("tiny/r02",)
    assert report.added == 0 and tiny.rows_of(tmp_path / "out") == before


def test_another_preparation_is_refused(tmp_path):
    made(tmp_path, GOOD)
    with pytest.raises(RecordError, match=r"ecg_high 40\.0 instead of 35"):
        made(tmp_path, None, preparation=Preparation(ecg_high=35.0))
    with pytest.raises(RecordError, match="overlap"):
        made(tmp_path / "b", GOOD, preparation=Preparation(stride=5.0))


def test_another_layout_or_kind_of_folder_is_refused(tmp_path):
    made(tmp_path, GOOD)
    manifest = tmp_path / "out" / "corpus.json"
    about = json.loads(manifest.read_text())
    for change in ({"layout": 99}, {"format": "other"}, {"preparation": {"x": 1}}):
        manifest.write_text(json.dumps({**about, **change}))
        with pytest.raises(RecordError, match=r"field: corpus\.json"):
            made(tmp_path, None)
    manifest.write_text("{")
    with pytest.raises(RecordError, match="something else"):
        open_corpus(tmp_path / "out")
    manifest.unlink()
    with pytest.raises(RecordError, match="no manifest"):
        made(tmp_path, None)
    other = tmp_path / "other" / "out"
    other.mkdir(parents=True)
    (other / "thesis.tex").write_text("")
    with pytest.raises(RecordError, match="holds other things"):
        made(tmp_path / "other", GOOD)
    assert [p.name for p in other.iterdir()] == ["thesis.tex"]


def test_limit_and_names_listed_twice(tmp_path):
    assert made(tmp_path, GOOD, limit=2).added == 2
    twice = tiny.source(tmp_path / "src")
    report = build([twice, twice], tmp_path / "out", workers=0)
    assert report.added == 4 and len(report.repeated) == 6


def test_nothing_to_read(tmp_path):
    with pytest.raises(RecordError, match="no recording found"):
        made(tmp_path, {})
    assert not (tmp_path / "out").exists()
    with pytest.raises(UnknownNameError, match="local, ray"):
        made(tmp_path, GOOD, engine="cloud")
    for wrong in ({"workers": -1}, {"limit": 0}):
        with pytest.raises(RecordError, match="too few"):
            made(tmp_path, GOOD, **wrong)


def test_where_nothing_can_be_written(tmp_path):
    source = tiny.source(tmp_path / "src", GOOD)
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(RecordError, match="field: out"):
            build([source], out, workers=0)


def test_damage_is_said_and_nothing_is_built_on_it(tmp_path):
    made(tmp_path, GOOD)
    (part,) = (tmp_path / "out" / "records").glob("*.parquet")
    content = part.read_bytes()
    part.write_bytes(content[:100])
    with pytest.raises(RecordError, match="damaged"):
        made(tmp_path, None)
    part.write_bytes(content)
    shutil.rmtree(tmp_path / "out" / "windows.lance")
    with pytest.raises(RecordError, match=r"windows\.lance"):
        open_corpus(tmp_path / "out")
    with pytest.raises(RecordError):
        made(tmp_path, {"s": "25 1"})


def test_progress_grows_to_the_total(tmp_path):
    seen = []
    made(tmp_path, {**GOOD, "x": "bad"}, progress=seen.append)
    assert [p.records for p in seen] == sorted(p.records for p in seen)
    assert (seen[-1].records, seen[-1].total, seen[-1].quarantined) == (7, 7, 1)
    assert seen[-1].hours > 0


def test_a_unit_that_repeats_a_record_is_not_committed(tmp_path):
    """As when a second builder cuts its units otherwise."""
    made(tmp_path, {"r01": GOOD["r01"]})
    place, ledger = Place.at(tmp_path / "out"), Ledger(Place.at(tmp_path / "out"))
    tiny.write(tmp_path / "src", GOOD)
    (unit,) = cut_units(tiny.TINY, tiny.find(tmp_path / "src"))
    prepared = prepare_unit(unit, place.uri, Preparation())
    assert commits.commit(place, ledger, prepared) == {"tiny/r01"}
    assert not tiny.left_behind(tmp_path / "out")
    rest = replace(unit, entries=tuple(e for e in unit.entries if e.record != "r01"))
    prepared = prepare_unit(rest, place.uri, Preparation())
    assert not commits.commit(place, ledger, prepared)
    rows = tiny.rows_of(tmp_path / "out")
    assert len({(r["record"], r["start"]) for r in rows}) == len(rows) == 18


def test_many_small_files_are_joined(tmp_path, monkeypatch):
    monkeypatch.setattr(units, "UNIT_RECORDS", 1)
    monkeypatch.setattr(commits, "MOST_SMALL", 4)
    made(tmp_path, GOOD)
    with open_corpus(tmp_path / "out") as corpus:
        assert len(corpus.windows.get_fragments()) == 1
        assert len(corpus.place.names(records.FOLDER)) == 1
        assert len(corpus.records()) == 6 and len(corpus) == 18
    assert not tiny.left_behind(tmp_path / "out")


def test_an_open_corpus_is_not_rearranged(tmp_path, monkeypatch):
    made(tmp_path, {"r01": GOOD["r01"]})
    monkeypatch.setattr(commits, "MOST_SMALL", 0)
    with open_corpus(tmp_path / "out") as corpus:
        made(tmp_path, GOOD)
        assert len(corpus) == 3 and corpus.take([2, 0], ["start"])["start"].to_pylist() == [20, 0]
    with open_corpus(tmp_path / "out") as corpus:
        assert len(corpus.windows.get_fragments()) == 2


def test_units_are_cut_alike_whatever_was_done_before(tmp_path):
    tiny.write(tmp_path, {f"r{i:03}": "20 1" for i in range(300)})
    entries = list(tiny.find(tmp_path))
    cut = list(cut_units(tiny.TINY, entries))
    assert [e for u in cut for e in u.entries] == entries
    assert [len(u.entries) for u in cut] == [256, 44]
    assert [u.name for u in cut] == [u.name for u in cut_units(tiny.TINY, tiny.find(tmp_path))]
    big = [replace(e, size=9 * 2**20) for e in entries[:5]]
    assert [len(u.entries) for u in cut_units(tiny.TINY, big)] == [2, 2, 1]


def test_random_access_gives_rows_in_the_order_asked_for(built):
    folder, _ = built
    with open_corpus(folder / "out") as corpus:
        whole = corpus.windows.to_table(columns=["record", "start"]).to_pylist()
        order = np.random.default_rng(0).integers(0, len(corpus), 50)
        taken = corpus.take(order, ["record", "start"]).to_pylist()
        assert taken == [whole[i] for i in order]
        streamed = [
            r for b in corpus.batches(["record", "start"], batch_size=4) for r in b.to_pylist()
        ]
        assert streamed == whole
        assert corpus.count("labels.age >= 33") == sum(r["record"] >= "tiny/r03" for r in whole)
