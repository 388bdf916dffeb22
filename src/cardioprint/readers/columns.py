"""The caller's own words: `columns`, `units`, `sampling_rate`, as one checked request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cardioprint.errors import ChannelError
from cardioprint.readers.naming import SITES, Identity, lead_of, split_unit
from cardioprint.types import Modality

TIMES = {"time": 1.0, "time_s": 1.0, "time_ms": 1e-3, "time_us": 1e-6, "time_ns": 1e-9}
"""Seconds in one tick of each kind of time column."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the caller said about a file, with the meaning of `open_record`'s arguments."""

    columns: Mapping[str | int, str] | None = None
    sampling_rate: float | None = None
    units: Mapping[str | int, str] | str | None = None
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class ColumnSpec:
    """One value of `columns`, parsed: `ecg:II:mV`, `ppg:finger`, `other`, `time_ms`."""

    identity: Identity | None
    """None: a time column."""
    unit: str = ""
    tick: float = 1.0
    """Seconds in one unit of a time column."""


def parse_spec(text: str, *, source: object, key: object) -> ColumnSpec:
    """Read `modality[:lead or site[:unit]]` or the name of a time column.

    Raises:
        ChannelError: Not one of the known words.
    """
    kind, place, unit = ([part.strip() for part in str(text).split(":", 2)] + ["", ""])[:3]
    kind = kind.lower()
    if kind in TIMES and not place:
        return ColumnSpec(identity=None, tick=TIMES[kind])
    if kind not in list(Modality):
        raise ChannelError(
            f"columns[{key!r}] is {text!r}; known: ecg, ppg, other, {', '.join(TIMES)}",
            source=source,
            field="columns",
            fix="write for example 'ecg:II:mV', 'ppg:finger' or 'time_ms'",
        )
    modality = Modality(kind)
    lead = (lead_of(place) or place) if modality == Modality.ECG else ""
    site = SITES.get(place.lower(), place) if modality == Modality.PPG else ""
    return ColumnSpec(identity=Identity(modality=modality, lead=lead, site=site), unit=unit)


def position(key: str | int, names: Sequence[str], *, source: object, argument: str) -> int:
    """Return where `key` stands: a name, a name without its bracketed unit, or an index from 0.

    Raises:
        ChannelError: No such column, or a name that stands more than once.
    """
    if isinstance(key, str):
        for match in (key.strip(), key.strip().lower()):
            hits = [i for i, n in enumerate(names) if match in (n, split_unit(n)[0])]
            hits = hits or [i for i, n in enumerate(names) if match == n.lower()]
            if len(hits) > 1:
                raise ChannelError(
                    f"{key!r} stands {len(hits)} times in the file",
                    source=source,
                    field=argument,
                    fix=f"use positions instead: {', '.join(map(str, hits))}",
                )
            if hits:
                return hits[0]
    index = int(key) if isinstance(key, int) or key.strip().isdecimal() else -1
    if 0 <= index < len(names):
        return index
    listed = ", ".join(f"{i}: {n!r}" for i, n in enumerate(names[:40]))
    raise ChannelError(
        f"there is no column {key!r}; the file has {listed or 'none'}",
        source=source,
        field=argument,
        fix="use one of these names, or its position",
    )
