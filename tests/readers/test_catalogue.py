import subprocess
import sys

import numpy as np
import pytest
import wfdb

from cardioprint.errors import (
    ChannelError,
    RecordError,
    TruncatedFileError,
    UnknownFormatError,
    UnsafeFileError,
)
from cardioprint.readers import READERS, find_records, open_record, read_record

SIG = np.random.default_rng(5).normal(size=(600, 1))


def table(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("PPG\n" + "\n".join(f"{v:.3f}" for v in SIG[:, 0]) + "\n")
    return path


def wfdb_record(folder, name="rec"):
    folder.mkdir(parents=True, exist_ok=True)
    wfdb.wrsamp(name, fs=250, units=["mV"], sig_name=["II"], p_signal=SIG, fmt=["16"],
                write_dir=str(folder))  # fmt: skip
    return folder / f"{name}.hea"


def test_import_loads_no_heavy_library():
    code = (
        "import sys, cardioprint.readers\n"
        "heavy = 'wfdb pyedflib pydicom pyarrow h5py pandas scipy.io pymatreader torch'.split()\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_catalogue_covers_each_extension_once():
    extensions = [e for r in READERS.values() for e in r.extensions]
    assert len(set(extensions)) == len(extensions)
    assert all(e.startswith(".") and e == e.lower() for e in extensions)


def test_content_decides_where_the_extension_does_not(tmp_path):
    np.save(tmp_path / "x.npy", SIG[:, 0])
    (tmp_path / "x.npy").rename(tmp_path / "x.signal")
    record = read_record(tmp_path / "x.signal", columns={0: "ppg"}, sampling_rate=100)
    assert len(record.channels[0].samples) == 600


@pytest.mark.parametrize("extension", [e for r in READERS.values() for e in r.extensions])
def test_empty_and_random_files_of_every_kind(tmp_path, extension):
    path = tmp_path / f"x{extension}"
    path.write_bytes(b"")
    with pytest.raises(TruncatedFileError, match="0 bytes"):
        open_record(path)
    path.write_bytes(np.random.default_rng(0).bytes(3000))
    with pytest.raises(RecordError) as caught:
        open_record(path, columns={0: "ppg"}, sampling_rate=100)
    assert caught.value.fix and str(path) in str(caught.value)


def test_paths_that_are_no_recordings(tmp_path):
    with pytest.raises(RecordError, match="no such file"):
        open_record(tmp_path / "gone.csv")
    with pytest.raises(RecordError, match="folder"):
        open_record(tmp_path)
    (tmp_path / "x.xyz").write_text("hello")
    with pytest.raises(UnknownFormatError, match=r"no reader for '\.xyz'"):
        open_record(tmp_path / "x.xyz")
    (tmp_path / "x.dat").write_bytes(b"12")
    with pytest.raises(UnknownFormatError, match=r"needs its \.hea header"):
        open_record(tmp_path / "x.dat")
    (tmp_path / "x.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(UnsafeFileError, match="pickle"):
        open_record(tmp_path / "x.pkl")


def test_find_records(tmp_path):
    kept = [
        wfdb_record(tmp_path / "a"),
        table(tmp_path / "b" / "pulse.csv"),
        wfdb_record(tmp_path / "c", "s1"),
    ]
    (tmp_path / "a" / "rec.atr").write_bytes(b"\0\0")
    (tmp_path / "a" / "rec.csv").write_text("beat,time\n1,2\n")  # beside the record
    (tmp_path / "b" / "labels.csv").write_text("id,normal_ecg\n1,0\n")
    (tmp_path / "b" / "notes.txt").write_text("nothing to see\n")
    np.save(tmp_path / "b" / "y.npy", np.zeros((10, 8)))
    table(tmp_path / ".hidden" / "x.csv")
    master = tmp_path / "c" / "all.hea"
    master.write_text("all/1 1 250 600\ns1 600\n")
    kept[2] = master
    assert find_records(tmp_path) == sorted(kept)
    with pytest.raises(RecordError, match="no such folder"):
        find_records(tmp_path / "gone")


def test_find_records_does_not_leave_the_folder(tmp_path):
    outside = table(tmp_path / "outside" / "x.csv")
    inside = table(tmp_path / "inside" / "a.csv")
    (tmp_path / "inside" / "file.csv").symlink_to(outside)
    (tmp_path / "inside" / "folder").symlink_to(outside.parent)
    (tmp_path / "inside" / "own.csv").symlink_to(inside)
    assert [p.name for p in find_records(tmp_path / "inside")] == ["a.csv", "own.csv"]


def test_reading_a_stretch(tmp_path):
    file = open_record(wfdb_record(tmp_path), subject="p7")
    assert file.duration == 2.4 and file.name == "rec"
    part = file.read(1.0, 1.5, channels="II")
    assert part.subject == "p7" and part.channels[0].start == 1.0
    assert len(part.channels[0].samples) == 125
    with pytest.raises(ChannelError, match="the file has II"):
        file.read(channels=["V9"])
    with pytest.raises(ChannelError, match="is asked for"):
        file.read(channels=[])
    for start, stop in [(-1, 2), (2, 1), (1, 1), (float("nan"), 2)]:
        with pytest.raises(RecordError, match="cannot read from"):
            file.read(start, stop)
    with pytest.raises(RecordError, match="there is no sample between"):
        file.read(5)


def test_a_block_in_a_gap_is_no_error(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("PPG\n" + "nan\n" * 300 + "1.0\n" * 300)
    file = open_record(path, sampling_rate=100)
    assert file.read(0, 2).channels[0].is_missing
    assert np.isfinite(file.read(3).channels[0].samples).all()
