import pytest

torch = pytest.importorskip("torch")

from cardioprint.training.chance import Chance, hash_of  # noqa: E402

WINDOWS = torch.zeros(2, 96, 2, 10)


@pytest.mark.parametrize("numbers", ((), (500,)))
def test_even_between_0_and_1(numbers):
    x = torch.cat([Chance(WINDOWS, step=s).uniform(*numbers).flatten() for s in range(40)])
    assert x.min() >= 0 and x.max() < 1
    assert x.mean() == pytest.approx(0.5, abs=0.01)
    counts = torch.histc(x, 16, 0, 1) / len(x)
    assert (counts - 1 / 16).abs().max() < 0.006
    assert (x[1:] * x[:-1]).mean() == pytest.approx(0.25, abs=0.006)


def test_rows_views_channels_and_numbers_have_nothing_in_common():
    x = Chance(WINDOWS).uniform(400) - 0.5
    for axis in range(4):
        a, b = x.narrow(axis, 0, x.shape[axis] - 1), x.narrow(axis, 1, x.shape[axis] - 1)
        assert (a * b).mean().abs() * 12 < 0.01, axis
    flat = x.flatten(0, 2)
    assert torch.corrcoef(flat[:100]).fill_diagonal_(0).abs().max() < 0.3


@pytest.mark.parametrize("numbers", ((), (7,)))
def test_a_rank_draws_what_all_would_have_drawn(numbers):
    """For its rows, whatever their number, and in the same order of questions."""
    whole, part = (
        Chance(WINDOWS, seed=1, step=5),
        Chance(WINDOWS[:, 64:80], seed=1, step=5, first_row=64),
    )
    for _ in range(3):
        assert torch.equal(whole.uniform(*numbers)[:, 64:80], part.uniform(*numbers))


def test_seed_step_and_question_decide():
    draws = [
        Chance(WINDOWS, seed=1, step=5).uniform(),
        Chance(WINDOWS, seed=2, step=5).uniform(),
        Chance(WINDOWS, seed=1, step=6).uniform(),
    ]
    again = Chance(WINDOWS, seed=1, step=5)
    assert torch.equal(again.uniform(), draws[0])
    draws.append(again.uniform())
    for i in range(4):
        for j in range(i):
            assert (draws[i] == draws[j]).float().mean() < 0.01


def test_one_view():
    assert Chance(torch.zeros(5, 2, 10)).uniform().shape == (5, 2)
    assert Chance(torch.zeros(5, 2, 10)).between(3, 4, 6).shape == (5, 2, 6)
    signs = Chance(torch.zeros(500, 2, 10)).sign()
    assert set(signs.unique().tolist()) == {-1.0, 1.0} and signs.mean().abs() < 0.1


def test_large_and_negative_keys():
    for seed, step in ((2**63, 2**40), (0, 0), (2**64 - 1, 10**9)):
        assert torch.isfinite(Chance(WINDOWS, seed=seed, step=step).uniform(3)).all()
    assert hash_of(1, 2) != hash_of(2, 1) and 0 <= hash_of(2**70) < 2**64
