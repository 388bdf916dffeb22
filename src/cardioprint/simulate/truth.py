"""What the simulator knows about the record it made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cardioprint.types import Modality


class Artefact(NamedTuple):
    """A stretch of one modality that was spoilt on purpose.

    Attributes:
        modality: Which of the two signals.
        start: Seconds after the record's zero.
        stop: Seconds after the record's zero, exclusive.
        kind: "motion", "sensor_off", "electrode_noise" or "gap" (NaN samples).
    """

    modality: Modality
    start: float
    stop: float
    kind: str


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Beats, pulses and artefacts as simulated.

    All arrays have one entry for each beat whose R peak lies inside the record, in time order:
    entry i of `onsets` is the pulse that beat i sent to the finger.

    Attributes:
        r_peaks: float64, shape (beat,): seconds.
        onsets: float64, shape (beat,): foot of the pulse, seconds: the minimum of the noise-free
            wave before the upstroke. NaN where the pulse arrives after the record ends.
        systolic_peaks: float64, shape (beat,): maximum of the noise-free pulse, seconds; NaN as
            in `onsets`.
        kinds: str, shape (beat,): "N" sinus beat, "V" premature ventricular contraction.
        heart_rate: float64, shape (beat,): rate of the sinus node at the R peak, beats/min. A
            PVC leaves it alone, so it is the smooth course behind the RR intervals.
        artefacts: Spoilt stretches in time order. Beats go on underneath them.
    """

    r_peaks: NDArray[np.float64]
    onsets: NDArray[np.float64]
    systolic_peaks: NDArray[np.float64]
    kinds: NDArray[np.str_]
    heart_rate: NDArray[np.float64]
    artefacts: tuple[Artefact, ...]
