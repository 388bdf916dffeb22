import itertools

import numpy as np
import pytest
import wfdb

from cardioprint.errors import (
    TruncatedFileError,
)
from cardioprint.readers import open_record, read_record
from wfdb_files import write

rng = np.random.default_rng(0)


def write_mixed(folder, frames=400, per_frame=(4, 1, 2), skew=(None, None, None)):
    """ECG at 500 Hz, ABP at 125 Hz and PPG at 250 Hz in frames of 125 Hz."""
    digital = [rng.integers(-2000, 2000, frames * n) for n in per_frame]
    record = wfdb.Record(
        record_name="mixed",
        n_sig=3,
        fs=125,
        sig_len=frames,
        samps_per_frame=list(per_frame),
        file_name=["mixed.dat"] * 3,
        fmt=["16"] * 3,
        adc_gain=[1000.0, 10.0, 100.0],
        baseline=[0, 0, 0],
        units=["uV", "mmHg", "NU"],
        sig_name=["ECG II", "ABP", "PLETH"],
        skew=list(skew),
        e_d_signal=digital,
        adc_res=[16] * 3,
        adc_zero=[0] * 3,
        init_value=[int(d[0]) for d in digital],
        checksum=[int(d.sum() % 65536) for d in digital],
        block_size=[0] * 3,
    )
    record.wrsamp(expanded=True, write_dir=str(folder))
    return folder / "mixed.hea", digital


def edit(header, old, new):
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))


@pytest.mark.parametrize("fmt", ["16", "80", "212", "24", "32"])
def test_formats_keep_their_values(tmp_path, fmt):
    signals = np.round(rng.uniform(-0.5, 0.5, size=(999, 2)), 2)
    path = write(tmp_path, signals=signals, fmt=fmt)
    record = read_record(path)
    step = 0.02 if fmt == "80" else 1e-3
    for channel, truth in zip(record.channels, signals.T, strict=True):
        np.testing.assert_allclose(channel.samples, truth, atol=step)
    assert [(c.modality, c.lead, c.unit) for c in record.channels] == [
        ("ecg", "II", "mV"),
        ("ppg", "", "NU"),
    ]


def test_record_is_found_by_header_data_or_bare_name(tmp_path):
    path = write(tmp_path)
    for name in (path, path.with_suffix(""), path.with_suffix(".dat"), str(path)):
        assert open_record(name).path == path


def test_missing_samples_are_nan_and_one_channel_may_be_absent(tmp_path):
    signals = rng.normal(size=(500, 2))
    signals[10:20, 0] = np.nan
    signals[:, 1] = np.nan
    signals[0, 1] = 0.5
    ecg, ppg = read_record(write(tmp_path, signals=signals)).channels
    assert np.isnan(ecg.samples[10:20]).all() and np.isfinite(ecg.samples[20:]).all()
    assert np.isnan(ppg.samples[1:]).all()


def test_mixed_rates_stay_native_and_units_become_millivolts(tmp_path):
    path, digital = write_mixed(tmp_path)
    ecg, abp, ppg = read_record(path).channels
    assert [c.sampling_rate for c in (ecg, abp, ppg)] == [500, 125, 250]
    np.testing.assert_allclose(ecg.samples, digital[0] / 1000 * 1e-3, rtol=1e-6)
    np.testing.assert_allclose(ppg.samples, digital[2] / 100, rtol=1e-6)
    assert abp.modality == "other" and abp.unit == "mmHg"


@pytest.mark.parametrize("skew", [(None,) * 3, (3, None, 1)])
@pytest.mark.parametrize("length", [0.1, 1 / 3, 1.0])
def test_blocks_join_to_the_whole(tmp_path, skew, length):
    path, _ = write_mixed(tmp_path, skew=skew)
    file = open_record(path)
    whole = file.read()
    bounds = np.arange(0, file.duration + length, length)
    blocks = [file.read(a, b) for a, b in itertools.pairwise(bounds) if a < 3.2]
    for i, channel in enumerate(whole.channels):
        joined = np.concatenate([b.channels[i].samples for b in blocks])
        np.testing.assert_array_equal(joined, channel.samples)
        for block in blocks:
            first = block.channels[i].start * channel.sampling_rate
            assert first == pytest.approx(round(first), abs=1e-6)


def test_skewed_signals_are_shifted_by_their_own_skew(tmp_path):
    path, digital = write_mixed(tmp_path, skew=(3, None, 1))
    ecg, abp, ppg = read_record(path).channels
    np.testing.assert_allclose(ecg.samples[:-12], digital[0][12:] * 1e-6, rtol=1e-6)
    assert np.isnan(ecg.samples[-12:]).all() and np.isnan(ppg.samples[-2:]).all()
    np.testing.assert_allclose(abp.samples, digital[1] / 10, rtol=1e-6)


