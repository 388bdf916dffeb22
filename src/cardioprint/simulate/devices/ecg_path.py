"""From the skin to the file: what electrodes, cable, amplifier and converter do to an ECG."""

from __future__ import annotations

from math import tau
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array
from cardioprint.simulate.devices import spectra
from cardioprint.simulate.devices.converter import digitised, rows_of
from cardioprint.simulate.devices.device import least, log_uniform
from cardioprint.simulate.devices.events import Events, Track, only
from cardioprint.simulate.leads import LIMB

if TYPE_CHECKING:
    from cardioprint.simulate.devices.config import DeviceConfig
    from cardioprint.simulate.devices.device import Device
    from cardioprint.simulate.draws import Draws

RAMP = 0.2
"""Seconds in which a disturbance of the electrodes comes and goes."""

POPS = 3.0
"""Height of an electrode's pop over the SD of its swings: NSTDB's `em` has steps of millivolts."""


def steady_ecg(
    ecg: Array,
    device: Device,
    draws: Draws,
    config: DeviceConfig,
    *,
    breath: Array,
    rate: float,
    leads: tuple[str, ...],
) -> Array:
    """Return the ECG behind the amplifier, with the noise that is always there.

    Args:
        ecg: mV, shape (person, lead, time).
        device: Of each record.
        draws: Chance of the records.
        config: For the shape of the noise.
        breath: -1 to 1, shape (person, time).
        rate: Hertz.
        leads: Their names: a reversed cable turns the limb leads only.

    Returns:
        mV, shape of `ecg`.
    """
    b = draws.backend
    bins = spectra.Bins.of(ecg.shape[-1], rate, b)
    limb = b.array([1.0 if name in (*LIMB, "I", "II") else 0.0 for name in leads])
    sign = 1 - 2 * b.to_float(device.ecg_inverted)[:, None] * limb
    share = lead_shares(draws, len(leads))
    wave = (sign * device.ecg_gain[:, None])[:, :, None] * ecg
    wave = wave + (share * device.ecg_breathing[:, None])[:, :, None] * breath[:, None, :]
    white = spectra.sensor(bins.hertz, config.ecg_flicker_corner, 1.0)
    density = (device.ecg_noise**2)[:, None] * white
    density = density + (device.ecg_wander**2)[:, None] * spectra.wander(bins.hertz)
    noise = bins.noise(density[:, None, :], bins.phases(draws, "ecg noise", len(leads)))
    low = spectra.lowpass(bins.hertz, least(device.ecg_lowpass, device.ecg_rate))
    passed = spectra.highpass(bins.hertz, device.ecg_highpass) * low
    out = bins.signal((bins.transform(wave) + noise) * passed[:, None, :])
    hum = _hum(device, draws, config, count=ecg.shape[-1], rate=rate)
    return out + share[:, :, None] * hum[:, None, :]


def lead_shares(draws: Draws, leads: int) -> Array:
    """Return how much of a disturbance each lead sees, shape (person, lead)."""
    return 0.4 + 1.2 * draws.uniform("device leads", leads)


def _hum(device: Device, draws: Draws, config: DeviceConfig, *, count: int, rate: float) -> Array:
    """Return the mains in mV behind the filters, shape (person, time); its height breathes."""
    b, xp = draws.backend, draws.backend.xp
    u = tau * draws.uniform("device hum", 2 + len(config.hum_harmonics))
    time = b.to_float(b.arange(count))[None, :] / rate
    total = 0.0 * (device.hum[:, None] + time)
    for number, height in enumerate((1.0, *config.hum_harmonics), start=1):
        hertz = number * device.mains
        if number * 50.0 >= 0.49 * rate:
            break  # no device passes what it cannot sample
        there = b.to_float(hertz < 0.49 * rate)
        gain = (
            height
            * device.hum
            * there
            / (1 + (hertz / least(device.ecg_lowpass, device.ecg_rate)) ** 8) ** 0.5
        )
        angle = tau * hertz[:, None] * time + u[:, number, None]
        total = total + gain[:, None] * xp.sin(angle)
    slow = tau * 0.08 * time + u[:, :1]
    return total * (1 + 0.3 * xp.sin(slow))


