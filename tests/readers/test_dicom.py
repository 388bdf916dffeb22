import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, TwelveLeadECGWaveformStorage

from cardioprint.errors import ChannelError, RecordError, TruncatedFileError, UnitError
from cardioprint.readers import find_records, open_record, read_record

COUNTS = np.random.default_rng(4).integers(-900, 900, size=(1000, 2)).astype("<i2")


def code(value, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "UCUM", meaning
    return item


def group(counts=COUNTS, rate=500, names=("Lead I (Einthoven)", "Lead II"), unit="uV", **more):
    item = Dataset()
    item.WaveformOriginality = more.get("originality", "ORIGINAL")
    item.NumberOfWaveformChannels = counts.shape[1]
    item.NumberOfWaveformSamples = len(counts)
    item.SamplingFrequency = rate
    item.MultiplexGroupTimeOffset = more.get("offset_ms", 0)
    item.WaveformBitsAllocated = 16
    item.WaveformSampleInterpretation = "SS"
    item.WaveformPaddingValue = np.int16(-32768).tobytes()
    item.WaveformData = counts.tobytes()
    item.ChannelDefinitionSequence = []
    for name in names:
        channel = Dataset()
        channel.ChannelSourceSequence = [code("x", name)]
        channel.WaveformBitsStored = 16
        if unit:
            channel.ChannelSensitivity = "2.5"
            channel.ChannelSensitivityCorrectionFactor = "1"
            channel.ChannelBaseline = "10"
            channel.ChannelSensitivityUnitsSequence = [code(unit, unit)]
        item.ChannelDefinitionSequence.append(channel)
    return item


def save(folder, *groups, name="x.dcm"):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = TwelveLeadECGWaveformStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.SOPClassUID, dataset.SOPInstanceUID = TwelveLeadECGWaveformStorage, "1.2.3"
    dataset.PatientID, dataset.PatientName = "secret", "Secret^Name"
    if groups:
        dataset.WaveformSequence = list(groups)
    dataset.save_as(folder / name, enforce_file_format=True)
    return folder / name


def test_sensitivity_units_and_padding(tmp_path):
    counts = COUNTS.copy()
    counts[5, 0] = -32768
    path = save(tmp_path, group(counts))
    record = read_record(path)
    first, second = record.channels
    assert [(c.lead, c.unit, c.sampling_rate) for c in record.channels] == [
        ("I", "mV", 500),
        ("II", "mV", 500),
    ]
    assert np.isnan(first.samples[5])
    np.testing.assert_allclose(second.samples, (COUNTS[:, 1] * 2.5 + 10) * 1e-3, rtol=1e-5)
    library = pydicom.dcmread(path).waveform_array(0)[:, 1]
    np.testing.assert_allclose(second.samples, library * 1e-3, rtol=1e-5)
    assert "ecret" not in repr(record)


def test_groups_keep_rate_and_start(tmp_path):
    pleth = group(COUNTS[:300, :1], rate=125, names=("Pleth",), unit="", offset_ms=40)
    ecg, _, ppg = read_record(save(tmp_path, group(), pleth)).channels
    assert (ecg.sampling_rate, ppg.sampling_rate) == (500, 125)
    assert (ecg.start, ppg.start, ppg.modality) == (0.0, 0.04, "ppg")


def test_median_beats_are_left_out(tmp_path):
    median = group(COUNTS[:400], originality="DERIVED")
    record = read_record(save(tmp_path, group(), median))
    assert len(record.channels) == 2 and "1 derived" in record.notes["left_out"]


def test_same_names_in_two_groups(tmp_path):
    names = [c.name for c in open_record(save(tmp_path, group(), group())).channels]
    assert names[2:] == ["Lead I (Einthoven) (group 1)", "Lead II (group 1)"]


def test_ecg_without_sensitivity_or_unit(tmp_path):
    with pytest.raises(UnitError, match="no sensitivity"):
        open_record(save(tmp_path, group(unit="")))
    with pytest.raises(UnitError, match="'mm'"):
        open_record(save(tmp_path, group(unit="mm")))


def test_no_waveform(tmp_path):
    path = save(tmp_path)
    with pytest.raises(ChannelError, match="no waveform"):
        open_record(path)
    assert find_records(tmp_path) == []


def test_truncated(tmp_path):
    short = group()
    short.NumberOfWaveformSamples = 2000
    with pytest.raises(TruncatedFileError, match="8000 bytes of samples are promised"):
        open_record(save(tmp_path, short))
    long = group()
    long.NumberOfWaveformSamples = 500
    with pytest.raises(RecordError, match="2000 bytes"):
        open_record(save(tmp_path, long))


@pytest.mark.parametrize("keep", [100, 200, 700, 3000])
def test_cut_files(tmp_path, keep):
    path = save(tmp_path, group())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RecordError):
        open_record(path)


def test_corrupt_group(tmp_path):
    wrong = group()
    wrong.NumberOfWaveformChannels = 3
    with pytest.raises(RecordError, match="3 channels"):
        open_record(save(tmp_path, wrong))
    missing = group()
    del missing.SamplingFrequency
    with pytest.raises(RecordError, match="multiplex group 0"):
        open_record(save(tmp_path, missing))
