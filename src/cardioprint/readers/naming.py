"""What a channel is, judged by the name and unit that the file gives it.

The rule is to recognise, never to assume: a name not known here is `Modality.OTHER`, and the
caller can say otherwise with `columns=`. Pressure, respiration and acceleration often look like
a pulse wave, so nothing is ever decided from the samples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cardioprint.readers.units import ARBITRARY, MILLIVOLTS, SECONDS, plain
from cardioprint.types import Modality

_STANDARD = ["I", "II", "III", "aVR", "aVL", "aVF", "V", "V3R", "V4R", "V5R", "V6R"]
_STANDARD += [f"V{n}" for n in range(1, 10)]
_MONITOR = ["MLI", "MLII", "MLIII", "MCL", "MV", "CM5", "CC5", "CS2", "CS5", "vx", "vy", "vz"]
_MONITOR += [f"{kind}{n}" for kind in ("MCL", "MV") for n in range(1, 7)]

LEADS = {lead.lower(): lead for lead in _STANDARD + _MONITOR}
"""Lead names by their lower-case form: 12-lead, right-sided, posterior, Holter and Frank."""
LEADS |= {"d1": "I", "di": "I", "d2": "II", "dii": "II", "d3": "III", "diii": "III"}  # European
LEADS |= {"ml1": "MLI", "ml2": "MLII", "ml3": "MLIII", "lead1": "I", "lead2": "II", "lead3": "III"}

SITES = {"finger": "finger", "fingertip": "finger", "wrist": "wrist", "ear": "ear"}
SITES |= {"earlobe": "ear", "toe": "toe", "forehead": "forehead", "arm": "arm", "nose": "nose"}
SITES |= {"camera": "camera", "phone": "camera"}
"""PPG places by the words that files use."""

_ECG = re.compile(r"(?:ecg|ekg|electrocardiogram)(.*)")
_PPG = re.compile(r"(?:ppg|pleth|plethysmogram|photoplethysmogram|bvp)(\d*|l|r|g|ir|red|green)")
_OPTICAL = {"ir", "infrared", "red", "green"}
_OXIMETER = {"spo2", "sao2", "oximeter", "oximetry"}
_WAVE = {"wave", "waveform", "pleth", "ppg", "signal", "curve"}
_NOISE = {"lead", "leads", "wave", "waveform", "signal", "channel", "ch", "raw", "filtered"}
_NOISE |= {"clean", "value", "values", "data", "einthoven", "goldberger", "derivation"}

# Words that turn "ECG quality" or "PPG rate" into a number about a signal instead of a signal,
# and impedance plethysmography into what it is: respiration.
_VETO = {"quality", "sqi", "rate", "hr", "rr", "peak", "peaks", "phase", "index", "label", "labels"}
_VETO |= {"annotation", "annotations", "status", "valid", "time", "onset", "onsets", "id", "event"}
_VETO |= {"resp", "respiration", "acc", "accelerometer", "abp", "art", "cvp", "pap", "temp"}
_VETO |= {"impedance", "diagnosis", "normal", "age", "date", "derived", "marker", "off", "loose"}

# "I" in amperes is no lead and "IR" in degrees no oximeter. A unit nobody knows is left in place,
# so that it ends in an error about the unit instead of a channel that silently goes missing.
_ELSEWHERE = {"bpm", "mmhg", "cmh2o", "degc", "c", "k", "g", "ohm", "l/min", "m/s2", "hz", "1/min"}
_ELSEWHERE |= {"a", "ma", "ua", "w", "rpm", "kpa", "l", "ml"}

_BRACKETED = re.compile(r"^(.*?)\s*[\[(]\s*([^\])]*?)\s*[\])]\s*$")
_UNIT_WORDS = {*MILLIVOLTS, *SECONDS, *ARBITRARY, "nu", "adu", "mmhg", "bpm", "%", "g", "counts"}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a channel is: its modality, and its lead or site where the name tells."""

    modality: Modality
    lead: str = ""
    site: str = ""


OTHER = Identity(modality=Modality.OTHER)


def split_unit(header: str) -> tuple[str, str]:
    """Return name and unit of a column header such as `II [mV]`; the unit may be ""."""
    match = _BRACKETED.match(header.strip())
    if match and plain(match[2]) in _UNIT_WORDS:
        return match[1], match[2]
    return header.strip(), ""


def lead_of(text: str) -> str:
    """Return the usual spelling of a lead, or "" where `text` names none."""
    return LEADS.get(re.sub(r"[\s_-]+", "", text).lower(), "")


def identify(name: str, unit: str = "") -> Identity:
    """Judge a channel by its name and unit.

    Args:
        name: As in the file: `II`, `ECG Lead II`, `SNUADC/PLETH`, `Lead I (Einthoven)`.
        unit: As in the file, or "".

    Returns:
        ECG or PPG where the name is known for one, else `Modality.OTHER`.
    """
    text = split_unit(name)[0].rsplit("/", 1)[-1]  # VitalDB: device/track
    words = [w for w in re.split(r"[^a-z0-9]+", text.lower()) if w]
    if not words or _VETO.intersection(words):
        return OTHER
    return _as_ecg(words, unit) or _as_ppg(words, unit) or OTHER


def _as_ecg(words: list[str], unit: str) -> Identity | None:
    match = _ECG.fullmatch(words[0])
    rest = [w for w in words if w not in _NOISE]
    if match:  # "ECG", "ECG1", "ECGII", "EKG LA-RA": the type first, then the view
        view = [match[1], *rest[1:]]
        leads = [LEADS[w] for w in view if w in LEADS]
        if match[1] and not leads and not match[1].isdigit():
            return None
        return Identity(modality=Modality.ECG, lead=leads[0] if len(leads) == 1 else "")
    if len(rest) == 1 and rest[0] in LEADS and plain(unit) not in _ELSEWHERE:
        return Identity(modality=Modality.ECG, lead=LEADS[rest[0]])
    return None


def _as_ppg(words: list[str], unit: str) -> Identity | None:
    optical = any(_PPG.fullmatch(w) for w in words)
    optical |= _OPTICAL.issuperset(set(words) - _NOISE - set(SITES)) and bool(_OPTICAL & set(words))
    optical |= bool(_OXIMETER & set(words)) and bool(_WAVE & set(words))  # SpO2 alone: a number
    if not optical or plain(unit) in _ELSEWHERE:
        return None
    sites = [SITES[w] for w in words if w in SITES]
    return Identity(modality=Modality.PPG, site=sites[0] if sites else "")
