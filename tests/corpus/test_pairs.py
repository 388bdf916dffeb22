from dataclasses import replace

import numpy as np
import pytest

from cardioprint.corpus.pairs import COUNTS, build, lag_of, open_pairs
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import Preparation, prepare_record
from cardioprint.simulate import patient
from cardioprint.types import Channel, Modality

P = Preparation()


def late(record, seconds):
    """Return the record with its PPG delayed, as by a monitor."""
    ecg, ppg = record.channels
    return record.with_channels(ecg, replace(ppg, start=seconds))


def test_what_is_stored_is_the_prepared_signal(tmp_path):
    record, _ = patient(minutes=1.5, seed=1, events=False)
    report = build([(record, "a")], tmp_path, P)
    pairs = open_pairs(tmp_path)
    prepared = prepare_record(record, P).samples
    assert pairs.samples.dtype == np.int16
    assert report["stretches"] == 1
    assert pairs.hours == pytest.approx(90 / 3600, rel=0.01)
    for channel in range(2):
        stored = pairs.samples[:, channel].astype(float) / COUNTS
        x = prepared[channel, : len(stored)]
        scale = np.percentile(np.abs(x), 75) / 0.6745
        np.testing.assert_allclose(stored, np.clip(x / scale, -21.8, 21.8), atol=1e-3)


def test_gaps_divide_and_short_pieces_are_counted_not_kept(tmp_path):
    record, truth = patient(minutes=3, seed=2)
    gap = next(a for a in truth.artefacts if a.kind == "gap")
    report = build([(record, "a")], tmp_path, P)
    pairs = open_pairs(tmp_path)
    assert report["stretches"] == len(pairs.first) == 2
    assert pairs.length.sum() / 125 == pytest.approx(180 - (gap.stop - gap.start), abs=0.5)
    np.testing.assert_array_equal(pairs.first, [0, pairs.length[0]])
    assert (pairs.length >= P.window_samples).all()


def test_beats_lie_on_the_stored_signal(smoke_pairs):
    p = smoke_pairs
    for channel in range(2):
        assert (np.diff(p.beats[channel]) > 0).all()
        assert p.beats[channel][0] >= 0 and p.beats[channel][-1] < len(p.samples)
    r_peaks = p.beats[0][5:-5]
    around = p.samples[:, 0][r_peaks[:, None] + np.arange(-20, 21)]
    assert np.median(np.abs(np.argmax(around, axis=1) - 20)) <= 1


def test_subjects_and_sources(smoke_pairs):
    assert smoke_pairs.subjects == tuple(f"p{i}" for i in range(6))
    assert smoke_pairs.sources == ("source0", "source1", "source2")
    for subject, source in zip(smoke_pairs.subject, smoke_pairs.source, strict=True):
        assert int(smoke_pairs.subjects[subject][1:]) % 3 == source


@pytest.mark.parametrize("delay", (0.0, 0.2, 0.31))
@pytest.mark.parametrize("heart_rate", (60, 118))
def test_the_monitor_s_delay_is_found(tmp_path, delay, heart_rate):
    """Also where the next beat comes sooner than the delayed pulse."""
    record, _ = patient(minutes=2, seed=3, heart_rate=heart_rate, events=False)
    build([(record, "a"), (late(record, delay), "b")], tmp_path, P)
    pairs = open_pairs(tmp_path)
    lag = {pairs.sources[s]: pairs.lag[pairs.source == s][0] for s in range(2)}
    assert 0.2 < lag["a"] < 0.35
    assert lag["b"] - lag["a"] == pytest.approx(delay, abs=0.025)


def test_two_hearts_are_no_pair(tmp_path):
    one, _ = patient(minutes=2, seed=4, heart_rate=60, events=False)
    two, _ = patient(minutes=2, seed=5, heart_rate=83, events=False)
    mixed = one.with_channels(one.channels[0], two.channels[1])
    report = build([(mixed, "a"), (one, "a")], tmp_path, P)
    assert report["stretches"] == 1
    assert report["hours_disagreeing"] == pytest.approx(2 / 60, rel=0.05)
    with pytest.raises(RecordError, match="no stretch"):
        build([(mixed, "a")], tmp_path / "none", P)


def test_a_constant_channel_is_no_pair(tmp_path):
    record, _ = patient(minutes=1, seed=6, events=False)
    flat = Channel(
        name="PLETH", modality=Modality.PPG, sampling_rate=125, samples=np.full(7500, 2.0)
    )
    with pytest.raises(RecordError):
        build([(record.with_channels(record.channels[0], flat), "a")], tmp_path, P)


def test_lag_of_few_or_unrelated_beats():
    lag, agreement = lag_of(np.arange(4.0), np.arange(4.0) + 0.3)
    assert np.isnan(lag) and agreement == 0
    lag, agreement = lag_of(np.arange(50.0), np.arange(50.0) + 0.3)
    assert lag == pytest.approx(0.3, abs=0.005) and agreement == 1
    lag, agreement = lag_of(np.arange(50.0), np.arange(50.0) + 0.95)
    assert np.isnan(lag) and agreement == 0
