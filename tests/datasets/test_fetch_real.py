"""Real files served as their publishers lay them out: what is fetched is what the adapter reads."""

from dataclasses import replace

import pytest

from archive_server import Archive, serve
from cardioprint.datasets import fetch as fetching
from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.verify import layout, verify
from cardioprint.datasets.web import Web


@pytest.mark.parametrize(
    ("name", "folder", "published", "records", "people"),
    [
        ("cinc2015", "cinc2015_wfdb", "training/", 3, 0),
        ("ludb", "ludb_wfdb", "data/", 2, 0),
        ("mitdb", "mitdb_wfdb", "", 1, 1),
        ("ptbxl", "ptbxl", "", 3, 3),
    ],
)
def test_fetched_verified_and_found(
    shared_data, tmp_path, monkeypatch, name, folder, published, records, people
):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    source = shared_data / "formats" / folder
    files = [p for p in source.rglob("*") if p.is_file()]
    names = {p: p.relative_to(source).as_posix() for p in files}
    top = (".csv", ".txt")  # tables and texts of these lie beside the folder of the records
    archive = Archive(
        {f"/f/{n if n.endswith(top) else published + n}": p.read_bytes() for p, n in names.items()}
    )
    archive.files["/f/SHA256SUMS.txt"] = archive.sums("/f/")
    with serve(archive):
        known = DATABASES[name]
        here = replace(known.files, where=archive.address + "f/", size_gb=0.0)
        database, door = replace(known, files=here), Web(first_wait=0.01)
        outcome = fetching.fetch(fetching.plan(database, tmp_path, door), door)
    assert outcome.fetched and not outcome.failed
    found = verify(tmp_path, database)
    assert found.passed and found.right == outcome.fetched
    listed = layout(tmp_path, database)
    assert listed.records == records and listed.subjects >= people
    for entry in database.find(tmp_path):
        for record in database.read(entry):
            assert record.channels
