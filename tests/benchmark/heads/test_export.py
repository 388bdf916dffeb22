"""Heads for use: judged by person, with intervals that hold."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark.heads import export, judging
from cardioprint.benchmark.heads.words import statement, worth_shipping
from cardioprint.errors import RecordError
from small_heads import ENGINE, made, population, rows


@pytest.fixture(scope="module", params=["number", "labels", "classes"])
def head(request):
    return made(request.param)


def test_the_label_is_found_and_the_baseline_is_not(head):
    mine = next(s for s in head.card.scores if s.method == "this head")
    beside = next(s for s in head.card.scores if s.method == "one feature")
    if mine.better == "lower":
        assert mine.high < beside.low
    else:
        assert mine.low > 0.8 > beside.value
    assert worth_shipping(head) == ""


def test_words_hold_the_figures(head):
    said = statement(head)
    assert "one feature" in said.lower() and "clearly worse" in said
    assert "40 people it had not seen" in said


def test_the_same_rows_make_the_same_head():
    a, b = made("labels"), made("labels")
    assert a.graph == b.graph and a.card.to_json() == b.card.to_json()


def test_noise_is_not_worth_shipping():
    for kind in ("number", "labels"):
        right = rows(kind)
        shuffled = np.random.default_rng(2).permutation(40).repeat(4) * 4
        wrong = replace(right, y=right.y[shuffled], baselines={})
        spec = judging.Spec(
            name="noise", task="t", kind=kind, outputs=("a",) if kind == "number" else ("a", "b"),
            unit="u" if kind == "number" else "", not_for="anything",
        )  # fmt: skip
        found = export.fit(spec, wrong, population(), ENGINE, "ppg", replicates=2)
        assert worth_shipping(found) != ""


def test_intervals_of_numbers_cover_new_people():
    head = made("number")
    covered = next(s for s in head.card.scores if "inside" in s.measure)
    assert covered.value >= 0.8
    new = rows("number", seed=9)
    from cardioprint.fingerprints.heads.graph import Graph

    value = Graph(head.graph, head.card, "head")(new.vectors).output[:, 0]
    found, truth, _ = judging.by_unit("number", value, new.y, new.person, new.unit)
    limits = head.card.interval
    inside = (truth >= found + limits.below) & (truth <= found + limits.above)
    assert inside.mean() >= 0.8


def test_a_units_windows_make_one_answer():
    y = np.array([1, 1, 0])
    p = np.array([[0.9], [0.9], [0.2]])
    person = np.array(["a", "a", "b"])
    found, truth, whose = judging.by_unit("labels", p, y[:, None], person, person)
    np.testing.assert_allclose(found[:, 0], [0.9, 0.2])
    assert truth[:, 0].tolist() == [1, 0] and whose.tolist() == ["a", "b"]


def test_subsets_are_judged_apart():
    some = rows("labels")
    mask = np.arange(len(some.y)) % 4 == 0
    spec = judging.Spec(name="s", task="t", kind="labels", outputs=("a", "b"), not_for="anything")
    found = export.fit(
        spec, replace(some, subsets={"first": mask, "all": mask | True}), population(), ENGINE,
        "ppg", replicates=2,
    )  # fmt: skip
    assert found.card.headline.on == "first"
    assert {s.on for s in found.card.scores} == {"first", "all"}


def test_bad_input_is_said():
    spec = judging.Spec(name="Bad Name", task="t", kind="number", outputs=("a",), not_for="x")
    with pytest.raises(RecordError, match="name"):
        export.fit(spec, rows("number"), population(), ENGINE, "ppg")
    few = rows("number")
    few = replace(few, person=np.repeat(["a", "b"], 80), baselines={})
    with pytest.raises(RecordError, match="people"):
        export.fit(replace(spec, name="few"), few, population(), ENGINE, "ppg")
