"""Fingerprints of the public labelled recordings, made as a user's are: by the shipped graphs.

Every excerpt becomes a `Record` and passes `fingerprints.pipeline`, so that a head is fitted on
the vectors that it will be asked about, int8 rounding included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.hand.encoder import HandMade
from cardioprint.benchmark.copies import REPEATED
from cardioprint.benchmark.heads.material import Material, join
from cardioprint.datasets.tables import TABLES, data_folder, find_seams, rows
from cardioprint.fingerprints.pipeline import fingerprint
from cardioprint.types import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

RHYTHMS = {"sinus": "sinus", "PVC": "PVC", "PAC": "PAC", "VT": "VT", "SVT": "SVT", "AF": "AF"}
FIVE = ("NORM", "MI", "STTC", "CD", "HYP")

EXCERPT = 30.0
"""Seconds of a long recording that are used: more of the same person teaches little."""

RECORDS_EACH = 4
"""Most recordings of a person that are used."""

AGREE = 5.0
"""Beats/min within which ECG and PPG have to agree for their window to teach a heart rate."""

HEART_RATE = ("uci_bp", "cinc2015", "troika")
"""Tables that teach a heart rate; never bidmc, the test set."""

OLDEST = 120.0
"""Years; PTB-XL writes 300 for "over 89" (Wagner 2020)."""

NOISE = 300
"""Windows of each kind of noise."""


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """A stretch of one modality, and what is known of it."""

    record: Record
    table: str
    source: str
    person: str
    unit: str
    labels: Mapping[str, float]


def gather(
    excerpts: Iterator[Excerpt], modality: str, model: str, *, hand: bool = True
) -> Material:
    """Return the windows of excerpts of one modality that did not abstain."""
    row = ("ecg", "ppg").index(modality)
    kept: dict[str, list[Any]] = {k: [] for k in Material.__dataclass_fields__}
    labels: dict[str, list[float]] = {}
    features = HandMade()
    for e in excerpts:
        prints = fingerprint(e.record, model=model, threads=1)
        channel = e.record.channels[0]
        for i in np.flatnonzero(prints.used[:, row]):
            first = round(float(prints.start[i]) * channel.sampling_rate)
            x = channel.samples[first : first + round(prints.window * channel.sampling_rate)]
            for name, value in {**e.labels, "counted": float(prints.heart_rate[i, row])}.items():
                labels.setdefault(name, []).append(value)
            facts = {
                "vectors": prints.vectors[i],
                "table": e.table,
                "source": e.source,
                "person": e.person,
                "unit": e.unit,
                "quality": prints.quality[i, row],
                "lead": channel.lead,
                "rate": channel.sampling_rate,
                "seconds": len(x) / channel.sampling_rate,
            }
            for name, value in facts.items():
                kept[name].append(value)
            labels.setdefault("start", []).append(float(prints.start[i]))
            if hand:
                signals: Any = {modality: x[None]}
                one = Signals.of(**signals, sampling_rate=channel.sampling_rate)
                kept["hand"].append(features.embed(one)[0])
    return Material(
        vectors=np.asarray(kept["vectors"], np.float32),
        modality=modality,
        quality=np.asarray(kept["quality"], np.float32),
        rate=np.asarray(kept["rate"], float),
        seconds=np.asarray(kept["seconds"], float),
        labels={k: np.asarray(v, float) for k, v in labels.items()},
        hand=np.asarray(kept["hand"], np.float32) if hand else None,
        **{k: np.asarray(kept[k], str) for k in ("table", "source", "person", "unit", "lead")},
    )


def labelled(table: str, modality: str, *, lead: str = "", thin: int = 1) -> Iterator[Excerpt]:
    """Yield the rows of a table of one modality, or one modality of a paired table, no copies.

    Args:
        table: Key of `TABLES`.
        modality: "ecg" or "ppg".
        lead: Of the ECG, where the table has several.
        thin: Take every so-many-th row.
    """
    column = lead or modality
    for i, row in enumerate(rows(table, [column])):
        x = row[column]
        if i % thin or x is None or str(row["record"]) in REPEATED.get(table, ()):
            continue
        given: dict[str, Any] = {modality: x}
        named = lead or row.get("ecg_lead") or ""
        named = named if modality == "ecg" and named in ("I", "II", "III") else ""
        record = Record.from_arrays(**given, sampling_rate=float(row["fs"]), lead=named)
        person = str(row["subject"])
        several = table in ("ppg_bp", "vitaldb_short")  # a few seconds of one person each
        yield Excerpt(
            record=record,
            table=table,
            source=str(row.get("source") or table),
            person=person,
            unit=person if several else f"{row['record']}{lead and ', '}{lead}",
            labels=_labels(row),
        )


def paired(table: str, modality: str) -> Iterator[Excerpt]:
    """Yield an excerpt of the long recordings of a paired table, one modality of each."""
    used: dict[str, int] = {}
    for row in rows(table, ["ecg", "ppg"]):
        person, rate = str(row["subject"]), float(row["fs"])
        used[person] = used.get(person, 0) + 1
        if used[person] > RECORDS_EACH:
            continue
        first, stop = 0, len(row["ecg"])
        if TABLES[table].seams:
            edges = [0, *find_seams(row["ecg"], row["ppg"]), stop]
            longest = int(np.argmax(np.diff(edges)))
            first, stop = edges[longest], edges[longest + 1]
        if table != "troika":  # there, what matters comes with the running
            stop = min(stop, first + round(EXCERPT * rate))
        given: dict[str, Any] = {modality: row[modality][first:stop]}
        lead = row.get("ecg_lead") or ""
        lead = lead if modality == "ecg" and lead in ("I", "II", "III") else ""
        yield Excerpt(
            record=Record.from_arrays(**given, sampling_rate=rate, lead=lead),
            table=table,
            source=table,
            person=person,
            unit=f"{row['record']}",
            labels=_labels(row),
        )


def noise(modality: str, seed: int = 0) -> Iterator[Excerpt]:
    """Yield windows of nobody: white, a random walk, a random band, a sine wave; `NOISE` each."""
    rng, rate, n = np.random.default_rng(seed), 125.0, 1250
    time = np.arange(n) / rate
    for number in range(NOISE):
        white = rng.normal(size=n)
        band = np.fft.rfft(rng.normal(size=n))
        band[np.fft.rfftfreq(n, 1 / rate) > rng.uniform(2, 12)] = 0
        sine = np.sin(2 * np.pi * rng.uniform(0.8, 3) * time) + 0.05 * rng.normal(size=n)
        kinds = {"white": white, "walk": np.cumsum(white), "band": np.fft.irfft(band), "sine": sine}
        for kind, x in kinds.items():
            given: dict[str, Any] = {modality: x.astype(np.float32)}
            yield Excerpt(
                record=Record.from_arrays(**given, sampling_rate=rate),
                table="noise",
                source=kind,
                person=f"{kind} {number}",
                unit=f"{kind} {number}",
                labels={},
            )


def swapped(modality: str) -> Iterator[Excerpt]:
    """Yield BIDMC's other signal as if it were of this modality, a minute a record."""
    other = "ppg" if modality == "ecg" else "ecg"
    for row in rows("bidmc", [other]):
        given: dict[str, Any] = {modality: row[other][: round(60 * float(row["fs"]))]}
        yield Excerpt(
            record=Record.from_arrays(**given, sampling_rate=float(row["fs"])),
            table="bidmc",
            source="bidmc",
            person=str(row["subject"]),
            unit=str(row["record"]),
            labels={},
        )


