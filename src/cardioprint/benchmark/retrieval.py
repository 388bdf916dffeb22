"""Finding the other modality's window or person, and telling people apart, by similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

MATCH_LAGS = (0.1, 0.8)
"""Seconds from R-peak to upslope that beat matching tries, one lag a pair of windows."""

APART = 60.0
"""Seconds from which on another window of the same record counts as another moment."""

MATCH_WIDTH = 0.02
"""Seconds, SD of the tolerance of beat matching; 0.012 to 0.05 do alike."""


def standardised(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features with mean 0 and SD 1 over the rows; missing ones become 0, the mean."""
    seen = np.isfinite(x)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, x, 0).sum(axis=0, dtype=float) / count
    centred = np.where(seen, x - mean, 0)
    spread = np.sqrt((centred**2).sum(axis=0) / count)
    out = centred / np.where(spread > 1e-9, spread, 1)
    # A rare outlier (a ratio by almost nothing) would drown all other features.
    return np.clip(out, -5, 5).astype(np.float32)


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine of every row of `a` with every row of `b`."""
    a = a / (np.linalg.norm(a, axis=1, keepdims=True) + 1e-9)
    b = b / (np.linalg.norm(b, axis=1, keepdims=True) + 1e-9)
    return a @ b.T


def nearness(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return minus the squared Euclidean distance of every row of `a` to every row of `b`."""
    return 2 * a @ b.T - (a**2).sum(axis=1)[:, None] - (b**2).sum(axis=1)[None]


def beat_matching(
    pulses: list[NDArray[np.float64]],
    r_peaks: list[NDArray[np.float64]],
    seconds: float,
    *,
    expected: NDArray[np.float64] | None = None,
    within: float = np.inf,
    step: float = 0.008,
) -> NDArray[np.float32]:
    """Return how well pulse times fit R-peak times at the best of all lags, 0 to 1.

    At each lag: twice the matched beats over all beats in the time that both windows then
    cover; a beat counts as far as a Gaussian of `MATCH_WIDTH` says that it matches.

    Args:
        pulses: Upslope times of each query window, seconds.
        r_peaks: R-peak times of each candidate window, seconds.
        seconds: Length of a window.
        expected: Lag that each query is told, seconds; None: all of `MATCH_LAGS` are tried.
        within: Seconds by which a tried lag may differ from the expected one.
        step: Seconds between grid points.

    Returns:
        Shape (query, candidate).
    """
    n = round(seconds / step)

    def spikes(times: list[NDArray[np.float64]]) -> NDArray[np.float32]:
        out = np.zeros((len(times), n), np.float32)
        for row, at in enumerate(times):
            np.add.at(out[row], np.clip((at / step).astype(int), 0, n - 1), 1)
        return out

    p, r = spikes(pulses), spikes(r_peaks)
    reach = int(4 * MATCH_WIDTH / step)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / MATCH_WIDTH) ** 2)
    blurred = np.stack([np.convolve(row, kernel, "same") for row in r]).astype(np.float32)
    best = np.zeros((len(p), len(r)), np.float32)
    for lag in range(round(MATCH_LAGS[0] / step), round(MATCH_LAGS[1] / step) + 1):
        told = np.zeros(len(p)) if expected is None else np.abs(expected - lag * step) - within
        row = np.flatnonzero(told <= 0)
        if len(row) == 0:
            continue
        together = p[row, lag:] @ blurred[:, : n - lag].T
        count = p[row, lag:].sum(axis=1)[:, None] + r[:, : n - lag].sum(axis=1)[None]
        best[row] = np.maximum(best[row], 2 * together / np.maximum(count, 1))
    return best


