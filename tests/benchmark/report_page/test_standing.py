"""Who wins: only what a corrected, paired test allows."""

from dataclasses import replace

import numpy as np

import bench_results
from cardioprint.benchmark.report_page import loading, standing, verdict
from cardioprint.benchmark.report_page.report import Report
from cardioprint.benchmark.results import Gap, Score, TaskResult, load_task, save

NAN = float("nan")


def score(encoder: str, value: float, kind: str = "baseline", **changes) -> Score:
    made = Score(
        encoder=encoder,
        kind=kind,
        inputs="ecg",
        head="linear",
        measure="AUROC",
        better="higher",
        value=value,
        low=value - 0.1,
        high=value + 0.1,
        people=10,
        rows=20,
    )
    return replace(made, **changes)


def gap(b: str, value: float, winner: str = "", a: str = "model") -> Gap:
    return Gap(
        a=a,
        b=b,
        inputs="ecg",
        head="linear",
        measure="AUROC",
        better="higher",
        gap=value,
        low=value - 0.05,
        high=value + 0.05,
        p=0.01,
        adjusted=0.02,
        winner=winner,
        people=10,
    )


def task(scores: list[Score], gaps: list[Gap], **changes) -> TaskResult:
    made = TaskResult(
        name="t",
        title="T",
        family="probe",
        paper="",
        facts={},
        headline=("ecg", "linear", "AUROC"),
        scores=tuple(scores),
        gaps=tuple(gaps),
    )
    return replace(made, **changes)


MODEL = score("model", 0.8, "model")


def test_wins_only_against_all():
    scores = [MODEL, score("hand", 0.7), score("kernels", 0.75)]
    both = [gap("hand", 0.1, "model"), gap("kernels", 0.05, "model")]
    assert standing.standing(task(scores, both), "model").verdict == "wins"
    one = [gap("hand", 0.1, "model"), gap("kernels", 0.05)]
    found = standing.standing(task(scores, one), "model")
    assert (found.verdict, found.beats, found.compared) == ("open", 1, 2)
    assert verdict.words(found) == "better than 1 of 2"
    lost = [gap("hand", 0.1, "model"), gap("kernels", -0.05, "kernels")]
    found = standing.standing(task(scores, lost), "model")
    assert found.verdict == "loses" and [g.b for g in found.beaten_by] == ["kernels"]


def test_without_a_test_nobody_wins():
    scores = [MODEL, score("hand", 0.1)]
    assert standing.standing(task(scores, []), "model").verdict == "untested"
    tested = task(scores, [gap("hand", 0.7, "model")])
    found = standing.standing(tested, "model", finished=False)
    assert (found.verdict, found.better) == ("untested", "")
    assert standing.standing(tested, "model").better == "model"


def test_others_weights_and_methods_that_are_told_are_no_rivals():
    scores = [
        MODEL,
        score("peer", 0.95, "peer"),
        score("template (told)", 0.99),
        score("hand", 0.7),
    ]
    gaps = [gap("peer", -0.15, "peer"), gap("template (told)", -0.2, "template (told)")]
    found = standing.standing(task(scores, [*gaps, gap("hand", 0.1, "model")]), "model")
    assert found.rival is not None and found.rival.encoder == "hand"
    assert found.peer is not None and found.peer.encoder == "peer"
    assert found.verdict == "wins"


def test_less_is_better_where_it_is():
    scores = [
        score("model", 3.0, "model", better="lower"),
        score("hand", 2.0, better="lower"),
        score("constant", 9.0, "trivial", better="lower", head=""),
        score("silent", NAN, better="lower"),
    ]
    found = standing.standing(task(scores, []), "model")
    assert found.rival is not None and found.rival.encoder == "hand"
    order = [s.encoder for s in standing.ranked(standing.headline(found.task))]
    assert order == ["hand", "model", "constant", "silent"]


def test_a_gap_told_the_other_way_round_is_turned():
    turned = standing.oriented(gap("model", -0.1, "model", a="hand"), "model")
    assert (turned.a, turned.b, turned.gap) == ("model", "hand", 0.1)
    np.testing.assert_allclose((turned.low, turned.high), (0.05, 0.15))


def test_a_rival_without_a_figure_is_no_obstacle():
    scores = [MODEL, score("hand", 0.7), score("silent", NAN)]
    gaps = [gap("hand", 0.1, "model"), gap("silent", NAN)]
    assert standing.standing(task(scores, gaps), "model").verdict == "wins"


def test_the_model_without_a_figure_is_absent():
    scores = [score("model", NAN, "model"), score("hand", 0.7)]
    assert standing.standing(task(scores, [gap("hand", NAN)]), "model").verdict == "absent"


def test_tasks_that_warn_of_themselves_are_not_counted(tmp_path):
    folder = bench_results.make(tmp_path, tasks=("five_class", "survival_simulated"))
    path = folder / "tasks" / "five_class.json"
    won = "beats all of its baselines on 1 of 1 task"
    assert verdict.sentences(Report(loading.read(folder)))[0][0].endswith(won)
    save(replace(load_task(path), title="Identity: a privacy floor, not a goal"), path)
    first, _, last = verdict.sentences(Report(loading.read(folder)))
    assert "there is no corrected paired test" in first[0]
    assert "as a claim, though reported: Identity" in last[1]
    assert "mortality on real outcomes (the cohort is simulated)" in last[1]
