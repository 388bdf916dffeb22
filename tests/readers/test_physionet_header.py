import numpy as np
import pytest

from cardioprint.errors import (
    ChannelError,
    RecordError,
    SamplingRateError,
    TruncatedFileError,
    UnitError,
    UnsafeFileError,
)
from cardioprint.readers import open_record, read_record
from wfdb_files import write

rng = np.random.default_rng(0)


def edit(header, old, new):
    text = header.read_text()
    assert old in text
    header.write_text(text.replace(old, new))


def test_micro_sign_is_not_lost(tmp_path):
    path = write(tmp_path)
    text = path.read_text().replace("/mV", "/µV")
    path.write_text(text, encoding="utf-8")
    ecg = read_record(path).channels[0]
    plain = path.read_text(encoding="utf-8").replace("/µV", "/uV")
    path.write_text(plain)
    np.testing.assert_array_equal(ecg.samples, read_record(path).channels[0].samples)


def test_uncalibrated_ecg_needs_a_word(tmp_path):
    path = write(tmp_path)
    lines = path.read_text().splitlines()
    fields = lines[1].split()
    gain, baseline = fields[2].split("/")[0].split("(")
    lines[1] = lines[1].replace(fields[2], f"0({baseline}")
    path.write_text("\n".join(lines))
    with pytest.raises(UnitError, match="no unit is stated"):
        open_record(path)
    counts = np.fromfile(path.with_suffix(".dat"), "<i2").reshape(-1, 2)[:, 0]
    ecg = read_record(path, units={"II": "a.u."}).channels[0]
    np.testing.assert_allclose(ecg.samples, counts, atol=0.01)
    assert ecg.unit == "a.u." and gain


def test_nu_for_an_ecg_is_an_error_unless_said(tmp_path):
    path = write(tmp_path, units=("NU", "NU"))
    with pytest.raises(UnitError, match=r"units=\{'II'"):
        open_record(path)
    assert read_record(path, units={"II": "mV"}).channels[0].unit == "mV"


def test_missing_rate(tmp_path):
    path = write(tmp_path)
    edit(path, "rec 2 250 1000", "rec 2")
    with pytest.raises(SamplingRateError, match="no sampling rate"):
        open_record(path)
    assert read_record(path, sampling_rate=500).channels[0].sampling_rate == 500


@pytest.mark.parametrize("rate", ["0", "1000000000"])
def test_absurd_rate(tmp_path, rate):
    path = write(tmp_path)
    edit(path, "rec 2 250", f"rec 2 {rate}")
    with pytest.raises(SamplingRateError):
        open_record(path)


def test_contradicting_rate(tmp_path):
    with pytest.raises(SamplingRateError, match="the file says 250"):
        open_record(write(tmp_path), sampling_rate=500)


def test_truncated_data(tmp_path):
    path = write(tmp_path)
    data = path.with_suffix(".dat")
    data.write_bytes(data.read_bytes()[:-100])
    with pytest.raises(TruncatedFileError, match=r"promises 1000 frames, rec\.dat holds 975"):
        open_record(path)


def test_more_data_than_the_header_says(tmp_path):
    path = write(tmp_path)
    data = path.with_suffix(".dat")
    whole = data.read_bytes()
    data.write_bytes(whole + b"\0" * 512)  # padding to a tape block
    open_record(path)
    data.write_bytes(whole + whole)
    with pytest.raises(RecordError, match="holds 2000"):
        open_record(path)


@pytest.mark.parametrize("name", ["../x.dat", "/etc/passwd", "C:\\x.dat", "http://a/b.dat"])
def test_file_names_that_leave_the_folder(tmp_path, name):
    path = write(tmp_path)
    edit(path, "rec.dat", name)
    with pytest.raises(UnsafeFileError, match="outside"):
        open_record(path)


def test_segment_names_that_leave_the_folder(tmp_path):
    (tmp_path / "m.hea").write_text("m/1 2 250 100\n../s1 100\n")
    with pytest.raises(UnsafeFileError, match="outside"):
        open_record(tmp_path / "m.hea")


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("rec 2 250 1000", "rec 3 250 1000", RecordError),
        ("rec 2 250 1000", "rec two 250 1000", RecordError),
        ("rec 2 250 1000", "", RecordError),
        ("PLETH", "II", ChannelError),
        ("rec.dat 16 ", "rec.dat 99 ", RecordError),
        ("rec.dat 16 ", "rec.dat sixteen ", RecordError),
        ("/mV", "/(mV)x", RecordError),
        ("/mV", "/bananas", RecordError),
        ("rec.dat", "gone.dat", RecordError),
    ],
)
def test_corrupt_headers(tmp_path, old, new, error):
    path = write(tmp_path)
    edit(path, old, new)
    with pytest.raises(error) as caught:
        open_record(path)
    assert caught.value.fix and caught.value.source.startswith(str(tmp_path))


def test_header_without_signals_or_bytes(tmp_path):
    (tmp_path / "none.hea").write_text("none 0 250 100\n")
    with pytest.raises(ChannelError, match="no signals"):
        open_record(tmp_path / "none.hea")
    (tmp_path / "noise.hea").write_bytes(bytes(range(256)))
    with pytest.raises(RecordError, match="not a WFDB header"):
        open_record(tmp_path / "noise.hea")


def test_all_missing(tmp_path):
    path = write(tmp_path)
    np.full(2000, -32768, "<i2").tofile(path.with_suffix(".dat"))
    with pytest.raises(ChannelError, match="no channel holds a single number"):
        read_record(path)
