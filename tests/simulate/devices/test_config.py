from dataclasses import fields, replace

import numpy as np
import pytest

from cardioprint.errors import RecordError
from cardioprint.simulate import KINDS, DeviceConfig, undisturbed
from cardioprint.simulate.devices import draw_device
from cardioprint.simulate.devices.config import EVENTS, PROBABILITIES, RANGES, SPREADS


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": ()},
        {"ecg_inverted": 1.5},
        {"flickering": -0.1},
        {"ecg_noise": (-1.0, 0.5)},
        {"hum": (0.1, float("nan"))},
        {"motion_seconds": (5.0, 1.0)},
        {"gap_seconds": (0.0, 1.0)},
        {"ecg_range": (0.0, 5.0)},
        {"ppg_range": 0.0},
        {"muscle": -1.0},
        {"muscle": 1e6},
        {"gap": float("nan")},
        {"restless": float("inf")},
        {"most_restless": 0.5},
        {"other_delay": (0.0, 2.0)},
        {"monitor_delay": (0.9, 0.2)},
        {"drift": 0.1},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(RecordError, match=next(iter(wrong))):
        DeviceConfig(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": -1.0},
        {"late": 2.0},
        {"ecg_rates": ()},
        {"ppg_rates": (1.0,)},
        {"ecg_bits": (2, 8)},
        {"ppg_bits": (12, 8)},
        {"ecg_highpass": (0.0, 0.5)},
        {"ppg_lowpass": (9.0, 3.0)},
    ],
)
def test_impossible_kinds_are_refused(wrong):
    with pytest.raises(RecordError, match=next(iter(wrong))):
        DeviceConfig(kinds=(replace(KINDS[0], **wrong),))


def test_every_field_is_checked_and_explained():
    names = {f.name for f in fields(DeviceConfig)}
    assert set(PROBABILITIES) | set(SPREADS) | set(RANGES) | set(EVENTS) <= names
    tuples = {f.name for f in fields(DeviceConfig) if isinstance(f.default, tuple)}
    assert tuples - {"kinds", "hum_harmonics", "other_delay"} == set(SPREADS) | set(RANGES)


def test_undisturbed_keeps_the_devices(draws_of):
    draws, config = draws_of(50, record=1), DeviceConfig()
    calm = undisturbed(config)
    assert all(getattr(calm, name) == 0 for name in EVENTS)
    one, two = draw_device(draws, config), draw_device(draws, calm)
    for f in fields(one):
        np.testing.assert_array_equal(getattr(one, f.name), getattr(two, f.name))


def test_kinds_come_as_often_as_they_should(draws_of):
    device = draw_device(draws_of(20_000, record=1), DeviceConfig())
    shares = np.bincount(device.kind, minlength=len(KINDS)) / 20_000
    np.testing.assert_allclose(shares, [k.share for k in KINDS], atol=0.015)
    for number, kind in enumerate(KINDS):
        mine = device.rows(device.kind == number)
        for name in ("ecg_highpass", "ecg_lowpass", "ppg_highpass", "ppg_lowpass", "ecg_bits"):
            low, high = getattr(kind, name)
            values = getattr(mine, name)
            assert low * 0.999 <= values.min() <= values.max() <= high * 1.001
        for name in ("ecg_rate", "ppg_rate"):
            assert set(np.unique(getattr(mine, name))) == set(getattr(kind, f"{name}s"))
        assert np.mean(mine.auto_gain) == pytest.approx(kind.auto_gain, abs=0.03)


def test_a_kind_without_share_never_comes(draws_of):
    only = DeviceConfig(kinds=(replace(KINDS[0], share=0.0), KINDS[1], replace(KINDS[2], share=0)))
    assert set(draw_device(draws_of(500), only).kind.tolist()) == {1}
