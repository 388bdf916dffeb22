"""Series held in memory: the common end of the table, MATLAB and NumPy readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import ChannelError, TimestampError
from cardioprint.readers.columns import Request, parse_spec, position
from cardioprint.readers.files import RecordFile, Span
from cardioprint.readers.naming import Identity, split_unit
from cardioprint.readers.series import Series, check_given_rate, make_file
from cardioprint.readers.timestamps import Clock, clock_of
from cardioprint.readers.units import SECONDS, plain
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TIME_WORDS = {"time", "t", "timestamp", "timestamps", "elapsed time", "times"}
_TIME_NAMES = {"time_ms": 1e-3, "timestamp_ms": 1e-3, "t_ms": 1e-3, "time_s": 1.0, "time_us": 1e-6}


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One series of numbers with what the file says of it.

    Attributes:
        name: As in the file, or "".
        samples: Shape (time,); None where the series was not asked for or is no number.
        unit: As in the file, or "".
        sampling_rate: Where the file states one for this series.
        guess: What it is, where more than the name tells.
    """

    name: str
    samples: NDArray | None
    unit: str = ""
    sampling_rate: float | None = None
    guess: Identity | None = None


def open_arrays(
    path: Path,
    *,
    variables: Sequence[Variable],
    request: Request,
    notes: Mapping[str, str] | None = None,
) -> RecordFile:
    """Make a record file of series in memory.

    Args:
        path: Where they came from.
        variables: The series, in file order.
        request: What the caller said.
        notes: See `RecordFile`.

    Raises:
        SamplingRateError: No rate stated, given, or to be had from a time column.
        TimestampError: A time column that cannot be used.
        ChannelError: Series and time column differ in length, or are not numbers.
    """
    time_at, clock = _clock(variables, request, path)
    wanted = _wanted(variables, request, time_at, path)
    check_given_rate(
        [float(r) for i in wanted if not clock and (r := variables[i].sampling_rate)], request, path
    )
    n_rows = 0 if time_at is None else len(_numbers(variables[time_at], path, "fiubM"))
    series = []
    for i, v in enumerate(variables):
        rate = clock.sampling_rate if clock else (v.sampling_rate or request.sampling_rate)
        length = 0
        if i in wanted:
            length = len(_numbers(v, path))
            if clock and length != n_rows:
                raise ChannelError(
                    f"{v.name!r} has {length} samples, the time column {n_rows}",
                    source=path,
                    field=v.name,
                    fix="give series of one length, or sampling_rate= without a time column",
                )
        series.append(
            Series(
                name=v.name,
                unit=v.unit,
                guess=v.guess,
                sampling_rate=rate,
                n_samples=clock.n_samples if clock else length,
            )
        )

    def load(spans: Sequence[Span]) -> list[NDArray[np.float64]]:
        read = []
        for i, first, last in spans:
            samples = _numbers(variables[i], path)
            if clock and clock.times is not None:
                samples = clock.place(samples.astype(np.float64))
            read.append(samples[first:last].astype(np.float64))
        return read

    notes = dict(notes or {})
    if clock and clock.note:
        notes["resampled"] = clock.note
    skip = set(range(len(variables))) - wanted
    return make_file(path, series=series, request=request, load=load, notes=notes, skip=skip)


def time_column(names: Sequence[str]) -> tuple[int | None, float | None]:
    """Return the position of a recognisable time column and the seconds in one of its units.

    Both are None where there is none; the second also where the name gives no unit.
    """
    for i, name in enumerate(names):
        base, unit = split_unit(name)
        if name.strip().lower() in _TIME_NAMES:
            return i, _TIME_NAMES[name.strip().lower()]
        if base.lower() in _TIME_WORDS:
            return i, SECONDS.get(plain(unit))
    return None, None


def _clock(
    variables: Sequence[Variable], request: Request, path: Path
) -> tuple[int | None, Clock | None]:
    """Return where the time column stands, if there is one, and the clock it makes."""
    names = [v.name for v in variables]
    place, tick = None, None
    for key, text in (request.columns or {}).items():
        spec = parse_spec(text, source=path, key=key)
        if spec.identity is None:
            place, tick = position(key, names, source=path, argument="columns"), spec.tick
    rate = request.sampling_rate
    if place is None and (request.columns is None or rate is None):
        place, tick = time_column(names)
        if place is not None and tick is None:
            tick = SECONDS.get(plain(variables[place].unit))
        stated = [v.sampling_rate for v in variables]
        if place is not None and rate is None and all(stated):
            return place, None  # the file gives both; its rate needs no interpretation
    if place is None:
        return None, None
    name, times = names[place], _numbers(variables[place], path, "fiubM")
    if times.dtype.kind in "mM":  # date and time, from Parquet or an ISO 8601 column
        times, tick = (
            times.astype("datetime64[ns]").astype(np.int64)
            - times[0].astype("datetime64[ns]").astype(np.int64),
            1e-9,
        )
    if tick is None and rate is not None and len(times) > 1:
        steps = float(np.median(np.diff(times.astype(np.float64))))
        # Seconds and milliseconds differ by 1,000: a given rate tells them apart.
        tick = next((t for t in (1.0, 1e-3, 1e-6) if 0.5 < steps * t * rate < 2), None)
    if tick is None:
        raise TimestampError(
            f"column {name!r} holds times in a unit it does not name",
            source=path,
            field=name,
            fix=f"say columns={{{name!r}: 'time' (seconds) or 'time_ms', ...}}",
        )
    seconds = times.astype(np.float64) * tick
    return place, clock_of(seconds, sampling_rate=rate, source=path, field=name)


def _wanted(
    variables: Sequence[Variable], request: Request, time_at: int | None, path: Path
) -> set[int]:
    """Return the positions of the series that become channels."""
    if request.columns is None:
        return {
            i
            for i, v in enumerate(variables)
            if v.samples is not None and v.samples.dtype.kind in "fiub" and i != time_at
        }
    names = [v.name for v in variables]
    return {
        position(key, names, source=path, argument="columns")
        for key, text in request.columns.items()
        if parse_spec(text, source=path, key=key).identity is not None
    }


def _numbers(variable: Variable, path: Path, kinds: str = "fiub") -> NDArray:
    """Return the samples of a variable, or say that they are no numbers of these dtype kinds."""
    samples = variable.samples
    if samples is None or samples.dtype.kind not in kinds or samples.ndim != 1:
        raise ChannelError(
            f"{variable.name!r} is not a series of real numbers",
            source=path,
            field=variable.name or "columns",
            fix="choose another column, or correct the cells that hold text",
        )
    return samples


CAMERA = ("R", "G", "B")
"""Column names of a phone camera held against a fingertip: three colours, three PPGs."""


def camera_guess(name: str, names: Sequence[str]) -> Identity | None:
    """Return PPG for R, G and B where all three stand together: one alone means nothing."""
    if name in CAMERA and set(CAMERA).issubset(names):
        return Identity(modality=Modality.PPG, site="camera")
    return None