def hit(score: NDArray[np.float32], own: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the chance that the own candidate comes first, ties broken by lot.

    Args:
        score: Of the other candidates, shape (query, candidate).
        own: Of the own one, shape (query,).
    """
    higher = (score > own[:, None]).sum(axis=1)
    equal = (score == own[:, None]).sum(axis=1)
    return np.where(higher == 0, 1 / (1 + equal), 0.0)


def among_others(
    score: NDArray[np.float32],
    subject: NDArray[np.str_],
    own: NDArray[np.int64],
    size: int,
    query_subject: NDArray[np.str_],
) -> NDArray[np.float64]:
    """Return Recall@1 of each query among its own window and `size` - 1 of other people.

    The exact mean over all choices of the others, ties broken by lot: with h of M others
    scoring higher, a choice holds none of them with probability C(M - h, size - 1) /
    C(M, size - 1).

    Args:
        score: Shape (query, candidate).
        subject: Person of each candidate.
        own: Candidate that belongs to each query.
        size: Candidates a query is shown.
        query_subject: Person of each query.

    Raises:
        ValueError: There are not that many windows of other people.
    """
    _, codes = np.unique(np.concatenate((subject, query_subject)), return_inverse=True)
    others = codes[: len(subject)][None] != codes[len(subject) :][:, None]
    mine = score[np.arange(len(score)), own][:, None]
    m, n = others.sum(axis=1), size - 1
    if len(m) and m.min() < n:
        raise ValueError(f"only {m.min()} windows of other people for {n} places")
    higher = ((score > mine) & others).sum(axis=1)
    equal = ((score == mine) & others).sum(axis=1)
    out = np.zeros(len(score))
    for q in np.flatnonzero(m - higher >= n):
        left = m[q] - np.arange(higher[q], higher[q] + equal[q] + 1)
        left = left[left >= n]
        log = gammaln(left + 1) - gammaln(left - n + 1) - gammaln(m[q] + 1)
        out[q] = np.exp(log + gammaln(m[q] - n + 1)).sum() / (equal[q] + 1)
    return out


def within_record(
    score: NDArray[np.float32],
    record: NDArray[np.int64],
    own: NDArray[np.int64],
    query_record: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return Recall@1 of each query among all windows of its own record."""
    out = np.zeros(len(score))
    for q in range(len(score)):
        rivals = np.flatnonzero((record == query_record[q]) & (np.arange(len(record)) != own[q]))
        out[q] = hit(score[q : q + 1, rivals], score[q, own[q]][None])[0]
    return out


@dataclass(frozen=True, kw_only=True)
class Lineups:
    """Among whom each query's person is to be found: drawn once, the same for every encoder.

    Attributes:
        own: A window of the query's person, shape (query, draw); -1 where there is none.
        shown: One window of everybody else, shape (query, draw, other person).
    """

    own: NDArray[np.int64]
    shown: NDArray[np.int64]


def lineups(
    query: NDArray[np.int64],
    subject: NDArray[np.str_],
    record: NDArray[np.int64],
    start: NDArray[np.float64],
    apart: float = APART,
    seed: int = 0,
    draws: int = 5,
) -> Lineups:
    """Draw one window each of all people for every query.

    The own person's window is from another record or begins at least `apart` seconds away.

    Args:
        query: Which window each query is.
        subject: Person of each window.
        record: Record of each window.
        start: Seconds at which each window begins in its record.
        apart: Seconds.
        seed: Of the choice.
        draws: Choices for each query.
    """
    rng = np.random.default_rng(seed)
    people = np.unique(subject)
    where = {s: np.flatnonzero(subject == s) for s in people}
    own = np.full((len(query), draws), -1)
    shown = np.zeros((len(query), draws, len(people) - 1), np.int64)
    for row, q in enumerate(query):
        mine = where[subject[q]]
        far = mine[(record[mine] != record[q]) | (np.abs(start[mine] - start[q]) >= apart)]
        if len(far) == 0:
            continue
        for draw in range(draws):
            own[row, draw] = rng.choice(far)
            shown[row, draw] = [rng.choice(where[s]) for s in people if s != subject[q]]
    return Lineups(own=own, shown=shown)


def person(score: NDArray[np.float32], drawn: Lineups) -> NDArray[np.float64]:
    """Return Recall@1 of each query's person among one window each of all people.

    Args:
        score: Shape (query, window).
        drawn: Among whom.

    Returns:
        Shape (query,), the mean over draws; NaN where the person has no such window.
    """
    draws = drawn.own.shape[1]
    row = np.arange(len(score))
    hits = [
        hit(score[row[:, None], drawn.shown[:, k]], score[row, drawn.own[:, k]])
        for k in range(draws)
    ]
    return np.where(drawn.own[:, 0] >= 0, np.mean(hits, axis=0), np.nan)


class Separation:
    """d' between similarities to the same person and to others (Green & Swets 1966).

    A function of row weights that knows all resamples of people at once: sums and squares are
    tabulated by person and by pair of people.

    Args:
        same: Similarity of each row to another version of itself, shape (row,).
        other: Similarities to other people's rows, shape (pair,).
        first: Row of each of those pairs.
        second: The row it was held against.
    """

    def __init__(
        self,
        same: NDArray,
        other: NDArray,
        first: NDArray[np.int64],
        second: NDArray[np.int64],
    ):
        self.same, self.other = np.asarray(same, float), np.asarray(other, float)
        self.first, self.second = first, second

    def __call__(self, weight: NDArray) -> float:
        """Return d' with a weight for each row, a pair having its rows' product."""
        pair = weight[self.first] * weight[self.second]
        own = [weight @ self.same**power for power in range(3)]
        others = [pair @ self.other**power for power in range(3)]
        return float(_separation(np.array(own), np.array(others)))

    def replicates(self, person: NDArray[np.int64], counts: NDArray) -> NDArray[np.float64]:
        """Return d' in each resample: see `measures.Resampled`."""
        people = counts.shape[1]
        pair = person[self.first] * people + person[self.second]
        own, others = [], []
        for power in range(3):
            own.append(counts @ np.bincount(person, self.same**power, people))
            table = np.bincount(pair, self.other**power, people**2).reshape(people, people)
            others.append(np.einsum("rp,rp->r", counts @ table, counts))
        return _separation(np.array(own), np.array(others))


def _separation(same: NDArray, other: NDArray) -> NDArray[np.float64]:
    """Return d' from (count, sum, sum of squares) of both sets; NaN where one is empty."""
    with np.errstate(invalid="ignore", divide="ignore"):
        means = [x[1] / x[0] for x in (same, other)]
        spread = [
            np.maximum(x[2] / x[0] - m**2, 0) for x, m in zip((same, other), means, strict=True)
        ]
        return (means[0] - means[1]) / (np.sqrt(sum(spread) / 2) + 1e-12)
