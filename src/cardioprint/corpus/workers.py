"""The local engine: processes that may die without taking the build with them.

A pool of the standard library ends when one of its processes is killed and cannot say what that
process was doing. These report every record before they open it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from typing import Any

from cardioprint.corpus.units import PreparedUnit, Unit
from cardioprint.errors import CardioprintError

Work = Callable[..., PreparedUnit]
"""`units.prepare_unit` without its unit: called with the unit and `report=`."""

Take = Callable[[], Unit | None]
"""Returns the next unit, None where there is none to be had now."""

Watch = Callable[[Unit, int, float], None]
"""Called with a unit, how many of its records are finished, and their hours."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LANCE_CPU_THREADS")
"""Environment variables set to 1 in workers: there are as many of them as cores."""

MOST_FALSE_STARTS = 3
"""Workers that may die before their first record until the build gives up."""


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What is known of a unit whose worker died.

    Attributes:
        at: Position of the record it was on.
        reason: How it ended.
    """

    at: int
    reason: str


def run(
    take: Take, work: Work, workers: int, watch: Watch
) -> Iterator[tuple[Unit, PreparedUnit | Lost]]:
    """Yield units with what became of them, until `take` has none and all are finished.

    Args:
        take: Gives the next unit.
        work: What is done with it; picklable.
        workers: Processes; 0: none, all is done in this one, whose death would end the build.
        watch: Told of progress.

    Raises:
        CardioprintError: Files cannot be written, or workers cannot start.
    """
    if workers == 0:
        while (unit := take()) is not None:
            yield unit, work(unit, report=partial(watch, unit))
        return
    idle: list[_Worker] = []
    busy: list[_Worker] = []
    false_starts = 0
    try:
        while True:
            while len(busy) < workers and (unit := take()) is not None:
                worker = idle.pop() if idle else _Worker(work)
                busy.append(worker)
                worker.give(unit)
            if not busy:
                return
            for worker in _speaking(busy):
                outcome = worker.hear(watch)
                if outcome is None:
                    continue
                busy.remove(worker)
                if isinstance(outcome, PreparedUnit):
                    idle.append(worker)
                    false_starts = 0
                elif outcome.at < 0:
                    false_starts += 1
                    if false_starts >= MOST_FALSE_STARTS:
                        raise CardioprintError(
                            f"workers die before their first record ({outcome.reason}). Fix: give "
                            "fewer workers, or free memory; a script that builds needs the line "
                            "if __name__ == '__main__'"
                        )
                yield worker.unit, outcome
    finally:
        for worker in (*idle, *busy):
            worker.stop()


class _Worker:
    """One process and the unit it works on."""

    def __init__(self, work: Work):
        context = get_context("spawn")  # Lance's threads do not survive a fork
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        with _one_thread():
            self.process.start()
        theirs.close()  # so that the pipe ends when the process does
        self.unit: Any = None
        self.at = -1

    def give(self, unit: Unit) -> None:
        """Hand it a unit; that it has died already is found out by listening."""
        self.unit, self.at = unit, -1
        with contextlib.suppress(OSError):
            self.pipe.send(unit)

    def hear(self, watch: Watch) -> PreparedUnit | Lost | None:
        """Take in one message; return what became of the unit, None while it works on."""
        try:
            kind, *content = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(timeout=10)
            return Lost(at=self.at, reason=_end(self.process.exitcode))
        if kind == "at":
            self.at, hours = content
            watch(self.unit, self.at, hours)
            return None
        if kind == "failed":
            raise CardioprintError(content[0])
        return content[0]

    def stop(self) -> None:
        """End the process."""
        self.pipe.close()
        if self.process.is_alive():
            self.process.terminate()
        self.process.join(timeout=10)


def _speaking(busy: list[_Worker]) -> list[_Worker]:
    """Wait until some workers have said something or died."""
    ready = connection.wait([w.pipe for w in busy])
    return [w for w in busy if w.pipe in ready]


def _serve(pipe: Connection, work: Work) -> None:
    """Work on units as they come; the process ends with its parent, whose end breaks the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    try:
        while True:
            unit = pipe.recv()
            try:
                done = work(unit, report=lambda at, hours: pipe.send(("at", at, hours)))
            except CardioprintError as error:
                pipe.send(("failed", str(error)))
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:  # not a record's fault: those are caught further down
                pipe.send(("failed", f"{type(error).__name__}: {error}"))
            else:
                pipe.send(("done", done))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _end(code: int | None) -> str:
    """Return how a process ended, in words."""
    if code is None or code >= 0:
        return f"its worker stopped (exit code {code})"
    names = {s.value: s.name for s in signal.Signals}
    out_of_memory = " (out of memory?)" if code == -signal.SIGKILL else ""
    return f"its worker was ended by {names.get(-code, -code)}{out_of_memory}"


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes started meanwhile compute in one thread each."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
