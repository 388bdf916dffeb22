"""What stands beside a probe's figures: calibration, subgroups, label efficiency, audit, a CNN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.benchmark import calibration, checks, controls
from cardioprint.benchmark import efficiency as label_efficiency
from cardioprint.benchmark.audit import Audit, audit
from cardioprint.benchmark.columns import HAND
from cardioprint.benchmark.heads.base import matrix, outer_folds
from cardioprint.benchmark.heads.calibrated import Calibrated
from cardioprint.benchmark.heads.few import Few
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.measures import brier
from cardioprint.benchmark.results import Curve, Reliability, Subgroup
from cardioprint.benchmark.subgroups import subgroups
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.baselines.base import Encoder
    from cardioprint.benchmark.probe import Case, Read

DETAIL_RESAMPLES = 200
"""Of people, for curves and calibration."""

DRAWS = 3
"""Subsets of people for each share of the labels."""

QUICK_SHARES = (0.25, 1.0)
"""Of the people in a training fold, in a quick run."""

HEAD_ROWS = 2500
"""Rows that heads of curves and of calibration learn from, at most."""

CNN_ROWS = 2000
"""Windows of a training fold that the supervised network sees, at most."""


def _linear() -> Few:
    return Few(head=Linear(), rows=HEAD_ROWS)


def _compared(case: Case) -> list[Encoder]:
    """Return the model and the hand-made features, where they take the headline's inputs."""
    wanted = (case.bench.encoders[0].name, HAND)
    inputs = case.task.inputs[0]
    return [e for e in case.bench.encoders if e.name in wanted and case.takes(e, inputs)]


def reliabilities(case: Case, read: Sequence[Read]) -> tuple[Reliability, ...]:
    """Return how the model's probabilities are calibrated, as they are and after Platt's line."""
    task, model = case.task, case.bench.encoders[0]
    inputs = task.inputs[0]
    mine = [r for r in read if (r.encoder, r.head) == (model.name, "linear")]
    if task.kind == "number" or not mine:
        return ()
    scores = {"linear": mine[0].predictions[0]}
    try:
        mended = Calibrated(head=_linear())
        x = case.vectors(model, inputs)
        scores["linear, Platt"] = mended.fit_predict(
            x, case.y, case.subject, task.kind, case.seeds[0]
        )
    except RecordError:  # too few people of a class in an inner fold
        pass
    truth = matrix(case.y, task.kind, len(task.classes))
    out = []
    for head, score in scores.items():
        columns = score.reshape(len(score), -1).T
        for label, p, t in zip(task.classes, columns, truth.T, strict=False):
            out.append(_reliability(case, model.name, "+".join(inputs), head, label, p, t))
    return tuple(out)


def _reliability(
    case: Case, encoder: str, inputs: str, head: str, label: str, score: NDArray, truth: NDArray
) -> Reliability:
    score, ones = np.clip(score, 0, 1), np.ones(len(score))
    bins = calibration.reliability(score, truth, case.subject, resamples=DETAIL_RESAMPLES)
    return Reliability(
        encoder=encoder,
        inputs=inputs,
        head=head,
        label=label,
        predicted=tuple(b.predicted for b in bins),
        observed=tuple(b.observed.value for b in bins),
        low=tuple(b.observed.low for b in bins),
        high=tuple(b.observed.high for b in bins),
        count=tuple(b.observed.rows for b in bins),
        brier=brier(score, truth)(ones),
        error=calibration.expected_error(score, truth)(ones),
        slope=calibration.slope(score, truth)(ones),
        intercept=calibration.intercept(score, truth)(ones),
    )


def groups(case: Case, read: Sequence[Read]) -> tuple[Subgroup, ...]:
    """Return the main figure of the model and the hand-made features in parts of the people."""
    task, inputs = case.task, "+".join(case.task.inputs[0])
    axes = {name: case.first(values) for name, values in case.rows.groups.items()}
    axes = {name: of for name, of in axes.items() if len(set(of.tolist()) - {""}) > 1}
    names = [e.name for e in _compared(case)]
    out = []
    for r in read:
        if not axes or r.encoder not in names or (r.inputs, r.head) != (inputs, "linear"):
            continue
        found = subgroups(
            r.predictions[0],
            case.y,
            case.subject,
            axes,
            task.kind,
            case.main.measure,
            resamples=DETAIL_RESAMPLES,
        )
        out += [
            Subgroup(
                encoder=r.encoder,
                inputs=inputs,
                head="linear",
                measure=case.main.name,
                group=g.axis,
                level=g.name,
                value=g.found.value,
                low=g.found.low,
                high=g.found.high,
                people=g.found.people,
                rows=g.found.rows,
            )
            for g in found
        ]
    return tuple(out)


