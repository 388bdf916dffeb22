from dataclasses import replace

import numpy as np
import pytest

from cardioprint.simulate import Backend, Beat, Rhythm
from cardioprint.simulate.batch import lives
from cardioprint.simulate.physiology import live

EXACT = Backend(dtype="float64")


@pytest.fixture(scope="module")
def minutes():
    """Return five minutes of 700 people, all rhythms alike, none changing."""
    return lives(700, 11, seconds=300.0, balanced=True, change=0.0, b=EXACT)


def beats_of(life, row):
    b = life.beats
    keep = b.valid[row] & (b.time[row] > 0) & (b.time[row] < life.seconds)
    return b.time[row][keep], b.kind[row][keep], b.pr[row][keep]


def waves_of(life, row):
    b = life.beats
    time = b.atrial_time[row][b.atrial_valid[row]]
    return time[(time > 0) & (time < life.seconds)]


def rows(life, rhythm):
    found = np.flatnonzero(life.people.rhythm == rhythm)
    assert len(found) > 30
    return found


def test_hrv_is_the_persons():
    life = lives(300, 3, seconds=300.0, b=EXACT)
    p, b = life.people, life.beats
    calm = (p.rhythm == Rhythm.SINUS) & (p.premature_ventricular < 20) & (p.premature_atrial < 20)
    rr = np.where(b.valid & (b.time > 0) & (b.time < 300) & (b.kind == Beat.NORMAL), b.rr, np.nan)
    rr = rr[calm]
    sdnn = np.nanstd(rr, axis=1)
    rmssd = np.sqrt(np.nanmean(np.diff(rr, axis=1) ** 2, axis=1))
    assert np.median(sdnn / p.sdnn[calm]) == pytest.approx(1, abs=0.1)
    assert np.median(rmssd / p.rmssd[calm]) == pytest.approx(1, abs=0.1)
    assert np.median(np.abs(60 / np.nanmean(rr, axis=1) - p.heart_rate[calm])) < 2


def test_fibrillation_is_irregular_and_has_no_p_wave(minutes):
    for row in rows(minutes, Rhythm.ATRIAL_FIBRILLATION):
        time, _, _ = beats_of(minutes, row)
        rr = np.diff(time)
        assert 0.12 < rr.std() / rr.mean() < 0.32
        assert np.abs(np.diff(rr)).mean() / rr.mean() > 0.1
        assert abs(np.corrcoef(rr[1:], rr[:-1])[0, 1]) < 0.3
        assert rr.min() > 0.26
        assert len(waves_of(minutes, row)) == 0


def test_fibrillating_hearts_have_premature_ventricular_beats(draws_of):
    """They come early, after a nearly fixed coupling, and a longer interval follows."""
    calm = lives(200, 4, seconds=2.0, balanced=True, b=EXACT).people
    rhythm = 0 * calm.rhythm + int(Rhythm.ATRIAL_FIBRILLATION)
    people = replace(calm, rhythm=rhythm, premature_ventricular=0 * calm.age + 300.0)
    draws = draws_of(200, seed=4, record=1)
    life = live(people, draws_of(200, seed=4), draws, seconds=120.0, change=0.0)
    coupling, pauses, plain, counts = [], [], [], []
    for row in range(200):
        time, kind, _ = beats_of(life, row)
        rr, early = np.diff(time) / life.foci.run[row], kind[1:] == Beat.VENTRICULAR
        coupling.append(rr[early].std())
        pauses.extend(rr[1:][early[:-1]])
        plain.extend(rr[1:][~early[:-1] & ~early[1:]])
        counts.append(early.sum())
        assert (life.beats.rhythm[row][life.beats.valid[row]] == rhythm[row]).all()
    assert 3 < np.mean(counts) < 12  # five a minute are wanted; some find no room
    assert np.nanmedian(coupling) < 0.02
    assert np.median(pauses) - np.median(plain) == pytest.approx(0.35, abs=0.1)


def test_flutter_keeps_to_multiples_of_its_cycle(minutes):
    for row in rows(minutes, Rhythm.ATRIAL_FLUTTER)[:20]:
        time, _, _ = beats_of(minutes, row)
        ratio = np.diff(time) / minutes.foci.run[row]
        assert 250 <= 60 / minutes.foci.run[row] <= 340
        assert np.abs(ratio - np.rint(ratio)).max() < 0.12
        assert set(np.rint(ratio)) <= {2, 3, 4}


def test_a_premature_ventricular_beat_has_a_full_compensatory_pause(minutes):
    sums, coupling = [], []
    for row in rows(minutes, Rhythm.PREMATURE_VENTRICULAR):
        time, kind, pr = beats_of(minutes, row)
        for i in np.flatnonzero(kind == Beat.VENTRICULAR):
            if (
                2 <= i < len(time) - 1
                and not (kind[i - 2 : i + 2] == Beat.VENTRICULAR)[[0, 1, 3]].any()
            ):
                usual = time[i - 1] - time[i - 2]
                sums.append((time[i + 1] - time[i - 1]) / usual)
                coupling.append((time[i] - time[i - 1]) / usual)
                assert np.isnan(pr[i])
    assert len(sums) > 500
    assert np.median(sums) == pytest.approx(2, abs=0.06)
    assert 0.45 < np.quantile(coupling, 0.05) < np.quantile(coupling, 0.95) < 0.85


def test_a_premature_atrial_beat_resets_the_sinus_node(minutes):
    sums = []
    for row in rows(minutes, Rhythm.PREMATURE_ATRIAL):
        time, kind, _ = beats_of(minutes, row)
        early = [i for i in np.flatnonzero(kind == Beat.ATRIAL_PREMATURE) if 2 <= i < len(time) - 1]
        sums.extend((time[i + 1] - time[i - 1]) / (time[i - 1] - time[i - 2]) for i in early)
    assert 1.6 < np.median(sums) < 1.95