def disturb_ecg(
    ecg: Array,
    device: Device,
    draws: Draws,
    config: DeviceConfig,
    happened: dict[str, Events],
    *,
    rate: float,
) -> tuple[Array, dict[str, Array]]:
    """Let happen what happens to electrodes, convert, and lose what is lost.

    Args:
        ecg: From `steady_ecg`, shape (person, lead, time).
        device: Of each record.
        draws: Chance of the records.
        config: Sizes.
        happened: Events by kind.
        rate: Hertz.

    Returns:
        (mV, where it was spoilt by kind: bool, shape (person, time)).
    """
    b, xp = draws.backend, draws.backend.xp
    people, leads, count = ecg.shape
    track = Track(records=people, count=count, rate=rate, b=b)
    masks = {}
    for kind, shape in (("muscle", spectra.muscle), ("electrode_noise", spectra.swings)):
        events = happened[kind]
        masks[kind] = track.flags(events)
        rows = rows_of(events, people, b)
        if not len(rows):
            continue
        between = config.muscle_size if kind == "muscle" else config.electrode_size
        size = log_uniform(events.chance[:, 0], between)
        envelope = track.envelope(events, size, ramp=RAMP)[rows]
        few, chance = only(device, draws, rows)
        bins = spectra.Bins.of(count, rate, b)
        density = spectra.lowpass(bins.hertz, least(few.ecg_lowpass, few.ecg_rate)) ** 2 * shape(
            bins.hertz
        )
        noise = bins.noise(density[:, None, :], bins.phases(chance, kind, leads))
        more = envelope[:, None, :] * bins.signal(noise)
        if kind == "electrode_noise":
            more = more + _pops(track, events, size, device)[rows][:, None, :]
        ecg[rows] = ecg[rows] + lead_shares(chance, leads)[:, :, None] * more
    ecg, clipped = digitised(
        ecg, device.ecg_range[:, None, None], device.ecg_bits[:, None, None], b=b
    )
    masks["clipped"] = xp.any(clipped, axis=1)
    off = masks["lead_off"] = track.flags(happened["lead_off"])
    if len(happened["lead_off"]):
        row, u = happened["lead_off"].row, happened["lead_off"].chance[:, 0]
        rail = b.to_float(u > 0.5) * (1 - 2 * b.to_float(u > 0.75)) * device.ecg_range[row]
        flat = track.envelope(happened["lead_off"], rail, ramp=0.0)
        ecg = xp.where(off[:, None, :], flat[:, None, :], ecg)
    masks["gap"] = track.flags(happened["gap"])
    if len(happened["gap"]):
        ecg = xp.where(masks["gap"][:, None, :], float("nan") + 0 * ecg, ecg)
    masks["clipped"] = masks["clipped"] & ~off & ~masks["gap"]
    return ecg, masks


def _pops(track: Track, events: Events, size: Array, device: Device) -> Array:
    """Return steps of the electrodes' potential, shape (person, time).

    The amplifier's high-pass lets each of them decay.
    """
    b, xp = track.b, track.b.xp
    flat = b.zeros(track.records * track.count)
    begin = 0
    for piece in track.pieces(events):
        some, part = piece.events, slice(begin, begin + len(piece.events))
        begin += len(some)
        decay = (tau * device.ecg_highpass[some.row])[:, None]
        value = 0.0 * piece.time
        for place, height in ((1, 2), (3, 1)):
            at = some.start + some.chance[:, place] * (some.stop - some.start)
            since = piece.time - at[:, None]
            step = xp.exp(-(decay * since).clip(0.0, 50.0)) * b.to_float(since >= 0)
            tall = POPS * size[part] * (2 * some.chance[:, height] - 1)
            value = value + tall[:, None] * step
        value = value * piece.shape(RAMP, b)
        flat[piece.place[piece.inside]] = value[piece.inside]
    return flat.reshape(track.records, track.count)
