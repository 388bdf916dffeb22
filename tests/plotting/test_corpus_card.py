import io

import numpy as np
import pytest
from matplotlib.image import imread

from cardioprint.corpus.summary import HEART_RATE_BINS, LAG_BINS, Group, Summary
from cardioprint.plotting.corpus_card import MOST_BARS, draw


def summary(databases, *, windows=400):
    """Return counts of made-up databases."""
    rng = np.random.default_rng(0)
    groups = {}
    for i, name in enumerate(databases):
        for split in ("train", "test") if i % 2 else ("test",):
            groups[name, split] = Group(
                records=10, people=5, windows=windows, passed=windows // 2, seconds=10.0 * windows
            )
    count = windows * len(groups)
    return Summary(
        groups=groups,
        window=10.0,
        quality=np.tile(np.r_[np.zeros(19, int), count], (2, 1)),
        lag={d: rng.integers(0, windows + 1, len(LAG_BINS) - 1) for d in databases},
        heart_rate=rng.integers(0, count + 1, len(HEART_RATE_BINS) - 1),
        per_person=np.sort(rng.integers(1, 500, 60 if windows else 0))[::-1],
        reasons={},
    )


@pytest.mark.parametrize("number", [0, 1, 3, MOST_BARS + 5])
def test_a_picture_of_any_number_of_databases(number):
    pixels = imread(io.BytesIO(draw(summary([f"database_{i}" for i in range(number)]))))
    assert pixels.shape[1] == 1600
    assert (pixels[..., :3].min(axis=2) < 0.5).mean() > 0.002  # something is drawn


def test_a_corpus_without_windows():
    assert draw(summary(["a", "b"], windows=0))


def test_more_databases_make_a_taller_picture():
    few, many = (imread(io.BytesIO(draw(summary([f"d{i}" for i in range(n)])))) for n in (2, 8))
    assert many.shape[0] > few.shape[0]
