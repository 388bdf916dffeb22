"""Every file under formats/ against numbers decoded here by other means than the readers'."""

import csv
import re

import numpy as np
import pytest
import scipy.io

from cardioprint.errors import RecordError
from cardioprint.readers import find_records, open_record, read_record


@pytest.fixture(scope="module")
def formats(shared_data):
    return shared_data / "formats"


def header(path):
    """Gains, baselines, units and names, straight from the text."""
    lines = [ln.split() for ln in path.read_text().splitlines() if ln and ln[0] != "#"]
    rows = []
    for line in lines[1:]:
        gain = re.match(r"([-\d.e+]+)(?:\((-?\d+)\))?(?:/(\w+))?", line[2])
        baseline = int(gain[2]) if gain[2] else int(line[4])
        rows.append((float(gain[1]), baseline, gain[3] or "mV", " ".join(line[8:])))
    return float(lines[0][2]), rows


def decode_212(path, n_signals):
    raw = np.fromfile(path, np.uint8).reshape(-1, 3).astype(np.int32)
    first = raw[:, 0] | (raw[:, 1] & 0x0F) << 8
    second = raw[:, 2] | (raw[:, 1] >> 4) << 8
    counts = np.stack([first, second], axis=1).reshape(-1)
    return np.where(counts > 2047, counts - 4096, counts).reshape(-1, n_signals)


def check(record, rate, rows, counts, *, gains=None):
    assert [c.name for c in record.channels] == [r[3] for r in rows]
    for i, (channel, (gain, baseline, unit, _)) in enumerate(
        zip(record.channels, rows, strict=True)
    ):
        assert channel.sampling_rate == rate and channel.unit == unit
        truth = (counts[:, i] - baseline) / gain if gains is None else counts[:, i] / gains
        lost = counts[:, i] == -32768
        np.testing.assert_allclose(channel.samples[~lost], truth[~lost], rtol=1e-5, atol=1e-6)
        assert np.isnan(channel.samples[lost]).all()


@pytest.mark.parametrize("name", ["1", "10", "100"])
def test_cinc2015(formats, name):
    path = formats / "cinc2015_wfdb" / f"{name}.hea"
    rate, rows = header(path)
    counts = scipy.io.loadmat(path.with_suffix(".mat"))["val"].T
    record = read_record(path)
    check(record, rate, rows, counts)
    assert len(record.of("ppg")) == 1 and len(record.of("ecg")) == 2


@pytest.mark.parametrize("name", ["A00001", "A00004"])
def test_cinc2017(formats, name):
    path = formats / "cinc2017_mat" / f"{name}.mat"
    rate, rows = header(path.with_suffix(".hea"))
    check(read_record(path), rate, rows, scipy.io.loadmat(path)["val"].T)


def test_mitdb(formats):
    path = formats / "mitdb_wfdb" / "100.hea"
    rate, rows = header(path)
    counts = decode_212(path.with_suffix(".dat"), 2)
    file = open_record(path)
    check(file.read(), rate, rows, counts)
    part = file.read(1000.001, 1001).channels[1]
    first = 360_001  # the first sample after 1000.001 s
    assert part.start == pytest.approx(first / 360)
    np.testing.assert_allclose(part.samples, (counts[first:360_360, 1] - 1024) / 200, atol=1e-6)


@pytest.mark.parametrize("folder", ["records100", "records500"])
def test_ptbxl(formats, folder):
    paths = sorted((formats / "ptbxl" / folder).rglob("*.hea"))
    assert len(paths) == 3
    for path in paths:
        rate, rows = header(path)
        counts = np.fromfile(path.with_suffix(".dat"), "<i2").reshape(-1, 12)
        record = read_record(path)
        check(record, rate, rows, counts)
        assert [c.lead for c in record.channels][3:7] == ["aVR", "aVL", "aVF", "V1"]


@pytest.mark.parametrize("name", ["1", "8"])
def test_ludb_counts_are_microvolts(formats, name):
    path = formats / "ludb_wfdb" / f"{name}.dat"
    rate, rows = header(path.with_suffix(".hea"))
    counts = np.fromfile(path, "<i2").reshape(-1, 12)
    record = read_record(path)
    check(record, rate, rows, counts, gains=1000)
    assert "calibration" in record.notes
    one, two, three = (c.samples for c in record.channels[:3])
    # Einthoven's law holds in true units only: with the header's gains it fails.
    np.testing.assert_allclose(one + three, two, atol=0.003)


