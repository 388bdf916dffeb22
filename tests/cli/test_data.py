"""`cardioprint data`, as a person meets it."""

import json

import numpy as np
import pytest
import wfdb

from archive_server import Archive, database, serve
from cardioprint import cli
from cardioprint.datasets.base import Entry
from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.families import FAMILIES, Family

PASSWORD = "do not show"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main([str(a) for a in arguments])
    return int(stop.value.code or 0)


def find(folder):
    for path in sorted(folder.rglob("*.hea")):
        yield Entry(database="toy", record=path.stem, path=str(path), subject=path.stem[:2])


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CARDIOPRINT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("PHYSIONET_USER", "PHYSIONET_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home" / "data" / "toy"


@pytest.fixture
def archive(tmp_path):
    """Two WFDB records, as PhysioNet serves them."""
    signal = np.random.default_rng(2).normal(size=(500, 1))
    for name in ("p1_a", "p2_a"):
        wfdb.wrsamp(name, fs=250, units=["mV"], sig_name=["II"], p_signal=signal, fmt=["16"],
                    write_dir=str(tmp_path))  # fmt: skip
    files = {f"/toy/{p.name}": p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    files["/toy/LICENSE.txt"] = b"free"
    with serve(Archive(files)) as archive:
        archive.files["/toy/SHA256SUMS.txt"] = archive.sums("/toy/")
        yield archive


@pytest.fixture
def catalogue(monkeypatch, archive):
    """The catalogue: an open database, a credentialed one, one to be got by hand."""
    facts = {
        "toy": database(
            archive.address + "toy/",
            find=find,
            family="toys",
            subjects=2,
            records=2,
            defects=("Nothing [is] real.",),
            labels=("age", "mood"),
            files={"include": ("*.hea", "*.dat"), "size_gb": 1e-6},
        ),
        "closed": database(
            archive.address + "toy/",
            name="closed",
            access="credentialed",
            modalities=("ecg",),
            family="toys",
            find=find,
            files={"steps": ("Take the course.", "Sign the agreement.")},
        ),
        "paper": database(
            name="paper",
            access="registered",
            pretraining=True,
            files={"kind": "manual", "steps": ("Write to the authors.",)},
        ),
    }
    for name in list(DATABASES):
        monkeypatch.delitem(DATABASES, name)
    toys = Family(title="Toys", databases=("toy", "closed"), overlap="All.", source="x")
    monkeypatch.setitem(FAMILIES, "toys", toys)
    for name, entry in facts.items():
        monkeypatch.setitem(DATABASES, name, entry)
    return facts


@pytest.mark.parametrize("verb", ["list", "show", "fetch", "verify"])
def test_every_verb_explains_itself_with_an_example(verb, capsys):
    assert run("data", verb, "--help") == 0
    assert f"$ cardioprint data {verb}" in capsys.readouterr().out


def test_list_and_its_filters(catalogue, capsys):
    assert run("data", "list") == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("toy", "closed", "paper", "ecg+ppg", "CC BY 4.0", "yes"))
    assert run("data", "list", "--access", "open") == 0
    text = capsys.readouterr().out
    assert "toy" in text and "closed" not in text
    assert run("data", "list", "--modality", "ppg", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [d["name"] for d in listed] == ["toy", "paper"]
    assert listed[0]["fetch"] == "cardioprint data fetch toy" and listed[1]["fetch"] == ""
    assert run("data", "list", "--access", "free") == 2
    assert "known: credentialed, open, registered" in capsys.readouterr().err


def test_show_says_everything(catalogue, capsys):
    assert run("data", "show", "toy") == 0
    text = capsys.readouterr().out
    for word in (
        "Toy recordings [of nobody]",
        "Nothing [is] real.",
        "Nobody. Nothing. 2020",
        "cardioprint data fetch toy",
        "closed: perhaps",
        "https://example.org/toy",
        "age: years",
        "mood: as published",
    ):
        assert word in text
    assert run("data", "show", "closed") == 0
    text = capsys.readouterr().out
    assert "1. Take the course." in text and "cardioprint data fetch closed --user NAME" in text
    assert run("data", "show", "paper") == 0
    assert "by hand" in capsys.readouterr().out


def test_an_unknown_name_lists_the_known_ones(catalogue, capsys):
    for verb in (["show", "tyo"], ["fetch", "tyo"], ["verify", ".", "--name", "tyo"]):
        assert run("data", *verb) == 2
        assert capsys.readouterr().err == (
            "cardioprint: unknown database 'tyo'; known: closed, paper, toy\n"
        )


def test_fetch_then_verify_then_damage(catalogue, archive, home, capsys):
    assert run("data", "fetch", "toy", "--dry-run") == 0
    text = capsys.readouterr().out
    assert "files         4" in text and "1 others left out" in text and not home.exists()
    assert run("data", "fetch", "toy") == 2  # nobody at a terminal
    assert "--yes" in capsys.readouterr().err and not home.exists()
    assert run("data", "fetch", "toy", "--yes") == 0
    assert (
        f"4 files fetched, 0 there before, 0 failed; 0.00 MB in {home}" in capsys.readouterr().out
    )
    assert run("data", "fetch", "toy", "--yes") == 0
    assert "0 files fetched, 4 there before" in capsys.readouterr().out

    assert run("data", "verify", home) == 0
    text = capsys.readouterr().out
    assert "right         4 files" in text and "recordings    2 of 2; 2 of 2 people" in text
    assert "left out      1 files" in text
    (home / "p1_a.dat").write_bytes(b"damage")
    (home / "p2_a.dat").unlink()
    assert run("data", "verify", home) == 3
    text = capsys.readouterr().out
    assert (
        "missing       1 files\n  p2_a.dat" in text and "changed       1 files\n  p1_a.dat" in text
    )


def test_fetch_of_some_files_that_fail(catalogue, archive, tmp_path, capsys):
    del archive.files["/toy/p2_a.dat"]
    assert run("data", "fetch", "toy", "--yes", "--to", tmp_path / "x", "--include", "*.dat") == 3
    text = capsys.readouterr().out
    assert "1 files fetched" in text and "failed: http" in text and "HTTP 404" in text


def test_a_login_comes_from_the_environment_and_is_never_printed(
    catalogue, archive, tmp_path, monkeypatch, capsys
):
    archive.login = ("jo", PASSWORD)
    assert run("data", "fetch", "closed", "--yes") == 2
    text = capsys.readouterr().err
    assert "it needs a PhysioNet account" in text and "2. Sign the agreement." in text
    monkeypatch.setenv("PHYSIONET_PASSWORD", PASSWORD)
    assert run("data", "fetch", "closed", "--yes", "--user", "jim") == 2
    text = capsys.readouterr().err
    assert "HTTP 401" in text and "1. Take the course." in text and PASSWORD not in text
    monkeypatch.setenv("PHYSIONET_USER", "jo")
    assert run("data", "fetch", "closed", "--yes", "--to", tmp_path / "x") == 0
    out = capsys.readouterr()
    assert PASSWORD not in out.out + out.err
    for path in (tmp_path / "x").rglob("*.json"):
        assert PASSWORD not in path.read_text() and "jo" not in path.read_text().split('"')
    archive.asked.clear()
    assert run("data", "fetch", "toy", "--dry-run") == 2  # an open database: nobody is told
    assert all("Authorization" not in headers for _, headers in archive.asked)


def test_a_terminal_is_asked_without_echo(catalogue, archive, tmp_path, monkeypatch, capsys):
    archive.login = ("jo", PASSWORD)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: PASSWORD)
    answers = iter(["jo", "y", "jo", "no"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    assert run("data", "fetch", "closed", "--to", tmp_path / "x") == 0
    assert run("data", "fetch", "closed", "--to", tmp_path / "y") == 2
    assert "not fetched" in capsys.readouterr().err and not (tmp_path / "y").exists()


def test_what_is_got_by_hand_is_explained(catalogue, capsys):
    assert run("data", "fetch", "paper", "--yes") == 2
    text = capsys.readouterr().err
    assert "1. Write to the authors." in text
    assert "cardioprint data verify FOLDER --name paper" in text


def test_verify_asks_whose_files_they_are(catalogue, archive, tmp_path, capsys):
    folder = tmp_path / "somewhere"
    folder.mkdir()
    assert run("data", "verify", folder) == 2
    assert "--name" in capsys.readouterr().err
    assert run("data", "verify", folder, "--name", "toy") == 3
    assert "this is not the layout of toy 1.0" in capsys.readouterr().out
    (folder / "p1.hea").write_text("p1 1 250 100\n")
    assert run("data", "verify", folder, "--name", "toy") == 0
    assert "recordings    1 of 2; 1 of 2 people" in capsys.readouterr().out
    (folder / "SHA256SUMS.txt").write_bytes(archive.files["/toy/SHA256SUMS.txt"])
    assert run("data", "verify", folder) == 3  # a list, but no database of the folder's name
    assert "recordings" not in capsys.readouterr().out
