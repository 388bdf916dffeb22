"""The order of a run: a function of the seed and the place, balanced, the same for any ranks."""

import numpy as np
import pytest

from cardioprint.corpus.order import Order, permuted, rank_slice

COUNTS = (3000, 400, 0, 57)


def database_of(windows, counts=COUNTS):
    return np.searchsorted(np.cumsum(counts), windows, side="right")


@pytest.mark.parametrize("size", (1, 2, 3, 10, 97, 1000, 12_345))
def test_a_permutation_has_everything_once(size):
    index, n = np.arange(size), np.int64(size)
    a, b = (permuted(index, n, np.uint64(key)) for key in (1, 2))
    np.testing.assert_array_equal(np.sort(a), index)
    np.testing.assert_array_equal(np.sort(b), index)
    if size > 5:
        assert not np.array_equal(a, b)
        assert not np.array_equal(a, index)
    part = permuted(index[::3], n, np.uint64(1))  # asked for alone or among others: the same
    np.testing.assert_array_equal(part, a[::3])


def test_every_place_is_as_likely():
    """Chi-squared over 2,000 keys: 48 of 49 cells' worth, far from 120."""
    n, keys = 7, 2000
    found = np.zeros((n, n))
    for key in range(keys):
        out = permuted(np.arange(n), np.int64(n), np.uint64(key * 7919))
        found[np.arange(n), out] += 1
    assert ((found - keys / n) ** 2 / (keys / n)).sum() < 80


def test_neighbours_part():
    out = permuted(np.arange(100_000), np.int64(100_000), np.uint64(5))
    assert abs(np.corrcoef(out[:-1], out[1:])[0, 1]) < 0.02
    assert abs(np.corrcoef(np.arange(100_000), out)[0, 1]) < 0.02


@pytest.mark.parametrize("ranks", (1, 2, 3, 4, 8))
@pytest.mark.parametrize("block", (1, 64))
def test_ranks_together_have_the_batch(ranks, block):
    order = Order(counts=COUNTS, seed=3, temperature=0.5, block=block)
    batch = order.at(np.arange(640, 704))
    parts = [batch[rank_slice(64, rank, ranks)] for rank in range(ranks)]
    np.testing.assert_array_equal(np.concatenate(parts), batch)
    mine = np.arange(640, 704)[rank_slice(64, ranks - 1, ranks)]
    np.testing.assert_array_equal(order.at(mine), parts[-1])


def test_a_rank_that_is_not_there():
    with pytest.raises(ValueError):
        rank_slice(8, 2, 2)


def test_every_window_once_an_epoch():
    order = Order(counts=COUNTS, seed=1)
    for epoch in range(3):
        windows = order.at(epoch * order.length + np.arange(order.length))
        np.testing.assert_array_equal(np.sort(windows), np.arange(sum(COUNTS)))


