"""The runner: every task once, killed runs go on, missing data are said, p is adjusted."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cardioprint.benchmark import report_page, results, run
from cardioprint.benchmark.results import Gap, Score, TaskResult
from cardioprint.benchmark.run import Settings
from cardioprint.benchmark.tasks.base import Measured
from cardioprint.errors import RecordError, UnknownNameError
from toy_bench import FACTS, toy_people, toy_task


@pytest.fixture
def tasks(monkeypatch):
    """Put a probe and a task of another shape into the catalogue."""
    calls = []

    def other(task, bench):
        calls.append("other")
        score = Score(
            encoder="M2AE toy",
            kind="model",
            inputs="ecg",
            head="",
            measure="r",
            better="higher",
            value=0.5,
            low=0.4,
            high=float("nan"),
            people=3,
            rows=9,
        )
        return TaskResult(
            name=task.name,
            title="Other",
            family="transfer",
            paper="",
            facts=vars(FACTS),
            headline=("ecg", "", "r"),
            scores=(score,),
        )

    load = toy_task().load

    def counted(quick):
        calls.append("toy")
        return load(quick)

    measured = Measured(
        name="other", title="Other", paper="", facts=FACTS, family="transfer", run=other
    )
    monkeypatch.setitem(run.TASKS, "toy", toy_task(load=counted))
    monkeypatch.setitem(run.TASKS, "other", measured)
    monkeypatch.setattr(run, "_report", lambda folder: None)
    return calls


def settings(folder, **more):
    return Settings(**{"out": folder, "tasks": ("toy", "other"), "quick": True, **more})


def test_a_run_writes_every_task_and_what_it_was(tasks, tmp_path):
    said = []
    made = run.run(settings(tmp_path), lambda *what: said.append(what), toy_people())
    assert made.tasks == ("toy", "other") and made.quick
    assert results.load_run(tmp_path / "run.json") == made
    assert {c.name for c in made.columns} == {"M2AE toy", "hand features"}
    assert made.columns[0].dimension == 12
    assert [d.name for d in made.data] == ["bidmc"]
    assert said[0][0] == "loading encoders" and said[-1][1:] == (2, 2)
    assert "--quick" in made.command
    text = report_page.table(tmp_path)
    assert "| Toy (AUROC; ECG, linear head) |" in text and "| better |" in text


def test_a_rerun_measures_nothing_again(tasks, tmp_path):
    run.run(settings(tmp_path), people=toy_people())
    run.run(settings(tmp_path), people=toy_people())
    assert tasks == ["toy", "other"]


def test_a_killed_run_loses_one_task_at_most(tasks, tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    whole = run.TASKS["other"]
    monkeypatch.setitem(run.TASKS, "other", replace(whole, run=killed))
    with pytest.raises(KeyboardInterrupt):
        run.run(settings(tmp_path), people=toy_people())
    (tmp_path / "tasks" / "other.json.part").write_text('{"name": "oth')  # as kill -9 leaves it
    monkeypatch.setitem(run.TASKS, "other", whole)
    made = run.run(settings(tmp_path), people=toy_people())
    assert tasks == ["toy", "other"] and made.tasks == ("toy", "other")


@pytest.mark.parametrize("change", [{"seed": 1}, {"quick": False}])
def test_other_settings_measure_again(tasks, tmp_path, change):
    run.run(settings(tmp_path, tasks=("other",)), people=toy_people())
    run.run(settings(tmp_path, tasks=("other",), **change), people=toy_people())
    assert tasks == ["other", "other"]


def test_other_encoders_measure_again(tasks, tmp_path):
    run.run(settings(tmp_path, tasks=("other",)), people=toy_people())
    people = toy_people()
    people.encoders[0].identity = "other weights"
    run.run(settings(tmp_path, tasks=("other",)), people=people)
    assert tasks == ["other", "other"]


def test_a_damaged_result_is_measured_again(tasks, tmp_path):
    run.run(settings(tmp_path, tasks=("other",)), people=toy_people())
    (tmp_path / "tasks" / "other.json").write_text("{}")
    made = run.run(settings(tmp_path, tasks=("other",)), people=toy_people())
    assert tasks == ["other", "other"] and made.tasks == ("other",)


def test_results_of_other_settings_are_not_mixed_in(tasks, tmp_path):
    run.run(settings(tmp_path), people=toy_people())
    made = run.run(settings(tmp_path, tasks=("toy",), seed=3), people=toy_people())
    assert made.tasks == ("toy",)


def test_missing_data_are_skipped_with_what_to_fetch(tasks, tmp_path, monkeypatch):
    monkeypatch.setenv("CARDIOPRINT_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setitem(run.TASKS, "toy", toy_task(tables=("ppg_bp",)))
    made = run.run(settings(tmp_path), people=toy_people())
    assert made.tasks == ("other",)
    (sentence,) = made.skipped
    assert "toy is left out: ppg_bp is not on this machine" in sentence
    assert "Liang 2018" in sentence and "CARDIOPRINT_DATA" in sentence
    assert sentence in report_page.table(tmp_path)


def test_results_are_json_without_nan(tasks, tmp_path):
    run.run(settings(tmp_path, tasks=("other",)), people=toy_people())
    text = (tmp_path / "tasks" / "other.json").read_text()
    assert "NaN" not in text and json.loads(text)["scores"][0]["high"] is None
    assert np.isnan(results.load_task(tmp_path / "tasks" / "other.json").scores[0].high)


def gap(b, p, size=0.1):
    return Gap(
        a="model",
        b=b,
        inputs="ecg",
        head="linear",
        measure="AUROC",
        better="higher",
        gap=size,
        low=0.0,
        high=0.2,
        p=p,
        adjusted=p,
        winner="",
        people=9,
    )


def test_p_is_adjusted_over_one_family_in_all_tasks():
    def task(name, *gaps):
        return TaskResult(
            name=name,
            title="",
            family="probe",
            paper="",
            facts={},
            headline=("", "", ""),
            gaps=gaps,
        )

    given = [
        task("a", gap("hand", 0.01), gap("kernels", 0.03)),
        task("b", gap("hand", 0.04, -0.1), gap("hand", 0.03)),
    ]
    once = run._adjusted(given)
    assert [g.adjusted for g in once[0].gaps] == pytest.approx([0.03, 0.03])
    assert [g.winner for g in once[0].gaps] == ["model", "model"]
    assert [g.adjusted for g in once[1].gaps] == pytest.approx([0.06, 0.06])
    assert [g.winner for g in once[1].gaps] == ["", ""]
    assert run._adjusted(once) == once  # a resumed run adjusts the raw p again


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ("nonsense",)}, "unknown task 'nonsense'"),
        ({"engine": "tensorflow"}, "choose torch or onnx"),
        ({"seed": -1}, "give 0 or more"),
    ],
)
def test_wrong_settings_are_refused(tmp_path, change, message):
    with pytest.raises((RecordError, UnknownNameError), match=message):
        Settings(out=tmp_path, **change)


@pytest.mark.parametrize(
    ("peer", "message"),
    [("papagei_s", "NAME=PATH"), ("nobody=x.pt", "unknown peer"), ("csfm=absent.pt", "absent.pt")],
)
def test_wrong_peers_are_refused(tmp_path, peer, message):
    from cardioprint.benchmark.columns import participants
    from cardioprint.errors import CardioprintError

    with pytest.raises(CardioprintError, match=message):
        participants("tiny", peers=(peer,), installed=False)


@pytest.mark.parametrize("engine", ["torch", "onnx"])
def test_the_packaged_model_takes_part(engine):
    from cardioprint.benchmark.columns import participants

    found = participants("tiny", engine, installed=False)
    assert [e.kind for e in found.encoders] == ["model", "random", *["baseline"] * 3]
    assert found.trained == ("cinc2015", "uci_bp")
    assert set(found.about) == {e.name for e in found.encoders}
    assert (found.shipped is None) == (engine == "onnx")


def test_help_shows_examples_and_a_wrong_model_is_one_line(capsys, tmp_path):
    from cardioprint.cli import main

    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    told = capsys.readouterr().out
    assert "--peer" in told and "cardioprint bench --quick" in told
    with pytest.raises(SystemExit) as stopped:
        main(["bench", "--model", "nothing", "--out", str(tmp_path)])
    assert stopped.value.code == 2 and "unknown model" in capsys.readouterr().err


def test_a_run_names_no_folder_of_weights(tmp_path):
    told = Settings(out=tmp_path, peers=(f"csfm={Path.home()}/csfm.pt",)).command
    assert "--peer csfm=PATH" in told and str(Path.home() / "csfm.pt") not in told
