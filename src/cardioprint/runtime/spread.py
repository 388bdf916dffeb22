"""Many pieces of work on a Ray cluster, whose workers and machines may die at any moment.

A Ray Data job streams the pieces through as many tasks as there are cores. Ray starts a piece
again whose worker is gone, as often as it takes; if the work was to blame, the new attempt says so
instead of dying of it as well. Only pieces and results pass through the driver: both are small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cardioprint.errors import CardioprintError
from cardioprint.runtime.attempt import DIED, DONE, FAILED, UNFIT, Diary, installed

if TYPE_CHECKING:
    from cardioprint.runtime.cluster import Cluster

EVERY_CORE = 2**31
"""So many workers: as many as the cluster has cores, whatever joins or leaves it."""

CORES = 64
"""Cores that share a diary: it takes in some thousand notes a second, a core makes about 20."""

PATIENCE = 180.0
"""Seconds in which a cluster starts a process, however busy it is."""

BLOCK_BYTES = 2**20
"""Bytes of a result that Ray Data reckons with before it has seen any: with its usual 128 MB a
small store would hold up the start of tasks."""


@dataclass(frozen=True, kw_only=True)
class Died:
    """What is known of a piece whose workers died.

    Attributes:
        at: Step that was under way; -1: none yet.
    """

    at: int


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A piece that ended with an error.

    Attributes:
        message: What the error says.
    """

    message: str


def spread(
    items: Sequence[Any], work: Callable[..., Any], *, cluster: Cluster, workers: int
) -> Iterator[tuple[int, Any]]:
    """Yield (position, result, `Died` or `Failed`) of every item, as they end.

    Args:
        items: Pieces of work, picklable.
        work: Called on a worker with an item and `report=`, to be called with the number of each
            step before it begins; picklable. It may run several times for one item, even at the
            same time; one result is yielded.
        cluster: Where; joined.
        workers: Most tasks at a time.

    Raises:
        CardioprintError: A machine of the cluster cannot do this work, or the cluster failed.
    """
    import ray
    import ray.data
    from ray.cloudpickle import cloudpickle
    from ray.exceptions import RayError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here: Any = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    make: Any = ray.remote(
        num_cpus=0, scheduling_strategy=here, max_restarts=-1, max_task_retries=-1
    )(Diary)
    diaries = [make.remote() for _ in range(1 + min(workers, cluster.cores()) // CORES)]
    try:
        ray.get([diary.last.remote(0) for diary in diaries], timeout=PATIENCE)
    except RayError as error:
        raise CardioprintError(
            f"nothing can be started on the Ray cluster ({_line(error)}). Fix: see that its "
            "machines have memory left; where RAY_AUTH_MODE=token is set for this process, the "
            "cluster has to be started with the same token"
        ) from error
    rows = [{"number": n, "item": cloudpickle.dumps(item)} for n, item in enumerate(items)]
    most = None if workers >= EVERY_CORE else min(max(workers, 1), len(rows))
    left = set(range(len(rows)))
    try:
        job = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            _task(cloudpickle.dumps(work), diaries),
            batch_size=1,
            batch_format="pyarrow",
            num_cpus=1,
            compute=ray.data.TaskPoolStrategy(most),
        )
        job.context.enable_progress_bars = False
        job.context.print_on_execution_start = False
        job.context.max_errored_blocks = -1  # a piece that is given up is found missing below
        job.context.target_max_block_size = BLOCK_BYTES
        results: Any = job.iter_batches(batch_size=1, batch_format="pyarrow", prefetch_batches=0)
        for batch in results:
            (row,) = batch.to_pylist()
            number, (kind, content) = row["number"], cloudpickle.loads(row["outcome"])
            if kind == UNFIT:
                raise CardioprintError(
                    f"machine {row['host']} of the cluster cannot do this work: {content}. Fix: "
                    "install the same cardioprint[ray] on all machines, in the Python that `ray "
                    "start` runs with"
                )
            if number in left:
                left.remove(number)
                yield number, _outcome(kind, content)
        for number in sorted(left):
            yield number, Died(at=ray.get(diaries[number % len(diaries)].last.remote(number)))
    except RayError as error:
        raise CardioprintError(
            f"the Ray cluster failed ({_line(error)}). Fix: run it again, it goes on where it ended"
        ) from error
    finally:
        for diary in diaries:
            ray.kill(diary)


def _line(error: Exception) -> str:
    """Return the beginning of what an error says, in one line."""
    return " ".join(str(error).split())[:300]


def _outcome(kind: str, content: Any) -> Any:
    """Return an attempt's end as it is yielded."""
    if kind == DIED:
        return Died(at=content)
    if kind == FAILED:
        return Failed(message=content)
    assert kind == DONE
    return content


def _task(work: bytes, diaries: Sequence[Any]) -> Callable[[Any], Any]:
    """Return the function that Ray runs.

    It is defined in here so that Ray sends its code: where cardioprint is missing, or loading it
    kills the worker, that can still be told.
    """
    version, unfit, died = installed(), UNFIT, DIED

    def task(batch: Any) -> Any:
        import os
        import socket

        import pyarrow as pa
        import ray
        from ray.cloudpickle import cloudpickle

        (row,) = batch.to_pylist()
        number, node = row["number"], ray.get_runtime_context().get_node_id()
        diary = diaries[number % len(diaries)]
        died_at = ray.get(diary.begin.remote(number, node))
        if died_at is not None:
            outcome = (died, died_at)
        else:
            os.environ.setdefault("LANCE_CPU_THREADS", "1")  # there is a task for every core
            try:
                from cardioprint.runtime.attempt import attempt
            except ImportError as error:
                outcome = (unfit, str(error))
            else:
                outcome = attempt(number, row["item"], work, diary, version)
            ray.get(diary.end.remote(number))
        told = {"number": [number], "host": [socket.gethostname()]}
        return pa.table({**told, "outcome": [cloudpickle.dumps(outcome)]})

    return task