def _labels(row: Mapping[str, Any]) -> dict[str, float]:
    """Return what a row says of its person, as numbers."""

    def number(name: str) -> float:
        try:
            return float(row.get(name, "nan"))
        except (TypeError, ValueError):  # None, or "18-35"
            return float("nan")

    if "preop_htn" in row:
        row = {**row, "hypertension": row["preop_htn"]}
    sex = str(row.get("sex") or "").upper()[:1]
    out = {name: number(name) for name in ("age", "bmi", "hypertension")}
    if out["age"] > OLDEST:
        out["age"] = float("nan")
    out["sex"] = {"M": 1.0, "F": 0.0}.get(sex, float("nan"))
    if "rhythm" in row:
        out["rhythm"] = float(list(RHYTHMS).index(row["rhythm"]))
    for name in FIVE:
        if name in row:
            out[name] = float(row[name])
    return out


@lru_cache(maxsize=8)
def _table(model: str, table: str, modality: str, *, hand: bool, long: bool) -> Material:
    """Return the windows of one modality of a table; both heart-rate heads need both."""
    excerpts = paired(table, modality) if long else labelled(table, modality)
    return gather(excerpts, modality, model, hand=hand)


def five_class(model: str) -> Material:
    """Return the five-class table, leads I and II."""
    leads = [gather(labelled("five_class", "ecg", lead=v), "ecg", model) for v in ("I", "II")]
    return join(leads)


