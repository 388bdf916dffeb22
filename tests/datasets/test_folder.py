import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardioprint.datasets.folder import DATABASE, find
from cardioprint.datasets.splits import split_of
from cardioprint.errors import RecordError
from entries import entries, whole
from wfdb_files import write

ECG = np.random.default_rng(0).normal(size=500).round(4)


@pytest.fixture
def folder(tmp_path):
    """Return a folder of a WFDB record, a table with times and an array without a rate."""
    write(tmp_path, "rec")
    (tmp_path / "ward").mkdir()
    rows = "\n".join(f"{i / 250},{x}" for i, x in enumerate(ECG))
    (tmp_path / "ward" / "a.csv").write_text(f"time [s],II [mV]\n{rows}\n")
    np.savez(tmp_path / "ward" / "b.npz", ecg=ECG)
    return tmp_path


def table(folder, *lines, name="records.csv"):
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder


def test_without_a_table_a_subfolder_is_never_separated(folder):
    found = entries(DATABASE, folder)
    assert [e.record for e in found] == ["rec", "ward/a", "ward/b"]
    assert [e.block for e in found] == ["", "folder:ward", "folder:ward"]
    assert {e.subject for e in found} == {""}
    assert split_of(DATABASE, found[1]) == split_of(DATABASE, found[2])


FULL = (
    "file,subject,split,sampling_rate,units,age,sex,group,asa,day",
    "rec.hea,anna,test,,,61,female,control,2,2021-02-03",
    "./ward/a.csv,bert,,,,NA,M,case,3,",
    "ward/b.npz,bert,,100,mV,,M,case,3,",
    "ward/not there.csv,carl,,,,,,,,",
)


def test_a_table_tells_people_labels_and_rates(folder):
    found = {e.record: e for e in entries(DATABASE, table(folder, *FULL))}
    assert [e.subject for e in found.values()] == ["anna", "bert", "bert"]
    assert found["rec"].split == "test" and found["rec"].block == ""
    assert found["rec"].labels == {
        "age": 61,
        "sex": "F",
        "group": "control",
        "asa": 2,
        "day": "2021-02-03",
    }
    assert "age" not in found["ward/a"].labels
    (record,) = whole(DATABASE, found["ward/a"])
    np.testing.assert_allclose(record.channels[0].samples, ECG, atol=1e-6)
    assert (record.channels[0].sampling_rate, record.channels[0].unit) == (250, "mV")
    (record,) = whole(DATABASE, found["ward/b"])
    assert record.channels[0].sampling_rate == 100


@pytest.mark.parametrize("name", ["records.tsv", "records.parquet", "elsewhere/list.csv"])
def test_tables_of_other_kinds_and_places(folder, name):
    rows = {
        "Record": ["rec", "ward/a", "b"],
        "Subject": ["p1", "p2", "p2"],
        "Sampling_Rate": [None, None, 200.0],
        "Units": [None, None, "mV"],
    }
    path = folder / name
    if name.endswith(".parquet"):
        pq.write_table(pa.table(rows), path)
    else:
        path = path if name.endswith(".tsv") else folder.parent / "list.csv"
        mark = "\t" if name.endswith(".tsv") else ","
        lines = [rows.keys(), *zip(*rows.values(), strict=True)]
        text = "\n".join(mark.join("" if c is None else str(c) for c in line) for line in lines)
        path.write_text(f"\ufeff{text}\n", encoding="utf-8")
    found = list(find(folder, None if path.parent == folder else path))
    assert [(e.record, e.subject) for e in found] == [
        ("rec", "p1"),
        ("ward/a", "p2"),
        ("ward/b", "p2"),
    ]
    assert whole(DATABASE, found[2])[0].channels[0].sampling_rate == 200


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (FULL[:3], r"not in the table: ward/b\.npz.*add a row"),
        ((*FULL, FULL[1]), r"line 6: 'rec\.hea' stands in the table twice"),
        (("file,person", "rec.hea,anna"), "no column subject; the table has file, person"),
        (("subject,age", "anna,3"), "no column file"),
        (("file,subject",), "no column file.*no rows"),
        (("file,subject", "rec.hea,"), "line 2 names no subject"),
        (("file,subject,split", "rec.hea,anna,dev"), "split 'dev' is unknown"),
        (("file,subject,age", "rec.hea,anna,611"), "line 2: age is '611'.*0 to 120"),
        (("file,subject,sex", "rec.hea,anna,W"), "line 2: sex is 'W'.*F or M"),
        (("file,subject,sampling_rate", "rec.hea,anna,fast"), "'fast' hertz"),
        (("file,subject", "rec.hea,anna,61"), "line 2 has more cells"),
    ],
)
def test_tables_that_cannot_be_right(folder, lines, message):
    with pytest.raises(RecordError, match=f"(?s)records.csv.*{message}"):
        list(DATABASE.find(table(folder, *lines)))


def test_one_name_for_two_files(folder):
    (folder / "home").mkdir()
    (folder / "home" / "a.csv").write_text((folder / "ward" / "a.csv").read_text())
    np.savez(folder / "ward" / "a.npz", ecg=ECG)
    lines = ("record,subject", "rec,anna", "home/a,bert", "b,bert")
    with pytest.raises(RecordError, match=r"'a' is the name of 3 files.*home/a\.csv, ward/a\.csv"):
        list(DATABASE.find(table(folder, *lines, "a,bert")))
    with pytest.raises(RecordError, match=r"'ward/a' is the name of 2 files.*column file"):
        list(DATABASE.find(table(folder, *lines, "ward/a,bert")))
    (folder / "records.csv").unlink()
    names = [e.record for e in entries(DATABASE, folder)]
    assert names == ["home/a", "rec", "ward/a.csv", "ward/a.npz", "ward/b"]


def test_damaged_tables_and_missing_folders(folder):
    (folder / "records.parquet").write_bytes(b"PAR1 cut")
    with pytest.raises(RecordError, match=r"records\.parquet"):
        list(DATABASE.find(folder))
    (folder / "records.csv").write_bytes(b"")
    with pytest.raises(RecordError, match=r"records\.csv.*empty"):
        list(DATABASE.find(folder))
    with pytest.raises(RecordError, match="no such folder"):
        list(DATABASE.find(folder / "nowhere"))


def test_the_publishers_pieces_are_a_folder_too(shared_data):
    found = entries(DATABASE, shared_data / "formats" / "cinc2015_wfdb")
    assert [e.record for e in found] == ["1", "10", "100"]
    assert whole(DATABASE, found[0])[0].duration == 300
