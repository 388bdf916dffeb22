"""Panels of the excerpt: ECG, PPG and what the model makes of one from the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.plotting import style
from cardioprint.signal.beats import heart_rate
from cardioprint.signal.preparation import MODALITIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cardioprint.plotting.excerpt import Excerpt
    from cardioprint.plotting.generated import Generated

HEADROOM = 0.18
"""Share of the signal's reach left free above it, for marks."""

LANE, FOOTROOM = 0.44, 0.16
"""Share of the PPG's reach left free below it, with and without arrows of the arrival time."""

WORDS = 0.42
"""Share of the panel's width that the words beside an arrow take."""

SQUARE = 0.5
"""mV, the height of a large square of ECG paper; its width is 0.2 s."""


def limits(samples: NDArray[np.floating], below: float, above: float) -> tuple[float, float]:
    """Return the reach of a signal with room on either side; -1 to 1 where it has none."""
    finite = samples[np.isfinite(samples)]
    if len(finite) == 0:
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    reach = max(high - low, 1e-6)
    return low - below * reach, high + above * reach


def rule(axes: Axes, duration: float, *, last: bool) -> None:
    """Draw a faint line a second, and write the seconds under the lowest panel."""
    axes.set_xlim(0, max(duration, 0.1))  # there are files without a sample
    axes.set_xticks(np.arange(0, math.floor(duration + 1e-6) + 1))
    axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", length=0)
    if last:
        axes.set_xlabel("seconds", fontsize=style.SMALL, color=style.MUTED, labelpad=1)
    else:
        axes.set_xticklabels([])


def draw_ecg(axes: Axes, excerpt: Excerpt, unit: str, parts: list[tuple[str, str]]) -> None:
    """Draw the ECG with its R-peaks over a grid of 0.2 s, the large squares of ECG paper."""
    wave, rate = excerpt.samples[0], excerpt.sampling_rate
    low, high = limits(wave, 0.06, HEADROOM)
    axes.set_ylim(low, high)
    if unit == "mV" and high - low < 8 * SQUARE:
        axes.set_yticks(np.arange(math.ceil(low / SQUARE), math.floor(high / SQUARE) + 1) * SQUARE)
    else:
        axes.locator_params(axis="y", nbins=4)
    axes.set_xticks(np.arange(0, excerpt.duration, 0.2), minor=True)
    axes.grid(axis="x", which="minor", color=style.FAINT, linewidth=0.35)
    axes.tick_params(axis="x", which="minor", length=0)
    axes.grid(axis="y", color=style.FAINT, linewidth=0.6)
    axes.plot(excerpt.time, wave, color=style.ECG, linewidth=1.1, solid_joinstyle="round")
    at = excerpt.r_peaks
    axes.plot(
        excerpt.time[at],
        wave[at] + 0.075 * (high - low),
        linestyle="none",
        marker="v",
        markersize=3.6,
        color=style.INK,
        markeredgewidth=0,
    )
    if len(at):
        _name(axes, "R", float(excerpt.time[at[0]]), wave[at[0]] + 0.075 * (high - low), (6, 0))
    if not np.isfinite(wave).any():
        axes.set_yticks([])
    axes.set_ylabel(unit or "unit unknown", fontsize=style.SMALL, color=style.MUTED)
    style.heading(axes, parts, right=_rate(at, rate))


def draw_ppg(axes: Axes, excerpt: Excerpt, unit: str, parts: list[tuple[str, str]]) -> None:
    """Draw the PPG with onsets and systolic peaks."""
    wave, rate = excerpt.samples[1], excerpt.sampling_rate
    axes.set_ylim(*limits(wave, LANE if excerpt.arrivals else FOOTROOM, 0.22))
    axes.plot(excerpt.time, wave, color=style.PPG, linewidth=1.3, solid_joinstyle="round")
    marks: dict[str, Any] = {"linestyle": "none", "markersize": 4, "color": style.INK}
    peaks, onsets = excerpt.systolic_peaks, excerpt.onsets
    axes.plot(excerpt.time[peaks], wave[peaks], marker="o", markeredgewidth=0, **marks)
    axes.plot(
        excerpt.time[onsets],
        wave[onsets],
        marker="o",
        mfc=style.PAPER,
        markeredgewidth=0.9,
        **marks,
    )
    if len(named := _roomy(excerpt, peaks)):
        top = named[np.argmax(wave[named])]
        _name(axes, "systolic peak", excerpt.time[top], wave[top], (0, 9), "center")
    if len(named := _roomy(excerpt, onsets)):
        foot = named[np.argmin(wave[named])]
        _name(axes, "onset", excerpt.time[foot], wave[foot], (0, -9), "center")
    axes.set_yticks([])
    axes.set_ylabel(unit or "arbitrary unit", fontsize=style.SMALL, color=style.MUTED)
    style.heading(axes, parts, right=_rate(peaks, rate))


