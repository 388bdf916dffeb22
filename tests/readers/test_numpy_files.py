import io
import zipfile

import numpy as np
import pytest

from cardioprint.errors import (
    ChannelError,
    RecordError,
    SamplingRateError,
    TruncatedFileError,
    UnsafeFileError,
)
from cardioprint.readers import open_record, read_record

SIG = np.random.default_rng(3).normal(size=(2, 700))


@pytest.mark.parametrize("array", [SIG, SIG.T, SIG[:1]])
def test_npy_series_by_position(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    record = read_record(tmp_path / "x.npy", columns={0: "ecg:II:mV"}, sampling_rate=250)
    np.testing.assert_allclose(record.channels[0].samples, SIG[0], rtol=1e-6)
    assert record.channels[0].name == "II"


def test_npz_names_and_rate(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", ecg=SIG[0], ppg=SIG[1], fs=125, who=np.array("a"))
    record = read_record(tmp_path / "x.npz", units={"ecg": "uV"})
    assert [(c.name, c.sampling_rate) for c in record.channels] == [("ecg", 125), ("ppg", 125)]
    np.testing.assert_allclose(record.channels[0].samples, SIG[0] * 1e-3, rtol=1e-5)


def test_npy_needs_to_be_told(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, SIG)
    with pytest.raises(ChannelError, match="names no channels"):
        open_record(path)
    with pytest.raises(SamplingRateError):
        open_record(path, columns={0: "ppg"})
    with pytest.raises(ChannelError, match="no column 5"):
        open_record(path, columns={5: "ppg"}, sampling_rate=125)


@pytest.mark.parametrize("array", [np.zeros((2, 3, 4)), np.eye(9), np.float64(3)])
def test_shapes_that_say_nothing(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(RecordError):
        read_record(tmp_path / "x.npy", columns={0: "ppg", 1: "ecg"}, sampling_rate=125)


@pytest.mark.parametrize("array", [np.array(["a", "b"]), np.zeros(9, complex)])
def test_arrays_that_are_no_numbers(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(ChannelError, match="not a series of real numbers"):
        open_record(tmp_path / "x.npy", columns={0: "ppg"}, sampling_rate=125)


def test_pickles_are_refused(tmp_path):
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "x.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "x.npz", ppg=objects)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(UnsafeFileError, match="pickled"):
            open_record(tmp_path / name, columns={"ppg": "ppg"}, sampling_rate=125)


@pytest.mark.parametrize("keep", [5, 60, 1000])
def test_truncated_npy(tmp_path, keep):
    path = tmp_path / "x.npy"
    np.save(path, SIG)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RecordError) as caught:
        open_record(path, columns={0: "ppg"}, sampling_rate=125)
    assert keep < 1000 or isinstance(caught.value, TruncatedFileError)


def test_damaged_npz(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, ppg=SIG[0])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordError, match="NumPy archive"):
        open_record(path, sampling_rate=125)
    spoiled = bytearray(whole)
    spoiled[2000] ^= 0xFF
    path.write_bytes(spoiled)
    with pytest.raises(RecordError, match="CRC"):
        open_record(path, sampling_rate=125)


def test_bomb(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, ppg=np.zeros(20_000_000))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(UnsafeFileError, match="would unpack"):
        open_record(path, sampling_rate=125)


def test_header_that_promises_more_than_there_is(tmp_path):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    )
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("ppg.npy", head.getvalue() + b"\0" * 64)
    with pytest.raises(TruncatedFileError, match="needs 8000000000000 bytes"):
        open_record(tmp_path / "x.npz", sampling_rate=125)
