import numpy as np
import pytest

from cardioprint.simulate import Backend, Draws, cohort, follow, pairs
from cardioprint.simulate.backend import interpolate


def test_interpolation():
    x = np.array([0.0, 10.0, 15.0, 25.0, 99.0])
    assert interpolate(x, (10.0, 20.0, 30.0), (1.0, 3.0, 0.0)) == pytest.approx([1, 1, 2, 1.5, 0])


def test_sums_at_places():
    b = Backend()
    index = np.array([[0, 2], [2, 3]])
    sums = np.ones(5, np.float32)
    b.add_at(sums, index, np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert sums == pytest.approx([2, 1, 6, 5, 1])


def test_torch_gives_the_same_people_as_numpy():
    torch = pytest.importorskip("torch")
    here = pairs(120, 5, balanced=True, leads=("II", "V1"))
    there = pairs(120, 5, balanced=True, leads=("II", "V1"), xp=torch)
    assert isinstance(there.ecg, torch.Tensor)
    assert there.ecg.dtype == torch.float32
    np.testing.assert_allclose(there.ecg.numpy(), here.ecg, atol=2e-3)
    np.testing.assert_allclose(there.ppg.numpy(), here.ppg, atol=0.01 * np.abs(here.ppg).max())
    for name in ("rhythm", "morphology", "kinds"):
        same = getattr(there.truth, name).numpy() == getattr(here.truth, name)
        assert same.mean() > 0.995  # a draw at the very edge of a class may round either way
    np.testing.assert_allclose(there.truth.r_peaks.numpy(), here.truth.r_peaks, atol=2e-4)


def test_torch_cohorts_die_alike():
    torch = pytest.importorskip("torch")
    here, there = Backend(dtype="float64"), Backend(xp=torch, dtype="float64")
    found = []
    for b in (here, there):
        draws = Draws(backend=b, seed=1, people=b.arange(500))
        found.append(b.numpy(follow(cohort(draws), draws).years))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_long_batches_are_exact():
    batch = pairs(3, 1, seconds=70.0)
    assert batch.ecg.dtype == np.float64


@pytest.mark.gpu
def test_a_gpu_gives_the_same_people():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    here = pairs(120, 5, balanced=True)
    there = pairs(120, 5, balanced=True, xp=torch, device="cuda")
    assert there.ecg.is_cuda
    np.testing.assert_allclose(there.ecg.cpu().numpy(), here.ecg, atol=5e-3)
