"""A corpus of recordings on an object store; "file://" stands for one."""

import tiny_database as tiny
from cardioprint.corpus.build import build
from cardioprint.corpus.sources import SourceFolder
from cardioprint.datasets import remote

RECORDINGS = {f"r{i}": f"{25 + i} {i}" for i in range(4)} | {"x": "bad"}


def there(folder):
    address = f"file://{folder}"
    return SourceFolder(database=remote.database(tiny.TINY, address), folder=address)


def test_the_same_rows_as_from_a_folder(tmp_path):
    here = tiny.source(tmp_path / "src", RECORDINGS)
    build([here], tmp_path / "here", workers=0)
    report = build([there(here.folder)], tmp_path / "there", workers=2)
    assert (report.added, report.quarantined) == (
        4,
        {"tiny/x": "x.txt: it is damaged [field: samples]"},
    )
    assert tiny.rows_of(tmp_path / "there") == tiny.rows_of(tmp_path / "here")


def test_a_rerun_takes_what_is_new_and_tells_what_changed(tmp_path):
    source = there(tiny.write(tmp_path / "src", RECORDINGS))
    build([source], tmp_path / "out", workers=0)
    again = build([source], tmp_path / "out", workers=0)
    assert (again.added, again.kept, again.changed) == (0, 5, ())
    tiny.write(tmp_path / "src", {"r1": "99 1 1", "s": "30 8", "x": "31 5"})
    more = build([source], tmp_path / "out", workers=0)
    assert (more.added, more.changed) == (2, ("tiny/r1",))
