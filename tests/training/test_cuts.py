"""Where windows are cut: inside runs, about their anchors, and never over each other."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from cardioprint.corpus.order import Order
from cardioprint.training.batches import BatchConfig, Sampler
from cardioprint.training.cuts import STAYING, choose
from cardioprint.training.places import CANONICAL_LAG, Places, span
from synthetic_cache import KINDS_ONLY, RATE, N, runs

KINDS = tuple(KINDS_ONLY)


def cuts_of(cache, kind, *, stretch=0.12, anchors=None, seed=0):
    places = Places(cache, stretch=stretch)
    anchors = places.anchors if anchors is None else np.asarray(anchors)
    rng = np.random.default_rng(seed)
    return places, choose(places, rng, anchors, kind, BatchConfig(stretch=stretch))


def extent(cuts, view):
    """Return the first sample of either signal and the one after the last."""
    start, shift = cuts.starts[view], cuts.shifts[view]
    return start + np.minimum(0, shift), start + np.maximum(0, shift) + span(cuts.speed, N)


@pytest.fixture(params=range(4), scope="module")
def crowd(request):
    """Return a cache of 60 runs of 1 to 6 windows, of 25 people in three databases."""
    rng = np.random.default_rng(request.param)
    return runs(
        rng.integers(1, 7, 60),
        subjects=rng.integers(0, 25, 60),
        databases=np.sort(rng.integers(0, 3, 60)),
        lags=rng.uniform(0.08, 0.84, 60),
    )


@pytest.mark.parametrize("stretch", (0.0, 0.12))
@pytest.mark.parametrize("kind", KINDS)
def test_windows_lie_in_a_run_of_the_person_in_the_database(crowd, kind, stretch):
    places, cuts = cuts_of(crowd, kind, stretch=stretch)
    rows = places.anchors if kind != "same" else np.repeat(places.anchors, 4)
    for view in range(2):
        first, stop = extent(cuts, view)
        assert first.min() >= 0 and stop.max() <= len(crowd.samples)
        a, b = first // N, (stop - 1) // N
        np.testing.assert_array_equal(crowd.record[a], crowd.record[b])
        np.testing.assert_array_equal(crowd.subject[a], crowd.subject[rows])
        np.testing.assert_array_equal(crowd.database[a], crowd.database[rows])
    assert np.abs(np.log(cuts.speed)).max() <= stretch + 1e-9
    if kind == "same":
        np.testing.assert_array_equal(cuts.starts[0], cuts.starts[1])
        np.testing.assert_array_equal(cuts.shifts[0], cuts.shifts[1])


@pytest.mark.parametrize("kind", ("other", "both", "short"))
def test_two_windows_overlap_only_where_there_is_no_other(crowd, kind):
    for seed in range(5):
        places, cuts = cuts_of(crowd, kind, seed=seed)
        a, b = (extent(cuts, view) for view in range(2))
        over = np.minimum(a[1], b[1]) - np.maximum(a[0], b[0])
        _, count, _ = places.owned(places.anchors)
        run = places.run_of(places.anchors)
        several = count > places.windows_in(run)
        two = places.fastest(run, times=2) >= np.exp(-0.12)
        assert (over[several | two] <= 0).all()
        assert several.any() and two.any()


def test_a_run_of_two_windows_gives_both(crowd):
    """Even of a person with nothing else, and a late monitor: time runs a little slower."""
    cache = runs([2], lags=[0.56])
    for seed in range(20):
        _, cuts = cuts_of(cache, "other", seed=seed, anchors=[0, 1])
        (a, b), (c, d) = (extent(cuts, view) for view in range(2))
        assert (np.minimum(b, d) <= np.maximum(a, c)).all()
        assert cuts.speed.max() <= (N - 39 + 5) / N


def test_a_person_with_one_window_shows_it_twice():
    _, cuts = cuts_of(runs([1]), "other", anchors=[0])
    np.testing.assert_array_equal(cuts.starts[0] // N, cuts.starts[1] // N)


def test_first_windows_lie_about_their_anchor():
    """Their middle is anywhere in it: over many draws every phase is as likely."""
    anchors = np.full(4000, 20)
    _, cuts = cuts_of(runs([41]), "other", anchors=anchors)
    first, stop = extent(cuts, 0)
    middle = (first + stop) / 2 - 20 * N
    assert middle.min() > -2 and middle.max() < N + 2
    assert np.histogram(middle, 10, (0, N))[0].min() > 300
    # and at the ends of a run as near as there is room
    _, cuts = cuts_of(runs([41]), "other", anchors=np.full(500, 40))
    assert extent(cuts, 0)[1].max() == 41 * N


def test_speed_is_even_on_a_logarithmic_scale():
    _, cuts = cuts_of(runs([41]), "other", anchors=np.full(4000, 20))
    counts = np.histogram(np.log(cuts.speed), 8, (-0.12, 0.12))[0]
    assert counts.sum() == 4000 and counts.min() > 400


@pytest.mark.parametrize("kind", ("other", "both", "short"))
def test_second_windows_come_from_near_and_far(kind):
    cache = runs([20, 20], subjects=[0, 0])
    _, cuts = cuts_of(cache, kind, anchors=np.full(2000, 7))
    stayed = cuts.starts[1] < 20 * N
    assert stayed.mean() == pytest.approx(STAYING + (1 - STAYING) / 2, abs=0.03)
    assert len(np.unique(cuts.starts[1] // N)) == 40  # everywhere, also before the first


def test_a_lag_that_changes_ends_a_run_and_is_taken_out():
    cache = runs([4])
    lag = np.array([0.25, 0.25, 0.5, 0.5], np.float32)
    cache = replace(cache, lag=lag)
    places, cuts = cuts_of(cache, "other", anchors=np.repeat([0, 3], 500))
    assert len(np.unique(places.run_of(places.anchors))) == 2
    for view in range(2):
        left = lag[cuts.starts[view] // N] - cuts.shifts[view] / RATE
        assert np.abs(left - CANONICAL_LAG * cuts.speed).max() <= 0.015 * 1.13 + 0.51 / RATE


def test_people_with_few_windows_come_with_what_they_have():
    cache = runs([6, 1, 2], subjects=[0, 1, 2])
    _, cuts = cuts_of(cache, "same", anchors=[0, 6, 7] * 50)
    assert len(cuts.speed) == 4 * 150
    rows = ((cuts.starts[0] + 600) // N).reshape(50, 3, 4)
    subject = cuts.subject.reshape(50, 3, 4)
    np.testing.assert_array_equal(subject, np.broadcast_to([[0], [1], [2]], (50, 3, 4)))
    assert set(np.unique(rows[:, 0])) == set(range(6))
    assert set(np.unique(rows[:, 1])) == {6}
    speed = cuts.speed.reshape(-1, 4)
    np.testing.assert_array_equal(speed, np.repeat(speed[:, :1], 4, axis=1))


def test_companions_are_different_windows():
    places = Places(runs([3, 9], subjects=[0, 0]), stretch=0.12)
    from cardioprint.training.cuts import _companions

    out = _companions(places, np.random.default_rng(0), np.arange(12).repeat(20), 4)
    np.testing.assert_array_equal(out[:, 0], np.arange(12).repeat(20))
    assert all(len(set(row)) == 4 for row in out.tolist())
    assert np.bincount(out.ravel()).min() > 50


def test_single_windows_need_time_to_run_slower():
    """A monitor's delay of 0.31 s costs room: 39 samples; without stretch there is none."""
    cache = runs([1, 1, 2], lags=[0.25, 0.56, 0.56])
    np.testing.assert_array_equal(Places(cache).anchors, [0, 2, 3])
    np.testing.assert_array_equal(Places(cache, stretch=0.12).anchors, [0, 1, 2, 3])


