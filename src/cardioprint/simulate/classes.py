"""The labels a simulated record can carry."""

from enum import IntEnum


class Rhythm(IntEnum):
    """What sets the beat."""

    SINUS = 0
    ATRIAL_FIBRILLATION = 1
    ATRIAL_FLUTTER = 2
    PREMATURE_ATRIAL = 3
    """Sinus rhythm with premature atrial beats."""
    PREMATURE_VENTRICULAR = 4
    """Sinus rhythm with premature ventricular beats."""
    FIRST_DEGREE_BLOCK = 5
    WENCKEBACH = 6
    MOBITZ_2 = 7
    THIRD_DEGREE_BLOCK = 8
    SUPRAVENTRICULAR_TACHYCARDIA = 9
    VENTRICULAR_TACHYCARDIA = 10


class Morphology(IntEnum):
    """What shapes the ventricular wave of a conducted beat."""

    NORMAL = 0
    INFERIOR_INFARCTION = 1
    ANTERIOR_INFARCTION = 2
    ST_T_CHANGE = 3
    LEFT_BUNDLE_BRANCH_BLOCK = 4
    RIGHT_BUNDLE_BRANCH_BLOCK = 5
    LEFT_VENTRICULAR_HYPERTROPHY = 6


class Beat(IntEnum):
    """Where a ventricular beat comes from."""

    NORMAL = 0
    """Conducted from the atria."""
    ATRIAL_PREMATURE = 1
    SUPRAVENTRICULAR = 2
    """Of a supraventricular tachycardia."""
    VENTRICULAR = 3
    """Premature, or of a ventricular tachycardia."""
    ESCAPE = 4


SYMBOLS = ("N", "A", "S", "V", "E")
"""WFDB annotation codes of `Beat`, in its order."""
