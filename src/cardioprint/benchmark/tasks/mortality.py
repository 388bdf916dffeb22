"""Mortality: the whole task, on outcomes that are simulated, and said to be.

No table that this project may keep holds deaths enough. What public databases say of deaths is
read by their adapters (`datasets.code15`, `datasets.vitaldb`, `datasets.mimic*`); ten records of
CODE-15 % exercise that path, a virtual cohort with a known hazard exercises the evaluation.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import survival
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.benchmark.probe import linear_for
from cardioprint.benchmark.results import Score, TaskResult
from cardioprint.benchmark.tasks.base import Bench, Facts, Inputs, Measured
from cardioprint.datasets import tables
from cardioprint.datasets.code15 import DATABASE as CODE15

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEOPLE, QUICK_PEOPLE, SEED = 800, 200, 5
"""Of the virtual cohort."""

HORIZON = 5.0
"""Years: heads learn whether a person dies within them."""

RESAMPLES, QUICK_RESAMPLES = 200, 50
"""Of people: an interval of simulated outcomes is nobody's claim, and pairs of people are slow."""

YEARS = 10.0
"""Of follow-up."""

INPUTS: tuple[Inputs, ...] = (("ecg", "ppg"), ("ecg",), ("ppg",))

HEADLINE = f"AUROC at {HORIZON:g} (years)"


@lru_cache(maxsize=2)
def cohort(people: int) -> tuple[Signals, survival.Outcomes, NDArray[np.float64]]:
    """Return windows of virtual people, what became of them, and their hazard."""
    from cardioprint.simulate.batch import pairs
    from cardioprint.simulate.survival import follow

    made = pairs(people, SEED)
    life = made.life
    told = follow(life.people, life.lifelong, years=YEARS)
    ecg, ppg = np.asarray(made.ecg, np.float32)[:, 0], np.asarray(made.ppg, np.float32)
    known = {
        "age": np.asarray(life.people.age, float),
        "sex": np.asarray(life.people.male, float),
    }
    signals = Signals.of(ecg=ecg, ppg=ppg, sampling_rate=made.sampling_rate, lead="II", known=known)
    outcomes = survival.Outcomes(
        time=np.maximum(np.asarray(told.years, float), 1 / 365),
        event=np.asarray(told.died, bool),
        subject=np.array([f"virtual:{i}" for i in range(people)]),
        real=False,
        source="virtual cohort with a known hazard",
    )
    return signals, outcomes, np.asarray(told.hazard, float)


def run(task: Measured, bench: Bench) -> TaskResult:
    """Return risks of every encoder on the virtual cohort, and what ten real records exercise."""
    signals, outcomes, hazard = cohort(QUICK_PEOPLE if bench.quick else PEOPLE)
    resamples = QUICK_RESAMPLES if bench.quick else RESAMPLES
    scores: list[Score] = []

    def add(name: str, kind: str, inputs: str, of: NDArray) -> None:
        rows = survival.mortality(of, outcomes, (HORIZON,), resamples)
        head = "" if kind == "trivial" else "linear"
        scores.extend(_score(name, kind, inputs, head, row, len(of)) for row in rows)

    add("the hazard itself (told)", "trivial", "", hazard)
    people = Demographics(("age", "sex"))
    head = linear_for(people, ())
    add(
        people.name,
        "baseline",
        "",
        survival.risk(people.embed(signals), outcomes, head, bench.seed, HORIZON),
    )
    for inputs in INPUTS:
        for encoder in bench.encoders:
            if not set(inputs) <= set(encoder.modalities):
                continue
            x = bench.embed(encoder, task.name, signals.only(*inputs))
            head = linear_for(encoder, inputs)
            found = survival.risk(x, outcomes, head, bench.seed, HORIZON)
            add(encoder.name, encoder.kind, "+".join(inputs), found)
    notes = [
        f"Mortality is {survival.NOT_EVALUATED}: every figure here is of simulated people, in whom "
        f"{outcomes.died} of {len(outcomes.time)} died. They tell that the task runs, and nothing "
        "about any model.",
        *_exercise(bench),
    ]
    return TaskResult(
        name=task.name,
        title=task.title,
        family="survival",
        paper=task.paper,
        facts=vars(task.facts),
        headline=("+".join(INPUTS[0]), "linear", HEADLINE),
        scores=tuple(scores),
        notes=tuple(notes),
    )


