"""Which research heads may ship, what each learns from and what it is tried on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.heads.judging import Spec
from cardioprint.benchmark.heads.material import Material
from cardioprint.benchmark.heads.research_sets import FIVE, NOISE, RHYTHMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = frozenset({"vitaldb_short", "polar_oximeter", "bidmc"})
"""Tables that no shipped head learns from: licences that forbid it, and the public test set."""

NO_DIAGNOSIS = "Research only: no diagnosis, no treatment, no screening of a person."

NO_AGE = (
    f"{NO_DIAGNOSIS} Not a biological age, not for estimating anybody's age: young and old are "
    "drawn to the middle."
)
NO_SEX = "Not for telling anybody's sex or gender; it shows what a fingerprint gives away."


@dataclass(frozen=True, kw_only=True)
class Research:
    """One head that may ship."""

    spec: Spec
    modality: str
    learns: str
    """Key of `SETS`."""
    label: Callable[[Material], NDArray]
    """Labels, NaN where unknown."""
    keep: Callable[[Material], NDArray[np.bool_]] | None = None
    """Which windows take part."""
    known: tuple[str, ...] = ()
    """What is known without a signal and makes a baseline."""
    subsets: Mapping[str, Callable[[Material], NDArray[np.bool_]]] = field(default_factory=dict)
    """What the score is on -> which windows; the first one is the head's main score."""
    tests: tuple[str, ...] = ()
    """Keys of `SETS` of other data on which it is judged as written."""
    counted: bool = False
    """Whether counting beats is beside it."""


def _lead(lead: str, ptb_xl: bool = False) -> Callable[[Material], NDArray[np.bool_]]:
    def chosen(m: Material) -> NDArray[np.bool_]:
        mine = m.lead == lead
        return mine & np.array(["PTB-XL" in s for s in m.source]) if ptb_xl else mine

    return chosen


def _label(name: str) -> Callable[[Material], NDArray]:
    return lambda m: m.labels[name]


def _agreed(m: Material) -> NDArray[np.bool_]:
    return m.labels["agreed"] > 0


LIU = (
    "Liu 2022 (J Am Heart Assoc) states no licence but asks to be cited; the weights of this head "
    "are numbers derived from it, no signal of it is in them.",
    "People in an ablation laboratory: rhythms are commoner than anywhere else, and 28 people are "
    "few; the probabilities hold for such a mixture only.",
)
PTB = (
    "The mapping of LUDB, CPSC and Georgia to the five classes is this project's own.",
    "HYP is 71 % of LUDB and 8 % of PTB-XL: over all sources a head can score by recognising the "
    "source, so that PTB-XL alone is the main score.",
)
BP = (
    "Segments of 2.1 s at 1 kHz, three a person, of one hospital in Guilin; a person's three "
    "segments make one answer.",
)
BEATS = (
    "The true rate is the median interval of R-peaks found in the ECG; windows teach where ECG "
    "and PPG agree within 5/min, and troika where its publisher gives a rate.",
    "UCI and BIDMC both stem from MIMIC-II: people may be in training and test.",
)

