"""What is measured of an excerpt, real or simulated, by the same code: named numbers.

The hand-made features of each modality, and what only a pair has: the delay from R-peak to pulse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.baselines import prepared
from cardioprint.benchmark.baselines.hand import ecg_waves, pulse, rhythm, shape
from cardioprint.benchmark.baselines.hand.encoder import NAMES, HandMade
from cardioprint.corpus.lag import FEWEST_AGREEING, NEAR, lag_of
from cardioprint.signal import beats
from cardioprint.signal.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from cardioprint.benchmark.realism.excerpts import Excerpts
    from cardioprint.signal.preparation import Prepared

TIMING = {
    "lag_ms": "ms, commonest delay from R-peak to steepest upslope",
    "lag_spread_ms": "ms, SD of the delays of single beats about it",
    "lag_share": "share of R-peaks followed at that delay",
    "rr_pp_ms": "ms, SD of what intervals of pulses and of R-peaks differ by",
}
"""What a pair has: feature -> meaning and unit."""


def _of(papers: dict[str, dict[str, str]]) -> tuple[str, ...]:
    return tuple(name for group in papers.values() for name in group)


GROUPS: dict[str, tuple[str, ...]] = {
    "rate and variability": _of(rhythm.FEATURES),
    "waves and intervals": _of(ecg_waves.FEATURES),
    "pulse contour": _of(pulse.FEATURES),
    "mean beat": _of(shape.BEAT),
    "spectrum and distribution": tuple(
        {n: None for m in shape.SIGNAL for n in _of(shape.SIGNAL[m])}
    ),
    "delay of the pulse": tuple(TIMING),
}
"""Kinds of features, for what gives a simulation away."""

MEANING: dict[str, str] = {
    name: meaning
    for papers in (
        rhythm.FEATURES,
        ecg_waves.FEATURES,
        pulse.FEATURES,
        shape.BEAT,
        shape.SIGNAL["ecg"],
        shape.SIGNAL["ppg"],
    )
    for group in papers.values()
    for name, meaning in group.items()
}
MEANING |= TIMING | dict.fromkeys(("c_a", "d_a", "e_a"), MEANING["b_a"])
MEANING |= {"sd1_sd2": "spread of intervals across over along the identity line"}
"""Feature -> meaning and unit, each understood without its neighbours."""

IN_UNITS = {"ecg": ("activity", "beat_size"), "ppg": ("activity", "beat_size", "perfusion")}
"""Features that tell the gain of a device and no more: no classifier sees them."""

IN_MILLIVOLTS = (
    *(n for n in _of(ecg_waves.FEATURES) if n.endswith(("_mv", "_area"))),
    *("slope_up", "slope_down", "st_slope"),
    *(n for n in _of(shape.BEAT) if n[-2:].isdigit()),
)
"""Features of the ECG that are proportional to its gain: a classifier sees them over the range of
the QRS complex."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One column of the comparison.

    Attributes:
        title: For people.
        feature: "modality feature", as in `Described.names`.
        unit: "" where it is a ratio.
    """

    title: str
    feature: str
    unit: str = ""


QUANTITIES: tuple[Quantity, ...] = (
    Quantity(title="heart rate (ECG)", feature="ecg hr_median", unit="/min"),
    Quantity(title="SDNN in the excerpt", feature="ecg sdnn_ms", unit="ms"),
    Quantity(title="RMSSD in the excerpt", feature="ecg rmssd_ms", unit="ms"),
    Quantity(title="QRS width", feature="ecg qrs_ms", unit="ms"),
    Quantity(title="PR interval", feature="ecg pr_ms", unit="ms"),
    Quantity(title="QTc (Fridericia)", feature="ecg qtc_fridericia_ms", unit="ms"),
    Quantity(title="R wave", feature="ecg r_mv", unit="mV"),
    Quantity(title="T wave over QRS", feature="ecg t_share"),
    Quantity(title="P wave over QRS", feature="ecg p_share"),
    Quantity(title="likeness of beats (ECG)", feature="ecg alike_median"),
    Quantity(title="95 % of the power below (ECG)", feature="ecg spectral_edge_95", unit="Hz"),
    Quantity(title="pulse rate (PPG)", feature="ppg hr_median", unit="/min"),
    Quantity(title="crest time", feature="ppg crest_ms", unit="ms"),
    Quantity(title="pulse width at half height", feature="ppg width_50_ms", unit="ms"),
    Quantity(title="reflection index", feature="ppg reflection_index"),
    Quantity(title="b/a", feature="ppg b_a"),
    Quantity(title="c/a", feature="ppg c_a"),
    Quantity(title="d/a", feature="ppg d_a"),
    Quantity(title="e/a", feature="ppg e_a"),
    Quantity(title="ageing index", feature="ppg aging_index"),
    Quantity(title="CV of pulse heights", feature="ppg height_cv"),
    Quantity(title="likeness of pulses (PPG)", feature="ppg pulse_alike_median"),
    Quantity(title="95 % of the power below (PPG)", feature="ppg spectral_edge_95", unit="Hz"),
    Quantity(title="R-peak to upslope (PAT)", feature="pair lag_ms", unit="ms"),
    Quantity(title="spread of PAT in the excerpt", feature="pair lag_spread_ms", unit="ms"),
    Quantity(title="pulse against RR intervals", feature="pair rr_pp_ms", unit="ms"),
)
"""What is tabulated, where a data set has it."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """Excerpts as numbers.

    Attributes:
        excerpts: What they are of.
        names: "modality feature" of each column.
        values: Shape (excerpt, feature), NaN where one has no value.
    """

    excerpts: Excerpts
    names: tuple[str, ...]
    values: NDArray[np.float32]

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one feature of all excerpts."""
        return self.values[:, self.names.index(name)].astype(np.float64)

    def group(self, group: str) -> NDArray[np.int64]:
        """Return the columns of one of `GROUPS`."""
        return np.array(
            [i for i, n in enumerate(self.names) if n.split(" ", 1)[1] in GROUPS[group]], int
        )


