import h5py
import numpy as np
import pytest
import scipy.io

from cardioprint.errors import (
    ChannelError,
    RecordError,
    SamplingRateError,
    TruncatedFileError,
    UnsafeFileError,
)
from cardioprint.readers import open_record, read_record
from cardioprint.readers.matlab import looks_like_matlab

rng = np.random.default_rng(2)
SIG = rng.normal(size=(3, 900))


def save(folder, **variables):
    path = folder / "x.mat"
    compressed = variables.pop("compressed", False)
    scipy.io.savemat(path, variables, do_compression=compressed)
    return path


def save_v73(folder, **variables):
    path = folder / "x.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            # MATLAB stores column-major: HDF5 shows the transpose.
            stored = file.create_dataset(name, data=np.atleast_2d(value).T)
            stored.attrs["MATLAB_class"] = np.bytes_("double")
    data = path.read_bytes()
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + data[128:])
    return path


@pytest.mark.parametrize("writer", [save, save_v73])
@pytest.mark.parametrize("matrix", [SIG, SIG.T])
def test_rows_of_a_matrix_with_the_rate_beside_it(tmp_path, writer, matrix):
    path = writer(tmp_path, sig=matrix, Fs=125.0)
    record = read_record(path, columns={"sig[0]": "ecg:II:uV", "sig[2]": "ppg:wrist"})
    ecg, ppg = record.channels
    assert (ecg.sampling_rate, ecg.lead, ppg.site, ppg.name) == (125, "II", "wrist", "sig[2]")
    np.testing.assert_allclose(ecg.samples, SIG[0] * 1e-3, rtol=1e-5)
    np.testing.assert_allclose(ppg.samples, SIG[2], rtol=1e-5)


@pytest.mark.parametrize("writer", [save, save_v73])
def test_named_vectors_are_recognised(tmp_path, writer):
    path = writer(tmp_path, ecg=SIG[0], ppg=SIG[1], labels=SIG[2, :5], fs=250)
    record = read_record(path, units="mV")
    assert [(c.name, c.modality) for c in record.channels] == [("ecg", "ecg"), ("ppg", "ppg")]


def test_structures_hold_their_own_rates(tmp_path):
    data = {"ppg": {"v": SIG[0], "fs": 125}, "ekg": {"v": SIG[1], "fs": 250}}
    path = save(tmp_path, data=data)
    record = read_record(path, columns={"data.ppg.v": "ppg", "data.ekg.v": "ecg:II:mV"})
    assert [c.sampling_rate for c in record.channels] == [125, 250]
    np.testing.assert_allclose(record.channels[1].samples, SIG[1], rtol=1e-5)


def test_time_variable(tmp_path):
    path = save(tmp_path, t=np.arange(900) * 4, ppg=SIG[0])
    columns = {"t": "time_ms", "ppg": "ppg"}
    assert read_record(path, columns=columns).channels[0].sampling_rate == 250


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        (None, "no variable is recognised"),
        ({"nope": "ppg"}, "there is no 'nope'"),
        ({"sig": "ppg"}, "not one series"),
        ({"sig[7]": "ppg"}, "holds 3 series"),
        ({"square[0]": "ppg"}, "does not tell which axis"),
        ({"text": "ppg"}, "not one series"),
    ],
)
def test_columns_that_cannot_be(tmp_path, columns, match):
    path = save(tmp_path, sig=SIG, square=np.eye(300), text="abc")
    with pytest.raises(ChannelError, match=match):
        open_record(path, columns=columns, sampling_rate=125)


def test_rates_missing_or_two(tmp_path):
    path = save(tmp_path, sig=SIG)
    with pytest.raises(SamplingRateError, match="no sampling rate"):
        open_record(path, columns={"sig[0]": "ppg"})
    path = save(tmp_path, sig=SIG, fs=100, Fs=200)
    with pytest.raises(SamplingRateError, match="several rates"):
        open_record(path, columns={"sig[0]": "ppg"})
    path = save(tmp_path, sig=SIG, fs=100)
    with pytest.raises(SamplingRateError, match="the file says 100"):
        open_record(path, columns={"sig[0]": "ppg"}, sampling_rate=200)


@pytest.mark.parametrize("compressed", [True, False])
def test_truncated(tmp_path, compressed):
    path = save(tmp_path, sig=SIG, compressed=compressed)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(TruncatedFileError, match="a variable needs"):
        open_record(path, columns={"sig[0]": "ppg"}, sampling_rate=125)


@pytest.mark.parametrize("keep", [100, 200, 5000])
def test_damaged_v73_and_v4(tmp_path, keep):
    path = save_v73(tmp_path, sig=SIG)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RecordError, match="MATLAB file"):
        open_record(path, columns={"sig[0]": "ppg"}, sampling_rate=125)
    scipy.io.savemat(path, {"sig": SIG}, format="4")
    assert len(read_record(path, columns={"sig[0]": "ppg"}, sampling_rate=125).channels) == 1
    path.write_bytes(path.read_bytes()[:-keep])
    with pytest.raises(RecordError, match="MATLAB file"):
        open_record(path, columns={"sig[0]": "ppg"}, sampling_rate=125)


def test_bomb(tmp_path):
    path = save(tmp_path, sig=np.zeros((2, 10_000_000)), compressed=True)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(UnsafeFileError, match="would unpack"):
        open_record(path, columns={"sig[0]": "ppg"}, sampling_rate=125)


def test_v73_bomb_and_links_to_other_files(tmp_path):
    path = save_v73(tmp_path, sig=SIG)
    with h5py.File(path, "a") as file:
        file.create_dataset("big", (20_000_000,), dtype="f8", compression="gzip")
    with pytest.raises(UnsafeFileError, match="would unpack"):
        open_record(path, columns={"sig[0]": "ppg"}, sampling_rate=125)
    path = save_v73(tmp_path, sig=SIG)
    with h5py.File(path, "a") as file:
        file["other"] = h5py.ExternalLink("/etc/passwd", "/x")
    with pytest.raises(UnsafeFileError, match="refers to another file"):
        open_record(path, columns={"sig[0]": "ppg"}, sampling_rate=125)


def test_looks_like_a_recording(tmp_path):
    assert looks_like_matlab(save(tmp_path, sig=SIG))
    assert not looks_like_matlab(save(tmp_path, labels=np.zeros(100)))
