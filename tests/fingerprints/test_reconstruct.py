import numpy as np
import pytest

from cardioprint.errors import ChannelError, RecordError
from cardioprint.fingerprints.pipeline import reconstruct
from cardioprint.fingerprints.result import weighted_mean
from cardioprint.types import Record


@pytest.fixture(scope="module")
def call(tiny_folder):
    def call(recording, to, **more):
        return reconstruct(recording, to=to, model=tiny_folder, precision="float32", **more)

    return call


@pytest.mark.parametrize("to, source", [("ecg", "ppg"), ("ppg", "ecg")])
def test_what_is_generated_says_so(call, simulated, to, source):
    made = call(simulated[0], to)
    assert made.generated is True
    assert "not a measurement" in made.notice
    assert (made.source, made.target) == (source, to)
    assert made.samples.shape == made.truth.shape == (30, 1250)


def test_nothing_is_generated_where_the_input_abstained(call, simulated):
    record, truth = simulated
    made = call(record, "ecg")
    off = next(a for a in truth.artefacts if a.kind == "sensor_off")
    inside = (made.start >= off.start) & (made.start + 10 <= off.stop)
    assert inside.any()
    assert np.isnan(made.samples[inside]).all()
    assert np.isfinite(made.samples[0]).all()
    gap = next(a for a in truth.artefacts if a.kind == "gap")
    window = int(gap.start // 10)
    first = round((gap.start - 10 * window + 0.1) * 125)
    assert np.isnan(made.samples[window, first : first + 60]).all()


def test_the_model_sees_the_source_only(call, simulated):
    """The measured target, present or not, may not leak into its own reconstruction."""
    record, _ = simulated
    ppg = record.channels[1]
    both, alone = call(record, "ecg"), call(record.with_channels(ppg), "ecg")
    np.testing.assert_allclose(both.samples, alone.samples, atol=1e-5)
    assert np.isnan(alone.truth).all()
    measured = np.isfinite(both.truth).all(axis=1)
    np.testing.assert_allclose(both.truth[measured].std(axis=1), 1, atol=0.01)
    blocks = call(record, "ecg", block=40.0)
    np.testing.assert_allclose(blocks.samples, both.samples, atol=1e-3)


def test_wrong_wishes(call, simulated):
    with pytest.raises(RecordError, match="abp"):
        call(simulated[0], "abp")
    with pytest.raises(ChannelError, match="no PPG"):
        call(simulated[0].with_channels(simulated[0].channels[0]), "ecg")


def test_a_record_too_short_for_a_window(call):
    made = call(Record.from_arrays(ppg=np.zeros(125), sampling_rate=125), "ecg")
    assert made.samples.shape == (0, 1250)
    assert len(made.start) == 0


def test_weighted_mean():
    vectors = np.float32([[1, 0], [0, 1], [np.nan, np.nan]])
    used = np.array([[True, True], [True, False], [False, False]])
    quality = np.float32([[1.0, 0.6], [0.9, 0.1], [0.2, np.nan]])
    np.testing.assert_allclose(weighted_mean(vectors, used, quality), [0.4, 0.6], rtol=1e-6)
    assert np.isnan(weighted_mean(vectors[2:], used[2:], quality[2:])).all()
    assert np.isnan(weighted_mean(vectors[:0], used[:0], quality[:0])).all()
