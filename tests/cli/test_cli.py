"""The command line, as a person meets it."""

import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from cardioprint import cli
from cardioprint.simulate import patient, write_wfdb


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main([str(a) for a in arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    made, truth = patient(minutes=0.5, seed=3, events=False)
    return write_wfdb(made, tmp_path_factory.mktemp("record"), truth=truth)


@pytest.mark.parametrize(
    "verb",
    [
        "fingerprint",
        "reconstruct",
        "show",
        "demo",
        "models",
        "corpus",
        "pretrain",
        "export",
        "bench",
    ],
)
def test_every_verb_explains_itself_with_an_example(verb, capsys):
    assert run(verb, "--help") == 0
    assert f"$ cardioprint {verb}" in capsys.readouterr().out


def test_fingerprint_prints_a_summary_and_writes_provenance(record, tiny_folder, tmp_path, capsys):
    out = tmp_path / "f.parquet"
    assert run("fingerprint", record, "--out", out, "--model", tiny_folder) == 0
    text = capsys.readouterr().out
    for word in ("record", "channels", "windows", "quality", "heart rate", "model"):
        assert word in text
    table = pq.read_table(out)
    assert b"cardioprint" in table.schema.metadata
    assert table["level"].to_pylist() == ["record", "window", "window", "window"]


def test_reconstruct_marks_what_is_generated(record, tiny_folder, tmp_path, capsys):
    out = tmp_path / "g.parquet"
    code = run("reconstruct", record, "--to", "ecg", "--out", out, "--model", tiny_folder)
    assert code == 0
    assert "not a measurement" in capsys.readouterr().out
    table = pq.read_table(out)
    assert all(table["generated"].to_pylist())
    assert b'"generated": true' in table.schema.metadata[b"cardioprint"]


def test_show_lists_channels(record, capsys):
    assert run("show", record) == 0
    assert "PLETH" in capsys.readouterr().out


def test_a_bad_file_is_one_line_and_exit_code_2(tmp_path, capsys):
    bad = tmp_path / "x.edf"
    bad.write_bytes(b"")
    assert run("show", bad) == cli.BAD_INPUT
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "x.edf" in error
    assert "Traceback" not in error


def test_some_bad_files_give_exit_code_3(record, tiny_folder, tmp_path, capsys):
    bad = tmp_path / "x.csv"
    bad.write_text("")
    code = run(
        "fingerprint",
        record,
        bad,
        "--out",
        tmp_path / "f.parquet",
        "--model",
        tiny_folder,
        "--workers",
        "1",
    )
    assert code == 3
    assert "x.csv" in capsys.readouterr().out


def test_columns_must_be_pairs(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n")
    assert run("show", table, "--columns", "a") == cli.BAD_INPUT
    assert "NAME=KIND" in capsys.readouterr().err


def test_unknown_model_lists_the_known(record, tmp_path, capsys):
    assert run("fingerprint", record, "--model", "huge", "--out", tmp_path / "f.parquet") == 2
    assert "known:" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -u -m cardioprint --help | head -n 1"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert found.stdout.startswith("usage: cardioprint")
    assert found.stderr == ""
