import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from cardioprint.errors import (
    ChannelError,
    RecordError,
    SamplingRateError,
    TimestampError,
    TruncatedFileError,
    UnitError,
    UnknownFormatError,
)
from cardioprint.readers import open_record, read_record

N = 400
ECG = np.sin(np.arange(N) / 9).round(4)
PPG = np.cos(np.arange(N) / 20).round(4)


def save(folder, header, columns, *, name="x.csv", sep=",", comma=False):
    lines = [sep.join(str(v) for v in row) for row in zip(*columns, strict=True)]
    lines = [line.replace(".", ",") for line in lines] if comma else lines
    path = folder / name
    path.write_text("\n".join(([header] if header else []) + lines) + "\n", encoding="utf-8")
    return path


def test_names_units_and_time_from_the_header(tmp_path):
    path = save(tmp_path, "Time [s], II [uV], PLETH", [np.arange(N) / 250, ECG * 1000, PPG])
    record = read_record(path)
    ecg, ppg = record.channels
    assert (ecg.name, ecg.lead, ecg.unit, ecg.sampling_rate) == ("II [uV]", "II", "mV", 250)
    np.testing.assert_allclose(ecg.samples, ECG, atol=1e-6)
    np.testing.assert_allclose(ppg.samples, PPG, atol=1e-6)
    assert "resampled" not in record.notes


def test_row_of_units_below_the_names(tmp_path):
    header = "'Elapsed time','MLII','PLETH'\n'seconds','mV','NU'"
    path = save(tmp_path, header, [np.arange(N) / 125, ECG, PPG])
    assert [(c.unit, c.sampling_rate) for c in open_record(path).channels] == [
        ("mV", 125),
        ("NU", 125),
    ]


@pytest.mark.parametrize(
    ("sep", "name", "comma"), [("\t", "x.tsv", False), (";", "x.csv", True), ("  ", "x.txt", False)]
)
def test_delimiters(tmp_path, sep, name, comma):
    path = save(tmp_path, "", [ECG, PPG], sep=sep, name=name, comma=comma)
    record = read_record(path, columns={1: "ppg:finger", "0": "ecg:II:mV"}, sampling_rate=100)
    np.testing.assert_allclose(record.channels[1].samples, ECG, atol=1e-6)
    assert [c.name for c in record.channels] == ["PPG", "II"]


@pytest.mark.parametrize("label", ["", "PPG,"])
def test_rows_as_channels(tmp_path, label):
    path = tmp_path / "x.csv"
    rows = [label + ",".join(map(str, PPG)), ",".join(map(str, ECG)) + ("," if not label else "")]
    path.write_text("\n".join(rows if not label else rows[:1]) + "\n")
    if label:
        assert read_record(path, sampling_rate=125).channels[0].name == "PPG"
    else:
        record = read_record(path, columns={0: "ppg", 1: "ecg:II:mV"}, sampling_rate=125)
        np.testing.assert_allclose(record.channels[1].samples, ECG, atol=1e-6)


