"""Fetching: what comes is right or has no name, and a rerun goes on."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from archive_server import Archive, database, serve, zenodo
from cardioprint.datasets import fetch as fetching
from cardioprint.datasets.folders import folder_of
from cardioprint.datasets.manifest import read_manifest
from cardioprint.datasets.web import AccessError, EverythingError, FetchError, Login, Web, origin_of
from cardioprint.errors import RecordError, UnknownNameError, UnsafeFileError

BIG = np.random.default_rng(1).bytes(300_000)
SMALL = b"toy record\n"


@pytest.fixture
def archive(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serve(Archive({"/f/a/big.dat": BIG, "/f/a/big.hea": SMALL, "/f/notes 1.txt": b""})) as a:
        yield a


def web(**more):
    return Web(**{"first_wait": 0.01, "timeout": 5.0, **more})


def run(archive, folder, *, door=None, include=(), **more):
    """Plan and fetch in one go; the list is that of the archive's files."""
    archive.files["/f/SHA256SUMS.txt"] = archive.files.get("/f/SHA256SUMS.txt") or archive.sums(
        "/f/"
    )
    door = door or web()
    made = fetching.plan(database(archive.address + "f/", **more), folder, door, include=include)
    return fetching.fetch(made, door, workers=2)


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_all_files_come_with_a_list_and_a_second_run_asks_for_none(archive, tmp_path):
    seen = []
    door = web()
    archive.files["/f/SHA256SUMS.txt"] = archive.sums("/f/")
    plan = fetching.plan(database(archive.address + "f"), tmp_path / "x", door)
    outcome = fetching.fetch(plan, door, progress=lambda *now: seen.append(now))
    assert (outcome.fetched, outcome.kept, dict(outcome.failed)) == (3, 0, {})
    assert seen[-1] == (3, len(BIG) + len(SMALL))
    expected = ["SHA256SUMS.txt", "a/big.dat", "a/big.hea", "fetched.json", "notes 1.txt"]
    assert names(tmp_path / "x") == expected
    assert (tmp_path / "x/a/big.dat").read_bytes() == BIG
    told = read_manifest(tmp_path / "x")
    assert told and (told.name, told.version, told.base) == ("toy", "1.0", archive.address + "f/")
    assert told.files["a/big.hea"].checksum == "sha256:" + hashlib.sha256(SMALL).hexdigest()
    assert told.files["a/big.dat"].size == len(BIG)
    archive.asked.clear()
    again = fetching.fetch(plan, door)
    assert (again.fetched, again.kept) == (0, 3) and archive.asked == []


def test_only_chosen_files_and_a_later_choice_adds_to_the_list(archive, tmp_path):
    assert run(archive, tmp_path, include=("*.hea",)).fetched == 1
    assert run(archive, tmp_path, files={"include": ("a/*.dat",)}).fetched == 1
    told = read_manifest(tmp_path)
    assert told and sorted(told.files) == ["a/big.dat", "a/big.hea"]
    with pytest.raises(FetchError, match="none of 3 files matches"):
        run(archive, tmp_path, include=("*.edf",))


def test_a_broken_connection_goes_on_where_it_broke(archive, tmp_path):
    archive.faults["/f/a/big.dat"] = [("cut", 100_000), ("cut", 50_000)]
    assert run(archive, tmp_path, include=("*.dat",)).fetched == 1
    asked = [h.get("Range") for h in archive.requests("/f/a/big.dat")]
    assert asked == [None, "bytes=100000-", "bytes=150000-"]
    assert (tmp_path / "a/big.dat").read_bytes() == BIG and "a/big.dat.part.tag" not in names(
        tmp_path
    )


