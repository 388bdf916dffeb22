"""Heads learnt on one kind of fingerprints and used unchanged on another, of other people.

Across modalities: learnt from ECG, read from PPG, and back. Across data sets: learnt on one
device and place, read from another. Scale, weights and offset are those of the source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark import probe
from cardioprint.benchmark.baselines.beat_pca import MeanBeats
from cardioprint.benchmark.comparison import compare
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.transfer import transfer
from cardioprint.benchmark.results import Data, Gap, Score, TaskResult
from cardioprint.benchmark.tasks import age, five_class, heart_rate, hypertension, sex
from cardioprint.benchmark.tasks.base import Bench, Facts, Measured, Probe, Rows
from cardioprint.benchmark.tasks.excerpts import rows_of
from cardioprint.errors import CardioprintError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.benchmark.baselines.base import Encoder
    from cardioprint.benchmark.statistics import Estimate


@dataclass(frozen=True, kw_only=True)
class Side:
    """Fingerprints that are learnt from, or asked about.

    Attributes:
        place: In words.
        probe: The task whose windows and labels they are.
        modality: "ecg" or "ppg".
    """

    place: str
    probe: Probe
    modality: str


@dataclass(frozen=True, kw_only=True)
class Way:
    """One transfer.

    Attributes:
        source: Learnt from.
        target: Asked about.
    """

    source: Side
    target: Side

    @property
    def name(self) -> str:
        """As in the report: "BIDMC ECG > BIDMC PPG"."""
        a, b = self.source, self.target
        return f"{a.place} {a.modality.upper()} > {b.place} {b.modality.upper()}"

    @property
    def inputs(self) -> str:
        """As in `results.Score`."""
        a, b = self.source.modality, self.target.modality
        return f"{a}>{b}"


def _sides(place: str, task: Probe) -> tuple[Side, Side]:
    ecg = Side(place=place, probe=task, modality="ecg")
    return ecg, replace(ecg, modality="ppg")


def _uci_rate(quick: bool) -> Rows:
    from cardioprint.benchmark.tasks import sources

    found = sources.uci_bp(quick)
    return rows_of(found, found.heart_rate)


BIDMC = _sides("BIDMC", heart_rate.HEART_RATE)
UCI = _sides("UCI", replace(heart_rate.HEART_RATE, name="heart_rate_uci", load=_uci_rate))
_AGE, _SEX = age.TASKS, sex.TASKS
VITAL_AGE = _sides("VitalDB", _AGE["age_vitaldb"])
VITAL_SEX = _sides("VitalDB", _SEX["sex_vitaldb"])
VITAL_HTN = _sides("VitalDB", hypertension.HYPERTENSION_VITALDB)
TROIKA = _sides("TROIKA", heart_rate.HEART_RATE_RUNNING)
PTB_XL = _sides("PTB-XL", five_class.FIVE_CLASS_PTB_XL)[0]
OTHERS = _sides("other sources", five_class.FIVE_CLASS_OTHERS)[0]
PPG_BP_HTN = Side(place="PPG-BP", probe=hypertension.HYPERTENSION, modality="ppg")


def _side(tasks: dict[str, Probe], name: str, place: str, modality: str) -> Side:
    return Side(place=place, probe=tasks[name], modality=modality)


WAYS: dict[str, tuple[Way, ...]] = {
    "transfer_heart_rate": (
        Way(source=BIDMC[0], target=BIDMC[1]),
        Way(source=BIDMC[1], target=BIDMC[0]),
        Way(source=UCI[1], target=BIDMC[1]),
        Way(source=UCI[0], target=BIDMC[1]),
        Way(source=BIDMC[1], target=UCI[1]),
        Way(source=BIDMC[1], target=TROIKA[1]),
        Way(source=UCI[1], target=TROIKA[1]),
    ),
    "transfer_age": (
        Way(source=VITAL_AGE[0], target=VITAL_AGE[1]),
        Way(source=VITAL_AGE[1], target=VITAL_AGE[0]),
        Way(
            source=_side(_AGE, "age_five_class", "five_class", "ecg"),
            target=_side(_AGE, "age_ecgid", "ECG-ID", "ecg"),
        ),
        Way(
            source=_side(_AGE, "age_five_class", "five_class", "ecg"),
            target=_side(_AGE, "age_ppg_bp", "PPG-BP", "ppg"),
        ),
        Way(source=VITAL_AGE[1], target=_side(_AGE, "age_ppg_bp", "PPG-BP", "ppg")),
    ),
    "transfer_sex": (
        Way(source=VITAL_SEX[0], target=VITAL_SEX[1]),
        Way(source=VITAL_SEX[1], target=VITAL_SEX[0]),
        Way(
            source=_side(_SEX, "sex_five_class", "five_class", "ecg"),
            target=_side(_SEX, "sex_ecgid", "ECG-ID", "ecg"),
        ),
    ),
    "transfer_hypertension": (
        Way(source=VITAL_HTN[0], target=VITAL_HTN[1]),
        Way(source=VITAL_HTN[1], target=VITAL_HTN[0]),
        Way(source=VITAL_HTN[1], target=PPG_BP_HTN),
        Way(source=PPG_BP_HTN, target=VITAL_HTN[1]),
    ),
    "transfer_five_class": (
        Way(source=PTB_XL, target=OTHERS),
        Way(source=OTHERS, target=PTB_XL),
    ),
}
"""Transfers by task, the headline first."""


def run(task: Measured, bench: Bench) -> TaskResult:
    """Return every transfer of a task, for every encoder that has one space of features."""
    ways = WAYS[task.name]
    scores: list[Score] = []
    gaps: list[Gap] = []
    notes: list[str] = []
    data: dict[str, Data] = {}
    measure = ""
    for way in ways:
        a, b = (
            probe.Case(side.probe, side.probe.load(bench.quick), bench)
            for side in (way.source, way.target)
        )
        measure = measure or _measure(way, b)
        data |= {d.name: d for d in (*a.rows.data, *b.rows.data)}
        found = _encoders(way, a, b, bench, notes)
        scores += [_score(way, b, name, kind, e) for name, kind, e in found]
        gaps += _gaps(way, b, found)
    return TaskResult(
        name=task.name,
        title=task.title,
        family="transfer",
        paper=task.paper,
        facts=vars(task.facts),
        headline=(ways[0].inputs, "linear", measure),
        scores=tuple(scores),
        gaps=tuple(gaps),
        notes=tuple(dict.fromkeys(notes)),
        data=tuple(data.values()),
    )


def _measure(way: Way, target: probe.Case) -> str:
    return f"{way.name}: {target.main.name}"


def _encoders(
    way: Way, a: probe.Case, b: probe.Case, bench: Bench, notes: list[str]
) -> list[tuple[str, str, Estimate]]:
    """Return (column, kind, estimate) of every encoder, its own probe, and a constant."""
    kind, out = b.task.kind, []

    def estimate(predictions: list[NDArray]) -> Estimate:
        return b.estimate(b.main, predictions)

    seeds = list(b.seeds)[: probe.SECONDARY_SEEDS]
    if kind == "number":
        guess = np.full(len(b.y), a.y.mean())
        out.append(("constant of the source", "trivial", estimate([guess])))
    for encoder in bench.encoders:
        for name, x, z in _spaces(encoder, way, a, b, notes):
            try:
                found = [
                    transfer(Linear(), x, a.y, a.subject, z, b.y, b.subject, kind, s).prediction
                    for s in seeds
                ]
            except CardioprintError as error:
                notes.append(f"{way.name}, {name}: {error}")
                continue
            out.append((name, encoder.kind, estimate(found)))
            if name == bench.encoders[0].name:
                own = [Linear().fit_predict(z, b.y, b.subject, kind, s) for s in seeds]
                out.append((f"{name}, head of the target itself", "model", estimate(own)))
    return out


def _spaces(
    encoder: Encoder, way: Way, a: probe.Case, b: probe.Case, notes: list[str]
) -> list[tuple[str, NDArray, NDArray]]:
    """Return (column, source's vectors, target's) in every space that both sides have.

    What stands for the encoder across modalities are the features that it says mean the same in
    both: what a modality has alone says something else, or nothing, in the other.
    """
    modalities = (way.source.modality, way.target.modality)
    if isinstance(encoder, MeanBeats) or not set(modalities) <= set(encoder.modalities):
        return []
    x, z = (c.vectors(encoder, (m,)) for c, m in zip((a, b), modalities, strict=True))
    shared = list(getattr(encoder, "shared", ()))
    one = x.shape[1] == z.shape[1]
    if not shared or len(set(modalities)) == 1:
        return [(encoder.name, x, z)] if one else []
    spaces = [(encoder.name, x[:, shared], z[:, shared])]
    if one:
        spaces.append((f"{encoder.name}, whole vector", x, z))
    else:
        notes.append(
            f"{encoder.name}: the {len(shared)} features that mean the same in both modalities "
            "are what is carried over."
        )
    return spaces


def _score(way: Way, b: probe.Case, name: str, kind: str, found: Estimate) -> Score:
    figure = b.main
    return Score(
        encoder=name,
        kind=kind,
        inputs=way.inputs,
        head="" if kind == "trivial" else "linear",
        measure=_measure(way, b),
        better=figure.better,
        value=found.value,
        low=found.low,
        high=found.high,
        people=found.people,
        rows=found.rows,
    )


def _gaps(way: Way, b: probe.Case, found: list[tuple[str, str, Estimate]]) -> list[Gap]:
    mine = next(((n, e) for n, k, e in found if k == "model"), None)
    if mine is None:
        return []
    out = []
    for name, _, other in found:
        if name.startswith(mine[0]):  # the model by another head or in part
            continue
        better = b.main.better
        told = compare(way.name, mine[0], name, mine[1], other, better)
        out.append(
            Gap(
                a=mine[0],
                b=name,
                inputs=way.inputs,
                head="linear",
                measure=_measure(way, b),
                better=better,
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


_SPLIT = (
    "No person is learnt from and asked about by one head: where both sides hold the same people, "
    "folds are dealt over all of them and each head is asked about the people of its own test fold."
)
_CAVEATS = (
    "The head is used unchanged: scale, weights and offset are the source's, so a shift between "
    "data sets counts as error. 'Head of the target itself' is the ceiling: learnt on the target "
    "with the same folds. Across modalities an encoder is carried by the features that it says "
    "mean the same in both (M2AE: the first half; its whole vector stands beside); one whose "
    "features differ and that has none is absent. AF from PPG is not carried: no second table here "
    "holds AF with PPG."
)


def _task(
    name: str,
    word: str,
    paper: str,
    tables: tuple[str, ...],
    metric: str,
    across: str = "modalities and data sets",
    caveats: str = "",
) -> Measured:
    return Measured(
        name=name,
        title=f"{word}: heads carried across {across}",
        paper=paper,
        facts=Facts(
            data=", ".join(tables) + ": see the tasks that measure each alone.",
            people="Of other people than those learnt from, in every transfer.",
            inputs="; ".join(w.name for w in WAYS[name]) + ".",
            split=_SPLIT,
            metric=metric,
            caveats=f"{_CAVEATS} {caveats}".strip(),
        ),
        family="transfer",
        run=run,
        tables=tables,
    )


TASKS = {
    t.name: t
    for t in (
        _task(
            "transfer_heart_rate",
            "Heart rate",
            "",
            ("bidmc", "uci_bp", "troika"),
            "MAE in beats/min.",
            across="modalities, data sets and devices",
            caveats="TROIKA is another device at another place: a wristband of people who run, "
            "most of them faster than anybody the head has learnt from.",
        ),
        _task(
            "transfer_age",
            "Age",
            "6",
            ("vitaldb_short", "five_class", "ecgid", "ppg_bp"),
            "MAE in years.",
        ),
        _task("transfer_sex", "Sex", "7", ("vitaldb_short", "five_class", "ecgid"), "AUROC."),
        _task("transfer_hypertension", "Hypertension", "4", ("vitaldb_short", "ppg_bp"), "AUROC."),
        _task(
            "transfer_five_class",
            "Five-class heart disease",
            "3",
            ("five_class",),
            "Macro AUROC.",
            across="data sets",
            caveats="The other sources are four hospitals and laboratories with devices and "
            "labels of their own; the mappings of their labels to the five classes are ours.",
        ),
    )
}
"""Tasks by name."""
