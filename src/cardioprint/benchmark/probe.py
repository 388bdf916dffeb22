"""One probe task, measured: every encoder on the same rows and folds, beside what needs no signal.

rows -> vectors -> heads on five folds by person -> figures, gaps, curves, audit
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import delong, probes
from cardioprint.benchmark.baselines.beat_pca import MeanBeats
from cardioprint.benchmark.baselines.people import Demographics
from cardioprint.benchmark.columns import HAND
from cardioprint.benchmark.comparison import compare
from cardioprint.benchmark.figures import Figure, figures, over_seeds
from cardioprint.benchmark.heads.axes import PrincipalAxes
from cardioprint.benchmark.heads.base import Head
from cardioprint.benchmark.heads.few import Few
from cardioprint.benchmark.heads.knn import Neighbours
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.trees import Trees
from cardioprint.benchmark.results import Gap, Score, TaskResult
from cardioprint.benchmark.statistics import CLAIM_RESAMPLES, RESAMPLES
from cardioprint.benchmark.tasks.base import Bench, Inputs, Probe, Rows
from cardioprint.errors import CardioprintError, RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.baselines.base import Encoder
    from cardioprint.benchmark.statistics import Estimate

QUICK_RESAMPLES = 200
"""Of people, in a quick run: too few for any claim after Holm's correction."""

SECONDARY_SEEDS = 3
"""Repetitions over which figures beside the main one are averaged."""

TREE_ROWS = 1000
"""Rows that gradient-boosted trees learn from in a fold; they would take minutes for all."""

TREES = Trees(leaves=(4,), stages=(0, 25, 50, 100))
"""Small ones: the whole choice takes four times as long and, on a few hundred people, gains
nothing that an interval would show."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a run asks of every probe.

    Attributes:
        trained: Databases that the model learnt from, for the audit; None where not known.
        shipped: The int8 graphs of the same weights, or None.
        cnn: Whether the supervised network is trained.
        say: Told what is being done.
    """

    trained: Sequence[str] | None = ()
    shipped: Encoder | None = None
    cnn: bool = True
    say: Callable[[str], None] = field(default=lambda text: None)


class Case:
    """A probe with its rows; one row a person where the task says so.

    Args:
        task: Which one.
        rows: Its windows.
        bench: What makes vectors.
    """

    def __init__(self, task: Probe, rows: Rows, bench: Bench):
        self.task, self.rows, self.bench = task, rows, bench
        y = np.asarray(rows.target, float)
        if not np.isfinite(y).all():
            raise RecordError(
                "a target is missing", source=task.name, fix="leave such rows out in `load`"
            )
        self.subject = np.unique(rows.subject) if task.by_person else np.asarray(rows.subject)
        self.y = self.averaged(y)
        if task.kind != "number":
            self.y = self.y.round().astype(int)
        self.resamples = QUICK_RESAMPLES if bench.quick else RESAMPLES
        self.seeds = range(bench.seed, bench.seed + (1 if bench.quick else task.seeds))
        self.figures = figures(task.kind, task.measure, self.subject)

    @property
    def main(self) -> Figure:
        """The figure that stands for the task."""
        return self.figures[0]

    def averaged(self, x: NDArray) -> NDArray:
        """Return rows as they are, or the mean of each person's, missing ones left out."""
        return averaged(x, self.rows.subject) if self.task.by_person else x

    def first(self, values: NDArray) -> NDArray:
        """Return rows as they are, or each person's first."""
        if not self.task.by_person:
            return np.asarray(values)
        return np.asarray(values)[np.unique(self.rows.subject, return_index=True)[1]]

    def vectors(self, encoder: Encoder, inputs: Inputs) -> NDArray[np.float32]:
        """Return an encoder's vectors of these inputs."""
        signals = self.rows.signals.only(*inputs)
        return self.averaged(self.bench.embed(encoder, self.task.name, signals))

    def takes(self, encoder: Encoder, inputs: Inputs) -> bool:
        """Return whether an encoder can use all of these inputs."""
        return set(inputs) <= set(encoder.modalities)

    def estimate(self, figure: Figure, predictions: Sequence[NDArray]) -> Estimate:
        """Return a figure with its interval."""
        resamples = self.resamples
        if figure is not self.main:
            predictions = predictions[:SECONDARY_SEEDS]
        elif not self.bench.quick:
            resamples = CLAIM_RESAMPLES
        return over_seeds(figure, predictions, self.y, self.subject, resamples)


