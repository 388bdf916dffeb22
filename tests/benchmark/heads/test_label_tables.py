"""Fingerprint files and label tables, joined."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from cardioprint.benchmark.heads.label_tables import join
from cardioprint.errors import RecordError
from cardioprint.fingerprints import table
from small_heads import prints


@pytest.fixture(scope="module")
def fingerprints(tmp_path_factory):
    """Return a file of six records of three windows, and of one with other signals."""
    folder = tmp_path_factory.mktemp("prints")
    parts = []
    for i in range(7):
        vectors = np.full((3, 4), float(i))
        made = prints(vectors, used=(True, True) if i == 6 else (False, True))
        made = replace(made, record=f"00{i}", subject=f"p{i}" if i < 5 else "", source=f"{i}.csv")
        parts.append(folder / f"{i}.parquet")
        table.write(made, parts[-1], {"model": made.model}, identity=str(i))
    table.merge(None, parts, folder / "all.parquet")
    return folder / "all.parquet"


def write(tmp_path, **columns):
    path = tmp_path / "labels.csv"
    pyarrow.csv.write_csv(pa.table(columns), path)
    return path


def test_limits_come_from_the_signal_where_every_window_says(tmp_path):
    seconds = np.array([[10, np.nan], [10, np.nan], [3, np.nan]], np.float32)
    files = []
    for i, lead in enumerate(("II", "MLII", "V1", "")):
        made = prints(np.full((3, 4), float(i)), used=(True, False))
        made = replace(made, record=f"00{i}", subject=f"p{i}", source=f"{i}.csv")
        made = replace(made, seconds=seconds, places=(lead, ""))
        files.append(tmp_path / f"{i}.parquet")
        table.write(made, files[-1], {"model": made.model}, identity=str(i))
    labels = write(tmp_path, record=records(4), age=[30, 40, 50, 60])

    def population(n):
        table.merge(None, files[:n], tmp_path / "all.parquet")
        return join(tmp_path / "all.parquet", labels, ["age"]).population

    assert population(3).leads == ("II", "V1") and population(3).seconds == (3.0, 10.0)
    assert population(3).sites == ()
    assert population(4).leads == ()  # one recording does not name its lead


def records(n=7):
    return [f"00{i}" for i in range(n)]


def people(n=7):
    return [f"p{i}" for i in range(n)]


def test_numbers_by_record_and_who_they_come_from(fingerprints, tmp_path):
    labels = write(
        tmp_path, record=records(), subject=people(), bmi=[20.0, 21, 22, None, 24, 25, 26],
        age=[30, 40, 50, 60, 70, 80, 90], sex=list("MFMFMFM"),
    )  # fmt: skip
    found = join(fingerprints, labels, ["age"], modality="ppg", beside=["bmi"])
    assert found.kind == "number" and found.outputs == ("age",) and found.modality == "ppg"
    assert found.rows.y.tolist() == [v for v in (30, 40, 50, 60, 70, 80) for _ in range(3)]
    assert found.rows.vectors[:, 0].tolist() == [float(i) for i in range(6) for _ in range(3)]
    assert set(found.rows.person) == {*people(6)}
    assert found.population.people == 6 and found.population.male == 0.5
    assert found.population.age[0] == 30 and found.population.age[-1] == 80
    assert np.isnan(found.rows.baselines["bmi"][9, 0])
    assert found.left_out == {"other modality or label unknown": 3}


def test_classes_labels_and_what_is_unknown(fingerprints, tmp_path):
    labels = write(
        tmp_path, subject=people(5), rhythm=["AF", "sinus", "AF", None, "sinus"],
        mi=[0, 1, 0, 1, 0], hyp=[1, 1, 0, 0, None],
    )  # fmt: skip
    found = join(fingerprints, labels, ["rhythm"])
    assert found.kind == "classes" and found.outputs == ("AF", "sinus")
    assert found.rows.y.tolist() == [v for v in (0, 1, 0, 1) for _ in range(3)]
    one = join(fingerprints, labels, ["mi"])
    assert one.kind == "labels" and one.rows.y.ndim == 1 and one.rows.y.dtype.kind == "i"
    both = join(fingerprints, labels, ["mi", "hyp"])
    assert both.kind == "labels" and both.rows.y.shape == (12, 2)


def test_labels_of_windows(fingerprints, tmp_path):
    labels = write(
        tmp_path, record=["000", "000", "001"], start_s=[0.0, 20.0, 10.0], rate=[60.0, 80, 70]
    )
    found = join(fingerprints, labels, ["rate"])
    assert found.rows.y.tolist() == [60, 80, 70]
    assert len(set(found.rows.unit)) == 3
    assert found.left_out["record not in the label table"] == 18


def test_parquet_tables(fingerprints, tmp_path):
    path = tmp_path / "labels.parquet"
    pq.write_table(pa.table({"subject": people(5), "age": [1.0, 2, 3, 4, 5]}), path)
    assert len(join(fingerprints, path, ["age"]).rows.y) == 15


@pytest.mark.parametrize(
    ("columns", "label", "said"),
    [
        ({"person": people(), "age": range(7)}, "age", "record or subject"),
        ({"subject": people(), "age": range(7)}, "bmi", "no column 'bmi'"),
        ({"subject": [f"x{i}" for i in range(7)], "age": range(7)}, "age", "no window has a label"),
        ({"subject": ["p1"] * 7, "age": range(7)}, "age", "twice"),
        ({"record": records(), "age": range(7)}, "age", "a head reads one kind"),
        ({"record": records(6), "age": range(6)}, "age", "who the people are"),
        ({"subject": people(), "age": ["1"] * 7}, "age", "number"),
    ],
)
def test_what_cannot_be_joined_is_said(fingerprints, tmp_path, columns, label, said):
    labels = write(tmp_path, **{k: list(v) for k, v in columns.items()})
    if columns.get("age") == ["1"] * 7:
        labels = write(tmp_path, subject=people(), age=["one"] * 7)
        with pytest.raises(RecordError, match="no classes"):
            join(fingerprints, labels, [label])
        return
    with pytest.raises(RecordError, match=said):
        join(fingerprints, labels, [label])


def test_damaged_tables(fingerprints, tmp_path):
    path = tmp_path / "labels.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(RecordError, match="cannot be read"):
        join(fingerprints, path, ["age"])
    with pytest.raises(RecordError, match="cannot be read"):
        join(fingerprints, tmp_path / "absent.csv", ["age"])
