"""BIDMC as the paired tasks see it: records filtered whole, windows, beats and lags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import generators
from cardioprint.benchmark.paired.stretches import Stretches
from cardioprint.benchmark.results import Data
from cardioprint.benchmark.sets import Paired, median_rate, paired_set, select
from cardioprint.benchmark.tasks.excerpts import sha256
from cardioprint.datasets.tables import TABLES, paired_records
from cardioprint.signal.preparation import Preparation
from cardioprint.signal.quality import THRESHOLD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.types import Record

DATA = "BIDMC PPG and Respiration (Pimentel 2017; PhysioNet, ODC-By 1.0), from MIMIC-II"
"""For `Facts.data`."""

PEOPLE = (
    "46 adults in intensive care, 53 records of 8 minutes; a person is a MIMIC-II patient as the "
    "publisher numbers them"
)
"""For `Facts.people`."""

INPUTS = "ECG lead II and finger PPG, 125 Hz, 10-s windows"
"""Beginning of `Facts.inputs`."""

OVERLAP = (
    "uci_bp, which released weights are trained on, and bidmc both come from MIMIC-II without "
    "common patient numbers: a person may be in both. "
)
"""Beginning of `Facts.caveats`."""

QUICK_RECORDS = 24
"""Records of a quick run."""

STRIDE = 6
"""Every so-many-th window takes part where a task embeds many versions of each."""

QUICK_THINNING = 2
"""Every so-many-th window of a record takes part in a quick run."""

RATE_CHECK = 5.0
"""Beats/min by which a record's median of our R-R rates may differ from the publisher's."""

USUAL_LAG = 0.25
"""Seconds from R-peak to upslope without a monitor's delay; pretraining moves PPG to about it."""

BOTH = (("ecg",), ("ppg",), ("ecg", "ppg"))
"""Every way of showing a window."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedRecords:
    """A paired test set, with what all tasks need of it.

    Attributes:
        name: Begins the key of whatever is embedded: another test set, another name.
        paired: Everything that was cut.
        records: The records as read.
        use: Windows in which both channels are believed.
        stride: Take every so-many-th window where a task embeds many versions of each.
        about: What was left out, in sentences.
        data: The table behind it, for the report.
    """

    name: str
    paired: Paired
    records: tuple[Record, ...]
    use: NDArray[np.int64]
    stride: int
    about: tuple[str, ...] = ()
    data: tuple[Data, ...] = ()

    @cached_property
    def full(self) -> Stretches:
        """The windows of `use`."""
        return Stretches(
            key=self.name,
            windows=select(self.paired.windows, self.use),
            records=self.records,
            prepared=self.paired.prepared,
            record=self.record,
            seconds=self.paired.preparation.window,
        )

    @cached_property
    def subject(self) -> NDArray[np.str_]:
        """The person of each window of `use`."""
        return self.paired.subject[self.use]

    @cached_property
    def record(self) -> NDArray[np.int64]:
        """The record of each of them."""
        return self.paired.record[self.use]

    @cached_property
    def ecg_rate(self) -> NDArray[np.float64]:
        """Beats/min of each of them from R-peaks: the truth."""
        return np.array([median_rate(self.paired.r_peaks[i]) for i in self.use])

    @cached_property
    def ppg_rate(self) -> NDArray[np.float64]:
        """Beats/min of each of them by counting pulses."""
        return np.array([median_rate(self.paired.pulses[i]) for i in self.use])

    @cached_property
    def lags(self) -> dict[int, float]:
        """Seconds from R-peak to upslope of each record."""
        return generators.record_lags(self.paired, self.use)

    @cached_property
    def some(self) -> NDArray[np.int64]:
        """Positions in `use` for costly tasks: a later start still lies in the record."""
        place = self.paired.place[self.use]
        last = np.array([place[self.record == r].max() for r in self.record])
        return np.flatnonzero(place < last)[:: self.stride]

    def moved(self, seconds: float | NDArray[np.float64], key: str) -> Stretches:
        """Return the windows of `some`, begun later: see `Paired.moved`.

        Args:
            seconds: One for all, or one a window of `some`.
            key: Says by how much, for the memory.
        """
        index = self.use[self.some]
        return Stretches(
            key=f"{self.name}/{key}",
            windows=self.paired.moved(index, seconds),
            records=self.records,
            prepared=self.paired.prepared,
            record=self.paired.record[index],
            seconds=self.paired.preparation.window,
        )


@lru_cache(maxsize=1)
def load(quick: bool = False) -> PairedRecords:
    """Return BIDMC, the same object each time: tasks share what was embedded.

    Args:
        quick: Less than half the records and fewer windows.

    Raises:
        RecordError: The table is not on this machine.
    """
    pairs = list(paired_records("bidmc"))[: QUICK_RECORDS if quick else None]
    paired = paired_set([record for record, _ in pairs], Preparation())
    use = paired.believed.copy()
    low = (paired.quality < THRESHOLD).sum(axis=0)
    about = [
        f"{len(pairs)} records, {len(np.unique(paired.subject))} people, {len(use)} windows; "
        f"{int((~use).sum())} abstained ({low[0]} for the ECG, {low[1]} for the PPG) and are "
        "excluded everywhere.",
    ]
    rates = np.array([median_rate(x) for x in paired.r_peaks])
    for i, (record, row) in enumerate(pairs):
        mine = use & (paired.record == i)
        if mine.any() and abs(np.nanmedian(rates[mine]) - row["hr_median"]) > RATE_CHECK:
            use &= paired.record != i
            about.append(f"{record.name} is excluded: our heart rate is not the monitor's.")
    if quick:
        use &= paired.place % QUICK_THINNING == 0
        about.append("A quick run: fewer records, every other window. No figure here is a claim.")
    return PairedRecords(
        name=f"bidmc{'-quick' if quick else ''}",
        paired=paired,
        records=tuple(record for record, _ in pairs),
        use=np.flatnonzero(use),
        stride=STRIDE,
        about=tuple(about),
        data=(
            Data(
                name="bidmc",
                rows=int(use.sum()),
                people=len(np.unique(paired.subject[use])),
                abstained=int((~paired.believed).sum()),
                licence=TABLES["bidmc"].licence,
                sha256=sha256("bidmc"),
            ),
        ),
    )
