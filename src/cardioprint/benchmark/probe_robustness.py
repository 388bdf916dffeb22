"""How a probe bears worse signals: heads learn from clean windows, and are asked about others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import robustness
from cardioprint.benchmark.columns import HAND
from cardioprint.benchmark.heads.base import fit_folds, outer_folds
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import estimate
from cardioprint.benchmark.results import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.baselines.base import Encoder, Signals
    from cardioprint.benchmark.probe import Case
    from cardioprint.benchmark.statistics import Estimate

ROWS, QUICK_ROWS = 200, 60
"""Windows, drawn at random, on which disturbances are judged."""

RESAMPLES = 200

LEVELS: dict[str, tuple[float, ...]] = {
    "noise": (12.0, 6.0, 0.0),
    "gain": (0.1, 10.0),
    "clipping": (0.7, 0.3),
    "polarity": (-1.0,),
    "sampling rate": (25.0, 50.0, 100.0, 250.0, 500.0),
    "length": (2.0, 3.0, 5.0, 7.0),
    "start moved": (0.1, 0.3, 0.5),
    "PPG delay": (-0.3, -0.1, 0.1, 0.3, 0.5),
    "without": (1.0,),
}
"""Levels of each ladder, by a word in its name: fewer than `robustness.steps` knows."""

QUICK = (("noise", 6.0), ("polarity", -1.0), ("sampling rate", 25.0), ("length", 3.0))
"""What is asked in a quick run: the first ladder of each word, at this level."""

PAIRED = ("PPG delay", "without")
"""Ladders that need two modalities: all that is asked where there are two."""


def asked(case: Case) -> list[robustness.Step]:
    """Return the disturbances that are measured on a task."""
    signals = case.rows.signals.only(*widest(case))
    found = []
    for step in robustness.steps(signals, case.bench.seed):
        word = next((w for w in LEVELS if w in step.ladder), "")
        if not word or step.level not in LEVELS[word]:
            continue
        if len(signals.series) > 1 and word not in PAIRED:
            continue
        found.append(step)
    if case.bench.quick:
        wanted = [(s, w) for s in found for w, level in QUICK if w in s.ladder and s.level == level]
        found = [s for k, (s, w) in enumerate(wanted) if w not in [v for _, v in wanted[:k]]]
    return found


def widest(case: Case) -> tuple[str, ...]:
    """Return the inputs with most modalities: with two, what happens to one can be asked."""
    return max(case.task.inputs, key=len)


def curves(case: Case, shipped: Encoder | None = None) -> tuple[Curve, ...]:
    """Return the ladders of the model and of the hand-made features.

    Args:
        case: The task.
        shipped: The int8 graphs of the model's weights: heads that learnt from float32 vectors
            are asked about theirs.
    """
    inputs, most = widest(case), QUICK_ROWS if case.bench.quick else ROWS
    rows = case.rows
    some = np.sort(np.random.default_rng(case.bench.seed).permutation(len(rows))[:most])
    clean, floor = rows.signals.only(*inputs)[some], _floor(case, case.y[some])
    steps, out = asked(case), []
    for encoder in case.bench.encoders:
        model = encoder is case.bench.encoders[0]
        if not (model or encoder.name == HAND) or not case.takes(encoder, inputs):
            continue
        score = _frozen(case, encoder, inputs, some)
        points = robustness.curves(
            encoder, clean, score, floor=floor, better=case.main.better, asked=steps
        )
        out += _ladders(case, encoder.name, inputs, points)
        if model and shipped is not None:
            found = (points[0].found, score(shipped, clean))
            out.append(
                Curve(
                    name="precision",
                    encoder=encoder.name,
                    inputs="+".join(inputs),
                    measure=case.main.name,
                    better=case.main.better,
                    axis="arithmetic",
                    at=("float32", "int8"),
                    value=tuple(f.value for f in found),
                    low=tuple(f.low for f in found),
                    high=tuple(f.high for f in found),
                    clean=points[0].found.value,
                )
            )
    return tuple(out)


def _frozen(
    case: Case, encoder: Encoder, inputs: tuple[str, ...], some: NDArray[np.int64]
) -> robustness.Score:
    """Return a score of some rows by heads that learnt from all clean rows of other people."""
    task, y, subject = case.task, case.y, case.subject
    folds = outer_folds(y, subject, task.kind, case.bench.seed)
    x = case.vectors(encoder, inputs)
    fitted = fit_folds(Linear(), x, y, subject, task.kind, case.bench.seed, folds)
    place = np.full(len(y), -1)
    place[some] = np.arange(len(some))
    tests = tuple(place[test[place[test] >= 0]] for test in fitted.tests)
    folds_of_some = replace(fitted, tests=tests, shape=(len(some), *fitted.shape[1:]))

    def score(asked: robustness.Embeds, signals: Signals) -> Estimate:
        found = folds_of_some.predict(asked.embed(signals))
        return estimate(case.main.measure(found, y[some]), subject[some], RESAMPLES)

    return score


def _ladders(
    case: Case, encoder: str, inputs: tuple[str, ...], points: Sequence[robustness.Point]
) -> list[Curve]:
    clean, out = points[0].found.value, []
    for ladder in dict.fromkeys(p.ladder for p in points[1:]):
        mine = [p for p in points if p.ladder == ladder]
        out.append(
            Curve(
                name=ladder,
                encoder=encoder,
                inputs="+".join(inputs),
                measure=case.main.name,
                better=case.main.better,
                axis=f"{ladder}, {mine[0].unit}",
                at=tuple(p.level for p in mine),
                value=tuple(p.found.value for p in mine),
                low=tuple(p.found.low for p in mine),
                high=tuple(p.found.high for p in mine),
                clean=clean,
            )
        )
    return out


def _floor(case: Case, y: np.ndarray) -> float:
    """Return the measure by chance."""
    if case.task.kind != "number":
        return 0.5
    return float(np.abs(y - y.mean()).mean())
