"""The best few seconds of a record: read again, prepared, with beats and a reconstruction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ChannelError, ModelError
from cardioprint.fingerprints.blocks import trimmed
from cardioprint.fingerprints.pipeline import session, shown
from cardioprint.signal.beats import arrival_times, find_pulses, find_r_peaks
from cardioprint.signal.preparation import MODALITIES, cut, prepare

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cardioprint.fingerprints.blocks import Source
    from cardioprint.fingerprints.result import Fingerprints
    from cardioprint.runtime.session import Session
    from cardioprint.signal.preparation import Prepared

    Floats = NDArray[np.floating]

LONGEST_SHIFT = 0.3
"""Seconds by which a reconstruction may be moved for the second correlation: what monitors
delay PPG by. More would compare a beat with its neighbour."""


ALIKE = 0.02
"""Heart rates from ECG and PPG of a window without artefact differ by less: a share."""


@dataclass(frozen=True, kw_only=True)
class Generated:
    """One window of one modality as the model makes it from the other.

    Attributes:
        source: Row of the modality shown: 0 ECG, 1 PPG.
        target: Row of the modality generated.
        time: Seconds after the excerpt's start.
        samples: Generated, mean 0 and SD 1; NaN where nothing was shown.
        truth: Measured, mean 0 and SD 1; NaN where there is none.
        r: Pearson correlation of both; NaN without truth.
        r_shifted: The highest correlation within `LONGEST_SHIFT`.
        shift: Seconds by which the generated signal is late there.
    """

    source: int
    target: int
    time: Floats
    samples: Floats
    truth: Floats
    r: float
    r_shifted: float
    shift: float


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """A stretch of a record, ready to draw. All times are seconds after its start.

    Attributes:
        start: Seconds after the record's zero.
        duration: Seconds.
        window: Index of the window it was chosen for; -1 where the record has none.
        time: Shape (time,).
        samples: Shape (2, time): prepared ECG and PPG in their units; NaN where not measured.
        r_peaks: Samples; empty where the ECG of the window is not believed. So for the others.
        onsets: Samples.
        systolic_peaks: Samples.
        arrivals: (R-peak, steepest upslope) of beats whose pulse is known, in samples.
        generated: A reconstruction; None where the model cannot be shown anything.
    """

    start: float
    duration: float
    window: int
    time: Floats
    samples: Floats
    r_peaks: NDArray[np.int64]
    onsets: NDArray[np.int64]
    systolic_peaks: NDArray[np.int64]
    arrivals: list[tuple[int, int]]
    generated: Generated | None


def infos(source: Source, fingerprints: Fingerprints) -> list[Any]:
    """Return what is known of the ECG and the PPG channel, None where absent.

    Raises:
        ChannelError: The recording is not the one the fingerprints come from.
    """
    known: dict[str, Any] = {c.name: c for c in source.channels}  # type: ignore[attr-defined]
    missing = [c for c in fingerprints.channels if c and c not in known]
    if missing:
        raise ChannelError(
            f"no channel {', '.join(map(repr, missing))}, which the fingerprints were made from",
            source=source.name,
            field="recording",
            fix="give the recording the fingerprints were made from, opened the same way",
        )
    return [known.get(c) for c in fingerprints.channels]


def best_window(fingerprints: Fingerprints, end: float) -> int:
    """Return the window to show: the best joint quality; among equals the most convincing.

    Convincing is first a window where ECG and PPG have the same heart rate, then one with good
    neighbours, then the most typical fingerprint.

    Args:
        fingerprints: Of the record.
        end: Seconds at which the record ends; a window cut short by it comes last.

    Returns:
        An index; -1 where there is no window.
    """
    if len(fingerprints) == 0:
        return -1
    present = [bool(c) for c in fingerprints.channels]
    joint = np.nan_to_num(fingerprints.quality[:, present]).min(axis=1)
    padded = np.pad(joint, 1, mode="edge")
    beside = np.minimum(padded[:-2], padded[2:])
    ecg, ppg = fingerprints.heart_rate.T
    agree = np.nan_to_num(np.abs(ecg - ppg) / ecg, nan=1.0) < ALIKE
    vectors = np.nan_to_num(fingerprints.vectors)
    typical = vectors @ np.nan_to_num(fingerprints.vector)
    typical /= np.linalg.norm(vectors, axis=1) + 1e-9
    whole = fingerprints.start + fingerprints.window <= end + 0.01
    # A thousandth of quality means nothing: without rounding it would outrank the rest.
    return int(np.lexsort((typical, beside.round(1), agree, joint.round(2), whole))[-1])


def read_excerpt(
    source: Source, fingerprints: Fingerprints, *, model: str | Path, seconds: float
) -> Excerpt:
    """Read and prepare the best stretch of a record; the rest is not touched.

    Args:
        source: The record.
        fingerprints: Its fingerprints.
        model: The model that made them.
        seconds: Length of the stretch.

    Raises:
        ChannelError: The recording is not the one the fingerprints come from.
        ModelError: Nor is the model.
    """
    engine = session(model, "int8", None)  # as `fingerprint` asks: the cache then has it
    if engine.model_id != fingerprints.model:
        raise ModelError(
            f"the fingerprints come from model {fingerprints.model}, not {engine.model_id}. "
            "Fix: pass the same model to overview"
        )
    preparation = engine.preparation
    channels = [c for c in infos(source, fingerprints) if c is not None]
    zero = min(c.start for c in channels)
    end = max(c.start + c.duration for c in channels)
    window = best_window(fingerprints, end)
    at = float(fingerprints.start[window]) if window >= 0 else zero
    start = at - (seconds - preparation.window) / 2
    start = max(min(start, end - seconds), zero)
    stop = min(start + seconds, end)
    rate = preparation.sampling_rate
    start = zero + round((start - zero) * rate) / rate

    # Whole seconds keep to the clock on which the windows were cut.
    first = zero + max(0, math.floor(min(start, at) - zero - preparation.context))
    until = max(stop, at + preparation.window) + preparation.context
    names = [c.name for c in channels]
    by_name = {c.name: c for c in source.read(first, until, names).channels}
    ecg, ppg = (by_name.get(name) for name in fingerprints.channels)
    prepared = prepare(ecg, ppg, preparation, start=first)

    begin, n = round((start - first) * rate), round((stop - start) * rate)
    part = slice(begin, begin + n)
    valid = prepared.valid[:, part]
    used = fingerprints.used[window] if window >= 0 else np.zeros(2, bool)
    empty = np.zeros(0, np.int64)
    r_peaks = find_r_peaks(prepared.samples[0], rate) if used[0] else empty
    pulses = find_pulses(prepared.samples[1] if used[1] else prepared.samples[1, :0], rate)
    waits = arrival_times(r_peaks, pulses.upslope, rate)
    arrivals = [
        (int(r - begin), int(r - begin + round(wait * rate)))
        for r, wait in zip(r_peaks, waits, strict=True)
        if r >= begin and np.isfinite(wait) and r + wait * rate < begin + n
    ]
    return Excerpt(
        start=start,
        duration=stop - start,
        window=window,
        time=np.arange(valid.shape[1]) / rate,
        samples=np.where(valid, prepared.samples[:, part], np.nan),
        r_peaks=_inside(r_peaks, begin, valid[0]),
        onsets=_inside(pulses.onset, begin, valid[1]),
        systolic_peaks=_inside(pulses.systolic_peak, begin, valid[1]),
        arrivals=arrivals,
        generated=_generate(engine, prepared, used, fingerprints.channels, at, start),
    )


def _inside(at: NDArray[np.int64], begin: int, valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the beats of the excerpt that lie on measured samples, counted from its start."""
    at = at - begin
    at = at[(at >= 0) & (at < len(valid))]
    return at[valid[at]]


