"""The tame patient of the demo and the tests: a healthy adult at rest and in mild exertion."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np

from cardioprint.simulate.artefacts import mains_hum, plan_events, sensor_noise, spoil
from cardioprint.simulate.backend import Array
from cardioprint.simulate.draws import Draws
from cardioprint.simulate.ecg import render_ecg
from cardioprint.simulate.foci import draw_foci
from cardioprint.simulate.person import Cohort
from cardioprint.simulate.physiology import Physiology, live
from cardioprint.simulate.ppg import render_ppg, render_pulses
from cardioprint.simulate.recording import EXACT, LONGEST, channel, exact_truth, refuse
from cardioprint.simulate.truth import Truth
from cardioprint.simulate.variability import sampled
from cardioprint.types import Modality, Record, check_rate

ECG_SNR_DB, PPG_SNR_DB = 27.0, 30.0
"""A good sensor on a still subject; NSTDB's mildest stress level is 24 dB (Moody 1984)."""

ECG_WANDER_BREATHING, ECG_WANDER_SLOW = 0.05, 0.03
"""mV at rest with good electrodes (our choice; NSTDB `bw` of Moody 1984 is far worse)."""

PULSE_HEIGHT, PULSE_OFFSET = 0.5, 1.5
"""NU (normalised units, as the monitors of MIMIC give PLETH): height of a pulse, DC level."""

HEART_RATES = (40.0, 120.0)
"""Beats/min at rest that the beat shapes of the patient are believable for."""

SHORTEST = 0.25
"""Minutes that hold one PVC and the exertion."""

PVC_PER_HOUR = 48.0
"""A handful in ten minutes (our choice)."""

BODY = 21
"""Seed of what the patient keeps for life: each record is another day of the same body, whose
premature beats come from the outflow tract and stand upright in lead II."""

DAY = 1
"""Number of the patient's record."""

EXERTION = (0.40, 0.65)
"""Share of the record at which the mild exertion starts and stops."""

ONSET_TAU, RECOVERY_TAU = 25.0, 50.0
"""Seconds of the first-order response up and back (recovery is slower; our choice)."""


def patient(
    *,
    minutes: float = 10.0,
    seed: int = 0,
    heart_rate: float = 68.0,
    ecg_rate: float = 250.0,
    ppg_rate: float = 125.0,
    events: bool = True,
    subject: str = "simulated",
) -> tuple[Record, Truth]:
    """Simulate one healthy adult at rest, in mild exertion, and at rest again.

    Lead II and the finger PPG of the same heart, with a good sensor's noise; PVCs come now and
    then. The same seed makes the same heart at any sampling rate, and `events` changes nothing
    outside the artefacts.

    Args:
        minutes: Length of the record.
        seed: Of all chance.
        heart_rate: Beats per minute at rest; exertion adds up to 30 %.
        ecg_rate: Hertz.
        ppg_rate: Hertz.
        events: Add motion and a removed sensor to the PPG, electrode noise to the ECG, and a
            short gap of NaN to both.
        subject: Name of the person.

    Returns:
        The record, channels "II" (mV) and "PLETH" (NU), and what is true of it.

    Raises:
        RecordError: `minutes` or `heart_rate` outside what the simulator can do.
        SamplingRateError: A rate that is no rate.
    """
    if not SHORTEST <= minutes <= LONGEST:
        refuse("minutes", minutes, f"give {SHORTEST:g} to {LONGEST:g} minutes")
    if not HEART_RATES[0] <= heart_rate <= HEART_RATES[1]:
        refuse("heart_rate", heart_rate, "give {:g} to {:g} beats/min".format(*HEART_RATES))
    ecg_rate = check_rate(ecg_rate, source="simulate.patient", field="ecg_rate")
    ppg_rate = check_rate(ppg_rate, source="simulate.patient", field="ppg_rate")
    seconds = 60.0 * minutes
    life = _exercising(seconds, seed, heart_rate)

    ecg_rng, ppg_rng, event_rng = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(3))
    ecg_count, ppg_count = round(seconds * ecg_rate), round(seconds * ppg_rate)
    heart = render_ecg(life, sampling_rate=ecg_rate, count=ecg_count)[0, 0]
    breath, slow = (
        sampled(series, sampling_rate=ecg_rate, count=ecg_count, b=EXACT)[0]
        for series in (life.tone.breath, life.tone.slow)
    )
    ecg = heart + ECG_WANDER_BREATHING * breath + ECG_WANDER_SLOW * slow
    ecg += sensor_noise(heart, snr_db=ECG_SNR_DB, rng=ecg_rng)
    ecg += mains_hum(ecg_count, rate=ecg_rate, rng=ecg_rng)

    pulses = render_pulses(life, sampling_rate=ppg_rate, count=ppg_count)
    pulse = PULSE_HEIGHT * pulses[0]
    ppg = PULSE_OFFSET + PULSE_HEIGHT * render_ppg(life, pulses, sampling_rate=ppg_rate)[0]
    ppg += sensor_noise(pulse, snr_db=PPG_SNR_DB, rng=ppg_rng)

    artefacts = plan_events(seconds, event_rng) if events else ()
    for event in artefacts:
        if event.modality == Modality.ECG:
            spoil(ecg, heart, event, rate=ecg_rate, rng=event_rng)
        else:
            spoil(ppg, pulse, event, rate=ppg_rate, rng=event_rng)

    truth = exact_truth(life, "finger")
    made = Record(
        channels=(
            channel("II", Modality.ECG, ecg, ecg_rate, "mV", lead="II"),
            channel("PLETH", Modality.PPG, ppg, ppg_rate, "NU", site="finger"),
        ),
        subject=subject,
        source="cardioprint.simulate.patient",
        name=f"simulated_{seed}",
        notes={"seed": str(seed), "resting_heart_rate": f"{heart_rate:g}"},
    )
    return made, truth.record(0, EXACT, artefacts)


