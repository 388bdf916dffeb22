"""Scores of arms as small files in the repository, so that arms and seeds can come from anywhere.

A file holds one arm and seed: what it cost, its figures, and for each figure the replicates over
resamples of people, rounded to 16 bits. Runs and checkpoints are not kept.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from ablations import Budget, plain

RESULTS = Path("docs/results/ablations")
"""A folder a budget lies here."""

KEPT = 800
"""Replicates of a figure that are kept: the first ones, the same resamples for every arm."""

Found = dict[str, dict[str, Any]]
"""Heading -> value, low, high, better; replicates, and the rows that they come from."""


def results_of(budget: Budget) -> Path:
    """Return the folder of a budget's results."""
    return RESULTS / budget.name


def keep(path: Path, about: dict[str, Any], found: Found) -> None:
    """Write what is known of an arm and seed; 28 kB for seventeen figures.

    Args:
        path: Of an .npz.
        about: What it cost, as in `done.json`.
        found: Its figures; empty for an arm that died.
    """
    figures = {
        title: {k: _short(v) for k, v in f.items() if k != "replicates"}
        for title, f in found.items()
    }
    # Differences to the value: 16 bits then round the replicates at a thousandth of their spread.
    rows = np.full((len(found), KEPT), np.nan, np.float16)
    for row, f in zip(rows, found.values(), strict=True):
        differences = np.asarray(f["replicates"])[:KEPT] - f["value"]
        row[: len(differences)] = differences
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        about=json.dumps({**about, "figures": figures}),
        replicates=rows,
    )


def _short(value: Any) -> Any:
    return round(value, 5) if isinstance(value, float) else value


def kept(path: Path) -> tuple[dict[str, Any], Found]:
    """Return what was written down of an arm and seed: what it cost, and its figures."""
    with np.load(path, allow_pickle=False) as file:
        about, replicates = json.loads(str(file["about"])), file["replicates"].astype(float)
    found = about.pop("figures")
    for figure, row in zip(found.values(), replicates, strict=True):
        figure["replicates"] = figure["value"] + row
    return about, found


def seeds(name: str, budget: Budget) -> list[tuple[dict[str, Any], Found]]:
    """Return what is known of an arm, one a seed; empty where nobody has measured it."""
    paths = (results_of(budget) / f"{plain(name)}-{seed}.npz" for seed in range(10))
    return [kept(path) for path in paths if path.exists()]
