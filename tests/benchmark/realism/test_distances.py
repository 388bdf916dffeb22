import numpy as np
import pytest

from cardioprint.benchmark.realism.distances import apart, kolmogorov_smirnov, wasserstein
from cardioprint.benchmark.realism.picture import density


def test_distances_agree_with_scipy():
    from scipy import stats

    rng = np.random.default_rng(0)
    a, b = rng.normal(size=400), rng.gamma(2, size=300)
    assert kolmogorov_smirnov(a, b) == pytest.approx(stats.ks_2samp(a, b).statistic)
    assert wasserstein(a, b) == pytest.approx(stats.wasserstein_distance(a, b), rel=0.05)


def test_alike_is_near_and_moved_is_far_by_what_it_was_moved():
    x = np.random.default_rng(1).normal(size=2000)
    same, moved = apart(x[:1000], x[1000:]), apart(x[:1000], x[1000:] + 3)
    assert same is not None and moved is not None
    assert same.ks < 0.08 and same.moved < 0.15
    assert moved.ks > 0.8 and moved.moved == pytest.approx(3, abs=0.2)
    assert moved.real[1] == pytest.approx(0, abs=0.1) and moved.other[1] == pytest.approx(
        3, abs=0.1
    )


def test_missing_values_are_left_out_and_too_few_are_not_compared():
    x = np.r_[np.arange(30.0), np.full(100, np.nan)]
    found = apart(x, x)
    assert found is not None and found.counts == (30, 30) and found.ks == 0
    assert apart(x[:19], x) is None


def test_a_density_holds_all_values():
    grid = np.linspace(-8, 8, 400)
    y = density(np.random.default_rng(2).normal(size=500), grid)
    assert np.trapezoid(y, grid) == pytest.approx(1, abs=0.01)
    assert np.all(np.isfinite(density(np.full(20, 3.0), grid))), "a constant has a density too"
