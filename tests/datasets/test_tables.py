from collections import defaultdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cardioprint.datasets import tables
from cardioprint.datasets.tables import (
    TABLES,
    find_seams,
    paired_records,
    rows,
)
from cardioprint.errors import RecordError, UnknownNameError

TRAINED_ON = [name for name, table in TABLES.items() if table.pretraining]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CARDIOPRINT_DATA", str(tmp_path))
    return tmp_path


def write(folder, counts, gain=0.5, offset=10.0):
    path = folder / TABLES["bidmc"].path
    path.parent.mkdir(parents=True)
    difference = [None if c is None else np.diff(c, prepend=0) for c in counts]
    pq.write_table(
        pa.table(
            {
                "record": [f"r{i}" for i in range(len(counts))],
                "ecg": pa.array(difference, pa.list_(pa.int32())),
                "ecg_gain": [gain] * len(counts),
                "ecg_offset": [offset] * len(counts),
            }
        ),
        path,
    )


def test_waveforms_are_decoded(folder):
    write(folder, [[1, 2, -32768, 4], None, [30_000, -30_000]])
    one, none, two = (row["ecg"] for row in rows("bidmc"))
    np.testing.assert_array_equal(one, np.float32([10.5, 11, np.nan, 12]))
    assert none is None
    np.testing.assert_array_equal(two, np.float32([15_010, -14_990]))


def test_columns_not_asked_for_are_not_decoded(folder, monkeypatch):
    write(folder, [[1, 2]])
    monkeypatch.setattr(tables, "decode", lambda *_: pytest.fail("decoded"))
    assert [row["record"] for row in rows("bidmc", columns=[])] == ["r0"]


def test_missing_tables_say_what_to_do(folder):
    with pytest.raises(RecordError, match="CARDIOPRINT_DATA"):
        list(rows("bidmc"))
    with pytest.raises(UnknownNameError, match="uci_bp"):
        list(rows("mimic"))


def test_the_publisher_s_own_reader_agrees(shared_data):
    """`load.py` beside the tables is not ours."""
    pandas = pytest.importorskip("pandas")
    raw = pandas.read_parquet(shared_data / TABLES["troika"].path)
    for i, row in enumerate(rows("troika")):
        counts = np.cumsum(raw.ppg[i], dtype=np.int64)
        truth = np.where(counts == -32768, np.nan, counts * raw.ppg_gain[i] + raw.ppg_offset[i])
        np.testing.assert_allclose(row["ppg"], truth.astype(np.float32))
    assert i == 12


def test_seams_are_found_on_the_grid_and_nowhere_else():
    t = np.arange(5000) / 125
    ppg = np.sin(2 * np.pi * 1.2 * t)
    ecg = np.exp(-0.5 * (((t * 1.2) % 1 - 0.5) / 0.02) ** 2)
    assert find_seams(ecg, ppg) == []
    glued = ppg.copy()
    glued[2000:] = np.roll(ppg, 40)[2000:]
    assert find_seams(ecg, glued) == [2000]
    jump = ecg.copy()
    jump[3000:] += 2.0
    assert find_seams(jump, glued) == [2000, 3000]


def test_glued_records_come_in_gapless_pieces(shared_data):
    whole, pieces = {}, defaultdict(list)
    for record, row in paired_records("uci_bp"):
        whole[row["record"]] = row
        pieces[row["record"]].append(record)
        if len(whole) > 60:
            break
    assert any(len(p) > 1 for p in pieces.values())
    for name, parts in list(pieces.items())[:-1]:
        ecg = np.concatenate([p.channels[0].samples for p in parts])
        np.testing.assert_array_equal(ecg, whole[name]["ecg"])
        assert len({p.name for p in parts}) == len(parts)
        assert {p.subject for p in parts} == {str(whole[name]["subject"])}


def test_bidmc_and_licences():
    """bidmc is the public test set; weights may not be trained on what forbids it."""
    assert set(TRAINED_ON) == {"uci_bp", "cinc2015"}
    assert all(table.licence for table in TABLES.values())
