import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from cardioprint.corpus.build import build
from cardioprint.corpus.sources import SourceFolder
from cardioprint.corpus.store import open_corpus
from cardioprint.datasets import simulated
from cardioprint.datasets.families import may_share
from cardioprint.datasets.simulated import DATABASE, PLAN, Plan, read_plan, write_plan
from cardioprint.errors import CardioprintError, RecordError
from cardioprint.simulate import record
from entries import entries, whole

SMALL = Plan(people=5, seconds=12.0, seed=3, devices=False)


def folder_of(tmp_path, plan=SMALL):
    write_plan(tmp_path, plan)
    return tmp_path


def test_every_person_of_a_plan_is_a_recording_with_labels(tmp_path):
    found = entries(DATABASE, folder_of(tmp_path))
    assert [e.subject for e in found] == [f"simulated_3_{i}" for i in range(5)]
    for i, entry in enumerate(found):
        (made,) = whole(DATABASE, entry)
        assert made.duration == 12.0 and [c.name for c in made.channels] == ["II", "PPG"]
        told, _ = record(i, seed=3, seconds=12.0)
        assert entry.labels["age"] == pytest.approx(float(told.notes["age"]), abs=0.11)
        assert entry.labels["sex"] == told.notes["sex"]
        assert entry.labels["diagnosis"] == told.notes["morphology"]
        assert entry.labels["sbp"] == pytest.approx(float(told.notes["systolic"]), abs=0.6)
        assert made.notes["rhythm"] and 30 < float(made.notes["heart_rate"]) < 200


def test_a_person_is_the_one_that_the_simulator_knows(tmp_path):
    plan = Plan(people=2, seconds=80.0, seed=3, devices=False)
    made = [whole(DATABASE, e)[0] for e in entries(DATABASE, folder_of(tmp_path, plan))]
    alone, _ = record(1, seed=3, seconds=80.0, ecg_rate=125.0)
    for ours, theirs in zip(made[1].channels, alone.channels, strict=True):
        np.testing.assert_allclose(ours.samples, theirs.samples, atol=1e-4)


def test_reading_in_any_order_gives_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(simulated, "BLOCK_PEOPLE", 2)
    found = entries(DATABASE, folder_of(tmp_path))
    forward = [whole(DATABASE, e)[0] for e in found]
    backward = [whole(DATABASE, e)[0] for e in reversed(found)][::-1]
    for a, b in zip(forward, backward, strict=True):
        for x, y in zip(a.channels, b.channels, strict=True):
            assert np.array_equal(x.samples, y.samples)


def test_more_people_of_a_seed_are_another_plan(tmp_path):
    write_plan(tmp_path / "a", SMALL)
    write_plan(tmp_path / "b", replace(SMALL, first=5, people=3))
    found = entries(DATABASE, tmp_path)
    assert [e.part for e in found] == [str(i) for i in range(8)]


def test_devices_measure_the_same_people(tmp_path):
    write_plan(tmp_path / "clean", SMALL)
    write_plan(tmp_path / "measured", replace(SMALL, devices=True))
    clean, measured = (entries(DATABASE, tmp_path / n) for n in ("clean", "measured"))
    assert [e.labels for e in clean] == [e.labels for e in measured]
    a, b = (whole(DATABASE, es[0])[0] for es in (clean, measured))
    assert b.notes["device"] in ("monitor", "recorder", "wearable") and "device" not in a.notes
    assert not np.array_equal(a.channels[0].samples, b.channels[0].samples)


def test_units_of_a_corpus_end_where_blocks_end():
    from cardioprint.corpus.units import cut_units
    from cardioprint.datasets.base import Entry

    for seconds in (10.0, 60.0, 300.0, 1000.0, 3600.0, 21_600.0):
        plan = Plan(people=1000, seconds=seconds)
        made = [
            Entry(
                database="simulated",
                record=str(i),
                path="",
                size=simulated.BLOCK_BYTES // plan.block,
            )
            for i in range(1000)
        ]
        for unit in list(cut_units(DATABASE, made))[:-1]:
            assert len(unit.entries) % plan.block == 0


@pytest.mark.parametrize(
    "change",
    [
        {"people": 0},
        {"people": 2.5},
        {"people": True},
        {"seconds": float("nan")},
        {"seconds": 1.0},
        {"seconds": 1e9},
        {"seed": -1},
        {"seed": "7"},
        {"first": 2**32 - 2},
        {"devices": "yes"},
    ],
)
def test_a_plan_of_what_cannot_be_is_refused(change, tmp_path):
    with pytest.raises(RecordError, match=next(iter(change))):
        Plan(**(asdict(SMALL) | change))
    (tmp_path / PLAN).write_text(json.dumps(asdict(SMALL) | change))
    with pytest.raises(RecordError):
        list(DATABASE.find(tmp_path))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"people": 3}', '{"people": 3, "x": 1}'])
def test_a_damaged_plan_says_so(text, tmp_path):
    (tmp_path / PLAN).write_text(text)
    with pytest.raises(CardioprintError, match=PLAN):
        list(DATABASE.find(tmp_path))


def test_a_plan_is_written_once(tmp_path):
    path = write_plan(tmp_path / "new", SMALL)
    assert read_plan(path) == SMALL
    assert write_plan(tmp_path / "new", SMALL) == path
    with pytest.raises(RecordError, match="another plan"):
        write_plan(tmp_path / "new", replace(SMALL, people=6))


def test_a_person_who_left_the_plan_is_not_made_up(tmp_path):
    last = entries(DATABASE, folder_of(tmp_path))[-1]
    (tmp_path / PLAN).write_text(json.dumps(asdict(replace(SMALL, people=2))))
    with pytest.raises(RecordError, match="not in this plan"):
        list(DATABASE.read(last))


def test_a_corpus_of_virtual_people_says_so_and_is_built_once(tmp_path):
    write_plan(tmp_path / "plan", Plan(people=9, seconds=25.0, seed=1))
    source = SourceFolder(database=DATABASE, folder=tmp_path / "plan")
    report = build([source], tmp_path / "corpus", workers=0)
    assert (report.added, report.quarantined) == (9, {})
    again = build([source], tmp_path / "corpus", workers=0)
    assert (again.added, again.kept, again.changed) == (0, 9, ())
    with open_corpus(tmp_path / "corpus") as corpus:
        rows = corpus.windows.to_table().to_pylist()
    assert len(rows) == 27 and {r["database"] for r in rows} == {"simulated"}
    assert {r["subject"].partition(":")[0] for r in rows} == {"simulated"}
    assert all(r["labels"]["age"] and r["labels"]["sbp"] and r["labels"]["rhythm"] for r in rows)


def test_nobody_real_is_among_them():
    assert may_share("simulated", "simulated") == "ids"
    assert {may_share("simulated", other) for other in ("bidmc", "vitaldb", "ptbxl")} == {"no"}
    assert not DATABASE.family
