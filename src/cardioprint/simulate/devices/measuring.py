"""Batches as devices record them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array
from cardioprint.simulate.batch import rows_together
from cardioprint.simulate.devices.clock import delayed, moved_truth
from cardioprint.simulate.devices.config import EVENTS, DeviceConfig
from cardioprint.simulate.devices.device import Device, draw_device
from cardioprint.simulate.devices.ecg_path import disturb_ecg, steady_ecg
from cardioprint.simulate.devices.events import Events, draw_events
from cardioprint.simulate.devices.ppg_path import disturb_ppg, steady_ppg, usual_pulse
from cardioprint.simulate.draws import Draws
from cardioprint.simulate.ppg import render_ppg, render_pulses
from cardioprint.simulate.variability import sampled
from cardioprint.types import Modality

if TYPE_CHECKING:
    from cardioprint.simulate.backend import Backend
    from cardioprint.simulate.batch import Batch
    from cardioprint.simulate.physiology import Physiology
    from cardioprint.simulate.truth import BatchTruth

USUAL = DeviceConfig()
"""The devices that a batch meets unless others are given."""

Masks = dict[str, Array]
"""Where a signal was spoilt, by kind: bool, shape (person, time)."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Paired windows as files would hold them, with what is true of bodies and devices.

    Attributes:
        ecg: mV, shape (person, lead, time); NaN where samples were lost.
        ppg: NU (what a monitor calls its unit), shape (person, time); NaN where samples were lost.
        truth: Of the people. Times of pulses are the record's: moved by delay and drift. They are
            the body's landmarks; what a filter does to the shape is the device's business.
        device: Parameters of each record's device.
        masks: Where each modality was spoilt, by kind (`events.ECG_KINDS`, `PPG_KINDS`). Outside
            the masks there is nothing but the device's steady noise and filters.
        sampling_rate: Hertz.
        leads: Names, in the order of `ecg`.
        site: Where the PPG is taken.
        colour: Its light.
    """

    ecg: Array
    ppg: Array
    truth: BatchTruth
    device: Device
    masks: dict[Modality, Masks]
    sampling_rate: float
    leads: tuple[str, ...]
    site: str
    colour: str

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.ppg)

    def spoilt(self, modality: Modality) -> Array:
        """Return True where a modality was spoilt in any way, bool, shape (person, time)."""
        first, *others = self.masks[modality].values()
        for mask in others:
            first = first | mask
        return first


def measured(
    batch: Batch,
    *,
    seed: int,
    config: DeviceConfig = USUAL,
    first: int | None = None,
    record: int | None = None,
) -> Measured:
    """Record a batch with devices, one drawn for each window.

    Devices and artefacts depend on seed, person and record alone, not on what the people have:
    any split into batches gives the same.

    Args:
        batch: Clean pairs.
        seed: Of the devices; another one records the same bodies with others.
        config: What devices there are.
        first: Number of the first person's devices; the person's own if None.
        record: Likewise; the batch's own if None.

    Returns:
        The signals, at the batch's rate whatever the devices' own (`measured_record` keeps these).
    """
    life = batch.life
    b, own = life.backend, life.draws
    people = own.people if first is None else first + b.arange(len(batch))
    draws = Draws(
        backend=b, seed=seed, people=people, record=own.record if record is None else record
    )
    device = draw_device(draws, config)
    rate, seconds = batch.sampling_rate, life.seconds
    ecg, ppg, gain = [], [], []
    for part in _blocks(len(batch), batch.ppg.shape[1], b):
        mine, chance = device.rows(part), replace(draws, people=people[part])
        bodies, count = life.rows(part), batch.ppg.shape[1]
        breath = sampled(bodies.tone.breath, sampling_rate=rate, count=count, b=b)
        ecg.append(
            steady_ecg(
                batch.ecg[part], mine, chance, config, breath=breath, rate=rate, leads=batch.leads
            )
        )
        wave, a_percent = steady_ppg(
            _late(batch, bodies, batch.ppg[part], mine),
            mine,
            chance,
            config,
            darkness=bodies.people.melanin,
            rate=rate,
            site=batch.site,
            colour=batch.colour,
        )
        ppg.append(wave)
        gain.append(a_percent)
    happened = draw_all(draws, device, config, seconds=seconds)
    spoilt_ecg, ecg_masks = disturb_ecg(
        b.xp.concat(ecg), device, draws, config, happened[Modality.ECG], rate=rate
    )
    spoilt_ppg, ppg_masks = disturb_ppg(
        b.xp.concat(ppg),
        b.xp.concat(gain),
        device,
        draws,
        config,
        happened[Modality.PPG],
        rate=rate,
        usual=usual_pulse(batch.site, batch.colour),
    )
    return Measured(
        ecg=spoilt_ecg,
        ppg=spoilt_ppg,
        truth=moved_truth(batch.truth, device, seconds=seconds),
        device=device,
        masks={Modality.ECG: ecg_masks, Modality.PPG: ppg_masks},
        sampling_rate=rate,
        leads=batch.leads,
        site=batch.site,
        colour=batch.colour,
    )


def draw_all(
    draws: Draws, device: Device, config: DeviceConfig, *, seconds: float
) -> dict[Modality, dict[str, Events]]:
    """Draw everything that happens, by modality and kind; some gaps are in both signals."""
    found = {k: draw_events(k, draws, device, config, seconds=seconds) for k in EVENTS}
    gaps = found.pop("gap")
    which = gaps.chance[:, 0]
    ecg = {k: found[k] for k in ("muscle", "electrode_noise", "lead_off")}
    ppg = {k: found[k] for k in ("motion", "walking", "gain_step", "sensor_off")}
    return {
        Modality.ECG: {**ecg, "gap": gaps.pick(which < 0.75)},
        Modality.PPG: {**ppg, "gap": gaps.pick((which < 0.5) | (which >= 0.75))},
    }


def _late(batch: Batch, life: Physiology, ppg: Array, device: Device) -> Array:
    """Return the PPG as late as each device has it; on time it is the batch's own."""
    b = life.backend
    rows = b.where_true(((device.delay != 0) | (device.drift != 0))[None, :])[1]
    if not len(rows):
        return ppg
    some = delayed(life.rows(rows), device.rows(rows))
    rate, count = batch.sampling_rate, ppg.shape[1]
    site, contact = batch.site, batch.contact
    pulses = render_pulses(some, sampling_rate=rate, count=count, site=site, contact=contact)
    late = ppg + 0
    late[rows] = render_ppg(
        some, pulses, sampling_rate=rate, site=site, colour=batch.colour, contact=contact
    )
    return late


def _blocks(count: int, samples: int, b: Backend) -> Iterator[slice]:
    """Yield as many records at a time as fit into a cache."""
    block = rows_together(b, count, samples)
    for start in range(0, count, block):
        yield slice(start, start + block)
