"""The picture of the report: distributions and spectra of each real set and of its twins."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.benchmark.realism.quantities import QUANTITIES
from cardioprint.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from cardioprint.benchmark.realism.comparison import Comparison, Findings

REAL, CLEAN, DEVICES = style.INK, style.COMPONENTS[2], style.GENERATED
"""Colours of recordings, of the clean simulation and of the one with devices."""

SHOWN: dict[str, tuple[str, tuple[float, float]]] = {
    "heart rate (ECG)": ("heart rate", (30.0, 150.0)),
    "RMSSD in the excerpt": ("RMSSD", (0.0, 150.0)),
    "QRS width": ("QRS width", (30.0, 180.0)),
    "pulse width at half height": ("pulse width", (100.0, 500.0)),
    "b/a": ("PPG b/a", (-2.2, 0.0)),
    "R-peak to upslope (PAT)": ("R-peak to pulse", (100.0, 750.0)),
}
"""Quantities of a column each: heading, and what of them is drawn."""

LEFT = 0.95
"""Inches left of the panels."""

ROW, TOP, FOOT, GAP = 1.12, 0.95, 0.45, 0.62
"""Inches of a panel, above the first, below the last, and between two rows."""

GRID = 120
"""Points of a density."""


def draw(found: Findings) -> bytes:
    """Return the picture as PNG."""
    from matplotlib.figure import Figure

    rows, columns = len(found.comparisons), len(SHOWN) + 2
    height = TOP + rows * ROW + (rows - 1) * GAP + FOOT
    width = 1.5 * style.WIDTH
    figure = Figure(figsize=(width, height), dpi=style.DPI, facecolor=style.PAPER)
    figure.text(
        LEFT / width,
        1 - 0.28 / height,
        "Simulated against real",
        fontsize=style.TITLE,
        fontweight="bold",
        color=style.INK,
        va="center",
    )
    _legend(figure, width, height)
    step = (width - LEFT - style.RIGHT) / columns
    units = {q.title: (q.feature, q.unit) for q in QUANTITIES}
    for r, (name, c) in enumerate(found.comparisons.items()):
        bottom = height - TOP - (r + 1) * ROW - r * GAP
        for k in range(columns):
            box = (
                (LEFT + k * step) / width,
                bottom / height,
                0.84 * step / width,
                ROW / height,
            )
            axes: Axes = figure.add_axes(box)
            style.bare(axes)
            axes.set_yticks([])
            if k < len(SHOWN):
                title = list(SHOWN)[k]
                name_of, limits = SHOWN[title]
                shown = _densities(axes, c, *units[title], limits)
            else:
                modality = ("ecg", "ppg")[k - len(SHOWN)]
                title = name_of = f"{modality.upper()} spectrum"
                shown = _spectra(axes, c, modality)
            if not shown:
                axes.set_visible(False)
                continue
            style.heading(axes, [(name_of, style.INK)])
            if title in SHOWN:
                d, e = c.clean.distances[title], c.devices.distances[title]
                told = f"KS {d.ks:.2f}, {e.ks:.2f}" if d and e else ""
                axes.text(
                    1, 0.98, told, transform=axes.transAxes, ha="right", va="top",
                    fontsize=style.SMALL, color=style.MUTED,
                )  # fmt: skip
        g, h = c.clean.giveaway.auroc, c.devices.giveaway.auroc
        figure.text(
            (LEFT - 0.62) / width,
            (bottom + ROW / 2) / height,
            f"{name}\nAUROC {g.value:.2f}, {h.value:.2f}",
            rotation=90,
            ha="center",
            va="center",
            fontsize=style.LABEL,
            color=style.INK,
        )
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _legend(figure, width: float, height: float) -> None:
    """Write what the colours mean."""
    at = LEFT
    for text, colour in (
        ("recordings (grey)", REAL),
        ("simulated, clean", CLEAN),
        ("simulated, with devices", DEVICES),
        (
            "KS and AUROC: clean, with devices. Lines of a density: medians. Spectra: dB of the "
            "whole, median and the band of eight in ten recordings",
            style.MUTED,
        ),
    ):
        figure.text(
            at / width, 1 - 0.55 / height, text, fontsize=style.LABEL, color=colour, va="center"
        )
        at += 0.075 * len(text) + 0.3


def _densities(
    axes: Axes, c: Comparison, feature: str, unit: str, limits: tuple[float, float]
) -> bool:
    """Draw the distributions of one quantity; return whether there is one."""
    if feature not in c.real.names:
        return False
    sides = ((c.real, REAL), (c.clean.twins, CLEAN), (c.devices.twins, DEVICES))
    grid = np.linspace(*limits, GRID)
    for described, colour in sides:
        x = described.column(feature)
        x = x[np.isfinite(x)]
        if len(x) < 10:
            return False
        y = density(x, grid)
        if colour == REAL:
            axes.fill_between(grid, y, color=style.FAINT, linewidth=0)
        axes.plot(grid, y, color=colour, linewidth=1.1)
        axes.axvline(float(np.median(x)), color=colour, linewidth=0.8, ymax=0.12)
    axes.set_xlim(*limits)
    axes.set_ylim(0, 1.15 * axes.get_ylim()[1])
    if unit:
        axes.set_xlabel(unit, fontsize=style.SMALL, color=style.MUTED, labelpad=1)
    return True


def density(x: NDArray[np.floating], grid: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return a smooth density of some values on a grid (Silverman's robust width)."""
    low, high = np.percentile(x, (25, 75))
    width = 0.9 * min(float(x.std()), float(high - low) / 1.34) * len(x) ** -0.2
    width = max(width, float(np.ptp(grid)) / GRID)
    z = (grid[:, None] - x[None, :]) / width
    return np.exp(-0.5 * z**2).mean(axis=1) / (width * np.sqrt(2 * np.pi))


def _spectra(axes: Axes, c: Comparison, modality: str) -> bool:
    """Draw the median spectra; return whether the set has the modality."""
    if modality not in c.spectra:
        return False
    real = c.spectra[modality]
    axes.fill_between(real.frequency, real.low, real.high, color=style.FAINT, linewidth=0)
    for found, colour in (
        (real, REAL),
        (c.clean.spectra[modality], CLEAN),
        (c.devices.spectra[modality], DEVICES),
    ):
        axes.plot(found.frequency, found.middle, color=colour, linewidth=1.1)
    axes.set_xlabel("Hz", fontsize=style.SMALL, color=style.MUTED, labelpad=1)
    axes.set_yticks([-60, -40, -20, 0])
    axes.set_ylim(-62, 0)
    return True