def averaged(x: NDArray, subject: NDArray) -> NDArray:
    """Return the mean of each person's rows, missing values left out, people by name."""
    flat = np.asarray(x, float).reshape(len(x), -1)
    people, person = np.unique(subject, return_inverse=True)
    seen = np.isfinite(flat)
    sums, counts = np.zeros((2, len(people), flat.shape[1]))
    np.add.at(sums, person, np.where(seen, flat, 0))
    np.add.at(counts, person, seen)
    out = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return out.reshape(len(people), *np.shape(x)[1:])


def linear_for(encoder: Encoder, inputs: Inputs) -> Head:
    """Return the linear probe of an encoder: mean beats are read along their axes."""
    if isinstance(encoder, MeanBeats):
        return PrincipalAxes(head=Linear(), blocks=encoder.blocks(inputs))
    return Linear()


@dataclass(frozen=True, kw_only=True)
class Read:
    """Out-of-fold predictions of one encoder, inputs and head, one array a seed."""

    encoder: str
    kind: str
    inputs: str
    head: str
    predictions: tuple[NDArray, ...]
    note: str = ""


def measure(task: Probe, rows: Rows, bench: Bench, options: Options) -> TaskResult:
    """Return everything that is found in a probe task.

    Args:
        task: Which one.
        rows: Its windows.
        bench: Encoders, the model first, and what makes vectors.
        options: What the run asks of all.

    Raises:
        RecordError: A target is missing, or too few people.
    """
    from cardioprint.benchmark import probe_details, probe_robustness
    from cardioprint.benchmark.baselines import cnn

    case = Case(task, rows, bench)
    model, headline = bench.encoders[0], task.inputs[0]
    notes = [*rows.notes, *prevalence(case)]
    read = [*_trivial(case), *_linear(case, options, notes)]
    read += _other_heads(case, options, notes)
    if task.supervised and options.cnn:
        options.say(f"{task.name}: supervised CNN")
        read += probe_details.supervised(case, notes)
        notes.append(cnn.ABOUT)
    options.say(f"{task.name}: figures and gaps")
    found = {(r.encoder, r.inputs, r.head): case.estimate(case.main, r.predictions) for r in read}
    scores = [s for r in read for s in _scores(case, r, found[r.encoder, r.inputs, r.head])]
    notes += _crosscheck(case, read)
    options.say(f"{task.name}: calibration, subgroups, label efficiency, audit")
    curves = probe_details.efficiency(case)
    if task.robust:
        options.say(f"{task.name}: robustness")
        curves += probe_robustness.curves(case, options.shipped)
    return TaskResult(
        name=task.name,
        title=task.title,
        family="probe",
        paper=task.paper,
        facts=vars(task.facts),
        headline=("+".join(headline), "linear", task.measure),
        scores=tuple(scores),
        gaps=tuple(_gaps(case, model.name, read, found)),
        curves=curves,
        reliability=probe_details.reliabilities(case, read),
        subgroups=probe_details.groups(case, read),
        audit=probe_details.audited(case, options.trained),
        notes=tuple(notes),
        data=tuple(rows.data),
    )


def prevalence(case: Case) -> list[str]:
    """Return a sentence on how common each label is, or how numbers spread."""
    task, y = case.task, case.y
    out = [
        f"{d.abstained} of {d.rows} rows of {d.name} abstain (quality below the threshold) and "
        "are left out for every encoder."
        for d in case.rows.data
        if d.abstained
    ]
    if task.kind == "number":
        return [*out, f"Mean {y.mean():.1f}, SD {y.std():.1f}."]
    share = np.bincount(y) / len(y) if task.kind == "classes" else y.reshape(len(y), -1).mean(0)
    said = ", ".join(f"{n} {s:.3f}" for n, s in zip(task.classes, share, strict=False))
    return [*out, f"Prevalence: {said}."]


def _trivial(case: Case) -> list[Read]:
    """Return what needs no signal, or no learning."""
    task, y, subject, out = case.task, case.y, case.subject, []
    constant: list[NDArray] = []
    if task.kind == "number":
        constant = [probes.constant(y, subject, s) for s in case.seeds]
        out.append(_read("constant", "trivial", "", "", constant))
    if task.known:
        people = Demographics(task.known)
        if task.known_as:
            people.name = task.known_as
        x = case.averaged(people.embed(case.rows.signals))
        found = [Linear().fit_predict(x, y, subject, task.kind, s) for s in case.seeds]
        out.append(_read(people.name, "baseline", "", "linear", found))
    for (name, inputs), guess in case.rows.guesses.items():
        told = case.averaged(guess)
        filled = [np.where(np.isfinite(told), told, c) for c in constant] or [told]
        missing = int((~np.isfinite(told)).sum())
        note = f"{missing} rows without a guess get the constant" if missing else ""
        out.append(_read(name, "trivial", inputs, "", filled, note))
    return out


