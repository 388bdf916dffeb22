"""The verb that makes virtual people."""

import gzip

import pytest

from cardioprint.cli import main
from cardioprint.readers import read_record


def run(*arguments):
    with pytest.raises(SystemExit) as stop:
        main(["simulate", *map(str, arguments)])
    return stop.value.code


def test_people_are_measured_by_devices_unless_told_otherwise(tmp_path, capsys):
    small = ("--people", 3, "--minutes", 0.2, "--seed", 2)
    assert run(*small, "--out", tmp_path / "usual") == 0
    assert "artefacts.tsv.gz" in capsys.readouterr().out
    assert run(*small, "--out", tmp_path / "clean", "--clean") == 0
    assert "artefacts" not in capsys.readouterr().out
    usual, clean = ((tmp_path / n / "records.csv").read_text() for n in ("usual", "clean"))
    assert "delay_ms" in usual
    assert "delay_ms" not in clean
    with gzip.open(tmp_path / "usual" / "artefacts.tsv.gz", "rt") as stream:
        assert stream.readline().split() == ["record", "modality", "kind", "start", "stop"]
    units = [
        [c.unit for c in read_record(tmp_path / n / "simulated_2_0_1.hea").channels]
        for n in ("usual", "clean")
    ]
    assert units == [["mV", "NU"], ["mV", "%"]]


def test_nowhere_to_write_to_is_said(capsys):
    assert run() == 2
    assert "--out" in capsys.readouterr().err
