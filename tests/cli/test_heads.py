"""`cardioprint head` and `cardioprint assess`, as a person meets them."""

import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from cardioprint import cli
from cardioprint.cli.assess import show
from cardioprint.fingerprints import table
from cardioprint.fingerprints.heads import shelf
from cardioprint.fingerprints.heads.head import Head
from cardioprint.fingerprints.pipeline import session
from cardioprint.simulate import patient, write_wfdb
from small_heads import made, prints


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main([str(a) for a in arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    made, truth = patient(minutes=0.5, seed=3, events=False)
    return write_wfdb(made, tmp_path_factory.mktemp("record"), truth=truth)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a fingerprint file of thirty made-up people and a table of their ages."""
    folder, rng, engine = tmp_path_factory.mktemp("study"), np.random.default_rng(0), session()
    ages, parts = rng.normal(50, 12, 30), []
    for i, age in enumerate(ages):
        vectors = rng.normal(size=(3, engine.features))
        vectors[:, :8] += (age - 50) / 6
        one = prints(vectors, model=engine.model_id)
        one = replace(one, record=f"r{i}", subject=f"p{i}", source=f"r{i}.csv")
        parts.append(folder / f"{i}.parquet")
        table.write(one, parts[-1], table.provenance(engine), identity=str(i))
    table.merge(None, parts, folder / "all.parquet")
    columns = {
        "subject": [f"p{i}" for i in range(30)],
        "age": ages.tolist(),
        "old": [int(a > 50) for a in ages],
        "weight": rng.normal(70, 9, 30).tolist(),
    }
    pyarrow.csv.write_csv(pa.table(columns), folder / "people.csv")
    return folder


@pytest.mark.parametrize(
    "verb", [("head", "fit"), ("head", "list"), ("head", "apply"), ("assess",)]
)
def test_every_verb_explains_itself_with_an_example(verb, capsys):
    assert run(*verb, "--help") == 0
    assert f"$ cardioprint {' '.join(verb)}" in capsys.readouterr().out


@pytest.fixture(scope="module")
def fitted(study):
    code = run(
        "head", "fit", study / "all.parquet", "--labels", study / "people.csv", "--label", "age",
        "--unit", "years", "--beside", "weight", "--out", study / "heads" / "age",
    )  # fmt: skip
    assert code == 0
    return study / "heads" / "age"


def test_fit_writes_a_head_that_can_be_listed_and_applied(fitted, study, capsys):
    card = Head(fitted).card
    assert card.name == "age" and card.unit == "years" and card.modality == "ppg"
    assert {"this head", "weight", "constant"} <= {s.method for s in card.scores}
    assert run("head", "list", study / "heads", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert "age" in [c["name"] for c in listed] and len(listed) == len(shelf.shipped()) + 1
    assert run("head", "apply", fitted, study / "all.parquet") == 0
    assert "years" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", ["csv", "parquet", "json"])
def test_answers_are_written(fitted, study, tmp_path, suffix, capsys):
    out = tmp_path / f"answers.{suffix}"
    assert run("head", "apply", fitted, study / "all.parquet", "--out", out) == 0
    if suffix == "json":
        rows = json.loads(out.read_text())["answers"]
    else:
        read = pyarrow.csv.read_csv if suffix == "csv" else pq.read_table
        rows = read(out).to_pylist()
    assert len(rows) == 30
    assert all(r["low"] <= r["value"] <= r["high"] for r in rows if not r["why"])
    assert "30 records" in capsys.readouterr().out


def test_what_cannot_be_done_is_one_line(fitted, study, record, tmp_path, capsys):
    labels = study / "people.csv"
    assert run("head", "fit", study / "all.parquet", "--labels", labels, "--label", "no",
               "--out", tmp_path / "x") == 2  # fmt: skip
    assert "no column 'no'" in capsys.readouterr().err
    assert run("head", "fit", labels, "--labels", labels, "--label", "age",
               "--out", tmp_path / "x") == 2  # fmt: skip
    assert "not a fingerprint file" in capsys.readouterr().err
    assert run("head", "apply", "oracle", record) == 2
    assert "known:" in capsys.readouterr().err
    assert run("head", "apply", fitted, record, "--out", tmp_path / "x.xlsx") == 2
    assert ".xlsx" in capsys.readouterr().err
    assert run("head", "apply", fitted, tmp_path / "absent.hea") == 2
    capsys.readouterr()
    assert run("head", "apply", fitted, record, tmp_path / "absent.hea") == 3
    assert "failed" in capsys.readouterr().out
    assert not (tmp_path / "x").exists()


def test_a_damaged_head_is_said_and_the_others_are_listed(fitted, tmp_path, capsys):
    shutil.copytree(fitted, tmp_path / "good")
    shutil.copytree(fitted, tmp_path / "bad")
    (tmp_path / "bad" / "head.json").write_text("{}")
    assert run("head", "list", tmp_path) == 3
    text = capsys.readouterr().out
    assert "cannot be used" in text and "good" in text


def test_assess_shows_values_intervals_and_reasons(record, capsys):
    assert run("assess", record) == 0
    text = capsys.readouterr().out
    for word in ("interval", "windows", "beats/min", "no diagnosis", session().model_id):
        assert word in text


def test_assess_as_json_says_everything(record, fitted, capsys):
    assert run("assess", record, "--json", "--heads", fitted) == 0
    found = json.loads(capsys.readouterr().out)
    assert "no diagnosis" in found["notice"]
    heads = {h["head"]: h for h in found["heads"]}
    assert {*(f.name for f in shelf.shipped().values()), "age"} == set(heads)
    for h in heads.values():
        assert h["statement"] and h["not_for"]
        assert bool(h["why"]) != bool(h["value"])
        for low, value, high in zip(h["low"], h["value"], h["high"], strict=True):
            assert low <= value <= high


def test_assess_of_the_simulated_patient_knows_its_heart_rate(record, capsys):
    assert run("assess", record, "--json") == 0
    heads = {h["head"]: h for h in json.loads(capsys.readouterr().out)["heads"]}
    rates = [h for n, h in heads.items() if n.startswith("heart_rate") and not h["why"]]
    assert rates and all(30 < h["value"][0] < 150 for h in rates)


def test_assess_of_a_real_recording(shared_data, capsys):
    record = shared_data / "formats" / "cinc2015_wfdb" / "100.hea"
    assert run("assess", record, "--json") == 0
    heads = json.loads(capsys.readouterr().out)["heads"]
    assert any(h["value"] for h in heads)
    assert all(h["used"] <= h["windows"] for h in heads)


def test_assess_of_another_models_recording(record, tiny_folder, capsys):
    assert run("assess", record, "--model", tiny_folder) == 2
    assert "no head belongs to" in capsys.readouterr().err


def test_plain_terminals_get_plain_characters(fitted):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict")
    head = made("classes")
    card = Head(fitted).card
    answer_of = Head(fitted).answer(prints(np.zeros((0, card.features)), model=card.model))
    given = replace(
        answer_of, why="", value=(0.2, 0.7, 0.1), low=(0.1, 0.5, 0.0), high=(0.3, 0.9, 0.2),
        outputs=head.card.outputs, shares=(0.0, 1.0, 0.0), used=3, windows=3, unit="",
    )  # fmt: skip
    show([(head.card, given)], "made", Console(file=stream, width=90))
    stream.flush()
    assert b"sinus" in stream.buffer.getvalue()
