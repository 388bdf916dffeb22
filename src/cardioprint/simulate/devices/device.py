"""The device of each record: drawn from chance alone, whatever the person has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array, columns

if TYPE_CHECKING:
    from cardioprint.simulate.backend import Backend
    from cardioprint.simulate.devices.config import DeviceConfig, Range
    from cardioprint.simulate.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Device:
    """One device a record; every array has shape (person,).

    Attributes:
        kind: int64, place in `DeviceConfig.kinds`.
        ecg_gain: Factor, 1 is right.
        ecg_inverted: bool: limb leads are upside down.
        ecg_highpass: Hertz.
        ecg_lowpass: Hertz.
        ecg_rate: Hertz of the device; a batch has one rate for all.
        ecg_bits: Of the converter.
        ecg_range: mV to either side of zero at which it clips.
        ecg_noise: mV of white noise between 0 and 40 Hz.
        ecg_wander: mV (SD) of slow wander.
        ecg_breathing: mV of wander with the breath.
        mains: Hertz, 50 or 60.
        hum: mV of it.
        ppg_inverted: bool.
        ppg_highpass: Hertz.
        ppg_lowpass: Hertz.
        ppg_rate: Hertz of the device.
        ppg_bits: Of the converter.
        ppg_noise: % of the light, white noise between 0 and 40 Hz under the lightest skin.
        ppg_wander: % of the light (SD).
        flicker: % of the light, lamps at twice the mains; 0 where the device subtracts them.
        auto_gain: bool: the PPG is scaled to a standard height.
        height: NU that a usual pulse, or with automatic gain any pulse, is to have.
        delay: Seconds by which the PPG comes later than the ECG, constant in a record.
        drift: Seconds a second by which the PPG's clock gains on the ECG's.
        walks: bool: the wearer walks about.
        restless: Factor on the rates of all events.
    """

    kind: Array
    ecg_gain: Array
    ecg_inverted: Array
    ecg_highpass: Array
    ecg_lowpass: Array
    ecg_rate: Array
    ecg_bits: Array
    ecg_range: Array
    ecg_noise: Array
    ecg_wander: Array
    ecg_breathing: Array
    mains: Array
    hum: Array
    ppg_inverted: Array
    ppg_highpass: Array
    ppg_lowpass: Array
    ppg_rate: Array
    ppg_bits: Array
    ppg_noise: Array
    ppg_wander: Array
    flicker: Array
    auto_gain: Array
    height: Array
    delay: Array
    drift: Array
    walks: Array
    restless: Array

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.kind)

    def rows(self, which: Array | slice) -> Device:
        """Return the devices of some of the records."""
        return Device(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


PULSE = 2.0
"""% of the light: a usual pulse, in whose height noise of the PPG is stated (Lima 2002)."""

HEIGHTS = (0.4, 2.2)
"""NU of a pulse on a monitor: MIMIC and CinC 2015 have medians of 0.5 to 2 (measured)."""

LEVEL = 2.0
"""NU, middle of the converter's range."""

UNIFORM = (
    *("kind", "ecg_inverted", "ppg_inverted", "ecg_highpass", "ecg_lowpass", "ppg_highpass"),
    *("ppg_lowpass", "ecg_rate", "ppg_rate", "ecg_bits", "ppg_bits", "auto_gain", "late"),
    *("two_clocks", "walks", "ecg_range", "flickering", "mains", "height", "delay", "drift"),
)
NORMAL = (
    *("ecg_gain", "ecg_noise", "ppg_noise", "ecg_wander", "ecg_breathing", "ppg_wander", "hum"),
    *("flicker", "restless", "delay"),
)
"""Names of the standard draws."""


