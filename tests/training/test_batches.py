"""Who and what is in a batch, and which way the PPG is moved."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from cardioprint.errors import RecordError
from cardioprint.training.batches import Batch, BatchConfig, Sampler, normalise
from cardioprint.training.places import CANONICAL_LAG
from synthetic_cache import KINDS_ONLY as ONLY
from synthetic_cache import RATE, synthetic


def sampler(cache, kind, seed=0, **more):
    return Sampler(
        cache, BatchConfig(size=16, **ONLY[kind], **({"stretch": 0.0} | more)), seed=seed
    )


def delay(batch, view):
    """Return each row's delay from beat to pulse, in seconds; beats are about a second apart."""
    ecg = np.argmax(batch.windows[view, :, 0, 250:400], axis=1) + 250
    out = []
    for row, at in enumerate(ecg):
        ahead = batch.windows[view, row, 1, at - 12 : at + 113]
        out.append((int(np.argmax(ahead)) - 12) / RATE)
    return np.array(out)


@pytest.mark.parametrize("kind", ("same", "both", "other"))
@pytest.mark.parametrize("lag", (0.10, 0.25, 0.56, 0.7))
def test_the_monitor_s_delay_is_taken_out(kind, lag):
    """Single views show the usual lag whatever the monitor; views of both, any monitor's."""
    c = BatchConfig()
    s = sampler(synthetic([lag, lag]), kind)
    waits = []
    for step in range(12):
        batch = s.batch(step)
        waits += [delay(batch, 0), delay(batch, 1)]
    moved = np.array(waits) - CANONICAL_LAG
    if kind == "both":
        assert moved.min() > c.device_lag[0] - 0.06 and moved.max() < c.device_lag[1] + 0.06
        assert np.ptp(moved) > 0.4
        assert moved.mean() == pytest.approx(np.mean(c.device_lag), abs=0.06)
    else:
        assert np.abs(moved).max() <= c.jitter + 1.01 / RATE
        assert np.ptp(moved) > c.jitter
        assert abs(moved.mean()) < 0.01


def test_time_runs_faster_or_slower_and_the_lag_stays():
    """Intervals change by up to the stretch, alike in both views; beats stay on their waves."""
    s = sampler(synthetic([0.56, 0.56]), "other", stretch=0.12)
    c, gaps = s.config, []
    for step in range(8):
        batch = s.batch(step)
        between = [np.diff(batch.beats[view, :, 0], axis=1)[:, 0] for view in range(2)]
        assert np.abs(between[0] - between[1]).max() <= 2
        gaps += list(between[0])
        assert np.abs(delay(batch, 0) - CANONICAL_LAG).max() <= c.jitter + 2.01 / RATE
        for row in range(c.size):
            at = batch.beats[0, row, 0]
            at = at[(at >= 2) & (at < 1240)]
            near = batch.windows[0, row, 0][at[:, None] + np.arange(-1, 2)]
            assert near.max(axis=1).min() > 1.0
    assert RATE * np.exp(-0.12) - 1 <= min(gaps) and max(gaps) <= RATE * np.exp(0.12) + 1
    assert np.ptp(gaps) > 15


def test_a_device_delays_both_views_alike():
    """Two windows of one recording come from one monitor."""
    s = sampler(synthetic([0.25, 0.25]), "both")
    for step in range(6):
        batch = s.batch(step)
        assert np.abs(delay(batch, 0) - delay(batch, 1)).max() < 0.08


@pytest.mark.parametrize("kind", ONLY)
def test_both_windows_are_of_the_person_named(kind):
    hertz = np.array([1.0, 1.7, 2.4, 3.1, 3.8, 4.5])
    s = sampler(synthetic([0.25] * 6, hertz=hertz), kind)
    for step in range(8):
        batch = s.batch(step)
        n = batch.patches_valid * 25
        spectrum = np.abs(np.fft.rfft(batch.windows[..., :n] * np.hanning(n), 5000))
        found = np.fft.rfftfreq(5000, 1 / RATE)[np.argmax(spectrum, axis=-1)]
        who = np.abs(found[..., None] - hertz).argmin(axis=-1)
        np.testing.assert_array_equal(who, np.broadcast_to(batch.subject[:, None], who.shape))
        assert len(set(batch.subject % 2)) == 1  # one source a batch
        if kind == "same":
            np.testing.assert_array_equal(batch.windows[0], batch.windows[1])
        elif kind == "other":
            assert not np.array_equal(batch.windows[0], batch.windows[1])


def test_step_and_seed_alone_decide(smoke_cache):
    config = BatchConfig(size=8)
    once, again = Sampler(smoke_cache, config), Sampler(smoke_cache, config)
    for step in (7, 3, 11):
        again.batch(step + 1)  # whatever was drawn before
        a, b = once.batch(step), again.batch(step)
        assert a.kind == b.kind
        np.testing.assert_array_equal(a.windows, b.windows)
        np.testing.assert_array_equal(a.subject, b.subject)
        np.testing.assert_array_equal(a.beats, b.beats)
        for x, y in zip(a.shown, b.shown, strict=True):
            assert x.keys() == y.keys()
            for m in x:
                np.testing.assert_array_equal(x[m], y[m])
    other = Sampler(smoke_cache, config, seed=1).batch(3)
    assert not np.array_equal(other.windows, once.batch(3).windows)


