"""The tables as excerpts, read once a process: how each is cut is decided here and nowhere else."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.disturbances import at_rate
from cardioprint.benchmark.sets import median_rate, paired_set
from cardioprint.benchmark.tasks.excerpts import (
    Excerpts,
    gathered,
    judged,
    path_of,
    spread,
    thinned,
)
from cardioprint.datasets import development, tables
from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.splits import split_of
from cardioprint.errors import RecordError
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUICK_PEOPLE = 80
"""People of a quick run."""

QUICK_RHYTHM = 36
"""Every so-many-th window of each person of the rhythm table in a quick run: its 28 people are too
few to be thinned."""

BLOCK = 8.0
"""Seconds: the records of UCI are blocks of this length glued together; a window lies in one."""

UCI_EACH, UCI_QUICK = 4, 1
"""Records of a person."""

BIDMC_EVERY, BIDMC_QUICK = 6, 24
"""Every so-many-th window of 10 s (a minute apart; in a quick run four)."""

REFERENCE_STEP, REFERENCE_SECONDS = 2.0, 8.0
"""Seconds between the windows in which TROIKA's publisher counts beats, and their length."""


_MAPPED = (
    "The mappings of LUDB and of SNOMED codes to the five classes are ours. Georgia's E07510 is "
    "E07509 once more and is left out."
)


@lru_cache(maxsize=2)
def five_class(quick: bool) -> Excerpts:
    """Return ten seconds of lead II of each recording."""
    return _labelled("five_class", "II", quick, about=_MAPPED)


@lru_cache(maxsize=2)
def rhythm_ppg(quick: bool) -> Excerpts:
    """Return ten seconds of PPG each."""
    found = list(tables.rows("rhythm_ppg", ["ppg"]))
    if quick:
        subject = np.array([r["subject"] for r in found])
        place = np.zeros(len(found), int)
        for person in np.unique(subject):
            place[subject == person] = np.arange((subject == person).sum())
        found = [r for r, k in zip(found, place, strict=True) if k % QUICK_RHYTHM == 0]
    samples = {"ppg": [r.pop("ppg") for r in found]}
    about = "Each excerpt was scaled to 0..1 by its publisher."
    return gathered("rhythm_ppg", found, samples, float(found[0]["fs"]), about=about)


@lru_cache(maxsize=2)
def ppg_bp(quick: bool) -> Excerpts:
    """Return three segments of 2.1 s of each person."""
    about = "Records 23_3 and 24_1 are one recording of nobody knows whom: both are left out."
    return _labelled("ppg_bp", "ppg", quick, about=about)


@lru_cache(maxsize=2)
def ecgid(quick: bool) -> Excerpts:
    """Return the last ten seconds of lead I of each recording: some heads are missing.

    A quick run takes one recording of each person.
    """
    found = list(tables.rows("ecgid", ["ecg"]))
    found = [found[i] for i in np.flatnonzero(_some(found, quick, each=1))]
    rate = float(found[0]["fs"])
    samples = {"ecg": [r.pop("ecg")[-round(10 * rate) :] for r in found]}
    return gathered("ecgid", found, samples, rate, lead="I")


@lru_cache(maxsize=2)
def vitaldb_short(quick: bool) -> Excerpts:
    """Return windows of 3 s and 5 s; those of 60 Hz are brought to the others' 100 Hz.

    A quick run takes one window of each person.
    """
    found = list(tables.rows("vitaldb_short", ["ecg", "ppg"]))
    found = [found[i] for i in np.flatnonzero(_some(found, quick, each=1))]
    rate = max(float(r["fs"]) for r in found)
    samples: dict[str, list] = {"ecg": [], "ppg": []}
    for row in found:
        signals = Signals.of(
            ecg=row.pop("ecg")[None], ppg=row.pop("ppg")[None], sampling_rate=float(row["fs"])
        )
        for m, s in at_rate(signals, rate).series.items():
            samples[m].append(s.samples[0])
    about = "Many windows are of the same seconds of one operation: people count, not windows."
    return gathered("vitaldb_short", found, samples, rate, about=about)


@lru_cache(maxsize=2)
def uci_bp(quick: bool) -> Excerpts:
    """Return eight seconds from the middle of up to four records of each proxy person.

    A window is one of the blocks that the publisher glued: it holds no seam. What the corpus says
    of each person's side ("reserved": never in pretraining) is in the column "side".
    """
    side = sides("uci_bp")
    found = [{**r, "side": s} for r, s in zip(tables.rows("uci_bp"), side, strict=True)]
    subject = np.array([r["subject"] for r in found])
    kept = spread(subject, UCI_QUICK if quick else UCI_EACH)
    kept &= thinned(subject, QUICK_PEOPLE) if quick else True
    found = [found[i] for i in np.flatnonzero(kept)]
    rate = float(found[0]["fs"])
    n = round(BLOCK * rate)
    samples: dict[str, list] = {"ecg": [], "ppg": []}
    for row in found:
        first = len(row["ppg"]) // n // 2 * n
        for m in samples:
            samples[m].append(row.pop(m)[first : first + n])
    about = "No ids: neighbouring records are taken for one person; records are glued blocks."
    return gathered("uci_bp", found, samples, rate, lead="II", about=about)