def draw_device(draws: Draws, config: DeviceConfig) -> Device:
    """Draw the device that makes each record.

    Args:
        draws: Chance of the record; nothing else enters, so no label can.
        config: Ranges and probabilities.
    """
    b, xp = draws.backend, draws.backend.xp
    u = dict(zip(UNIFORM, columns(draws.uniform("device", len(UNIFORM))), strict=True))
    z = dict(zip(NORMAL, columns(draws.normal("device sizes", len(NORMAL))), strict=True))
    kind = _kind(u["kind"], config, b)
    none = 0 * u["kind"]

    def of_kind(name: str) -> Array:
        return b.array([getattr(k, name) for k in config.kinds])[kind]

    def corner(name: str) -> Array:
        low, high = of_kind(name).T
        return low * (high / low) ** u[name]

    def bits(name: str) -> Array:
        low, high = of_kind(name).T
        return b.to_int(low + u[name] * (high - low + 1))

    def spread(name: str) -> Array:
        median, sd = getattr(config, name)
        return median * xp.exp(sd * z[name].clip(-3.0, 3.0))

    def rate(name: str, choices: str) -> Array:
        found = none
        for place, family in enumerate(config.kinds):
            rates = getattr(family, choices)
            mine = b.array(rates)[b.to_int(u[name] * len(rates))]
            found = xp.where(kind == place, mine, found)
        return found

    two_clocks = u["two_clocks"] < of_kind("two_clocks")
    monitor = (config.monitor_delay[0] + config.monitor_delay[1] * z["delay"].clip(-3.0, 3.0)).clip(
        0.0, 1.0
    )
    late = xp.where(u["late"] < of_kind("late"), monitor, none)
    start = config.other_delay[0] + (config.other_delay[1] - config.other_delay[0]) * u["delay"]
    flicker = xp.where(u["flickering"] < config.flickering, spread("flicker"), none)
    return Device(
        kind=kind,
        ecg_gain=xp.exp(config.ecg_gain * z["ecg_gain"].clip(-3.0, 3.0)),
        ecg_inverted=u["ecg_inverted"] < config.ecg_inverted,
        ecg_highpass=corner("ecg_highpass"),
        ecg_lowpass=corner("ecg_lowpass"),
        ecg_rate=rate("ecg_rate", "ecg_rates"),
        ecg_bits=bits("ecg_bits"),
        ecg_range=log_uniform(u["ecg_range"], config.ecg_range),
        ecg_noise=spread("ecg_noise"),
        ecg_wander=spread("ecg_wander"),
        ecg_breathing=spread("ecg_breathing"),
        mains=50.0 + 10.0 * b.to_float(u["mains"] < 0.5),
        hum=spread("hum"),
        ppg_inverted=u["ppg_inverted"] < config.ppg_inverted,
        ppg_highpass=corner("ppg_highpass"),
        ppg_lowpass=corner("ppg_lowpass"),
        ppg_rate=rate("ppg_rate", "ppg_rates"),
        ppg_bits=bits("ppg_bits"),
        ppg_noise=spread("ppg_noise"),
        ppg_wander=PULSE * spread("ppg_wander"),
        flicker=flicker,
        auto_gain=u["auto_gain"] < of_kind("auto_gain"),
        height=log_uniform(u["height"], HEIGHTS),
        delay=xp.where(two_clocks, start, late),
        drift=xp.where(two_clocks, config.drift * (2 * u["drift"] - 1), none),
        walks=u["walks"] < of_kind("walking"),
        restless=xp.exp(config.restless * z["restless"]).clip(0.0, config.most_restless),
    )


def log_uniform(u: Array, between: Range) -> Array:
    """Return numbers that are evenly spread on a log scale, for uniform ones in (0, 1)."""
    low, high = between
    return low * (high / low) ** u


def _kind(u: Array, config: DeviceConfig, b: Backend) -> Array:
    """Return the family of each record's device."""
    total, reached = sum(k.share for k in config.kinds), 0.0
    kind = b.to_int(0 * u)
    for family in config.kinds[:-1]:
        reached += family.share / total
        kind = kind + b.to_int(u >= reached)
    return kind


POLE = 0.4
"""A device passes no more than this share of its own rate: its anti-alias filter."""


def least(corner: Array, rate: Array) -> Array:
    """Return the low-pass corner of devices of some rates, hertz."""
    return corner - (corner - POLE * rate).clip(0.0, 1e9)
