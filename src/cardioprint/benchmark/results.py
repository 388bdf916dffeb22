"""What a run of the benchmark found, as plain data: the runner writes it, the report reads it.

A run folder holds `run.json` (a `Run`), one `tasks/NAME.json` a task (a `TaskResult`), and
`examples/NAME.npz` where a task has signals to show. Every file is JSON or NumPy numbers, so a
report can be drawn anywhere, years later, without the encoders or the data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from statistics import stdev
from typing import Any, Literal, TypeVar

from cardioprint.errors import RecordError

Better = Literal["higher", "lower"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """One figure of one encoder, with its 95 % interval by bootstrap over people.

    Attributes:
        encoder: Column of the report.
        kind: "model", "peer", "random", "baseline", "trivial" (no learning) or "supervised".
        inputs: "ecg", "ppg", "ecg+ppg", "ecg>ppg" (learnt on the first, used on the second) or "".
        head: "linear", "knn", "trees", or "" where no head is fitted.
        measure: What was measured, with its unit: "macro AUROC", "MAE, beats/min".
        better: Which direction is better.
        value: Of all rows; NaN where it could not be computed.
        low: 2.5th percentile.
        high: 97.5th percentile.
        people: Resampled.
        rows: Windows or pairs behind it.
        note: A remark that belongs beside the figure.
    """

    encoder: str
    kind: str
    inputs: str
    head: str
    measure: str
    better: Better
    value: float
    low: float
    high: float
    people: int
    rows: int
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One encoder less another on the same people: see `comparison.Comparison`."""

    a: str
    b: str
    inputs: str
    head: str
    measure: str
    better: Better
    gap: float
    low: float
    high: float
    p: float
    adjusted: float
    winner: str
    people: int


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A figure along an axis: label efficiency, or a disturbance that grows.

    Attributes:
        name: "label efficiency", "noise", "sampling rate", "length", ...
        axis: Words for x, with the unit.
        at: x, one a point; words where the steps have no order.
        value: y, as `low` and `high`.
        clean: y of the undisturbed signal; NaN where there is none.
        refused: Share of windows below the quality threshold, one a point; empty: not asked.
        kept: y of the other windows, one a point; NaN where too few are left.
        rows: Windows behind each point; 0 where it is not told.
    """

    name: str
    encoder: str
    inputs: str
    measure: str
    better: Better
    axis: str
    at: tuple[float | str, ...]
    value: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    clean: float = float("nan")
    refused: tuple[float, ...] = ()
    kept: tuple[float, ...] = ()
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Predicted against observed frequency, in bins of the prediction.

    Attributes:
        label: Class.
        predicted: Mean prediction of each bin.
        observed: Share of positives, with its interval in `low` and `high`.
        count: Rows of each bin.
        brier: Brier score.
        error: Expected calibration error.
        slope: Of the calibration line; 1 is perfect.
        intercept: 0 is perfect.
    """

    encoder: str
    inputs: str
    head: str
    label: str
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    count: tuple[int, ...]
    brier: float
    error: float
    slope: float
    intercept: float


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """A figure in some of the people.

    Attributes:
        group: "sex", "age", "heart rate", "device" or "source".
        level: Which part: "female", "40-59", ...
    """

    encoder: str
    inputs: str
    head: str
    measure: str
    group: str
    level: str
    value: float
    low: float
    high: float
    people: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Seed:
    """The headline of one pretraining out of several of the same recipe.

    Attributes:
        name: Of the run; the model under test comes first.
        seed: Of the pretraining; None where it is not known.
        value: Of all rows, as `Score.value`.
        differs: What else than the seed is not as in the model under test; "" for nothing.
    """

    name: str
    seed: int | None
    value: float
    differs: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """Everything that was found in one task.

    Attributes:
        name: Key of the catalogue of tasks.
        title: Heading.
        family: "probe", "transfer", "paired" or "survival".
        paper: Number in the paper's list of seven; "" beyond it.
        facts: Words by name, in the order of the report: data, people, inputs, split, metric,
            caveats.
        headline: (inputs, head, measure) of the figure that stands for the task.
        scores: All figures.
        gaps: The model against each baseline, on the headline's rows; Holm over the whole report.
        curves: Label efficiency and robustness.
        reliability: Calibration.
        subgroups: Figures in parts of the people.
        audit: `audit.Audit.to_dict()`; empty where nothing could be audited.
        examples: Name of a file in `examples/`, "" for none.
        notes: Sentences: prevalence, abstentions, what was left out.
        seconds: What it took.
        key: Digest of encoders, settings, data and code: a rerun measures again where it differs.
        data: Data sets as they took part, where the task knows.
        seeds: The headline of each pretraining; empty where there was one alone.
        seeds_key: Digest of those pretrainings, of `key` and of the code that compares them.
    """

    name: str
    title: str
    family: str
    paper: str
    facts: Mapping[str, str]
    headline: tuple[str, str, str]
    scores: tuple[Score, ...] = ()
    gaps: tuple[Gap, ...] = ()
    curves: tuple[Curve, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    audit: Mapping[str, Any] = field(default_factory=dict)
    examples: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    key: str = ""
    data: tuple[Data, ...] = ()
    seeds: tuple[Seed, ...] = ()
    seeds_key: str = ""

    @property
    def seed_spread(self) -> float:
        """Standard deviation of the headline over pretrainings; NaN for fewer than two."""
        known = [s.value for s in self.seeds if math.isfinite(s.value)]
        return stdev(known) if len(known) > 1 else math.nan


@dataclass(frozen=True, kw_only=True)
class Column:
    """An encoder as it took part.

    Attributes:
        name: Column of the report.
        kind: As in `Score`.
        dimension: Numbers in a vector (of one modality).
        modalities: What it takes.
        seconds: What embedding took in all.
        about: Who made it, which weights, whether they were verified.
    """

    name: str
    kind: str
    dimension: int
    modalities: tuple[str, ...]
    seconds: float
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set as it took part.

    Attributes:
        name: Table or database.
        rows: Windows or excerpts read.
        people: Of them.
        abstained: Rows below the quality threshold, excluded for every encoder.
        licence: The publisher's.
        sha256: Of the file, shortened to 16 digits; "" where there are many.
        about: What is known to be wrong with it.
    """

    name: str
    rows: int
    people: int
    abstained: int
    licence: str = ""
    sha256: str = ""
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a report came about.

    Attributes:
        model: Name of the model under test.
        model_hash: Of its weights.
        version: Of cardioprint.
        date: ISO day.
        command: What reproduces it.
        quick: Whether people and resamples were thinned: never a headline.
        seconds: What the whole run took.
        machine: In words, without names of hosts.
        columns: Encoders, the model first.
        data: Data sets.
        tasks: Names in the order of the report.
        skipped: Sentences: which task was left out, and what to fetch for it.
    """

    model: str
    model_hash: str
    version: str
    date: str
    command: str
    quick: bool
    seconds: float
    machine: str
    columns: tuple[Column, ...] = ()
    data: tuple[Data, ...] = ()
    tasks: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


_T = TypeVar("_T", "TaskResult", "Run")

_PARTS: dict[str, type] = {
    "scores": Score,
    "gaps": Gap,
    "curves": Curve,
    "reliability": Reliability,
    "subgroups": Subgroup,
    "columns": Column,
    "data": Data,
    "seeds": Seed,
}


def save(found: TaskResult | Run, path: Path) -> None:
    """Write a result; whoever reads sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(_plain(asdict(found)), indent=1, ensure_ascii=False) + "\n")
    part.replace(path)


def load_task(path: Path) -> TaskResult:
    """Read a task's result.

    Raises:
        RecordError: The file is not one.
    """
    return _load(TaskResult, path)


def load_run(path: Path) -> Run:
    """Read a run's description.

    Raises:
        RecordError: The file is not one.
    """
    return _load(Run, path)


def _load(cls: type[_T], path: Path) -> _T:
    try:
        found = json.loads(path.read_text())
        return cls(**{k: _typed(k, v) for k, v in found.items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise RecordError(
            f"this is not a result of the benchmark ({type(error).__name__}: {error})",
            source=path,
            fix="run `cardioprint bench` again with another --out",
        ) from None


def _typed(name: str, value: Any) -> Any:
    if name in _PARTS:
        return tuple(_part(_PARTS[name], v) for v in value)
    return tuple(value) if isinstance(value, list) else value


def _part(cls: type, found: Mapping[str, Any]) -> Any:
    numbers = {f.name for f in fields(cls) if f.type == "float"}
    values = {}
    for name, value in found.items():
        if value is None and name in numbers:
            values[name] = float("nan")
        elif isinstance(value, list):
            values[name] = tuple(float("nan") if v is None else v for v in value)
        else:
            values[name] = value
    return cls(**values)


def _plain(value: Any) -> Any:
    """Return JSON without NaN, which JSON does not know: null."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
