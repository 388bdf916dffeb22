import numpy as np
import pytest

from cardioprint.plotting.gallery import early_beats
from cardioprint.simulate import Beat

BEATS = (Beat.NORMAL, Beat.NORMAL, Beat.VENTRICULAR, Beat.NORMAL, Beat.NORMAL)


def test_a_clear_early_beat_scores_by_its_pause():
    times = np.array([0.0, 1.0, 1.6, 3.0, 4.0, np.nan])
    kinds = np.array([*BEATS, -1])
    assert early_beats(times, kinds, Beat.VENTRICULAR) == pytest.approx(1.4 - 0.6)
    assert early_beats(times, kinds, Beat.ATRIAL_PREMATURE) == 0


def test_two_beats_score_nothing():
    assert early_beats(np.array([0.0, 1.0]), np.array([0, 3]), Beat.VENTRICULAR) == 0
