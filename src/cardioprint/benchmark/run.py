"""The benchmark from one command: encoders, tasks, one report; what was killed goes on.

    run(Settings(model="tiny", out=Path("out/bench")))

The folder holds `cache/` (vectors), `tasks/NAME.json`, `run.json` and the report. A task whose
file is there and whose key agrees (encoders, settings, data, code) is not measured again.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cardioprint
from cardioprint.benchmark import probe, results, seeds, workers
from cardioprint.benchmark.columns import Engine, Participants, participants
from cardioprint.benchmark.comparison import LEVEL, holm
from cardioprint.benchmark.tasks.base import Bench, Task
from cardioprint.benchmark.tasks.catalogue import TASKS, task_named
from cardioprint.benchmark.tasks.excerpts import path_of, sha256
from cardioprint.benchmark.vectors import MAKERS, Vectors, code
from cardioprint.datasets import tables
from cardioprint.errors import RecordError
from cardioprint.runtime.session import usable_cores

FILES = (
    "audit calibration checks comparison controls copies delong disturbances efficiency figures "
    "generators longer measures noise probe probe_details probe_robustness probes retrieval "
    "robustness sets statistics subgroups survival waveforms"
)

TOGETHER = "base bidmc_records ecgid_records excerpts people sources"
"""Modules of `tasks` that several tasks share."""

USED: dict[str, str] = {"transfer": "age five_class heart_rate hypertension sex"}
"""Module of `tasks` -> those whose rows it reads as well."""

MEASURERS = (
    *MAKERS,
    "simulate",
    "datasets/tables.py",
    "benchmark/heads",
    "benchmark/paired",
    *(f"benchmark/tasks/{name}.py" for name in TOGETHER.split()),
    *(f"benchmark/{name}.py" for name in FILES.split()),
)
"""Code that decides what a task finds, beside the task's own file."""

Say = Callable[[str, int, int], None]
"""(what is being done, tasks done, tasks in all)."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What is run."""

    model: str | Path = "tiny"
    """Packaged model or model folder."""
    out: Path = Path("out/bench")
    """Run folder."""
    tasks: tuple[str, ...] = ()
    """Names out of `tasks.catalogue.TASKS`; default: all."""
    quick: bool = False
    """Fewer people, one seed, 200 resamples, no CNN, no trees, no unasked peer: a first look."""
    seed: int = 0
    """Of folds, draws and heads."""
    engine: Engine = "torch"
    """torch: float32; onnx: the int8 graphs that are shipped."""
    peers: tuple[str, ...] = ()
    """NAME=PATH of published weights."""
    cnn: bool = True
    """Whether the supervised network is trained (never in a quick run)."""
    seeds: tuple[str | Path, ...] = ()
    """More runs of the model's recipe with other seeds, each as `model`."""
    workers: int | None = None
    """Processes; the figures do not depend on it. Default: usable cores, at most
    `workers.MOST`."""

    def __post_init__(self) -> None:
        for name in self.tasks:
            task_named(name)
        if self.engine not in ("torch", "onnx"):
            raise RecordError(f"engine {self.engine!r}", field="engine", fix="choose torch or onnx")
        if self.seed < 0:
            raise RecordError(f"seed {self.seed}", field="seed", fix="give 0 or more")
        if self.workers is not None and self.workers < 1:
            raise RecordError(f"{self.workers} workers", field="workers", fix="give 1 or more")

    @property
    def processes(self) -> int:
        """Processes that measure, where there is work for so many."""
        return self.workers or min(usable_cores(), workers.MOST)

    @property
    def command(self) -> str:
        """What reproduces the run."""
        said = ["cardioprint bench", f"--model {self.model}", f"--out {self.out}"]
        said += [f"--tasks {' '.join(self.tasks)}"] if self.tasks else []
        said += ["--quick"] if self.quick else []
        said += [f"--seed {self.seed}"] if self.seed else []
        said += [f"--engine {self.engine}"] if self.engine != "torch" else []
        # A path would tell about the machine: the name says which weights were pointed to.
        said += [f"--peer {p.partition('=')[0]}=PATH" for p in self.peers]
        said += [] if self.cnn else ["--no-cnn"]
        said += [f"--seeds {' '.join('PATH' for _ in self.seeds)}"] if self.seeds else []
        return " ".join(said)


