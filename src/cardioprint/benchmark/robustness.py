"""How a frozen encoder and a frozen head bear worse signals than those they learnt from.

    score = frozen(encoder, clean, y, subject, "labels", Linear(), auroc)
    for point in curves(encoder, clean, score, floor=0.5): ...

Heads learn once, from clean windows of the training people; the test people's windows are then
disturbed, step by step. Loss is told as the share of what the clean signal gains over chance.
Where it is told which windows a quality index refuses, it measures those that are left as well: a
product that abstains is judged by what it says, and by how often it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cardioprint.benchmark import disturbances as d
from cardioprint.benchmark import noise
from cardioprint.benchmark.baselines.base import Signals
from cardioprint.benchmark.comparison import Better
from cardioprint.benchmark.heads.base import Head, Kind, fit_folds
from cardioprint.benchmark.measures import Measure, absent, estimate, summary
from cardioprint.benchmark.statistics import RESAMPLES, Estimate
from cardioprint.errors import CardioprintError, RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SNR = (24.0, 18.0, 12.0, 6.0, 0.0, -6.0)
"""Decibels of the noise stress test (Moody 1984)."""

RATES = (25.0, 50.0, 64.0, 100.0, 125.0, 250.0, 500.0)
"""Hertz, from wristbands to electrocardiographs."""

SECONDS = (2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 30.0, 60.0)
"""Of a window; those longer than the windows at hand are left out."""

GAINS = (0.1, 0.5, 2.0, 10.0)
CLIPPING = (0.9, 0.7, 0.5, 0.3)
"""Share of the range that is still followed."""

MOVED = (0.1, 0.3, 0.5)
"""Seconds by which a window may begin later, from a fraction of a beat to half of one."""

DELAYS = (-0.3, -0.1, 0.1, 0.3, 0.5)
"""Seconds by which a monitor may move the PPG: see `delayed`."""


class Embeds(Protocol):
    """What turns windows into vectors; `baselines.base.Encoder` does."""

    def embed(self, signals: Signals) -> NDArray[np.float32]:
        """Return one vector a window."""
        ...


LEAST = 20
"""Windows of which a measure is told where others were refused."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What heads say of windows, beside the truth.

    Attributes:
        found: Predictions, one row a window.
        target: Their labels.
        subject: Their people.
        measure: Of predictions and labels.
        resamples: Resamples of people.
    """

    found: NDArray[np.float64]
    target: NDArray
    subject: NDArray
    measure: Measure
    resamples: int = RESAMPLES

    @property
    def estimate(self) -> Estimate:
        """The measure over all people."""
        return estimate(self.measure(self.found, self.target), self.subject, self.resamples)

    def among(self, kept: NDArray[np.bool_]) -> float:
        """Return the measure of some of the windows.

        NaN where it would be another measure than that of all: of fewer than `LEAST` windows, or
        without one of the classes.
        """
        if kept.sum() < LEAST or not self._same_classes(kept):
            return float("nan")
        return float(self.measure(self.found[kept], self.target[kept])(np.ones(kept.sum())))

    def _same_classes(self, kept: NDArray[np.bool_]) -> bool:
        if self.target.dtype.kind == "f":
            return True
        target = self.target.reshape(len(self.target), -1).T
        return all(set(t.tolist()) == set(t[kept].tolist()) for t in target)


Score = Callable[[Embeds, Signals], Answers]
"""(encoder, windows) -> answers; rows and people are always the same ones."""

Believed = Mapping[tuple[str, float], "NDArray[np.bool_]"]
"""(ladder, level) -> which windows a quality index lets pass there, shape (window,)."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One disturbance at one level.

    Attributes:
        ladder: What is disturbed, e.g. "ecg: muscle noise".
        level: How much.
        unit: Of the level.
        apply: Does it.
    """

    ladder: str
    level: float
    unit: str
    apply: Callable[[Signals], Signals]


@dataclass(frozen=True, kw_only=True)
class Point:
    """What is left at one step.

    Attributes:
        ladder: What was disturbed.
        level: How much.
        unit: Of the level.
        found: The measure.
        loss: Share of the clean gain over chance that is lost, paired by person: 0 none, 1 all
            of it, below 0 where the disturbance helped. NaN where clean is no better than chance.
        note: Why there is no value, else "".
        refused: Share of windows that the quality index refuses; NaN where it was not asked.
        kept: The measure of the others; NaN where it was not asked, or see `Answers.among`.
    """

    ladder: str
    level: float
    unit: str
    found: Estimate
    loss: Estimate
    note: str = ""
    refused: float = float("nan")
    kept: float = float("nan")


def steps(signals: Signals, seed: int = 0) -> tuple[Step, ...]:
    """Return every disturbance that makes sense for these windows, ladder by ladder.

    Args:
        signals: Windows; lengths beyond theirs, and what needs two modalities, are left out.
        seed: Of the noise.
    """
    out = []

    def ladder(name: str, levels: Sequence[float], unit: str, change: Callable[..., Signals]):
        for level in levels:
            apply = partial(_apply, change=change, level=level)
            out.append(Step(ladder=name, level=level, unit=unit, apply=apply))

    for m in signals.series:
        for profile in noise.PROFILES[m]:
            change = partial(_noisy, modality=m, profile=profile, seed=seed)
            ladder(f"{m}: {profile} noise", SNR, "dB", change)
        ladder(f"{m}: gain", GAINS, "times", lambda s, v, m=m: d.scaled(s, m, v))
        ladder(f"{m}: clipping", CLIPPING, "of range", lambda s, v, m=m: d.clipped(s, m, v))
        ladder(f"{m}: polarity", (-1.0,), "times", lambda s, v, m=m: d.inverted(s, m))
    ladder("sampling rate", RATES, "Hz", d.at_rate)
    shortest = min(s.samples.shape[1] / s.sampling_rate for s in signals.series.values())
    lengths = [seconds for seconds in SECONDS if seconds < shortest]
    ladder("length", lengths, "s", d.shortened)
    ladder("start moved", MOVED, "s", d.later)
    if len(signals.series) > 1:
        ladder("PPG delay", DELAYS, "s", d.delayed)
        for m in signals.series:
            ladder(f"without {m}", (1.0,), "modality", lambda s, v, m=m: d.without(s, m))
    return tuple(out)


def _apply(signals: Signals, change: Callable[..., Signals], level: float) -> Signals:
    return change(signals, level)


def _noisy(signals: Signals, snr: float, *, modality: str, profile: str, seed: int) -> Signals:
    return noise.noisy(signals, modality, profile, snr, seed)


def frozen(
    encoder: Embeds,
    clean: Signals,
    y: NDArray,
    subject: NDArray,
    kind: Kind,
    head: Head,
    measure: Measure,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Score:
    """Return a score: heads learn from clean windows once, and are asked about disturbed ones.

    Args:
        encoder: Whose vectors the heads learn from.
        clean: Windows, undisturbed.
        y: Their labels, as for `Head.fit`.
        subject: Their people.
        kind: What y holds.
        head: What learns.
        measure: Of out-of-fold predictions and y.
        seed: Of the folds and of the head.
        resamples: Resamples of people.
    """
    folds = fit_folds(head, encoder.embed(clean), y, subject, kind, seed)

    def score(asked: Embeds, signals: Signals) -> Answers:
        found = folds.predict(asked.embed(signals))
        return Answers(
            found=found,
            target=np.asarray(y),
            subject=subject,
            measure=measure,
            resamples=resamples,
        )

    return score


def curves(
    encoder: Embeds,
    clean: Signals,
    score: Score,
    *,
    floor: float,
    better: Better = "higher",
    asked: Sequence[Step] | None = None,
    believed: Believed | None = None,
) -> tuple[Point, ...]:
    """Return the clean measure and that at every step.

    Args:
        encoder: Under test.
        clean: Windows, undisturbed.
        score: What is measured, e.g. `frozen`.
        floor: The measure's value by chance: 0.5 for AUROC, a constant's error for an error.
        better: Which direction is better.
        asked: Steps; default: all that make sense.
        believed: Which windows a quality index lets pass, for the steps where it was asked.

    Returns:
        The clean point first, as ladder "clean".
    """
    reference = score(encoder, clean).estimate
    points = [
        Point(
            ladder="clean",
            level=0.0,
            unit="",
            found=reference,
            loss=relative_loss(reference, reference, floor, better),
        )
    ]
    for step in steps(clean) if asked is None else asked:
        note, kept = "", float("nan")
        good = (believed or {}).get((step.ladder, step.level))
        try:
            answers = score(encoder, step.apply(clean))
            found = answers.estimate
            if good is not None:
                kept = found.value if good.all() else answers.among(good)
        except CardioprintError as error:  # an encoder may well refuse 25 Hz or one modality
            found, note = absent(reference.people, len(reference.replicates)), str(error)
        points.append(
            Point(
                ladder=step.ladder,
                level=step.level,
                unit=step.unit,
                found=found,
                loss=relative_loss(reference, found, floor, better),
                note=note,
                refused=float("nan") if good is None else 1 - float(good.mean()),
                kept=kept,
            )
        )
    return tuple(points)


def relative_loss(
    clean: Estimate, found: Estimate, floor: float, better: Better = "higher"
) -> Estimate:
    """Return the share of the clean gain over chance that is lost, paired by person.

    There is none where the clean value's interval holds chance: a share of nothing.

    Raises:
        RecordError: The two are of different people.
    """
    if clean.replicates.shape != found.replicates.shape or clean.people != found.people:
        raise RecordError(
            f"clean windows are of {clean.people} people, disturbed ones of {found.people}",
            source="robustness",
            fix="keep the same rows; let an encoder give NaN where it abstains",
        )
    gain = clean.value - floor
    if not (clean.low > floor if better == "higher" else clean.high < floor):
        return absent(clean.people, len(clean.replicates))
    lost = (clean.replicates - found.replicates) / gain
    return summary((clean.value - found.value) / gain, lost, found.rows, found.people)