def describe(excerpts: Excerpts) -> Described:
    """Measure excerpts; each is prepared alone."""
    names: list[str] = []
    parts: list[NDArray] = []
    for modality in excerpts.modalities:
        names += [f"{modality} {n}" for n in NAMES[modality]]
        parts.append(HandMade().embed(excerpts.signals.only(modality)))
    if len(excerpts.modalities) == 2:
        names += [f"pair {n}" for n in TIMING]
        stretches = prepared.each(excerpts.signals, [*excerpts.modalities], Preparation())
        parts.append(_timing(stretches))
    return Described(excerpts=excerpts, names=tuple(names), values=np.concatenate(parts, axis=1))


def _timing(stretches: Iterable[Prepared | None]) -> NDArray[np.float32]:
    out = []
    for whole in stretches:
        found = {} if whole is None else delays(whole)
        out.append([found.get(n, np.nan) for n in TIMING])
    return np.array(out, np.float32)


def delays(whole: Prepared) -> dict[str, float]:
    """Return the features `TIMING` of a prepared excerpt; none where no delay is agreed on."""
    rate = whole.sampling_rate
    r_peaks = beats.find_r_peaks(whole.samples[0], rate) / rate
    rises = beats.find_pulses(whole.samples[1], rate).upslope / rate
    lag, share = lag_of(r_peaks, rises)
    if not share >= FEWEST_AGREEING:
        return {}
    nearest = np.array([rises[np.argmin(np.abs(rises - r - lag))] for r in r_peaks])
    single = nearest - r_peaks
    good = np.abs(single - lag) < NEAR
    both = good[1:] & good[:-1]
    apart = (np.diff(nearest) - np.diff(r_peaks))[both]
    return {
        "lag_ms": 1000 * lag,
        "lag_spread_ms": 1000 * float(single[good].std()),
        "lag_share": share,
        "rr_pp_ms": 1000 * float(apart.std()) if len(apart) > 2 else np.nan,
    }


def free_of_gain(values: NDArray, names: tuple[str, ...]) -> tuple[NDArray, tuple[str, ...]]:
    """Return features that no gain changes, and their names.

    Args:
        values: Shape (excerpt, feature).
        names: "modality feature" of each column.
    """
    values = np.array(values, np.float64)
    if "ecg qrs_range_mv" in names:
        reach = values[:, names.index("ecg qrs_range_mv")].copy()
        reach[~(reach > 0)] = np.nan
        for i, name in enumerate(names):
            if name.split(" ", 1)[0] == "ecg" and name.split(" ", 1)[1] in IN_MILLIVOLTS:
                values[:, i] /= reach
    gain = {f"{m} {n}" for m, ns in IN_UNITS.items() for n in ns} | {"ecg qrs_range_mv"}
    kept = [i for i, name in enumerate(names) if name not in gain]
    return values[:, kept], tuple(names[i] for i in kept)