def run(
    settings: Settings, say: Say | None = None, people: Participants | None = None
) -> results.Run:
    """Measure every task that is not there yet, and write the report.

    Args:
        settings: What is run.
        say: Told what is being done.
        people: Encoders; default: those that the settings name. Given ones stay in this process,
            unless workers are asked for by number.

    Returns:
        What run.json holds.

    Raises:
        UnknownNameError: No such model, task or peer.
        ModelError: Weights are missing or damaged.
    """
    began = time.perf_counter()
    told = say or (lambda text, done, of: None)
    chosen = [TASKS[n] for n in TASKS if not settings.tasks or n in settings.tasks]
    told("loading encoders", 0, len(chosen))
    given, people = people, people or _people(settings)
    settings.out.mkdir(parents=True, exist_ok=True)
    here = Measurer(settings, people)
    jobs, left_out = _to_do(chosen, settings, people)
    groups, before = workers.grouped(jobs), len(chosen) - len(jobs)
    count = min(settings.processes if settings.workers or not given else 1, len(groups))

    def doing(text: str, done: int) -> None:
        told(text, before + done, len(chosen))

    if count > 1:
        make = partial(Measurer, settings, given)
        ends = workers.side_by_side(groups, make, count, doing)
    else:
        ends = workers.one_by_one(groups, here, doing)
    left_out |= {job.task.name: why for job, why in ends if why}
    told("report", len(chosen), len(chosen))
    found = seeds.added(_gathered(settings, people), here.bench, people, told)
    for result in _adjusted(found):
        results.save(result, settings.out / "tasks" / f"{result.name}.json")
    made = results.Run(
        model=people.model,
        model_hash=people.model_hash,
        version=cardioprint.__version__,
        date=datetime.now(UTC).date().isoformat(),
        command=settings.command,
        quick=settings.quick,
        seconds=time.perf_counter() - began,
        machine=_machine(settings.processes),
        columns=tuple(_columns(people, here.vectors)),
        data=tuple(_data(found)),
        tasks=tuple(r.name for r in found),
        skipped=tuple(left_out[task.name] for task in chosen if task.name in left_out),
    )
    results.save(made, settings.out / "run.json")
    _report(settings.out)
    return made


class Measurer:
    """Measures tasks, one after the other; each process of a run has one.

    Args:
        settings: What is run.
        people: Encoders; default: those that the settings name.
    """

    def __init__(self, settings: Settings, people: Participants | None = None):
        self.people = people or _people(settings)
        self.vectors = Vectors(settings.out / "cache")
        self.bench = Bench(
            encoders=self.people.encoders,
            folder=settings.out,
            quick=settings.quick,
            embed=self.vectors.embed,
            seed=settings.seed,
        )
        self.options = probe.Options(
            trained=self.people.trained,
            shipped=self.people.shipped,
            cnn=settings.cnn and not settings.quick,
        )

    def __call__(self, job: workers.Job, say: Callable[[str], None]) -> str:
        """Write a task's result; return why it was left out, "" if it was not."""
        since = time.perf_counter()
        try:
            found = _measured(job.task, self.bench, replace(self.options, say=say))
        except RecordError as error:
            if "is not on this machine" not in str(error):
                raise
            return f"{job.task.name} is left out: {error}"
        took = time.perf_counter() - since
        path = _path(self.bench.folder, job.task)
        results.save(replace(found, key=job.key, seconds=took), path)
        return ""


def _measured(task: Task, bench: Bench, options: probe.Options) -> results.TaskResult:
    if task.family == "probe":
        options.say(f"{task.name}: reading")
        return probe.measure(task, task.load(bench.quick), bench, options)
    options.say(task.name)
    return task.run(task, bench)


def _people(settings: Settings) -> Participants:
    return participants(
        settings.model,
        settings.engine,
        settings.peers,
        installed=not settings.quick,
        seeds=settings.seeds,
    )


def _to_do(
    chosen: Sequence[Task], settings: Settings, people: Participants
) -> tuple[list[workers.Job], dict[str, str]]:
    """Return tasks that are not measured yet, and why others cannot be."""
    jobs, left_out = [], {}
    for task in chosen:
        key = key_of(task, settings, people)
        if _there(_path(settings.out, task), key):
            continue
        absent = [t for t in needed(task) if path_of(t) is None]
        if absent:
            left_out[task.name] = _skip(task, absent)
        else:
            jobs.append(workers.Job(task=task, tables=needed(task), key=key))
    return jobs, left_out


def _path(folder: Path, task: Task) -> Path:
    return folder / "tasks" / f"{task.name}.json"


