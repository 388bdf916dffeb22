"""The report says so where a trivial method wins, and bolds the best."""

import json

import numpy as np
import pytest

from cardioprint.benchmark import report, statistics

SUBJECT = np.arange(30)


@pytest.fixture
def results():
    out = report.Results()
    rng = np.random.default_rng(0)
    for method, kind, level in (("M2AE", "model", 3.0), ("counting", "trivial", 1.0)):
        found = statistics.mean(level + rng.normal(0, 0.1, 30), SUBJECT)
        out.add("HR", "MAE", method, kind, found, "lower")
        out.add("HR", "r", method, kind, found, "higher")
    return out


def test_a_winning_trivial_method_is_named(results):
    said = report.verdicts(results, "HR")
    assert len(said) == 1
    assert said[0].startswith("MAE: counting wins, 1.0")


def test_best_is_bold_in_each_row(results):
    text = report.markdown(results, "Heading", [])
    mae, r = (line for line in text.splitlines() if line.startswith(("| MAE", "| r")))
    assert mae.split("|")[3].strip().startswith("**")
    assert r.split("|")[2].strip().startswith("**")
    assert "**" not in mae.split("|")[2] + r.split("|")[3]


def test_files_and_figure_are_written(results, tmp_path):
    plain = report.write(results, tmp_path, "Heading", ["about"], "results")
    assert json.loads((tmp_path / "results.json").read_text()) == plain
    assert plain["results"][0]["people"] == 30
    report.forest(results, [("HR", "MAE"), ("HR", "absent")], ["HR", "absent"], tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 1000
