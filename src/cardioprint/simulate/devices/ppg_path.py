"""From the skin to the file: what sensor, amplifier and converter do to a PPG."""

from __future__ import annotations

from math import pi, tau
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array
from cardioprint.simulate.devices import spectra
from cardioprint.simulate.devices.converter import digitised, rows_of
from cardioprint.simulate.devices.device import LEVEL, PULSE, least, log_uniform
from cardioprint.simulate.devices.events import Events, Track, only
from cardioprint.simulate.ppg import COLOURS, SITES

if TYPE_CHECKING:
    from cardioprint.simulate.devices.config import DeviceConfig
    from cardioprint.simulate.devices.device import Device
    from cardioprint.simulate.draws import Draws

RAMP = 0.15
"""Seconds in which a motion begins and ends."""

HEIGHT = 3.2
"""Height of a pulse over the SD of the wave, for automatic gain."""

FAINTEST = 0.1
"""Share of a usual pulse below which automatic gain gives up."""

ROOM = 0.5
"""Height of a usual pulse under a fixed gain over that under automatic gain: four times as much
still fits (our choice; 0.3-0.9 % of the samples of real recordings rest at an extreme)."""

LOOSE = 0.5
"""SD of the logarithm of the gain while a sensor moves."""

STEPS = ((0.5, 0.5), (1.0, 1.0), (2.0, 0.45), (3.0, 0.2))
"""Waves of a walk: frequency over the cadence, and height. An arm swings at half of it."""

CADENCE = (1.4, 2.4)
"""Hertz, steps of a slow and of a brisk walk."""


def usual_pulse(site: str, colour: str) -> float:
    """Return the height of a pulse that a device for this site and light expects, %."""
    return PULSE * SITES[site].pulse * COLOURS[colour]


def steady_ppg(
    ppg: Array,
    device: Device,
    draws: Draws,
    config: DeviceConfig,
    *,
    darkness: Array,
    rate: float,
    site: str,
    colour: str,
) -> tuple[Array, Array]:
    """Return the PPG behind the amplifier, with the noise that is always there.

    Args:
        ppg: % of the light, shape (person, time).
        device: Of each record.
        draws: Chance of the records.
        config: For the shape of the noise.
        darkness: Of the skin, 0 to 1, shape (person,).
        rate: Hertz.
        site: Where the sensor is.
        colour: Its light.

    Returns:
        (NU around zero, shape of `ppg`; NU a %, shape (person,)).
    """
    b, xp = draws.backend, draws.backend.xp
    bins = spectra.Bins.of(ppg.shape[-1], rate, b)
    less_light = 1 + config.skin * (1.0 if colour == "green" else 0.25) * darkness
    white = spectra.sensor(bins.hertz, config.ppg_flicker_corner, 1.5)
    density = ((device.ppg_noise * less_light) ** 2)[:, None] * white
    density = density + (device.ppg_wander**2)[:, None] * spectra.wander(bins.hertz)
    noise = bins.noise(density, bins.phases(draws, "ppg noise"))
    low = spectra.lowpass(bins.hertz, least(device.ppg_lowpass, device.ppg_rate))
    passed = spectra.highpass(bins.hertz, device.ppg_highpass) * low
    out = bins.signal((bins.transform(ppg) + noise) * passed)
    out = out + _flicker(device, draws, count=ppg.shape[-1], rate=rate)
    usual = usual_pulse(site, colour)
    tall = HEIGHT * xp.sqrt(xp.mean(out * out, axis=1))
    tall = xp.where(device.auto_gain, tall.clip(FAINTEST * usual, 1e9), 0 * tall + usual / ROOM)
    sign = 1 - 2 * b.to_float(device.ppg_inverted)
    gain = device.height / tall
    return (sign * gain)[:, None] * out, gain


def _flicker(device: Device, draws: Draws, *, count: int, rate: float) -> Array:
    """Return lamps at twice the mains, as sampling folds them, % of the light."""
    b, xp = draws.backend, draws.backend.xp
    rows = b.where_true((device.flicker > 0)[None, :])[1]
    out = b.zeros(len(device), count)
    if len(rows):
        few, chance = only(device, draws, rows)
        u = tau * chance.uniform("device flicker", 1)
        time = b.to_float(b.arange(count))[None, :] / rate
        angle = tau * 2 * few.mains[:, None] * time + u
        out[rows] = few.flicker[:, None] * xp.sin(angle)
    return out


