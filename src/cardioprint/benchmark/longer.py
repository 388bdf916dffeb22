"""More of the recordings that rows of a task are ten seconds of: windows side by side.

    more = of("heart_rate", signals, y)  # None where the publisher gives no more than the rows

Whoever records for a minute gets the mean of six fingerprints. What it is asked for is the label of
the whole minute where the label changes (heart rate), and the same label where it does not (alarms,
of which a minute is looked at backwards).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.sets import median_rate
from cardioprint.benchmark.tasks import bidmc_records, sources
from cardioprint.benchmark.tasks.excerpts import path_of
from cardioprint.benchmark.vectors import windows_named
from cardioprint.datasets import tables
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECONDS = (20.0, 30.0, 60.0)
"""Of the stretches."""

WINDOW = 10.0
"""Seconds of the windows that they are cut in."""

COUNT = round(SECONDS[-1] / WINDOW)
"""Windows of the longest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Longer:
    """Windows of ten seconds around some rows of a task.

    Attributes:
        signals: `COUNT` windows of each row after each other, the row's own first, as recorded.
        target: Label of the first window, of the first two, ..., shape (row, `COUNT`).
    """

    signals: Signals
    target: NDArray

    def mean(
        self, vectors: NDArray, windows: int, good: NDArray[np.bool_] | None = None
    ) -> NDArray:
        """Return the mean vector of each row's first windows, shape (row, feature).

        Args:
            vectors: Of `signals`.
            windows: How many.
            good: Which windows take part, shape (row * `COUNT`,); default: all.

        Returns:
            NaN where a feature is missing in all of them.
        """
        x = np.asarray(vectors, np.float64).reshape(len(self.target), COUNT, -1)[:, :windows]
        seen = np.isfinite(x)
        if good is not None:
            seen &= good.reshape(len(self.target), COUNT)[:, :windows, None]
        count = seen.sum(axis=1)
        total = np.where(seen, x, 0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def of(task: str, signals: Signals, y: NDArray) -> Longer | None:
    """Return more of the recordings of some rows; None where there is none, or no data.

    Args:
        task: Name of the task.
        signals: Its rows, undisturbed, with every modality that the task reads.
        y: Their labels.

    Raises:
        RecordError: A row is not in the table that it is said to be from.
    """
    table, make = STRETCHES.get(task, ("", None))
    return None if make is None or path_of(table) is None else make(signals, y)


def _bidmc(signals: Signals, y: NDArray) -> Longer:
    """Return the minute that begins with each row, and the median rate of its beats so far."""
    known = bidmc_records.load(False)
    paired, n = known.paired, _samples(signals)
    cut = {m: [] for m in signals.series}
    for k, record in enumerate(known.records):
        count = int((paired.record == k).sum())
        for m, parts in cut.items():
            x = next(c.samples for c in record.channels if c.modality == m)
            parts.append(x[: count * n].reshape(count, n))
    whole = _with(signals, {m: np.concatenate(parts) for m, parts in cut.items()})
    at = _places(whole, signals, "bidmc")[:, None] + np.arange(COUNT)
    last = np.minimum(at, len(whole) - 1)
    if (at != last).any() or (paired.record[last] != paired.record[last[:, :1]]).any():
        raise RecordError("a minute that begins with a row leaves its record", source="bidmc")
    target = np.array([_rates([paired.r_peaks[i] for i in row]) for row in at])
    return Longer(signals=whole[at.ravel()], target=target)


def _rates(r_peaks: list[NDArray[np.float64]]) -> list[float]:
    """Return the median rate of the first window, the first two, ... of one record."""
    later = [at + WINDOW * k for k, at in enumerate(r_peaks)]
    return [median_rate(np.concatenate(later[: k + 1])) for k in range(len(later))]


def _alarms(signals: Signals, y: NDArray) -> Longer:
    """Return the minute before each alarm, its last ten seconds first."""
    n = _samples(signals)
    cut = {m: [] for m in signals.series}
    for row in tables.rows("cinc2015"):
        stop = round(sources.ALARM * float(row["fs"]))
        for m, parts in cut.items():
            x = row[m][:stop][-COUNT * n :]
            parts.append(np.pad(x, (COUNT * n - len(x), 0), constant_values=np.nan))
    ends = {m: np.stack(parts).reshape(-1, COUNT, n)[:, ::-1] for m, parts in cut.items()}
    own = _with(signals, {m: x[:, 0] for m, x in ends.items()})
    at = _places(own, signals, "cinc2015")
    found = _with(signals, {m: x[at].reshape(-1, n) for m, x in ends.items()})
    return Longer(signals=found, target=np.repeat(np.asarray(y)[:, None], COUNT, axis=1))


STRETCHES: dict[str, tuple[str, Callable[[Signals, NDArray], Longer]]] = {
    "heart_rate": ("bidmc", _bidmc),
    "alarms": ("cinc2015", _alarms),
}
"""Task -> table, and what cuts its longer stretches. The other tasks that are disturbed have none:
PTB-XL and the rhythm table end after ten seconds, records of UCI are glued from blocks of eight."""


def _samples(signals: Signals) -> int:
    return next(iter(signals.series.values())).samples.shape[1]


def _with(signals: Signals, samples: dict[str, NDArray]) -> Signals:
    """Return other windows of the same rate and lead."""
    series = {m: replace(s, samples=samples[m]) for m, s in signals.series.items()}
    return Signals(series=series)


def _places(whole: Signals, some: Signals, table: str) -> NDArray[np.int64]:
    """Return where windows stand among those of a table, known by their samples.

    Raises:
        RecordError: One is not there.
    """
    names = list(some.series)
    at = {name: i for i, name in enumerate(windows_named(whole, names))}
    found = [at.get(name, -1) for name in windows_named(some, names)]
    if min(found, default=0) < 0:
        raise RecordError(
            f"{found.count(-1)} rows are not windows of ten seconds of this table",
            source=table,
            fix="cut them as `tasks.sources` does",
        )
    return np.array(found, np.int64)