@pytest.mark.parametrize("mark", ["stale", "none", "none and ranges ignored"])
def test_an_old_part_is_continued_or_dropped(archive, tmp_path, mark):
    """A changed file starts over; a part without a mark is judged by the checksum."""
    part = tmp_path / "a/big.dat.part"
    part.parent.mkdir()
    part.write_bytes(BIG[:1000] if mark != "stale" else b"x" * 1000)
    if mark == "stale":
        part.with_name("big.dat.part.tag").write_text('"old"')
    archive.ranges = mark != "none and ranges ignored"
    assert run(archive, tmp_path, include=("*.dat",)).fetched == 1
    assert (tmp_path / "a/big.dat").read_bytes() == BIG
    first = archive.requests("/f/a/big.dat")[0]
    assert first["Range"] == "bytes=1000-" and len(archive.requests("/f/a/big.dat")) == 1
    assert first.get("If-Range") == ('"old"' if mark == "stale" else None)


@pytest.mark.parametrize("rest", [b"", b"too long"])
def test_a_part_as_long_as_the_file_or_longer(archive, tmp_path, rest):
    part = tmp_path / "a/big.dat.part"
    part.parent.mkdir()
    part.write_bytes(BIG + rest)
    assert run(archive, tmp_path, include=("*.dat",)).fetched == 1
    assert (tmp_path / "a/big.dat").read_bytes() == BIG


def test_a_wrong_file_is_fetched_once_more_and_never_named(archive, tmp_path):
    archive.faults["/f/a/big.hea"] = [("other", b"damaged")]
    assert not run(archive, tmp_path, include=("*.hea",)).failed
    archive.faults["/f/a/big.dat"] = [("other", b"damaged"), ("other", b"again")]
    outcome = run(archive, tmp_path)
    (message,) = outcome.failed.values()
    assert "a/big.dat: what came is not what the publisher announced" in message
    assert hashlib.sha256(BIG).hexdigest() in message
    assert "a/big.dat" not in names(tmp_path) and "a/big.dat.part" not in names(tmp_path)


def test_a_file_that_changed_on_the_disk_is_replaced(archive, tmp_path):
    run(archive, tmp_path)
    (tmp_path / "a/big.dat").write_bytes(b"!" + BIG[1:])
    (tmp_path / "a/big.hea").write_bytes(SMALL[:4])
    outcome = run(archive, tmp_path)
    assert (outcome.fetched, outcome.kept) == (2, 1)
    assert (tmp_path / "a/big.dat").read_bytes() == BIG
    assert archive.requests("/f/a/big.hea")[-1]["Range"] == "bytes=4-"


def test_busy_servers_are_asked_again(archive, tmp_path):
    soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    archive.faults["/f/SHA256SUMS.txt"] = [("status", 503, {})]
    archive.faults["/f/a/big.hea"] = [
        ("status", 429, {"Retry-After": "0"}),
        ("status", 503, {"Retry-After": soon}),
        ("status", 202, {}),  # the answer of a firewall that wants a browser
        ("cut", 3),
    ]
    assert not run(archive, tmp_path).failed
    assert len(archive.requests("/f/a/big.hea")) == 5


def test_patience_has_an_end_and_one_file_does_not_stop_the_others(archive, tmp_path):
    archive.faults["/f/a/big.hea"] = [("status", 500, {})] * 9
    del archive.files["/f/notes 1.txt"]
    archive.files["/f/SHA256SUMS.txt"] = archive.sums("/f/") + b"0" * 64 + b"  gone.txt\n"
    outcome = run(archive, tmp_path)
    assert sorted(outcome.failed) == ["a/big.hea", "gone.txt"] and outcome.fetched == 1
    assert "given up after 5 attempts" in outcome.failed["a/big.hea"]
    assert "HTTP 404" in outcome.failed["gone.txt"]
    archive.faults["/f/a/big.hea"] = [("status", 429, {"Retry-After": "86400"})]
    assert "asks to wait 86400 s" in run(archive, tmp_path).failed["a/big.hea"]


