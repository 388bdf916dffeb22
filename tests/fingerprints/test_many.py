"""Many files: nothing twice, nothing lost, whatever is killed when."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cardioprint.errors import RecordError
from cardioprint.fingerprints import many, table
from cardioprint.simulate import patient, write_wfdb


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("records")
    for seed in range(3):
        record, _ = patient(minutes=0.5, seed=seed, events=False)
        write_wfdb(record, root)
    return root


def keys(out: Path) -> list[tuple[str, str, float | None]]:
    rows = pq.read_table(out, columns=["level", "source", "start_s"]).to_pylist()
    return [(r["level"], r["source"], r["start_s"]) for r in rows]


def test_every_record_once(folder, tiny_folder, tmp_path):
    out = tmp_path / "all.parquet"
    outcome = many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    assert (outcome.done, outcome.kept, outcome.failed) == (3, 0, {})
    found = keys(out)
    assert len(found) == len(set(found)) == outcome.rows == 3 * (1 + 3)
    assert not out.with_name("all.parquet.parts").exists()


def test_a_second_run_does_nothing_and_a_new_file_is_added(folder, tiny_folder, tmp_path):
    out = tmp_path / "all.parquet"
    first = many.recordings([folder])[:2]
    many.fingerprint_many(first, out, model=str(tiny_folder), workers=1)
    outcome = many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    assert (outcome.done, outcome.kept) == (1, 2)
    assert len(set(keys(out))) == len(keys(out)) == 12
    again = many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    assert (again.done, again.kept) == (0, 3)


def test_killed_between_merge_and_clean_up_adds_nothing_twice(folder, tiny_folder, tmp_path):
    out = tmp_path / "all.parquet"
    many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    # What a kill right after the output appeared leaves behind: output and all parts.
    parts = out.with_name("all.parquet.parts")
    parts.mkdir()
    held = pq.read_table(out)
    for key in set(held["identity"].to_pylist()):
        mask = [k == key for k in held["identity"].to_pylist()]
        pq.write_table(held.filter(mask), parts / f"{key}.parquet")
    (parts / "half.parquet.partial").write_bytes(b"PAR1 half a file")
    many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    assert len(keys(out)) == len(set(keys(out))) == 12
    assert not parts.exists()


def test_a_killed_run_goes_on_from_its_parts(folder, tiny_folder, tmp_path, monkeypatch):
    out = tmp_path / "all.parquet"

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(table, "merge", killed)
        with pytest.raises(KeyboardInterrupt):
            many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    assert not out.exists()
    outcome = many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    assert (outcome.done, outcome.kept) == (0, 3)
    assert len(set(keys(out))) == 12


def test_changed_options_replace_a_record(folder, tiny_folder, tmp_path):
    out = tmp_path / "all.parquet"
    many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1, stride=5.0)
    found = keys(out)
    assert len(found) == len(set(found)) > 12


def test_bad_files_are_collected_and_the_others_done(folder, tiny_folder, tmp_path):
    bad = tmp_path / "empty.edf"
    bad.write_bytes(b"")
    out = tmp_path / "all.parquet"
    outcome = many.fingerprint_many([folder, bad], out, model=str(tiny_folder), workers=2)
    assert outcome.done == 3
    assert list(outcome.failed) == [str(bad)]
    assert "empty.edf" in outcome.failed[str(bad)]
    assert len(set(keys(out))) == 12


def test_a_file_of_something_else_is_not_overwritten(folder, tiny_folder, tmp_path):
    out = tmp_path / "precious.parquet"
    out.write_bytes(b"not a fingerprint file")
    with pytest.raises(RecordError, match="not a fingerprint file"):
        many.fingerprint_many([folder], out, model=str(tiny_folder), workers=1)
    assert out.read_bytes() == b"not a fingerprint file"


def test_nothing_to_read_is_said(tiny_folder, tmp_path):
    with pytest.raises(RecordError, match="no recording found"):
        many.fingerprint_many([tmp_path], tmp_path / "o.parquet", model=str(tiny_folder))