def test_a_part_touches_only_that_part_of_the_file(tmp_path, monkeypatch):
    path = write(tmp_path, signals=rng.normal(size=(100_000, 2)))
    file = open_record(path)
    seen = []
    real = wfdb.rdrecord
    monkeypatch.setattr(wfdb, "rdrecord", lambda *a, **k: seen.append(k) or real(*a, **k))
    record = file.read(10, 12, channels=["PLETH"])
    assert [c.name for c in record.channels] == ["PLETH"]
    assert (seen[0]["sampfrom"], seen[0]["sampto"], seen[0]["channels"]) == (2500, 3000, [1])


def segments(folder):
    a = rng.normal(size=(500, 2))
    b = rng.normal(size=(250, 1))
    write(folder, "s1", signals=a)
    write(folder, "s2", signals=b, units=["NU"], names=["PLETH"])
    return a, b


def test_variable_layout_fills_gaps_with_nan(tmp_path):
    a, b = segments(tmp_path)
    (tmp_path / "layout.hea").write_text(
        "layout 2 250 0\n~ 0 1/mV 0 0 0 0 0 II\n~ 0 1 0 0 0 0 0 P\n"
    )
    edit(tmp_path / "layout.hea", "~ 0 1 0 0 0 0 0 P\n", "~ 0 1/NU 0 0 0 0 0 PLETH\n")
    (tmp_path / "m.hea").write_text("m/4 2 250 850\nlayout 0\ns1 500\n~ 100\ns2 250\n")
    file = open_record(tmp_path / "m")
    ecg, ppg = file.read().channels
    np.testing.assert_allclose(ecg.samples[:500], a[:, 0], atol=1e-3)
    assert np.isnan(ecg.samples[500:]).all() and np.isnan(ppg.samples[500:600]).all()
    np.testing.assert_allclose(ppg.samples[600:], b[:, 0], atol=1e-3)
    part = file.read(1.0, 3.0).channels
    np.testing.assert_array_equal(part[1].samples, ppg.samples[250:750])
    assert part[0].start == 1.0


def test_fixed_layout_joins_segments(tmp_path):
    a, b = rng.normal(size=(100, 2)), rng.normal(size=(60, 2))
    write(tmp_path, "s1", signals=a)
    write(tmp_path, "s2", signals=b)
    (tmp_path / "m.hea").write_text("m/2 2 250 160\ns1 100\ns2 60\n")
    ecg, _ = read_record(tmp_path / "m.hea").channels
    np.testing.assert_allclose(ecg.samples, np.r_[a[:, 0], b[:, 0]], atol=1e-3)


def test_segment_shorter_than_promised(tmp_path):
    write(tmp_path, "s1")
    (tmp_path / "m.hea").write_text("m/1 2 250 5000\ns1 5000\n")
    with pytest.raises(TruncatedFileError, match="holds 1000"):
        open_record(tmp_path / "m.hea")


def ludb(folder, *, exact=True):
    counts = rng.integers(-500, 500, size=(2000, 12)) + np.arange(12) * rng.integers(
        0, 9, (2000, 1)
    )
    gains = np.ptp(counts, axis=0) + (0 if exact else 3)
    names = ["i", "ii", "iii", "avr", "avl", "avf", "v1", "v2", "v3", "v4", "v5", "v6"]
    lines = ["x 12 500 2000"]
    lines += [
        f"x.dat 16 {g}({i})/mV 0 0 0 0 0 {n}"
        for i, (g, n) in enumerate(zip(gains, names, strict=True))
    ]
    (folder / "x.hea").write_text("\n".join(lines))
    counts.astype("<i2").tofile(folder / "x.dat")
    return counts, gains


def test_ludb_gains_are_replaced_by_one_microvolt(tmp_path):
    counts, _ = ludb(tmp_path)
    record = read_record(tmp_path / "x.hea")
    np.testing.assert_allclose(record.channels[3].samples, counts[:, 3] * 1e-3, atol=1e-6)
    assert "1 uV per count" in record.notes["calibration"]


def test_ludb_rule_leaves_true_gains_alone(tmp_path):
    counts, gains = ludb(tmp_path, exact=False)
    record = read_record(tmp_path / "x.hea")
    np.testing.assert_allclose(record.channels[3].samples, (counts[:, 3] - 3) / gains[3], rtol=1e-5)
    assert "calibration" not in record.notes
