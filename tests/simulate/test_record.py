import numpy as np
import pytest

from cardioprint.errors import RecordError, UnknownNameError
from cardioprint.simulate import pairs, record, write_wfdb
from cardioprint.types import Modality


def test_a_record_is_the_person_that_pairs_knows():
    made, truth = record(5, seed=3, seconds=10.0, ecg_rate=125.0, ppg_rate=125.0, balanced=True)
    window = pairs(6, 3, balanced=True)
    ecg, ppg = made.channels
    np.testing.assert_allclose(ecg.samples, window.ecg[5, 0], atol=2e-3)
    np.testing.assert_allclose(ppg.samples, window.ppg[5], atol=0.01 * np.abs(window.ppg[5]).max())
    np.testing.assert_allclose(
        truth.r_peaks, window.truth.record(5, window.life.backend).r_peaks, atol=1e-4
    )
    assert (made.notes["sex"] == "M") == bool(window.truth.people.male[5])


def test_channels_and_notes():
    made, truth = record(2, seconds=20.0, leads=("I", "V2"), site="wrist", colour="green")
    assert [c.name for c in made.channels] == ["I", "V2", "PPG"]
    assert [c.unit for c in made.channels] == ["mV", "mV", "%"]
    assert [c.lead for c in made.channels] == ["I", "V2", ""]
    (ppg,) = made.of(Modality.PPG)
    assert (ppg.site, ppg.sampling_rate, len(ppg.samples)) == ("wrist", 125.0, 2_500)
    assert {"age", "sex", "systolic", "diastolic", "rhythm", "morphology"} <= set(made.notes)
    assert truth.artefacts == ()


def test_days_of_one_person_are_one_subject():
    one, two = (record(4, seed=1, seconds=5.0, visit=v)[0] for v in (1, 2))
    assert one.subject == two.subject
    assert one.name != two.name
    assert not np.allclose(one.channels[0].samples, two.channels[0].samples, atol=0.1)


def test_all_beat_codes_can_be_written(tmp_path):
    import wfdb

    for person in range(12):
        made, truth = record(person, seed=2, seconds=10.0, balanced=True)
        path = write_wfdb(made, tmp_path, truth=truth)
        beats = wfdb.rdann(str(path.with_suffix("")), "atr")
        assert beats.symbol == truth.kinds.tolist()


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"seconds": 0}, RecordError),
        ({"seconds": 1e9}, RecordError),
        ({"person": -1}, RecordError),
        ({"leads": ("X",)}, UnknownNameError),
        ({"site": "toe"}, UnknownNameError),
    ],
)
def test_impossible_records_are_refused(wrong, error):
    with pytest.raises(error):
        record(**({"seconds": 5.0} | wrong))
