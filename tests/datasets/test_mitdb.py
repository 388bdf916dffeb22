import numpy as np
import pytest
import wfdb

from cardioprint.datasets.mitdb import DATABASE
from cardioprint.errors import RecordError
from entries import entries, whole
from wfdb_files import write


def test_the_original_record_100(shared_data):
    (entry,) = entries(DATABASE, shared_data / "formats" / "mitdb_wfdb")
    assert (entry.record, entry.subject) == ("100", "100")
    assert entry.labels == {"age": 69, "sex": "M", "rhythm": "sinus"}
    (record,) = whole(DATABASE, entry)
    assert [(c.lead, c.unit, c.sampling_rate) for c in record.channels] == [
        ("MLII", "mV", 360),
        ("V5", "mV", 360),
    ]
    assert len(record.channels[0].samples) == 650_000
    # First counts 995 and 1011, baseline 1024, 200 counts per mV: from the header.
    assert [c.samples[0] for c in record.channels] == pytest.approx([-0.145, -0.065], abs=1e-6)


@pytest.fixture
def folder(tmp_path):
    """Return records in the publisher's layout; 201 and 202 are one man."""
    for name, line, notes in (
        ("201", "68 M 1960 2851 x1", ["(AFIB", "(SVTA", "(N"]),
        ("202", "68 M 1960 2851 x1", ["(AFIB", "(AFIB"]),
        ("222", "-1 F 2531 3130 x1", []),
    ):
        write(tmp_path, name, fs=360, units=("mV", "mV"), names=("MLII", "V1"), comments=[line])
        if notes:
            at = np.arange(len(notes)) * 100 + 10
            wfdb.wrann(name, "atr", at, ["+"] * len(notes), aux_note=notes, write_dir=str(tmp_path))
    (tmp_path / "x_mitdb").mkdir()
    write(tmp_path / "x_mitdb", "x_108", fs=360, units=("mV", "mV"), names=("MLII", "V1"))
    return tmp_path


def test_201_and_202_are_one_person(folder):
    found = entries(DATABASE, folder)
    assert [e.record for e in found] == ["201", "202", "222"]
    assert [e.subject for e in found] == ["201", "201", "222"]
    assert found[2].labels == {"sex": "F"}, "-1 years is no age"


def test_rhythm_where_there_is_one_only(folder):
    first, second, third = entries(DATABASE, folder)
    assert first.labels["rhythms"] == "AFIB;N;SVTA" and "rhythm" not in first.labels
    assert second.labels["rhythm"] == "af"
    assert "rhythm" not in third.labels


def test_damaged_annotations_are_named(folder):
    (folder / "201.atr").write_bytes(b"\xff" * 5)
    with pytest.raises(RecordError, match=r"201\.atr"):
        list(DATABASE.find(folder))