def _score(name: str, kind: str, inputs: str, head: str, row: survival.Row, rows: int) -> Score:
    return Score(
        encoder=name,
        kind=kind,
        inputs=inputs,
        head=head,
        measure=row.measure,
        better="higher",
        value=row.found.value,
        low=row.found.low,
        high=row.found.high,
        people=row.found.people,
        rows=rows,
        note=row.note,
    )


def _exercise(bench: Bench) -> list[str]:
    """Return what became of the ten records of CODE-15 %, in sentences."""
    folder = code15_folder()
    if folder is None:
        return ["The ten records of CODE-15 % that exercise the format are not on this machine."]
    signals, outcomes = code15(folder)
    model = bench.encoders[0]
    x = bench.embed(model, "code15", signals)
    told = survival.mortality(np.nan_to_num(x[:, 0]), outcomes, (HORIZON,), 10)
    return [
        f"CODE-15 %, format exercised: {len(signals)} exams with follow-up were read and embedded, "
        f"{outcomes.died} deaths. {told[0].text()}."
    ]


def code15_folder() -> Path | None:
    """Return the folder of the ten exams, or None where it is not on this machine."""
    folder = tables.data_folder()
    path = None if folder is None else folder / "formats" / "code15"
    return path if path is not None and path.is_dir() else None


def code15(folder: Path) -> tuple[Signals, survival.Outcomes]:
    """Return lead II and the outcomes of the exams of CODE-15 % whose follow-up is known.

    Args:
        folder: That of the publisher, or the ten exams.
    """
    samples, years, died, people, rate = [], [], [], [], 0.0
    for entry in CODE15.find(folder):
        follow, death = (entry.labels.get(k) for k in ("followup", "death"))
        if not isinstance(follow, float | int) or not follow > 0 or death is None:
            continue
        for source in CODE15.read(entry):
            record = source.read(0.0, 10.0)
            channel = next(c for c in record.channels if c.lead == "II" or c.name == "II")
            samples.append(channel.samples)
            rate = channel.sampling_rate
            years.append(float(follow))
            died.append(bool(death))
            people.append(entry.subject)
    longest = max(map(len, samples))
    ecg = np.full((len(samples), longest), np.nan, np.float32)
    for row, x in zip(ecg, samples, strict=True):
        row[: len(x)] = x
    outcomes = survival.Outcomes(
        time=np.array(years),
        event=np.array(died),
        subject=np.array(people),
        real=True,
        source="CODE-15 %, ten exams",
    )
    return Signals.of(ecg=ecg, sampling_rate=rate, lead="II"), outcomes


MORTALITY = Measured(
    name="mortality",
    title=f"Mortality: {survival.NOT_EVALUATED}",
    paper="5",
    facts=Facts(
        data="A virtual cohort with a known hazard; ten exams of CODE-15 % (CC BY 4.0) as an "
        "exercise of the format. Loaders for VitalDB, MIMIC and CODE-15 % are there.",
        people="Virtual: 20 to 85 years, followed for up to ten years, censored.",
        inputs="ECG lead II and finger PPG, 10 s at 125 Hz, simulated.",
        split="Five folds by person; a linear probe learns death within 5 years from those of "
        "whom it is known.",
        metric="AUROC at 5 years (censoring weighted), C-index of Harrell and of Uno.",
        caveats=f"{survival.NOT_EVALUATED}. Simulated hazards rest on what the simulator draws "
        "into the signals; the hazard itself is the ceiling.",
    ),
    family="survival",
    run=run,
)