def test_a_killed_run_goes_on(archive, tmp_path):
    """kill -9 in the middle of a file; the rerun asks only for what is missing."""
    archive.files["/f/SHA256SUMS.txt"] = archive.sums("/f/")
    archive.pause = 0.05
    code = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parents[1] / "support")!r})
        from pathlib import Path
        from archive_server import database
        from cardioprint.datasets import fetch
        from cardioprint.datasets.web import Web
        plan = fetch.plan(database({archive.address + "f/"!r}), Path({str(tmp_path)!r}), Web())
        fetch.fetch(plan, Web(), workers=1)
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    part = tmp_path / "a/big.dat.part"
    deadline = time.monotonic() + 60
    while not (part.is_file() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    held = part.stat().st_size
    assert 0 < held < len(BIG) and not (tmp_path / "a/big.dat").exists()
    archive.pause = 0.0
    assert not run(archive, tmp_path).failed
    assert archive.requests("/f/a/big.dat")[-1]["Range"] == f"bytes={held}-"
    assert (tmp_path / "a/big.dat").read_bytes() == BIG


def test_an_interrupt_ends_all_threads_and_a_rerun_goes_on(archive, tmp_path):
    archive.files |= {f"/f/slow{i}.dat": BIG for i in range(20)}
    archive.files["/f/SHA256SUMS.txt"] = archive.sums("/f/")
    archive.pause = 0.01
    door = web()

    def stop(files, size):
        if files == 2:
            raise KeyboardInterrupt

    plan = fetching.plan(database(archive.address + "f/"), tmp_path, door)
    with pytest.raises(KeyboardInterrupt):
        fetching.fetch(plan, door, workers=2, progress=stop)
    assert len(archive.asked) < 10 and not (tmp_path / "fetched.json").exists()
    archive.pause = 0.0
    assert run(archive, tmp_path).kept >= 2


def test_a_login_goes_to_its_server_only_and_is_never_shown(archive, tmp_path):
    secret = Login(origin=origin_of(archive.address), user="jo", password="pass word")
    assert "pass word" not in repr(secret) and "pass word" not in repr(web(login=secret))
    archive.login = ("jo", "pass word")
    closed = {"access": "credentialed", "files": {"steps": ("Take the course.", "Sign.")}}
    with pytest.raises(AccessError) as caught:
        run(archive, tmp_path, **closed)
    assert "1. Take the course.\n  2. Sign." in str(caught.value)
    assert "--user NAME" in str(caught.value) and "HTTP 401" in str(caught.value)
    with serve(Archive({"/elsewhere.dat": BIG})) as other:
        archive.faults["/f/a/big.dat"] = [("to", other.address + "elsewhere.dat")]
        archive.faults["/f/a/big.hea"] = [("to", archive.address + "f/a/moved")]
        archive.files["/f/a/moved"] = SMALL
        archive.files["/f/SHA256SUMS.txt"] = archive.sums("/f/")
        del archive.files["/f/notes 1.txt"]
        outcome = run(archive, tmp_path, door=web(login=secret), include=("a/*",), **closed)
        assert not outcome.failed
        assert "Authorization" not in other.asked[0][1] and "Cookie" not in other.asked[0][1]
    assert "Authorization" in archive.requests("/f/a/moved")[0]
    wrong = Login(origin=secret.origin, user="jo", password="guess")
    with pytest.raises(AccessError, match="wget -r") as caught:
        run(archive, tmp_path, door=web(login=wrong), **closed)
    assert "guess" not in str(caught.value)


def test_one_forbidden_file_is_that_files_fault(archive, tmp_path):
    archive.faults["/f/a/big.hea"] = [("status", 403, {})]
    outcome = run(archive, tmp_path)
    assert list(outcome.failed) == ["a/big.hea"] and outcome.fetched == 2
    assert "refuses access" in outcome.failed["a/big.hea"]


@pytest.mark.parametrize(
    "path", ["../out.txt", "/etc/passwd", "a/../../out", "a\\b", "C:\\x", "fetched.json", "x.part"]
)
def test_a_listing_that_leaves_the_folder_is_refused(archive, tmp_path, path):
    archive.files["/f/SHA256SUMS.txt"] = f"{'0' * 64}  {path}\n".encode()
    with pytest.raises(UnsafeFileError, match="the listing names"):
        run(archive, tmp_path / "in")
    assert names(tmp_path) == []


def test_a_link_that_leaves_the_folder_is_not_followed(archive, tmp_path):
    folder, outside = tmp_path / "in", tmp_path / "out"
    folder.mkdir(), outside.mkdir()
    (folder / "a").symlink_to(outside)
    outcome = run(archive, folder)
    assert sorted(outcome.failed) == ["a/big.dat", "a/big.hea"]
    assert "symbolic link" in outcome.failed["a/big.dat"] and names(outside) == []
    (folder / "a").unlink()
    (folder / "a").mkdir()
    (folder / "a/big.dat.part").symlink_to(outside / "victim")
    assert "symbolic link" in run(archive, folder).failed["a/big.dat"] and names(outside) == []


@pytest.mark.parametrize("listing", [b"<html>Please log in</html>", b"\xff\xfe", b"abc  x\n"])
def test_a_page_in_place_of_the_list(archive, tmp_path, listing):
    archive.files["/f/SHA256SUMS.txt"] = listing
    with pytest.raises(RecordError, match="line 1 is not a checksum and a path"):
        run(archive, tmp_path)


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "ftp://x.org/", "http://x.org/f/", "https://u:p@x.org/", "", "f/1.0"],
)
def test_only_secure_addresses_are_asked(address, tmp_path):
    with pytest.raises(FetchError, match="is not an address that files are fetched from") as caught:
        fetching.plan(database(address), tmp_path, web())
    assert "u:p" not in str(caught.value)


