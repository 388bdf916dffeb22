"""What is known of a person without a signal: the first thing a signal has to add to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines.base import Kind, Signals
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray


CENTRES = {"age": (50.0, 15.0), "bmi": (25.0, 5.0)}
"""Usual value and spread of what enters squared as well."""


class Demographics:
    """Age, sex, body-mass index or whatever else the table knows, and no signal.

    Age and body-mass index enter as they are and squared about their usual values: risk does
    not rise by the same step every year. Any windows will do, at any rate: none is looked at.
    """

    kind: Kind = "baseline"
    sampling_rate = 1.0
    seconds = None
    modalities = ("ecg", "ppg")

    def __init__(self, names: tuple[str, ...] = ("age", "sex")):
        self.names = names
        self.name = " + ".join(names)

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return what is known, NaN where it is not.

        Raises:
            RecordError: One of the names is not known of these windows.
        """
        absent = [n for n in self.names if n not in signals.known]
        if absent:
            raise RecordError(
                f"nothing is known of {', '.join(absent)}",
                source="signals",
                field="known",
                fix=f"these windows know {', '.join(sorted(signals.known)) or 'nothing'}",
            )
        out = [signals.known[n] for n in self.names]
        out += [
            ((signals.known[n] - CENTRES[n][0]) / CENTRES[n][1]) ** 2
            for n in self.names
            if n in CENTRES
        ]
        return np.stack(out, axis=1).astype(np.float32)
