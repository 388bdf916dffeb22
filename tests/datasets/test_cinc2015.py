import numpy as np
import pytest

from cardioprint.datasets.cinc2015 import DATABASE
from cardioprint.datasets.splits import reserved
from cardioprint.errors import RecordError
from entries import entries, whole
from wfdb_files import write


@pytest.fixture
def original(shared_data):
    return shared_data / "formats" / "cinc2015_wfdb"


@pytest.fixture
def training(tmp_path):
    """Return three records in the layout of challenge-2015/1.0.0/training."""
    for name, lines in (
        ("v219l", ["Ventricular_Tachycardia", "True alarm"]),
        ("a103l", ["Asystole", "False alarm"]),
        ("b220s", []),
    ):
        write(tmp_path, name, signals=np.random.default_rng(0).normal(size=(500, 2)),
              comments=lines)  # fmt: skip
    return tmp_path


def test_original_records(original):
    found = entries(DATABASE, original)
    assert [e.record for e in found] == ["1", "10", "100"]
    assert [e.block for e in found] == ["cinc2015:0:0", "cinc2015:0:0", "cinc2015:0:5"]
    assert {e.subject for e in found} == {""} and all(e.labels == {} for e in found)
    (record,) = whole(DATABASE, found[2])
    assert [(c.name, c.unit) for c in record.channels] == [
        ("II", "mV"),
        ("V", "mV"),
        ("PLETH", "NU"),
        ("ABP", "mmHg"),
    ]
    ecg = record.channels[0]
    assert (ecg.sampling_rate, ecg.duration) == (250, 300)
    # First count -26 at 2,307 counts per mV: from the header, read by eye.
    assert ecg.samples[0] == pytest.approx(-26 / 2307, abs=1e-6)


def test_alarms_come_from_the_headers_or_from_the_list(training):
    found = {e.record: e for e in entries(DATABASE, training)}
    assert list(found) == ["a103l", "v219l", "b220s"], "ordered by number"
    assert found["a103l"].labels == {"alarm": "Asystole", "alarm_true": 0}
    assert found["v219l"].labels == {"alarm": "Ventricular_Tachycardia", "alarm_true": 1}
    assert found["b220s"].labels == {}
    (training / "ALARMS").write_text("a103l,Asystole,0\nb220s,Bradycardia,1\n")
    found = {e.record: e.labels for e in DATABASE.find(training)}
    assert found["b220s"] == {"alarm": "Bradycardia", "alarm_true": 1}
    (training / "ALARMS").write_text("a103l,Fever,0\n")
    with pytest.raises(RecordError, match=r"ALARMS.*Fever"):
        list(DATABASE.find(training))


def test_neighbours_of_a_reserved_block_are_on_neither_side(training):
    """Records 219 and 220 lie in blocks 10 and 11."""
    found = {e.record: e for e in DATABASE.find(training)}
    assert (found["v219l"].block, found["b220s"].block) == ("cinc2015:0:10", "cinc2015:0:11")
    differ = reserved("cinc2015:0:10") != reserved("cinc2015:0:11")
    assert found["v219l"].border == found["b220s"].border == differ
