"""`cardioprint corpus`, as a person meets it."""

import json
import shutil

import pytest

import tiny_database as tiny
from cardioprint import cli
from cardioprint.datasets import catalogue

RECORDINGS = {f"r{i}": f"{25 + i} {i}" for i in range(4)} | {"x": "bad"}


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(["corpus", *(str(a) for a in arguments)])
    return int(stop.value.code or 0)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(catalogue.DATABASES, "tiny", tiny.TINY)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    tiny.write(folder / "src", RECORDINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalogue.DATABASES, "tiny", tiny.TINY)
        code = run("build", f"tiny={folder / 'src'}", "--out", folder / "out", "--workers", 0)
    assert code == 0
    return folder


@pytest.mark.parametrize("verb", ["build", "info", "check", "merge", "export"])
def test_every_verb_explains_itself_with_an_example(verb, capsys):
    assert run(verb, "--help") == 0
    assert f"$ cardioprint corpus {verb}" in capsys.readouterr().out


def test_build_writes_a_card_with_its_picture(built):
    names = {p.name for p in (built / "out").iterdir()}
    assert {"windows.lance", "records", "corpus.json", "card.md", "card.png"} <= names
    assert (built / "out" / "card.png").read_bytes().startswith(b"\x89PNG")


def test_build_says_what_it_did(built, tmp_path, capsys):
    assert run("build", f"tiny={built / 'src'}", "--out", tmp_path / "out", "--workers", 1) == 0
    text = capsys.readouterr().out
    for words in (
        "added        4 recordings",
        "h of signal a second",
        "MB in the largest process",
        "1 recordings put into quarantine",
        "tiny/x: x.txt: it is damaged",
        "duplicates   ",
        "pairs",
    ):
        assert words in text


def test_a_rerun_takes_what_is_new(built, tmp_path, capsys):
    tiny.write(tmp_path / "src", {"a": "25 1"})
    arguments = ("build", f"tiny={tmp_path / 'src'}", "--out", tmp_path / "out", "--workers", 0)
    assert run(*arguments) == 0
    tiny.write(tmp_path / "src", {"a": "25 2", "b": "25 3"})
    capsys.readouterr()
    assert run(*arguments) == 0
    text = capsys.readouterr().out
    assert "added        1 recordings" in text and "1 were there" in text
    assert "1 recordings changed since they were added" in text and "tiny/a" in text


def test_nothing_usable_is_no_success(tmp_path, capsys):
    tiny.write(tmp_path / "src", {"a": "bad"})
    code = run("build", f"tiny={tmp_path / 'src'}", "--out", tmp_path / "out", "--workers", 0)
    assert code == cli.BAD_INPUT
    assert "1 recordings in quarantine" in capsys.readouterr().out


def test_a_mistake_is_one_line(built, tmp_path, capsys):
    for arguments, words in (
        (("build", "nothing_of_the_kind"), "unknown database"),
        (("build", f"tiny={tmp_path / 'none'}"), "no such folder"),
        (("info", tmp_path), "there is no corpus"),
        (("merge", tmp_path, "--out", tmp_path / "b"), "there is no corpus"),
    ):
        assert run(*arguments) == cli.BAD_INPUT
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and words in error


def test_info(built, capsys):
    assert run("info", built / "out") == 0
    text = capsys.readouterr().out
    assert "tiny" in text and "pairs" in text and "in quarantine" in text
    assert run("info", built / "out", "--json") == 0
    about = json.loads(capsys.readouterr().out)
    assert about["records"] == 4 and about["quarantined"] == 1


def test_check(built, tmp_path, capsys):
    assert run("check", built / "out") == 0
    assert "windows" in capsys.readouterr().out
    broken = shutil.copytree(built / "out", tmp_path / "broken")
    next(broken.glob("windows.lance/data/*.lance")).write_bytes(b"")
    assert run("check", broken) == cli.SOME_FAILED
    assert "error" in capsys.readouterr().out


def test_merge(built, tmp_path, capsys):
    tiny.write(tmp_path / "src", {"new": "30 7", "r1": RECORDINGS["r1"]})
    run("build", f"tiny={tmp_path / 'src'}", "--out", tmp_path / "two", "--workers", 0)
    capsys.readouterr()
    assert run("merge", built / "out", tmp_path / "two", "--out", tmp_path / "both") == 0
    assert "5 recordings added" in capsys.readouterr().out
    assert (tmp_path / "both" / "card.png").exists()


def test_export(built, tmp_path, capsys):
    out = tmp_path / "cache"
    split = tiny.rows_of(built / "out")[0]["split"]
    assert run("export", built / "out", "--memmap", out, "--split", split) == 0
    assert "windows" in capsys.readouterr().out
    assert (out / "samples.npy").exists()
    where = ("--where", "labels.age > 200")
    code = run("export", built / "out", "--memmap", tmp_path / "none", "--split", split, *where)
    assert code == cli.BAD_INPUT


def test_real_recordings(shared_data, tmp_path, capsys):
    code = run("build", "bidmc", "troika", "--out", tmp_path / "out", "--limit", 3, "--workers", 0)
    assert code == 0
    assert run("info", tmp_path / "out", "--json") == 0
    text = capsys.readouterr().out
    about = json.loads(text[text.index("{\n") :])
    assert about["records"] == 6 and about["passed"] > 0.6 * about["windows"]
    assert set(about["databases"]["bidmc"]["splits"]) == {"test"}