def healthy_adult(heart_rate: float = 68.0) -> Cohort:
    """Return one person of 30 years with nothing the matter, and a clear dicrotic notch.

    Args:
        heart_rate: Beats/min at rest.
    """
    b, calm = EXACT, exp(-0.02 * (heart_rate - 68))  # variability falls with the rate (Sacha 2014)
    traits: dict[str, float | list[list[float]]] = {
        "age": 30.0,
        "height": 1.75,
        "weight": 72.0,
        "systolic": 118.0,
        "diastolic": 72.0,
        "pwv": 6.4,
        "heart_rate": heart_rate,
        "rmssd": 0.034 * calm,
        "sdnn": 0.050 * calm,
        "lf_hf": 0.8,  # Nunan 2010: LF 519, HF 657 ms2
        "respiratory_rate": 15.0,
        "pr": 0.158,
        "qrs": 0.092,
        "qtc": 0.400,
        "axis": 60.0,
        "r_scale": 1.0,
        "t_scale": 1.0,
        "pre_ejection": 0.058,
        "transit_offset": 0.040,
        "indices": [[-0.74, 0.0, -0.07, 0.32]],
        "perfusion": 1.0,
        "melanin": 0.2,
        "myocardium": 0.2,
        "premature_atrial": 1e-6,
        "premature_ventricular": PVC_PER_HOUR,
    }
    arrays: dict[str, Array] = {
        k: b.array(v if isinstance(v, list) else [v]) for k, v in traits.items()
    }
    no, code = b.flags(1), b.integers([0])
    return Cohort(**arrays, male=~no, hypertension=no, treated=no, morphology=code, rhythm=code)


def _exercising(seconds: float, seed: int, heart_rate: float) -> Physiology:
    """Return the life of the patient: one PVC for certain, exertion in the middle."""
    people = healthy_adult(heart_rate)
    who = EXACT.integers([0])
    lifelong = Draws(backend=EXACT, seed=BODY, people=who)
    draws = Draws(backend=EXACT, seed=seed, people=who, record=DAY)
    foci = draw_foci(people, draws, seconds=seconds, change=0.0)
    soon = min(seconds - 5.0, 60.0)
    first = 2.0 + (soon - 2.0) * draws.uniform("first premature beat")
    start, stop = (share * seconds for share in EXERTION)
    pace = min(1.0, seconds / 600)  # a short record has a quick exertion

    def effort(time: Array) -> Array:
        up = 1 - np.exp(-np.clip(time - start, 0.0, None) / (ONSET_TAU * pace))
        return up * np.exp(-np.clip(time - stop, 0.0, None) / (RECOVERY_TAU * pace))

    foci = replace(foci, first_ventricular=first, pump=EXACT.array([0.5]))
    return live(people, lifelong, draws, seconds=seconds, foci=foci, effort=effort)
