"""The same seconds in every form."""

import numpy as np
import pytest

import paired_people as people
from cardioprint.benchmark.paired import stretches
from cardioprint.signal.preparation import Preparation


@pytest.fixture(scope="module")
def data():
    return people.people()


def test_all_forms_are_the_same_seconds(data):
    full = data.full
    raw = full.signals(("ecg", "ppg"))
    assert len(raw) == len(full) == len(data.use)
    for k, (window, filtered) in enumerate(zip(full.windows.samples, full.filtered(), strict=True)):
        for row in (0, 1):
            assert np.corrcoef(window[row], filtered.samples[row])[0, 1] > 0.9999
        if k == 3:
            record = data.records[full.record[k]]
            first = round(full.windows.start[k] * record.channels[0].sampling_rate)
            there = record.channels[0].samples[first : first + 2]
            assert np.array_equal(raw.series["ecg"].samples[k, :2], there)


def test_a_modality_that_is_not_asked_for_is_not_there(data):
    assert list(data.full.signals(("ppg",)).series) == ["ppg"]


def test_a_stretch_alone_has_forgotten_its_record(data):
    within = stretches.inside(
        "within",
        data.records,
        data.paired.prepared,
        data.record[:4],
        data.full.windows.start[:4] + 3.0,
        2.1,
        Preparation(),
    )
    alone = stretches.alone("alone", within, Preparation())
    assert len(within) == len(alone) == 4
    assert (alone.windows.start == 0).all()
    assert alone.windows.valid[0, 0].mean() == pytest.approx(0.21, abs=0.002)
    a, b = (x.windows.samples[0, 1][x.windows.valid[0, 1]] for x in (within, alone))
    assert 0.9 < np.corrcoef(a, b[: len(a)])[0, 1] < 1


def test_other_seconds_have_other_digits(data):
    assert data.full.digest == people.fresh(data).full.digest
    assert data.full.digest != data.moved(0.5, "moved").digest
    assert data.moved(0.5, "moved").digest != data.moved(0.25, "moved").digest
