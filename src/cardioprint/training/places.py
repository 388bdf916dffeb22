"""Where training windows may be cut: runs of good windows, and whose they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.corpus.lag import FEWEST_AGREEING, NEAR
from cardioprint.errors import RecordError
from cardioprint.signal.quality import THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.corpus.cache import Cache

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

CANONICAL_LAG = 0.25
"""Seconds from R-peak to steepest upslope without a monitor's delay (median of adults)."""


class Places:
    """The usable part of a cache.

    A window is good where both signals were measured throughout, both have a quality that
    fingerprints believe, and pulses follow beats at the lag of the recording. Good windows that
    follow each other make a run, in which a training window may begin anywhere; a run is usable
    where it is long enough for the PPG to be moved by its lag.

    Args:
        cache: The corpus.
        stretch: Largest natural logarithm of the factor by which time will run faster or slower.
        people: A person's share of a database is in proportion to hours ** people.

    Attributes:
        counts: Usable windows of each database.
        turns: Turns of each database, one after the other: what the windows of a person are
            numbered with, several times where the person is to be seen more often.
        used: Names of databases with any.
        unused: Names of databases without any.

    Raises:
        RecordError: There are no usable windows at all.
    """

    def __init__(self, cache: Cache, *, stretch: float = 0.0, people: float = 1.0):
        self.cache, self.stretch = cache, stretch
        self.n, self.rate = cache.window_samples, cache.preparation.sampling_rate
        good = (cache.valid == 1).all(axis=1) & (cache.quality >= THRESHOLD).all(axis=1)
        good &= (cache.agreement >= FEWEST_AGREEING) & np.isfinite(cache.lag)
        # A monitor may change its delay in the middle of a record.
        joined = cache.continues & good
        joined[1:] &= good[:-1] & (np.abs(np.diff(cache.lag)) <= NEAR)
        first = np.flatnonzero(good & ~joined)
        stop = np.flatnonzero(good & ~np.append(joined[1:], False)) + 1
        # Longest way that the PPG has to be moved in a run, whatever the speed.
        extra = math.ceil(CANONICAL_LAG * self.rate * math.expm1(stretch)) + 1 if stretch else 0
        moved = np.where(good, np.abs(self._shift(cache.lag, 1.0)) + extra, 0)
        reach = np.maximum.reduceat(moved, first) if len(first) else np.zeros(0, np.int64)
        usable = (stop - first) * self.n - reach >= span(math.exp(-stretch), self.n)
        self._first, self._stop, self._reach = (a[usable] for a in (first, stop, reach))
        lengths = self._stop - self._first
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        windows: Ints = np.repeat(self._first, lengths) + within
        counts = np.bincount(cache.database[windows], minlength=len(cache.databases))
        self.counts = tuple(int(c) for c in counts)
        self.used = tuple(n for n, c in zip(cache.databases, self.counts, strict=True) if c)
        self.unused = tuple(n for n in cache.databases if n not in self.used)
        if len(windows) == 0:
            raise RecordError(
                f"none of {len(cache)} windows can be used for training: {int(good.sum())} have "
                f"both signals whole, of quality {THRESHOLD} or more and agreeing on a lag, and "
                "none of these leaves room to move the PPG by that lag",
                source=cache.folder,
                fix="export other databases, with ECG and PPG recorded together",
            )
        # One sorted array says whose a window is and finds a person's windows.
        self._owned: Ints = np.sort(self._person(windows) * len(cache) + windows)
        self.turns = self._take_turns(people)

    def _take_turns(self, people: float) -> tuple[int, ...]:
        """Give every person turns, and return how many each database has."""
        person, first, hours = np.unique(
            self._owned // len(self.cache), return_index=True, return_counts=True
        )
        database = person // len(self.cache.subjects)
        most = np.zeros(len(self.counts))
        np.maximum.at(most, database, hours)
        # Nobody has fewer turns than windows: all of these are seen.
        turns = np.round(most[database] ** (1 - people) * hours**people).astype(np.int64)
        turns = np.maximum(turns, hours)
        self._turn = np.cumsum(turns) - turns  # number of each person's first
        self._turns, self._begin, self._hours = turns, first, hours
        sums = np.bincount(database, weights=turns, minlength=len(self.counts))
        return tuple(int(n) for n in sums)

    def anchor(self, turn: Ints) -> Ints:
        """Return whose window's turn it is; a person's turns are spread over the windows."""
        person = np.searchsorted(self._turn, turn, side="right") - 1
        since = turn - self._turn[person]
        return self.window(self._begin[person] + since * self._hours[person] // self._turns[person])

    @property
    def anchors(self) -> Ints:
        """The usable windows, by database, person and time."""
        return self._owned % len(self.cache)

    def _person(self, windows: Ints) -> Ints:
        """Return a number for each window's person; in another database they are another."""
        people = len(self.cache.subjects)
        return self.cache.database[windows].astype(np.int64) * people + self.cache.subject[windows]

    def run_of(self, windows: Ints) -> Ints:
        """Return the numbers of the runs of anchors."""
        return np.searchsorted(self._first, windows, side="right") - 1

    def bounds(self, runs: Ints) -> tuple[Ints, Ints]:
        """Return (first, stop) of runs, as indices into the cache's samples."""
        return self._first[runs] * self.n, self._stop[runs] * self.n

    def windows_in(self, runs: Ints) -> Ints:
        """Return how many windows runs have."""
        return self._stop[runs] - self._first[runs]

    def reach(self, runs: Ints) -> Ints:
        """Return the longest way in samples that a PPG has to be moved in runs."""
        return self._reach[runs]

    def fastest(self, runs: Ints, times: int = 1) -> Floats:
        """Return how fast time may run for `times` windows to fit into runs side by side."""
        first, stop = self.bounds(runs)
        return ((stop - first) // times - self._reach[runs] - 1) / (self.n - 1)

    def shift(self, windows: Ints, speed: Floats, late: Floats | float = 0.0) -> Ints:
        """Return how many samples later the PPG has to be read for its lag to be the usual one.

        Args:
            windows: Whose lag counts.
            speed: How fast time runs.
            late: Seconds (of time that runs at that speed) to be added to the usual lag.
        """
        return self._shift(self.cache.lag[windows], speed, late)

    def _shift(
        self, lag: NDArray[np.floating], speed: Floats | float, late: Floats | float = 0.0
    ) -> Ints:
        lag = np.nan_to_num(lag.astype(np.float64), nan=CANONICAL_LAG)
        return np.round((lag - (CANONICAL_LAG + late) * speed) * self.rate).astype(np.int64)

    def owned(self, windows: Ints) -> tuple[Ints, Ints, Ints]:
        """Return numbers (see `window`) of the first of a person's windows, how many, and its own.

        The windows of a run have consecutive numbers.
        """
        total, person = len(self.cache), self._person(windows)
        first = np.searchsorted(self._owned, person * total)
        stop = np.searchsorted(self._owned, (person + 1) * total)
        place = np.searchsorted(self._owned, person * total + windows)
        return first, stop - first, place

    def window(self, number: Ints) -> Ints:
        """Return usable windows by their number, by database, person and time."""
        return self._owned[number] % len(self.cache)


def span(speed: float | Floats, n: int) -> Ints:
    """Return how many samples are read for `n` samples of time that runs `speed` times as fast."""
    return np.ceil((n - 1) * np.asarray(speed) - 1e-9).astype(np.int64) + 1