def _read(
    name: str, kind: str, inputs: str, head: str, found: Sequence[NDArray], note: str = ""
) -> Read:
    return Read(
        encoder=name, kind=kind, inputs=inputs, head=head, predictions=tuple(found), note=note
    )


def _linear(case: Case, options: Options, notes: list[str]) -> list[Read]:
    """Return the linear probe of every encoder on every combination of inputs."""
    task, out = case.task, []
    for inputs in task.inputs:
        for encoder in case.bench.encoders:
            if not case.takes(encoder, inputs):
                continue
            options.say(f"{task.name}: {encoder.name}, {' + '.join(inputs)}")
            try:
                x = case.vectors(encoder, inputs)
            except CardioprintError as error:
                notes.append(f"{encoder.name} ({'+'.join(inputs)}) is left out: {error}")
                continue
            head = linear_for(encoder, inputs)
            found = [head.fit_predict(x, case.y, case.subject, task.kind, s) for s in case.seeds]
            out.append(_read(encoder.name, encoder.kind, "+".join(inputs), "linear", found))
    return out


def _other_heads(case: Case, options: Options, notes: list[str]) -> list[Read]:
    """Return neighbours and trees of the model and the hand-made features, on the headline."""
    task, inputs, out = case.task, case.task.inputs[0], []
    heads: Mapping[str, Head] = {"knn": Neighbours()}
    if not case.bench.quick:
        heads = {**heads, "trees": Few(head=TREES, rows=TREE_ROWS)}
        if len(case.y) > TREE_ROWS:
            notes.append(f"Trees learn from {TREE_ROWS} rows of each training fold.")
    for encoder in case.bench.encoders:
        if encoder.name not in (case.bench.encoders[0].name, HAND):
            continue
        if not case.takes(encoder, inputs):
            continue
        x = case.vectors(encoder, inputs)
        for name, head in heads.items():
            options.say(f"{task.name}: {encoder.name}, {name}")
            found = head.fit_predict(x, case.y, case.subject, task.kind, case.seeds[0])
            out.append(_read(encoder.name, encoder.kind, "+".join(inputs), name, [found]))
    return out


def _scores(case: Case, read: Read, main: Estimate) -> list[Score]:
    out = []
    for figure in case.figures:
        found = main if figure is case.main else case.estimate(figure, read.predictions)
        out.append(
            Score(
                encoder=read.encoder,
                kind=read.kind,
                inputs=read.inputs,
                head=read.head,
                measure=figure.name,
                better=figure.better,
                value=found.value,
                low=found.low,
                high=found.high,
                people=found.people,
                rows=found.rows,
                note=read.note,
            )
        )
    return out


def _gaps(
    case: Case, model: str, read: Sequence[Read], found: Mapping[tuple[str, str, str], Estimate]
) -> list[Gap]:
    """Return the model against all others with the linear probe, by inputs; p not yet adjusted."""
    out = []
    for inputs in ("+".join(i) for i in case.task.inputs):
        if (model, inputs, "linear") not in found:
            continue
        mine = found[model, inputs, "linear"]
        for other in read:
            if other.encoder == model or other.inputs not in (inputs, ""):
                continue
            if other.head not in ("linear", ""):
                continue
            told = compare(
                case.task.name,
                model,
                other.encoder,
                mine,
                found[other.encoder, other.inputs, other.head],
                case.main.better,
            )
            out.append(
                Gap(
                    a=model,
                    b=other.encoder,
                    inputs=inputs,
                    head="linear",
                    measure=case.main.name,
                    better=case.main.better,
                    gap=told.gap,
                    low=told.low,
                    high=told.high,
                    p=told.p,
                    adjusted=told.p,
                    winner="",
                    people=told.people,
                )
            )
    return out


def _crosscheck(case: Case, read: Sequence[Read]) -> list[str]:
    """Return DeLong's interval of the gap to the hand-made features, for a single label."""
    if case.task.kind != "labels" or case.y.ndim != 1:
        return []
    inputs = "+".join(case.task.inputs[0])
    model = case.bench.encoders[0].name
    both = {r.encoder: r for r in read if (r.inputs, r.head) == (inputs, "linear")}
    if model not in both or HAND not in both or model == HAND:
        return []
    scores = np.stack([both[model].predictions[0], both[HAND].predictions[0]])
    try:
        gap, low, high, p = delong.delong(scores, case.y == 1, case.subject).difference()
    except RecordError:
        return []
    return [
        f"DeLong, clustered by person, first seed: {model} less {HAND} {gap:+.3f} "
        f"[{low:+.3f}, {high:+.3f}], p {p:.3f}."
    ]
