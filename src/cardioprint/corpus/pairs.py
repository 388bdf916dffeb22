"""A memory-mapped corpus of gap-free ECG+PPG stretches for pretraining.

    samples.npy     int16, (time, 2): all stretches end to end, ECG and PPG
    stretches.npz   one row a stretch: where it lies, its subject, source and monitor's lag
    beats.npz       R-peaks and steepest pulse upslopes, as indices into samples.npy
    corpus.json     preparation, sources, counts

Stretches rather than windows are stored, so that training may cut anywhere: a window that
slides, two windows of one person, or a PPG moved against its ECG.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import RecordError
from cardioprint.signal.beats import find_pulses, find_r_peaks
from cardioprint.signal.preparation import Preparation, prepare_record, stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.types import Record

COUNTS = 1500.0
"""Counts per robust standard deviation: int16 then holds +-21 SD in steps of 1/1500 SD."""

CANONICAL_LAG = 0.25
"""Seconds from R-peak to steepest upslope without a monitor's delay (median of adults)."""

SEARCHED_LAG = (0.06, 0.86)
"""Seconds: monitors add up to about 0.4 s to a physiological 0.15 to 0.4 s."""

FEWEST_AGREEING = 0.6
"""Share of beats within 60 ms of the stretch's lag below which the pair is not trusted."""


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """A corpus opened for reading.

    Attributes:
        samples: int16 memmap, shape (time, 2).
        first: int64, shape (stretch,): index of the first sample.
        length: int64, shape (stretch,): samples.
        lag: float32, shape (stretch,): R-peak to upslope, seconds; NaN where not agreed on.
        subject: int64, shape (stretch,): index into `subjects`.
        source: int64, shape (stretch,): index into `sources`.
        beats: int64, ascending: R-peaks, and steepest upslopes, as indices into `samples`.
        subjects: Names of the people.
        sources: Names of the data sets.
        preparation: How the samples were made.
    """

    samples: NDArray[np.int16]
    first: NDArray[np.int64]
    length: NDArray[np.int64]
    lag: NDArray[np.float32]
    subject: NDArray[np.int64]
    source: NDArray[np.int64]
    beats: tuple[NDArray[np.int64], NDArray[np.int64]]
    subjects: tuple[str, ...]
    sources: tuple[str, ...]
    preparation: Preparation

    @property
    def hours(self) -> float:
        """Hours of paired signal."""
        return float(self.length.sum()) / self.preparation.sampling_rate / 3600


