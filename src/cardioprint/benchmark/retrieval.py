"""Finding the other modality's window or person, and telling people apart, by similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

MATCH_LAGS = (0.1, 0.8)
"""Seconds from R-peak to upslope that beat matching tries, one lag a pair of windows."""

MATCH_WIDTH = 0.02
"""Seconds, SD of the tolerance of beat matching; 0.012 to 0.05 do alike."""


def standardised(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return features with mean 0 and SD 1 over the rows; missing ones become 0, the mean."""
    with np.errstate(all="ignore"):
        mean, spread = np.nanmean(x, axis=0, dtype=float), np.nanstd(x, axis=0, dtype=float)
    out = (x - mean) / np.where(spread > 1e-9, spread, 1)
    # A rare outlier (a ratio by almost nothing) would drown all other features.
    return np.clip(np.nan_to_num(out), -5, 5).astype(np.float32)


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
    out = np.zeros(len(score))
    for q in range(len(score)):
        others = score[q, subject != query_subject[q]]
        m, n = len(others), size - 1
        if m < n:
            raise ValueError(f"only {m} windows of other people for {n} places")
        mine = score[q, own[q]]
        higher, equal = int((others > mine).sum()), int((others == mine).sum())
        left = m - np.arange(higher, higher + equal + 1)
        left = left[left >= n]
        log = gammaln(left + 1) - gammaln(left - n + 1) - gammaln(m + 1) + gammaln(m - n + 1)
        out[q] = np.exp(log).sum() / (equal + 1)
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


def person(
    score: NDArray[np.float32],
    query: NDArray[np.int64],
    subject: NDArray[np.str_],
    record: NDArray[np.int64],
    start: NDArray[np.float64],
    apart: float = 60.0,
    seed: int = 0,
    draws: int = 5,
) -> NDArray[np.float64]:
    """Return Recall@1 of each query's person among one window each of all people.

    The own person's window is from another record or begins at least `apart` seconds away.

    Args:
        score: Shape (query, window).
        query: Which window each query is.
        subject: Person of each window.
        record: Record of each window.
        start: Seconds at which each window begins in its record.
        apart: Seconds.
        seed: Of the choice of candidates.
        draws: Choices averaged.

    Returns:
        Shape (query,); NaN where the person has no such window.
    """
    rng = np.random.default_rng(seed)
    people = np.unique(subject)
    where = {s: np.flatnonzero(subject == s) for s in people}
    out = np.full(len(score), np.nan)
    for row, q in enumerate(query):
        mine = where[subject[q]]
        far = (record[mine] != record[q]) | (np.abs(start[mine] - start[q]) >= apart)
        if not far.any():
            continue
        hits = 0.0
        for _ in range(draws):
            own = rng.choice(mine[far])
            shown = np.array([rng.choice(where[s]) for s in people if s != subject[q]])
            hits += hit(score[row : row + 1, shown], score[row, own][None])[0]
        out[row] = hits / draws
    return out


def separation(same: NDArray, other: NDArray, weight: tuple[NDArray, NDArray]) -> float:
    """Return d' between two weighted sets of similarities (Green & Swets 1966)."""

    def moments(x: NDArray, w: NDArray) -> tuple[float, float]:
        mean = float(np.average(x, weights=w))
        return mean, float(np.average((x - mean) ** 2, weights=w))

    if weight[0].sum() == 0 or weight[1].sum() == 0:
        return float("nan")
    (m1, v1), (m2, v2) = moments(same, weight[0]), moments(other, weight[1])
    return (m1 - m2) / float(np.sqrt((v1 + v2) / 2) + 1e-12)
