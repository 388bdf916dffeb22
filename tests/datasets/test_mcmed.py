"""Layout: README of MC-MED, https://physionet.org/content/mc-med/1.0.1/."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from cardioprint.datasets.mcmed import DATABASE
from cardioprint.errors import RecordError, TimestampError
from cardioprint.types import Modality
from database_files import entries, wave, write_csv, write_wfdb

START = datetime(2262, 1, 9, 3, 16, 7)
ECG, FIRST, SECOND = wave(5000), wave(1250, 1), wave(250, 2)


@pytest.fixture
def root(tmp_path):
    data = tmp_path / "data"
    visit = {"MRN": 99000001, "CSN": 99370369, "Age": 90, "Gender": "F", "ED_dispo": "ICU"}
    more = {"Dx_ICD10": "['I48.91', 'R07.9']", "Triage_HR": 101}
    other = visit | {"MRN": 99000002, "CSN": 98765369, "Age": 55, "Gender": "U"}
    write_csv(data / "visits.csv", [visit | more, other | more])
    for name, number in (("train", 98765369), ("val", 1), ("test", 99370369)):
        (data / f"split_random_{name}.csv").write_text(f"{number}\n")
    folder = data / "waveforms" / "369" / "99370369"
    pleth = {"Pleth": (FIRST, "NU")}
    later = START + timedelta(seconds=20)
    write_wfdb(folder / "II", "99370369_1", {"II": (ECG, "mV")}, 500, at=START)
    write_wfdb(folder / "Pleth", "99370369_1", pleth, 125, at=START + timedelta(seconds=2))
    write_wfdb(folder / "Pleth", "99370369_2", {"Pleth": (SECOND, "NU")}, 125, at=later)
    write_wfdb(folder / "Resp", "99370369_1", {"Resp": (FIRST, "")}, 62.5, at=START)
    return tmp_path


def test_a_visit_belongs_to_a_patient(root):
    (entry,) = entries(DATABASE, root)
    assert (entry.record, entry.subject, entry.split) == ("99370369", "99000001", "test")
    assert entry.labels == {
        "age_over": 89,
        "sex": "F",
        "diagnosis": "I48.91;R07.9",
        "ED_dispo": "ICU",
        "Triage_HR": "101",
    }


def test_pieces_stand_where_their_times_say(root):
    (source,) = DATABASE.read(next(iter(DATABASE.find(root))))
    ecg, ppg = source.channels
    assert (ecg.modality, ecg.lead, ecg.unit, ecg.start) == (Modality.ECG, "II", "mV", 0)
    assert (ppg.modality, ppg.start, ppg.n_samples) == (Modality.PPG, 2, 18 * 125 + 250)
    whole = source.read().channels[1].samples
    np.testing.assert_allclose(whole[:1250], FIRST)
    assert np.isnan(whole[1250 : 18 * 125]).all()
    np.testing.assert_allclose(whole[18 * 125 :], SECOND)
    part = source.read(20.4, 21, ["Pleth"]).channels[0]
    np.testing.assert_allclose(part.samples, SECOND[50:125])


def test_a_visit_with_one_signal_is_an_entry(root):
    for path in (root / "data/waveforms/369/99370369/II").iterdir():
        path.unlink()
    (entry,) = entries(DATABASE, root)
    (source,) = DATABASE.read(entry)
    assert [c.name for c in source.channels] == ["Pleth"]


def test_archives_that_are_still_packed_are_named(root):
    (root / "data" / "waveforms").rename(root / "elsewhere")
    (root / "data" / "waveforms_0xx.zip").write_bytes(b"PK")
    with pytest.raises(RecordError, match="still packed"):
        list(DATABASE.find(root))


@pytest.mark.parametrize("name", ["visits.csv", "split_random_test.csv"])
def test_tables_that_are_missing_are_named(root, name):
    (root / "data" / name).unlink()
    with pytest.raises(RecordError, match=name):
        list(DATABASE.find(root))


def test_a_piece_of_another_year_is_an_error(root):
    header = root / "data/waveforms/369/99370369/Pleth/99370369_2.hea"
    header.write_text(header.read_text().replace("2262", "2222"))
    with pytest.raises(TimestampError, match="wrong date"):
        list(DATABASE.read(next(iter(DATABASE.find(root)))))


def test_a_channel_that_changes_its_rate_is_an_error(root):
    folder = root / "data/waveforms/369/99370369/Pleth"
    write_wfdb(folder, "99370369_2", {"Pleth": (SECOND, "NU")}, 62.5, at=START)
    with pytest.raises(RecordError, match=r"from 125 Hz, 'NU', to 62\.5 Hz"):
        list(DATABASE.read(next(iter(DATABASE.find(root)))))
