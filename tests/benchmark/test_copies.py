"""The same seconds under two names are found, shifted, scaled, inverted and with noise."""

import numpy as np
import pytest

from cardioprint.benchmark.copies import copies, most_alike

RNG = np.random.default_rng(0)


def signals(count, n=1000):
    """Beats at irregular times: no two windows alike, all of one kind."""
    out = 0.05 * RNG.normal(size=(count, n))
    shape = np.exp(-0.5 * ((np.arange(40) - 15) / 4) ** 2)
    for row in out:
        at = 20
        while at < n - 50:
            row[at : at + 40] += shape * RNG.uniform(0.8, 1.2)
            at += RNG.integers(60, 120)
    return out.astype(np.float32)


def brute(x, subject):
    r = np.abs(np.corrcoef(x))
    pairs = [(r[i, j], i, j) for i in range(len(x)) for j in range(i) if subject[i] != subject[j]]
    return sorted(pairs, reverse=True)


@pytest.mark.parametrize("block", [7, 2048])
def test_the_most_alike_are_those_of_all_pairs(block, monkeypatch):
    monkeypatch.setattr("cardioprint.benchmark.copies.BLOCK", block)
    x = RNG.normal(size=(50, 6))
    subject = RNG.integers(0, 20, 50)
    expected = brute(x, subject)[:8]
    found = most_alike(x, subject, top=8)
    assert [p.r for p in found] == pytest.approx([r for r, _, _ in expected], abs=1e-5)
    assert [{p.a, p.b} for p in found] == [{i, j} for _, i, j in expected]


def test_only_pairs_across_folds_where_folds_are_given():
    x = np.repeat(RNG.normal(size=(2, 30)), 2, axis=0)
    subject, fold = np.arange(4), np.array([0, 0, 1, 1])
    assert most_alike(x, subject)[0].r == pytest.approx(1)
    assert most_alike(x, subject, fold=fold)[0].r < 0.9


@pytest.mark.parametrize("change", ["equal", "scaled", "inverted", "noisy", "shifted"])
def test_copies_are_found(change):
    x = signals(60)
    x[41] = {
        "equal": x[7],
        "scaled": 300 * x[7] + 5,
        "inverted": -x[7],
        "noisy": x[7] + 0.005 * RNG.normal(size=1000),
        "shifted": np.concatenate((x[7, 200:], signals(1)[0, :200])),
    }[change]
    best, second = copies(x, np.arange(60))[:2]
    assert (best.a, best.b) == (7, 41)
    assert best.r > 0.999 > 0.95 > second.r
    assert best.shift == (-200 if change == "shifted" else 0)


def test_windows_of_one_person_are_not_compared():
    x = signals(10)
    x[3] = x[2]
    subject = np.array(["a", "b", "c", "c", "d", "e", "f", "g", "h", "i"])
    assert copies(x, subject)[0].r < 0.99
    assert copies(x, np.repeat("a", 10)) == []


def test_missing_samples_and_flat_windows_are_survived():
    x = signals(10)
    x[0], x[1, 500:], x[2] = np.nan, np.nan, 4.0
    found = copies(x, np.arange(10))
    assert np.isfinite([p.r for p in found]).all()
    assert all({p.a, p.b} & {0, 2} == set() or p.r < 0.5 for p in found)
