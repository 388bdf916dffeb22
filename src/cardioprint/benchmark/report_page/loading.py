"""A run folder as far as it can be read, and what of it cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from cardioprint.benchmark.report_page.markup import writable
from cardioprint.benchmark.results import Run, TaskResult, load_run, load_task
from cardioprint.errors import RecordError

UNKNOWN = Run(
    model="unknown model",
    model_hash="",
    version="",
    date="",
    command="",
    quick=False,
    seconds=float("nan"),
    machine="",
)
"""What stands for a run that does not say how it came about."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}")


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A part of the report that could not be read.

    Attributes:
        what: Its name.
        why: In words.
    """

    what: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a run folder holds.

    Attributes:
        folder: Where it lies.
        run: How it came about; `UNKNOWN` where that is lost.
        tasks: Those that could be read, in the order of the run.
        missing: What could not.
    """

    folder: Path
    run: Run
    tasks: tuple[TaskResult, ...]
    missing: tuple[Missing, ...]

    @property
    def finished(self) -> bool:
        """Whether the runner came to its end, where it corrects every p for their number."""
        return self.run is not UNKNOWN

    @property
    def model(self) -> str:
        """Column of the model under test."""
        for column in self.run.columns:
            if column.kind == "model":
                return column.name
        kinds = (s.encoder for t in self.tasks for s in t.scores if s.kind == "model")
        return next(kinds, self.run.model)


def read(folder: Path) -> Loaded:
    """Read a run folder; parts that are absent or damaged are named, not raised.

    Raises:
        RecordError: The folder holds nothing of a run.
    """
    missing: list[Missing] = []
    run = UNKNOWN
    try:
        run = _clean(load_run(folder / "run.json"))
        _check(run, folder / "run.json")
    except RecordError as error:
        run = UNKNOWN
        missing.append(Missing(what="run.json", why=_why(folder / "run.json", error)))
    # A run that was stopped has tasks that nobody has listed yet.
    there = sorted(p.stem for p in (folder / "tasks").glob("*.json"))
    names = list(dict.fromkeys((*run.tasks, *there)))
    tasks = []
    for name in names:
        path = folder / "tasks" / f"{name}.json"
        if not safe(name):
            missing.append(Missing(what=name, why="this is no name of a task"))
            continue
        try:
            task = _clean(load_task(path))
            _check(task, path)
            tasks.append(task)
        except RecordError as error:
            missing.append(Missing(what=name, why=_why(path, error)))
    if run is UNKNOWN and not names:
        raise RecordError(
            "there is no run of the benchmark here",
            source=folder,
            fix="give the folder that `cardioprint bench --out` wrote",
        )
    return Loaded(folder=folder, run=run, tasks=tuple(tasks), missing=tuple(missing))


def safe(name: object) -> bool:
    """Whether a name out of a file may become the name of a file."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _clean(found: Any) -> Any:
    """Return a result without characters that can be shown nowhere."""
    if isinstance(found, str):
        return writable(found)
    if isinstance(found, tuple | list):
        return type(found)(_clean(v) for v in found)
    if isinstance(found, Mapping):
        return {_clean(k): _clean(v) for k, v in found.items()}
    if is_dataclass(found) and not isinstance(found, type):
        return replace(found, **{f.name: _clean(getattr(found, f.name)) for f in fields(found)})
    return found


def _why(path: Path, error: RecordError) -> str:
    if not path.exists():
        return "nothing was written: it was not run yet, or the run was stopped"
    return f"the file is damaged: {error.args[0].removeprefix(f'{path}: ')}"


def _check(found: Any, path: Path) -> None:
    """Raise where a value is of another type than the schema says.

    Raises:
        RecordError: Naming the field.
    """
    for f in fields(found):
        value = getattr(found, f.name)
        if not _fits(value, str(f.type)):
            raise RecordError(
                f"{f.name} should be {f.type}, not {type(value).__name__}",
                source=path,
                field=f.name,
                fix="run the task again",
            )
        for part in value if isinstance(value, tuple) else ():
            if is_dataclass(part):
                _check(part, path)


def _fits(value: Any, kind: str) -> bool:
    if kind in ("float", "int"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind in ("str", "Better"):
        return isinstance(value, str)
    if kind == "bool":
        return isinstance(value, bool)
    if kind.startswith("tuple"):
        return isinstance(value, tuple) and _members(value, kind)
    if kind.startswith("Mapping[str, str]"):
        return isinstance(value, Mapping) and all(isinstance(v, str) for v in value.values())
    return not kind.startswith("Mapping") or isinstance(value, Mapping)


def _members(value: tuple, kind: str) -> bool:
    if kind == "tuple[str, str, str]":
        return len(value) == 3 and all(isinstance(v, str) for v in value)
    inner = kind.removeprefix("tuple[").removesuffix(", ...]")
    wanted = {
        "float": (int, float),
        "int": (int, float),
        "str": (str,),
        "float | str": (int, float, str),
    }
    return inner not in wanted or all(isinstance(v, wanted[inner]) for v in value)