def heart_rates(model: str, modality: str, tables: tuple[str, ...] = HEART_RATE) -> Material:
    """Return windows with `rate`, the true heart rate, and `agreed`, whether it is to be believed.

    Each window is a unit of its own: the rate changes.
    """
    parts = []
    for name in tables:
        long = name != "bidmc"
        ecg, ppg = (_table(model, name, m, hand=long, long=long) for m in ("ecg", "ppg"))
        mine = ecg if modality == "ecg" else ppg
        counted = [dict(zip(_windows(m), m.labels["counted"], strict=True)) for m in (ecg, ppg)]
        both = np.array([[c.get(w, np.nan) for c in counted] for w in _windows(mine)])
        rate, agreed = both[:, 0], np.abs(both[:, 0] - both[:, 1]) <= AGREE
        if name == "troika":
            rate = _published(mine)
            agreed = np.isfinite(rate)
        labels = {**mine.labels, "rate": rate, "agreed": agreed.astype(float)}
        parts.append(replace(mine, labels=labels, unit=np.array(_windows(mine))))
    return join(parts)


def beats(model: str, modality: str) -> Material:
    """Return the test set's windows in which both signals are believed, the true rate of each."""
    m = heart_rates(model, modality, ("bidmc",))
    other = _table(model, "bidmc", "ppg" if modality == "ecg" else "ecg", hand=False, long=False)
    return m[np.isin(m.unit, _windows(other))]


def _windows(m: Material) -> list[str]:
    """Return a name of every window that both signals of a recording share."""
    starts = np.round(m.labels["start"], 1)
    return [f"{unit} at {start}" for unit, start in zip(m.unit, starts, strict=True)]


def _published(m: Material) -> NDArray[np.float64]:
    """Return the publisher's heart rate of troika's windows, NaN where he gives none.

    His windows have 8 s and begin every 2 s: the two that lie in one of ours are averaged.
    """
    import pyarrow.parquet as pq

    path = (data_folder() or Path()) / "paired" / "troika_heart_rate.parquet"
    table = pq.read_table(path).to_pylist()
    known = {row["record"]: row["heart_rate_bpm"] for row in table}
    out = np.full(len(m), np.nan)
    for i, (record, start) in enumerate(zip(m.unit, m.labels["start"], strict=True)):
        inside = known.get(str(record), [])[round(start / 2) : round(start / 2) + 2]
        if len(inside) == 2:
            out[i] = np.mean(inside)
    return out


def _plain(table: str, modality: str, hand: bool) -> Callable[[str], Material]:
    return lambda model: _table(model, table, modality, hand=hand, long=False)


SETS: dict[str, Callable[[str], Material]] = {
    "rhythm": lambda model: gather(labelled("rhythm_ppg", "ppg", thin=2), "ppg", model),
    "five_class": five_class,
    "ppg_bp": _plain("ppg_bp", "ppg", hand=True),
    "ecgid": _plain("ecgid", "ecg", hand=False),
    **{
        f"{name}_{m}": _plain(table, m, hand=False)
        for name, table in (("bidmc", "bidmc"), ("vitaldb", "vitaldb_short"))
        for m in ("ecg", "ppg")
    },
    **{f"heart_rate_{m}": partial(heart_rates, modality=m) for m in ("ecg", "ppg")},
    **{f"beats_{m}": partial(beats, modality=m) for m in ("ecg", "ppg")},
    **{
        f"noise_{m}": (lambda model, m=m: gather(noise(m), m, model, hand=False))
        for m in ("ecg", "ppg")
    },
    **{
        f"swapped_{m}": (lambda model, m=m: gather(swapped(m), m, model, hand=False))
        for m in ("ecg", "ppg")
    },
}
"""Key -> the windows, for a model."""