def efficiency(case: Case) -> tuple[Curve, ...]:
    """Return the main figure against the share of people whose labels were learnt."""
    out = []
    for encoder in _compared(case):
        points = label_efficiency.curve(
            _linear(),
            case.vectors(encoder, case.task.inputs[0]),
            case.y,
            case.subject,
            case.task.kind,
            case.main.measure,
            shares=QUICK_SHARES if case.bench.quick else label_efficiency.SHARES,
            draws=1 if case.bench.quick else DRAWS,
            seed=case.bench.seed,
            resamples=DETAIL_RESAMPLES,
        )
        out.append(
            Curve(
                name="label efficiency",
                encoder=encoder.name,
                inputs="+".join(case.task.inputs[0]),
                measure=case.main.name,
                better=case.main.better,
                axis="% of the people in a training fold",
                at=tuple(100 * p.share for p in points),
                value=tuple(p.found.value for p in points),
                low=tuple(p.found.low for p in points),
                high=tuple(p.found.high for p in points),
                clean=points[-1].found.value,
            )
        )
    return tuple(out)


def audited(case: Case, trained: Sequence[str] | None) -> dict[str, Any]:
    """Return the leakage audit of the model on the headline's inputs."""
    task, rows, inputs = case.task, case.rows, case.task.inputs[0]
    model = case.bench.encoders[0]
    found = audit(
        task.name,
        case.vectors(model, inputs),
        case.y,
        case.subject,
        task.kind,
        metadata={k: case.first(v) for k, v in rows.metadata.items()},
        seed=case.bench.seed,
        draws=2 if case.bench.quick else controls.DRAWS,
    )
    before = [checks.pretraining(d.name, trained) for d in rows.data]
    # Windows are looked at as they are, also where a person's are averaged.
    windows = rows.signals.series[inputs[-1]].samples
    before += [checks.same_windows(windows, rows.subject)]
    listed = (found.checks[0], *before, *found.checks[1:])
    return Audit(task=found.task, checks=listed).to_dict()


def supervised(case: Case, notes: list[str]) -> list[Read]:
    """Return a small network trained on the same folds, on the headline's inputs."""
    from cardioprint.benchmark.baselines.cnn import SupervisedCNN, Training
    from cardioprint.benchmark.probe import Read, averaged

    task, rows, inputs = case.task, case.rows, case.task.inputs[0]
    training = Training(epochs=20, patience=5, seed=case.bench.seed)
    learner = SupervisedCNN(task.kind, training)
    signals = rows.signals.only(*inputs)
    y = np.asarray(rows.target, float)
    y = y if task.kind == "number" else y.round().astype(int)
    target = matrix(y, task.kind)
    out = np.full(target.shape, np.nan)
    person = np.searchsorted(case.subject, rows.subject) if task.by_person else np.arange(len(y))
    for parts in outer_folds(case.y, case.subject, task.kind, case.bench.seed):
        train, test = (np.flatnonzero(np.isin(person, part)) for part in parts)
        rng = np.random.default_rng(case.bench.seed)
        train = np.sort(rng.permutation(train)[:CNN_ROWS])
        fitted = learner.fit(signals[train], target[train], rows.subject[train])
        found = fitted.predict(signals[test])
        out[test] = np.where(np.isfinite(found), found, target[train].mean(axis=0))
    if task.by_person:
        out = averaged(out, rows.subject)
        notes.append("The CNN predicts each window; its predictions are averaged by person.")
    if len(rows) > CNN_ROWS:
        notes.append(f"The CNN learns from {CNN_ROWS} windows of each training fold.")
    flat = out[:, 0] if case.y.ndim == 1 and task.kind != "classes" else out
    name = learner.name
    return [
        Read(
            encoder=name,
            kind="supervised",
            inputs="+".join(inputs),
            head="",
            predictions=(flat,),
            note="one seed",
        )
    ]
