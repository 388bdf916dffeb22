"""Units of electric potential, and the one rule for ECG: millivolts or an error."""

from __future__ import annotations

import unicodedata

from cardioprint.errors import UnitError

MILLIVOLTS = {
    "v": 1e3,
    "volt": 1e3,
    "volts": 1e3,
    "mv": 1.0,
    "millivolt": 1.0,
    "millivolts": 1.0,
    "uv": 1e-3,
    "microvolt": 1e-3,
    "microvolts": 1e-3,
    "nv": 1e-6,
    "nanovolt": 1e-6,
    "nanovolts": 1e-6,
}
"""Millivolts in one of each unit, by its plain name."""

ARBITRARY = ("a.u.", "au", "arbitrary")
"""Spellings of 'no physical unit', accepted for ECG only when the caller says so."""

SECONDS = {"s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3}
SECONDS |= {"milliseconds": 1e-3, "us": 1e-6, "microseconds": 1e-6}


def plain(unit: str) -> str:
    """Return a unit in lower case with a Latin u for either Unicode micro sign."""
    return unicodedata.normalize("NFKC", unit).replace("\u03bc", "u").strip().lower()


def is_potential(unit: str) -> bool:
    """True where `unit` is a voltage."""
    return plain(unit) in MILLIVOLTS


def ecg_factor(unit: str, *, given: bool, source: object, channel: str) -> tuple[float, str]:
    """Return what an ECG has to be multiplied by, and its unit afterwards.

    Args:
        unit: Unit as the file or the caller says it.
        given: True where the caller said it: only then are arbitrary units accepted.
        source: File, for the message.
        channel: Channel name, for the message.

    Returns:
        The factor and "mV"; or 1 and "a.u.".

    Raises:
        UnitError: Missing or not a voltage.
    """
    key = plain(unit)
    if key in MILLIVOLTS:
        return MILLIVOLTS[key], "mV"
    if given and key in ARBITRARY:
        return 1.0, "a.u."
    what = f"unit {unit!r} is not a voltage" if unit else "no unit is stated"
    raise UnitError(
        f"ECG channel {channel!r}: {what}, and a voltage has no default",
        source=source,
        field=f"unit of {channel}",
        fix=f"pass units={{{channel!r}: 'mV'}} (or V, uV, nV), or 'a.u.' to keep the numbers as "
        "they are; in columns= write 'ecg:II:mV'",
    )
