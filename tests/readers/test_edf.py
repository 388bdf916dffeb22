import numpy as np
import pyedflib
import pytest

from cardioprint.errors import (
    ChannelError,
    RecordError,
    SamplingRateError,
    TruncatedFileError,
    UnitError,
)
from cardioprint.readers import open_record, read_record

rng = np.random.default_rng(1)
SECONDS = 20


def write(
    folder, *, labels=("ECG II", "PLETH", "Resp"), rates=(256, 100, 32), units=("uV", "", "")
):
    path = folder / "night.edf"
    signals = [rng.uniform(-900, 900, SECONDS * r) for r in rates]
    kind = pyedflib.FILETYPE_EDFPLUS
    with pyedflib.EdfWriter(str(path), len(labels), file_type=kind) as writer:
        writer.setSignalHeaders(
            [
                {
                    "label": label,
                    "dimension": unit,
                    "sample_frequency": rate,
                    "physical_min": -1000,
                    "physical_max": 1000,
                    "digital_min": -32768,
                    "digital_max": 32767,
                    "prefilter": "",
                    "transducer": "",
                }
                for label, unit, rate in zip(labels, units, rates, strict=True)
            ]
        )
        writer.writeSamples([np.ascontiguousarray(s) for s in signals])
        writer.writeAnnotation(1.0, -1, "event")
    return path, signals


def patch(path, offset, text):
    data = bytearray(path.read_bytes())
    data[offset : offset + len(text)] = text
    path.write_bytes(data)


def test_mixed_rates_and_units(tmp_path):
    path, signals = write(tmp_path)
    record = read_record(path, subject="p1")
    ecg, ppg, resp = record.channels
    assert [c.sampling_rate for c in record.channels] == [256, 100, 32]
    assert (ecg.modality, ecg.lead, ecg.unit, ppg.modality, resp.modality) == (
        "ecg", "II", "mV", "ppg", "other",
    )  # fmt: skip
    np.testing.assert_allclose(ecg.samples, signals[0] * 1e-3, atol=3.2e-5)
    np.testing.assert_allclose(ppg.samples, signals[1], atol=0.032)
    assert record.subject == "p1"


@pytest.mark.parametrize("length", [0.7, 1.0, 2.003])
def test_blocks_join_to_the_whole(tmp_path, length):
    path, _ = write(tmp_path)
    file = open_record(path)
    whole = file.read()
    starts = np.arange(0, file.duration, length)
    blocks = [file.read(s, s + length) for s in starts]
    # s + length and the next start differ in the last bit: no sample may be lost or doubled.
    for i, channel in enumerate(whole.channels):
        joined = np.concatenate([b.channels[i].samples for b in blocks])
        np.testing.assert_array_equal(joined, channel.samples)


def test_part_starts_at_its_first_sample(tmp_path):
    path, _ = write(tmp_path)
    part = open_record(path).read(0.005, 1.0, channels=["PLETH"])
    assert part.channels[0].start == pytest.approx(0.01)
    assert len(part.channels[0].samples) == 99


def test_truncated(tmp_path):
    path, _ = write(tmp_path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(TruncatedFileError, match="promises 20 data records, the file holds 1"):
        open_record(path)


def test_header_cut_short(tmp_path):
    path, _ = write(tmp_path)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(TruncatedFileError, match="header ends"):
        open_record(path)


def test_surplus_bytes(tmp_path):
    path, _ = write(tmp_path)
    path.write_bytes(path.read_bytes() + b"\0" * 10)
    with pytest.raises(RecordError, match="10 bytes follow"):
        open_record(path)


@pytest.mark.parametrize(
    ("offset", "text", "error", "match"),
    [
        (0, b"9       ", RecordError, "not an EDF"),
        (192, b"EDF+D", RecordError, "interrupted"),
        (236, b"-1      ", RecordError, "never finished"),
        (236, b"many    ", RecordError, "not a number"),
        (244, b"0       ", SamplingRateError, "no rate follows"),
        (244, b"nan     ", RecordError, "not a number"),
        (252, b"0   ", ChannelError, "no signals"),
        (252, b"9999", RecordError, "9999 signals"),
    ],
)
def test_corrupt_fields(tmp_path, offset, text, error, match):
    path, _ = write(tmp_path)
    patch(path, offset, text)
    with pytest.raises(error, match=match) as caught:
        open_record(path)
    assert caught.value.field and caught.value.fix


def test_equal_physical_limits(tmp_path):
    path, _ = write(tmp_path)
    n = 4  # three signals and the annotations
    patch(path, 256 + n * (16 + 80 + 8), b"1000    ")
    with pytest.raises(RecordError, match="physical 1000 to 1000"):
        open_record(path)


def test_unit_of_an_ecg(tmp_path):
    path, _ = write(tmp_path, units=("", "", ""))
    with pytest.raises(UnitError, match="no unit is stated"):
        open_record(path)
    assert open_record(path, units="uV").channels[0].unit == "mV"


def test_doubled_labels_are_picked_by_position(tmp_path):
    path, signals = write(tmp_path, labels=("ECG", "ECG", "x"), units=("mV", "mV", ""))
    with pytest.raises(ChannelError, match="more than once"):
        open_record(path)
    record = read_record(path, columns={0: "ecg:I", 1: "ecg:II"})
    assert [(c.name, c.lead) for c in record.channels] == [("ECG [0]", "I"), ("ECG [1]", "II")]
    np.testing.assert_allclose(record.channels[1].samples, signals[1], atol=0.032)


def test_two_files_open_at_once(tmp_path):
    path, _ = write(tmp_path)
    first, second = open_record(path), open_record(path)
    np.testing.assert_array_equal(
        first.read(0, 1).channels[0].samples, second.read(0, 1).channels[0].samples
    )


def test_bdf(tmp_path):
    path = tmp_path / "x.bdf"
    signal = rng.uniform(-0.9, 0.9, 2560)
    with pyedflib.EdfWriter(str(path), 1, file_type=pyedflib.FILETYPE_BDF) as writer:
        writer.setSignalHeader(
            0,
            {
                "label": "ECG",
                "dimension": "mV",
                "sample_frequency": 256,
                "physical_min": -1,
                "physical_max": 1,
                "digital_min": -8388608,
                "digital_max": 8388607,
                "prefilter": "",
                "transducer": "",
            },
        )
        writer.writeSamples([signal])
    np.testing.assert_allclose(read_record(path).channels[0].samples, signal, atol=1e-6)