@pytest.mark.parametrize("name", ["bidmc_01", "bidmc_02"])
def test_bidmc(formats, name):
    path = formats / "bidmc_csv" / f"{name}_Signals.csv"
    with path.open() as stream:
        names, *rows = list(csv.reader(stream, skipinitialspace=True))
    table = np.array(rows, float)
    record = read_record(path, units="mV")
    assert [c.name for c in record.channels] == names[1:]
    for i, channel in enumerate(record.channels, start=1):
        assert channel.sampling_rate == 125
        np.testing.assert_allclose(channel.samples, table[:, i], rtol=1e-6)
    with pytest.raises(RecordError, match="no unit is stated"):
        open_record(path)
    for side in ("Numerics.csv", "Breaths.csv", "Fix.txt"):
        with pytest.raises(RecordError):
            open_record(path.with_name(f"{name}_{side}"))


def test_uci_bp(formats):
    path = formats / "uci_bp_csv" / "Part_1_1000.csv"
    rows = [np.array(line.split(","), float) for line in path.read_text().splitlines()]
    columns = {0: "ppg:finger", 1: "other::mmHg", 2: "ecg:II:a.u."}
    record = read_record(path, columns=columns, sampling_rate=125)
    for channel, row in zip(record.channels, rows, strict=True):
        np.testing.assert_allclose(channel.samples, row, rtol=1e-6)
    assert [c.unit for c in record.channels] == ["", "mmHg", "a.u."]


@pytest.mark.parametrize(
    ("name", "n"), [("2_1", 2100), ("2_2", 2100), ("2_3", 2100), ("231_1", 4200)]
)
def test_ppg_bp(formats, name, n):
    path = formats / "ppg_bp_txt" / f"{name}.txt"
    record = read_record(path, columns={0: "ppg:finger"}, sampling_rate=1000)
    truth = np.array(path.read_text().split(), float)
    assert len(truth) == n
    np.testing.assert_array_equal(record.channels[0].samples, truth.astype("f4"))


def test_troika(formats):
    path = formats / "troika_mat" / "DATA_01_TYPE01.mat"
    sig = scipy.io.loadmat(path)["sig"]
    columns = {"sig[0]": "ecg::a.u.", "sig[1]": "ppg:wrist", "sig[2]": "ppg:wrist"}
    record = read_record(path, columns=columns, sampling_rate=125)
    for i, channel in enumerate(record.channels):
        np.testing.assert_allclose(channel.samples, sig[i], rtol=1e-6)


def test_liu(formats):
    path = formats / "liu_mat" / "MPA_181220181216.mat"
    segments = scipy.io.loadmat(path)["ppgseg"]
    record = read_record(path, columns={"ppgseg[198]": "ppg"}, sampling_rate=100)
    np.testing.assert_allclose(record.channels[0].samples, segments[198], rtol=1e-6)


def test_code15(formats):
    paths = sorted((formats / "code15" / "org").glob("*.mat"))
    assert len(paths) == 10
    for path in paths:
        raw = scipy.io.loadmat(path)
        record = read_record(path, columns={"feats[0]": "ecg:I:mV", "feats[11]": "ecg:V6:mV"})
        assert {c.sampling_rate for c in record.channels} == {raw["curr_sample_rate"].item()}
        np.testing.assert_array_equal(record.channels[1].samples, raw["feats"][11])


def test_welltory(formats):
    path = formats / "welltory_csv" / "PPG.csv"
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    record = read_record(path, columns={"time": "time_ms", "R": "ppg:finger"})
    red = record.channels[0]
    assert "irregular" in record.notes["resampled"]
    assert red.duration == pytest.approx(table[-1, 0] / 1000, abs=0.1)
    grid = np.arange(len(red.samples)) / red.sampling_rate
    expected = np.interp(grid, (table[:, 0] - table[0, 0]) / 1000, table[:, 1])
    seen = np.isfinite(red.samples)
    assert seen.mean() > 0.99
    np.testing.assert_allclose(red.samples[seen], expected[seen], rtol=1e-5)


def test_every_recording_is_found_and_nothing_else(formats):
    found = {str(p.relative_to(formats)) for p in find_records(formats)}
    for side in ("Numerics", "Breaths", "REF_", "meta", "label", "REFERENCE", "scp", "RR", "y.npy"):
        assert not any(side in name for name in found)
    counts = {}
    for name in found:
        folder = name.split("/")[0]
        counts[folder] = counts.get(folder, 0) + 1
    assert counts == {
        "bidmc_csv": 2,
        "cinc2015_wfdb": 3,
        "cinc2017_mat": 2,
        "code15": 10,
        "liu_mat": 1,
        "ludb_wfdb": 2,
        "mitdb_wfdb": 1,
        "ppg_bp_txt": 4,
        "ptbxl": 6,
        "troika_mat": 1,
        "uci_bp_csv": 1,
        "welltory_csv": 1,
    }


def test_side_files_are_refused_in_words(formats):
    others = [p for p in formats.rglob("*") if p.is_file()]
    records = set(find_records(formats))
    refused = 0
    for path in others:
        if path in records or path.with_suffix(".hea") in records:
            continue
        with pytest.raises(RecordError) as caught:
            open_record(path)
        assert caught.value.fix
        refused += 1
    assert refused > 10
