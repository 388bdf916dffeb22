"""Everything that is compared, measured: what the tables and the picture of the report show."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from cardioprint.benchmark.realism import twins
from cardioprint.benchmark.realism.detectors import detectors
from cardioprint.benchmark.realism.distances import Apart, apart
from cardioprint.benchmark.realism.examination import Library, Score, examine
from cardioprint.benchmark.realism.excerpts import REAL, Excerpts, real_excerpts
from cardioprint.benchmark.realism.giveaway import Giveaway, tell_apart
from cardioprint.benchmark.realism.quantities import QUANTITIES, Described, describe
from cardioprint.benchmark.realism.spectra import Spectrum, spectrum

COMPARED = ("uci_bp", "cinc2015", "bidmc", "ppg_bp", "five_class")
"""Real sets that are compared with twins; `rhythm_ppg` is for detectors alone."""

CONTROLS = (
    ("uci_bp", "bidmc", 8.0),
    ("uci_bp", "cinc2015", 8.0),
    ("bidmc", "cinc2015", 10.0),
)
"""Real against real: two sets and the seconds that both are cut to."""

CONTROL_SEED = 77
"""Of the second simulation that is told from the first."""


@dataclass(frozen=True, kw_only=True)
class Against:
    """One real set against one simulation.

    Attributes:
        twins: Simulated, described.
        distances: Title of a quantity -> how far apart; None where there are too few values.
        spectra: Modality -> spectrum of the twins.
        giveaway: What tells them apart.
    """

    twins: Described
    distances: dict[str, Apart | None]
    spectra: dict[str, Spectrum]
    giveaway: Giveaway


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One real set against the clean simulation and the one with devices.

    Attributes:
        real: Described.
        spectra: Modality -> spectrum.
        clean: Against the clean simulation.
        devices: Against the simulation with devices.
    """

    real: Described
    spectra: dict[str, Spectrum]
    clean: Against
    devices: Against


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that the report says.

    Attributes:
        comparisons: By real set.
        controls: Real against real, and simulated against simulated.
        references: For quantities, how far two real sets are apart: title -> KS of UCI and CinC
            2015.
        scores: Title of a detector -> its figures.
        seconds: What it took.
    """

    comparisons: dict[str, Comparison]
    controls: tuple[Giveaway, ...]
    references: dict[str, Apart | None]
    scores: dict[str, list[Score]]
    seconds: float


def compare(
    names: Sequence[str] = COMPARED,
    tasks: Sequence[str] | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Measure everything.

    Args:
        names: Real sets to compare.
        tasks: Keys of `detectors.detectors()`; default: all.
        tell: Told what comes next.

    Raises:
        RecordError: A table is not on this machine.
    """
    began = time.monotonic()
    load = lru_cache(maxsize=None)(real_excerpts)
    comparisons = {}
    for name in names:
        tell(f"compare {name}")
        comparisons[name] = compared(load(name))
    tell("controls")
    found, references = _controls(load, comparisons)
    scores, library = {}, Library(load)
    known = detectors()
    for key in tasks if tasks is not None else known:
        task = known[key]
        tell(f"detectors: {task.title}")
        scores[task.title] = examine(task, library, REAL[task.real].devices)
    return Findings(
        comparisons=comparisons,
        controls=tuple(found),
        references=references,
        scores=scores,
        seconds=time.monotonic() - began,
    )


def compared(excerpts: Excerpts) -> Comparison:
    """Compare one real set with its twins, clean and with devices."""
    wanted = REAL[excerpts.name]
    real = describe(excerpts)
    spectra = {m: spectrum(excerpts, m) for m in excerpts.modalities}

    def against(devices: tuple[str, ...]) -> Against:
        made = describe(twins.like(excerpts, ages=wanted.ages, devices=devices))
        return Against(
            twins=made,
            distances=distances(real, made),
            spectra={m: spectrum(made.excerpts, m) for m in excerpts.modalities},
            giveaway=tell_apart(real, made),
        )

    return Comparison(
        real=real, spectra=spectra, clean=against(()), devices=against(wanted.devices)
    )


def distances(real: Described, other: Described) -> dict[str, Apart | None]:
    """Return how far the tabulated quantities are apart, those that both have."""
    return {
        q.title: apart(real.column(q.feature), other.column(q.feature))
        for q in QUANTITIES
        if q.feature in real.names and q.feature in other.names
    }


def _controls(
    load: Callable[[str], Excerpts], comparisons: dict[str, Comparison]
) -> tuple[list[Giveaway], dict[str, Apart | None]]:
    found, references = [], {}
    for a, b, seconds in CONTROLS:
        if a not in comparisons or b not in comparisons:
            continue
        first, second = (describe(load(name).cropped(seconds)) for name in (a, b))
        found.append(tell_apart(first, second, groups=False))
        if (a, b) == ("uci_bp", "cinc2015"):
            references = distances(first, second)
    for name, comparison in comparisons.items():
        if name in ("uci_bp", "five_class"):
            real = comparison.real.excerpts
            again = describe(twins.like(real, ages=REAL[name].ages, seed=CONTROL_SEED))
            told = tell_apart(comparison.clean.twins, again, groups=False)
            pair = (f"simulated twins of {name}", "simulated twins, another seed")
            found.append(replace(told, pair=pair))
    return found, references
