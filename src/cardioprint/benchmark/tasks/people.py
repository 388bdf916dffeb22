"""What age and sex are read from, in four tables: shared by the tasks of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardioprint.benchmark.tasks import sources
from cardioprint.benchmark.tasks.base import Inputs, Rows
from cardioprint.benchmark.tasks.excerpts import Excerpts, rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """People of a table.

    Attributes:
        table: Key of the table.
        find: Its windows.
        place: Of the signal, for titles.
        data: In words, as of `Facts`; so are the two that follow.
        people: Who they are.
        signal: What was recorded.
        inputs: Combinations of modalities.
        by_person: Whether a person is one row.
        seeds: Repetitions.
        caveats: What is wrong with it.
        device: Column that says which device or source a row is from, "".
    """

    table: str
    find: Callable[[bool], Excerpts]
    place: str
    data: str
    people: str
    signal: str
    inputs: tuple[Inputs, ...]
    by_person: bool
    seeds: int
    caveats: str
    device: str = ""


def rows_with(cohort: Cohort, label: Callable[[Excerpts], NDArray], quick: bool) -> Rows:
    """Return a cohort's windows with a label of their person, and the device where it is known."""
    found = cohort.find(quick)
    metadata: dict[str, NDArray] = {}
    if cohort.device:
        metadata["source"] = found.column(cohort.device).astype(str)
    return rows_of(found, label(found), metadata=metadata, groups=metadata)


FIVE_CLASS = Cohort(
    table="five_class",
    find=sources.five_class,
    place="ECG lead II",
    data="five_class: PTB-XL, LUDB, CPSC, Georgia, Chapman-Shaoxing/Ningbo (CC BY 4.0; ODC-By "
    "1.0).",
    people="By the publishers' numbers; Georgia's E07509 and E07510 are one person, who counts "
    "once.",
    signal="ECG lead II, 10 s at 100 Hz.",
    inputs=(("ecg",),),
    by_person=False,
    seeds=3,
    caveats="Patients, not a population; several sources with ages of their own.",
    device="source",
)

PPG_BP = Cohort(
    table="ppg_bp",
    find=sources.ppg_bp,
    place="PPG, PPG-BP",
    data="ppg_bp (Liang 2018; CC0 1.0), 155 of the published 219 people.",
    people="One row a person: the mean vector of three segments; 23_3 and 24_1, one recording "
    "under two people's names, are left out.",
    signal="Finger PPG, three segments of 2.1 s at 1 kHz.",
    inputs=(("ppg",),),
    by_person=True,
    seeds=10,
    caveats="155 people of one hospital.",
)

VITALDB = Cohort(
    table="vitaldb_short",
    find=sources.vitaldb_short,
    place="ECG and PPG, VitalDB",
    data="vitaldb_short (Lee 2022; VitalDB's own terms, non-commercial): evaluation only.",
    people="244 surgical patients; one row a person, the mean vector of their windows.",
    signal="ECG lead II and finger PPG, windows of 3 s (100 Hz) and 5 s (60 Hz, brought to 100).",
    inputs=(("ecg", "ppg"), ("ecg",), ("ppg",)),
    by_person=True,
    seeds=5,
    caveats="Early in anaesthesia; many windows of one person are of the same seconds.",
    device="fs",
)

ECGID = Cohort(
    table="ecgid",
    find=sources.ecgid,
    place="ECG lead I, ECG-ID",
    data="ecgid (Lugovaya 2005; ODC-By 1.0).",
    people="90 volunteers; one row a person, the mean vector of their records.",
    signal="ECG lead I, the last 10 s of 20 at 500 Hz.",
    inputs=(("ecg",),),
    by_person=True,
    seeds=10,
    caveats="90 people, most of them young: a constant is hard to beat.",
)

COHORTS = {"five_class": FIVE_CLASS, "ppg_bp": PPG_BP, "vitaldb": VITALDB, "ecgid": ECGID}
"""Cohorts by the end of the tasks' names."""
