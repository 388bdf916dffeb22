"""Which databases may hold the same people, and whether ids can tell: the one declared table.

A person who is trained on under one name and tested on under another makes every figure too
good. Databases of one family were drawn from the same patients; where their ids are comparable
(`Database.space`), a person is put on one side of the split everywhere. Where they are not, only
equal samples can tell, and a figure has to say that people may be shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.development import DEVELOPMENT
from cardioprint.errors import UnknownNameError

Sharing = Literal["ids", "unknown", "no"]
"""ids: the same people, told by their ids; unknown: perhaps the same people, and ids cannot tell;
no: other people."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Databases drawn from the same patients.

    Attributes:
        title: What they have in common.
        databases: Keys of `catalogue.DATABASES` or `development.DEVELOPMENT`, all with `family`
            set to this one.
        comparable: Groups of databases whose subject ids mean the same person.
        overlap: What is shared, in a sentence.
        source: Where that is said.
    """

    title: str
    databases: tuple[str, ...]
    comparable: tuple[frozenset[str], ...] = ()
    overlap: str
    source: str


FAMILIES: dict[str, Family] = {
    "mimic": Family(
        title="Intensive care of Beth Israel Deaconess Medical Center, Boston",
        databases=(
            "bidmc",
            "mimic3_ext_ppg",
            "mimic3wdb_matched",
            "mimic4wdb",
            "mimic_perform",
            "pulsedb_mimic",
            "uci_bp",
        ),
        comparable=(
            frozenset({"mimic3_ext_ppg", "mimic3wdb_matched", "mimic_perform", "pulsedb_mimic"}),
        ),
        overlap="PulseDB, MIMIC-III-Ext-PPG and MIMIC PERform AF are cut from the matched subset "
        "of MIMIC-III and keep its subject ids; the training and testing sets of MIMIC PERform "
        "carry numbers of unmatched records instead, so that their people are not recognised. "
        "UCI and BIDMC come from MIMIC-II, whose waveforms are part of MIMIC-III's, without ids. "
        "MIMIC-IV has ids of its own; its years overlap with those of MIMIC-III.",
        source="https://physionet.org/content/mimic3wdb/1.0/; "
        "https://doi.org/10.3389/fdgth.2022.1090854; https://doi.org/10.13026/r6k1-xt76; "
        "https://ppg-beats.readthedocs.io/en/latest/datasets/summary/; "
        "https://doi.org/10.24432/C5B602; https://doi.org/10.1109/TBME.2016.2613124",
    ),
    "vitaldb": Family(
        title="Operations at Seoul National University Hospital",
        databases=("pulsedb_vital", "vitaldb", "vitaldb_short"),
        comparable=(frozenset({"pulsedb_vital", "vitaldb", "vitaldb_short"}),),
        overlap="PulseDB's Vital part and the short windows are cut from VitalDB. PulseDB says "
        "that it keeps VitalDB's subject ids.",
        source="https://doi.org/10.1038/s41597-022-01411-5; "
        "https://doi.org/10.3389/fdgth.2022.1090854",
    ),
    "ptbxl": Family(
        title="12-lead ECGs of the Physikalisch-Technische Bundesanstalt",
        databases=("five_class", "ptbxl"),
        overlap="The five-class table holds recordings of PTB-XL, beside CPSC, Georgia and LUDB.",
        source="https://doi.org/10.1038/s41597-020-0495-6",
    ),
}
"""Families by name."""


MIXTURES: dict[str, frozenset[str]] = {"five_class": frozenset({"ptbxl", "ludb"})}
"""Tables that hold recordings of several databases, some of them of no family."""


def may_share(a: str, b: str) -> Sharing:
    """Say whether two databases may hold the same people, and whether ids can tell.

    Args:
        a: Key of `catalogue.DATABASES` or `development.DEVELOPMENT`.
        b: Another, or the same.

    Raises:
        UnknownNameError: No such database.
    """
    known = {**DEVELOPMENT, **DATABASES}
    for name in (a, b):
        if name not in known:
            raise UnknownNameError("database", name, known)
    first, second = known[a].name, known[b].name  # a table may have another key than its database
    if first == second:
        return "ids" if known[a].subjects_known else "unknown"
    if first in MIXTURES.get(second, ()) or second in MIXTURES.get(first, ()):
        return "unknown"
    for family in FAMILIES.values():
        if {first, second} <= set(family.databases):
            return "ids" if any({first, second} <= g for g in family.comparable) else "unknown"
    return "no"