def test_rows_of_unequal_length(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(",".join(map(str, PPG)) + "\n" + ",".join(map(str, ECG[:-5])) + "\n")
    with pytest.raises(TruncatedFileError, match="400, 395"):
        open_record(path, columns={0: "ppg"}, sampling_rate=125)


def test_missing_cells_are_nan_and_text_is_an_error(tmp_path):
    cells = [str(v) for v in PPG]
    cells[3], cells[5], cells[7] = "", "NaN", "-"
    path = save(tmp_path, "PPG,who", [cells, ["a"] * N])
    ppg = read_record(path, sampling_rate=50).channels[0].samples
    assert np.flatnonzero(np.isnan(ppg)).tolist() == [3, 5, 7]
    with pytest.raises(ChannelError, match="not a series"):
        open_record(path, columns={"who": "ppg"}, sampling_rate=50)


def test_all_missing(tmp_path):
    path = save(tmp_path, "PPG,ECG [mV]", [["nan"] * N, [""] * N])
    with pytest.raises(ChannelError, match="single number"):
        read_record(path, sampling_rate=50)


def test_one_channel_missing_is_an_absent_modality(tmp_path):
    path = save(tmp_path, "PPG,ECG [mV]", [PPG, ["nan"] * N])
    assert read_record(path, sampling_rate=50).channels[1].is_missing


@pytest.mark.parametrize("rate", [None, 0, -5, 1e9, float("nan"), "fast"])
def test_rates_that_cannot_be(tmp_path, rate):
    path = save(tmp_path, "PPG", [PPG])
    with pytest.raises(SamplingRateError):
        open_record(path, sampling_rate=rate)


@pytest.mark.parametrize("unit", ["", "NU", "furlong"])
def test_units_of_an_ecg(tmp_path, unit):
    path = save(tmp_path, "II", [ECG])
    units = {"II": unit} if unit else None
    with pytest.raises(UnitError, match="units="):
        open_record(path, sampling_rate=250, units=units)
    assert open_record(path, sampling_rate=250, units="V").channels[0].unit == "mV"
    kept = read_record(path, sampling_rate=250, columns={"II": "ecg:II:a.u."}).channels[0]
    assert kept.unit == "a.u."
    np.testing.assert_allclose(kept.samples, ECG, atol=1e-6)


def test_headerless_names_can_be_given_units(tmp_path):
    path = save(tmp_path, "", [ECG, PPG])
    channel = read_record(path, columns={0: "ecg"}, units={"ECG": "V"}, sampling_rate=250).channels
    np.testing.assert_allclose(channel[0].samples, ECG * 1000, rtol=1e-5)


@pytest.mark.parametrize("rate", [125, 360, 500, 1000])
def test_rounded_time_stamps_are_regular(tmp_path, rate):
    path = save(tmp_path, "time_ms,PPG", [np.round(np.arange(N) * 1000 / rate).astype(int), PPG])
    record = read_record(path)
    assert record.channels[0].sampling_rate == rate
    assert "resampled" not in record.notes


def test_stamps_with_too_few_digits_repeat(tmp_path):
    times = np.array([float(f"{t:.5g}") for t in np.arange(20_000) / 125])
    assert (np.diff(times) == 0).any()
    path = save(tmp_path, "Time [s],PPG", [times, np.resize(PPG, 20_000)])
    assert open_record(path).channels[0].sampling_rate == 125


def test_irregular_stamps_are_interpolated_and_said(tmp_path):
    times = np.cumsum(np.random.default_rng(0).uniform(20, 45, N)).round(1)
    path = save(tmp_path, "time_ms,PPG", [times, times * 2])
    record = read_record(path)
    ppg = record.channels[0]
    grid = times[0] + np.arange(len(ppg.samples)) * 1000 / ppg.sampling_rate
    np.testing.assert_allclose(ppg.samples, grid * 2, rtol=1e-5)  # a line stays a line
    assert "irregular" in record.notes["resampled"]
    assert read_record(path, sampling_rate=40).channels[0].sampling_rate == 40


def test_gaps_become_nan_and_the_rest_stays(tmp_path):
    times = np.delete(np.arange(N) / 125, np.r_[50, 200:260])
    path = save(tmp_path, "Time [s],PPG", [times, np.delete(PPG, np.r_[50, 200:260])])
    ppg = read_record(path).channels[0]
    assert ppg.sampling_rate == 125 and len(ppg.samples) == N
    assert np.flatnonzero(np.isnan(ppg.samples)).tolist() == list(range(200, 260))
    kept = np.delete(np.arange(N), np.r_[50, 200:260])
    np.testing.assert_allclose(ppg.samples[kept], PPG[kept], atol=1e-5)


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda t: np.r_[t[:10], t[9], t[11:]], "repeats at row 10"),
        (lambda t: np.r_[t[:10], t[5], t[11:]], "runs backwards at row 10"),
        (lambda t: np.r_[t[:10], np.nan, t[11:]], "row 10 of the data has no time"),
        (lambda t: t * 0, "repeats"),
    ],
)
def test_time_stamps_that_cannot_be(tmp_path, spoil, match):
    path = save(tmp_path, "Time [s],PPG", [spoil(np.arange(N) / 125), PPG])
    with pytest.raises(TimestampError, match=match):
        open_record(path)