@lru_cache(maxsize=2)
def cinc2015(quick: bool) -> Excerpts:
    """Return the ten seconds before each alarm: the end of what is recorded."""
    side = sides("cinc2015")
    found = [{**r, "side": s} for r, s in zip(tables.rows("cinc2015"), side, strict=True)]
    found = [found[i] for i in np.flatnonzero(_some(found, quick, people=2 * QUICK_PEOPLE))]
    rate = float(found[0]["fs"])
    stop, n = round(ALARM * rate), round(10 * rate)
    samples = {m: [r.pop(m)[:stop][-n:] for r in found] for m in ("ecg", "ppg")}
    about = "Proxy people: overlapping recordings of one patient have neighbouring numbers."
    return gathered("cinc2015", found, samples, rate, about=about)


ALARM = 300.0
"""Seconds at which an alarm is raised."""


def _labelled(table: str, column: str, quick: bool, about: str) -> Excerpts:
    found = list(tables.rows(table, [column]))
    found = [found[i] for i in np.flatnonzero(_some(found, quick))]
    modality = "ppg" if column == "ppg" else "ecg"
    samples = {modality: [r.pop(column) for r in found]}
    lead = "" if modality == "ppg" else column
    return gathered(table, found, samples, float(found[0]["fs"]), lead=lead, about=about)


def _some(
    found: list[dict[str, Any]], quick: bool, each: int = 0, people: int = QUICK_PEOPLE
) -> NDArray[np.bool_]:
    subject = np.array([str(r["subject"]) for r in found])
    if not quick:
        return np.ones(len(found), bool)
    kept = thinned(subject, people)
    return kept & spread(subject, each) if each else kept


def sides(table: str) -> list[str]:
    """Return the side of pretraining on which the corpus puts each row of a table.

    Raises:
        RecordError: There is no data folder.
    """
    folder = tables.data_folder()
    if folder is None:
        raise RecordError("there is no data folder", fix=f"set {tables.DATA_VARIABLE}")
    base = DATABASES.get(table, development.DEVELOPMENT[table])
    return [split_of(base, e) for e in development.find(table, table, folder)]


@lru_cache(maxsize=2)
def bidmc(quick: bool) -> tuple[Excerpts, NDArray, NDArray]:
    """Return windows a minute apart, their beats/min from R-peaks and from counted pulses.

    Beats are those of the whole record; what an encoder is given is the excerpt alone.
    """
    pairs = list(tables.paired_records("bidmc"))
    found = paired_set([r for r, _ in pairs], Preparation())
    wanted = np.flatnonzero(found.place % (BIDMC_QUICK if quick else BIDMC_EVERY) == 0)
    rate = float(pairs[0][1]["fs"])
    n = round(10 * rate)
    rows, samples = [], {"ecg": [], "ppg": []}
    for i in wanted:
        row = pairs[found.record[i]][1]
        first = found.place[i] * n
        rows.append({k: v for k, v in row.items() if k not in samples})
        for m, x in samples.items():
            x.append(row[m][first : first + n])
    truth = np.array([median_rate(found.r_peaks[i]) for i in wanted])
    counted = np.array([median_rate(found.pulses[i]) for i in wanted])
    excerpts = gathered("bidmc", rows, samples, rate, lead="II")
    return excerpts, truth[excerpts.place], counted[excerpts.place]


@lru_cache(maxsize=2)
def troika(quick: bool) -> tuple[Excerpts, NDArray, NDArray, NDArray]:
    """Return windows of 8 s side by side, the publisher's beats/min, and those counted.

    Returns:
        (windows; truth; counted from the ECG; counted from the PPG).
    """
    import pyarrow.parquet as pq

    path = path_of("troika")
    if path is None:
        raise RecordError("table 'troika' is not on this machine")
    listed = pq.read_table(path.with_name("troika_heart_rate.parquet")).to_pylist()
    reference = {str(r["record"]): r["heart_rate_bpm"] for r in listed}
    rows, truth = [], []
    samples: dict[str, list] = {"ecg": [], "ppg": []}
    every = round(REFERENCE_SECONDS / REFERENCE_STEP) * (3 if quick else 1)
    for row in tables.rows("troika"):
        rate = float(row["fs"])
        signals = {m: row.pop(m) for m in samples}
        for k in range(0, len(reference[str(row["record"])]), every):
            first, n = round(k * REFERENCE_STEP * rate), round(REFERENCE_SECONDS * rate)
            if first + n > len(signals["ppg"]):
                break
            rows.append(row)
            truth.append(reference[str(row["record"])][k])
            for m, x in signals.items():
                samples[m].append(x[first : first + n])
    excerpts = gathered("troika", rows, samples, rate)
    counts = [judged(excerpts.signals.only(m))[1] for m in samples]
    return excerpts, np.array(truth, float)[excerpts.place], counts[0], counts[1]