def disturb_ppg(
    ppg: Array,
    gain: Array,
    device: Device,
    draws: Draws,
    config: DeviceConfig,
    happened: dict[str, Events],
    *,
    rate: float,
    usual: float,
) -> tuple[Array, dict[str, Array]]:
    """Let happen what happens to a sensor, convert, and lose what is lost.

    Args:
        ppg: From `steady_ppg`, shape (person, time).
        gain: NU a %, shape (person,).
        device: Of each record.
        draws: Chance of the records.
        config: Sizes.
        happened: Events by kind.
        rate: Hertz.
        usual: % of a usual pulse.

    Returns:
        (NU, where it was spoilt by kind: bool, shape (person, time)).
    """
    b, xp = draws.backend, draws.backend.xp
    people, count = ppg.shape
    track = Track(records=people, count=count, rate=rate, b=b)
    masks = {k: track.flags(happened[k]) for k in ("gain_step", "motion", "walking")}
    steps = happened["gain_step"]
    if len(steps):
        up = 1 - 2 * b.to_float(steps.chance[:, 0] < 0.5)
        factor = log_uniform(steps.chance[:, 1], config.gain_step_size) ** up
        ppg = ppg * (1 + track.envelope(steps, factor - 1, ramp=0.0))
    scale = gain * usual
    for kind in ("motion", "walking"):
        events = happened[kind]
        rows = rows_of(events, people, b)
        if not len(rows):
            continue
        between = config.motion_size if kind == "motion" else config.walking_size
        size = log_uniform(events.chance[:, 0], between)
        envelope = track.envelope(events, size, ramp=RAMP)[rows]
        few, chance = only(device, draws, rows)
        mine = ppg[rows]
        if kind == "motion":
            wave = _shaking(few, chance, count=count, rate=rate)
            u = events.chance
            bell = xp.sqrt(-2 * xp.log(u[:, 1])) * xp.cos(tau * u[:, 2])
            looser = track.envelope(events, xp.exp(LOOSE * bell) - 1, ramp=RAMP)[rows]
            mine = mine * (1 + looser)
        else:
            wave = _walk(chance, count=count, rate=rate)
        ppg[rows] = mine + scale[rows][:, None] * envelope * wave
    limit = config.ppg_range + 0 * scale[:, None]
    ppg, masks["clipped"] = digitised(ppg, limit, device.ppg_bits[:, None], b=b)
    ppg = ppg + LEVEL
    off = masks["sensor_off"] = track.flags(happened["sensor_off"])
    if len(happened["sensor_off"]):
        dark = 2 * LEVEL * happened["sensor_off"].chance[:, 0]
        ppg = xp.where(off, track.envelope(happened["sensor_off"], dark, ramp=0.0), ppg)
    masks["gap"] = track.flags(happened["gap"])
    if len(happened["gap"]):
        ppg = xp.where(masks["gap"], float("nan") + 0 * ppg, ppg)
    masks["clipped"] = masks["clipped"] & ~off & ~masks["gap"]
    return ppg, masks


def _shaking(device: Device, draws: Draws, *, count: int, rate: float) -> Array:
    """Return noise of unit SD of a sensor that is moved, shape (person, time)."""
    bins = spectra.Bins.of(count, rate, draws.backend)
    corner = least(device.ppg_lowpass, device.ppg_rate)
    density = spectra.lowpass(bins.hertz, corner) ** 2 * spectra.shaking(bins.hertz)
    return bins.signal(bins.noise(density, bins.phases(draws, "motion")))


def _walk(draws: Draws, *, count: int, rate: float) -> Array:
    """Return the swing of an arm that walks, SD near 1, shape (person, time)."""
    b, xp = draws.backend, draws.backend.xp
    u = draws.uniform("device walk", 4 + len(STEPS))
    cadence = log_uniform(u[:, 0], CADENCE)[:, None]
    time = b.to_float(b.arange(count))[None, :] / rate
    # The stride is uneven: its phase wanders by half a radian within some seconds.
    uneven = 0.5 * xp.sin(tau * (0.05 + 0.25 * u[:, 1:2]) * time + tau * u[:, 2:3])
    wave = 0.0 * time
    for number, (times, height) in enumerate(STEPS):
        angle = times * (tau * cadence * time + uneven) + tau * u[:, 4 + number, None]
        wave = wave + 1.2 * height * xp.sin(angle)
    return wave * (0.85 + 0.15 * xp.sin(2 * pi * 0.12 * time + tau * u[:, 3:4]))
