"""How a probe bears worse signals: heads learn from clean windows, and are asked about others.

A task that reads one signal is put to every ladder of that signal. One that needs two is asked what
its vectors owe to each: without one, with one of them noisy or late. Beside each figure stands the
share of windows that the quality index refuses, and the figure of those that it lets pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import longer, robustness
from cardioprint.benchmark.columns import HAND
from cardioprint.benchmark.heads.base import Folds, fit_folds, outer_folds
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import absent
from cardioprint.benchmark.results import Curve
from cardioprint.benchmark.robustness import Answers, Point, Step
from cardioprint.benchmark.tasks.excerpts import judged
from cardioprint.errors import CardioprintError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.baselines.base import Encoder, Signals
    from cardioprint.benchmark.probe import Case
    from cardioprint.benchmark.tasks.base import Inputs

ROWS, PAIRED_ROWS, QUICK_ROWS = 200, 100, 60
"""Windows, drawn at random, on which disturbances are judged; fewer where a task has two signals
and both kinds of ladders."""

RESAMPLES = 200

LEVELS: dict[str, tuple[float, ...]] = {
    "noise": (24.0, 12.0, 6.0, 0.0, -6.0),
    "gain": (0.1, 10.0),
    "clipping": (0.7, 0.3),
    "polarity": (-1.0,),
    "sampling rate": (25.0, 50.0, 100.0, 250.0, 500.0),
    "length": (2.0, 3.0, 5.0, 7.0),
    "start moved": (0.1, 0.3, 0.5),
    "PPG delay": robustness.DELAYS,
    "without": (1.0,),
}
"""Levels of each ladder, by a word in its name: fewer than `robustness.steps` knows. 18 dB, where
nothing happens, is left out for its time: with it the part would take twice as long as it did with
three ratios. Lengths go on with the whole window and, where there is more of the recording, with
`longer.SECONDS`."""

QUICK = (("noise", 6.0), ("polarity", -1.0), ("sampling rate", 25.0), ("length", 3.0))
"""What is asked in a quick run: the first ladder of each word, at this level."""

PAIRED = ("PPG delay", "without")
"""Ladders that need two modalities."""

ONE_NOISY = ("ecg: electrode noise", "ppg: motion noise")
"""Noise of one channel beside a clean other, where a task reads both: the kind in the band of the
waves themselves."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of some inputs of a task.

    Attributes:
        inputs: Modalities that are shown.
        steps: Disturbances.
        longer: Whether longer stretches are shown as well.
    """

    inputs: Inputs
    steps: tuple[Step, ...]
    longer: bool = False


def asked(case: Case) -> tuple[Asked, ...]:
    """Return what is measured on a task: on one signal all, on two what needs two."""
    headline, both = case.task.inputs[0], widest(case)
    found = []
    if len(headline) == 1:
        found.append(Asked(inputs=headline, steps=_steps(case, headline), longer=True))
    if len(both) > 1:
        words = PAIRED if len(headline) == 1 else (*PAIRED, *ONE_NOISY)
        steps = tuple(s for s in _steps(case, both) if s.ladder.startswith(words))
        found.append(Asked(inputs=both, steps=steps, longer=len(headline) > 1))
    return tuple(found)


def _steps(case: Case, inputs: Inputs) -> tuple[Step, ...]:
    found = []
    for step in robustness.steps(case.rows.signals.only(*inputs), case.bench.seed):
        word = next((w for w in LEVELS if w in step.ladder), "")
        if word and step.level in LEVELS[word]:
            found.append(step)
    if case.bench.quick:
        wanted = [(s, w) for s in found for w, level in QUICK if w in s.ladder and s.level == level]
        found = [s for k, (s, w) in enumerate(wanted) if w not in [v for _, v in wanted[:k]]]
    return tuple(found)


def widest(case: Case) -> Inputs:
    """Return the inputs with most modalities: with two, what happens to one can be asked."""
    return max(case.task.inputs, key=len)


def curves(case: Case, shipped: Encoder | None = None) -> tuple[Curve, ...]:
    """Return the ladders of the model and of the hand-made features.

    Args:
        case: The task.
        shipped: The int8 graphs of the model's weights: heads that learnt from float32 vectors
            are asked about theirs.
    """
    most = PAIRED_ROWS if len(widest(case)) > 1 else ROWS
    most = QUICK_ROWS if case.bench.quick else most
    some = np.sort(np.random.default_rng(case.bench.seed).permutation(len(case.rows))[:most])
    more = None
    if not case.bench.quick:
        more = longer.of(case.task.name, case.rows.signals[some], case.y[some])
    return tuple(c for a in asked(case) for c in _curves(case, a, some, more, shipped))


def _curves(
    case: Case,
    what: Asked,
    some: NDArray[np.int64],
    more: longer.Longer | None,
    shipped: Encoder | None,
) -> Iterator[Curve]:
    inputs = what.inputs
    clean, floor = case.rows.signals.only(*inputs)[some], _floor(case, case.y[some])
    believed = {(s.ladder, s.level): good for s in what.steps for good in _good(s, clean)}
    shown = more if what.longer else None
    good = None if shown is None else judged(shown.signals.only(*inputs))[0]
    for encoder in case.bench.encoders:
        model = encoder is case.bench.encoders[0]
        if not (model or encoder.name == HAND) or not case.takes(encoder, inputs):
            continue
        asking = _Asking(case=case, folds=_folds(case, encoder, inputs, some), some=some)
        points = list(
            robustness.curves(
                encoder,
                clean,
                asking,
                floor=floor,
                better=case.main.better,
                asked=what.steps,
                believed=believed,
            )
        )
        if not case.bench.quick and what.longer:
            points.append(_whole(points[0], clean))
        if shown is not None and good is not None:
            points += _longer(encoder, asking, shown, good, inputs)
        yield from _ladders(case, encoder.name, inputs, points)
        if model and shipped is not None:
            found = (points[0].found, asking(shipped, clean).estimate)
            yield Curve(
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
                rows=len(some),
            )


def _good(step: Step, clean: Signals) -> Iterator[NDArray[np.bool_]]:
    """Yield which windows pass after a step; nothing where it cannot be taken."""
    try:
        yield judged(step.apply(clean))[0]
    except CardioprintError:  # an encoder that is asked about it will say why
        return


@dataclass(frozen=True, kw_only=True, eq=False)
class _Asking:
    """A score of some rows by heads that learnt from all clean rows of other people."""

    case: Case
    folds: Folds
    some: NDArray[np.int64]

    def __call__(self, encoder: robustness.Embeds, signals: Signals) -> Answers:
        return self.answers(encoder.embed(signals), self.case.y[self.some])

    def answers(self, vectors: NDArray, target: NDArray) -> Answers:
        return Answers(
            found=self.folds.predict(vectors),
            target=target,
            subject=self.case.subject[self.some],
            measure=self.case.main.measure,
            resamples=RESAMPLES,
        )


def _folds(case: Case, encoder: Encoder, inputs: Inputs, some: NDArray[np.int64]) -> Folds:
    """Return heads that learnt from all clean rows, to be asked about some of them."""
    task, y, subject = case.task, case.y, case.subject
    folds = outer_folds(y, subject, task.kind, case.bench.seed)
    x = case.vectors(encoder, inputs)
    fitted = fit_folds(Linear(), x, y, subject, task.kind, case.bench.seed, folds)
    place = np.full(len(y), -1)
    place[some] = np.arange(len(some))
    tests = tuple(place[test[place[test] >= 0]] for test in fitted.tests)
    return replace(fitted, tests=tests, shape=(len(some), *fitted.shape[1:]))


def _whole(clean: Point, signals: Signals) -> Point:
    """Return the clean windows as a step among lengths."""
    seconds = min(s.samples.shape[1] / s.sampling_rate for s in signals.series.values())
    kept = clean.found.value
    return replace(clean, ladder="length", level=seconds, unit="s", refused=0.0, kept=kept)


def _longer(
    encoder: Encoder,
    asking: _Asking,
    shown: longer.Longer,
    good: NDArray[np.bool_],
    inputs: Inputs,
) -> Iterator[Point]:
    """Yield what the mean of a stretch's windows tells, and that of the windows not refused."""
    vectors = encoder.embed(shown.signals.only(*inputs))
    for seconds in longer.SECONDS:
        count = round(seconds / longer.WINDOW)
        target = shown.target[:, count - 1]
        found = asking.answers(shown.mean(vectors, count), target).estimate
        kept = asking.answers(shown.mean(vectors, count, good), target).estimate
        yield Point(
            ladder="length",
            level=seconds,
            unit="s",
            found=found,
            loss=absent(found.people),  # of another label: no share of the clean gain
            refused=1 - float(good.reshape(len(target), -1)[:, :count].mean()),
            kept=kept.value,
        )


def _ladders(case: Case, encoder: str, inputs: Inputs, points: Sequence[Point]) -> list[Curve]:
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
                refused=tuple(p.refused for p in mine),
                kept=tuple(p.kept for p in mine),
                rows=points[0].found.rows,
            )
        )
    return out


def _floor(case: Case, y: np.ndarray) -> float:
    """Return the measure by chance."""
    if case.task.kind != "number":
        return 0.5
    return float(np.abs(y - y.mean()).mean())