def test_every_kind_comes_as_often_as_asked(smoke_cache):
    s = Sampler(smoke_cache, BatchConfig(size=4))
    kinds = [s.batch(step).kind for step in range(400)]
    for kind, share in (("same", 0.25), ("both", 0.25), ("short", 0.15), ("other", 0.35)):
        assert kinds.count(kind) / 400 == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize("kind", ONLY)
def test_windows_are_normalised_and_beats_lie_in_them(smoke_cache, kind):
    s = sampler(smoke_cache, kind)
    for step in range(5):
        batch = s.batch(step)
        n = batch.patches_valid * 25
        assert batch.windows.shape == (2, 16, 2, 1250)
        np.testing.assert_allclose(batch.windows[..., :n].mean(-1), 0, atol=0.05)
        np.testing.assert_allclose(batch.windows[..., :n].std(-1), 1, atol=0.1)
        assert not batch.windows[..., n:].any()
        if kind == "short":
            assert 2.0 <= n / RATE <= 6.0
        else:
            assert n == 1250
    r_peaks = batch.beats[:, :, 0]
    assert ((r_peaks == -1) | ((r_peaks >= 0) & (r_peaks < 1250))).all()
    for view, row in ((0, 0), (1, 5)):
        at = r_peaks[view, row][r_peaks[view, row] >= 20]
        at = at[at < n - 20]
        x = batch.windows[view, row, 0]
        off = [int(np.argmax(x[b - 20 : b + 21])) - 20 for b in at]
        assert len(at) and np.median(np.abs(off)) <= 1


def test_what_is_shown(smoke_cache):
    for kind in ONLY:
        s = sampler(smoke_cache, kind, full=0.0)
        for step in range(6):
            batch: Batch = s.batch(step)
            for view in batch.shown:
                visible = sum(at.shape[1] for at in view.values())
                if kind == "short":
                    assert visible == batch.patches_valid
                    assert next(iter(view.values())).max() < batch.patches_valid
                else:
                    assert visible <= 0.3 * 100
            if kind == "both":
                for view in batch.shown:
                    for ecg, ppg in zip(view["ecg"], view["ppg"], strict=True):
                        assert not set(ecg) & set(ppg)
            elif kind == "same":
                assert [set(v) for v in batch.shown] == [{"ecg"}, {"ppg"}]


@pytest.mark.parametrize("ranks", (2, 3, 8))
@pytest.mark.parametrize("kind", ONLY)
def test_a_rank_makes_its_rows_of_the_same_batch(smoke_cache, kind, ranks):
    s = sampler(smoke_cache, kind, stretch=0.12)
    for step in range(3):
        whole, row = s.batch(step), 0
        for rank in range(ranks):
            part = Sampler(smoke_cache, s.config).batch(step, rank, ranks)
            mine = slice(row, row + len(part.subject))
            assert part.first_row == row and part.kind == whole.kind
            np.testing.assert_array_equal(part.windows, whole.windows[:, mine])
            np.testing.assert_array_equal(part.subject, whole.subject[mine])
            np.testing.assert_array_equal(part.beats, whole.beats[:, mine])
            for x, y in zip(part.shown, whole.shown, strict=True):
                for m in y:
                    np.testing.assert_array_equal(x[m], y[m][mine])
            row = mine.stop
        assert row == s.config.size


def test_impossible_caches_are_refused_and_say_why():
    cache = synthetic([0.25, 0.25])
    with pytest.raises(RecordError, match="none of 12 windows can be used"):
        Sampler(replace(cache, agreement=np.full(12, 0.5, np.float32)), BatchConfig(size=16))
    half = replace(cache, quality=np.where(cache.database[:, None] == 0, cache.quality, 0.4))
    with pytest.warns(UserWarning, match="odd"):
        s = Sampler(half, BatchConfig(size=16))
    assert s.places.unused == ("odd",)
    for step in range(10):
        assert set(s.batch(step).subject) == {0}


def test_impossible_batches_are_refused():
    for wrong in ({"size": 6}, {"same": 0.6, "both": 0.3, "short": 0.2}):
        with pytest.raises(ValueError):
            BatchConfig(**wrong)


def test_a_flat_window_stays_finite():
    windows = np.full((2, 1, 2, 100), 3.0, np.float32)
    normalise(windows)
    assert not windows.any()


def test_masks_may_be_of_another_kind(smoke_cache):
    """Single patches."""
    fine = sampler(smoke_cache, "both", full=0.0, block=1).batch(0)
    gaps = np.diff(fine.shown[0]["ecg"], axis=1)
    assert (gaps > 1).mean() > 0.5
    with pytest.raises(ValueError):
        BatchConfig(block=0)
