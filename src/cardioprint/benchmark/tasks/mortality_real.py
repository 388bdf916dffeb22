"""Mortality of people: where a database that tells who died when has been fetched.

    cardioprint data fetch code15     # unpack its archives beside exams.csv
    cardioprint bench --tasks mortality_real

Without one the task is left out, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import survival
from cardioprint.benchmark.baselines.base import Encoder, Series, Signals
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.benchmark.paired.scores import Scores
from cardioprint.benchmark.probe import linear_for
from cardioprint.benchmark.results import Data, TaskResult
from cardioprint.benchmark.survival import LEAST_EVENTS, Outcomes
from cardioprint.benchmark.tasks.base import Bench, Facts, Inputs, Measured
from cardioprint.benchmark.tasks.excerpts import judged, known_of, padded, thinned
from cardioprint.datasets.catalogue import DATABASES
from cardioprint.datasets.folders import folder_of
from cardioprint.errors import CardioprintError, RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.datasets.base import Entry
    from cardioprint.types import Record

SOURCES: dict[str, tuple[str, ...]] = {"code15": ("ecg",), "vitaldb": ("ecg", "ppg")}
"""Databases whose follow-up is known for the living as well -> what they recorded. MIMIC tells when
people died and not how long the others were seen: no survival can be scored on it."""

HORIZONS = (5.0, 1.0, 1 / 12)
"""Years within which heads learn who dies: the first for which enough people are known."""

MOST, QUICK = 3000, 300
"""People of a database, always the same ones. Files of VitalDB are read whole: an hour or more."""

STARTS = (0.0, 600.0, 1800.0)
"""Seconds at which a window is looked for, until one does not abstain: sensors go on late."""

SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Followed:
    """People of a database, one window each, and what became of them.

    Attributes:
        signals: Their windows.
        outcomes: Of each.
        data: The database as it took part.
    """

    signals: Signals
    outcomes: Outcomes
    data: Data


def horizon_of(outcomes: Outcomes) -> float | None:
    """Return the years within which heads learn who dies; None: within the follow-up."""
    for years in HORIZONS:
        early = outcomes.event & (outcomes.time <= years)
        if min(early.sum(), (outcomes.time > years).sum()) >= LEAST_EVENTS:
            return years
    return None


def followed(name: str, folder: Path, quick: bool) -> Followed:
    """Return the people of a fetched database whose follow-up is known: their first recording.

    Raises:
        RecordError: The folder is not the publisher's.
    """
    database, modalities = DATABASES[name], SOURCES[name]
    first: dict[str, Entry] = {}
    for entry in database.find(folder):
        if entry.subject and _told(entry):
            first.setdefault(entry.subject, entry)
    people = np.array(list(first))
    kept = people[thinned(people, QUICK if quick else MOST)] if len(people) else people
    windows = [w for person in kept for w in _windows(database.read, first[person], modalities)]
    rate = max({r for *_, r in windows}, key=[r for *_, r in windows].count, default=0.0)
    windows = [w for w in windows if w[2] == rate]
    if not windows:
        raise RecordError(f"{database.title} holds nobody's follow-up", source=folder)
    entries = [e for e, *_ in windows]
    series = {
        m: Series(
            samples=padded([x[m] for _, x, _ in windows]),
            sampling_rate=rate,
            lead="II" if m == "ecg" else "",
        )
        for m in modalities
    }
    signals = Signals(series=series, known=known_of([e.labels for e in entries]))
    good, _ = judged(signals)
    at: dict[str, int] = {}
    for i in np.flatnonzero(good):
        at.setdefault(entries[i].subject, int(i))
    use = np.array(sorted(at.values()), int)
    outcomes = Outcomes(
        time=np.array([float(entries[i].labels["followup"]) for i in use]),
        event=np.array([entries[i].labels["death"] == 1 for i in use], bool),
        subject=np.array([entries[i].subject for i in use], str),
        real=True,
        source=database.title,
    )
    return Followed(
        signals=signals[use],
        outcomes=outcomes,
        data=Data(
            name=name,
            rows=len(kept),
            people=len(kept),
            abstained=len(kept) - len(use),
            licence=database.licence,
            sha256="",
            about=f"{outcomes.died} of {len(use)} died. One window a person.",
        ),
    )


def _told(entry: Entry) -> bool:
    years, died = entry.labels.get("followup"), entry.labels.get("death")
    return isinstance(years, int | float) and years > 0 and died in (0, 1)


def _windows(read, entry: Entry, modalities: Inputs) -> Iterator[tuple[Entry, dict, float]]:
    """Yield (recording, samples by modality, rate) of the windows that are looked at."""
    try:
        for source in read(entry):
            for start in STARTS:
                found = _samples(source.read(start, start + SECONDS), modalities)
                if found is not None:
                    yield entry, *found
    except CardioprintError:  # damaged, or nothing but zeros: as good as not recorded
        return


def _samples(record: Record, modalities: Inputs) -> tuple[dict[str, NDArray], float] | None:
    """Return samples of one channel of each modality, of one rate: lead II where there is one."""
    out, rates = {}, set()
    for m in modalities:
        there = [c for c in record.channels if c.modality == m]
        if not there:
            return None
        channel = next((c for c in there if c.lead == "II"), there[0])
        if len(channel.samples) < SECONDS / 2 * channel.sampling_rate:
            return None
        out[m] = channel.samples
        rates.add(channel.sampling_rate)
    return (out, rates.pop()) if len(rates) == 1 else None


def run(task: Measured, bench: Bench) -> TaskResult:
    """Measure on every database that is there and knows enough deaths.

    Raises:
        RecordError: None is.
    """
    there = {name: folder_of(name) for name in SOURCES if folder_of(name).is_dir()}
    found = {name: followed(name, folder, bench.quick) for name, folder in there.items()}
    enough = {n: f for n, f in found.items() if f.outcomes.died >= LEAST_EVENTS}
    if not enough:
        raise RecordError(
            "a database that tells of enough deaths is not on this machine",
            fix=" or ".join(f"`cardioprint data fetch {n}`" for n in SOURCES),
        )
    first = next(iter(enough))
    inputs = "+".join(SOURCES[first])
    scores = Scores(task, (inputs, "", f"C-index (Harrell), {DATABASES[first].name}"))
    for name, f in enough.items():
        _measure(name, f, bench, scores)
    return scores.result([f.data for f in found.values()])


def _measure(name: str, f: Followed, bench: Bench, scores: Scores) -> None:
    horizon = horizon_of(f.outcomes)
    horizons = () if horizon is None else (horizon,)
    within = "the follow-up" if horizon is None else f"{horizon:.2g} years"
    scores.notes.append(
        f"{DATABASES[name].title}: {f.outcomes.died} of {len(f.outcomes.time)} people died; heads "
        f"learn who dies within {within}."
    )

    def add(encoder: Encoder | Demographics, kind: str, inputs: Inputs, x: NDArray) -> None:
        of = survival.risk(x, f.outcomes, linear_for(encoder, inputs), bench.seed, horizon)
        for row in survival.mortality(of, f.outcomes, horizons):
            measure = f"{row.measure}, {name}"
            scores.add(encoder.name, kind, "+".join(inputs), measure, row.found, note=row.note)

    known = [k for k in ("age", "sex") if k in f.signals.known]
    combinations = [SOURCES[name], *((m,) for m in SOURCES[name] if len(SOURCES[name]) > 1)]
    for inputs in combinations:
        for encoder in bench.encoders:
            if set(inputs) <= set(encoder.modalities):
                key = f"mortality {name}"
                add(
                    encoder,
                    encoder.kind,
                    inputs,
                    bench.embed(encoder, key, f.signals.only(*inputs)),
                )
        if known:
            people = Demographics(tuple(known))
            add(people, "baseline", inputs, people.embed(f.signals))


MORTALITY_REAL = Measured(
    name="mortality_real",
    title="Mortality, on real outcomes",
    paper="5",
    facts=Facts(
        data="CODE-15 % (Ribeiro 2021; CC BY 4.0) and VitalDB (Lee 2022; its own terms), where "
        "they have been fetched.",
        people="By the publishers' numbers: the first recording of each person whose follow-up is "
        "known, 3,000 people at most.",
        inputs="ECG lead II, and PPG where it was recorded; the first 10 s that do not abstain.",
        split="Five folds by person; a linear probe learns death within five years, a year or a "
        "month, whichever enough people are known for.",
        metric="C-index of Harrell and of Uno, AUROC at the horizon (censoring weighted).",
        caveats="CODE-15 %: telehealth in Brazil, deaths by linked registers. VitalDB: death in "
        "hospital after surgery, and the follow-up ends with the discharge. Age is most of it: "
        "read every figure beside age + sex.",
    ),
    family="survival",
    run=run,
)
"""The task."""