def test_first_degree_block_is_long_and_constant(minutes):
    for row in rows(minutes, Rhythm.FIRST_DEGREE_BLOCK):
        time, kind, pr = beats_of(minutes, row)
        normal = pr[kind == Beat.NORMAL]
        assert (normal > 0.2).mean() > 0.99
        assert normal.std() < 0.03
        assert len(waves_of(minutes, row)) == pytest.approx(len(time), abs=0.03 * len(time) + 3)


def test_wenckebach_grows_and_drops(minutes):
    for row in rows(minutes, Rhythm.WENCKEBACH):
        time, kind, pr = beats_of(minutes, row)
        dropped = len(waves_of(minutes, row)) / len(time)
        assert 1.1 < dropped < 1.7
        rr = np.diff(time)
        pause = np.flatnonzero(rr > 1.4 * np.median(rr))
        plain = [i for i in pause if (kind[max(i - 1, 0) : i + 2] == Beat.NORMAL).all() and i > 1]
        shrunk = [pr[i] > pr[i + 1] + 0.015 for i in plain]  # longest before, shortest after
        assert np.mean(shrunk) > 0.95
        inside = [i for i in range(1, len(pr)) if i - 1 not in pause]
        growth = np.array([pr[i] - pr[i - 1] for i in inside])
        assert np.nanmedian(growth) > 0


def test_mobitz_drops_without_growing(minutes):
    for row in rows(minutes, Rhythm.MOBITZ_2):
        time, kind, pr = beats_of(minutes, row)
        assert len(waves_of(minutes, row)) > 1.03 * len(time)  # escapes fill the longest pauses
        plain = (kind[1:] == Beat.NORMAL) & (kind[:-1] == Beat.NORMAL)
        constant = np.nanquantile(pr[1:][plain], [0.1, 0.9])
        assert np.ptp(constant) < 0.01


def test_third_degree_block_dissociates(minutes):
    for row in rows(minutes, Rhythm.THIRD_DEGREE_BLOCK):
        time, kind, pr = beats_of(minutes, row)
        waves = waves_of(minutes, row)
        rate = 60 / np.diff(time).mean()
        assert 29 < rate < 56
        assert np.isnan(pr).all()
        assert len(waves) > len(time)
        if len(time) > 100:
            before = time[:, None] - waves[None, :]
            last = np.where(before > 0, before, np.inf).min(axis=1)
            assert last[np.isfinite(last)].std() > 0.12  # no fixed PR
        assert (kind[kind != Beat.VENTRICULAR] == Beat.ESCAPE).all()


@pytest.mark.parametrize(
    "rhythm, kind",
    [
        (Rhythm.SUPRAVENTRICULAR_TACHYCARDIA, Beat.SUPRAVENTRICULAR),
        (Rhythm.VENTRICULAR_TACHYCARDIA, Beat.VENTRICULAR),
    ],
)
def test_tachycardias_are_fast_and_regular(minutes, rhythm, kind):
    for row in rows(minutes, rhythm):
        time, kinds, _ = beats_of(minutes, row)
        rr = np.diff(time)
        assert 120 < 60 / np.median(rr) < 225
        assert np.quantile(np.abs(rr / np.median(rr) - 1), 0.9) < 0.09
        assert (kinds == kind).mean() > 0.9
        p_waves = len(waves_of(minutes, row))
        assert (p_waves > 100) == (rhythm == Rhythm.VENTRICULAR_TACHYCARDIA)


def test_beats_are_in_order_and_never_too_close(minutes):
    b = minutes.beats
    both = b.valid[:, 1:] & b.valid[:, :-1]
    assert (np.diff(b.time, axis=1)[both] > 0.14).all()
    assert (np.diff(b.time, axis=1)[both] < 4.5).all()


def test_qt_follows_the_rate_with_a_lag(minutes):
    p, b = minutes.people, minutes.beats
    steady = np.where(b.valid, b.qt / np.cbrt(b.steady_rr), np.nan)
    assert np.nanmax(np.abs(steady - p.qtc[:, None])) < 1e-6
    for row in rows(minutes, Rhythm.ATRIAL_FIBRILLATION)[:20]:
        keep = b.valid[row]
        assert b.steady_rr[row][keep].std() < 0.4 * b.rr[row][keep].std()


def test_runs_begin_and_end():
    """A Markov chain: runs of VT last some 12 s on average, with sinus rhythm between."""
    life = lives(500, 2, seconds=240.0, balanced=True, change=1.0, b=EXACT)
    who = rows(life, Rhythm.VENTRICULAR_TACHYCARDIA)
    inside = life.beats.valid[who]
    running = np.where(inside, life.beats.rhythm[who] == Rhythm.VENTRICULAR_TACHYCARDIA, False)
    shares = running.sum(axis=1) / inside.sum(axis=1)
    assert ((shares > 0) & (shares < 1)).mean() > 0.95
    turns = (np.diff(running.astype(int), axis=1) != 0).sum(axis=1)
    assert turns.mean() > 2
    sinus = life.people.rhythm[who, None] * 0 == life.beats.rhythm[who]
    assert np.isfinite(life.beats.pr[who][sinus & inside]).mean() > 0.6


def test_any_split_gives_the_same_hearts():
    whole = lives(40, 4, seconds=20.0, balanced=True, b=EXACT)
    part = lives(10, 4, seconds=20.0, balanced=True, first=20, b=EXACT)
    for row in range(10):
        np.testing.assert_allclose(beats_of(part, row)[0], beats_of(whole, 20 + row)[0])
