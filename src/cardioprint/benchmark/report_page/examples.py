"""Signals that a task shows: read from `examples/NAME.npz`, checked, never unpickled.

Arrays of the file: `time`, seconds, shape (time,); `ecg` and `ppg` as measured, `made` as made,
normalised, shape (example, time); `r` of each, `lag`, seconds by which `made` is to be moved later,
and `names` ("best", "median", "worst", "random 1"), shape (example,). Which modality was made
stands in the inputs of the task's headline, "ppg>ecg".
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.report_page.loading import safe
from cardioprint.benchmark.results import TaskResult
from cardioprint.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 12
"""Examples that are drawn."""

LONGEST = 100_000
"""Samples of an example; more would be no window."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """One window.

    Attributes:
        name: "best", "median", "worst", or how else it was chosen.
        source: Modality that the model was shown.
        target: Modality that it made.
        time: Seconds, shape (time,).
        shown: Samples of the source, shape (time,).
        truth: Samples of the target as measured.
        made: Samples of the target as generated.
        r: Pearson correlation of made and truth; NaN where unknown.
        lag: Seconds by which made is to be moved later.
    """

    name: str
    source: str
    target: str
    time: NDArray[np.float64]
    shown: NDArray[np.float64]
    truth: NDArray[np.float64]
    made: NDArray[np.float64]
    r: float
    lag: float

    @property
    def seconds(self) -> float:
        """Length of the window."""
        return float(self.time[-1] - self.time[0]) * len(self.time) / max(len(self.time) - 1, 1)


def read(folder: Path, task: TaskResult) -> list[Example]:
    """Return the examples of a task.

    Raises:
        RecordError: The file is absent, damaged or unsafe.
    """
    name = task.examples.removesuffix(".npz")
    if not safe(name):
        raise RecordError("this is no name of a file", source=task.name, field="examples")
    path = folder / "examples" / f"{name}.npz"
    if not path.is_file():
        raise RecordError("the examples are not there", source=path, fix="run the task again")
    try:
        with np.load(path, allow_pickle=False) as found:
            return _examples({k: found[k] for k in found.files}, task)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise RecordError(
            f"the examples cannot be read ({type(error).__name__}: {error})",
            source=path,
            fix="run the task again",
        ) from None


def _examples(arrays: dict[str, NDArray], task: TaskResult) -> list[Example]:
    source, _, target = task.headline[0].partition(">")
    if {source, target} != {"ecg", "ppg"}:
        raise ValueError(f"inputs {task.headline[0]!r} do not say what was made of what")
    time = np.asarray(arrays["time"], np.float64)
    signals = {k: np.asarray(arrays[k], np.float64) for k in ("ecg", "ppg", "made")}
    shape = signals["made"].shape
    if time.ndim != 1 or not 2 <= len(time) <= LONGEST or not (np.diff(time) > 0).all():
        raise ValueError("time does not run forwards")
    if any(s.shape != shape for s in signals.values()) or len(shape) != 2 or shape[1] != len(time):
        raise ValueError("time, ecg, ppg and made differ in shape")
    n = min(shape[0], MOST)
    r, lag = (_numbers(arrays, k, n) for k in ("r", "lag"))
    names = [str(w) for w in np.ravel(arrays.get("names", np.array([], str)))]
    names += [f"window {k + 1}" for k in range(len(names), n)]
    return [
        Example(
            name=names[k],
            source=source,
            target=target,
            time=time - time[0],
            shown=signals[source][k],
            truth=signals[target][k],
            made=signals["made"][k],
            r=r[k],
            lag=lag[k] if math.isfinite(lag[k]) else 0.0,
        )
        for k in range(n)
    ]


def _numbers(arrays: dict[str, NDArray], name: str, n: int) -> list[float]:
    values = np.ravel(arrays[name]).astype(float).tolist() if name in arrays else []
    return (values + [math.nan] * n)[:n]