HEADS: tuple[Research, ...] = (
    Research(
        spec=Spec(
            name="rhythm_ppg",
            task="Rhythm of ten seconds of PPG, six classes",
            kind="classes",
            outputs=tuple(RHYTHMS),
            not_for=f"{NO_DIAGNOSIS} Not for ruling out atrial fibrillation, not for alarms.",
            notes=LIU,
            on="Liu 2022, out of fold by person",
        ),
        modality="ppg",
        learns="rhythm",
        label=_label("rhythm"),
    ),
    Research(
        spec=Spec(
            name="five_class_ecg",
            task="Five classes of cardiovascular findings from one ECG lead, I or II",
            kind="labels",
            outputs=FIVE,
            not_for=f"{NO_DIAGNOSIS} Not for excluding an infarction: one lead does not show it.",
            notes=PTB,
            on="out of fold by person",
            repeats=3,
        ),
        modality="ecg",
        learns="five_class",
        label=lambda m: np.stack([m.labels[c] for c in FIVE], axis=1),
        known=("age", "sex"),
        subsets={
            "PTB-XL alone, lead II": _lead("II", ptb_xl=True),
            "PTB-XL alone, lead I": _lead("I", ptb_xl=True),
            "all sources, lead II": _lead("II"),
            "all sources, lead I": _lead("I"),
        },
    ),
    Research(
        spec=Spec(
            name="hypertension_ppg",
            task="Hypertension (stage 1 or 2) of a person from PPG",
            kind="labels",
            outputs=("hypertension",),
            not_for=f"{NO_DIAGNOSIS} It measures no blood pressure: use a cuff.",
            notes=BP,
            on="PPG-BP, out of fold by person",
            repeats=5,
        ),
        modality="ppg",
        learns="ppg_bp",
        label=_label("hypertension"),
        known=("age", "sex", "bmi"),
        tests=("vitaldb_ppg",),
    ),
    Research(
        spec=Spec(
            name="age_ecg",
            task="Age from one ECG lead, I or II",
            kind="number",
            outputs=("age",),
            unit="years",
            lowest=0.0,
            not_for=NO_AGE,
            notes=PTB[:1],
            on="out of fold by person",
            repeats=3,
        ),
        modality="ecg",
        learns="five_class",
        label=_label("age"),
        subsets={"PTB-XL and others, lead II": _lead("II"), "lead I": _lead("I")},
        tests=("ecgid", "bidmc_ecg", "vitaldb_ecg"),
    ),
    Research(
        spec=Spec(
            name="age_ppg",
            task="Age from PPG",
            kind="number",
            outputs=("age",),
            unit="years",
            lowest=0.0,
            not_for=NO_AGE,
            notes=BP,
            on="PPG-BP, out of fold by person",
            repeats=5,
        ),
        modality="ppg",
        learns="ppg_bp",
        label=_label("age"),
        tests=("bidmc_ppg", "vitaldb_ppg"),
    ),
    Research(
        spec=Spec(
            name="sex_ecg",
            task="Sex (recorded as male) from one ECG lead, I or II",
            kind="labels",
            outputs=("male",),
            not_for=NO_SEX,
            notes=PTB[:1],
            on="out of fold by person",
            repeats=3,
        ),
        modality="ecg",
        learns="five_class",
        label=_label("sex"),
        subsets={"PTB-XL and others, lead II": _lead("II"), "lead I": _lead("I")},
        tests=("ecgid", "bidmc_ecg", "vitaldb_ecg"),
    ),
    Research(
        spec=Spec(
            name="sex_ppg",
            task="Sex (recorded as male) from PPG",
            kind="labels",
            outputs=("male",),
            not_for=NO_SEX,
            notes=(*BP, "One data set of 150 people: reported, never claimed."),
            on="PPG-BP, out of fold by person",
            repeats=5,
        ),
        modality="ppg",
        learns="ppg_bp",
        label=_label("sex"),
        tests=("bidmc_ppg", "vitaldb_ppg"),
    ),
    *(
        Research(
            spec=Spec(
                name=f"heart_rate_{modality}",
                task=f"Heart rate from {modality.upper()}",
                kind="number",
                outputs=("heart rate",),
                unit="beats/min",
                lowest=0.0,
                not_for=f"{NO_DIAGNOSIS} Not for measuring: counting beats is better where there "
                "are beats; `cardioprint fingerprint` does it.",
                notes=BEATS,
                on="UCI, CinC 2015 and troika, out of fold by person",
            ),
            modality=modality,
            learns=f"heart_rate_{modality}",
            label=_label("rate"),
            keep=_agreed,
            tests=(f"beats_{modality}",),
            counted=modality == "ppg",
        )
        for modality in ("ecg", "ppg")
    ),
)

TITLES = {
    "vitaldb_ppg": "VitalDB, 3-s and 5-s windows, PPG",
    "vitaldb_ecg": "VitalDB, 3-s and 5-s windows, ECG",
    "bidmc_ecg": "BIDMC, ECG lead II",
    "bidmc_ppg": "BIDMC, PPG",
    "beats_ecg": "BIDMC, each window, ECG",
    "beats_ppg": "BIDMC, each window, PPG",
    "ecgid": "ECG-ID, lead I",
    "rhythm": "Liu 2022, PPG",
    "ppg_bp": "PPG-BP, 2.1 s",
    "five_class": "PTB-XL and others, leads I and II",
    "noise_ecg": f"noise that passed the quality check as ECG, of {4 * NOISE} windows",
    "noise_ppg": f"noise that passed the quality check as PPG, of {4 * NOISE} windows",
    "swapped_ecg": "BIDMC, PPG taken for ECG",
    "swapped_ppg": "BIDMC, ECG taken for PPG",
}
"""What other data are called on a card."""

OTHERS = {
    "ecg": ("bidmc_ecg", "ecgid", "noise_ecg", "swapped_ecg"),
    "ppg": ("bidmc_ppg", "rhythm", "ppg_bp", "noise_ppg", "swapped_ppg"),
}
"""Modality -> sets on which abstention is measured for every head."""
