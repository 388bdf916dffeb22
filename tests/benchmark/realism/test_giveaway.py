from dataclasses import replace

import numpy as np
import pytest

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.realism.excerpts import Excerpts
from cardioprint.benchmark.realism.giveaway import singles, tell_apart
from cardioprint.benchmark.realism.quantities import Described

NAMES = ("ppg hr_median", "ppg crest_ms", "ppg b_a", "ppg spectral_peak")


def described(values, name):
    n = len(values)
    excerpts = Excerpts(
        name=name,
        signals=Signals.of(ppg=np.zeros((n, 8)), sampling_rate=100.0),
        subject=np.array([f"{name} {i // 2}" for i in range(n)]),
        labels={},
    )
    return Described(excerpts=excerpts, names=NAMES, values=values.astype(np.float32))


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(400, 4))


def test_the_same_distribution_is_not_told_apart(values):
    found = tell_apart(described(values[:200], "a"), described(values[200:], "b"))
    assert found.auroc.low < 0.5 < found.auroc.high and found.auroc.people == 200
    assert found.pair == ("a", "b")


def test_what_differs_is_named(values):
    values[200:, 2] += 2.0
    found = tell_apart(described(values[:200], "a"), described(values[200:], "b"))
    assert found.auroc.low > 0.85
    assert found.alone[0].name == "ppg b_a"
    assert found.alone[0].other - found.alone[0].real == pytest.approx(2, abs=0.4)
    kinds = found.groups
    assert max(kinds, key=lambda k: kinds[k][0]) == "pulse contour"
    assert kinds["pulse contour"][1] > 0.3 > 0.05 > kinds["rate and variability"][1]


def test_numbers_that_say_the_same_are_named_once(values):
    values[200:, 2] += 2.0
    values[:, 3] = 5 * values[:, 2] + 1
    found = singles(values, NAMES, np.repeat((0, 1), 200))
    assert len({"ppg b_a", "ppg spectral_peak"} & {a.name for a in found}) == 1


def test_a_number_that_is_mostly_missing_is_not_named(values):
    values[200:, 2] += 2.0
    values[:150, 2] = np.nan
    found = singles(values, NAMES, np.repeat((0, 1), 200))
    assert "ppg b_a" not in {a.name for a in found}


def test_people_are_never_on_both_sides(values):
    """Two rows a person that are alike must not help: labels are random."""
    twice = np.repeat(values[:200], 2, axis=0)
    first, second = described(twice[:200], "a"), described(twice[200:], "b")
    assert tell_apart(first, second, groups=False).auroc.low < 0.55
    assert replace(first, names=NAMES).column("ppg b_a").shape == (200,)
