import numpy as np
import pytest

from cardioprint.signal.preparation import (
    Preparation,
    bridge,
    cut,
    normalise,
    prepare,
    prepare_record,
    stretches,
)
from cardioprint.types import Record

P = Preparation()


@pytest.mark.parametrize(
    "wrong",
    [
        {"shortest": 0},
        {"shortest": 11},
        {"stride": 0},
        {"stride": 0.003},
        {"window": 0.3},
        {"ecg_high": 60.0},
    ],
)
def test_impossible_preparations_are_refused(wrong):
    with pytest.raises(ValueError):
        Preparation(**wrong)


def test_preparation_survives_json():
    assert Preparation(**Preparation(stride=5.0).to_dict()) == Preparation(stride=5.0)


def test_nothing_to_prepare_is_a_mistake():
    with pytest.raises(ValueError):
        prepare(None, None, P)


@pytest.mark.parametrize("rate", (60, 100, 125, 250, 360, 500, 360.1))
def test_gaps_stay_marked_and_spoil_nothing_beyond(rate, make_channel):
    t = np.arange(round(40 * rate)) / rate
    x = np.sin(2 * np.pi * 2 * t) + 0.3 * np.sin(2 * np.pi * 5 * t)
    hurt = x.copy()
    hurt[(t >= 12.0) & (t < 15.0)] = np.nan
    hurt[(t >= 20.0) & (t < 20.02)] = np.nan  # bridged, and still not measured
    whole, broken = (prepare(make_channel(y, rate), None, P) for y in (x, hurt))
    clock = np.arange(broken.samples.shape[1]) / 125
    inside = (clock > 12.02) & (clock < 14.98)
    assert not broken.valid[0, inside].any()
    assert not broken.samples[0, inside].any()
    assert np.isnan(broken.broadband[0, inside]).all()
    assert 1 <= (~broken.valid[0, (clock > 19.9) & (clock < 20.1)]).sum() <= 5
    assert np.isnan(broken.broadband[0, ~broken.valid[0]]).all()
    away = (np.abs(clock - 13.5) > 2.8) & (np.abs(clock - 20) > 0.5)
    assert broken.valid[0, away].all()
    np.testing.assert_allclose(broken.samples[0, away], whole.samples[0, away], atol=0.02)
    near = broken.valid[0] & ~away
    assert np.abs(broken.samples[0, near] - whole.samples[0, near]).max() < 0.8
    assert not broken.valid[1].any()


def test_a_splinter_between_gaps_is_dropped(make_channel):
    x = np.full(1250, np.nan)
    x[500:540] = np.sin(np.arange(40))
    assert not prepare(make_channel(x, 125), None, P).valid.any()


@pytest.mark.parametrize("ecg_rate, ppg_rate", [(250, 125), (360, 100), (500, 60)])
def test_both_channels_share_one_clock(ecg_rate, ppg_rate, make_channel):
    """A bump at one instant of the record lies on one output sample, whatever rates and starts."""

    def bump(rate, start):
        t = start + np.arange(round((30 - start) * rate)) / rate
        return np.exp(-0.5 * ((t - 14.4) / 0.05) ** 2)

    ecg = make_channel(bump(ecg_rate, 2.0), ecg_rate, start=2.0)
    ppg = make_channel(bump(ppg_rate, 4.4), ppg_rate, "ppg", start=4.4)
    both = prepare(ecg, ppg, P)
    assert both.start == 2.0
    assert [int(np.argmax(row)) for row in both.samples] == [1550, 1550]
    assert not both.valid[1, : round(2.4 * 125)].any()
    assert both.valid[1, 301:3400].all()


def test_a_clock_that_begins_later_leaves_out_what_was_before(make_channel):
    t = np.arange(7500) / 250
    x = np.sin(2 * np.pi * 1.5 * t)
    x[1000:1500] = np.nan  # a whole stretch lies before the clock's zero
    channel = make_channel(x, 250)
    whole, later = prepare(channel, None, P), prepare(channel, None, P, start=10.0)
    np.testing.assert_array_equal(later.samples[0], whole.samples[0, 1250:])
    assert prepare(channel, None, P, start=100.0).samples.shape == (2, 0)


