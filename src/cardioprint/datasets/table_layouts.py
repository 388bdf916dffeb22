"""How the columns of each development table say what its original says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cardioprint.datasets import troika
from cardioprint.datasets.ptbxl import OVER_89

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What a table calls things, and what it leaves unsaid.

    Attributes:
        labels: Label -> column, or a function of the row.
        subject: Put before the table's own id, to give the publisher's.
        record: Pattern and replacement that turn the table's record into the publisher's.
        lead: ECG lead where the rows do not give it.
        site: PPG place.
        ecg_unit: Unit of the ECG.
        neighbours: Whether neighbouring numbers stand for people.
        glued: Whether records have seams.
    """

    labels: Mapping[str, str | Callable[[Row], Any]] = field(default_factory=dict)
    subject: str = ""
    record: tuple[str, str] = (r"^\w+:", "")
    lead: str = ""
    site: str = ""
    ecg_unit: str = "mV"
    neighbours: bool = False
    glued: bool = False


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_PRESSURE = _same("sbp", "dbp")
_PERSON = _same("age", "sex")
_CLASSES = ("NORM", "MI", "STTC", "CD", "HYP")

LAYOUTS: dict[str, Layout] = {
    "uci_bp": Layout(
        labels={**_PRESSURE, "heart_rate": "hr"},
        lead="II",
        site="finger",
        neighbours=True,
        glued=True,
    ),
    "cinc2015": Layout(
        labels={"alarm": "alarm_type", "alarm_true": "alarm_true", **_PRESSURE}, neighbours=True
    ),
    "bidmc": Layout(
        labels={
            **_PERSON,
            **_PRESSURE,
            "heart_rate": "hr_median",
            "respiratory_rate": "rr_median",
            "spo2": "spo2_median",
            "location": "location",
        }
    ),
    "troika": Layout(
        labels={
            "activity": lambda row: troika.ACTIVITY.get(row["activity"], row["activity"]),
            "heart_rate": "hr_mean",
        },
        site="wrist",
        ecg_unit="a.u.",
    ),
    "vitaldb_short": Layout(
        labels={
            **_PERSON,
            **_same("height", "weight", "bmi", "asa", "emop", "preop_ecg"),
            **_same("department", "death_inhosp"),
            "hypertension": "preop_htn",
            "diabetes": "preop_dm",
        },
        subject="s",
    ),
    "polar_oximeter": Layout(
        labels={"activity": "condition", "day": lambda row: row["t0_utc"][:10]}, site="finger"
    ),
    "five_class": Layout(
        labels={
            "age": lambda row: ">89" if row["age"] == OVER_89 else row["age"],
            "sex": "sex",
            "diagnosis": lambda row: ";".join(c for c in _CLASSES if row[c]),
            "source": "source",
        },
        record=(r"^$", ""),
    ),
    "rhythm_ppg": Layout(labels={"rhythm": lambda row: row["rhythm"].lower()}),
    "ecgid": Layout(
        labels={**_PERSON, "day": "date_iso", "session": "session"},
        record=(r"^(Person_\d+)_", r"\1/"),
    ),
    "ppg_bp": Layout(
        labels={
            **_PERSON,
            **_PRESSURE,
            "height": "height_cm",
            "weight": "weight_kg",
            "heart_rate": "hr",
            **_same("bmi", "hypertension", "hypertension_stage", "diabetes"),
            **_same("cerebral_infarction", "cerebrovascular"),
        },
        site="finger",
    ),
}
"""Layouts by the key of `tables.TABLES`."""