def test_redirects_to_other_schemes_are_refused(archive, tmp_path):
    archive.faults["/f/a/big.dat"] = [("to", "file:///etc/passwd")]
    archive.faults["/f/a/big.hea"] = [("to", "http://example.org/x")]
    failed = run(archive, tmp_path).failed
    assert "HTTP 302" in failed["a/big.dat"]
    assert "not an address that files are fetched from" in failed["a/big.hea"]


def test_a_list_that_ends_early_is_read_again_and_an_endless_one_is_not_kept(archive):
    archive.faults["/f/a/big.dat"] = [("cut", 1000)]
    assert web().read(archive.address + "f/a/big.dat") == BIG
    with pytest.raises(FetchError, match="longer than 100 bytes"):
        web().read(archive.address + "f/a/big.dat", most=100)


def test_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(EverythingError, match=r"no connection to 127\.0\.0\.1") as caught:
        fetching.plan(database("http://127.0.0.1:9/f/"), tmp_path, web())
    assert "\n" not in str(caught.value)


Usage = namedtuple("Usage", "total used free")


def test_too_little_room_is_said_before_anything_is_fetched(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(1, 1, 10**9))
    with pytest.raises(EverythingError, match=r"needs 5\.00 GB more, 1\.00 GB are free"):
        run(archive, tmp_path, files={"size_gb": 5})
    monkeypatch.setattr("shutil.disk_usage", lambda path: Usage(1, 1, 67_200_000))
    with pytest.raises(EverythingError, match="the disk is full"):
        run(archive, tmp_path, include=("*.dat",))
    assert "a/big.dat" not in names(tmp_path)


def test_folders_that_cannot_be_used(archive, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordError, match="cannot write here") as caught:
        run(archive, tmp_path / "file" / "x")
    assert "\n" not in str(caught.value)
    run(archive, tmp_path / "x")
    with pytest.raises(RecordError, match=r"the folder holds toy 1\.0, not toy 2\.0"):
        run(archive, tmp_path / "x", version="2.0")
    (tmp_path / "x/fetched.json").write_text("{")
    with pytest.raises(RecordError, match="not a list of fetched files"):
        run(archive, tmp_path / "x")


