"""What beats say of a rhythm."""

import numpy as np
import pytest
import torch

from cardioprint.models.rhythm import (
    INTERVALS,
    NUMBERS,
    SIZE,
    UNITS,
    describe_rhythm,
    finely,
)

RATE = 125.0


def beats_at(seconds, room=30):
    out = np.full(room, -1)
    at = np.round(np.asarray(seconds) * RATE).astype(int)
    at = at[(at >= 0) & (at < 1250)]
    out[: len(at)] = at
    return torch.from_numpy(out)[None]


def described(rr, start=0.2):
    found, enough = describe_rhythm(beats_at(start + np.concatenate([[0], np.cumsum(rr)])), RATE)
    return found[0].numpy(), bool(enough[0])


def test_a_steady_rhythm_whatever_the_window_slides():
    a, enough = described([0.8] * 12)
    b, _ = described([0.8] * 12, start=0.6)
    assert enough and len(a) == SIZE
    np.testing.assert_allclose(a, b, atol=0.05)
    assert abs(a[0]) < 0.05  # the usual rate
    place = np.linspace(np.log(INTERVALS[0]), np.log(INTERVALS[1]), INTERVALS[2])
    assert np.argmax(a[NUMBERS : NUMBERS + INTERVALS[2]]) == np.argmin(abs(place - np.log(0.8)))
    assert a[NUMBERS:].sum() == pytest.approx(8, abs=1e-3)


def test_rate_lies_on_a_line():
    rates = np.array([45, 60, 75, 90, 120, 150])
    found = np.array([described([60 / r] * 30)[0][0] for r in rates])
    np.testing.assert_allclose(np.diff(found) / np.diff(np.log(60 / rates)), 1 / 0.28, rtol=0.05)


def test_rhythms_differ():
    rng = np.random.default_rng(0)
    steady = described([0.7] * 13)[0]
    bigeminy = described([0.45, 0.95] * 6)[0]
    fibrillation = described(rng.uniform(0.4, 1.0, 13))[0]
    assert steady[3] < fibrillation[3] < bigeminy[3]
    shape = NUMBERS + INTERVALS[2]
    apart = [np.abs(a[shape:] - b[shape:]).sum() for a, b in
             ((steady, bigeminy), (steady, fibrillation), (bigeminy, fibrillation))]  # fmt: skip
    assert min(apart) > 1.5


def test_too_few_beats():
    found, enough = described([1.0])
    assert not enough and not found.any()
    found, enough = describe_rhythm(torch.full((2, 30), -1), RATE)
    assert not enough.any() and torch.isfinite(found).all()


def test_an_error_of_the_rate_counts_by_its_hundredths():
    truth = torch.zeros(4, SIZE)
    guess = truth.clone()
    guess[:, 0] = torch.tensor([0.0, 0.01, 0.02, 0.5]) / UNITS[0]
    none, half, one, far = finely(guess, truth).tolist()
    assert none == 0
    assert half == pytest.approx(0.223, abs=1e-3)
    assert one == pytest.approx(0.693, abs=1e-3)
    assert 6 < far < 7  # a beat missed is wrong, but does not drown the rest
