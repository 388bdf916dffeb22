"""Long records as a device writes them: at its own rates, on its own clocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.simulate.batch import SHORTEST, check_people, lives
from cardioprint.simulate.devices.clock import delayed, moved_truth
from cardioprint.simulate.devices.device import Device, draw_device
from cardioprint.simulate.devices.ecg_path import disturb_ecg, steady_ecg
from cardioprint.simulate.devices.measuring import USUAL, Masks, draw_all
from cardioprint.simulate.devices.ppg_path import disturb_ppg, steady_ppg, usual_pulse
from cardioprint.simulate.ecg import render_ecg
from cardioprint.simulate.ppg import render_ppg, render_pulses
from cardioprint.simulate.recording import (
    EXACT,
    LONGEST,
    channel,
    exact_truth,
    person_notes,
    refuse,
)
from cardioprint.simulate.truth import Artefact
from cardioprint.simulate.variability import sampled
from cardioprint.types import Modality, Record

if TYPE_CHECKING:
    from cardioprint.simulate.devices.config import DeviceConfig
    from cardioprint.simulate.truth import Truth

TOGETHER = 0.5
"""Seconds: clipped samples no further apart are one stretch."""


def measured_record(
    person: int = 0,
    *,
    seed: int = 0,
    seconds: float = 300.0,
    visit: int = 1,
    config: DeviceConfig = USUAL,
    leads: tuple[str, ...] = ("II",),
    site: str = "finger",
    colour: str = "infrared",
    balanced: bool = False,
) -> tuple[Record, Truth]:
    """Simulate a record of one virtual person, made with a device.

    The person is the one of `record`; the device, that of `measured` for the same seed. Rates are
    the device's own.

    Args:
        person: Number of the person.
        seed: Of all chance.
        seconds: Length of the record.
        visit: Which of the person's records.
        config: What devices there are.
        leads: ECG leads, out of `leads.LEADS`.
        site: PPG place: finger, wrist or ear.
        colour: Light: infrared, red or green.
        balanced: As in `pairs`.

    Returns:
        The record, in mV and NU, with the device in its notes, and what is true of it: times on
        the record's clock, artefacts where they are.

    Raises:
        RecordError: A length or number that cannot be simulated.
        UnknownNameError: No such lead, site or colour.
    """
    check_people(1, person, visit)
    if not SHORTEST <= seconds <= 60 * LONGEST:
        refuse("seconds", seconds, f"give {SHORTEST:g} to {60 * LONGEST:g} seconds")
    life = lives(1, seed, seconds=seconds, first=person, record=visit, balanced=balanced, b=EXACT)
    draws = life.draws
    device = draw_device(draws, config)
    happened = draw_all(draws, device, config, seconds=seconds)

    rate = float(device.ecg_rate[0])
    count = round(seconds * rate)
    clean = render_ecg(life, sampling_rate=rate, count=count, leads=leads)
    breath = sampled(life.tone.breath, sampling_rate=rate, count=count, b=EXACT)
    ecg = steady_ecg(clean, device, draws, config, breath=breath, rate=rate, leads=leads)
    ecg, masks = disturb_ecg(ecg, device, draws, config, happened[Modality.ECG], rate=rate)
    artefacts = stretches_of(Modality.ECG, masks, rate=rate)
    channels = [
        channel(name, Modality.ECG, samples, rate, "mV", lead=name)
        for name, samples in zip(leads, ecg[0], strict=True)
    ]

    rate = float(device.ppg_rate[0])
    late = delayed(life, device)
    pulses = render_pulses(late, sampling_rate=rate, count=round(seconds * rate), site=site)
    ppg, gain = steady_ppg(
        render_ppg(late, pulses, sampling_rate=rate, site=site, colour=colour),
        device,
        draws,
        config,
        darkness=life.people.melanin,
        rate=rate,
        site=site,
        colour=colour,
    )
    ppg, masks = disturb_ppg(
        ppg,
        gain,
        device,
        draws,
        config,
        happened[Modality.PPG],
        rate=rate,
        usual=usual_pulse(site, colour),
    )
    artefacts += stretches_of(Modality.PPG, masks, rate=rate)
    channels.append(channel("PPG", Modality.PPG, ppg[0], rate, "NU", site=site))

    truth = moved_truth(exact_truth(life, site), device, seconds=seconds)
    made = Record(
        channels=tuple(channels),
        subject=f"simulated_{seed}_{person}",
        source="cardioprint.simulate.measured_record",
        name=f"simulated_{seed}_{person}_{visit}",
        notes={
            **person_notes(life, truth, seed=seed, colour=colour),
            **device_notes(device, config),
        },
    )
    in_order = tuple(sorted(artefacts, key=lambda a: (a.start, a.modality, a.kind)))
    return made, truth.record(0, EXACT, in_order)


def device_notes(device: Device, config: DeviceConfig) -> dict[str, str]:
    """Return what is known of the first device, as a record's notes (and columns of a table)."""
    d = {name: values[0].item() for name, values in vars(replace(device)).items()}
    return {
        "device": config.kinds[d["kind"]].name,
        "ecg_rate": f"{d['ecg_rate']:g}",
        "ppg_rate": f"{d['ppg_rate']:g}",
        "ecg_bits": str(d["ecg_bits"]),
        "ppg_bits": str(d["ppg_bits"]),
        "ecg_gain": f"{d['ecg_gain']:.3f}",
        "ecg_inverted": str(int(d["ecg_inverted"])),
        "ppg_inverted": str(int(d["ppg_inverted"])),
        "ecg_band": f"{d['ecg_highpass']:.2f}-{d['ecg_lowpass']:.0f}",
        "ppg_band": f"{d['ppg_highpass']:.2f}-{d['ppg_lowpass']:.0f}",
        "auto_gain": str(int(d["auto_gain"])),
        "mains": f"{d['mains']:g}",
        "delay_ms": f"{1e3 * d['delay']:.1f}",
        "drift_ppm": f"{1e6 * d['drift']:.1f}",
    }


def stretches_of(modality: Modality, masks: Masks, *, rate: float) -> list[Artefact]:
    """Return the stretches of the first record's masks.

    Args:
        modality: Whose.
        masks: bool, shape (1, time), by kind.
        rate: Hertz.
    """
    found = []
    for kind, mask in masks.items():
        edges = np.flatnonzero(np.diff(np.pad(mask[0].astype(np.int8), 1)))
        starts, stops = edges[::2], edges[1::2]
        if kind == "clipped" and len(starts):
            apart = starts[1:] - stops[:-1] > TOGETHER * rate
            starts = starts[np.concatenate(([True], apart))]
            stops = stops[np.concatenate((apart, [True]))]
        found += [
            Artefact(modality, float(a / rate), float(z / rate), kind)
            for a, z in zip(starts, stops, strict=True)
        ]
    return found