def lag_of(r_peaks: NDArray[np.floating], rises: NDArray[np.floating]) -> tuple[float, float]:
    """Return (lag, agreement): the commonest delay from R-peak to upslope, and its share.

    A fast heart with a late monitor is ambiguous by one beat for any single beat; over many
    beats only the true delay gives one sharp line, which the highest point of the density finds.

    Args:
        r_peaks: Seconds.
        rises: Steepest upslopes, seconds.

    Returns:
        Seconds and the share of R-peaks with an upslope within 60 ms of that delay;
        (NaN, 0) with fewer than five beats.
    """
    if len(r_peaks) < 5 or len(rises) < 5:
        return float("nan"), 0.0
    delay = (rises[None, :] - r_peaks[:, None]).ravel()
    delay = delay[(delay > SEARCHED_LAG[0]) & (delay < SEARCHED_LAG[1])]
    if len(delay) == 0:
        return float("nan"), 0.0
    grid = np.arange(*SEARCHED_LAG, 0.004)
    sample = delay[:: max(1, len(delay) // 2000)]
    density = np.exp(-0.5 * ((grid[:, None] - sample[None, :]) / 0.02) ** 2).sum(axis=1)
    lag = float(grid[np.argmax(density)])
    lag = float(np.median(delay[np.abs(delay - lag) < 0.06]))
    near = np.abs(rises[None, :] - r_peaks[:, None] - lag).min(axis=1) < 0.06
    return lag, float(near.mean())


def build(
    records: Iterable[tuple[Record, str]], folder: Path, preparation: Preparation
) -> dict[str, float]:
    """Write a corpus from (record, source) pairs with both modalities.

    A stretch enters where both signals are there for at least a window, neither is constant,
    and pulses follow heart beats at one delay; the rest is counted, not kept.

    Args:
        records: Records with one ECG and one PPG channel each, and the data set's name.
        folder: Where to write; made if missing.
        preparation: How to prepare.

    Returns:
        Hours kept, hours without agreement, hours too short, number of stretches and people.

    Raises:
        RecordError: Nothing is left to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rate, least = preparation.sampling_rate, preparation.window_samples
    pieces: list[NDArray[np.int16]] = []
    table: list[tuple[int, int, float, str, str]] = []
    beats: tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]] = ([], [])
    offset = 0
    lost = {"hours_disagreeing": 0.0, "hours_short": 0.0}
    for record, source in records:
        prepared = prepare_record(record, preparation)
        for first, stop in stretches(np.logical_and.reduce(prepared.valid)):
            if stop - first < least:
                lost["hours_short"] += (stop - first) / rate / 3600
                continue
            piece = prepared.samples[:, first:stop]
            r_peaks = find_r_peaks(piece[0], rate)
            rises = find_pulses(piece[1], rate).upslope
            lag, agreement = lag_of(r_peaks / rate, rises / rate)
            if not agreement >= FEWEST_AGREEING:
                lost["hours_disagreeing"] += (stop - first) / rate / 3600
                continue
            scale = np.percentile(np.abs(piece), 75, axis=1) / 0.6745 + 1e-9
            counts = np.clip(np.round(piece / scale[:, None] * COUNTS), -32767, 32767)
            beats[0].append(r_peaks + offset)
            beats[1].append(rises + offset)
            pieces.append(counts.astype(np.int16).T)
            table.append((offset, stop - first, lag, record.subject, source))
            offset += stop - first
    if not table:
        raise RecordError(
            f"no stretch with both signals is long enough and agrees ({lost})",
            source=folder,
            fix="give records with ECG and PPG of one heart, in gapless pieces of a window or more",
        )
    subjects = sorted({row[3] for row in table})
    sources = sorted({row[4] for row in table})
    np.save(folder / "samples.npy", np.concatenate(pieces))
    np.savez(
        folder / "stretches.npz",
        first=np.array([row[0] for row in table]),
        length=np.array([row[1] for row in table]),
        lag=np.array([row[2] for row in table], np.float32),
        subject=np.array([subjects.index(row[3]) for row in table]),
        source=np.array([sources.index(row[4]) for row in table]),
    )
    np.savez(folder / "beats.npz", ecg=np.concatenate(beats[0]), ppg=np.concatenate(beats[1]))
    report = {
        "hours": offset / rate / 3600,
        "stretches": len(table),
        "people": len(subjects),
        **lost,
    }
    (folder / "corpus.json").write_text(
        json.dumps(
            {
                "preparation": preparation.to_dict(),
                "subjects": subjects,
                "sources": sources,
                "report": report,
            },
            indent=1,
        )
    )
    return report


def open_pairs(folder: Path) -> Pairs:
    """Open a corpus written by `build`; the samples stay on disk."""
    about = json.loads((folder / "corpus.json").read_text())
    table = np.load(folder / "stretches.npz", allow_pickle=False)
    beats = np.load(folder / "beats.npz", allow_pickle=False)
    return Pairs(
        samples=np.load(folder / "samples.npy", mmap_mode="r", allow_pickle=False),
        first=table["first"],
        length=table["length"],
        lag=table["lag"],
        subject=table["subject"],
        source=table["source"],
        beats=(beats["ecg"], beats["ppg"]),
        subjects=tuple(about["subjects"]),
        sources=tuple(about["sources"]),
        preparation=Preparation(**about["preparation"]),
    )
