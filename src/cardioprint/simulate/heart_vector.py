"""What the heart's electric vector does in a beat: sums of Gaussians, one table a morphology.

Rows are (centre s, spread s, x, y, z mV) around the R peak, for an adult of average build with a
QRS axis of 66 degrees; axes as in `leads`. The shapes are ours, drawn to meet the criteria:
    Normal: septal forces to the right and front first (q in V6, r in V1), then left and down, last
        the base, backwards. Amplitudes of McSharry 2003 and Rijnbeek 2014 in lead II.
    Bundle branch blocks (Surawicz 2009): QRS 120 ms or more; left: no q, notched R in I, aVL, V5,
        V6, QS or rS in V1, ST and T opposite to QRS; right: rSR' in V1, wide S in I and V6.
    Hypertrophy (Hancock 2009): S V1 + R V5 of 3.5 mV or more; strain in about a third.
    Infarction (Thygesen 2018): Q of 30 ms and 0.1 mV or more in two neighbouring leads, a quarter
        of R in lead II; acute: ST elevation of 0.1 mV (0.2 mV in V2, V3); old: T inverted.
    Ischaemia (Thygesen 2018): flat ST depression of 0.05 mV or more in two neighbouring leads.
    Ventricular beats: QRS of 140-170 ms, ST and T opposite; from the right outflow tract (like left
        bundle branch block, axis down), the left ventricle (like right, axis up), or the apex.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cardioprint.simulate.classes import Morphology

Row = tuple[float, float, float, float, float]
Vector = tuple[float, float, float]

AXIS = 66.0
"""Degrees: the frontal QRS axis of the normal table, from its areas in I and aVF."""

QRS_WAVES = 6
"""Gaussians of a QRS complex; shorter tables are filled up with nothing."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One way to depolarise and recover.

    Attributes:
        qrs: Up to `QRS_WAVES` rows.
        st: Vector of the ST segment, mV.
        t: Vector at the peak of T, mV.
        duration: Seconds of the QRS complex as tabulated.
        onset: Seconds from its beginning to R.
    """

    qrs: tuple[Row, ...]
    st: Vector = (0.0, 0.0, 0.0)
    t: Vector = (0.24, 0.20, -0.19)
    duration: float = 0.092
    onset: float = 0.041


NORMAL = Shape(
    qrs=(
        (-0.025, 0.0070, -0.12, -0.05, -0.19),
        (-0.010, 0.0085, 0.33, 0.28, -0.26),
        (0.002, 0.0073, 0.77, 0.86, 0.16),
        (0.014, 0.0090, 0.33, 0.12, 0.50),
        (0.029, 0.0085, -0.15, -0.11, 0.26),
    ),
)

SHAPES: dict[Morphology, Shape] = {
    Morphology.NORMAL: NORMAL,
    Morphology.INFERIOR_INFARCTION: Shape(
        qrs=(
            (-0.024, 0.0095, 0.02, -0.42, -0.14),
            (-0.009, 0.0080, 0.34, 0.06, -0.22),
            (0.003, 0.0073, 0.77, 0.72, 0.16),
            (0.014, 0.0090, 0.33, 0.10, 0.50),
            (0.029, 0.0085, -0.12, -0.12, 0.26),
        ),
        st=(-0.01, 0.03, 0.02),
        t=(0.20, -0.17, -0.22),
        duration=0.098,
        onset=0.046,
    ),
    Morphology.ANTERIOR_INFARCTION: Shape(
        qrs=(
            (-0.024, 0.0085, -0.05, 0.06, 0.24),
            (-0.010, 0.0085, 0.10, 0.26, 0.26),
            (0.002, 0.0073, 0.60, 0.81, 0.47),
            (0.014, 0.0090, 0.30, 0.12, 0.55),
            (0.029, 0.0085, -0.12, -0.10, 0.24),
        ),
        st=(0.0, 0.0, -0.06),
        t=(-0.12, 0.10, 0.20),
        duration=0.096,
        onset=0.043,
    ),
    Morphology.ST_T_CHANGE: replace(NORMAL, st=(-0.11, -0.10, 0.07), t=(-0.02, 0.0, -0.03)),
    Morphology.LEFT_BUNDLE_BRANCH_BLOCK: Shape(
        qrs=(
            (-0.040, 0.0110, 0.22, 0.10, 0.08),
            (-0.016, 0.0140, 0.66, 0.36, 0.50),
            (0.012, 0.0120, 0.30, 0.14, 0.80),
            (0.040, 0.0150, 0.74, 0.24, 0.78),
            (0.070, 0.0130, 0.26, 0.04, 0.30),
        ),
        st=(-0.06, -0.02, -0.11),
        t=(-0.24, -0.08, -0.30),
        duration=0.152,
        onset=0.060,
    ),
    Morphology.RIGHT_BUNDLE_BRANCH_BLOCK: Shape(
        qrs=(
            (-0.025, 0.0070, -0.12, -0.05, -0.19),
            (-0.010, 0.0085, 0.33, 0.28, -0.26),
            (0.002, 0.0073, 0.77, 0.86, 0.16),
            (0.014, 0.0090, 0.30, 0.10, 0.42),
            (0.041, 0.0130, -0.25, 0.00, -0.24),
            (0.064, 0.0140, -0.43, -0.08, -0.44),
        ),
        st=(0.03, 0.01, 0.03),
        t=(0.25, 0.20, 0.10),
        duration=0.136,
        onset=0.041,
    ),
    Morphology.LEFT_VENTRICULAR_HYPERTROPHY: Shape(
        qrs=(
            (-0.026, 0.0075, -0.14, -0.06, -0.22),
            (-0.010, 0.0090, 0.50, 0.30, -0.22),
            (0.003, 0.0105, 1.25, 0.72, 0.42),
            (0.017, 0.0100, 0.62, 0.12, 1.02),
            (0.033, 0.0090, -0.16, -0.12, 0.45),
        ),
        st=(-0.08, -0.03, -0.05),
        t=(-0.18, -0.02, -0.16),
        duration=0.100,
        onset=0.044,
    ),
}
"""By morphology. T and ST of the four diseases of recovery are the full picture; `ecg` mixes them
with the normal ones by how far the disease has gone."""

ACUTE: dict[Morphology, tuple[Vector, Vector]] = {
    Morphology.INFERIOR_INFARCTION: ((-0.05, 0.17, 0.05), (0.22, 0.30, -0.16)),
    Morphology.ANTERIOR_INFARCTION: ((0.05, 0.03, -0.24), (0.24, 0.18, -0.32)),
}
"""ST and T of an infarction in its first hours."""

VENTRICULAR: tuple[Shape, ...] = (
    Shape(
        qrs=(
            (-0.032, 0.0170, 0.18, 0.52, 0.18),
            (0.000, 0.0190, 0.45, 0.98, 0.52),
            (0.034, 0.0200, 0.25, 0.52, 0.42),
            (0.070, 0.0150, -0.10, -0.22, 0.02),
        ),
        st=(-0.05, -0.10, -0.07),
        t=(-0.22, -0.38, -0.25),
        duration=0.158,
        onset=0.066,
    ),
    Shape(
        qrs=(
            (-0.032, 0.0170, -0.20, -0.36, -0.40),
            (0.000, 0.0190, -0.62, -0.80, -0.72),
            (0.034, 0.0200, -0.42, -0.62, -0.40),
            (0.070, 0.0150, 0.12, 0.08, 0.08),
        ),
        st=(0.06, 0.09, 0.06),
        t=(0.24, 0.34, 0.30),
        duration=0.158,
        onset=0.066,
    ),
    Shape(
        qrs=(
            (-0.032, 0.0170, 0.24, -0.26, 0.16),
            (0.000, 0.0190, 0.72, -0.78, 0.58),
            (0.034, 0.0200, 0.52, -0.62, 0.52),
            (0.070, 0.0150, -0.05, 0.10, 0.10),
        ),
        st=(-0.06, 0.08, -0.06),
        t=(-0.30, 0.34, -0.24),
        duration=0.158,
        onset=0.066,
    ),
)
"""Outflow tract, left ventricle, apex."""

T_WAVES = ((-0.062, 0.050, 0.42), (0.0, 0.0425, 0.80))
"""Centre and spread in seconds around the peak of T at a QT of 0.4 s, share of its vector: the
rise is slower than the fall."""

T_TO_END = 0.085
"""Seconds from the peak of T to its end at a QT of 0.4 s (Rautaharju 2013: 85 +- 11), two spreads
of the last Gaussian, where a tangent puts it."""

ST_CENTRE, ST_SPREAD = 0.34, 0.26
"""Of the way from the end of the QRS to the peak of T."""

P_WAVES = ((0.038, 0.0165, 0.03, 0.075, -0.05), (0.070, 0.0185, 0.065, 0.075, 0.05))
"""Right, then left atrium, after the onset of P."""

P_DURATION = 0.108
"""Seconds."""

P_ECTOPIC = (
    ((0.030, 0.0150, 0.02, -0.085, 0.02), (0.056, 0.0165, 0.05, -0.075, 0.03)),
    ((0.034, 0.0140, -0.02, 0.10, -0.05), (0.060, 0.0150, 0.02, 0.11, 0.02)),
)
"""From the low atrium (P upside down in II) or the crista terminalis (peaked)."""


def table(shapes: list[Shape]) -> np.ndarray:
    """Return QRS rows of some shapes, shape (shape, `QRS_WAVES`, 5)."""
    rows = np.zeros((len(shapes), QRS_WAVES, 5))
    rows[:, :, 1] = 0.01
    for i, shape in enumerate(shapes):
        rows[i, : len(shape.qrs)] = shape.qrs
    return rows
