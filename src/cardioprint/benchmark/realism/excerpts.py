"""Excerpts of real recordings: some seconds of many people, with what is known of each.

Excerpts keep the publisher's rate and unit; whatever is done to them is done to their simulated
twins by the same code. Only excerpts that the quality index believes take part, on either side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.base import Series, Signals
from cardioprint.datasets.tables import rows
from cardioprint.errors import UnknownNameError
from cardioprint.signal.preparation import MODALITIES, Preparation, cut
from cardioprint.signal.quality import THRESHOLD, assess

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACES = 6
"""Places of a long record, evenly spaced, that are tried until enough of them are believed."""

OLDEST = 120.0
"""Years: PTB-XL writes 300 for "over 89"."""

CLASSES = ("NORM", "MI", "STTC", "CD", "HYP")
"""Diagnostic superclasses of PTB-XL (Wagner 2020)."""


@dataclass(frozen=True, kw_only=True)
class Excerpts:
    """Excerpts of one data set, real or simulated.

    Attributes:
        name: For tables: "uci_bp", "simulated", "simulated, devices".
        signals: One row an excerpt.
        subject: Person of each.
        labels: What is known of each, NaN or "" where it is not; shape (excerpt,).
        leads: More ECG leads of the same excerpts by name; empty for one lead.
        abstained: Excerpts that the quality index did not believe, over those that were tried.
    """

    name: str
    signals: Signals
    subject: NDArray[np.str_]
    labels: Mapping[str, NDArray]
    leads: Mapping[str, Series] = field(default_factory=dict)
    abstained: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        """Return the number of excerpts."""
        return len(self.subject)

    def __getitem__(self, index: NDArray) -> Excerpts:
        """Return some of the excerpts, by position or by a boolean array."""
        return replace(
            self,
            signals=self.signals[index],
            subject=self.subject[index],
            labels={k: v[index] for k, v in self.labels.items()},
            leads={k: replace(s, samples=s.samples[index]) for k, s in self.leads.items()},
        )

    def only(self, modality: str) -> Excerpts:
        """Return the same excerpts with one modality."""
        return replace(self, signals=self.signals.only(modality), leads={})

    def cropped(self, seconds: float) -> Excerpts:
        """Return the beginnings of the excerpts."""
        series = {
            m: replace(s, samples=s.samples[:, : round(seconds * s.sampling_rate)])
            for m, s in self.signals.series.items()
        }
        return replace(self, signals=replace(self.signals, series=series), leads={})

    @property
    def modalities(self) -> tuple[str, ...]:
        """ECG before PPG."""
        return tuple(str(m) for m in MODALITIES if m in self.signals.series)


@dataclass(frozen=True, kw_only=True)
class RealSet:
    """What is taken from one table.

    Attributes:
        table: Key of `datasets.tables.TABLES`.
        seconds: Length of an excerpt.
        ecg: Columns of ECG leads; the first is the one that is compared.
        ppg: Whether the PPG is taken.
        each: Excerpts a person at most.
        thin: Take every so-many-th row.
        labels: Columns of the table.
        ages: Years between which people are believed to be where nobody says.
        about: Whom it was recorded from, for the report.
        grid: Samples on whose multiples excerpts begin: between them UCI may be glued.
        devices: Names of the kinds of `simulate.DeviceConfig` that its devices are like.
    """

    table: str
    seconds: float
    ecg: tuple[str, ...] = ()
    ppg: bool = True
    each: int = 1
    thin: int = 1
    labels: tuple[str, ...] = ("age", "sex")
    ages: tuple[float, float] = (18.0, 90.0)
    about: str = ""
    grid: int = 0
    devices: tuple[str, ...] = ("monitor",)


REAL: dict[str, RealSet] = {
    "uci_bp": RealSet(
        table="uci_bp",
        seconds=8.0,
        ecg=("ecg",),
        labels=("sbp", "dbp"),
        ages=(40.0, 90.0),
        grid=1000,
        about="intensive care (MIMIC-II), smoothed by its authors; ages unknown, taken as 40-90",
    ),
    "cinc2015": RealSet(
        table="cinc2015",
        seconds=10.0,
        ecg=("ecg",),
        labels=(),
        ages=(40.0, 90.0),
        about="intensive care in the minutes before an alarm; ages unknown, taken as 40-90",
    ),
    "bidmc": RealSet(
        table="bidmc",
        seconds=10.0,
        ecg=("ecg",),
        each=6,
        about="intensive care (MIMIC-II); twins of the same age and sex",
    ),
    "ppg_bp": RealSet(
        table="ppg_bp",
        seconds=2.1,
        each=3,
        about="finger PPG of hospital patients at rest; twins of the same age and sex",
        devices=("recorder",),
    ),
    "five_class": RealSet(
        table="five_class",
        seconds=10.0,
        ecg=("II", "V1", "V5"),
        ppg=False,
        labels=("age", "sex", "source", *CLASSES),
        about="12-lead ECG of out- and inpatients; twins of the same age and sex",
        devices=("recorder",),
    ),
    "rhythm_ppg": RealSet(
        table="rhythm_ppg",
        seconds=10.0,
        each=50,
        thin=8,
        labels=("rhythm",),
        about="PPG of 28 patients with arrhythmias, scaled by the publisher",
        devices=("monitor", "recorder", "wearable"),
    ),
}
"""Real recordings by name."""


def real_excerpts(name: str) -> Excerpts:
    """Return excerpts of a table that the quality index believes.

    Raises:
        UnknownNameError: No such set.
        RecordError: The table is not on this machine.
    """
    if name not in REAL:
        raise UnknownNameError("real set", name, REAL)
    wanted = REAL[name]
    columns = [*wanted.ecg, *(["ppg"] if wanted.ppg else [])]
    taken: Counter[str] = Counter()
    waves: dict[str, list[NDArray]] = {c: [] for c in columns}
    told: list[dict[str, Any]] = []
    rate, tried = 0.0, 0
    for i, row in enumerate(rows(wanted.table, columns)):
        subject = str(row["subject"])
        if i % wanted.thin or taken[subject] >= wanted.each:
            continue
        rate = float(row["fs"])
        for first, n in _places(len(row[columns[0]]), rate, wanted):
            if taken[subject] >= wanted.each:
                break
            parts = {c: row[c][first : first + n] for c in columns}
            tried += 1
            if believed(_signals(parts, wanted, rate))[0]:
                taken[subject] += 1
                told.append({k: row.get(k) for k in ("subject", *wanted.labels)})
                for c, x in parts.items():
                    waves[c].append(x)
    stacked = {c: np.stack(x) for c, x in waves.items()}
    return Excerpts(
        name=name,
        signals=_signals(stacked, wanted, rate),
        subject=np.array([str(t["subject"]) for t in told]),
        labels=_labels(told),
        leads={
            c: Series(samples=stacked[c], sampling_rate=rate, lead=c)
            for c in (wanted.ecg if len(wanted.ecg) > 1 else ())
        },
        abstained=(tried - len(told), tried),
    )


def _places(length: int, rate: float, wanted: RealSet) -> list[tuple[int, int]]:
    """Return (first sample, samples) of the excerpts that a record may give, in mixed order."""
    n = round(wanted.seconds * rate)
    if length < n:
        return []
    if wanted.grid:
        starts = np.arange(0, length - n + 1, wanted.grid)
    else:
        starts = np.arange(0, length - n + 1, n)
    some = starts[np.unique(np.linspace(0, len(starts) - 1, min(PLACES, len(starts))).astype(int))]
    return [(int(s), n) for s in np.roll(some, len(some) // 2)]


def _signals(waves: Mapping[str, NDArray], wanted: RealSet, rate: float) -> Signals:
    two = {c: np.atleast_2d(x) for c, x in waves.items()}
    lead = wanted.ecg[0] if wanted.ecg and wanted.ecg[0] != "ecg" else ""
    return Signals.of(
        ecg=two[wanted.ecg[0]] if wanted.ecg else None,
        ppg=two["ppg"] if wanted.ppg else None,
        sampling_rate=rate,
        lead=lead,
    )


def _labels(told: list[dict[str, Any]]) -> dict[str, NDArray]:
    """Return columns of numbers or words; `sex` becomes `male`."""
    out: dict[str, NDArray] = {}
    for name in told[0] if told else ():
        values = [t[name] for t in told]
        if name == "sex":
            out["male"] = np.array([{"M": 1.0, "F": 0.0}.get(str(v), np.nan) for v in values])
        elif name in ("source", "rhythm"):
            out[name] = np.array([str(v or "") for v in values])
        elif name != "subject":
            out[name] = np.array([_number(v) for v in values])
    if "age" in out:
        out["age"] = np.where(out["age"] > OLDEST, np.nan, out["age"])
    return out


def _number(value: Any) -> float:
    """Return a number, NaN where a publisher wrote none ("90+" is 90)."""
    try:
        return float(str(value).rstrip("+"))
    except ValueError:
        return float("nan")


def believed(signals: Signals) -> NDArray[np.bool_]:
    """Return whether the quality index believes every modality of each excerpt."""
    preparation = Preparation()
    names = [str(m) for m in MODALITIES if m in signals.series]
    columns = [MODALITIES.index(m) for m in names]
    out = np.zeros(len(signals), bool)
    for i, whole in enumerate(prepared.each(signals, names, preparation)):
        if whole is None:
            continue
        windows = cut(whole, preparation)
        if len(windows):
            index = assess(whole, windows).index[0, columns]
            out[i] = bool(np.all(index >= THRESHOLD))  # NaN is not
    return out
