"""The simulated patient: rhythm -> waves -> sensors -> `Record`."""

from __future__ import annotations

import numpy as np

from cardioprint.errors import RecordError
from cardioprint.simulate.artefacts import mains_hum, plan_events, sensor_noise, spoil
from cardioprint.simulate.rhythm import coloured, make_rhythm
from cardioprint.simulate.truth import Truth
from cardioprint.simulate.waves import PULSE_HEIGHT, PULSE_OFFSET, make_ecg, make_pulses
from cardioprint.types import Channel, Modality, Record, check_rate

ECG_SNR_DB, PPG_SNR_DB = 27.0, 30.0
"""A good sensor on a still subject; NSTDB's mildest stress level is 24 dB (Moody 1984)."""

ECG_WANDER_BREATHING, ECG_WANDER_SLOW = 0.05, 0.03
"""mV; together 0.05-0.2 mV of baseline wander (physiology.md C5)."""

PPG_WANDER_BREATHING, PPG_WANDER_SLOW = 0.08, 0.10
"""Share of the pulse height (physiology.md C5: 5-20 %)."""

HEART_RATES = (40.0, 120.0)
"""Beats/min at rest that the beat shapes are believable for."""

SHORTEST = 0.25
"""Minutes that hold one PVC and the exertion."""


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
    """Simulate one person at rest, in mild exertion, and at rest again.

    ECG lead II is a sum of Gaussians a beat (McSharry 2003), the finger PPG a log-normal and two
    Gaussians (Solosenko 2017) that arrive about 0.23 s after R. Sinus rhythm varies with
    respiration, at 0.1 Hz and as 1/f; PVCs come now and then. The same seed makes the same
    heart at any sampling rate, and `events` changes nothing outside the artefacts.

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
    if not SHORTEST <= minutes < float("inf"):
        _refuse("minutes", minutes, f"give at least {SHORTEST:g} minutes")
    if not HEART_RATES[0] <= heart_rate <= HEART_RATES[1]:
        _refuse("heart_rate", heart_rate, "give {:g} to {:g} beats/min".format(*HEART_RATES))
    ecg_rate = check_rate(ecg_rate, source="simulate.patient", field="ecg_rate")
    ppg_rate = check_rate(ppg_rate, source="simulate.patient", field="ppg_rate")

    streams = np.random.SeedSequence(seed).spawn(5)
    heart_rng, pulse_rng, ecg_rng, ppg_rng, event_rng = map(np.random.default_rng, streams)
    seconds = 60.0 * minutes
    rhythm = make_rhythm(seconds=seconds, heart_rate=heart_rate, rng=heart_rng)
    slow_ecg, slow_ppg = (coloured(len(rhythm.time), 2.0, heart_rng, high=0.2) for _ in range(2))

    ecg_count, ppg_count = round(seconds * ecg_rate), round(seconds * ppg_rate)
    heart = make_ecg(rhythm, count=ecg_count, rate=ecg_rate)
    pulse, onsets, systolic_peaks = make_pulses(
        rhythm, count=ppg_count, rate=ppg_rate, rng=pulse_rng
    )

    ecg_wander = ECG_WANDER_BREATHING * rhythm.respiration + ECG_WANDER_SLOW * slow_ecg
    ecg = heart + rhythm.at(ecg_wander, np.arange(ecg_count) / ecg_rate)
    ecg += sensor_noise(heart, snr_db=ECG_SNR_DB, rng=ecg_rng)
    ecg += mains_hum(ecg_count, rate=ecg_rate, rng=ecg_rng)

    ppg_wander = PPG_WANDER_BREATHING * rhythm.respiration + PPG_WANDER_SLOW * slow_ppg
    ppg = pulse + PULSE_OFFSET
    ppg += PULSE_HEIGHT * rhythm.at(ppg_wander, np.arange(ppg_count) / ppg_rate)
    ppg += sensor_noise(pulse, snr_db=PPG_SNR_DB, rng=ppg_rng)

    artefacts = plan_events(seconds, event_rng) if events else ()
    for event in artefacts:
        if event.modality == Modality.ECG:
            spoil(ecg, heart, event, rate=ecg_rate, rng=event_rng)
        else:
            spoil(ppg, pulse, event, rate=ppg_rate, rng=event_rng)

    inside = (rhythm.r_peaks >= 0) & (rhythm.r_peaks < seconds)
    truth = Truth(
        r_peaks=rhythm.r_peaks[inside],
        onsets=onsets[inside],
        systolic_peaks=systolic_peaks[inside],
        kinds=np.where(rhythm.premature, "V", "N")[inside],
        heart_rate=60 / rhythm.sinus_rr[inside],
        artefacts=artefacts,
    )
    record = Record(
        channels=(
            Channel(
                name="II",
                modality=Modality.ECG,
                sampling_rate=ecg_rate,
                samples=ecg.astype(np.float32),
                unit="mV",
                lead="II",
            ),
            Channel(
                name="PLETH",
                modality=Modality.PPG,
                sampling_rate=ppg_rate,
                samples=ppg.astype(np.float32),
                unit="NU",
                site="finger",
            ),
        ),
        subject=subject,
        source="cardioprint.simulate.patient",
        name=f"simulated_{seed}",
        notes={"seed": str(seed), "resting_heart_rate": f"{heart_rate:g}"},
    )
    return record, truth


def _refuse(field: str, value: float, fix: str) -> None:
    raise RecordError(
        f"{field} {value!r} cannot be simulated", source="simulate.patient", field=field, fix=fix
    )
