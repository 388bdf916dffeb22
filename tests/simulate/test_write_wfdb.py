from dataclasses import replace

import numpy as np
import pytest
import wfdb

from cardioprint.errors import ChannelError, SamplingRateError
from cardioprint.simulate import patient, write_wfdb
from cardioprint.types import Modality


def read(path):
    return wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False)


@pytest.mark.parametrize(
    "ecg_rate, ppg_rate, frame_rate, per_frame",
    [
        (250.0, 125.0, 125, [2, 1]),
        (256.0, 100.0, 4, [64, 25]),
        (125.0, 125.0, 125, [1, 1]),
        (250.0, 62.5, 62.5, [4, 1]),
    ],
)
def test_round_trip_at_native_rates(tmp_path, ecg_rate, ppg_rate, frame_rate, per_frame):
    record, _ = patient(minutes=0.5, seed=1, ecg_rate=ecg_rate, ppg_rate=ppg_rate)
    path = write_wfdb(record, tmp_path / "new")
    assert path.suffix == ".hea"
    assert path.exists()
    back = read(path)
    assert (back.fs, back.samps_per_frame) == (frame_rate, per_frame)
    assert back.sig_name == ["II", "PLETH"]
    assert back.units == ["mV", "NU"]
    assert any("simulated" in comment for comment in back.comments)
    for channel, samples, gain in zip(record.channels, back.e_p_signal, back.adc_gain, strict=True):
        kept = samples[: len(channel.samples)]
        assert np.isnan(samples[len(channel.samples) :]).all()
        np.testing.assert_array_equal(np.isnan(kept), np.isnan(channel.samples))
        np.testing.assert_allclose(kept, channel.samples, atol=0.51 / gain)
        assert 1 / gain < 1e-3
    assert np.isnan(back.e_p_signal[0]).any()


def test_annotations_are_the_beats(tmp_path):
    record, truth = patient(minutes=1, seed=4)
    path = write_wfdb(record, tmp_path, truth=truth)
    beats = wfdb.rdann(str(path.with_suffix("")), "atr")
    assert beats.symbol == truth.kinds.tolist()
    np.testing.assert_allclose(beats.sample / read(path).fs, truth.r_peaks, atol=0.5 / 125 + 1e-9)


def test_no_truth_no_annotations(tmp_path):
    record, _ = patient(minutes=0.25)
    write_wfdb(record, tmp_path)
    assert not list(tmp_path.glob("*.atr"))


def test_a_missing_channel_stays_missing(tmp_path):
    record, _ = patient(minutes=0.25, events=False)
    ecg, ppg = record.channels
    absent = replace(ppg, samples=np.full_like(ppg.samples, np.nan))
    back = read(write_wfdb(record.with_channels(ecg, absent), tmp_path))
    assert np.isnan(back.e_p_signal[1]).all()
    assert np.isfinite(back.e_p_signal[0]).all()


def test_a_flat_channel_stays_flat(tmp_path):
    record, _ = patient(minutes=0.25, events=False)
    (ppg,) = record.of(Modality.PPG)
    flat = replace(ppg, samples=np.full_like(ppg.samples, 7.5))
    back = read(write_wfdb(record.with_channels(flat), tmp_path))
    np.testing.assert_allclose(back.e_p_signal[0], 7.5, rtol=1e-4)


def test_a_late_channel_is_refused(tmp_path):
    record, _ = patient(minutes=0.25)
    ecg, ppg = record.channels
    with pytest.raises(ChannelError, match="PLETH"):
        write_wfdb(record.with_channels(ecg, replace(ppg, start=1.0)), tmp_path)


def test_rates_without_a_common_frame_are_refused(tmp_path):
    record, _ = patient(minutes=0.25, ecg_rate=9973.0, ppg_rate=125.0)
    with pytest.raises(SamplingRateError, match="common frame"):
        write_wfdb(record, tmp_path)
