"""Figures that others published, for orientation: other people, other splits, other windows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Published:
    """A figure from elsewhere.

    Attributes:
        question: What was asked, and of which signal.
        data: On what.
        figure: With its measure.
        who: Whose method.
        source: Where it was published.
        link: Of the source.
    """

    question: str
    data: str
    figure: str
    who: str
    source: str
    link: str


PUBLISHED: tuple[Published, ...] = (
    Published(
        question="Five-class CVD, ECG, frozen",
        data="not disclosed in what we could read",
        figure="AUROC 0.974",
        who="M2AE",
        source="Liu et al., arXiv 2605.09579",
        link="https://arxiv.org/abs/2605.09579",
    ),
    Published(
        question="Hypertension, frozen",
        data="not disclosed in what we could read",
        figure="AUROC 0.877",
        who="M2AE",
        source="Liu et al., arXiv 2605.09579",
        link="https://arxiv.org/abs/2605.09579",
    ),
    Published(
        question="Hypertension, PPG, frozen",
        data="PPG-BP",
        figure="AUROC 0.77 [0.68\N{EN DASH}0.87]",
        who="PaPaGei-S",
        source="Pillai et al. 2025, arXiv 2410.20542",
        link="https://arxiv.org/abs/2410.20542",
    ),
    Published(
        question="PTB-XL superclasses, ECG, twelve leads, supervised",
        data="PTB-XL, fold 10",
        figure="macro AUROC 0.930",
        who="resnet1d_wang",
        source="Strodthoff et al. 2021, doi 10.1109/JBHI.2020.3022989",
        link="https://doi.org/10.1109/JBHI.2020.3022989",
    ),
    Published(
        question="Heart rate, wrist PPG with acceleration, supervised",
        data="PPG-DaLiA",
        figure="MAE 2.85 beats/min",
        who="KID-PPG",
        source="Kechris et al. 2024, arXiv 2405.09559",
        link="https://arxiv.org/abs/2405.09559",
    ),
    Published(
        question="Blood pressure, PPG, no calibration, supervised",
        data="PulseDB",
        figure="MAE 14.0 (systolic) and 8.5 mmHg (diastolic)",
        who="XResNet1d101",
        source="Moulaeifard et al. 2025, arXiv 2502.19167",
        link="https://arxiv.org/abs/2502.19167",
    ),
)
"""Never drawn among our figures: none was measured with this protocol on these people."""