def test_time_without_a_unit(tmp_path):
    path = save(tmp_path, "time,PPG", [np.arange(N) * 8, PPG])
    with pytest.raises(TimestampError, match="unit it does not name"):
        open_record(path)
    assert open_record(path, sampling_rate=125).channels[0].sampling_rate == 125
    spec = {"time": "time_ms", "PPG": "ppg"}
    assert open_record(path, columns=spec).channels[0].sampling_rate == 125
    with pytest.raises(SamplingRateError):
        open_record(path, columns=spec | {"time": "time"})  # 0.125 Hz


def test_rate_against_time(tmp_path):
    path = save(tmp_path, "Time [s],PPG", [np.arange(N) / 125, PPG])
    with pytest.raises(SamplingRateError, match="the times say 125"):
        open_record(path, sampling_rate=250)


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({"nope": "ppg"}, "no column 'nope'"),
        ({9: "ppg"}, "no column 9"),
        ({"PPG": "banana"}, "known: ecg, ppg, other"),
        ({"PPG": "time_ms"}, "runs backwards"),
        ({}, "names no ECG"),
    ],
)
def test_columns_that_cannot_be(tmp_path, columns, match):
    path = save(tmp_path, "PPG,HR", [PPG, ECG])
    with pytest.raises((ChannelError, TimestampError), match=match):
        open_record(path, columns=columns, sampling_rate=125)


def test_names_that_stand_twice(tmp_path):
    path = save(tmp_path, "PPG,PPG", [PPG, ECG])
    with pytest.raises(ChannelError, match="more than once"):
        open_record(path, sampling_rate=125)
    with pytest.raises(ChannelError, match="stands 2 times"):
        open_record(path, sampling_rate=125, columns={"PPG": "ppg"})


def test_nothing_recognised(tmp_path):
    path = save(tmp_path, "HR,RESP", [PPG, ECG])
    with pytest.raises(ChannelError, match="none of 'HR', 'RESP' is recognised"):
        open_record(path, sampling_rate=125)


def test_ragged_and_binary_files(tmp_path):
    path = save(tmp_path, "PPG,HR", [PPG, ECG])
    path.write_text(path.read_text()[:-12].rsplit(",", 1)[0] + "\n")
    with pytest.raises(RecordError, match="cannot read the table"):
        open_record(path, sampling_rate=125)
    path.write_bytes(bytes(range(256)) * 8)
    with pytest.raises(UnknownFormatError, match="not text"):
        open_record(path, sampling_rate=125)
    path.write_text("# only a comment\n")
    with pytest.raises(RecordError, match="no rows"):
        open_record(path, sampling_rate=125)
    path.write_text("PPG,II\n")
    with pytest.raises(RecordError):
        read_record(path, sampling_rate=125, units="mV")


def test_phone_camera_colours(tmp_path):
    path = save(tmp_path, "time,R,G,B", [np.arange(N) * 33, PPG, PPG, PPG])
    channels = open_record(path, sampling_rate=1000 / 33).channels
    assert [(c.name, c.modality, c.site) for c in channels] == [(n, "ppg", "camera") for n in "RGB"]


def test_parquet(tmp_path):
    path = tmp_path / "x.parquet"
    parquet.write_table(
        pa.table({"II [mV]": ECG, "PLETH": PPG.astype("f4"), "who": ["a"] * N, "HR": [1] * N}), path
    )
    record = read_record(path, sampling_rate=250)
    assert [c.name for c in record.channels] == ["II [mV]", "PLETH", "HR"]
    np.testing.assert_array_equal(record.channels[0].samples, ECG.astype("f4"))
    only = read_record(path, sampling_rate=250, columns={"II": "ecg"})
    assert [c.unit for c in only.channels] == ["mV"]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordError, match="Parquet"):
        open_record(path, sampling_rate=250)


def test_parquet_with_dates(tmp_path):
    path = tmp_path / "x.parquet"
    start = np.datetime64("2024-05-01T10:00:00", "ns")
    times = start + (np.arange(N) * 4_000_000).astype("timedelta64[ns]")
    parquet.write_table(pa.table({"timestamp": times, "PPG": PPG}), path)
    assert open_record(path).channels[0].sampling_rate == 250
