"""Concordance and ROC areas of risks where some people were not followed to their event.

Everything is a function of row weights, so that people can be resampled: see `measures`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import measures
from cardioprint.benchmark.measures import Statistic
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Pairs:
    """All comparable pairs (one has the event while the other is still followed) at n log n.

    Of two rows, the event comes before the other's time, or at the time at which the other is
    censored. The distinct moments are numbered; two rows part at the highest bit in which their
    numbers differ, so that each pair is met at exactly one bit. There, rows are sorted by what
    they share above that bit and by risk: a running sum of weights counts all partners at once.
    """

    def __init__(self, risk: NDArray, time: NDArray, event: NDArray, before: float):
        moment = np.unique(np.stack((time, ~event)), axis=1, return_inverse=True)[1].ravel()
        rank = np.unique(risk, return_inverse=True)[1].ravel()
        ranks = int(rank.max()) + 1
        self.first = np.flatnonzero(event & (time < before))
        self.levels = []
        for bit in range(int(moment.max()).bit_length()):
            above, later = moment >> (bit + 1), (moment >> bit) & 1 == 1
            key = above * ranks + rank
            order = np.argsort(key, kind="stable")
            order = order[later[order]]
            earlier = self.first[~later[self.first]]
            sorted_key, mine, group = key[order], key[earlier], above[earlier] * ranks
            bounds = (
                np.searchsorted(sorted_key, group),
                np.searchsorted(sorted_key, mine, "left"),
                np.searchsorted(sorted_key, mine, "right"),
                np.searchsorted(sorted_key, group + ranks),
            )
            self.levels.append((order, earlier, bounds))

    def concordance(self, weight: NDArray, factor: NDArray) -> float:
        """Return the share of comparable pairs in which the event had the higher risk.

        Args:
            weight: Of each row.
            factor: Of each row's pairs, where it is the one with the event.
        """
        agree = total = 0.0
        for order, earlier, (low, below, upto, high) in self.levels:
            running = np.concatenate(([0.0], np.cumsum(weight[order])))
            mine = weight[earlier] * factor[earlier]
            lower, equal = running[below] - running[low], running[upto] - running[below]
            agree += float(mine @ (lower + 0.5 * equal))
            total += float(mine @ (running[high] - running[low]))
        return agree / total if total > 0 else float("nan")


def harrell(risk: NDArray, time: NDArray, event: NDArray) -> Statistic:
    """Return Harrell's C (1996) as a function of row weights; equal risks count half.

    Without censoring it is the share of all pairs of unlike times that are in the right order.
    With censoring it depends on who was followed how long: see `uno`.

    Args:
        risk: Higher means earlier, shape (row,).
        time: To event or censoring.
        event: True where the event was seen.
    """
    pairs = _Pairs(*_arrays(risk, time, event), np.inf)
    ones = np.ones(len(np.asarray(time)))
    return lambda weight: pairs.concordance(weight, ones)


def uno(risk: NDArray, time: NDArray, event: NDArray, until: float = np.inf) -> Statistic:
    """Return Uno's C (2011): each pair weighs the more the fewer like it were still followed.

    Args:
        risk: Higher means earlier.
        time: To event or censoring.
        event: True where the event was seen.
        until: Only events before this time count; choose one at which people are still followed.
    """
    risk, time, event = _arrays(risk, time, event)
    pairs, followed = _Pairs(risk, time, event, until), _Followed(time, event)

    def statistic(weight: NDArray) -> float:
        still = followed(weight, time)
        with np.errstate(divide="ignore"):
            factor = np.where(still > 0, 1 / np.square(still), 0.0)
        return pairs.concordance(weight, factor)

    return statistic


def auroc_at(at: float, risk: NDArray, time: NDArray, event: NDArray) -> Statistic:
    """Return the area under the ROC curve of "event by then" against "none by then".

    Cumulative cases and dynamic controls; people censored before count through those who
    resemble them and were followed (inverse probability of censoring; Uno 2007, Hung & Chiang
    2010).

    Args:
        at: Time at which it is decided.
        risk: Higher means earlier.
        time: To event or censoring.
        event: True where the event was seen.
    """
    risk, time, event = _arrays(risk, time, event)
    followed, case, control = _Followed(time, event), event & (time <= at), time > at
    keep = case | control
    area = measures.auroc(risk[keep], case[keep])

    def statistic(weight: NDArray) -> float:
        still = followed(weight, time)
        with np.errstate(divide="ignore", invalid="ignore"):
            shared = np.where(case & (still > 0), weight / still, weight * control)
        return area(shared[keep])

    return statistic


class _Followed:
    """The share of people who are still followed at a time, by Kaplan and Meier (1958)."""

    def __init__(self, time: NDArray, event: NDArray):
        self.moments, self.place = np.unique(time, return_inverse=True)
        self.event = event

    def __call__(self, weight: NDArray, at: NDArray) -> NDArray[np.float64]:
        """Return the share just before each time."""
        n = len(self.moments)
        lost = np.bincount(self.place, weight * ~self.event, n)
        happened = np.bincount(self.place, weight * self.event, n)
        there = np.cumsum((lost + happened)[::-1])[::-1] - happened  # events come before losses
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.where(there > 0, 1 - lost / there, 1.0)
        share = np.concatenate(([1.0], np.cumprod(np.maximum(kept, 0))))
        return share[np.searchsorted(self.moments, at)]


def kaplan_meier(time: NDArray, event: NDArray, at: NDArray) -> NDArray[np.float64]:
    """Return the share without the event just after each time `at`.

    Args:
        time: To event or censoring, shape (row,).
        event: True where the event was seen.
        at: Times asked for.
    """
    _, time, event = _arrays(np.zeros(len(np.asarray(time))), time, event)
    moments, place = np.unique(time, return_inverse=True)
    happened = np.bincount(place, event, len(moments))
    there = np.cumsum(np.bincount(place, minlength=len(moments))[::-1])[::-1]
    share = np.concatenate(([1.0], np.cumprod(1 - happened / there)))
    return share[np.searchsorted(moments, at, "right")]


def _arrays(
    risk: NDArray, time: NDArray, event: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    risk, time = np.asarray(risk, np.float64), np.asarray(time, np.float64)
    event = np.asarray(event).astype(bool)
    if not np.isfinite(risk).all():
        raise RecordError(
            "a risk is not a number", source="survival", field="risk", fix="impute within folds"
        )
    return risk, time, event
