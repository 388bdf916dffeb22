import pytest

torch = pytest.importorskip("torch")

from cardioprint.models.losses import (  # noqa: E402
    BEAT,
    decorrelation,
    describe,
    description_size,
    info_nce,
    reconstruction,
    usual_beat,
)

RATE = 125.0


def beats(phase, rate=1.25, n=1250):
    """Return a periodic signal of narrow beats, normalised, moved by `phase` seconds."""
    t = (torch.arange(n) / RATE - phase) * rate % 1
    x = torch.exp(-0.5 * ((t - 0.5) / 0.04) ** 2) - 0.3 * torch.exp(-0.5 * ((t - 0.7) / 0.08) ** 2)
    return ((x - x.mean()) / x.std())[None]


@pytest.mark.parametrize("modality", ("ecg", "ppg"))
def test_description_does_not_depend_on_phase(modality):
    """A window of whole periods, slid: what is left is the taper's leakage."""
    still = describe(beats(0.0), modality, RATE)
    slid = torch.cat([describe(beats(p), modality, RATE) for p in (0.1, 0.37, 0.61)])
    other = describe(beats(0.0, rate=1.4), modality, RATE)
    assert (slid - still).abs().mean() < 0.02
    assert (other - still).abs().mean() > 10 * (slid - still).abs().mean()
    assert torch.isfinite(describe(torch.zeros(1, 1250), modality, RATE)).all()


@pytest.mark.parametrize("modality", ("ecg", "ppg"))
def test_description_knows_scale_free_rhythm(modality):
    """Autocorrelation peaks at the beat interval, which is 0.8 s."""
    acf = describe(beats(0.2), modality, RATE)[0, -250:]
    assert int(torch.argmax(acf[50:150])) + 50 == 99  # the first entry is a lag of one sample
    assert acf[99] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("modality", ("ecg", "ppg"))
def test_description_size(modality):
    first, last = BEAT[modality]
    beat = round(last * RATE) - round(first * RATE)
    assert description_size(modality, 1250, RATE) == (
        describe(beats(0.0), modality, RATE).shape[1] + 2 * beat
    )


def test_usual_beat():
    window = torch.zeros(2, 1250)
    at = torch.tensor([[200, 500, 800, -1], [10, 600, 1245, -1]])
    for row in range(2):
        window[row, at[row, :3]] = 1.0
    mean, spread, there = usual_beat(window, at, "ecg", RATE)
    assert there.tolist() == [True, False]  # two of the second row's beats are cut by the edges
    first = round(-BEAT["ecg"][0] * RATE)
    assert mean[0, first] == 1.0
    assert mean[0].sum() == pytest.approx(1.0)
    assert mean[1, first] == pytest.approx(1.0)  # of its one whole beat
    assert not spread.any()  # they are all alike
    nothing, spread, there = usual_beat(window, torch.full((2, 3), -1), "ppg", RATE)
    assert not nothing.any() and not spread.any() and not there.any()


def test_beats_of_two_kinds_spread():
    window = torch.zeros(1, 1250)
    at = torch.tensor([[200, 400, 600, 800]])
    window[0, at[0]] = torch.tensor([1.0, 3.0, 1.0, 3.0])
    mean, spread, there = usual_beat(window, at, "ecg", RATE)
    first = round(-BEAT["ecg"][0] * RATE)
    assert there.all() and mean[0, first] == 2.0
    assert spread[0, first] == pytest.approx(1.0) and spread[0].sum() == pytest.approx(1.0)


def nce(a, b, subject, scale=2.3):
    loss, accuracy = info_nce(a, b, torch.tensor(subject), torch.tensor(scale))
    return float(loss), float(accuracy)


def test_info_nce_wants_matching_rows():
    torch.manual_seed(0)
    a = torch.randn(16, 32)
    loss, accuracy = nce(a, a + 0.01 * torch.randn(16, 32), list(range(16)))
    assert accuracy == 1.0
    shuffled, chance = nce(a, a.roll(1, dims=0), list(range(16)))
    assert shuffled > loss + 1
    assert chance < 0.3
    scaled, same = (nce(a, k * a, list(range(16)))[0] for k in (100, 1))
    assert scaled == pytest.approx(same, rel=1e-3)


def test_info_nce_leaves_the_same_person_out():
    """A copy of a row is no mismatch when it is the same person's, and a bad one otherwise."""
    torch.manual_seed(0)
    a = torch.randn(8, 32)
    double = torch.cat([a, a])
    together, hit = nce(double, double, [*range(8), *range(8)])
    strangers, _ = nce(double, double, list(range(16)))
    alone, _ = nce(a, a, list(range(8)))
    assert hit == 1.0
    assert together == pytest.approx(alone, abs=1e-3)
    assert strangers > alone + 0.3


def test_temperature_is_bounded():
    a = torch.randn(4, 8)
    assert nce(a, a, [0, 1, 2, 3], 50.0) == nce(a, a, [0, 1, 2, 3], 3.5)


def patches(fill=0.0):
    return torch.full((2, 4, 25), fill)


def test_reconstruction_counts_hidden_patches_most():
    visible = torch.tensor([[True, True, False, False]] * 2)
    valid = torch.ones_like(visible)
    weights = {"visible_weight": 0.5, "derivative_weight": 0.0}
    for wrong, loss, error in (([2], 1 / 3, 0.5), ([0], 0.5 / 3, 0.0), ([0, 1, 2, 3], 1.0, 1.0)):
        guess = patches()
        guess[:, wrong] = 1.0
        got, mse = reconstruction(guess, patches(), visible, valid, **weights)
        assert float(got) == pytest.approx(loss)
        assert float(mse) == pytest.approx(error)


def test_reconstruction_ignores_what_was_not_measured():
    visible = torch.zeros(2, 4, dtype=torch.bool)
    valid = torch.tensor([[True, True, False, False]] * 2)
    guess = patches()
    guess[:, 2:] = 1e3
    loss, error = reconstruction(
        guess, patches(), visible, valid, visible_weight=0.5, derivative_weight=0.0
    )
    assert float(loss) == 0 and float(error) == 0
    nothing = torch.zeros_like(valid)
    loss, error = reconstruction(
        guess, patches(), visible, nothing, visible_weight=0.5, derivative_weight=0.3
    )
    assert float(loss) == 0 and float(error) == 0


def test_the_derivative_term_sees_shape_and_not_level():
    torch.manual_seed(0)
    truth = torch.randn(2, 4, 25)
    hidden, valid = torch.zeros(2, 4, dtype=torch.bool), torch.ones(2, 4, dtype=torch.bool)

    def extra(guess):
        with_term, without = (
            reconstruction(guess, truth, hidden, valid, visible_weight=0.5, derivative_weight=w)[0]
            for w in (1.0, 0.0)
        )
        return float(with_term - without)

    assert extra(truth + 3.0) == pytest.approx(0, abs=1e-4)
    assert extra(torch.zeros_like(truth)) == pytest.approx(1, rel=0.01)  # in its own variance
    assert extra(-truth) == pytest.approx(4, rel=0.01)


def test_decorrelation():
    torch.manual_seed(0)
    free = torch.randn(4096, 8)
    assert decorrelation(free) < 0.01
    assert decorrelation(free[:, :1].expand(-1, 8)) == pytest.approx(7, rel=0.01)
    assert decorrelation(5 + 100 * free) == pytest.approx(float(decorrelation(free)), abs=1e-3)
