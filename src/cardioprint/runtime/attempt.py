"""What happens on a worker of a cluster: one attempt at one piece of work.

A worker may die in the middle, and so may its machine. Ray then starts the piece again, elsewhere
perhaps; only the diary can tell the new attempt where the old one was.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from importlib import metadata
from typing import Any

from cardioprint.errors import CardioprintError

DONE, DIED, FAILED, UNFIT = "done", "died", "failed", "unfit"
"""How an attempt ends: with a result; by finding that the one before died of the work; with an
error; because this machine cannot do it at all."""

PATIENCE = 3.0
"""Seconds in which a machine that is alive answers another one of its cluster."""


class Diary:
    """Where every attempt is. An actor on the driver's machine, which outlives all workers.

    Should it be killed, Ray makes a new one, which knows nothing: nobody is blamed for anything.
    """

    def __init__(self) -> None:
        self._under_way: dict[int, tuple[str, int]] = {}

    def begin(self, number: int, node: str) -> int | None:
        """Begin an attempt, unless the one before died of the work.

        Args:
            number: Of the piece.
            node: Of the machine, for Ray.

        Returns:
            The step on which the last attempt died while its machine went on; None: go ahead. An
            attempt that went down with its machine says nothing about the piece.
        """
        before = self._under_way.get(number)
        if before is not None and _alive(before[0]):
            return before[1]
        self._under_way[number] = (node, -1)
        return None

    def note(self, number: int, at: int) -> None:
        """Note that a step begins."""
        node, _ = self._under_way.get(number, ("", -1))
        self._under_way[number] = (node, at)

    def end(self, number: int) -> None:
        """Note that an attempt has ended alive."""
        self._under_way.pop(number, None)

    def last(self, number: int) -> int:
        """Return the step at which the last attempt was; -1: before the first."""
        return self._under_way.get(number, ("", -1))[1]


def attempt(number: int, item: bytes, work: bytes, diary: Any, version: str) -> tuple[str, Any]:
    """Do one piece of work and return how it ended.

    Args:
        number: Of the piece.
        item: The piece, pickled.
        work: What is done with it, pickled: called with the piece and `report`, which takes the
            number of the step that begins.
        diary: Handle of the `Diary`.
        version: Of cardioprint, on the driver.
    """
    import ray
    from ray.cloudpickle import cloudpickle

    if installed() != version:
        return UNFIT, f"it has cardioprint {installed()}, the driver has {version}"

    def report(at: int, *_: object) -> None:
        ray.get(diary.note.remote(number, at))  # waited for: nothing may be lost with this process

    try:
        return DONE, _loaded(work)(cloudpickle.loads(item), report=report)
    except ImportError as error:
        return UNFIT, str(error)
    except CardioprintError as error:
        return FAILED, str(error)
    except Exception as error:  # the driver decides what is to be done about it
        return FAILED, f"{type(error).__name__}: {error}"


def installed() -> str:
    """Return which cardioprint this is."""
    try:
        return metadata.version("cardioprint")
    except metadata.PackageNotFoundError:
        return "not installed"


_works: dict[bytes, Callable[..., Any]] = {}


def _loaded(work: bytes) -> Callable[..., Any]:
    """Return the function, the same object for all pieces: it may keep things loaded."""
    from ray.cloudpickle import cloudpickle

    if work not in _works:
        _works.clear()
        _works[work] = cloudpickle.loads(work)
    return _works[work]


def _alive(node: str) -> bool:
    """Return whether a machine still belongs to the cluster and answers.

    Ray notices that a machine is gone some seconds later than that its workers are.
    """
    import ray

    about = next((n for n in ray.nodes() if n["NodeID"] == node), None)
    if about is None or not about["Alive"]:
        return False
    place = (about["NodeManagerAddress"], about["NodeManagerPort"])
    try:
        socket.create_connection(place, timeout=PATIENCE).close()
    except OSError:
        return False
    return True