def test_polarity_is_kept_and_scale_does_not_matter(make_channel, simulated):
    ecg = simulated[0].channels[0].samples[:5000]
    up = cut(prepare(make_channel(ecg, 250), None, P), P)
    down = cut(prepare(make_channel(-3 * ecg, 250), None, P), P)
    np.testing.assert_allclose(down.samples, -up.samples, atol=1e-4)
    np.testing.assert_allclose(down.scale, 3 * up.scale, rtol=1e-4)


@pytest.mark.parametrize("rate", (60, 100, 125, 250, 360, 360.1))
@pytest.mark.parametrize("modality", ("ecg", "ppg"))
def test_a_large_offset_is_harmless(rate, modality, prepared_of):
    rng = np.random.default_rng(0)
    t = np.arange(round(20 * rate)) / rate
    far = np.round(4000 * np.sin(2 * np.pi * 1.3 * t) + 100 * rng.normal(size=len(t))) + 1e6
    far = far.astype(np.float32)
    near = (far.astype(np.float64) - 1e6).astype(np.float32)
    a, b = (prepared_of(x, rate, modality)[1].samples for x in (near, far))
    np.testing.assert_allclose(a, b, atol=1e-4)


@pytest.mark.parametrize("level", (0.0, 3.3, -1e6))
@pytest.mark.parametrize("rate", (100, 125, 250))
def test_a_constant_channel_is_zero_not_noise(level, rate, prepared_of):
    _, windows = prepared_of(np.full(20 * rate, level), rate)
    assert len(windows) == 2
    assert not windows.samples.any()
    assert not windows.scale.any()


@pytest.mark.parametrize("count", (0, 1, 5))
@pytest.mark.parametrize("rate", (60, 125, 360, 360.1))
def test_extremely_short_channels_give_no_window(count, rate, make_channel):
    for record in (
        Record.from_arrays(ecg=np.ones(count), sampling_rate=rate),
        Record.from_arrays(ecg=np.ones(count), ppg=np.ones(count), sampling_rate=rate),
    ):
        assert len(cut(prepare_record(record, P), P)) == 0


def test_stretches_and_bridge():
    on = np.array([0, 1, 1, 0, 1, 0, 0, 0, 1], bool)
    assert stretches(on) == [(1, 3), (4, 5), (8, 9)]
    assert stretches(on, longest_gap=1) == [(1, 5), (8, 9)]
    assert stretches(on, longest_gap=3) == [(1, 9)]
    assert stretches(np.zeros(3, bool)) == []
    nan = np.nan
    np.testing.assert_allclose(bridge(np.float32([1, nan, nan, 4])), [1, 2, 3, 4])


def test_normalisation_can_be_undone():
    rng = np.random.default_rng(1)
    x = (50 + 7 * rng.normal(size=(4, 2, 1250))).astype(np.float32)
    valid = rng.random(x.shape) < 0.8
    out, mean, scale = normalise(x, valid)
    assert not out[~valid].any()
    np.testing.assert_allclose(out.sum(-1) / valid.sum(-1), 0, atol=1e-5)
    np.testing.assert_allclose((out**2).sum(-1) / valid.sum(-1), 1, atol=1e-4)
    back = out * scale[..., None] + mean[..., None]
    np.testing.assert_allclose(back[valid], x[valid], rtol=1e-5)


def test_mean_and_scale_are_the_filtered_signal_s_own(prepared_of):
    t = np.arange(2500) / 125
    prepared, windows = prepared_of(5 + 0.8 * np.sin(2 * np.pi * 2 * t), 125)
    np.testing.assert_allclose(windows.scale[:, 0], 0.8 / np.sqrt(2), rtol=0.02)
    back = windows.samples[0, 0] * windows.scale[0, 0] + windows.mean[0, 0]
    np.testing.assert_allclose(back, prepared.samples[0, :1250], atol=1e-5)
