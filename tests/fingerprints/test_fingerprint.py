"""One call from a recording to vectors: the same recording, however it is given, is the same."""

from dataclasses import replace

import numpy as np
import pytest

from cardioprint.errors import ChannelError, RecordError, UnknownNameError
from cardioprint.fingerprints.pipeline import fingerprint
from cardioprint.readers import open_record
from cardioprint.simulate import patient, write_wfdb
from cardioprint.types import Channel, Modality, Record


@pytest.fixture(scope="module")
def call(tiny_folder):
    """Return `fingerprint` with the small model, in full precision unless asked otherwise."""

    def call(recording, precision="float32", **more):
        return fingerprint(recording, model=tiny_folder, precision=precision, **more)

    return call


@pytest.fixture(scope="module")
def whole(call, simulated):
    return call(simulated[0])


def cosine(a, b):
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def test_a_vector_a_window_and_one_a_record(whole, simulated):
    assert whole.vectors.shape == (30, 256)
    assert whole.vectors.dtype == np.float32
    assert whole.vector.shape == (256,)
    assert len(whole) == 30
    np.testing.assert_allclose(whole.start, np.arange(30) * 10.0)
    assert whole.channels == ("II", "PLETH")
    assert whole.subject == "simulated"
    assert whole.model.startswith("small-")
    assert whole.unused == 0


def test_windows_differ(whole):
    """Otherwise every comparison below would pass."""
    good = whole.vectors[~whole.abstained]
    assert cosine(good[:-1], good[1:]).mean() < 0.98


def test_record_path_and_open_file_agree(call, simulated, tmp_path):
    path = write_wfdb(simulated[0], tmp_path)
    by_path, by_file = call(path), call(open_record(path))
    np.testing.assert_array_equal(by_path.vectors, by_file.vectors)
    np.testing.assert_allclose(call(str(path)).vector, by_path.vector, atol=1e-5)
    in_memory = call(open_record(path).read())
    np.testing.assert_allclose(in_memory.vectors, by_path.vectors, atol=1e-3)
    assert by_path.source == str(path)
    assert in_memory.source == "memory"


@pytest.mark.parametrize("precision, atol", [("float32", 1e-3), ("int8", 0.05)])
def test_block_size_does_not_matter(call, simulated, precision, atol):
    """int8 rounds activations: a difference of 1e-6 in a sample may cross a rounding step."""
    a = call(simulated[0], precision)
    b = call(simulated[0], precision, block=40.0)
    np.testing.assert_array_equal(a.used, b.used)
    np.testing.assert_allclose(a.vectors, b.vectors, atol=atol)
    np.testing.assert_allclose(a.heart_rate, b.heart_rate, atol=0.01)
    assert a.reasons == b.reasons


def test_what_abstains_is_nan_and_says_why(whole, simulated):
    _, truth = simulated
    np.testing.assert_array_equal(np.isnan(whole.vectors).all(axis=1), whole.abstained)
    assert not np.isnan(whole.vectors[~whole.abstained]).any()
    off = next(a for a in truth.artefacts if a.kind == "sensor_off")
    inside = np.flatnonzero((whole.start >= off.start) & (whole.start + 10 <= off.stop))
    for i in inside:
        assert not whole.used[i, 1]
        assert whole.reasons[i].startswith("ppg: ")
        assert "flat" in whole.reasons[i]
    assert len(inside)
    for used, reason in zip(whole.used, whole.reasons, strict=True):
        assert (reason == "") == used.all()
    assert np.isfinite(whole.vector).all()


def test_a_channel_that_is_off_equals_a_channel_removed(call, simulated):
    record = simulated[0]
    ecg, ppg = record.channels
    alone = call(record.with_channels(ecg))
    empty = replace(ppg, samples=np.full_like(ppg.samples, np.nan))
    noise = np.random.default_rng(0).normal(size=len(ppg.samples))
    for other in (empty, replace(ppg, samples=noise), replace(ppg, samples=np.zeros_like(noise))):
        both = call(record.with_channels(ecg, other))
        np.testing.assert_allclose(both.vectors, alone.vectors, atol=1e-5)
        assert not both.used[:, 1].any()
    assert alone.channels == ("II", "")
    assert all("ppg: absent" in r for r in alone.reasons)
    pulse = call(record.with_channels(ppg))
    assert np.isfinite(pulse.vector).all()
    assert cosine(pulse.vector, alone.vector) < 0.999


