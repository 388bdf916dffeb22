"""The same ten seconds of one person through six devices, on one sheet to be judged by eye."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.plotting import style
from cardioprint.simulate import KINDS, Measured, Morphology, Rhythm, measured, pairs
from cardioprint.simulate.devices.device import PULSE
from cardioprint.types import Modality

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SECONDS, RATE, TRIES = 10.0, 250.0, 2000
"""Length and rate of a panel, and devices among which one of each sort is looked for."""

CROWD = 60
"""People among whom a healthy one with a usual pulse is chosen."""

MONITOR, RECORDER, WEARABLE = range(3)
"""Places in `KINDS`."""

Wanted = Callable[[Measured], bool]


def _steady(made: Measured) -> bool:
    return not any(bool(made.spoilt(m).any()) for m in (Modality.ECG, Modality.PPG))


def _spoilt(made: Measured, modality: Modality, kind: str) -> bool:
    """True where one kind takes part of the window."""
    return 0.2 < float(made.masks[modality][kind].mean()) < 0.8


def _is(made: Measured, kind: int) -> bool:
    return int(made.device.kind[0]) == kind


SORTS: tuple[tuple[str, Wanted], ...] = (
    (
        "Monitor, PPG on time",
        lambda m: _is(m, MONITOR) and _steady(m) and float(m.device.delay[0]) == 0,
    ),
    (
        "Monitor, PPG 0.3 s late",
        lambda m: _is(m, MONITOR) and _steady(m) and float(m.device.delay[0]) > 0.3,
    ),
    (
        "Recorder beside mains",
        lambda m: _is(m, RECORDER) and _steady(m) and 0.02 < float(m.device.hum[0]) < 0.05,
    ),
    ("An electrode is pulled", lambda m: _spoilt(m, Modality.ECG, "electrode_noise")),
    (
        "Wearable, its wearer sets off",
        lambda m: _is(m, WEARABLE) and _spoilt(m, Modality.PPG, "walking"),
    ),
    (
        "The PPG sensor is moved",
        lambda m: (
            _spoilt(m, Modality.PPG, "motion") and bool(m.masks[Modality.PPG]["clipped"].any())
        ),
    ),
)
"""Title of a row, and how to know its device."""


def draw(path: Path, *, seed: int = 0) -> None:
    """Write the sheet as PNG: a row for each device, ECG left, PPG right.

    Grey is what the truth calls spoilt; the ticks are the R peaks, and the feet of the pulses on
    the record's clock.

    Args:
        path: The picture.
        seed: Of the person and the devices.
    """
    from matplotlib.figure import Figure

    people = pairs(CROWD, seed, seconds=1.0).life.people
    unusual = np.abs(np.log(np.asarray(people.perfusion) / PULSE)) + 9 * (
        (np.asarray(people.morphology) != Morphology.NORMAL)
        | (np.asarray(people.rhythm) != Rhythm.SINUS)
    )
    person = int(np.argmin(unusual))
    body = pairs(1, seed, seconds=SECONDS, sampling_rate=RATE, first=person)
    found: dict[str, Measured] = {}
    for number in range(TRIES):
        if len(found) == len(SORTS):
            break
        made = measured(body, seed=seed, first=number)
        for title, wanted in SORTS:
            if title not in found and wanted(made):
                found[title] = made
    figure = Figure(figsize=(style.WIDTH, 9.6), dpi=style.DPI, facecolor=style.PAPER)
    grid = figure.add_gridspec(
        len(found), 2, hspace=0.42, wspace=0.08, left=0.045, right=0.985, top=0.90, bottom=0.035
    )
    figure.text(
        0.03, 0.962, "One body, six devices", fontsize=style.TITLE, weight="bold", color=style.INK
    )
    figure.text(
        0.985,
        0.964,
        "the same ten seconds in mV and NU; simulated. Grey: spoilt. Ticks: R peaks, pulse feet",
        ha="right",
        fontsize=style.LABEL,
        color=style.MUTED,
    )
    rows = [(title, found[title]) for title, _ in SORTS if title in found]
    for row, (title, made) in enumerate(rows):
        family = KINDS[int(made.device.kind[0])].name
        bits = (int(made.device.ecg_bits[0]), int(made.device.ppg_bits[0]))
        left, right = (figure.add_subplot(grid[row, column]) for column in range(2))
        _panel(left, made, Modality.ECG, (f"{title}", style.ECG), f"{family}, {bits[0]} bit")
        late = f", {1000 * float(made.device.delay[0]):.0f} ms late"
        note = f"{bits[1]} bit" + (late if float(made.device.delay[0]) else "")
        _panel(right, made, Modality.PPG, ("PPG", style.PPG), note)
    figure.savefig(path)


def _panel(
    axes: Axes, made: Measured, modality: Modality, name: tuple[str, str], note: str
) -> None:
    ecg = modality == Modality.ECG
    signal = np.asarray(made.ecg[0, 0] if ecg else made.ppg[0])
    marks = np.asarray(made.truth.r_peaks[0] if ecg else made.truth.onsets[0])
    time = np.arange(len(signal)) / RATE
    style.bare(axes)
    spoilt = np.asarray(made.spoilt(modality)[0])
    axes.fill_between(
        time,
        0,
        1,
        where=spoilt.tolist(),
        transform=axes.get_xaxis_transform(),
        color=style.FAINT,
        linewidth=0,
    )
    axes.plot(time, signal, color=style.ECG if ecg else style.PPG, linewidth=0.8)
    marks = marks[np.isfinite(marks)]
    axes.plot(
        marks,
        np.full(len(marks), -0.03),
        "|",
        transform=axes.get_xaxis_transform(),
        color=style.INK,
        markersize=5,
        markeredgewidth=0.7,
        clip_on=False,
    )
    kinds = [k.replace("_", " ") for k, v in made.masks[modality].items() if bool(v.any())]
    style.heading(axes, [name], right=", ".join([*kinds, note]))
    axes.set_xlim(0, SECONDS)
    axes.set_xticks([])
    axes.locator_params(axis="y", nbins=3)
