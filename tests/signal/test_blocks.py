"""A stream of blocks gives the numbers of the whole record."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cardioprint.readers import open_record
from cardioprint.signal.blocks import InMemory, prepared_blocks, trimmed
from cardioprint.signal.preparation import Preparation, cut, prepare
from cardioprint.signal.quality import assess
from cardioprint.simulate import patient, write_wfdb
from cardioprint.types import Modality

P = Preparation()


def both_ways(record, block, preparation=P, source=None):
    """Return windows, index and beats of the whole, and of the stream put end to end."""
    ecg, ppg = record.of(Modality.ECG), record.of(Modality.PPG)
    whole = prepare(ecg[0] if ecg else None, ppg[0] if ppg else None, preparation)
    windows = cut(whole, preparation)
    names = (ecg[0].name if ecg else "", ppg[0].name if ppg else "")
    parts = list(
        prepared_blocks(source or InMemory(record=record), *names, preparation, block=block)
    )
    return windows, assess(whole, windows), parts


def assert_same(windows, quality, parts):
    def joined(name):
        return np.concatenate([getattr(p.windows, name) for p in parts])

    np.testing.assert_allclose(joined("start"), windows.start, atol=1e-9)
    np.testing.assert_array_equal(joined("valid"), windows.valid)
    np.testing.assert_allclose(joined("samples"), windows.samples, atol=1e-4)
    np.testing.assert_allclose(joined("mean"), windows.mean, atol=1e-4 * windows.scale.max())
    np.testing.assert_allclose(joined("scale"), windows.scale, rtol=1e-4)
    index = np.concatenate([p.quality.index for p in parts])
    np.testing.assert_allclose(index, quality.index, atol=1e-3)
    for channel in range(2):
        found = np.concatenate([beats_of(p.windows, p.quality, channel, p.prepared) for p in parts])
        np.testing.assert_allclose(found, beats_of(windows, quality, channel), atol=1e-6)


def beats_of(windows, quality, channel, prepared=None):
    """Return the beats in each window, in seconds, window after window."""
    at = quality.beats[channel] / 125 + (windows.start[0] if prepared is None else prepared.start)
    inside = [at[(at > s - 1e-6) & (at < s + 10 - 1e-6)] for s in windows.start]
    return np.concatenate(inside)


@pytest.mark.parametrize("rate", (60, 100, 125, 250, 360, 500, 62.5, 256))
def test_every_rate(rate):
    """The record holds NaN gaps, a flat and a noisy stretch; windows start in all of them."""
    record, _ = patient(minutes=4, seed=1, ecg_rate=rate, ppg_rate=rate)
    *whole, parts = both_ways(record, 60.0)
    assert len(parts) > 2
    assert_same(*whole, parts)


@pytest.mark.parametrize("block", (20.0, 35.0, 90.0, 1800.0))
def test_mixed_rates_and_any_block(block):
    record, _ = patient(minutes=4, seed=2, ecg_rate=250, ppg_rate=125)
    assert_same(*both_ways(record, block))


@pytest.mark.parametrize("rates", ((250, 125), (360, 100), (500, 60), (125, 125)))
@pytest.mark.parametrize("starts", ((0, 0.0123), (0.0123, 0), (0.5, 0), (3.337, 1.002), (0, 77.7)))
def test_channels_that_start_at_different_times(rates, starts):
    record, _ = patient(minutes=3, seed=5, ecg_rate=rates[0], ppg_rate=rates[1])
    moved = [replace(c, start=float(s)) for c, s in zip(record.channels, starts, strict=True)]
    assert_same(*both_ways(record.with_channels(*moved), 40.0))


def test_more_gaps_than_signal():
    record, _ = patient(minutes=4, seed=6, ecg_rate=250, ppg_rate=125)
    rng = np.random.default_rng(0)
    spoilt = []
    for c in record.channels:
        x = c.samples.copy()
        for at in rng.integers(0, len(x), 60):
            x[at : at + int(rng.integers(1, 2 * c.sampling_rate))] = np.nan
        spoilt.append(replace(c, samples=x))
    assert_same(*both_ways(record.with_channels(*spoilt), 50.0))


@pytest.mark.parametrize("stride", (5.0, 3.0, 20.0))
def test_strides(stride):
    record, _ = patient(minutes=3, seed=7)
    assert_same(*both_ways(record, 47.0, replace(P, stride=stride)))


def test_one_channel_and_a_rate_read_whole():
    record, _ = patient(minutes=2, seed=8, ecg_rate=360.1)
    *whole, parts = both_ways(record.with_channels(record.channels[0]), 30.0)
    assert len(parts) == 1
    assert_same(*whole, parts)


def test_a_file_streams_as_memory_does(tmp_path):
    record, _ = patient(minutes=3, seed=9)
    file = open_record(write_wfdb(record, tmp_path))
    *whole, parts = both_ways(file.read(), 40.0, source=file)
    assert len(parts) > 2
    assert_same(*whole, parts)
    assert parts[-1].fraction == 1.0
    assert all(0 < p.fraction <= 1 for p in parts)
    assert parts[-1].end == pytest.approx(180)


def test_no_block_holds_much_more_than_itself():
    record, _ = patient(minutes=5, seed=10)
    *_, parts = both_ways(record, 30.0)
    assert max(p.prepared.duration for p in parts) <= 30 * 1.5 + 2 * P.context + 2 * P.window


def test_trimming_keeps_the_clock():
    record, _ = patient(minutes=0.5, seed=11)
    whole = prepare(*record.channels, P)
    part = trimmed(whole, 4.0, 12.0)
    assert part.start == 4.0
    assert part.duration == 8.0
    np.testing.assert_array_equal(part.samples, whole.samples[:, 500:1500])
    np.testing.assert_array_equal(part.clipped, whole.clipped[:, 500:1500])


def test_reading_in_memory_gives_every_sample_once():
    record, _ = patient(minutes=0.5, seed=12, ecg_rate=250, ppg_rate=62.5)
    shifted = [replace(c, start=s) for c, s in zip(record.channels, (0.0, 0.013), strict=True)]
    source = InMemory(record=record.with_channels(*shifted))
    edges = [0, 0.1, 7.3, 7.304, 20.0, None]
    for i, c in enumerate(shifted):
        pieces = [source.read(a, b).channels[i] for a, b in pairwise(edges)]
        np.testing.assert_array_equal(np.concatenate([p.samples for p in pieces]), c.samples)
        for a, p in zip(edges[:-1], pieces, strict=True):
            assert len(p.samples) == 0 or p.start >= a - 1e-6