def test_two_runs_do_not_write_into_one_folder(archive, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(RecordError, match="another run is fetching"):
            run(archive, tmp_path)
    finally:
        os.close(handle)
    assert not run(archive, tmp_path).failed


def test_zenodo(archive, tmp_path):
    content = {"sets/a.zip": BIG, "b.csv": SMALL}
    archive.files |= {f"/{name}/content": data for name, data in content.items()}
    archive.files["/api/records/7"] = zenodo(archive, content)
    d = database(archive.address + "api/records/7", files={"kind": "zenodo"})
    plan = fetching.plan(d, tmp_path, web())
    assert plan.size == len(BIG) + len(SMALL)
    assert fetching.fetch(plan, web()).fetched == 2
    assert (tmp_path / "sets/a.zip").read_bytes() == BIG
    told = read_manifest(tmp_path)
    assert told and told.files["b.csv"].checksum == "md5:" + hashlib.md5(SMALL).hexdigest()


def test_figshare_pages_and_missing_checksums(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("cardioprint.datasets.listings.PAGE", 2)
    entries = [
        {
            "id": i,
            "name": f"{i}.txt",
            "size": len(SMALL),
            "download_url": f"{archive.address}files/{i}",
            "computed_md5": hashlib.md5(SMALL).hexdigest() if i else "",
            "is_link_only": i == 2,
        }
        for i in range(4)
    ]
    for i in range(4):
        archive.files[f"/files/{i}"] = SMALL
    for page in (1, 2, 3):  # page 2 repeats an entry, page 3 everything
        part = [entries[:2], entries[1:], entries][page - 1]
        archive.files[f"/v2/articles/5/files?page={page}&page_size=2"] = json.dumps(part).encode()
    d = database(archive.address + "v2/articles/5", files={"kind": "figshare"})
    outcome = fetching.fetch(fetching.plan(d, tmp_path, web()), web())
    assert (outcome.fetched, outcome.unchecked) == (3, 1)
    told = read_manifest(tmp_path)
    assert told and sorted(told.files) == ["0.txt", "1.txt", "3.txt"]
    assert not told.files["0.txt"].published and told.files["0.txt"].checksum.startswith("sha256:")
    assert fetching.fetch(fetching.plan(d, tmp_path, web()), web()).kept == 3


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"files": [{"key": 1}]}', b"{}"])
def test_answers_that_are_no_zenodo_record(archive, tmp_path, body):
    archive.files["/r"] = body
    with pytest.raises(FetchError, match=r"not JSON|another form than documented"):
        fetching.plan(database(archive.address + "r", files={"kind": "zenodo"}), tmp_path, web())


def test_plain_addresses_with_checksums_of_ours(archive, tmp_path):
    sums = {"a/big.hea": "SHA256:" + hashlib.sha256(SMALL).hexdigest().upper()}
    files = {"kind": "urls", "checksums": sums}
    door = web()
    plan = fetching.plan(database(archive.address + "f", files=files), tmp_path, door)
    assert fetching.fetch(plan, door).fetched == 1
    files["checksums"] = {"a/big.hea": "crc:12"}
    with pytest.raises(RecordError, match="'crc:12' is not a checksum"):
        fetching.plan(database(archive.address + "f", files=files), tmp_path, door)


def test_what_nobody_can_fetch_for_the_user(tmp_path):
    d = database(files={"kind": "manual", "steps": ("Ask the authors.", "Unpack it.")})
    with pytest.raises(EverythingError, match=r"1\. Ask the authors\.\n  2\. Unpack it\."):
        fetching.plan(d, tmp_path, web())
    with pytest.raises(UnknownNameError, match="known: figshare, manual, physionet"):
        fetching.plan(database(files={"kind": "torrent"}), tmp_path, web())


def test_answers_without_a_length(archive, tmp_path):
    archive.lengths = archive.ranges = archive.tags = False
    archive.faults["/f/a/big.dat"] = [("cut", 1000)]
    assert not run(archive, tmp_path).failed
    assert (tmp_path / "a/big.dat").read_bytes() == BIG


def test_home(tmp_path, monkeypatch):
    monkeypatch.setenv("CARDIOPRINT_HOME", str(tmp_path))
    assert folder_of("bidmc") == tmp_path / "data" / "bidmc"
    monkeypatch.delenv("CARDIOPRINT_HOME")
    assert folder_of("bidmc") == Path.home() / ".cache" / "cardioprint" / "data" / "bidmc"
    with pytest.raises(UnsafeFileError):
        folder_of("../x")
