"""Long records at the devices' own rates, and the quality index on them."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.errors import RecordError, UnknownNameError
from cardioprint.signal.beats import find_pulses
from cardioprint.signal.preparation import Preparation, cut, prepare_record
from cardioprint.signal.quality import THRESHOLD, assess
from cardioprint.simulate import (
    KINDS,
    DeviceConfig,
    measured,
    measured_record,
    pairs,
    record,
    undisturbed,
)
from cardioprint.simulate.devices import ECG_KINDS, PPG_KINDS
from cardioprint.types import Modality

EVENTFUL = DeviceConfig(
    muscle=100.0, electrode_noise=60.0, lead_off=20.0, motion=60.0, sensor_off=20.0, gap=20.0
)


def device_of(person, seed=3, **more):
    made, truth = measured_record(person, seed=seed, seconds=20.0, **more)
    return made.notes, made, truth


def test_rates_are_the_devices_own():
    seen = set()
    for person in range(30):
        notes, made, _ = device_of(person)
        ecg, ppg = made.channels
        assert (ecg.sampling_rate, ppg.sampling_rate) == (
            float(notes["ecg_rate"]),
            float(notes["ppg_rate"]),
        )
        assert len(ecg.samples) == 20 * ecg.sampling_rate
        assert len(ppg.samples) == 20 * ppg.sampling_rate
        assert (ecg.unit, ppg.unit) == ("mV", "NU")
        kind = next(k for k in KINDS if k.name == notes["device"])
        assert ecg.sampling_rate in kind.ecg_rates
        assert ppg.sampling_rate in kind.ppg_rates
        seen.add(notes["device"])
    assert len(seen) == 3


def test_the_person_is_that_of_record_and_the_device_that_of_measured():
    _, clean = record(4, seed=6, seconds=10.0)
    made, truth = measured_record(4, seed=6, seconds=10.0)
    np.testing.assert_array_equal(truth.r_peaks, clean.r_peaks)
    assert made.subject == record(4, seed=6, seconds=10.0)[0].subject
    device = measured(pairs(5, 6), seed=6).device
    assert float(made.notes["delay_ms"]) == pytest.approx(1000 * device.delay[4], abs=0.1)
    assert int(made.notes["ecg_bits"]) == device.ecg_bits[4]
    assert float(made.notes["ecg_rate"]) == device.ecg_rate[4]


def test_visits_have_devices_of_their_own():
    gains = {measured_record(1, seconds=5.0, visit=v)[0].notes["ecg_gain"] for v in (1, 2, 3)}
    assert len(gains) == 3


def test_delay_and_drift_are_in_signal_and_truth():
    two = replace(KINDS[0], name="two", two_clocks=1.0)
    config = undisturbed(DeviceConfig(kinds=(two,), drift=1e-3, ppg_inverted=0.0))
    person = next(
        p
        for p in range(50)
        if abs(float(measured_record(p, seconds=1.0, config=config)[0].notes["drift_ppm"])) > 600
    )
    made, truth = measured_record(person, seconds=900.0, config=config)
    _, clean = record(person, seconds=900.0)
    pace = 1 + 1e-6 * float(made.notes["drift_ppm"])
    told = truth.onsets - (clean.onsets * pace + 1e-3 * float(made.notes["delay_ms"]))
    seen = np.isfinite(told)
    assert seen.mean() > 0.98
    assert np.abs(told[seen]).max() < 2e-3  # the notes are rounded
    ppg = made.of(Modality.PPG)[0]
    wave = ppg.samples - ppg.samples.mean()
    found = find_pulses(wave, ppg.sampling_rate).upslope / ppg.sampling_rate
    last = truth.upslopes[np.isfinite(truth.upslopes)][-30:-1]
    errors = [np.abs(found - t).min() for t in last]
    assert np.median(errors) < 0.02


def test_artefacts_say_where_the_record_is_spoilt():
    for person in range(6):
        made, truth = measured_record(person, seed=1, seconds=300.0, config=EVENTFUL)
        times = [a.start for a in truth.artefacts]
        assert times == sorted(times)
        for a in truth.artefacts:
            assert a.kind in (ECG_KINDS if a.modality == Modality.ECG else PPG_KINDS)
            assert 0 <= a.start < a.stop <= 300.0
        for channel in made.channels:
            time = np.arange(len(channel.samples)) / channel.sampling_rate
            lost = np.zeros(len(time), bool)
            for a in truth.artefacts:
                if a.modality == channel.modality and a.kind == "gap":
                    lost |= (time >= a.start - 1e-9) & (time < a.stop - 1e-9)
            np.testing.assert_array_equal(np.isnan(channel.samples), lost)


def spoilt_share(truth, modality, kinds, begin, end):
    """Return the share of a window in which some kinds of artefact take place."""
    grid = np.arange(begin, end, 0.01)
    hit = np.zeros(len(grid), bool)
    for a in truth.artefacts:
        if a.modality == modality and a.kind in kinds:
            hit |= (grid >= a.start) & (grid < a.stop)
    return hit.mean()


def test_the_quality_index_abstains_where_much_is_spoilt_and_nowhere_else():
    """Muscle noise, steps of gain and walks may pass: beats can still be seen under them.

    Two measured seconds at the edge of a window suffice to be believed, hence the 82 %. A lead
    that is off at exactly zero has a test of its own.
    """
    grave = {
        Modality.ECG: ("lead_off", "gap"),
        Modality.PPG: ("sensor_off", "gap"),
    }
    believed = {"clean": [], "grave": [], "zero": []}
    for person in range(24):
        made, truth = measured_record(person, seed=2, seconds=120.0, config=EVENTFUL)
        prepared = prepare_record(made, Preparation())
        windows = cut(prepared, Preparation())
        index = assess(prepared, windows).index
        for row, start in enumerate(windows.start):
            for column, modality in enumerate((Modality.ECG, Modality.PPG)):
                every = ECG_KINDS if modality == Modality.ECG else PPG_KINDS
                believes = bool(index[row, column] >= THRESHOLD)
                if spoilt_share(truth, modality, every, start - 1, start + 11) == 0:
                    believed["clean"].append(believes)
                elif spoilt_share(truth, modality, grave[modality], start, start + 10) > 0.82:
                    channel = made.channels[column]
                    first = int(start * channel.sampling_rate)
                    part = channel.samples[first : first + int(10 * channel.sampling_rate)]
                    kind = "zero" if np.median(part) == 0 else "grave"
                    believed[kind].append(believes)
    assert len(believed["clean"]) > 150
    assert len(believed["grave"]) > 20
    assert np.mean(believed["clean"]) > 0.98
    assert np.mean(believed["grave"]) < 0.03


def test_a_lead_at_exactly_zero_is_not_believed():
    made, _ = record(3, seconds=60.0, ecg_rate=240.0)
    ecg = made.channels[0]
    samples = ecg.samples.copy()
    samples[20 * 240 : 50 * 240] = 0.0
    off = made.with_channels(replace(ecg, samples=samples), *made.channels[1:])
    prepared = prepare_record(off, Preparation())
    index = assess(prepared, cut(prepared, Preparation())).index[:, 0]
    assert (index[[0, 1, 5]] >= THRESHOLD).all()
    assert (index[2:5] < THRESHOLD).all()


def test_the_worse_the_motion_the_less_is_believed():
    config = DeviceConfig(motion=0.0, motion_seconds=(60.0, 60.0), restless=0.0)
    shares = []
    for size in (0.01, 20.0):
        loud = replace(config, motion=3_600.0, motion_size=(size, size))
        believed = []
        for person in range(6):
            made, _ = measured_record(person, seed=2, seconds=60.0, config=loud)
            prepared = prepare_record(made, Preparation())
            index = assess(prepared, cut(prepared, Preparation())).index[:, 1]
            believed.append(np.mean(index >= THRESHOLD))
        shares.append(np.mean(believed))
    assert shares[0] > 0.8
    assert shares[1] < 0.3


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"seconds": 0}, RecordError),
        ({"seconds": 1e9}, RecordError),
        ({"person": -1}, RecordError),
        ({"visit": 0}, RecordError),
        ({"leads": ("X",)}, UnknownNameError),
        ({"site": "toe"}, UnknownNameError),
        ({"colour": "violet"}, UnknownNameError),
    ],
)
def test_impossible_records_are_refused(wrong, error):
    with pytest.raises(error):
        measured_record(**({"seconds": 5.0} | wrong))