def test_what_is_not_good_is_no_place():
    cache = runs([8])
    bad = {
        "valid": np.array([[1, 0.99]]),
        "quality": np.array([[np.nan, 1]]),
        "agreement": np.array([np.nan]),
        "lag": np.array([np.nan]),
    }
    for name, value in bad.items():
        column = getattr(cache, name).copy()
        column[3] = value[0]
        places = Places(replace(cache, **{name: column}))
        np.testing.assert_array_equal(places.anchors, [0, 1, 2, 4, 5, 6, 7])
        assert places.run_of(places.anchors).tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_every_usable_window_is_an_anchor_once_an_epoch():
    cache = runs([30, 17, 5, 12], databases=[0, 0, 1, 1])
    s = Sampler(cache, BatchConfig(size=8, temperature=1.0, people=1.0, one_database=False), seed=4)
    used = np.concatenate([s.schedule(step)[1] for step in range(60)])
    first, second = (used[used // s.order.length == epoch] for epoch in range(2))
    assert len(first) == s.order.length  # in the order of the steps, "same" steps among them
    np.testing.assert_array_equal(np.sort(s.order.at(first)), np.arange(len(cache)))
    assert set(s.order.at(second)) <= set(range(len(cache)))


@pytest.mark.parametrize(("people", "shares"), ((1.0, (64, 16, 4)), (0.5, (8, 4, 2)), (0.0, 1)))
def test_people_are_weighted(people, shares):
    """Three people of 64, 16 and 4 windows in the first database, one of 9 in the second."""
    cache = runs([64, 16, 4, 9], databases=[0, 0, 0, 1])
    places = Places(cache, people=people)
    drawn = places.anchor(np.arange(sum(places.turns)))
    of = np.bincount(cache.subject[drawn], minlength=4)
    assert of[:3].sum() == places.turns[0] and of[3] == places.turns[1] == 9
    np.testing.assert_allclose(
        of[:3] / of[:3].sum(), np.ones(3) * shares / np.sum(np.ones(3) * shares)
    )
    # A person's windows all come, none more than once more often than another.
    for person in range(4):
        times = np.bincount(drawn, minlength=len(cache))[cache.subject == person]
        assert times.min() >= 1 and times.max() - times.min() <= 1
    # Databases have the shares of their windows all the same.
    s = Sampler(cache, BatchConfig(size=4, windows_each=1, temperature=1.0, people=people))
    np.testing.assert_allclose(s.order.shares, [84 / 93, 9 / 93])


def test_weights_of_people_reach_the_batches():
    cache = runs([60, 12])
    how = {"size": 6, "windows_each": 1, **KINDS_ONLY["other"]}
    for people, share in ((1.0, 5 / 6), (0.5, 5**0.5 / (1 + 5**0.5)), (0.0, 1 / 2)):
        s = Sampler(cache, BatchConfig(people=people, **how))
        seen = np.concatenate([s.batch(step).subject for step in range(200)])
        assert np.mean(seen == 0) == pytest.approx(share, abs=0.03)


def test_wrong_weights():
    with pytest.raises(ValueError, match="people"):
        BatchConfig(people=1.5)
    with pytest.raises(ValueError, match="sizes"):
        Order(counts=(3, 4), sizes=(3, 0))


def test_by_hours_every_window_has_one_turn():
    cache = runs([30, 17, 5, 12], subjects=[1, 0, 1, 1], databases=[0, 0, 1, 1])
    places = Places(cache, people=1.0)
    assert places.turns == places.counts
    np.testing.assert_array_equal(places.anchor(np.arange(64)), places.anchors)


def test_windows_are_read_where_they_are_cut():
    """The cache's samples are their own index: a window is a ramp of the time it covers."""
    cache = runs([5, 3])
    s = Sampler(cache, BatchConfig(size=8, **KINDS_ONLY["other"]))
    for step in range(4):
        batch = s.batch(step)
        anchors = s.places.anchor(s.order.at(s.schedule(step)[1]))
        cuts = choose(s.places, np.random.default_rng((0, step)), anchors, "other", s.config)
        ramp = np.arange(N) - (N - 1) / 2
        np.testing.assert_allclose(
            batch.windows, np.broadcast_to(ramp / ramp.std(), batch.windows.shape), atol=2e-3
        )
        inside = batch.beats[..., 0, :]
        for view in range(2):
            at = cuts.starts[view][:, None] + inside[view] * cuts.speed[:, None]
            off = (at - 60 + 62) % RATE - 62
            assert np.abs(off[inside[view] >= 0]).max() <= 1
