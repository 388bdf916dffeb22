"""What devices do is what the truth says they do."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cardioprint.signal.beats import find_pulses, find_r_peaks
from cardioprint.simulate import (
    KINDS,
    DeviceConfig,
    DeviceKind,
    measured,
    pairs,
    undisturbed,
)
from cardioprint.simulate.devices import ECG_KINDS, PPG_KINDS
from cardioprint.types import Modality

BUSY = DeviceConfig(
    muscle=200.0,
    electrode_noise=60.0,
    lead_off=15.0,
    motion=100.0,
    walking=400.0,
    gain_step=40.0,
    sensor_off=15.0,
    gap=40.0,
    ecg_range=(0.8, 3.0),
    kinds=tuple(replace(k, walking=0.5) for k in KINDS),
)
"""Devices on people who never hold still, so that a few windows show every kind of artefact."""


def quiet(**changes):
    """Return a configuration without noise, wander, hum or events, on one ideal kind."""
    ideal = DeviceKind(
        name="ideal",
        share=1.0,
        ecg_highpass=(0.001, 0.001),
        ecg_lowpass=(1e4, 1e4),
        ppg_highpass=(0.001, 0.001),
        ppg_lowpass=(1e4, 1e4),
        ecg_rates=(500.0,),
        ppg_rates=(500.0,),
        ecg_bits=(20, 20),
        ppg_bits=(20, 20),
        auto_gain=0.0,
        late=0.0,
        two_clocks=0.0,
        walking=0.0,
    )
    nothing = (0.0, 0.0)
    config = undisturbed(
        DeviceConfig(
            kinds=(ideal,),
            ecg_gain=0.0,
            ecg_inverted=0.0,
            ppg_inverted=0.0,
            ecg_noise=nothing,
            ppg_noise=nothing,
            ecg_wander=nothing,
            ecg_breathing=nothing,
            ppg_wander=nothing,
            hum=nothing,
            flickering=0.0,
        )
    )
    kind = {k: v for k, v in changes.items() if hasattr(ideal, k)}
    rest = {k: v for k, v in changes.items() if k not in kind}
    return replace(config, kinds=(replace(ideal, **kind),), **rest)


@pytest.fixture(scope="module")
def bodies():
    return pairs(300, 5, balanced=True)


@pytest.fixture(scope="module")
def busy(bodies):
    return measured(bodies, seed=2, config=BUSY)


def correlation(a, b):
    return float(np.corrcoef(np.ravel(a), np.ravel(b))[0, 1])


def test_shapes_units_and_kinds(bodies, busy):
    assert busy.ecg.shape == bodies.ecg.shape
    assert busy.ppg.shape == bodies.ppg.shape
    assert busy.ecg.dtype == busy.ppg.dtype == np.float32
    assert set(busy.masks[Modality.ECG]) == set(ECG_KINDS)
    assert set(busy.masks[Modality.PPG]) == set(PPG_KINDS)
    for masks in busy.masks.values():
        for kind, mask in masks.items():
            assert mask.shape == (300, 1_250)
            assert mask.any(), kind
    assert len(busy) == len(busy.device) == 300


def test_an_ideal_device_changes_nothing_but_the_unit(bodies):
    made = measured(bodies, seed=1, config=quiet(ecg_range=(20.0, 20.0), ppg_range=50.0))
    for i in range(0, 300, 20):
        ecg = bodies.ecg[i, 0] - bodies.ecg[i, 0].mean()
        np.testing.assert_allclose(made.ecg[i, 0] - made.ecg[i, 0].mean(), ecg, atol=0.02)
        assert correlation(made.ppg[i], bodies.ppg[i]) > 0.999
    assert not made.spoilt(Modality.ECG).any()
    assert not made.spoilt(Modality.PPG).any()


def test_masks_mark_exactly_what_differs(bodies, busy):
    still = measured(bodies, seed=2, config=undisturbed(BUSY))
    for modality, there, without in (
        (Modality.ECG, busy.ecg[:, 0], still.ecg[:, 0]),
        (Modality.PPG, busy.ppg, still.ppg),
    ):
        events = [m for kind, m in busy.masks[modality].items() if kind != "clipped"]
        union = np.logical_or.reduce(events)
        np.testing.assert_array_equal(there[~union], without[~union])
        differs = ~(there == without)  # NaN differs too
        # Inside: all but where noise rounds to nothing, or comes in from zero.
        assert differs[union].mean() > 0.9
        for kind in ("lead_off", "sensor_off", "gap"):
            if kind in busy.masks[modality]:
                assert differs[busy.masks[modality][kind]].mean() > 0.98


def test_lost_is_nan_and_off_is_flat(busy):
    for modality, signal, off in (
        (Modality.ECG, busy.ecg[:, 0], "lead_off"),
        (Modality.PPG, busy.ppg, "sensor_off"),
    ):
        masks = busy.masks[modality]
        np.testing.assert_array_equal(np.isnan(signal), masks["gap"])
        flat = masks[off] & ~masks["gap"]
        both = flat[:, 1:] & flat[:, :-1]
        assert (np.diff(signal, axis=1)[both] == 0).mean() > 0.99  # two in a row may differ
        clipped = masks["clipped"]
        assert not (clipped & (masks["gap"] | masks[off])).any()


def test_clipped_samples_rest_on_a_rail(busy):
    clipped = busy.masks[Modality.PPG]["clipped"]
    assert np.isin(np.round(busy.ppg[clipped], 3), (0.0, 4.0)).all()
    free = ~busy.spoilt(Modality.PPG)
    assert busy.ppg[free].min() > 0
    assert busy.ppg[free].max() < 4


def test_the_delay_moves_pulses_by_what_the_truth_says(bodies):
    on_time = measured(bodies, seed=1, config=quiet())
    late = measured(bodies, seed=1, config=quiet(late=1.0))
    delay = late.device.delay
    assert 0.27 < delay.min() < delay.max() < 0.36
    seen = np.isfinite(late.truth.onsets)
    moved = (late.truth.onsets - on_time.truth.onsets)[seen]
    np.testing.assert_allclose(moved, (delay[:, None] + 0 * late.truth.onsets)[seen], atol=1e-5)
    assert (late.truth.onsets[seen] < 10).all()
    np.testing.assert_array_equal(late.truth.r_peaks, on_time.truth.r_peaks)
    np.testing.assert_array_equal(late.ecg, on_time.ecg)
    time = np.arange(1_250) / 125
    for i in range(0, 300, 10):
        inside = time >= delay[i]
        shifted = np.interp(time[inside] - delay[i], time, on_time.ppg[i])
        assert correlation(late.ppg[i][inside], shifted) > 0.999
        # Before, there is the end of the pulses of earlier beats, not a hole.
        before = late.ppg[i][: int(delay[i] * 125)]
        assert np.ptp(before) > 0


def test_the_upslopes_found_are_the_upslopes_told():
    bodies = pairs(80, 3)
    made = measured(bodies, seed=3, config=quiet(late=0.5, two_clocks=0.4))
    errors = []
    for i in range(80):
        wave = made.ppg[i] - made.ppg[i].mean()
        found = find_pulses(wave, 125.0).upslope / 125
        told = made.truth.upslopes[i]
        told = told[np.isfinite(told) & (told > 0.5) & (told < 9.5)]
        errors += [np.abs(found - t).min() for t in told]
    assert np.median(errors) < 0.008
    assert np.quantile(errors, 0.95) < 0.03


def test_clocks_drift_apart_as_told():
    bodies = pairs(6, 4, seconds=600.0)
    config = quiet(two_clocks=1.0, other_delay=(0.0, 0.0), drift=1e-3)
    made = measured(bodies, seed=4, config=config)
    drift = made.device.drift
    assert np.abs(drift).max() > 3e-4
    for i in range(6):
        moved = made.truth.upslopes[i] - bodies.truth.upslopes[i]
        seen = np.isfinite(moved)
        np.testing.assert_allclose(
            moved[seen], bodies.truth.upslopes[i][seen] * drift[i], atol=1e-9
        )
        found = find_pulses(made.ppg[i] - made.ppg[i].mean(), 125.0).upslope / 125
        told = made.truth.upslopes[i]
        told = told[np.isfinite(told) & (told > 590)]
        errors = [np.abs(found - t).min() for t in told if t < 599]
        assert np.median(errors) < 0.008  # by then clocks are up to 0.6 s apart


def test_devices_leave_the_beats_where_they_are(bodies):
    made = measured(bodies, seed=6)
    good = ~made.spoilt(Modality.ECG).any(axis=1)
    hits = []
    for i in np.flatnonzero(good & (np.asarray(made.truth.morphology) == 0)):
        told = made.truth.r_peaks[i]
        told = told[np.isfinite(told) & (told > 0.5) & (told < 9.5)]
        found = find_r_peaks(made.ecg[i, 0] - made.ecg[i, 0].mean(), 125.0) / 125
        hits += [np.abs(found - t).min() < 0.06 if len(found) else False for t in told]
    assert np.mean(hits) > 0.9


def test_polarity_and_gain(bodies):
    turned = measured(bodies, seed=1, config=quiet(ecg_inverted=1.0, ppg_inverted=1.0))
    for i in range(0, 300, 30):
        assert correlation(turned.ecg[i], bodies.ecg[i]) < -0.999
        assert correlation(turned.ppg[i], bodies.ppg[i]) < -0.99
    usual = measured(bodies, seed=1).device
    assert (
        0.005 < np.mean(measured(pairs(4_000, 1, seconds=1.0), seed=1).device.ecg_inverted) < 0.05
    )
    assert 0.7 < usual.ecg_gain.min() < usual.ecg_gain.max() < 1.4


def test_a_reversed_cable_leaves_chest_leads_alone():
    leads = ("I", "II", "aVF", "V2")
    bodies = pairs(8, 1, leads=leads)
    made = measured(bodies, seed=1, config=quiet(ecg_inverted=1.0))
    for i in range(8):
        signs = [correlation(made.ecg[i, k], bodies.ecg[i, k]) for k in range(4)]
        assert np.sign(signs).tolist() == [-1, -1, -1, 1]


def test_automatic_gain_makes_pulses_alike(bodies):
    fixed = measured(bodies, seed=1, config=quiet(ppg_range=100.0))
    scaled = measured(bodies, seed=1, config=quiet(auto_gain=1.0, ppg_range=100.0))
    spread = [np.std(np.log(m.ppg.std(axis=1) / m.device.height)) for m in (fixed, scaled)]
    assert spread[1] < 0.2 * spread[0]


def test_converters_have_steps(bodies):
    made = measured(bodies, seed=1, config=quiet(ecg_bits=(8, 8), ecg_range=(5.0, 5.0)))
    steps = made.ecg / (5 / 127)
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)


def test_hum_is_at_the_mains(bodies):
    made = measured(bodies, seed=1, config=quiet(hum=(0.05, 0.0)))
    clean = measured(bodies, seed=1, config=quiet())
    power = np.abs(np.fft.rfft(made.ecg[:, 0] - clean.ecg[:, 0])).argmax(axis=1) / 10
    np.testing.assert_allclose(power, made.device.mains, atol=0.2)
    assert set(made.device.mains.tolist()) == {50.0, 60.0}


def test_sizes_of_noise_are_what_the_configuration_says():
    bodies = pairs(200, 2, sampling_rate=250.0)
    for name, (low, high), share in (
        ("ecg_noise", (10, 40), 30 / 40),
        ("ecg_wander", (0.05, 3), 0.7),  # the rest is slower than a window
    ):
        made = measured(bodies, seed=1, config=quiet(**{name: (0.1, 0.0)}))
        clean = measured(bodies, seed=1, config=quiet())
        added = made.ecg[:, 0] - clean.ecg[:, 0]
        spectrum = np.abs(np.fft.rfft(added)) ** 2 / 2500**2 * 2
        hertz = np.fft.rfftfreq(2500, 1 / 250)
        band = (hertz >= low) & (hertz < high)
        found = spectrum[:, band].sum(axis=1).mean()
        assert found == pytest.approx(0.01 * share, rel=0.3)


def test_any_split_gives_the_same(busy):
    for first in (0, 64, 200):
        part = measured(pairs(50, 5, balanced=True, first=first), seed=2, config=BUSY)
        rows = slice(first, first + 50)
        step = 1.2 * (2 * part.device.ecg_range / 2.0**part.device.ecg_bits)[:, None, None]
        same(part.ecg, busy.ecg[rows], step)
        step = 1.2 * (4 / 2.0**part.device.ppg_bits)[:, None]
        same(part.ppg, busy.ppg[rows], step)
        for modality, masks in part.masks.items():
            for kind, mask in masks.items():
                agree = (mask == busy.masks[modality][kind][rows]).mean()
                assert agree == 1 if kind != "clipped" else agree > 0.9999
        np.testing.assert_array_equal(part.device.delay, busy.device.delay[rows])


def same(a, b, step):
    """Compare two conversions of one signal: rounding may differ by a step."""
    a, b = np.asarray(a), np.asarray(b)
    np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
    error = np.nan_to_num(np.abs(a - b)) / step
    assert (error > 0.01).mean() < 0.02
    assert error.max() < 1.5


def test_torch_gives_the_same():
    config = replace(BUSY, ecg_range=(20.0, 20.0), ppg_range=20.0)
    one = measured(pairs(40, 5, balanced=True), seed=2, config=config)
    two = measured(pairs(40, 5, balanced=True, xp=torch), seed=2, config=config)
    assert isinstance(two.ecg, torch.Tensor)
    for a, b in ((one.ecg[:, 0], two.ecg[:, 0]), (one.ppg, two.ppg)):
        b = b.numpy()
        assert (np.isnan(a) != np.isnan(b)).mean() < 1e-4  # one sample at an edge
        keep = np.isfinite(a) & np.isfinite(b)
        assert np.quantile(np.abs(a - b)[keep], 0.999) < 0.01
    for modality, masks in one.masks.items():
        for kind, mask in masks.items():
            assert (mask == two.masks[modality][kind].numpy()).mean() > 0.999
    keep = np.isfinite(one.truth.onsets)
    np.testing.assert_allclose(one.truth.onsets[keep], two.truth.onsets.numpy()[keep], atol=5e-3)


def test_other_seeds_records_and_numbers_are_other_devices(bodies):
    base = measured(bodies, seed=1).device.ecg_gain
    for other in ({"seed": 2}, {"seed": 1, "record": 2}, {"seed": 1, "first": 500}):
        assert not np.isclose(measured(bodies, **other).device.ecg_gain, base).any()


def test_artefacts_are_as_frequent_as_in_real_recordings():
    """In CinC 2015, UCI, BIDMC and ECG-ID, 0.2-14 % of windows are not believed (benchmarks)."""
    made = measured(pairs(3_000, 9), seed=9)
    ecg, ppg = (made.spoilt(m).mean() for m in (Modality.ECG, Modality.PPG))
    assert 0.03 < ecg < 0.2
    assert 0.03 < ppg < 0.2
    assert 0.3 < (made.device.delay > 0.25).mean() < 0.5
    quiet_windows = ~(made.spoilt(Modality.ECG) | made.spoilt(Modality.PPG)).any(axis=1)
    assert 0.5 < quiet_windows.mean() < 0.8
