"""Pairs of windows by the thousand: a data source on any device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cardioprint.errors import RecordError
from cardioprint.simulate.backend import Array, Backend
from cardioprint.simulate.draws import LOW, Draws
from cardioprint.simulate.ecg import render_ecg
from cardioprint.simulate.person import cohort, visit
from cardioprint.simulate.physiology import Physiology, live
from cardioprint.simulate.ppg import CONTACT, render_ppg, render_pulses
from cardioprint.simulate.truth import BatchTruth, batch_truth
from cardioprint.types import check_rate

FLOAT32_SECONDS = 64.0
"""Records up to here are simulated in float32: their times are good to 4 microseconds."""

SAMPLES = {"numpy": 80_000, "cpu": 320_000}
"""Samples of a signal rendered at a time, so that the work fits into a cache: 64 people for ten
seconds at 125 Hz in NumPy. A GPU takes all at once."""

SHORTEST = 0.5
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Paired windows of independent people.

    Attributes:
        ecg: mV, shape (person, lead, time).
        ppg: % of the light's steady level, upward in systole, shape (person, time).
        truth: What is true of them.
        life: The physiology behind both, to render at another rate, lead, site or colour.
        sampling_rate: Hertz.
        leads: Names, in the order of `ecg`.
        site: Where the PPG is taken.
        colour: Its light.
        contact: Contact pressure of its sensor.
    """

    ecg: Array
    ppg: Array
    truth: BatchTruth
    life: Physiology
    sampling_rate: float
    leads: tuple[str, ...]
    site: str
    colour: str
    contact: float = CONTACT

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.ppg)


def pairs(
    count: int,
    seed: int,
    *,
    seconds: float = 10.0,
    sampling_rate: float = 125.0,
    leads: tuple[str, ...] = ("II",),
    site: str = "finger",
    colour: str = "infrared",
    contact: float = CONTACT,
    first: int = 0,
    record: int = 1,
    balanced: bool = False,
    change: float = 0.1,
    xp: Any = np,
    device: Any = "cpu",
) -> Batch:
    """Simulate one window of each of some people, ECG and PPG from one physiology.

    A window depends on seed, person and record alone: any split into batches, on any device, gives
    the same people. Devices and noise come on top.

    Args:
        count: People, numbered from `first`.
        seed: Of all chance.
        seconds: Length of a window.
        sampling_rate: Hertz of both signals.
        leads: ECG leads, out of `leads.LEADS`.
        site: PPG place: finger, wrist or ear.
        colour: Light: infrared, red or green.
        contact: Contact pressure of the PPG sensor, 0 (barely touching) to 1.
        first: Number of the first person.
        record: Which of the person's records; another one finds them on another day.
        balanced: As many people with each rhythm and each morphology, instead of what age, sex
            and pressure make likely.
        change: Chance that a window with an arrhythmia shows its beginning or end.
        xp: `numpy`, or the module `torch`.
        device: Device of a torch batch.

    Returns:
        The signals and what is true of them.

    Raises:
        RecordError: A count, number or length that cannot be simulated.
        UnknownNameError: No such lead, site or colour.
        SamplingRateError: A rate that is no rate.
    """
    rate = check_rate(sampling_rate, source="simulate.pairs")
    check_people(count, first, record)
    if not SHORTEST <= seconds <= 86_400:
        raise RecordError(
            f"seconds {seconds!r} cannot be simulated",
            source="simulate.pairs",
            field="seconds",
            fix=f"give {SHORTEST:g} to 86400 seconds",
        )
    dtype = "float32" if seconds <= FLOAT32_SECONDS else "float64"
    b = Backend(xp=xp, device=device, dtype=dtype)
    life = lives(
        count,
        seed,
        seconds=seconds,
        first=first,
        record=record,
        balanced=balanced,
        change=change,
        b=b,
    )
    samples = round(seconds * rate)
    block = rows_together(b, count, samples)
    ecg, ppg, clean = [], [], []
    for start in range(0, count, block):
        part = life.rows(slice(start, start + block))
        ecg.append(render_ecg(part, sampling_rate=rate, count=samples, leads=leads))
        pulses = render_pulses(part, sampling_rate=rate, count=samples, site=site, contact=contact)
        clean.append(pulses)
        ppg.append(
            render_ppg(part, pulses, sampling_rate=rate, site=site, colour=colour, contact=contact)
        )
    return Batch(
        ecg=b.xp.concat(ecg),
        ppg=b.xp.concat(ppg),
        truth=batch_truth(life, b.xp.concat(clean), sampling_rate=rate, site=site),
        life=life,
        sampling_rate=rate,
        leads=tuple(leads),
        site=site,
        colour=colour,
        contact=contact,
    )


def rows_together(b: Backend, count: int, samples: int) -> int:
    """Return how many of `count` records of so many samples are best rendered at a time."""
    fit = SAMPLES.get("numpy" if b.is_numpy else str(b.device))
    return count if fit is None else max(1, fit // samples)


def lives(
    count: int,
    seed: int,
    *,
    seconds: float,
    first: int = 0,
    record: int = 1,
    balanced: bool = False,
    change: float = 0.1,
    b: Backend,
) -> Physiology:
    """Return what happens in some people during a record, before anybody renders it.

    Args:
        count: People, numbered from `first`.
        seed: Of all chance.
        seconds: Length of the record.
        first: Number of the first person.
        record: Which of the person's records.
        balanced: As in `pairs`.
        change: As in `pairs`.
        b: Where the arrays live.
    """
    people = first + b.arange(count)
    lifelong = Draws(backend=b, seed=seed, people=people)
    draws = Draws(backend=b, seed=seed, people=people, record=record)
    found = visit(cohort(lifelong, balanced=balanced), draws)
    return live(found, lifelong, draws, seconds=seconds, change=change)


def check_people(count: int, first: int, record: int) -> None:
    """Raise where people or records have numbers that chance does not know."""
    for field, value, least in (("count", count, 1), ("first", first, 0), ("record", record, 1)):
        if not least <= value <= LOW - count:
            raise RecordError(
                f"{field} {value!r} is not possible",
                source="simulate.pairs",
                field=field,
                fix=f"give a whole number of at least {least}, below 2**32",
            )
