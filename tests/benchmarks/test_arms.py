"""The arms of the ablations and the arithmetic of the scaling page."""

import json
from dataclasses import replace

import pytest

import synthetic_cache
from cardioprint.errors import UnknownNameError
from cardioprint.training.places import Places


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


@pytest.mark.parametrize("base", ["narrow", "tiny"])
def test_every_arm_is_a_run_and_none_is_its_base(scripts, base):
    ablations = scripts("ablations")
    budget = ablations.Budget(base=base)
    names = list(ablations.arms(budget))
    assert names[0] == "baseline"
    assert base not in names
    begun = ablations.begun(budget)
    for name in names[1:]:
        arm = ablations.ARMS[name]
        if arm.change is ablations.gone:
            with pytest.raises(ValueError, match=ablations.LAST_WITH):
                arm.change(begun)
            continue
        if arm.change is ablations.never:
            with pytest.raises(ValueError, match="lab_notebook"):
                arm.change(begun)
            continue
        changed = arm.change(begun)
        assert changed != begun or arm.share < 1 or arm.corpus != "train", name


def test_the_narrow_base_is_half_of_tiny(scripts):
    from cardioprint.training.recipes import recipe

    narrow, tiny = scripts("ablations").narrow(), recipe("tiny")
    assert 2 * narrow.model.features == tiny.model.features
    assert narrow.learning_rate == 2 * tiny.learning_rate
    assert scripts("ablations").ARMS["tiny"].change(narrow).model == replace(tiny.model, course=0)


def test_a_budget_names_its_base(scripts):
    ablations = scripts("ablations")
    for budget in (ablations.Budget(pflop=0.24, base="tiny"), ablations.Budget(loop=1)):
        assert ablations.Budget.named(budget.name) == budget
    assert ablations.Budget(loop=1).name == "narrow-0.016"
    with pytest.raises(ValueError, match="loop"):
        ablations.train_arms(ablations.Budget(loop=1))
    with pytest.raises(UnknownNameError, match="narrow"):
        ablations.Budget(base="huge")


def test_what_costs_more_gets_fewer_steps(scripts):
    ablations = scripts("ablations")
    cache = synthetic_cache.runs([40] * 10)
    budget = ablations.Budget(pflop=0.002)
    plain, half = (ablations.prepared(n, 0, budget, cache) for n in ("baseline", "hide 50 %"))
    assert 10 <= half.steps < plain.steps
    assert plain.steps % 10 == 0
    assert plain.warmup == plain.steps // 10
    assert plain.batch.people == 1.0


def test_an_arm_is_trained_once_and_says_how(scripts, monkeypatch, tmp_path, smoke_cache):
    from cardioprint.training import recipes

    ablations = scripts("ablations")
    monkeypatch.setitem(ablations.BASES, "narrow", recipes.smoke)
    monkeypatch.setattr(ablations, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(ablations, "open_cache", lambda path: smoke_cache)
    monkeypatch.setattr(ablations, "operations", lambda run, cache: 1e12)
    budget = ablations.Budget(pflop=0.02)
    ablations.train_arms(budget, only=("baseline",))
    done = ablations.folder_of("baseline", 0, budget) / "done.json"
    about = json.loads(done.read_text())
    assert about["steps"] == 20
    assert about["precision"] in ("float32", "bfloat16")
    assert "dead" not in about
    told = ablations.facts(done.parent)
    assert told["step"] == 10
    assert [line["step"] for line in told["valid"]] == [20]
    assert told["valid"][0]["loss"] > 0
    done.write_text("{}")
    ablations.train_arms(budget, only=("baseline",))  # nothing is left to do
    assert done.read_text() == "{}"


def test_a_dead_arm_is_a_finding(scripts, monkeypatch, tmp_path, smoke_cache):
    from cardioprint.training import recipes

    ablations = scripts("ablations")

    def die(run, cache, held_out, folder):
        folder.mkdir(parents=True)
        line = {"kind": "train", "step": 10, "pairs_per_second": 5.0}
        (folder / "log.jsonl").write_text(json.dumps(line) + "\n")
        raise ablations.DeadRunError("all alike")

    monkeypatch.setitem(ablations.BASES, "narrow", recipes.smoke)
    monkeypatch.setattr(ablations, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(ablations, "open_cache", lambda path: smoke_cache)
    monkeypatch.setattr(ablations, "operations", lambda run, cache: 1e12)
    monkeypatch.setattr(ablations, "train", die)
    budget = ablations.Budget(pflop=0.02)
    ablations.train_arms(budget, only=("no loss on visible",))
    done = ablations.folder_of("no loss on visible", 0, budget) / "done.json"
    assert json.loads(done.read_text())["dead"] == "all alike"


def test_hours_are_pairs_times_operations_over_rate(scripts):
    scaling = scripts("scaling")
    assert scaling.hours(3600, 2e9, 1e9) == pytest.approx(2.0)
    assert scaling.told(2.0) == "2 h"
    assert scaling.told(0.5) == "30 min"
    assert scaling.told(0.001) == "3.6 s"
    assert scaling.told(480.0) == "20 days"


def test_points_are_made_of_what_is_kept(scripts, monkeypatch, tmp_path):
    scaling, files = scripts("scaling"), scripts("ablation_files")
    monkeypatch.setattr(files, "RESULTS", tmp_path)
    valid = [{"step": s, "loss": 4.0 - s / 660, "mse_ppg_to_ecg": 0.9} for s in (250, 660)]
    about = {"steps": 660, "valid": valid}
    figures = {"rhythm, PPG": {"value": 0.9, "low": 0.8, "high": 1.0, "replicates": [0.9]}}
    files.keep(tmp_path / "narrow-0.016" / "baseline-0.npz", about, figures)
    files.keep(tmp_path / "narrow-0.016" / "tiny-0.npz", about, figures)
    files.keep(tmp_path / "narrow-0.016" / "hide_50_%-0.npz", about, figures)
    files.keep(tmp_path / "narrow-0.032" / "baseline-0.npz", about, figures)
    found = [p for p in scaling.finished() if p not in scaling.BEFORE]
    assert [(p.name, p.features) for p in found] == [
        ("narrow, 660 steps", 64),
        ("tiny, 660 steps", 128),
        ("narrow, 660 steps", 64),
    ]
    assert [p.compute for p in found] == pytest.approx([1.6e13, 1.6e13, 3.2e13])
    assert found[0].held["loss"] == pytest.approx(3.0)
    assert found[0].curve[0][0] == pytest.approx(1.6e13 * 250 / 660)
    assert found[0].score("rhythm, PPG") == 0.9
    scaling.draw(found, tmp_path / "x.png")
    assert "| narrow, 660 steps | 100% | 0.016 | 3.000 |" in scaling.results_table(found)[2]


def test_the_gpu_table_scales_with_their_number(scripts):
    scaling = scripts("scaling")
    flop = scaling.ASSUMED * scaling.PEAKS["H100 SXM"] * 3600 * 8 / scaling.PAIRS
    cost = {"tiny": {"flop_a_pair": flop, "parameters": 3e6, "usual_pairs": 1e6}}
    row = scaling.gpu_table(cost)[2]
    assert "| 8 h | 2 h | 1 h |" in row
