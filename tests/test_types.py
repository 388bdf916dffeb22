import numpy as np
import pytest

from cardioprint.errors import ChannelError, RecordError, SamplingRateError
from cardioprint.types import Channel, Modality, Record, check_rate


def channel(samples=(0.0, 1.0), name="II", rate=250.0, modality=Modality.ECG, **more):
    return Channel(
        name=name, modality=modality, sampling_rate=rate, samples=np.asarray(samples), **more
    )


@pytest.mark.parametrize(
    "rate", (0, -250, 5, 2e5, float("nan"), float("inf"), None, "fast", [250], True)
)
def test_absurd_rates_are_refused(rate):
    with pytest.raises(SamplingRateError) as error:
        check_rate(rate, source="night.edf", field="fs")
    assert "night.edf" in str(error.value)
    assert error.value.field == "fs"
    with pytest.raises(SamplingRateError):
        channel(rate=rate)


def test_a_temperature_may_come_once_a_second():
    assert channel(rate=1.0, modality=Modality.OTHER).duration == 2


@pytest.mark.parametrize("rate", ({"ecg_rate": 0}, {"ppg_rate": 0}, {"sampling_rate": 0}))
def test_a_rate_of_zero_is_a_mistake_not_a_default(rate):
    with pytest.raises(SamplingRateError):
        Record.from_arrays(
            **{"ecg": np.zeros(9), "ppg": np.zeros(9), "sampling_rate": 125.0, **rate}
        )


def test_each_array_may_have_its_own_rate():
    record = Record.from_arrays(
        ecg=np.zeros(500), ppg=np.zeros(125), sampling_rate=125, ecg_rate=500, lead="II"
    )
    assert [c.sampling_rate for c in record.channels] == [500, 125]
    assert [c.name for c in record.channels] == ["II", "PPG"]
    assert record.duration == 1


@pytest.mark.parametrize("samples", (np.zeros((2, 5)), np.zeros(5, complex), np.array(["a"])))
def test_samples_are_one_series_of_numbers(samples):
    with pytest.raises(ChannelError) as error:
        channel(samples)
    assert error.value.field == "samples"


def test_samples_become_float32_and_infinity_missing():
    c = channel(np.array([1, 2, 3], np.int16))
    assert c.samples.dtype == np.float32
    c = channel([1.0, np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(np.isnan(c.samples), [False, True, True, True])
    assert not c.is_missing
    assert channel([np.nan, np.inf]).is_missing
    assert channel([]).is_missing


def test_the_caller_s_array_is_left_alone():
    mine = np.array([1, np.inf], np.float32)
    channel(mine)
    assert np.isinf(mine[1])


def test_a_record_needs_channels_of_different_names():
    with pytest.raises(ChannelError, match="no channels"):
        Record(channels=())
    with pytest.raises(ChannelError, match="II"):
        Record(channels=(channel(), channel()), source="a.hea")
    with pytest.raises(RecordError, match="neither"):
        Record.from_arrays(sampling_rate=125)


def test_a_record_knows_its_parts():
    ecg = channel(np.zeros(1000), start=1.0)
    pressure = channel(np.zeros(100), name="ABP", modality=Modality.OTHER)
    record = Record(channels=[ecg, pressure], notes={"age": "54"})
    assert record.duration == 5.0
    assert record.of(Modality.ECG) == (ecg,)
    assert record.of(Modality.PPG) == ()
    assert record.with_channels(ecg).channels == (ecg,)
    with pytest.raises(TypeError):
        record.notes["age"] = "55"
