"""What a task is: the words that describe it, and the rows or the function that make it.

A probe task gives rows (windows, labels, people) and leaves heads, folds, statistics, audit and
robustness to the runner. A task of another shape (reconstruction, retrieval, stability) gives a
function that measures the encoders itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from cardioprint.benchmark.baselines.base import Encoder, Signals
from cardioprint.benchmark.heads.base import Kind
from cardioprint.benchmark.results import Data, TaskResult

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Inputs = tuple[str, ...]
"""Modalities that an encoder is given: ("ecg",), ("ppg",) or ("ecg", "ppg")."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A task in words, in the order of the report.

    Attributes:
        data: Which public data, and their licence.
        people: Who they are, how many, and how a person is told from another.
        inputs: Which signal, of what length and rate.
        split: How people are kept apart.
        metric: What is reported.
        caveats: What is known to be wrong with it.
    """

    data: str
    people: str
    inputs: str
    split: str
    metric: str
    caveats: str


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What a probe learns from and is tested on.

    Attributes:
        signals: Windows as recorded, and what is known of each person (`Signals.known`: age, sex
            as 1 for male, bmi) for the baseline without a signal.
        target: Shape (row,), or (row, label) of 0 and 1; never NaN.
        subject: The person of each row; no recording is there under two people's names.
        metadata: What is known of each recording and must not give the label away.
        groups: What people are divided by in the subgroup table; numbers are banded there.
        data: The tables behind it.
        notes: Sentences for the report.
        guesses: Predictions that nobody had to learn: (method, inputs as in `results.Score`) -> one
            a row, NaN where there is none.
    """

    signals: Signals
    target: NDArray
    subject: NDArray[np.str_]
    metadata: Mapping[str, NDArray] = field(default_factory=dict)
    groups: Mapping[str, NDArray] = field(default_factory=dict)
    data: tuple[Data, ...] = ()
    notes: tuple[str, ...] = ()
    guesses: Mapping[tuple[str, str], NDArray] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.subject)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A label read out of frozen vectors.

    Attributes:
        name: Key of the catalogue.
        title: Heading.
        paper: Number in the paper's list, "" beyond it.
        facts: In words.
        load: Rows; `quick` thins people, never labels.
        kind: What the target holds.
        measure: Name out of `measures`: "macro AUROC", "AUROC", "MAE, years", ...
        inputs: Every combination of modalities that is measured; the first is the headline.
        classes: Names of classes or labels.
        known: Names out of `Signals.known` that make the baseline without a signal.
        by_person: Average a person's vectors first, one row a person.
        seeds: Repetitions of the cross-validation with other folds.
        robust: Whether the disturbances are run on it.
        known_as: What the baseline without a signal is called; default: its names.
        tables: Development tables that `load` reads; without them the task is skipped.
        supervised: Whether the supervised network is trained on it: always where a claim is made.
    """

    name: str
    title: str
    paper: str
    facts: Facts
    load: Callable[[bool], Rows]
    kind: Kind
    measure: str
    inputs: tuple[Inputs, ...]
    classes: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    by_person: bool = False
    seeds: int = 3
    robust: bool = False
    known_as: str = ""
    tables: tuple[str, ...] = ()
    supervised: bool = False
    family: Literal["probe"] = "probe"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a task that measures encoders itself is given.

    Attributes:
        encoders: The model under test first, then what it must beat.
        folder: The run folder: `examples/` may be written into it.
        quick: Thin people and resamples.
        embed: (encoder, a key that names these windows for good, windows) -> vectors, remembered
            between tasks and runs. The key has to change when the windows do.
        seed: Of folds and draws.
        trivial: Whether methods that have learnt nothing are measured beside the encoders; who
            compares encoders among themselves saves half of the time.
    """

    encoders: Sequence[Encoder]
    folder: Path
    quick: bool
    embed: Callable[[Encoder, str, Signals], NDArray[np.float32]]
    seed: int = 0
    trivial: bool = True


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A task of another shape: transfer, paired signals, survival.

    Attributes:
        name: Key of the catalogue.
        title: Heading.
        paper: Number in the paper's list, "" beyond it.
        facts: In words.
        family: Section of the report.
        run: Measures all encoders that can take part.
        tables: Development tables that it reads; without them the task is skipped.
    """

    name: str
    title: str
    paper: str
    facts: Facts
    family: Literal["transfer", "paired", "survival"]
    run: Callable[[Measured, Bench], TaskResult]
    tables: tuple[str, ...] = ()


Task = Probe | Measured