@pytest.mark.parametrize("block", (1, 32))
@pytest.mark.parametrize("temperature", (0.0, 0.5, 1.0))
def test_no_window_more_than_once_more_often_than_another(block, temperature):
    order = Order(counts=COUNTS, seed=2, temperature=temperature, block=block)
    for epoch in range(3):
        windows = order.at(epoch * order.length + np.arange(order.length))
        quotas = order.quotas(epoch)
        assert quotas.sum() == order.length
        often = np.bincount(windows, minlength=sum(COUNTS))
        for database, count in enumerate(COUNTS):
            if not count:
                assert quotas[database] == 0
                continue
            mine = often[database_of(np.arange(sum(COUNTS))) == database]
            assert mine.sum() == quotas[database]
            assert mine.min() >= quotas[database] // count
            assert mine.max() <= -(-quotas[database] // count)


def test_epochs_and_seeds_differ():
    order = Order(counts=COUNTS, seed=4)
    one, two = (order.at(e * order.length + np.arange(order.length)) for e in (0, 1))
    assert (one == two).mean() < 0.01
    other = Order(counts=COUNTS, seed=5).at(np.arange(order.length))
    assert (one == other).mean() < 0.01
    np.testing.assert_array_equal(one, Order(counts=COUNTS, seed=4).at(np.arange(order.length)))


def test_another_part_of_a_large_database_in_every_epoch():
    order = Order(counts=(10_000, 100), seed=0, temperature=0.0)
    first, second = (
        {w for w in order.at(e * order.length + np.arange(order.length)).tolist() if w < 10_000}
        for e in (0, 1)
    )
    assert len(first) == len(second) == order.length // 2
    assert len(first & second) == pytest.approx(len(first) / 2, rel=0.15)


@pytest.mark.parametrize("block", (1, 50))
@pytest.mark.parametrize("temperature", (0.0, 0.3, 0.5, 1.0))
def test_shares_are_as_stated(block, temperature):
    """Size ** temperature, exactly in the mean: no quota is off by more than a block."""
    order = Order(counts=COUNTS, seed=7, temperature=temperature, block=block)
    weight = np.array([c**temperature if c else 0.0 for c in COUNTS])
    stated = weight / weight.sum()
    np.testing.assert_allclose(order.shares, stated)
    quotas = np.array([order.quotas(epoch) for epoch in range(200)])
    assert np.abs(quotas - stated * order.length).max() < block
    np.testing.assert_allclose(quotas.mean(axis=0) / order.length, stated, atol=0.1 / order.blocks)
    drawn = database_of(order.at(np.arange(order.length)))
    np.testing.assert_array_equal(np.bincount(drawn, minlength=len(COUNTS)), order.quotas(0))


def test_one_database_a_batch_where_asked():
    order = Order(counts=COUNTS, seed=1, temperature=0.5, block=32)
    windows = order.at(np.arange(3 * order.length)).reshape(-1, 32)
    databases = database_of(windows)
    assert (databases == databases[:, :1]).all()
    assert set(np.unique(databases)) == {0, 1, 3}
    # Their order is mixed as well: not all of one database, then all of the next.
    assert (np.diff(databases[:, 0]) != 0).mean() > 0.2


def test_a_run_goes_on_with_other_ranks_where_it_stopped():
    """Two ranks stop after 300 samples of an epoch; eight go on: nothing is lost or repeated."""
    order = Order(counts=COUNTS, seed=9)
    done = []
    for position in range(0, 300, 20):
        for rank in range(2):
            done += order.at(np.arange(position, position + 20)[rank_slice(20, rank, 2)]).tolist()
    again = Order(counts=COUNTS, seed=9)
    rest = []
    for position in range(300, order.length, 64):
        here = np.arange(position, min(position + 64, order.length))
        for rank in range(8):
            rest += again.at(here[rank_slice(len(here), rank, 8)]).tolist()
    assert not set(done) & set(rest)
    assert sorted(done + rest) == list(range(sum(COUNTS)))
    straight = order.at(np.arange(order.length)).tolist()
    assert straight == done + rest


def test_a_billion_windows_cost_nothing():
    order = Order(counts=(10**9, 3 * 10**7), seed=0, temperature=0.5, block=1024)
    windows = order.at(np.arange(7 * 10**8, 7 * 10**8 + 1024))
    assert len(np.unique(windows)) == 1024
    assert windows.min() >= 0 and windows.max() < 1_030_000_000


def test_impossible_orders():
    for wrong in (
        {"counts": ()},
        {"counts": (0, 0)},
        {"counts": (5, -1)},
        {"counts": (5,), "block": 0},
        {"counts": (5,), "temperature": 1.5},
    ):
        with pytest.raises(ValueError):
            Order(**wrong)


def test_fewer_windows_than_a_block():
    order = Order(counts=(5, 3), seed=0, block=32)
    windows = order.at(np.arange(order.length))
    assert len(windows) == 32 and len(set(database_of(windows, (5, 3)))) == 1


def test_a_block_is_spread_over_its_database():
    """Windows 0 to 9 are one person's, and so on: 32 rows of 40 people show nearly all."""
    order = Order(counts=(400,), seed=0, block=32)
    for number in range(40):
        people = order.at(number * 32 + np.arange(32)) // 10
        assert len(set(people.tolist())) >= 24
        assert np.bincount(people).max() <= 2
    plain = Order(counts=(400,), seed=0)
    known = [len(set((plain.at(i * 32 + np.arange(32)) // 10).tolist())) for i in range(12)]
    assert np.mean(known) < 24
    # Rows of the batch and parts of the database do not go together.
    rows = np.array([order.at(number * 32 + np.arange(32)) for number in range(60)])
    assert rows[:, 0].max() - rows[:, 0].min() > 300