def test_the_record_s_vector_is_the_mean_weighted_by_quality(whole):
    keep = ~whole.abstained
    weight = np.where(whole.used, whole.quality, np.inf)[keep].min(axis=1).astype(float)
    mean = (weight[:, None] * whole.vectors[keep]).sum(0) / weight.sum()
    np.testing.assert_allclose(whole.vector, mean, atol=1e-5)


def test_int8_is_close_to_float32(call, simulated, whole):
    for channels in (simulated[0].channels, simulated[0].channels[:1], simulated[0].channels[1:]):
        record = simulated[0].with_channels(*channels)
        a, b = call(record), call(record, "int8")
        good = ~a.abstained
        assert cosine(a.vectors[good], b.vectors[good]).min() > 0.995


def test_heart_rate_and_arrival_time(whole, simulated):
    _, truth = simulated
    true = [
        60 / np.median(np.diff(truth.r_peaks[(truth.r_peaks >= s) & (truth.r_peaks < s + 10)]))
        for s in whole.start
    ]
    for channel in range(2):
        off = np.abs(whole.heart_rate[:, channel] - true)
        assert np.nanmedian(off) < 1.0
        np.testing.assert_array_equal(
            np.isnan(whole.heart_rate[:, channel]), ~whole.used[:, channel]
        )
    assert np.nanmedian(whole.arrival_time) == pytest.approx(0.26, abs=0.06)
    assert np.isnan(whole.arrival_time[~whole.used.all(axis=1)]).all()


@pytest.mark.parametrize("seconds, windows", [(0, 0), (0.02, 0), (1.5, 0), (2.0, 1), (3.0, 1)])
def test_short_records(call, simulated, seconds, windows):
    ecg, ppg = simulated[0].channels
    record = Record.from_arrays(
        ecg=ecg.samples[: round(seconds * 250)],
        ppg=ppg.samples[: round(seconds * 125)],
        sampling_rate=125,
        ecg_rate=250,
    )
    result = call(record)
    assert result.vectors.shape == (windows, 256)
    assert result.used.shape == (windows, 2)
    assert result.quality.shape == (windows, 2)
    assert result.start.shape == (windows,)
    assert result.vector.shape == (256,)
    assert len(result.reasons) == windows
    if windows == 0:
        assert np.isnan(result.vector).all()
        assert result.unused == pytest.approx(seconds, abs=0.01)


def test_strides_and_tails(call, simulated):
    record = simulated[0].with_channels(simulated[0].channels[0])
    short = record.with_channels(
        replace(record.channels[0], samples=record.channels[0].samples[: 31 * 250])
    )
    assert call(short).unused == pytest.approx(1.0)
    assert len(call(short, stride=5.0)) == 5
    np.testing.assert_allclose(call(short, stride=5.0).vectors[::2], call(short).vectors, atol=1e-4)
    for wrong in (0.0, -1.0, float("nan")):
        with pytest.raises(RecordError, match="stride"):
            call(short, stride=wrong)


def test_leads_are_asked_for_by_name(call, simulated):
    ecg, ppg = simulated[0].channels
    other = replace(ecg, name="V5", lead="V5", samples=-ecg.samples)
    record = simulated[0].with_channels(other, ecg, ppg)
    assert call(record).channels[0] == "II"
    assert call(record, lead="V5").channels[0] == "V5"
    with pytest.raises(ChannelError, match=r"V5.*II|II.*V5"):
        call(record, lead="V1")


def test_neither_ecg_nor_ppg(call):
    pressure = Channel(
        name="ABP", modality=Modality.OTHER, sampling_rate=125, samples=np.zeros(2500)
    )
    with pytest.raises(ChannelError, match="neither"):
        call(Record(channels=(pressure,)))


def test_unknown_model_and_precision(simulated, tiny_folder):
    with pytest.raises(UnknownNameError, match="model"):
        fingerprint(simulated[0], model="no such model")
    with pytest.raises(UnknownNameError, match="float32"):
        fingerprint(simulated[0], model=tiny_folder, precision="float64")


def test_progress_ends_at_one(call):
    record, _ = patient(minutes=3, seed=1)
    seen = []
    call(record, block=30.0, progress=seen.append)
    assert seen[-1] == 1.0
    assert seen == sorted(seen) and len(seen) > 3