def draw_arrivals(above: Axes, below: Axes, excerpt: Excerpt) -> None:
    """Draw the pulse arrival time of two beats: an arrow from the R-peak to the upslope."""
    from matplotlib.patches import ConnectionPatch

    low, high = below.get_ylim()
    lane = low + 0.07 * (high - low)
    pairs = spread(excerpt.arrivals)
    if len(pairs) > 1 and excerpt.time[pairs[1][0] - pairs[0][0]] < WORDS * excerpt.duration:
        pairs = pairs[:1]
    for number, (r, upslope) in enumerate(pairs):
        t_r, t_up = float(excerpt.time[r]), float(excerpt.time[upslope])
        line: dict[str, Any] = {"color": style.MUTED, "linewidth": 0.7, "linestyle": (0, (1.5, 2))}
        link = ConnectionPatch(
            (t_r, float(excerpt.samples[0, r])),
            (t_r, lane),
            above.transData,
            below.transData,
            zorder=0.5,
            **line,
        )
        below.get_figure().add_artist(link)  # type: ignore[union-attr]
        below.plot([t_up, t_up], [lane, excerpt.samples[1, upslope]], **line)
        below.annotate(
            "",
            xy=(t_up, lane),
            xytext=(t_r, lane),
            arrowprops={
                "arrowstyle": "-|>",
                "color": style.INK,
                "linewidth": 0.9,
                "mutation_scale": 7,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
        delay = f"{1000 * (t_up - t_r):.0f} ms"
        words = number == 0 and t_up < (1 - WORDS) * excerpt.duration
        text = f"{delay} from R-peak to upslope, monitor's delay included" if words else delay
        _name(below, text, t_up, lane, (4, 0))


def spread(arrivals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return up to two beats well apart, so that their labels do not meet."""
    n = len(arrivals)
    return arrivals if n < 2 else [arrivals[n // 4], arrivals[max(n // 4 + 1, 3 * n // 4)]]


def draw_generated(axes: Axes, made: Generated) -> None:
    """Draw what the model generates over what was measured, both with mean 0 and SD 1."""
    shown, target = (MODALITIES[i].upper() for i in (made.source, made.target))
    real = np.isfinite(made.truth).any()
    both = np.concatenate((made.samples, made.truth))
    axes.set_ylim(*limits(both, 0.06, 0.1))
    if real:
        # The measurement lies below, broad and pale: the pair reads without colour, too.
        axes.plot(
            made.time, made.truth, color=style.SIGNALS[made.target], linewidth=2.4, alpha=0.42
        )
    axes.plot(made.time, made.samples, color=style.GENERATED, linewidth=1.2)
    axes.set_yticks([])
    axes.set_ylabel("SD", fontsize=style.SMALL, color=style.MUTED)
    parts = [
        (f"{target} generated from {shown}, not a measurement", style.GENERATED),
        ("over the measured one" if real else "none was measured", style.MUTED),
    ]
    if real:
        parts[1] = (f"over the measured {target}", style.SIGNALS[made.target])
    right = ""
    if math.isfinite(made.r):
        right = f"Pearson r {style.number(made.r)}"
        if made.shift:
            late = "late" if made.shift > 0 else "early"
            lag = f"{abs(1000 * made.shift):.0f} ms {late}"
            right += f"; {style.number(made.r_shifted)} at the best lag, {lag}"
    style.heading(axes, parts, right=right)


def _roomy(excerpt: Excerpt, at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first marks that lie far enough from the left edge for a name above or below.

    The higher of two peaks, or the lower of two onsets, is then named: its neighbours
    stay clear of the text.
    """
    return at[excerpt.time[at] > 0.05 * excerpt.duration][:2]


def _rate(beats: NDArray[np.int64], rate: float) -> str:
    """Return the heart rate of the excerpt as text, empty with fewer than three beats."""
    value = heart_rate(beats, rate)
    return f"{value:.0f} beats/min" if math.isfinite(value) else ""


def _name(
    axes: Axes, text: str, x: Any, y: Any, offset: tuple[float, float], align: str = "left"
) -> None:
    """Write the name of a mark beside it."""
    axes.annotate(
        text,
        xy=(float(x), float(y)),
        xytext=offset,
        textcoords="offset points",
        ha=align,
        va="center",
        fontsize=style.SMALL,
        color=style.INK,
        annotation_clip=False,
    )
