"""Windows for encoders: what is accepted, what is refused."""

import numpy as np
import pytest

from cardioprint.benchmark.baselines import base, catalogue
from cardioprint.benchmark.baselines.base import Series, Signals
from cardioprint.errors import ChannelError, RecordError, SamplingRateError, UnknownNameError

X = np.zeros((3, 100), np.float32)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Signals(series={}), ChannelError, "ecg, ppg"),
        (
            lambda: Signals(series={"abp": Series(samples=X, sampling_rate=100)}),
            ChannelError,
            "abp",
        ),
        (lambda: Series(samples=X[0], sampling_rate=100), ChannelError, "window, time"),
        (lambda: Series(samples=X[:, :0], sampling_rate=100), ChannelError, "window, time"),
        (lambda: Series(samples=np.array([["a"]]), sampling_rate=100), ChannelError, "numbers"),
        (lambda: Series(samples=X, sampling_rate=0), SamplingRateError, "rate"),
        (lambda: Signals.of(ecg=X, ppg=X[:2], sampling_rate=100), RecordError, "numbers of"),
        (
            lambda: Signals.of(ecg=X, sampling_rate=100, known={"age": np.zeros(2)}),
            RecordError,
            "numbers of",
        ),
    ],
)
def test_what_is_no_set_of_windows_is_refused(make, error, says):
    with pytest.raises(error, match=says):
        make()


def test_selection_keeps_windows_and_what_is_known_together(people):
    some = people[np.array([3, 5])]
    assert len(some) == 2
    assert np.array_equal(some.series["ppg"].samples, people.series["ppg"].samples[[3, 5]])
    assert np.array_equal(some.known["age"], people.known["age"][[3, 5]])
    alone = people.only("ppg")
    assert list(alone.series) == ["ppg"]
    with pytest.raises(ChannelError, match="takes ecg; these windows hold ppg"):
        base.usable(alone, ("ecg",), "some encoder")


def test_infinity_is_missing():
    x = X.copy()
    x[1, 4] = np.inf
    assert np.isnan(Series(samples=x, sampling_rate=100).samples[1, 4])


@pytest.mark.parametrize("name", sorted(set(catalogue.BASELINES) - {"beat_pca"}))
def test_every_baseline_keeps_the_promise_of_an_encoder(people, name):
    if name == "random_m2ae":
        pytest.importorskip("torch")
    encoder = catalogue.make_baseline(name)
    assert isinstance(encoder, base.Encoder)
    assert encoder.kind in ("baseline", "random")
    whole = encoder.embed(people)
    assert whole.shape[0] == len(people)
    assert whole.dtype == np.float32
    assert not np.isinf(whole).any()
    again = catalogue.make_baseline(name).embed(people)
    assert np.array_equal(whole, again, equal_nan=True)
    few = encoder.embed(people[np.array([7, 2])])
    assert few == pytest.approx(whole[[7, 2]], abs=1e-4, nan_ok=True)


@pytest.mark.parametrize("name", ["hand", "kernels", "random_m2ae"])
def test_a_window_without_a_sample_is_nan_and_harms_no_other(people, name):
    if name == "random_m2ae":
        pytest.importorskip("torch")
    x = people.series["ppg"].samples[:3].copy()
    x[1] = np.nan
    encoder = catalogue.make_baseline(name)
    found = encoder.embed(Signals.of(ppg=x, sampling_rate=250))
    assert np.isnan(found[1]).all()
    assert found[[0, 2]] == pytest.approx(
        encoder.embed(people.only("ppg"))[[0, 2]], abs=1e-4, nan_ok=True
    )


def test_an_unknown_baseline_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="hand, kernels"):
        catalogue.make_baseline("magic")
