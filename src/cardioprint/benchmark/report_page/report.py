"""What every part of the report is given, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cardioprint.benchmark.report_page import examples
from cardioprint.benchmark.report_page.examples import Example
from cardioprint.benchmark.report_page.figures.looks import Look, looks
from cardioprint.benchmark.report_page.loading import Loaded
from cardioprint.benchmark.report_page.markup import Markup, identifier
from cardioprint.benchmark.report_page.standing import Standing, standings
from cardioprint.benchmark.results import TaskResult
from cardioprint.errors import RecordError

QUICK = "Quick run: not for quoting"
UNFINISHED = "Unfinished run: not for quoting"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page.

    Attributes:
        anchor: Its id.
        title: Its heading.
        body: What follows the heading.
        children: (anchor, title) of what is listed below it in the contents.
    """

    anchor: str
    title: str
    body: Markup
    children: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Report:
    """A run and everything that is worked out once.

    Attributes:
        loaded: What was read.
    """

    loaded: Loaded

    @property
    def model(self) -> str:
        """Name of the model under test."""
        return self.loaded.model

    @property
    def mark(self) -> str:
        """What stands beside every figure that is no headline; "" where they are."""
        if not self.loaded.finished:
            return UNFINISHED
        return QUICK if self.loaded.run.quick else ""

    @cached_property
    def standings(self) -> list[Standing]:
        """Where the model stands in each task."""
        return standings(self.loaded)

    @cached_property
    def looks(self) -> Mapping[str, Look]:
        """How each encoder looks."""
        return looks(self.loaded)

    @cached_property
    def anchors(self) -> dict[str, str]:
        """Id of each task on the page."""
        used: set[str] = set()
        return {t.name: f"task-{identifier(t.name, used)}" for t in self.loaded.tasks}

    @cached_property
    def examples(self) -> dict[str, list[Example] | str]:
        """Examples of the tasks that have some, or why they cannot be shown."""
        out: dict[str, list[Example] | str] = {}
        for task in self.loaded.tasks:
            if task.examples:
                try:
                    out[task.name] = examples.read(self.loaded.folder, task)
                except RecordError as error:
                    out[task.name] = str(error.args[0]).replace(f"{self.loaded.folder}/", "")
        return out

    def family(self, name: str) -> list[TaskResult]:
        """Return the tasks of a family."""
        return [t for t in self.loaded.tasks if t.family == name]
