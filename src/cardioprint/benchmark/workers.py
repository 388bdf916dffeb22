"""Tasks side by side: one process each, in groups that share what they read and embed.

A group stays with one worker and keeps the order of the catalogue, and every worker computes in
one thread: whatever the number of workers, a window is embedded in the same batch and summed in the
same order, so the figures are the same.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection

from cardioprint.benchmark.tasks.base import Task
from cardioprint.errors import CardioprintError

COSTLIEST = ("rhythm_ppg", "bidmc", "five_class", "uci_bp", "cinc2015", "mortality")
"""Tables, or tasks without one, that take longest: begun first, so that all workers end about
together."""

MOST = 4
"""Workers by default, at most: the largest group takes a quarter of the time of all."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Environment variables set to 1 in workers."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A task to be measured.

    Attributes:
        task: Which one.
        tables: That it reads.
        key: Of its result.
    """

    task: Task
    tables: tuple[str, ...]
    key: str


Measure = Callable[[Job, Callable[[str], None]], str]
"""(job, told what is being done) -> why it was left out; "" where its result was written."""

Say = Callable[[str, int], None]
"""(what is being done, jobs done)."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Jobs that one worker does, one after the other.

    Attributes:
        jobs: In the order of the catalogue.
        tables: Whose vectors they make; what reads the same tables is in the same group.
        after: Tables whose vectors they use: groups that make them come first.
    """

    jobs: tuple[Job, ...]
    tables: frozenset[str]
    after: frozenset[str] = frozenset()


def grouped(jobs: Sequence[Job]) -> list[Group]:
    """Return jobs in groups, the costliest first and those that build on others last."""
    ranks = {table: k for k, table in enumerate(COSTLIEST)}
    first = _sharing([j for j in jobs if j.task.family != "transfer"])
    first.sort(key=lambda g: min(ranks.get(t, len(ranks)) for t in g.tables))
    last = _sharing([j for j in jobs if j.task.family == "transfer"])
    return first + [replace(g, tables=frozenset(), after=g.tables) for g in last]


def _sharing(jobs: Sequence[Job]) -> list[Group]:
    """Return jobs in groups of which no two read the same table."""
    groups: list[Group] = []
    for job in jobs:
        tables = frozenset(job.tables) or frozenset([job.task.name])
        mine = [g for g in groups if g.tables & tables]
        joined = {j.task.name for g in mine for j in g.jobs} | {job.task.name}
        group = Group(
            jobs=tuple(j for j in jobs if j.task.name in joined),
            tables=tables.union(*(g.tables for g in mine)),
        )
        groups = [*(g for g in groups if g not in mine), group]
    return groups


def one_by_one(groups: Sequence[Group], measure: Measure, say: Say) -> Iterator[tuple[Job, str]]:
    """Yield (job, why it was left out or "") as jobs are done in this process."""
    done = 0
    with _this_process_in_one_thread():
        for job in (j for group in groups for j in group.jobs):
            say(job.task.name, done)
            yield job, measure(job, lambda text, done=done: say(text, done))
            done += 1


def side_by_side(
    groups: Sequence[Group], make: Callable[[], Measure], workers: int, say: Say
) -> Iterator[tuple[Job, str]]:
    """Yield (job, why it was left out or "") as jobs are done by processes.

    Args:
        groups: See `grouped`.
        make: Called once in each process; picklable.
        workers: Processes.
        say: Told what each is doing.

    Raises:
        CardioprintError: A job failed or its process died. The other processes are ended; what
            they had finished is there.
    """
    waiting, done = list(groups), 0
    idle: list[_Worker] = []
    busy: list[_Worker] = []
    try:
        while waiting or busy:
            while len(busy) < workers and (group := _next(waiting, busy)):
                worker = idle.pop() if idle else _Worker(make)
                worker.give(group)
                busy.append(worker)
            heard = connection.wait([w.pipe for w in busy])
            for worker in [w for w in busy if w.pipe in heard]:
                job, left_out = worker.job, worker.hear()
                if left_out is None:
                    say(" | ".join(w.doing for w in busy), done)
                    continue
                done += 1
                if worker.free:
                    busy.remove(worker)
                    idle.append(worker)
                yield job, left_out
    finally:
        for worker in (*idle, *busy):
            worker.stop()


def _next(waiting: list[Group], busy: Sequence[_Worker]) -> Group | None:
    """Take the first group that waits for no other."""
    for group in waiting:
        others = [*(g for g in waiting if g is not group), *(w.group for w in busy)]
        if not any(group.after & other.tables for other in others):
            waiting.remove(group)
            return group
    return None


class _Worker:
    """One process and the group it works on."""

    def __init__(self, make: Callable[[], Measure]):
        context = get_context("spawn")  # neither torch's threads nor BLAS's survive a fork
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, make), daemon=True)
        with _new_processes_in_one_thread():
            self.process.start()
        theirs.close()  # so that the pipe ends when the process does
        self.group: Group
        self.job: Job
        self.doing, self._left = "", list[Job]()

    @property
    def free(self) -> bool:
        """Whether its group is finished."""
        return not self._left

    def give(self, group: Group) -> None:
        """Hand it a group, job by job: if it dies, it is known of which one."""
        self.group, self._left = group, list(group.jobs)
        self._begin()

    def _begin(self) -> None:
        self.job = self._left[0]
        self.doing = self.job.task.name
        with contextlib.suppress(OSError):  # that it has died is found out by listening
            self.pipe.send(self.job)

    def hear(self) -> str | None:
        """Take in one message; return how its job ended, None while it works on.

        Raises:
            CardioprintError: It failed, or the process died.
        """
        try:
            kind, text = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(timeout=10)
            raise CardioprintError(
                f"the process that measured {self.job.task.name} {_end(self.process.exitcode)}. "
                "Fix: run the same command again, it goes on where it stopped; with --workers 1 "
                "if memory is short. A script that runs a benchmark needs the line "
                "if __name__ == '__main__'"
            ) from None
        if kind == "failed":
            raise CardioprintError(text)
        if kind == "doing":
            self.doing = text
            return None
        self._left.pop(0)
        if self._left:
            self._begin()
        return text

    def stop(self) -> None:
        """End the process."""
        self.pipe.close()
        if self.process.is_alive():
            self.process.terminate()
        self.process.join(timeout=10)


def _serve(pipe: Connection, make: Callable[[], Measure]) -> None:
    """Measure jobs as they come, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    measure: Measure | None = None
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            job: Job = pipe.recv()
            try:
                measure = measure or make()
                left_out = measure(job, lambda text: pipe.send(("doing", text)))
            except (BrokenPipeError, ConnectionResetError):
                raise
            except CardioprintError as error:
                pipe.send(("failed", str(error)))
            except Exception as error:  # a fault of ours: told in one line, seen with --workers 1
                said = f"{job.task.name}: {type(error).__name__}: {error}"
                pipe.send(("failed", f"{said}. Fix: --workers 1 shows where"))
            else:
                pipe.send(("done", left_out))


def _end_with_parent() -> None:
    """End a process whose parent was killed, and could tell nobody: nothing waits for it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _end(code: int | None) -> str:
    """Return how a process ended, in words."""
    if code is None or code >= 0:
        return f"stopped (exit code {code})"
    names = {s.value: s.name for s in signal.Signals}
    out_of_memory = " (out of memory?)" if code == -signal.SIGKILL else ""
    return f"was ended by {names.get(-code, -code)}{out_of_memory}"


@contextlib.contextmanager
def _new_processes_in_one_thread() -> Iterator[None]:
    """Let processes that are started meanwhile compute in one thread each."""
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


@contextlib.contextmanager
def _this_process_in_one_thread() -> Iterator[None]:
    """Compute in one thread meanwhile: sums of several threads differ in the last digits."""
    import torch
    from threadpoolctl import threadpool_limits

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
