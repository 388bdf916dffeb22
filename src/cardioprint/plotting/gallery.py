"""Every rhythm and every morphology that the simulator knows, on one sheet to be judged by eye."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.plotting import style
from cardioprint.simulate import Beat, Morphology, Rhythm, pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SECONDS, RATE, PEOPLE = 8.0, 250.0, 2_400
"""Length and rate of a panel, and people among whom one of each kind is looked for."""

GAP = 0.3
"""Seconds left out between leads side by side."""

EARLY = {
    Rhythm.PREMATURE_ATRIAL: Beat.ATRIAL_PREMATURE,
    Rhythm.PREMATURE_VENTRICULAR: Beat.VENTRICULAR,
}
"""Beats by which these rhythms are known."""


def draw(path: Path, *, seed: int = 0) -> None:
    """Write the sheet as PNG: lead II and PPG of each rhythm; II, V1 and V6 of each morphology.

    Args:
        path: The picture.
        seed: Of the people.
    """
    from matplotlib.figure import Figure

    made = pairs(
        PEOPLE,
        seed,
        seconds=SECONDS,
        sampling_rate=RATE,
        leads=("II", "V1", "V6"),
        balanced=True,
        change=0.0,
    )
    rhythm = np.asarray(made.truth.rhythm)
    shape = np.asarray(made.life.people.morphology)
    kinds, times = np.asarray(made.truth.kinds), np.asarray(made.truth.r_peaks)
    figure = Figure(figsize=(style.WIDTH, 17), dpi=110, facecolor=style.PAPER)
    grid = figure.add_gridspec(
        len(Rhythm) + len(Morphology), 1, hspace=0.55, left=0.03, right=0.98, top=0.95, bottom=0.02
    )
    figure.text(0.03, 0.975, "Simulated hearts and pulses", fontsize=16, weight="bold")
    figure.text(0.98, 0.977, "8 s; ECG 0.5 mV a line, PPG in its own unit", ha="right", fontsize=9)
    for row, kind in enumerate(Rhythm):
        mine = np.flatnonzero((rhythm == kind) & (shape == Morphology.NORMAL))
        clear = [
            early_beats(times[at], kinds[at], EARLY[kind]) if kind in EARLY else 0 for at in mine
        ]
        axes = figure.add_subplot(grid[row])
        _panel(axes, made, int(mine[np.argmax(clear)]), kind.name, (("II", 0),), ppg=True)
    for row, kind in enumerate(Morphology, start=len(Rhythm)):
        mine = np.flatnonzero((shape == kind) & (rhythm == Rhythm.SINUS))
        axes = figure.add_subplot(grid[row])
        _panel(axes, made, int(mine[0]), kind.name, (("II", 0), ("V1", 1), ("V6", 2)), ppg=False)
    figure.savefig(path)


def early_beats(times: np.ndarray, kinds: np.ndarray, early: Beat) -> float:
    """Return how clearly a window shows beats that come early and the pauses after them.

    Args:
        times: Seconds of its R peaks, NaN where it has none.
        kinds: `Beat` of each.
        early: The beats looked for.

    Returns:
        Sum over them of the interval after less the interval before, in usual intervals.
    """
    seen = np.isfinite(times)
    intervals, kinds = np.diff(times[seen]), kinds[seen]
    if len(intervals) < 2:
        return 0.0
    steps = np.diff(intervals)[kinds[1:-1] == early]
    return float(steps.sum() / np.median(intervals))


def _panel(
    axes: Axes, made: Any, at: int, name: str, leads: tuple[tuple[str, int], ...], *, ppg: bool
) -> None:
    """Draw one person: leads side by side, or lead and pulse one above the other."""
    time = np.arange(made.ecg.shape[-1]) / RATE
    part = SECONDS / len(leads)
    for place, (lead, row) in enumerate(leads):
        shown = time < part - (GAP if len(leads) > 1 else 0)
        ecg = made.ecg[at, row][shown]
        axes.plot(time[shown] + place * part, ecg, color=style.ECG, linewidth=0.9)
        if len(leads) > 1:
            axes.annotate(
                lead,
                (place * part, ecg[0]),
                (-3, 0),
                textcoords="offset points",
                fontsize=7,
                color=style.ECG,
                ha="right",
                va="center",
                annotation_clip=False,
            )
    low, high = axes.get_ylim()
    if ppg:
        x = np.asarray(made.ppg[at])
        x = (x - x.min()) / max(float(np.ptp(x)), 1e-9)
        axes.plot(
            time, low - 0.9 * (high - low) + 0.8 * (high - low) * x, color=style.PPG, linewidth=0.9
        )
        low -= 0.95 * (high - low)
    axes.set_yticks(np.arange(np.ceil(low / 0.5), high / 0.5) * 0.5)
    axes.set_xticks(np.arange(0, SECONDS + 0.1, 1))
    axes.grid(color="#e6e6e6", linewidth=0.5)
    axes.tick_params(labelleft=False, labelbottom=False, length=0)
    axes.set_xlim(0, SECONDS)
    axes.set_ylim(low, high)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(name.replace("_", " ").lower(), loc="left", fontsize=9, pad=2)
