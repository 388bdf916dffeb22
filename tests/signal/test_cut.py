"""Which windows a record of a given length has, and what is left over."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.signal.preparation import Preparation, cut, prepare

P = Preparation()


@pytest.fixture
def windows_of(make_channel):
    def cut_up(seconds, rate=125.0, preparation=P):
        t = np.arange(round(seconds * rate)) / rate
        x = np.sin(2 * np.pi * 1.5 * t) + 0.01 * t
        return cut(prepare(make_channel(x, rate), None, preparation), preparation)

    return cut_up


@pytest.mark.parametrize("rate", (50, 60, 100, 125, 250, 360, 500, 1000))
def test_two_seconds_are_a_window_and_less_is_not(windows_of, rate):
    assert len(windows_of(2.0, rate)) == 1
    assert len(windows_of(1.9, rate)) == 0


def test_a_short_record_is_neither_tiled_nor_stretched(windows_of):
    windows = windows_of(2.1, 1000)
    assert windows.samples.shape == (1, 2, 1250)
    measured = round(2.1 * 125)
    assert windows.valid[0, 0, : measured - 1].all()
    assert not windows.valid[0, 0, measured + 1 :].any()
    assert not windows.samples[0, 0, measured + 1 :].any()
    assert windows.samples[0, 0, :measured].std() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    "seconds, starts, last_valid",
    [
        (10.0, [0], 1250),
        (11.9, [0], 1250),
        (12.0, [0, 10], 250),
        (35.0, [0, 10, 20, 30], 625),
        (30.0, [0, 10, 20], 1250),
    ],
)
def test_tails(windows_of, seconds, starts, last_valid):
    windows = windows_of(seconds)
    np.testing.assert_allclose(windows.start, starts)
    assert windows.valid[-1, 0].sum() == last_valid


@pytest.mark.parametrize("stride", (1.0, 2.0, 5.0, 15.0))
def test_strides(windows_of, stride):
    windows = windows_of(41.0, preparation=replace(P, stride=stride))
    np.testing.assert_allclose(np.diff(windows.start), stride)
    whole = windows.valid[:, 0].all(axis=1)
    assert whole[:-1].all()  # one shrinking tail is enough
    assert windows.valid[:, 0].sum(axis=1).min() >= 250
    clock = windows.start[-1] + windows.valid[-1, 0].sum() / 125
    assert clock > 41.0 - max(2.0, stride)  # and little is lost


def test_overlapping_windows_are_slices_of_one_filtered_signal(windows_of):
    windows = windows_of(30.0, preparation=replace(P, stride=5.0))
    raw = windows.samples * windows.scale[..., None] + windows.mean[..., None]
    np.testing.assert_allclose(raw[0, 0, 625:], raw[1, 0, :625], atol=1e-5)


def test_window_starts_are_on_the_record_s_clock(make_channel):
    channel = make_channel(np.random.default_rng(0).normal(size=2600), 125, start=3.7)
    np.testing.assert_allclose(cut(prepare(channel, None, P), P).start, [3.7, 13.7])