def _generate(
    engine: Session,
    prepared: Prepared,
    used: NDArray[np.bool_],
    channels: tuple[str, str],
    at: float,
    start: float,
) -> Generated | None:
    """Reconstruct one modality of the window at `at` from the other: ECG from PPG if there is."""
    source = 1 if channels[1] else 0
    if not used[source]:
        return None
    target, preparation = 1 - source, engine.preparation
    windows = cut(trimmed(prepared, at, at + preparation.window), preparation)
    show = np.zeros((len(windows), 2), bool)
    show[:, source] = True
    if len(windows) == 0:
        return None
    _, tokens = engine.encode(*shown(windows, show))
    made = engine.decode(tokens, MODALITIES[target])[0].astype(np.float64)
    made[~windows.valid[0, source]] = np.nan
    made = (made - np.nanmean(made)) / max(float(np.nanstd(made)), 1e-9)
    truth = np.where(windows.valid[0, target], windows.samples[0, target], np.nan)
    r, r_shifted, shift = agreement(truth, made, preparation.sampling_rate)
    return Generated(
        source=source,
        target=target,
        time=at - start + np.arange(len(made)) / preparation.sampling_rate,
        samples=made,
        truth=truth,
        r=r,
        r_shifted=r_shifted,
        shift=shift,
    )


def agreement(truth: Floats, made: Floats, sampling_rate: float) -> tuple[float, float, float]:
    """Return Pearson's r, its maximum over shifts, and the shift in seconds (made is late: +)."""
    reach = int(LONGEST_SHIFT * sampling_rate)
    n = len(truth)
    best, at, raw = -math.inf, 0, math.nan
    for lag in range(-reach, reach + 1):
        a = truth[max(0, -lag) : n - max(0, lag)]
        b = made[max(0, lag) : n - max(0, -lag)]
        both = np.isfinite(a) & np.isfinite(b)
        if both.sum() < sampling_rate:  # a second holds a beat
            continue
        a, b = a[both] - a[both].mean(), b[both] - b[both].mean()
        r = float(a @ b / max(math.sqrt((a @ a) * (b @ b)), 1e-12))
        if lag == 0:
            raw = r
        if r > best:
            best, at = r, lag
    return (raw, best, at / sampling_rate) if math.isfinite(raw) else (math.nan, math.nan, 0.0)
