"""Retrieval on cases whose answer is known."""

import numpy as np
import pytest

from cardioprint.benchmark import retrieval

PEOPLE = np.array([f"p{i:02d}" for i in np.repeat(np.arange(30), 10)])
RECORD = np.repeat(np.arange(30), 10)
START = np.tile(np.arange(10) * 30.0, 30)
QUERY = np.arange(0, 300, 7)


def test_perfect_scores_always_hit():
    score = np.eye(300, dtype=np.float32)[QUERY]
    assert retrieval.among_others(score, PEOPLE, QUERY, 100, PEOPLE[QUERY]).mean() == 1
    assert retrieval.within_record(score, RECORD, QUERY, RECORD[QUERY]).mean() == 1


def test_random_and_constant_scores_hit_at_chance():
    score = np.random.default_rng(0).random((300, 300)).astype(np.float32)
    every = np.arange(300)
    hits = retrieval.among_others(score, PEOPLE, every, 10, PEOPLE)
    assert hits.mean() == pytest.approx(0.1, abs=0.03)
    same = np.zeros((300, 300), np.float32)
    assert retrieval.among_others(same, PEOPLE, every, 10, PEOPLE).mean() == pytest.approx(0.1)
    assert retrieval.within_record(same, RECORD, every, RECORD).mean() == pytest.approx(0.1)


def test_exact_recall_is_the_mean_over_choices():
    rng = np.random.default_rng(1)
    score = rng.integers(0, 40, (1, 300)).astype(np.float32)
    score[0, 0] = 39
    others = np.arange(10, 300)
    drawn = [
        retrieval.hit(score[:, rng.choice(others, 19, replace=False)], score[0, :1])[0]
        for _ in range(4000)
    ]
    exact = retrieval.among_others(score, PEOPLE, np.array([0]), 20, PEOPLE[:1])[0]
    assert exact == pytest.approx(np.mean(drawn), abs=0.03)


def test_too_few_other_people_is_an_error():
    with pytest.raises(ValueError, match="windows of other people"):
        retrieval.among_others(np.eye(300), PEOPLE, np.arange(300), 1000, PEOPLE)


def test_person_never_finds_a_window_close_in_time():
    drawn = retrieval.lineups(QUERY, PEOPLE, RECORD, START)
    near = np.abs(START[QUERY][:, None] - START[None]) < 60
    score = (near & (RECORD[QUERY][:, None] == RECORD[None])).astype(np.float32)
    hits = retrieval.person(score, drawn)
    assert hits.mean() == pytest.approx(1 / 30, abs=0.01)  # close windows would all have hit
    own = (PEOPLE[QUERY][:, None] == PEOPLE[None]).astype(np.float32)
    assert retrieval.person(own, drawn).mean() == 1


def test_a_lineup_holds_everybody_once_and_nobody_without_another_moment():
    alone = np.append(PEOPLE, "p99")
    drawn = retrieval.lineups(
        np.append(QUERY, 300), alone, np.append(RECORD, 30), np.append(START, 0)
    )
    assert (PEOPLE[drawn.own[:-1]] == PEOPLE[QUERY][:, None]).all()
    shown = alone[drawn.shown[0, 0]]
    assert sorted(shown) == sorted(set(alone) - {PEOPLE[QUERY[0]]})
    assert (drawn.own[-1] == -1).all()
    hits = retrieval.person(np.zeros((len(drawn.own), 301), np.float32), drawn)
    assert np.isnan(hits[-1])
    assert np.isfinite(hits[:-1]).all()


def beats(rng, number=40):
    out = []
    for _ in range(number):
        at = np.cumsum(rng.uniform(0.7, 0.9) + rng.normal(0, 0.03, 16)) - rng.uniform(0, 0.5)
        out.append(at[(at > 0) & (at < 10)])
    return out


def test_beat_matching_finds_the_own_window_at_any_lag():
    rng = np.random.default_rng(0)
    r_peaks = beats(rng)
    lag = rng.uniform(0.15, 0.7, len(r_peaks))
    pulses = [r + x for r, x in zip(r_peaks, lag, strict=True)]
    pulses = [p[p < 10] for p in pulses]
    score = retrieval.beat_matching(pulses, r_peaks, 10.0)
    assert (np.argmax(score, axis=1) == np.arange(len(score))).mean() > 0.95
    assert np.diagonal(score).min() > 0.9
    assert score.max() <= 1.2
    told = retrieval.beat_matching(pulses, r_peaks, 10.0, expected=lag, within=0.02)
    assert np.diagonal(told).min() > 0.9
    wrong = retrieval.beat_matching(pulses, r_peaks, 10.0, expected=lag + 0.3, within=0.02)
    assert np.diagonal(wrong).mean() < 0.5


def test_separation_of_two_normal_sets():
    rng = np.random.default_rng(0)
    same, other = rng.normal(3, 1, 5000), rng.normal(0, 1, 5000)
    every = np.arange(5000)
    found = retrieval.Separation(same, other, every, np.roll(every, 1))
    assert found(np.ones(5000)) == pytest.approx(3, abs=0.1)
    assert np.isnan(found(np.zeros(5000)))


def test_resamples_of_the_separation_at_once_equal_one_after_the_other():
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(6), 5)
    first, second = rng.integers(30, size=(2, 200))
    found = retrieval.Separation(rng.normal(1, 1, 30), rng.normal(0, 1, 200), first, second)
    counts = rng.multinomial(6, np.full(6, 1 / 6), size=20).astype(float)
    at_once = found.replicates(person, counts)
    assert at_once == pytest.approx([found(c[person]) for c in counts])


def test_standardised_fills_missing_with_the_mean():
    x = np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, 5.0]], np.float32)
    assert retrieval.standardised(x) == pytest.approx(np.array([[-1, 0], [0, 0], [1, 0]]))