def needed(task: Task) -> tuple[str, ...]:
    """Return the tables that a task reads; the paired tasks are all on BIDMC."""
    return task.tables or (("bidmc",) if task.family == "paired" else ())


def key_of(task: Task, settings: Settings, people: Participants) -> str:
    """Return a digest of everything that a task's result follows from."""
    encoders, shipped = people.identities
    made = {
        "encoders": encoders,
        "shipped": shipped,
        "trained": people.trained,
        "settings": [settings.quick, settings.seed, settings.cnn and not settings.quick],
        "data": [sha256(t) for t in needed(task)],
        "code": code(MEASURERS),
        "task": _code_of(task),
    }
    return hashlib.sha256(json.dumps(made, default=str).encode()).hexdigest()[:16]


def _code_of(task: Task) -> str:
    """Return a digest of a task's words, settings and of the module that measures it."""
    call: Any = task.load if task.family == "probe" else task.run
    call = getattr(call, "func", call)
    module = str(getattr(call, "__module__", ""))
    inside = module.removeprefix("cardioprint.").replace(".", "/") + ".py"
    more = (f"benchmark/tasks/{name}.py" for name in USED.get(Path(inside).stem, "").split())
    digest = code((inside, *more)) if module.startswith("cardioprint.") else module
    plain = {k: str(v) for k, v in vars(task).items() if not callable(v)}
    return digest + hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:16]


def _there(path: Path, key: str) -> bool:
    if not path.is_file():
        return False
    try:
        return results.load_task(path).key == key
    except RecordError:  # of another release: measured again
        return False


def _skip(task: Task, absent: Sequence[str]) -> str:
    wanted = "; ".join(f"{tables.TABLES[t].publisher} ({tables.TABLES[t].path})" for t in absent)
    return (
        f"{task.name} is left out: {', '.join(absent)} is not on this machine. Fetch {wanted}, and "
        f"set {tables.DATA_VARIABLE} to the folder that holds it; "
        f"`cardioprint data show {absent[0]}` says where it comes from."
    )


def _gathered(settings: Settings, people: Participants) -> list[results.TaskResult]:
    """Return all tasks of the folder that belong to this run, in the order of the report."""
    found = []
    for task in TASKS.values():
        path = _path(settings.out, task)
        if path.is_file() and _there(path, key_of(task, settings, people)):
            found.append(results.load_task(path))
    return found


def _adjusted(found: Sequence[results.TaskResult]) -> list[results.TaskResult]:
    """Return the tasks with every gap's p adjusted over its family: one baseline, all tasks."""
    p: dict[str, list[float]] = {}
    for result in found:
        for gap in result.gaps:
            p.setdefault(gap.b, []).append(gap.p)
    adjusted = {b: iter(holm(values).tolist()) for b, values in p.items()}
    out = []
    for result in found:
        gaps = []
        for gap in result.gaps:
            level = next(adjusted[gap.b])
            first = (gap.gap > 0) == (gap.better == "higher")
            winner = (gap.a if first else gap.b) if level <= LEVEL and gap.gap != 0 else ""
            gaps.append(replace(gap, adjusted=level, winner=winner))
        out.append(replace(result, gaps=tuple(gaps)))
    return out


def _columns(people: Participants, vectors: Vectors) -> list[results.Column]:
    out = []
    for e in people.encoders:
        seconds, width = vectors.told(e)
        about = people.about.get(e.name, "")
        out.append(
            results.Column(
                name=e.name,
                kind=e.kind,
                dimension=width,
                modalities=tuple(e.modalities),
                seconds=seconds,
                about=about,
            )
        )
    return out


def _data(found: Sequence[results.TaskResult]) -> list[results.Data]:
    """Return the data sets of the tasks that are there."""
    out: dict[str, results.Data] = {}
    for result in found:
        for name in needed(TASKS[result.name]):
            facts = tables.TABLES[name]
            blank = results.Data(
                name=name,
                rows=0,
                people=0,
                abstained=0,
                licence=facts.licence,
                sha256=sha256(name),
                about=facts.publisher,
            )
            out.setdefault(name, blank)
        out |= {d.name: d for d in result.data}
    return list(out.values())


def _machine(processes: int) -> str:
    return (
        f"{usable_cores()} cores, {processes} at work, {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def _report(folder: Path) -> None:
    """Draw the report."""
    from cardioprint.benchmark import report_page

    report_page.write(folder)
