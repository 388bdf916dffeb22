"""Figures become a result; gaps are the first model against the rest on the headline."""

import numpy as np
import pytest

from cardioprint.benchmark import results, statistics
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.tasks.base import Facts, Measured

TASK = Measured(
    name="some",
    title="Some task",
    paper="",
    facts=Facts(data="d", people="p", inputs="i", split="s", metric="m", caveats="c"),
    family="paired",
    run=lambda task, bench: Scores(task, ("ecg", "", "r")).result(()),
)
SUBJECT = np.repeat([f"p{i}" for i in range(20)], 3)


def estimate(level):
    noise = np.random.default_rng(0).normal(0, 0.1, len(SUBJECT))
    return statistics.mean(level + noise, SUBJECT)


@pytest.fixture
def scores():
    out = Scores(TASK, ("ecg", "", "r"))
    out.add("trivial", "trivial", "ecg", "r", estimate(0.2))
    out.add("model", "model", "ecg", "r", estimate(0.5))
    out.add("int8", "model", "ecg", "r", estimate(0.5))
    out.add("told", "trivial", "ecg", "r", estimate(0.9), rival=False)
    out.add("trivial", "trivial", "ppg", "r", estimate(0.9))
    return out


def test_gaps_are_paired_and_leave_out_who_is_told(scores):
    found = scores.result(())
    assert [g.b for g in found.gaps] == ["trivial", "int8"]
    first, second = found.gaps
    assert (first.a, first.winner) == ("model", "model")
    assert first.low == pytest.approx(0.3) == first.high  # the same noise in both: paired
    assert (second.gap, second.winner) == (0, "")


def test_a_task_without_a_model_has_no_gaps():
    out = Scores(TASK, ("ecg", "", "r"))
    out.add("trivial", "trivial", "ecg", "r", estimate(0.2))
    assert out.result(()).gaps == ()


def test_everything_reaches_the_file(scores, tmp_path):
    scores.notes.append("A remark.")
    data = results.Data(name="d", rows=60, people=20, abstained=1)
    results.save(scores.result((data,), examples="some.npz"), tmp_path / "some.json")
    found = results.load_task(tmp_path / "some.json")
    assert dict(found.facts) == {k: k[0] for k in found.facts}
    assert len(found.facts) == 6
    assert found.notes == ("A remark.",)
    assert found.data == (data,)
    assert found.examples == "some.npz"
    assert [s.encoder for s in found.scores] == ["trivial", "model", "int8", "told", "trivial"]
