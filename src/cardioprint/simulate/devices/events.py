"""When something happens to a sensor: stretches in time, and the envelopes they give a signal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, log, sqrt
from typing import TYPE_CHECKING

from cardioprint.simulate.backend import Array
from cardioprint.simulate.devices.device import log_uniform

if TYPE_CHECKING:
    from cardioprint.simulate.backend import Backend
    from cardioprint.simulate.devices.config import DeviceConfig, Range
    from cardioprint.simulate.devices.device import Device
    from cardioprint.simulate.draws import Draws

ECG_KINDS = ("muscle", "electrode_noise", "lead_off", "clipped", "gap")
PPG_KINDS = ("motion", "walking", "gain_step", "sensor_off", "clipped", "gap")
"""Kinds of artefacts a modality can have, in the order of `Artefact.kind` names."""

SECONDS = {
    "muscle": "muscle_seconds",
    "electrode_noise": "electrode_seconds",
    "lead_off": "lead_off_seconds",
    "motion": "motion_seconds",
    "walking": "walking_seconds",
    "gain_step": "gain_step_seconds",
    "sensor_off": "sensor_off_seconds",
    "gap": "gap_seconds",
}
"""Kinds that come as events, and the field with their length."""

EXTRA = 4
"""Numbers of each event's own: size, sign and what else a kind needs."""

AT_ONCE = 1 << 20
"""Samples of events that are worked on at a time, so that hours fit into memory."""


@dataclass(frozen=True, kw_only=True)
class Events:
    """Events of one kind; the arrays have one entry an event.

    Attributes:
        row: int64, the record.
        start: Seconds.
        stop: Seconds, after `start`; both may lie outside the record.
        chance: Uniform numbers of their own, shape (event, EXTRA).
    """

    row: Array
    start: Array
    stop: Array
    chance: Array

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.row)

    def pick(self, which: Array) -> Events:
        """Return some of them."""
        return Events(
            row=self.row[which],
            start=self.start[which],
            stop=self.stop[which],
            chance=self.chance[which],
        )


def draw_events(
    kind: str, draws: Draws, device: Device, config: DeviceConfig, *, seconds: float
) -> Events:
    """Draw the events of a kind that touch the records: pauses and events take turns.

    Args:
        kind: Out of `SECONDS`.
        draws: Chance of the records.
        device: Their devices.
        config: How often and how long.
        seconds: Length of a record.
    """
    b, xp = draws.backend, draws.backend.xp
    an_hour: float = getattr(config, kind)
    between: Range = getattr(config, SECONDS[kind])
    low, high = between
    rate = an_hour / 3600 * device.restless
    if kind == "walking":
        rate = xp.where(device.walks, an_hour / 3600 + 0 * rate, 0 * rate)
    elif kind == "gain_step":
        rate = xp.where(device.auto_gain, rate, 0 * rate)
    most = float(xp.max(rate)) if len(rate) else 0.0
    if most == 0:
        some = b.integers(draws.people[:0])
        nothing = b.zeros(0)
        return Events(row=some, start=nothing, stop=nothing, chance=b.zeros(0, EXTRA))
    before = 2 * high  # by then the turns have forgotten how they began
    usual = (high - low) / log(high / low) if high > low else low
    expected = (seconds + before) / (1 / most + usual)
    count = ceil(expected + 5 * sqrt(expected) + 3)
    u = draws.uniform(f"device {kind}", count, 2)
    pause = -xp.log(u[:, :, 0]) / rate.clip(1e-9, 1e9)[:, None]
    length = log_uniform(u[:, :, 1], between)
    stop = xp.cumsum(pause + length, axis=1) - before
    start = stop - length
    row, column = b.where_true((start < seconds) & (stop > 0))
    own = draws.uniform(f"device {kind} sizes", count, EXTRA)
    return Events(
        row=row, start=start[row, column], stop=stop[row, column], chance=own[row, column]
    )


@dataclass(frozen=True, kw_only=True)
class Track:
    """Signals of some records as one flat series, onto which events are put.

    Attributes:
        records: How many.
        count: Samples of each.
        rate: Hertz.
        b: Where the arrays live.
    """

    records: int
    count: int
    rate: float
    b: Backend

    def pieces(self, events: Events) -> list[Piece]:
        """Return the samples of each event, some events at a time."""
        if not len(events):
            return []
        b, xp = self.b, self.b.xp
        first = b.to_int(xp.ceil(events.start * self.rate)).clip(0, self.count)
        last = b.to_int(xp.ceil(events.stop * self.rate)).clip(0, self.count)
        width = max(int(xp.max(last - first)), 1)
        step = max(1, AT_ONCE // width)
        pieces = []
        for begin in range(0, len(events), step):
            part = slice(begin, begin + step)
            some = events.pick(part)
            index = first[part, None] + b.arange(width)[None, :]
            inside = index < last[part, None]
            place = xp.where(inside, some.row[:, None] * self.count + index, 0 * index)
            time = b.to_float(index) / self.rate
            pieces.append(Piece(events=some, place=place, time=time, inside=inside))
        return pieces

    def flags(self, events: Events) -> Array:
        """Return bool, shape (record, time): True during the events."""
        flags = self.b.flags(self.records * self.count)
        for piece in self.pieces(events):
            flags[piece.place[piece.inside]] = True
        return flags.reshape(self.records, self.count)

    def envelope(self, events: Events, size: Array, *, ramp: float) -> Array:
        """Return the size of the events over time, 0 where there is none.

        Args:
            events: What happens.
            size: Of each.
            ramp: Seconds in which it rises and falls; 0 for a jump.

        Returns:
            Shape (record, time).
        """
        flat = self.b.zeros(self.records * self.count)
        begin = 0
        for piece in self.pieces(events):
            mine = size[begin : begin + len(piece.events), None]
            begin += len(piece.events)
            value = mine * piece.shape(ramp, self.b) if ramp else mine + 0 * piece.time
            flat[piece.place[piece.inside]] = value[piece.inside]
        return flat.reshape(self.records, self.count)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """The samples of some events, padded to the longest.

    Attributes:
        events: Whose.
        place: int64, in the flat series, shape (event, sample).
        time: Seconds in the record, same shape.
        inside: bool, same shape: the sample is the event's.
    """

    events: Events
    place: Array
    time: Array
    inside: Array

    def shape(self, ramp: float, b: Backend) -> Array:
        """Return 0 at both ends of each event, 1 in its middle, by smooth ramps."""
        length = self.events.stop - self.events.start
        edge = b.xp.minimum(0 * length + ramp, 0.5 * length)[:, None]
        since = (self.time - self.events.start[:, None]) / edge
        until = (self.events.stop[:, None] - self.time) / edge
        x = b.xp.minimum(since, until).clip(0.0, 1.0)
        return x * x * (3 - 2 * x)


def only(device: Device, draws: Draws, rows: Array) -> tuple[Device, Draws]:
    """Return devices and chance of some of the records: the same numbers as among all."""
    return device.rows(rows), replace(draws, people=draws.people[rows])
