"""The arms of the ablations and the arithmetic of the scaling page."""

import sys
from pathlib import Path

import numpy as np
import pytest

import synthetic_cache
from cardioprint.training.places import Places


@pytest.fixture
def scripts(monkeypatch):
    """Return a function that imports a script of `benchmarks/` by its name."""
    folder = Path(__file__).resolve().parents[2] / "benchmarks"
    monkeypatch.syspath_prepend(str(folder))
    names = {path.stem for path in folder.glob("*.py")}
    before = {name: sys.modules.pop(name) for name in names & set(sys.modules)}

    def load(name):
        return __import__(name)

    yield load
    for name in names & set(sys.modules):
        del sys.modules[name]
    sys.modules.update(before)


def people_in(cache):
    places = Places(cache)
    return set(cache.subject[places.anchors].tolist())


def test_a_smaller_share_of_people_lies_in_a_larger_one(scripts):
    ablations = scripts("ablations")
    cache = synthetic_cache.runs([4] * 40, databases=[0] * 30 + [1] * 10)
    found = {s: people_in(ablations.some_people(cache, s)) for s in (0.1, 0.25, 0.5, 1.0)}
    assert [len(found[s]) for s in (0.1, 0.25, 0.5, 1.0)] == [4, 10, 20, 40]
    assert found[0.1] < found[0.25] < found[0.5] < found[1.0]
    assert len([p for p in found[0.5] if p >= 30]) == 5  # of each database alike
    assert people_in(ablations.some_people(cache, 0.25)) == found[0.25]


def test_all_people_are_the_cache_itself(scripts):
    cache = synthetic_cache.runs([4] * 4)
    assert scripts("ablations").some_people(cache, 1.0) is cache


def test_every_arm_is_a_run(scripts):
    from cardioprint.training.recipes import recipe

    for name, arm in scripts("ablations").ARMS.items():
        assert arm.change(recipe("tiny")).steps > 0, name


def test_hours_are_pairs_times_operations_over_rate(scripts):
    scaling = scripts("scaling")
    assert scaling.hours(3600, 2e9, 1e9) == pytest.approx(2.0)
    assert scaling.told(2.0) == "2 h"
    assert scaling.told(0.5) == "30 min"
    assert scaling.told(0.001) == "3.6 s"
    assert scaling.told(480.0) == "20 days"


def test_the_gpu_table_scales_with_their_number(scripts):
    scaling = scripts("scaling")
    flop = scaling.ASSUMED * scaling.PEAKS["H100 SXM"] * 3600 * 8 / scaling.PAIRS
    cost = {"tiny": {"flop_a_pair": flop, "parameters": 3e6, "usual_pairs": 1e6}}
    row = scaling.gpu_table(cost)[2]
    assert "| 8 h | 2 h | 1 h |" in row


def test_gaps_of_probes_are_paired_and_of_others_taken_from_the_task(scripts):
    scores = scripts("ablation_scores")
    draws = np.random.default_rng(0).normal(size=200)
    base = [{"a": {"value": 1.0, "replicates": (1 + draws).tolist()}, "b": {"value": 2.0}}]
    arm = [
        {
            "a": {"value": 1.5, "replicates": (1.5 + draws).tolist()},
            "b": {"value": 2.5, "gap": [0.5, 0.1, 0.9]},
        }
    ]
    value, low, high = scores.gap(base, arm, "a")
    assert (value, low, high) == pytest.approx((0.5, 0.5, 0.5))
    assert scores.gap(base, arm, "b") == pytest.approx((0.5, 0.1, 0.9))
    assert scores.cell(base, arm, "a") == "1.50 (**+0.50**)"
    assert scores.cell(base, base, "b") == "2.00"
    assert scores.cell(base, arm, "c") == ""
