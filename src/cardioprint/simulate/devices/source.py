"""An endless source of measured pairs for training, on any device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from cardioprint.errors import RecordError
from cardioprint.simulate.batch import pairs
from cardioprint.simulate.devices.config import DeviceConfig
from cardioprint.simulate.devices.measuring import USUAL, Measured, measured
from cardioprint.simulate.draws import LOW


class Position(NamedTuple):
    """Where a stream goes on; save it in a checkpoint.

    Attributes:
        first: Number of the next person.
        record: Which of that person's records.
    """

    first: int = 0
    record: int = 1


def stream(
    seed: int,
    batch: int,
    *,
    position: Position = Position(),  # noqa: B008  a tuple of numbers, which nobody can change
    people: int | None = None,
    part: tuple[int, int] = (0, 1),
    config: DeviceConfig = USUAL,
    xp: Any = np,
    device: Any = "cpu",
    **windows: Any,
) -> Iterator[tuple[Position, Measured]]:
    """Yield measured batches without end, each with the position that follows it.

    A stream started at that position goes on as if it had never stopped.

    Args:
        seed: Of people, hearts and devices.
        batch: Windows at a time.
        position: Where to begin.
        people: As many different people; then they come again with their next record. None: new
            people only.
        part: (which, of how many): several processes share the people between them, batch by
            batch; a position is valid for all of them.
        config: What devices there are.
        xp: `numpy`, or the module `torch`.
        device: Device of the tensors.
        windows: Further arguments of `pairs`: seconds, sampling_rate, leads, balanced, ...

    Raises:
        RecordError: A number of windows, people or parts that cannot be.
    """
    which, parts = part
    _check(batch, people, which, parts)
    first, record = position
    last = people if people is not None else (LOW // batch // parts) * batch * parts
    while True:
        made = pairs(
            batch,
            seed,
            first=first + which * batch,
            record=record,
            xp=xp,
            device=device,
            **windows,
        )
        first += batch * parts
        if first >= last:
            first, record = 0, record + 1
        yield Position(first, record), measured(made, seed=seed, config=config)


def _check(batch: int, people: int | None, which: int, parts: int) -> None:
    for field, value, good, fix in (
        ("batch", batch, batch >= 1, "give 1 or more windows"),
        ("part", (which, parts), 0 <= which < parts, "give (which, of how many) from (0, 1)"),
        (
            "people",
            people,
            people is None or (people > 0 and people % (batch * parts) == 0),
            "give a multiple of batch x parts, so that every person comes as often",
        ),
    ):
        if not good:
            raise RecordError(
                f"{field} {value!r} is not possible", source="stream", field=field, fix=fix
            )
