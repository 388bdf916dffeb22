"""ECG-ID as the identity task sees it: lead I of 90 people, 20 s at a time, some on more days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.paired.stretches import Stretches
from cardioprint.benchmark.results import Data
from cardioprint.benchmark.sets import join, select
from cardioprint.benchmark.tasks.excerpts import sha256
from cardioprint.datasets.tables import TABLES, rows
from cardioprint.signal.preparation import Preparation, cut, prepare_record
from cardioprint.signal.quality import THRESHOLD, assess
from cardioprint.types import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class DatedRecords:
    """Records of one modality with the day of each.

    Attributes:
        windows: All believed full windows of all records.
        subject: The person of each record.
        day: ISO date of each record; sorts in time.
        about: What was left out, in sentences.
        data: The table behind it, for the report.
    """

    windows: Stretches
    subject: NDArray[np.str_]
    day: NDArray[np.str_]
    about: tuple[str, ...] = ()
    data: tuple[Data, ...] = ()


@lru_cache(maxsize=1)
def load() -> DatedRecords:
    """Return ECG-ID, the same object each time: tasks share what was embedded.

    Raises:
        RecordError: The table is not on this machine.
    """
    found = list(rows("ecgid", ["ecg"]))
    records = [
        Record.from_arrays(
            ecg=row["ecg"],
            sampling_rate=row["fs"],
            lead=row["ecg_lead"],
            subject=row["subject"],
            name=row["record"],
        )
        for row in found
    ]
    return dated(records, [row["date_iso"] for row in found], "ecgid")


def dated(records: Sequence[Record], day: Sequence[str], name: str) -> DatedRecords:
    """Prepare, cut and assess records of an ECG; those without a believed window are left out.

    Args:
        records: As read.
        day: Of each.
        name: Begins the key of whatever is embedded.
    """
    preparation = Preparation()
    prepared, parts, kept, abstained = [], [], [], 0
    for i, record in enumerate(records):
        whole = prepare_record(record, preparation)
        windows = cut(whole, preparation)
        full = windows.start - whole.start + preparation.window <= whole.duration + 1e-9
        believed = assess(whole, windows).index[:, 0] >= THRESHOLD
        abstained += int((full & ~believed).sum())
        if (full & believed).any():
            kept.append(i)
            prepared.append(whole)
            parts.append(select(windows, full & believed))
    number = np.repeat(np.arange(len(parts)), [len(p) for p in parts])
    chosen = tuple(records[i] for i in kept)
    stretches = Stretches(
        key=name,
        windows=join(parts),
        records=chosen,
        prepared=tuple(prepared),
        record=number,
        seconds=preparation.window,
    )
    people = len({r.subject for r in chosen})
    return DatedRecords(
        windows=stretches,
        subject=np.array([r.subject for r in chosen]),
        day=np.array([day[i] for i in kept]),
        about=(
            f"{name}: {len(chosen)} of {len(records)} records, {people} people, {len(number)} "
            f"windows; {abstained} windows abstained.",
        ),
        data=(
            Data(
                name=name,
                rows=len(number),
                people=people,
                abstained=abstained,
                licence=TABLES[name].licence if name in TABLES else "",
                sha256=sha256(name) if name in TABLES else "",
            ),
        ),
    )
