"""Labels in one set of names, units and ranges, whatever a publisher writes.

Publishers write "M", "male" or 0 for one thing, and "90+", ">89" or 300 for another. Adapters
pass such values through here, so that a label means the same in every database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cardioprint.datasets.metadata import number, sex

RANGES: dict[str, tuple[float, float]] = {
    "age": (0, 120),
    "height": (30, 250),
    "weight": (0.3, 400),
    "bmi": (7, 120),
    "sbp": (30, 300),
    "dbp": (10, 220),
    "heart_rate": (15, 350),
    "respiratory_rate": (1, 120),
    "spo2": (20, 100),
    "hypertension": (0, 1),
    "diabetes": (0, 1),
    "alarm_true": (0, 1),
    "death": (0, 1),
    "followup": (0, 120),
}
"""Labels that are numbers, with what a person can have; anything else is a slip of the pen."""

AGE_OVER = "age_over"
"""Label in place of `age` where the publisher only says that somebody is older than this: US
privacy rules (HIPAA) forbid ages over 89."""

_UNKNOWN = {"", "?", "na", "n/a", "nan", "none", "null", "unknown", "unspecified"}
_OLD = re.compile(r"[>≥]\s*(\d{2,3})|(\d{2,3})\s*\+")


def clean(values: Mapping[str, Any]) -> dict[str, float | str]:
    """Return labels in the units and spellings of `base.LABELS`, without what is not known.

    Numbers outside `RANGES` are left out: a height of 6 cm is not known either.

    Args:
        values: Label -> value as published; None, NaN, "?" and the like for unknown.
    """
    out: dict[str, float | str] = {}
    for name, value in values.items():
        if value is None or str(value).strip().lower() in _UNKNOWN:
            continue
        if name == "sex":
            out.update({"sex": known} if (known := sex(str(value))) else {})
        elif name == "age" and (match := _OLD.fullmatch(str(value).strip())):
            out[AGE_OVER] = float(match[1] or int(match[2]) - 1)  # "90+" is over 89
        elif name in RANGES:
            if plausible(name, value):
                out[name] = float(value)
        elif isinstance(value, str):
            out[name] = " ".join(value.split())
        else:
            out[name] = float(value)
    return out


def plausible(name: str, value: Any) -> bool:
    """Return whether a value is a number that a person can have."""
    found = number(value)
    low, high = RANGES[name]
    return found is not None and low <= found <= high
