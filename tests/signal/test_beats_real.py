"""Detectors against annotations and monitors that are not ours."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from cardioprint.datasets.tables import rows
from cardioprint.readers import read_record
from cardioprint.signal.beats import find_pulses, find_r_peaks, heart_rate
from cardioprint.signal.preparation import Preparation, prepare
from cardioprint.types import Record

RATE = 125.0
BEATS = set("NLRBAaJSVrFejnE/fQ?")


@pytest.fixture(scope="module")
def cardiologists(shared_data):
    wfdb = pytest.importorskip("wfdb")
    path = shared_data / "formats" / "mitdb_wfdb" / "100"
    notes = wfdb.rdann(str(path), "atr")
    beats = np.array(notes.sample)[[s in BEATS for s in notes.symbol]] / 360
    return read_record(path), beats


@pytest.mark.parametrize("sign", (1, -1))
@pytest.mark.parametrize("lead", (0, 1))
def test_mitdb_100(cardiologists, beat_score, sign, lead, make_channel):
    record, beats = cardiologists
    channel = record.channels[lead]
    samples = sign * channel.samples
    prepared = prepare(make_channel(samples, channel.sampling_rate), None, Preparation())
    found = find_r_peaks(prepared.samples[0], RATE) / RATE
    beats = beats[beats < prepared.duration - 0.15]
    sensitivity, predictivity = beat_score(found[found > 0], beats, within=0.15)
    assert sensitivity >= 0.99
    assert predictivity >= 0.99
    if lead == 0 and sign == 1:  # the annotated lead: on the peak itself, not only near it
        off = [np.abs(found - b).min() for b in beats]
        assert np.median(off) < 0.012


def test_bidmc_heart_rates(shared_data):
    ok = pq.read_table(shared_data / "paired" / "bidmc_windows.parquet").to_pylist()
    good = {(w["record"], w["start_s"]) for w in ok if w["ok"]}
    errors = {"ecg": [], "ppg": []}
    for row in rows("bidmc"):
        record = Record.from_arrays(ecg=row["ecg"], ppg=row["ppg"], sampling_rate=row["fs"])
        prepared = prepare(record.channels[0], record.channels[1], Preparation())
        beats = {
            "ecg": find_r_peaks(prepared.samples[0], RATE) / RATE,
            "ppg": find_pulses(prepared.samples[1], RATE).upslope / RATE,
        }
        starts = [s for r, s in good if r == row["record"]]
        for modality, at in beats.items():
            found = [heart_rate(at[(at >= s) & (at < s + 10)], 1.0) for s in starts]
            if found:
                errors[modality].append(abs(np.nanmedian(found) - row["hr_median"]))
    assert len(errors["ecg"]) > 40
    assert np.median(errors["ecg"]) <= 1
    assert np.median(errors["ppg"]) <= 1
    assert np.mean(np.array(errors["ecg"]) <= 3) > 0.9
