"""A picture of every change that training may make to a window, on a simulated one.

python benchmarks/augmentations.py [--out docs/results/augmentations.png]
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import tyro
from torch import Tensor

from cardioprint.plotting import style
from cardioprint.signal.preparation import Preparation, cut, prepare_record
from cardioprint.simulate import patient
from cardioprint.training.augment import AugmentConfig, augment
from cardioprint.training.chance import Chance

RATE = 125.0

NOTHING = AugmentConfig(filter=0.0, noise=0.0, normalise=True)

SHOWN: dict[str, AugmentConfig] = {
    "another device's bandwidth": replace(NOTHING, filter=1.0),
    "slow device, uneven clock": replace(
        NOTHING, low_rate=1.0, low_rates=((80.0, 80.0), (25.0, 25.0)), clock_jitter=0.004
    ),
    "polarity (off by default)": replace(NOTHING, polarity=(1.0, 1.0)),
    "noise of any colour, 6 dB": replace(NOTHING, noise=1.0, noise_snr=(6.0, 6.0)),
    "baseline wander, 0 dB": replace(NOTHING, wander=1.0, snr=(0.0, 0.0)),
    "muscle (ECG), motion (PPG), 6 dB": replace(NOTHING, muscle=1.0, motion=1.0, snr=(6.0, 6.0)),
    "electrode motion (ECG), walk (PPG), 3 dB": replace(
        NOTHING, electrode=1.0, walking=1.0, snr=(3.0, 3.0)
    ),
    "electrode pop (ECG)": replace(NOTHING, pop=1.0, pop_height=(4.0, 4.0)),
    "mains hum or its alias": replace(NOTHING, hum=1.0, hum_height=(0.25, 0.3)),
    "gain steps": replace(NOTHING, gain=1.0, largest_gain=3.0),
    "clipping": replace(NOTHING, clip=1.0, clip_range=(0.4, 0.5)),
    "few steps of the converter": replace(NOTHING, quantise=1.0, bits=(4.0, 4.0)),
    "signal lost": replace(NOTHING, lost=1.0, lost_seconds=(2.0, 3.0)),
}
"""Each as it is asked of both channels; where only one has it, the other stays as it was."""

ROW_HEIGHT = 0.62
"""Inches."""


def example() -> Tensor:
    """Return one normalised window, shape (1, 2, time)."""
    record, _ = patient(minutes=1, seed=4, events=False)
    preparation = Preparation()
    windows = cut(prepare_record(record, preparation), preparation)
    return torch.from_numpy(windows.samples[2:3].copy())


def draw(out: Path, *, seed: int = 8) -> None:
    """Draw the original in grey and what is made of it in colour, one row a change."""
    from matplotlib.figure import Figure

    window = example()
    time = np.arange(window.shape[-1]) / RATE
    rows, top, bottom = len(SHOWN), 0.75, 0.4
    height = rows * ROW_HEIGHT + top + bottom
    figure = Figure(figsize=(style.WIDTH, height), dpi=style.DPI, facecolor=style.PAPER)
    grid = figure.add_gridspec(
        rows,
        2,
        left=0.26,
        right=1 - style.RIGHT / style.WIDTH,
        top=1 - top / height,
        bottom=bottom / height,
        hspace=0.12,
        wspace=0.04,
    )
    for row, (name, config) in enumerate(SHOWN.items()):
        _, noisy, valid = augment(window, RATE, config, Chance(window, seed=seed, step=row))
        if valid is not None:
            noisy = torch.where(valid, noisy, torch.nan)
        for channel in range(2):
            axes = figure.add_subplot(grid[row, channel])
            style.bare(axes, ticks=False)
            axes.plot(time, window[0, channel], color=style.HATCH, linewidth=0.5)
            axes.plot(time, noisy[0, channel], color=style.SIGNALS[channel], linewidth=0.8)
            axes.set_xlim(0, time[-1])
            axes.set_ylim(*((-4, 6.5), (-3.5, 3.5))[channel])
            if max(config.polarity) > 0:
                axes.set_ylim(*((-6.5, 4), (-3.5, 3.5))[channel])
            if channel == 0:
                axes.text(
                    -0.02,
                    0.5,
                    name,
                    transform=axes.transAxes,
                    ha="right",
                    va="center",
                    fontsize=style.LABEL,
                    color=style.INK,
                )
            if row == 0:
                parts = [(("ECG", "PPG")[channel], style.SIGNALS[channel])]
                style.heading(axes, parts, right="10 s" if channel else "")
    figure.text(
        0.02,
        1 - 0.3 / height,
        "What training may do to a window",
        fontsize=style.TITLE,
        color=style.INK,
        fontweight="bold",
        va="center",
    )
    figure.text(
        0.02,
        0.16 / height,
        "Simulated signals. Grey: before. The first three change input and target, "
        "the others the input only.",
        fontsize=style.SMALL,
        color=style.MUTED,
        va="center",
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)


def main(out: Path = Path("docs/results/augmentations.png"), seed: int = 8) -> None:
    """Draw the picture.

    Args:
        out: PNG to write.
        seed: Of everything that chance decides.
    """
    draw(out, seed=seed)
    print(out)


if __name__ == "__main__":
    tyro.cli(main)
