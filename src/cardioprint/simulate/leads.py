"""Twelve leads from one heart vector.

The vector is in Frank's axes: x to the left, y to the feet, z to the back, mV. Lead vectors of I,
II and V1 to V6 are Dower's (Dower, Machado & Osborne 1980); the other limb leads follow from
Einthoven and Goldberger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardioprint.errors import UnknownNameError
from cardioprint.simulate.backend import Array

if TYPE_CHECKING:
    from cardioprint.simulate.draws import Draws

DOWER = {
    "I": (0.632, -0.235, 0.059),
    "II": (0.235, 1.066, -0.132),
    "V1": (-0.515, 0.157, -0.917),
    "V2": (0.044, 0.164, -1.387),
    "V3": (0.882, 0.098, -1.277),
    "V4": (1.213, 0.127, -0.601),
    "V5": (1.125, 0.127, -0.086),
    "V6": (0.831, 0.076, 0.230),
}

LIMB = {"III": (-1.0, 1.0), "aVR": (-0.5, -0.5), "aVL": (1.0, -0.5), "aVF": (-0.5, 1.0)}
"""Weights of I and II."""

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")

BODY = 0.09
"""SD of a lead vector between bodies and electrode positions, mV a mV (our choice: precordial
electrodes are often 2-3 cm off; Kerwin 1960)."""


def lead_vectors(leads: tuple[str, ...], draws: Draws) -> Array:
    """Return each person's lead vectors, shape (person, lead, 3).

    Limb leads keep I + III = II for everybody.

    Args:
        leads: Names out of `LEADS`.
        draws: Chance for life.

    Raises:
        UnknownNameError: A lead that is none.
    """
    b = draws.backend
    own = BODY * draws.normal("leads", len(DOWER), 3)
    vectors = {
        name: b.array(vector)[None, :] + own[:, i] for i, (name, vector) in enumerate(DOWER.items())
    }
    for name, (first, second) in LIMB.items():
        vectors[name] = first * vectors["I"] + second * vectors["II"]
    for name in leads:
        if name not in vectors:
            raise UnknownNameError("lead", name, LEADS)
    return b.xp.stack([vectors[name] for name in leads], axis=1)
