import shutil

import pytest

from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.finding import comments, files_named, first_named, renamed
from cardioprint.errors import RecordError
from cardioprint.readers import open_record
from wfdb_files import write


def test_the_order_is_that_of_the_paths(tmp_path):
    for name in ("b/1.txt", "a/2.txt", "B/3.txt", "a-1/4.txt", ".hidden/5.txt", "a/6.txt.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found = [p.relative_to(tmp_path).as_posix() for p in files_named(tmp_path, r"\d\.txt")]
    assert found == ["B/3.txt", "a-1/4.txt", "a/2.txt", "b/1.txt"]
    with pytest.raises(RecordError, match="no such folder"):
        files_named(tmp_path / "nowhere", ".*")


def test_the_preferred_file_wins_wherever_it_lies(tmp_path):
    assert first_named(tmp_path, "v3.csv", "v1.csv") == tmp_path / "v3.csv"
    (tmp_path / "v1.csv").write_text("")
    assert first_named(tmp_path, "v3.csv", "v1.csv") == tmp_path / "v1.csv"
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "v3.csv").write_text("")
    assert first_named(tmp_path, "v3.csv", "v1.csv") == tmp_path / "deep" / "v3.csv"


def test_channels_of_other_names_are_the_same_signals(tmp_path):
    header = write(tmp_path, "r", names=("II,", "PLETH,"), comments=["one", "two: 2"])
    file = renamed(open_record(header), {"II,": "II"})
    assert [c.name for c in file.channels] == ["II", "PLETH,"]
    before = open_record(header).read().channels[0].samples
    assert (file.read(channels=["II"]).channels[0].samples == before).all()
    assert comments(header) == ["one", "two: 2"]


@pytest.mark.parametrize(
    ("name", "folder", "data"),
    [
        ("cinc2015", "cinc2015_wfdb", "10.mat"),
        ("cinc2017", "cinc2017_mat", "A00001.mat"),
        ("ludb", "ludb_wfdb", "1.dat"),
        ("ptbxl", "ptbxl", "records500/00000/00001_hr.dat"),
    ],
)
def test_a_header_whose_data_are_not_yet_fetched_is_no_recording(
    name, folder, data, shared_data, tmp_path
):
    copy = shutil.copytree(
        shared_data / "formats" / folder, tmp_path / "copy", copy_function=shutil.copyfile
    )
    before = [e.record for e in DATABASES[name].find(copy)]
    for place in (copy, *copy.rglob("*")):
        place.chmod(0o755)
    (copy / data).unlink()
    shutil.rmtree(copy / "records100", ignore_errors=True)
    after = [e.record for e in DATABASES[name].find(copy)]
    assert len(after) == len(before) - 1 and set(after) < set(before)
