"""Named variables, perhaps nested, perhaps matrices: what MATLAB and NumPy archives hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from cardioprint.errors import ChannelError, SamplingRateError
from cardioprint.readers.arrays import Variable, open_arrays, time_column
from cardioprint.readers.columns import Request
from cardioprint.readers.files import RecordFile
from cardioprint.readers.naming import identify
from cardioprint.types import Modality

RATE_NAMES = ("fs", "sampling_rate", "sample_rate", "sampling_frequency", "samplingrate", "srate")
RATE_NAMES += ("samplerate", "curr_sample_rate", "freq_sampling")
"""Variables that state a sampling rate in hertz, in lower case. `curr_sample_rate` is CODE-15 %'s
rate of the stored series (its `org_sample_rate` is that of the original)."""

FEWEST_SAMPLES = 250
"""A file whose longest series is shorter is not listed as a recording: 2 s at 125 Hz."""

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def open_variables(path: Path, *, content: Mapping[str, Any], request: Request) -> RecordFile:
    """Make a record file of named variables.

    `columns` names a variable (`ecg`), a field of a structure (`data.ppg.v`), an element of a
    structure array (`data[3].ppg.v`) or one series of a matrix (`sig[0]`). In a matrix the
    series run along the longer axis and are counted along the shorter. A rate is taken from a
    variable such as `fs` beside the series or above it.

    Args:
        path: Where they came from.
        content: Variables by name; structures are dictionaries.
        request: What the caller said.

    Raises:
        ChannelError: No such variable, or it is not a series.
        SamplingRateError: Two different rates are stated, or none.
    """
    if request.columns is None:
        place, _ = time_column(list(content))
        # Labels and results are series too: only what is named like a signal is taken unasked.
        keys = [
            k
            for i, (k, v) in enumerate(content.items())
            if _is_series(v) and (i == place or identify(k).modality != Modality.OTHER)
        ]
    else:
        keys = [str(k) for k in request.columns]
    if not keys:
        raise ChannelError(
            f"no variable is recognised as ECG or PPG; the file has {describe(content)}",
            source=path,
            field="columns",
            fix="say which: columns={'x': 'ecg:II:mV'}; a row of a matrix is 'sig[0]'",
        )
    variables = []
    for key in keys:
        # Positions count the variables of the file, so that data without names can be chosen.
        name = list(content)[int(key)] if key.isdecimal() and int(key) < len(content) else key
        samples, holders = _find(content, name, path)
        variables.append(
            Variable(name=key, samples=samples, sampling_rate=_rate(holders, request, path))
        )
    return open_arrays(path, variables=variables, request=request)


def describe(content: Mapping[str, Any]) -> str:
    """Return the names and shapes of variables, for messages."""
    parts = [
        f"{k} {'structure' if isinstance(v, Mapping | list) else np.shape(v)}"
        for k, v in list(content.items())[:30]
    ]
    return ", ".join(parts) or "no variables"


def _is_series(value: Any) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype.kind in "fiu"
        and max(value.shape, default=0) > 1
        and value.size == max(value.shape)
    )


def _find(content: Mapping[str, Any], key: str, path: Path) -> tuple[np.ndarray, list[Mapping]]:
    """Follow a name such as `data[3].ppg.v`; return the series and the structures passed."""
    steps = [(m[1], m[2]) for m in _STEP.finditer(key)]
    if key in content:  # a name with a dot in it
        steps = [(key, None)]
    value = cast(Any, content)
    holders: list[Mapping[str, Any]] = []
    series: np.ndarray | None = None
    for name, index in steps:
        if isinstance(value, dict):
            holders.append(value)
        if series is not None:
            break
        if name is not None and isinstance(value, dict) and name in value:
            value = value[name]
        elif index is not None and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        elif index is not None and isinstance(value, np.ndarray):
            series = _row(value, int(index), key, path)
        else:
            where = describe(holders[-1]) if holders else describe(content)
            raise ChannelError(
                f"there is no {key!r}; the file has {where}",
                source=path,
                field="columns",
                fix="use these names; a row of a matrix is name[0], a field is name.field",
            )
    if series is None and _is_series(value):
        series = cast(np.ndarray, value).reshape(-1)
    if series is None or series.dtype.kind not in "fiub":
        raise ChannelError(
            f"{key!r} is not one series of numbers",
            source=path,
            field="columns",
            fix=f"choose one series of it: '{key}[0]'",
        )
    return series, holders


def _row(value: np.ndarray, index: int, key: str, path: Path) -> np.ndarray:
    """Return one series of a matrix; the series run along the longer axis."""
    matrix = np.atleast_2d(value)
    rows, columns = matrix.shape[0], matrix.shape[-1]
    if matrix.ndim != 2 or (rows == columns and rows > 1):
        raise ChannelError(
            f"{key!r}: a matrix of {value.shape} does not tell which axis is time",
            source=path,
            field="columns",
            fix="save one variable per channel",
        )
    if rows > columns:
        matrix = matrix.T
    if index >= len(matrix):
        raise ChannelError(
            f"{key!r}: the matrix holds {len(matrix)} series",
            source=path,
            field="columns",
            fix=f"count from 0 to {len(matrix) - 1}",
        )
    return matrix[index]


def _rate(holders: list[Mapping], request: Request, path: Path) -> float | None:
    """Return the rate stated nearest to the series, if any."""
    for holder in reversed(holders):
        stated = {
            name: float(np.asarray(value).reshape(-1)[0])
            for name, value in holder.items()
            if name.lower() in RATE_NAMES
            and np.size(value) == 1
            and np.asarray(value).dtype.kind in "fiu"
        }
        if len(set(stated.values())) > 1 and request.sampling_rate is None:
            raise SamplingRateError(
                f"the file states several rates: {stated}",
                source=path,
                field="sampling_rate",
                fix="pass the true one as sampling_rate=",
            )
        if stated:
            rates = list(stated.values())
            given = request.sampling_rate
            return given if len(set(rates)) > 1 else rates[0]
    return None
