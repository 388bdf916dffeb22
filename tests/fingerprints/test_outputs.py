"""Fingerprints from and to an object store; "file://" stands for one."""

import pyarrow.parquet as pq
import pytest

from cardioprint.errors import RecordError
from cardioprint.fingerprints import many, table
from cardioprint.simulate import patient, write_wfdb


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("records")
    for seed in range(3):
        record, _ = patient(minutes=0.5, seed=seed, events=False)
        write_wfdb(record, root)
    return root


def test_a_store_gives_what_a_folder_gives(folder, tiny_folder, tmp_path):
    options = {"model": str(tiny_folder), "workers": 1}
    many.fingerprint_many([folder], tmp_path / "here.parquet", **options)
    there = f"file://{tmp_path}/there.parquet"
    outcome = many.fingerprint_many([f"file://{folder}"], there, **options)
    assert outcome.failed == {}
    assert (outcome.done, outcome.out) == (3, there)
    ours, theirs = (pq.read_table(tmp_path / f"{n}.parquet") for n in ("here", "there"))
    for name in ("fingerprint", "record", "start_s", "reason"):
        assert ours[name].equals(theirs[name])
    assert theirs["source"][0].as_py() == f"file://{ours['source'][0].as_py()}"
    again = many.fingerprint_many([f"file://{folder}"], there, **options)
    assert (again.done, again.kept, again.rows) == (0, 3, ours.num_rows)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["here.parquet", "there.parquet"]


def test_a_killed_run_goes_on_from_its_parts(folder, tiny_folder, tmp_path, monkeypatch):
    options = {"model": str(tiny_folder), "workers": 1}
    there = f"file://{tmp_path}/there.parquet"

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(table, "merge", killed)
        with pytest.raises(KeyboardInterrupt):
            many.fingerprint_many([f"file://{folder}"], there, **options)
    assert len(list((tmp_path / "there.parquet.parts").iterdir())) == 3
    outcome = many.fingerprint_many([f"file://{folder}"], there, **options)
    assert (outcome.done, outcome.kept) == (0, 3)
    assert not (tmp_path / "there.parquet.parts").exists()


def test_what_cannot_be_read_or_kept(folder, tiny_folder, tmp_path):
    options = {"model": str(tiny_folder), "workers": 1}
    (tmp_path / "bad.edf").write_bytes(b"0       not an EDF")
    outcome = many.fingerprint_many(
        [f"file://{tmp_path}/bad.edf"], tmp_path / "x.parquet", **options
    )
    (message,) = outcome.failed.values()
    assert message.startswith(f"file://{tmp_path}/bad.edf: this is not an EDF")
    (tmp_path / "precious.parquet").write_bytes(b"something else")
    with pytest.raises(RecordError, match="not a fingerprint file"):
        many.fingerprint_many([folder], f"file://{tmp_path}/precious.parquet", **options)
