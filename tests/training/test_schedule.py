import numpy as np
import pytest

pytest.importorskip("torch")

from cardioprint.training.schedule import FIRST_KNOWN, KINDS, Schedule

SHARES = (0.25, 0.25, 0.15, 0.35)


def test_every_position_is_used_once():
    plan = Schedule(SHARES, size=12, each=4, seed=0)
    steps = [plan(step) for step in range(500)]
    used = np.concatenate([positions for _, positions in steps])
    assert len(np.unique(used)) == len(used)
    # All of them, but for the block that "same" steps have not finished.
    missing = np.setdiff1d(np.arange(used.max() + 1), used)
    assert len(missing) < 12
    for kind, positions in steps:
        assert len(positions) == (3 if kind == "same" else 12)
        assert len(np.unique(positions // 12)) == 1


def test_kinds_come_as_often_as_asked():
    plan = Schedule(SHARES, size=4, each=4, seed=1)
    kinds = [plan(step)[0] for step in range(4000)]
    for kind, share in zip(KINDS, SHARES, strict=True):
        assert kinds.count(kind) / 4000 == pytest.approx(share, abs=0.025)
    only = Schedule((0.0, 0.0, 0.0, 1.0), size=4, each=4, seed=1)
    assert {only(step)[0] for step in range(50)} == {"other"}


def test_a_later_step_does_not_change_an_earlier_one():
    plan, fresh = (Schedule(SHARES, size=8, each=4, seed=2) for _ in range(2))
    early = [plan(step) for step in range(20)]
    far = plan(3 * FIRST_KNOWN)
    for step, (kind, positions) in enumerate(early):
        again = plan(step)
        assert again[0] == kind
        np.testing.assert_array_equal(again[1], positions)
    kind, positions = fresh(3 * FIRST_KNOWN)  # asked for at once, as after a resume
    assert kind == far[0]
    np.testing.assert_array_equal(positions, far[1])
