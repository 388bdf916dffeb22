import numpy as np
import pytest

from cardioprint.simulate.draws import LOW, philox


@pytest.mark.parametrize(
    "counter, key, words",
    [  # known answers of Random123, the authors' own library
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((LOW,) * 4, (LOW, LOW), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_words(counter, key, words):
    a, b, c, d = (np.array([word], np.int64) for word in counter)
    found = philox((a, b, c, d), key)
    assert tuple(int(w[0]) for w in found) == words


def test_draws_are_standard(draws_of):
    draws = draws_of(20_000)
    u, z = draws.uniform("a", 7), draws.normal("b", 5)
    assert u.shape == (20_000, 7)
    assert 0 < u.min() < u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=0.003)
    assert np.histogram(u, 16)[0] == pytest.approx(np.full(16, u.size / 16), rel=0.04)
    assert (z.mean(), z.std()) == pytest.approx((0, 1), abs=0.01)
    assert (np.abs(z) > 3).mean() == pytest.approx(0.0027, abs=0.0006)
    assert np.corrcoef(z.T) == pytest.approx(np.eye(5), abs=0.03)


def test_a_person_is_the_same_in_any_company(draws_of):
    many, few = draws_of(50), draws_of(50)
    part = type(few)(backend=few.backend, seed=1, people=few.people[40:45])
    np.testing.assert_array_equal(many.normal("x", 9)[40:45], part.normal("x", 9))
    np.testing.assert_array_equal(many.uniform("x", 9)[40:45, :4], part.uniform("x", 4))


def test_names_seeds_and_records_do_not_share_numbers(draws_of):
    first = draws_of(5_000).uniform("x")
    for other in (
        draws_of(5_000).uniform("y"),
        draws_of(5_000, seed=2).uniform("x"),
        draws_of(5_000, seed=1 + 2**40).uniform("x"),
        draws_of(5_000, record=1).uniform("x"),
    ):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.06
