"""The best few seconds of a record: read again, prepared, with beats and a reconstruction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ChannelError, ModelError
from cardioprint.fingerprints.pipeline import session
from cardioprint.plotting.generated import Generated, generate
from cardioprint.signal.beats import arrival_times, find_pulses, find_r_peaks
from cardioprint.signal.preparation import prepare

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cardioprint.fingerprints.result import Fingerprints
    from cardioprint.signal.blocks import Source
    from cardioprint.signal.preparation import Preparation, Prepared

    Floats = NDArray[np.floating]

ALIKE = 0.02
"""Heart rates from ECG and PPG of a window without artefact differ by less: a share."""


CANDIDATES = 5
"""Stretches that are read to choose the most even one from."""


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """A stretch of a record, ready to draw. All times are seconds after its start.

    Attributes:
        start: Seconds after the record's zero.
        duration: Seconds.
        sampling_rate: Hertz.
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
    sampling_rate: float
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


def best_windows(fingerprints: Fingerprints, end: float) -> list[int]:
    """Return the windows worth showing, best first: joint quality; among equals the convincing.

    Convincing is first a window where ECG and PPG have the same heart rate, then one with good
    neighbours, then the most typical fingerprint.

    Args:
        fingerprints: Of the record.
        end: Seconds at which the record ends; a window cut short by it comes last.

    Returns:
        At most `CANDIDATES`, all of about the best quality; none where there is no window.
    """
    if len(fingerprints) == 0:
        return []
    # A channel that never held a number does not make all windows equally bad.
    held = np.isfinite(fingerprints.quality).any(axis=0)
    joint = np.nan_to_num(fingerprints.quality[:, held]).min(axis=1, initial=1.0)
    padded = np.pad(joint, 1, mode="edge")
    beside = np.minimum(padded[:-2], padded[2:])
    ecg, ppg = fingerprints.heart_rate.T
    agree = np.nan_to_num(np.abs(ecg - ppg) / ecg, nan=1.0) < ALIKE
    vectors = np.nan_to_num(fingerprints.vectors)
    typical = vectors @ np.nan_to_num(fingerprints.vector)
    typical /= np.linalg.norm(vectors, axis=1) + 1e-9
    whole = fingerprints.start + fingerprints.window <= end + 0.01
    # A tenth of quality means nothing: without rounding it would outrank the rest.
    order = np.lexsort((typical, beside.round(1), agree, joint.round(1), whole))[::-1]
    same = (whole == whole[order[0]]) & (joint >= joint[order[0]] - 0.1)
    return [int(i) for i in order if same[i]][:CANDIDATES]


def steadiness(samples: Floats, sampling_rate: float) -> float:
    """Return how even a stretch is: the median over the highest range of a second, least of both.

    One spike or step makes it small. A premature beat does little to it, and it only chooses
    what is shown.

    Args:
        samples: Shape (2, time); NaN where not measured.
        sampling_rate: Hertz.
    """
    second = round(sampling_rate)
    worst = 1.0
    for row in samples:
        if not np.isfinite(row).any():
            continue
        parts = row[: len(row) // second * second].reshape(-1, second)
        parts = parts[np.isfinite(parts).any(axis=1)]
        if len(parts) > 1:
            reach = np.nanmax(parts, axis=1) - np.nanmin(parts, axis=1)
            worst = min(worst, float(np.median(reach) / max(float(reach.max()), 1e-12)))
    return worst


def read_excerpt(
    source: Source, fingerprints: Fingerprints, *, model: str | Path, seconds: float
) -> Excerpt:
    """Read and prepare the best stretch of a record; little else is touched.

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
    channels = [c for c in infos(source, fingerprints) if c is not None]
    end = max(c.start + c.duration for c in channels)
    windows = best_windows(fingerprints, end) or [-1]
    stretches = [_read(source, fingerprints, engine.preparation, w, seconds) for w in windows]
    best = max(range(len(windows)), key=lambda i: steadiness(*stretches[i].visible))
    window, chosen = windows[best], stretches[best]
    begin, prepared = chosen.begin, chosen.prepared
    rate = prepared.sampling_rate
    samples, _ = chosen.visible
    measured, n = np.isfinite(samples), samples.shape[1]
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
        start=chosen.start,
        duration=n / rate,
        sampling_rate=rate,
        window=window,
        time=np.arange(n) / rate,
        samples=samples,
        r_peaks=_inside(r_peaks, begin, measured[0]),
        onsets=_inside(pulses.onset, begin, measured[1]),
        systolic_peaks=_inside(pulses.systolic_peak, begin, measured[1]),
        arrivals=arrivals,
        generated=generate(engine, prepared, used, fingerprints.channels, chosen.at, chosen.start),
    )


@dataclass(frozen=True, kw_only=True)
class _Stretch:
    """A prepared part of the record: the excerpt, and what lies around it."""

    prepared: Prepared
    at: float
    """Seconds on the record's clock at which the window begins."""
    start: float
    """Seconds on the record's clock at which the excerpt begins."""
    begin: int
    """Sample at which the excerpt begins."""
    length: int
    """Samples of the excerpt."""

    @property
    def visible(self) -> tuple[Floats, float]:
        """The excerpt, shape (2, time), NaN where not measured; and its sampling rate."""
        part = slice(self.begin, self.begin + self.length)
        p = self.prepared
        return np.where(p.valid[:, part], p.samples[:, part], np.nan), p.sampling_rate


def _read(
    source: Source, prints: Fingerprints, preparation: Preparation, window: int, seconds: float
) -> _Stretch:
    """Read the stretch around a window (or the beginning: -1) with the context filters need."""
    channels = [c for c in infos(source, prints) if c is not None]
    zero = min(c.start for c in channels)
    end = max(c.start + c.duration for c in channels)
    rate = preparation.sampling_rate
    at = float(prints.start[window]) if window >= 0 else zero
    start = max(min(at - (seconds - preparation.window) / 2, end - seconds), zero)
    stop = min(start + seconds, end)
    start = zero + round((start - zero) * rate) / rate
    # Whole seconds keep to the clock on which the windows were cut.
    first = zero + max(0, math.floor(min(start, at) - zero - preparation.context))
    until = max(stop, at + preparation.window) + preparation.context
    record = source.read(first, until, [c.name for c in channels])
    by_name = {c.name: c for c in record.channels}
    ecg, ppg = (by_name.get(name) for name in prints.channels)
    prepared = prepare(ecg, ppg, preparation, start=first)
    begin = round((start - first) * rate)
    length = min(round((stop - start) * rate), prepared.samples.shape[1] - begin)
    return _Stretch(prepared=prepared, at=at, start=start, begin=begin, length=length)


def _inside(at: NDArray[np.int64], begin: int, valid: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the beats of the excerpt that lie on measured samples, counted from its start."""
    at = at - begin
    at = at[(at >= 0) & (at < len(valid))]
    return at[valid[at]]
