"""Detectors that learn from virtual people and are tested on real ones: the tasks.

Labels of both sides are made to mean the same here; `examination` trains and tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.hand.encoder import NAMES, HandMade
from cardioprint.benchmark.heads.base import Head, Kind
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.trees import Trees
from cardioprint.benchmark.realism import twins
from cardioprint.benchmark.realism.excerpts import CLASSES, Excerpts
from cardioprint.simulate import Morphology, Rhythm

if TYPE_CHECKING:
    from numpy.typing import NDArray

TREES = Trees(leaves=(4,), stages=(0, 25, 50))
"""Small ones: the report has to end."""

METHODS: dict[str, tuple[str, Head]] = {
    "hand features, linear": ("hand", Linear()),
    "hand features, trees": ("hand", TREES),
    "random kernels, linear": ("kernels", Linear()),
}
"""Encoder and head by name."""

LINEAR = ("hand features, linear", "random kernels, linear")
"""Those for several labels or classes, of which each costs the trees as much as one."""

RHYTHMS = ("sinus", "PVC", "PAC", "VT", "SVT", "AF")
"""Classes of `rhythm_ppg`, with what they are in the simulation:"""

RHYTHM_CODES = {
    Rhythm.SINUS: 0,
    Rhythm.FIRST_DEGREE_BLOCK: 0,
    Rhythm.PREMATURE_VENTRICULAR: 1,
    Rhythm.PREMATURE_ATRIAL: 2,
    Rhythm.VENTRICULAR_TACHYCARDIA: 3,
    Rhythm.SUPRAVENTRICULAR_TACHYCARDIA: 4,
    Rhythm.ATRIAL_FIBRILLATION: 5,
}

CLASS_CODES = {
    Morphology.NORMAL: "NORM",
    Morphology.INFERIOR_INFARCTION: "MI",
    Morphology.ANTERIOR_INFARCTION: "MI",
    Morphology.ST_T_CHANGE: "STTC",
    Morphology.LEFT_BUNDLE_BRANCH_BLOCK: "CD",
    Morphology.RIGHT_BUNDLE_BRANCH_BLOCK: "CD",
    Morphology.LEFT_VENTRICULAR_HYPERTROPHY: "HYP",
}
"""Superclass of each simulated morphology."""

COMMON = (
    Rhythm.SINUS,
    Rhythm.FIRST_DEGREE_BLOCK,
    Rhythm.PREMATURE_ATRIAL,
    Rhythm.PREMATURE_VENTRICULAR,
    Rhythm.ATRIAL_FIBRILLATION,
)
"""Rhythms in which the five classes are simulated."""

Labels = Callable[[Excerpts], "NDArray"]
"""Labels of excerpts, NaN in a row that does not take part."""


@dataclass(frozen=True, kw_only=True)
class Detector:
    """One task.

    Attributes:
        title: Heading.
        real: Set that is tested on.
        modality: "ecg" or "ppg".
        kind: What is predicted.
        truth: Labels of real excerpts.
        virtual: Whom to learn from.
        people: How many, before those whose label does not fit are left out.
        methods: Keys of `METHODS`.
        virtual_truth: Labels of virtual people.
        other: Another real set to learn from, "" for none.
        keep: Which real excerpts are tested on.
        learn: Which of `other` are learnt from.
        seconds: Excerpts are cut to this length; 0: as they are.
        leads: Whether all leads of the excerpts are looked at.
    """

    title: str
    real: str
    modality: str
    kind: Kind
    truth: Labels
    virtual: twins.Virtual
    virtual_truth: Labels
    people: int = 1000
    methods: tuple[str, ...] = tuple(METHODS)
    other: str = ""
    keep: Labels | None = None
    learn: Labels | None = None
    seconds: float = 0.0
    leads: bool = False


def rhythm_truth(e: Excerpts) -> NDArray[np.float64]:
    """Return the six classes of real excerpts."""
    return np.array(
        [float(RHYTHMS.index(r)) if r in RHYTHMS else np.nan for r in e.labels["rhythm"]]
    )


def rhythm_virtual(e: Excerpts) -> NDArray[np.float64]:
    """Return the six classes of virtual people, from what their excerpt shows."""
    return np.array([float(RHYTHM_CODES.get(Rhythm(int(r)), np.nan)) for r in e.labels["rhythm"]])


def af_of(labels: Labels) -> Labels:
    """Return labels of AF against sinus rhythm: 1, 0, NaN for others."""

    def af(e: Excerpts) -> NDArray[np.float64]:
        y = labels(e)
        return np.where(y == 5, 1.0, np.where(y == 0, 0.0, np.nan))

    return af


def five_truth(e: Excerpts) -> NDArray[np.float64]:
    """Return the five labels of real excerpts, shape (excerpt, 5)."""
    return np.stack([e.labels[c] for c in CLASSES], axis=1)


def five_virtual(e: Excerpts) -> NDArray[np.float64]:
    """Return the five labels of virtual people."""
    named = [CLASS_CODES[Morphology(int(m))] for m in e.labels["morphology"]]
    y = np.array([[float(c == n) for c in CLASSES] for n in named])
    blocked = e.labels["own_rhythm"] == Rhythm.FIRST_DEGREE_BLOCK  # one of PTB-XL's CD as well
    y[blocked, CLASSES.index("CD")], y[blocked, CLASSES.index("NORM")] = 1.0, 0.0
    return y


def ecg_rate(e: Excerpts) -> NDArray[np.float64]:
    """Return beats/min by the ECG of the same excerpt."""
    found = HandMade().embed(e.signals.only("ecg"))
    return found[:, NAMES["ecg"].index("hr_median")].astype(float)


def _ptbxl(e: Excerpts) -> NDArray[np.bool_]:
    return np.array(["PTB-XL" in s for s in e.labels["source"]])


def detectors() -> dict[str, Detector]:
    """Return all tasks by name."""
    ppg = twins.Virtual(
        seconds=10.0, rate=100.0, lead="", balanced=True, rhythms=tuple(map(int, RHYTHM_CODES))
    )
    ecg = twins.Virtual(
        seconds=10.0,
        rate=100.0,
        more=("II", "V1", "V5"),
        ppg=False,
        balanced=True,
        rhythms=tuple(map(int, COMMON)),
    )
    five = Detector(
        title="Five classes from ECG lead II, all sources, macro AUROC",
        real="five_class",
        modality="ecg",
        kind="labels",
        truth=five_truth,
        virtual=ecg,
        virtual_truth=five_virtual,
        methods=LINEAR,
    )
    ptbxl = replace(
        five,
        title="Five classes from ECG lead II, PTB-XL alone, macro AUROC",
        keep=_ptbxl,
        other="five_class",
        learn=lambda e: ~_ptbxl(e),
    )
    return {
        "af": Detector(
            title="AF against sinus rhythm from PPG, AUROC",
            real="rhythm_ppg",
            modality="ppg",
            kind="labels",
            truth=af_of(rhythm_truth),
            virtual=ppg,
            virtual_truth=af_of(rhythm_virtual),
            people=1600,
        ),
        "rhythm": Detector(
            title="Six rhythms from PPG, macro AUROC",
            real="rhythm_ppg",
            modality="ppg",
            kind="classes",
            truth=rhythm_truth,
            virtual=ppg,
            virtual_truth=rhythm_virtual,
            people=1600,
            methods=LINEAR,
        ),
        "five_class": five,
        "five_class_ptb_xl": ptbxl,
        "five_class_three_leads": replace(
            ptbxl,
            title="Five classes from leads II, V1 and V5, PTB-XL alone, macro AUROC",
            methods=("hand features, linear",),
            leads=True,
        ),
        "age": Detector(
            title="Age from 2.1 s of PPG, mean absolute error in years",
            real="ppg_bp",
            modality="ppg",
            kind="number",
            truth=lambda e: e.labels["age"],
            virtual=twins.Virtual(seconds=2.1, rate=1000.0, lead=""),
            virtual_truth=lambda e: e.labels["age"],
            other="bidmc",
            seconds=2.1,
        ),
        "heart_rate": Detector(
            title="Heart rate from 8 s of PPG, mean absolute error in beats/min",
            real="bidmc",
            modality="ppg",
            kind="number",
            truth=ecg_rate,
            virtual=twins.Virtual(seconds=8.0, rate=125.0, lead=""),
            virtual_truth=lambda e: e.labels["heart_rate"],
            other="uci_bp",
            seconds=8.0,
        ),
    }
