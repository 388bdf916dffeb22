from itertools import islice

import numpy as np
import pytest
import torch

from cardioprint.errors import RecordError
from cardioprint.simulate import Position, measured, pairs, stream


def signals(items):
    return [np.asarray(made.ppg) for _, made in items]


def test_a_stream_is_measured_pairs_one_after_the_other():
    items = list(islice(stream(3, 16, seconds=5.0), 2))
    whole = measured(pairs(32, 3, seconds=5.0), seed=3)
    np.testing.assert_allclose(np.concatenate(signals(items)), whole.ppg, atol=0.05)
    assert [p for p, _ in items] == [Position(16, 1), Position(32, 1)]


def test_a_stream_goes_on_where_it_stopped():
    whole = list(islice(stream(1, 8, people=16, seconds=2.0), 5))
    resumed = list(islice(stream(1, 8, people=16, seconds=2.0, position=whole[1][0]), 3))
    for (a, one), (b, two) in zip(whole[2:], resumed, strict=True):
        assert a == b
        np.testing.assert_array_equal(one.ecg, two.ecg)
        np.testing.assert_array_equal(one.ppg, two.ppg)


def test_people_come_again_on_another_day():
    items = list(islice(stream(1, 8, people=16, seconds=2.0), 4))
    assert [p for p, _ in items] == [(8, 1), (0, 2), (8, 2), (0, 3)]
    first, again = items[0][1], items[2][1]
    np.testing.assert_array_equal(first.truth.people.age, again.truth.people.age)
    assert not np.allclose(first.ecg, again.ecg, equal_nan=True)
    assert not np.isclose(first.device.ecg_gain, again.device.ecg_gain).any()


def test_processes_share_the_people():
    halves = [list(islice(stream(1, 4, part=(i, 2), seconds=2.0), 2)) for i in (0, 1)]
    whole = [m.truth.people.age for _, m in islice(stream(1, 4, seconds=2.0), 4)]
    shared = [halves[i % 2][i // 2][1].truth.people.age for i in range(4)]
    np.testing.assert_array_equal(np.concatenate(shared), np.concatenate(whole))
    assert halves[0][1][0] == halves[1][1][0]  # one position for all


def test_tensors_on_a_device():
    (_, made), *_ = islice(stream(1, 8, xp=torch, balanced=True), 1)
    assert isinstance(made.ecg, torch.Tensor)
    assert made.ecg.shape == (8, 1, 1_250)
    assert made.ppg.dtype == torch.float32
    numpy = next(stream(1, 8, balanced=True))[1]
    keep = np.isfinite(numpy.ecg) & np.isfinite(made.ecg.numpy())
    assert np.quantile(np.abs(numpy.ecg - made.ecg.numpy())[keep], 0.99) < 0.05


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_makes_the_same():
    one, two = (next(stream(1, 8, xp=torch, device=d))[1] for d in ("cpu", "cuda"))
    assert two.ppg.device.type == "cuda"
    both = torch.isfinite(one.ppg) & torch.isfinite(two.ppg.cpu())
    assert (one.ppg - two.ppg.cpu())[both].abs().quantile(0.99) < 0.05


@pytest.mark.parametrize(
    "wrong",
    [{"batch": 0}, {"people": 12}, {"people": 0}, {"part": (2, 2)}, {"part": (-1, 2)}],
)
def test_impossible_streams_are_refused(wrong):
    with pytest.raises(RecordError, match=next(iter(wrong))):
        next(stream(**({"seed": 1, "batch": 8} | wrong)))
