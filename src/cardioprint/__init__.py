"""Biosignal fingerprints from ECG and PPG.

    import cardioprint
    prints = cardioprint.fingerprint("record.hea")    # a vector a window, one a record
    prints.vector, prints.quality, prints.reasons

Names load when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from cardioprint.fingerprints.pipeline import fingerprint, reconstruct
    from cardioprint.fingerprints.result import Fingerprints, Reconstruction
    from cardioprint.readers import open_record, read_record
    from cardioprint.types import Channel, Modality, Record

_HOMES = {
    "fingerprint": "cardioprint.fingerprints.pipeline",
    "reconstruct": "cardioprint.fingerprints.pipeline",
    "Fingerprints": "cardioprint.fingerprints.result",
    "Reconstruction": "cardioprint.fingerprints.result",
    "read_record": "cardioprint.readers",
    "open_record": "cardioprint.readers",
    "Channel": "cardioprint.types",
    "Modality": "cardioprint.types",
    "Record": "cardioprint.types",
}
"""Public name -> module it lives in."""

__all__ = [
    "Channel",
    "Fingerprints",
    "Modality",
    "Reconstruction",
    "Record",
    "fingerprint",
    "open_record",
    "read_record",
    "reconstruct",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cardioprint' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
