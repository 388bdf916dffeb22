"""A simulated `Record` as a WFDB file, the format of PhysioNet."""

from __future__ import annotations

import re
from fractions import Fraction
from math import gcd, lcm
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.errors import ChannelError, SamplingRateError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.simulate.truth import Truth
    from cardioprint.types import Channel, Record

COMMENT = "simulated by cardioprint: no person was measured"

FULL_SCALE = 32_000
"""Largest digital value used of format 16; -32768 is its code for a missing sample."""

COARSEST, FINE = 100.0, 1000.0
"""Hertz: annotations count frames unless these come less often than the first; then milliseconds.
ECG at 130 Hz with a PPG at 64 Hz has two frames a second."""


def write_wfdb(record: Record, folder: str | Path, *, truth: Truth | None = None) -> Path:
    """Write header, 16-bit signals and, with `truth`, beat annotations (`.atr`).

    Channels keep their rates: a frame lasts as long as the largest interval that holds a whole
    number of samples of each, e.g. frames at 125 Hz with two samples of ECG at 250 Hz and one of
    PPG. `wfdb.rdrecord(..., smooth_frames=False)` reads them back. NaN becomes WFDB's code for
    a missing sample. Annotation times count frames, as WFDB readers expect; where these are long,
    the annotations have a clock of their own, which their file states.

    Args:
        record: Any record whose channels start together.
        folder: Made if it is not there; files of the same name are overwritten.
        truth: Beats to annotate with "N" and "V".

    Returns:
        Path of the `.hea` file.

    Raises:
        ChannelError: A channel starts late; WFDB has one start for all.
        SamplingRateError: Rates without a common frame.
    """
    import wfdb

    for channel in record.channels:
        if channel.start != 0:
            raise ChannelError(
                f"channel {channel.name} starts at {channel.start:g} s; WFDB has one start",
                source=record.name,
                field="start",
                fix="pad it with NaN to the start of the record",
            )
    frame_rate, per_frame = _frames(record)
    frames = max(-(-len(c.samples) // n) for c, n in zip(record.channels, per_frame, strict=True))
    coded = [_digitise(c, frames * n) for c, n in zip(record.channels, per_frame, strict=True)]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", record.name) or "simulated"
    wfdb.wrsamp(
        name,
        fs=int(frame_rate) if frame_rate.is_integer() else frame_rate,
        units=[re.sub(r"\s+", "_", c.unit) or "NU" for c in record.channels],
        sig_name=[c.name for c in record.channels],
        e_d_signal=[digital for digital, _, _ in coded],
        samps_per_frame=per_frame,
        fmt=["16"] * len(coded),
        adc_gain=[gain for _, gain, _ in coded],
        baseline=[baseline for _, _, baseline in coded],
        comments=[COMMENT, *(f"{key}: {value}" for key, value in record.notes.items())],
        write_dir=str(folder),
    )
    if truth is not None:
        clock = frame_rate if frame_rate >= COARSEST else FINE
        ticks = np.rint(truth.r_peaks * clock).astype(int)
        kept = ticks < frames / frame_rate * clock
        wfdb.wrann(
            name,
            "atr",
            ticks[kept],
            symbol=list(truth.kinds[kept]),
            fs=clock,
            write_dir=str(folder),
        )
    return folder / f"{name}.hea"


def _frames(record: Record) -> tuple[float, list[int]]:
    """Return frames per second and how many samples of each channel a frame holds."""
    rates = [Fraction(c.sampling_rate).limit_denominator(1000) for c in record.channels]
    whole = lcm(*(rate.denominator for rate in rates))
    common = Fraction(gcd(*(int(rate * whole) for rate in rates)), whole)
    per_frame = [int(rate / common) for rate in rates]
    if max(per_frame) > 4096:
        raise SamplingRateError(
            "the sampling rates have no common frame: "
            + ", ".join(f"{c.name} {c.sampling_rate:g} Hz" for c in record.channels),
            source=record.name,
            field="sampling_rate",
            fix="choose rates with a larger common divisor",
        )
    return float(common), per_frame


def _digitise(channel: Channel, length: int) -> tuple[NDArray[np.int64], float, int]:
    """Return digital samples padded to `length` with missing ones, gain, and baseline."""
    missing = -32768
    digital = np.full(length, missing, dtype=np.int64)
    samples = channel.samples.astype(np.float64)
    finite = np.isfinite(samples)
    if not finite.any():
        return digital, 1.0, 0
    low, high = samples[finite].min(), samples[finite].max()
    centre = (low + high) / 2
    steps = FULL_SCALE / max((high - low) / 2, abs(centre) * 1e-3, 1e-3)
    gain = float(10 ** np.floor(np.log10(steps)))  # a round number, like a real converter's
    gain *= max(m for m in (1, 2, 5) if m * gain <= steps)
    baseline = -round(centre * gain)
    digital[: len(samples)][finite] = np.rint(samples[finite] * gain) + baseline
    return digital, gain, baseline
