"""What is kept of an arm, and how arms are held against their baseline."""

import numpy as np
import pytest

import cardioprint.benchmark.paired.scores as paired_scores

KEPT = 800


def figure(value, spread=0.01, rows="a", better="higher", seed=0):
    draws = np.random.default_rng(seed).normal(size=KEPT)
    low, high = value - 2 * spread, value + 2 * spread
    return {
        "value": value,
        "low": low,
        "high": high,
        "better": better,
        "replicates": (value + spread * draws).tolist(),
        "rows": rows,
    }


def test_what_is_kept_comes_back(scripts, tmp_path):
    files = scripts("ablation_files")
    found = {"a": figure(13.18, 0.4), "b": figure(0.82) | {"replicates": [0.8, float("nan")]}}
    files.keep(tmp_path / "x.npz", {"steps": 660}, found)
    about, back = files.kept(tmp_path / "x.npz")
    assert about == {"steps": 660}
    assert back["a"]["value"] == 13.18
    off = np.abs(np.subtract(back["a"]["replicates"], found["a"]["replicates"]))
    assert off.max() < 0.4 * 4e-3
    assert np.isfinite(back["b"]["replicates"]).sum() == 1
    assert (tmp_path / "x.npz").stat().st_size < 2 * 2 * KEPT + 3000


def test_a_dead_arm_is_kept_without_figures(scripts, tmp_path):
    files = scripts("ablation_files")
    files.keep(tmp_path / "x.npz", {"dead": "all alike"}, {})
    assert files.kept(tmp_path / "x.npz") == ({"dead": "all alike"}, {})


def test_gaps_are_paired_where_the_rows_are_the_same(scripts):
    table = scripts("ablation_table")
    base, arm = [{"a": figure(1.0)}], [{"a": figure(1.5)}]
    assert table.gap(base, arm, "a") == pytest.approx((0.5, 0.5, 0.5))
    assert table.cell(base, arm, "a") == "1.50 (**+0.50**)"
    assert table.cell(base, base, "a") == "1.00"
    assert table.cell(base, arm, "c") == ""
    others = [{"a": figure(1.5, rows="b")}]
    assert np.isnan(table.gap(base, others, "a")[1:]).all()
    assert table.cell(base, others, "a") == "1.50 (+0.50)"


def test_seeds_are_averaged_before_they_are_compared(scripts):
    table = scripts("ablation_table")
    base = [{"a": figure(1.0)}, {"a": figure(2.0)}]
    assert table.gap(base, [{"a": figure(1.5)}], "a") == pytest.approx((0.0, 0.0, 0.0))


def test_the_table_is_made_of_one_budget_alone(scripts, monkeypatch, tmp_path):
    files, ablations = scripts("ablation_files"), scripts("ablations")
    table = scripts("ablation_table")
    monkeypatch.setattr(files, "RESULTS", tmp_path / "kept")
    budget, other = ablations.Budget(), ablations.Budget(pflop=1.0)
    about = {"steps": 660, "precision": "float32", "pairs_per_second": 150.0, "step": 650}

    def keep(name, seed, value, where=budget, more=about):
        path = files.results_of(where) / f"{ablations.plain(name)}-{seed}.npz"
        files.keep(path, more, {"a": figure(value), "b": figure(2 * value)} if value else {})

    keep("baseline", 0, 0.8)
    keep("baseline", 1, 0.81)
    keep("hide 50 %", 0, 0.7)
    keep("hide 80 %", 0, 0.9, other)
    keep("no folding", 0, 0, more=about | {"dead": "all alike", "step": 300})
    table.table(budget, tmp_path)
    text = (tmp_path / "ablations.md").read_text()
    assert "| baseline | 2 | 660 | float32 | 0.805 | 1.61 |" in text
    assert "| hide 50 % | 1 | 660 | float32 | 0.700 (**-0.105**)" in text
    assert "stopped as dead at 300 of 660" in text
    assert "| hide 80 %" not in text
    assert "hide 80 %" in text.split("Not measured at this budget")[1]
    assert (tmp_path / "ablations.png").stat().st_size > 10_000


def test_whoever_listens_hears_every_figure_with_its_replicates(scripts):
    from cardioprint.benchmark import statistics
    from cardioprint.benchmark.tasks.catalogue import TASKS

    found = statistics.mean(np.arange(6.0), np.array(list("aabbcc")), 50)
    told = []
    scores = paired_scores.Scores(TASKS["person"], ("ppg", "", "r"))
    with paired_scores.heard(lambda score, estimate: told.append((score, estimate))):
        scores.add("x", "model", "ppg", "r", found)
    scores.add("y", "model", "ppg", "r", found)
    assert [score.encoder for score, _ in told] == ["x"]
    assert len(told[0][1].replicates) == 50
