"""Long records of virtual people."""

from __future__ import annotations

import numpy as np

from cardioprint.errors import RecordError
from cardioprint.simulate.backend import Array, Backend
from cardioprint.simulate.batch import SHORTEST, check_people, lives
from cardioprint.simulate.classes import Morphology, Rhythm
from cardioprint.simulate.ecg import render_ecg
from cardioprint.simulate.physiology import Physiology
from cardioprint.simulate.ppg import render_ppg, render_pulses
from cardioprint.simulate.truth import BatchTruth, Truth, batch_truth
from cardioprint.types import Channel, Modality, Record, check_rate

EXACT = Backend(dtype="float64")
"""Times of a day-long record to the microsecond."""

TRUTH_RATE = 250.0
"""Hertz at which the landmarks of the pulses are found."""

LONGEST = 6 * 60.0
"""Minutes: more would not fit into the memory of a small machine at once."""


def record(
    person: int = 0,
    *,
    seed: int = 0,
    seconds: float = 300.0,
    ecg_rate: float = 250.0,
    ppg_rate: float = 125.0,
    leads: tuple[str, ...] = ("II",),
    site: str = "finger",
    colour: str = "infrared",
    visit: int = 1,
    balanced: bool = False,
) -> tuple[Record, Truth]:
    """Simulate a clean record of one virtual person, the same that `pairs` knows.

    Args:
        person: Number of the person.
        seed: Of all chance.
        seconds: Length of the record.
        ecg_rate: Hertz.
        ppg_rate: Hertz.
        leads: ECG leads, out of `leads.LEADS`.
        site: PPG place: finger, wrist or ear.
        colour: Light: infrared, red or green.
        visit: Which of the person's records.
        balanced: As in `pairs`.

    Returns:
        The record, in mV and % of the light's steady level, and what is true of it.

    Raises:
        RecordError: A length or number that cannot be simulated.
        UnknownNameError: No such lead, site or colour.
        SamplingRateError: A rate that is no rate.
    """
    check_people(1, person, visit)
    if not SHORTEST <= seconds <= 60 * LONGEST:
        refuse("seconds", seconds, f"give {SHORTEST:g} to {60 * LONGEST:g} seconds")
    ecg_rate = check_rate(ecg_rate, source="simulate.record", field="ecg_rate")
    ppg_rate = check_rate(ppg_rate, source="simulate.record", field="ppg_rate")
    life = lives(1, seed, seconds=seconds, first=person, record=visit, balanced=balanced, b=EXACT)
    ecg_count, ppg_count = round(seconds * ecg_rate), round(seconds * ppg_rate)
    ecg = render_ecg(life, sampling_rate=ecg_rate, count=ecg_count, leads=leads)[0]
    pulses = render_pulses(life, sampling_rate=ppg_rate, count=ppg_count, site=site)
    ppg = render_ppg(life, pulses, sampling_rate=ppg_rate, site=site, colour=colour)[0]
    truth = exact_truth(life, site)
    channels = [
        channel(name, Modality.ECG, samples, ecg_rate, "mV", lead=name)
        for name, samples in zip(leads, ecg, strict=True)
    ]
    channels.append(channel("PPG", Modality.PPG, ppg, ppg_rate, "%", site=site))
    made = Record(
        channels=tuple(channels),
        subject=f"simulated_{seed}_{person}",
        source="cardioprint.simulate.record",
        name=f"simulated_{seed}_{person}_{visit}",
        notes=person_notes(life, truth, seed=seed, colour=colour),
    )
    return made, truth.record(0, EXACT)


def person_notes(life: Physiology, truth: BatchTruth, *, seed: int, colour: str) -> dict[str, str]:
    """Return what is known of the first person, as a record's notes."""
    people = life.people
    return {
        "age": f"{float(people.age[0]):.1f}",
        "sex": "M" if bool(people.male[0]) else "F",
        "systolic": f"{float(people.systolic[0]):.0f}",
        "diastolic": f"{float(people.diastolic[0]):.0f}",
        "rhythm": Rhythm(int(truth.rhythm[0])).name.lower(),
        "morphology": Morphology(int(people.morphology[0])).name.lower(),
        "seed": str(seed),
        "colour": colour,
    }


def exact_truth(life: Physiology, site: str) -> BatchTruth:
    """Return what is true, whatever rate the signals have."""
    fine = render_pulses(
        life, sampling_rate=TRUTH_RATE, count=round(life.seconds * TRUTH_RATE), site=site
    )
    return batch_truth(life, fine, sampling_rate=TRUTH_RATE, site=site)


def channel(
    name: str,
    modality: Modality,
    samples: Array,
    rate: float,
    unit: str,
    *,
    lead: str = "",
    site: str = "",
) -> Channel:
    """Return samples as a channel of a record."""
    return Channel(
        name=name,
        modality=modality,
        sampling_rate=rate,
        samples=np.asarray(samples, dtype=np.float32),
        unit=unit,
        lead=lead,
        site=site,
    )


def refuse(field: str, value: float, fix: str) -> None:
    """Raise for a value that cannot be simulated."""
    raise RecordError(
        f"{field} {value!r} cannot be simulated", source="simulate", field=field, fix=fix
    )
