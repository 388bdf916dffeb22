"""One call from a recording to fingerprints, or to a reconstruction."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import ChannelError, RecordError
from cardioprint.fingerprints.result import Fingerprints, Reconstruction, weighted_mean
from cardioprint.readers import open_record
from cardioprint.runtime.session import Session, usable_cores
from cardioprint.signal.beats import arrival_times, heart_rate
from cardioprint.signal.blocks import (
    BLOCK,
    InMemory,
    PreparedBlock,
    Source,
    prepared_blocks,
)
from cardioprint.signal.preparation import MODALITIES
from cardioprint.signal.quality import Quality
from cardioprint.signal.selection import EXAMINED, Selection, select
from cardioprint.types import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.preparation import Preparation
    from cardioprint.types import Windows

Recording = Record | Source | str | os.PathLike[str]


def session(
    model: str | Path = "tiny", precision: str = "int8", threads: int | None = None
) -> Session:
    """Return a model ready for use; loading is done once a process."""
    return _loaded(str(model), precision, threads or usable_cores())


@lru_cache(maxsize=4)
def _loaded(model: str, precision: str, threads: int) -> Session:
    return Session(model, precision=precision, threads=threads)


def opened(recording: Recording, **reader: Any) -> Source:
    """Return a recording that can be read in parts, whatever it was given as."""
    if isinstance(recording, Record):
        return InMemory(record=recording)
    if isinstance(recording, str | os.PathLike):
        return open_record(recording, **reader)
    return recording


def chosen(
    source: Source, preparation: Preparation, *, lead: str = "", site: str = ""
) -> Selection:
    """Choose the channels of an opened recording; reads its beginning only where it must."""
    where = str(getattr(source, "path", source.name))
    channels: Any = source.channels
    counts = [sum(c.modality == m for c in channels) for m in MODALITIES]
    sample = source.read(0.0, EXAMINED) if max(counts) > 1 else None
    return select(
        channels, lead=lead, site=site, source=where, sample=sample, preparation=preparation
    )


def fingerprint(
    recording: Recording,
    *,
    model: str | Path = "tiny",
    precision: str = "int8",
    lead: str = "",
    site: str = "",
    stride: float | None = None,
    threads: int | None = None,
    block: float = BLOCK,
    progress: Callable[[float], None] | None = None,
    reader: Mapping[str, Any] | None = None,
) -> Fingerprints:
    """Turn a recording into fingerprints.

    Args:
        recording: A Record, an opened file, or a path.
        model: Packaged model or model folder.
        precision: "int8" or "float32".
        lead: ECG lead or channel name; default: II, MLII, I, else the best quality.
        site: PPG site or channel name; default: the best quality.
        stride: Seconds between windows; default: the model's (10 s, no overlap).
        threads: Threads; default: the cores this process may use.
        block: Seconds of the record in memory at a time.
        progress: Called with the share of the record that is done.
        reader: `columns`, `sampling_rate`, `units` or `subject` for `open_record`.

    Returns:
        A vector a window, one a record, quality, reasons, origin. A recording that is too
        short has no windows and says so in `unused`.

    Raises:
        RecordError: Or one of its kinds, naming the file, the field and the fix.
    """
    engine = session(model, precision, threads)
    preparation = engine.preparation
    if stride is not None:
        if not stride > 0:
            raise RecordError("stride must be positive", field="stride", fix="give seconds > 0")
        preparation = replace(preparation, stride=float(stride))
    source = opened(recording, **(reader or {}))
    pick = chosen(source, preparation, lead=lead, site=site)
    parts: list[dict[str, NDArray]] = []
    reasons: list[str] = []
    end = covered = 0.0
    for part in prepared_blocks(source, pick.ecg, pick.ppg, preparation, block=block):
        used = part.quality.believed
        vectors, _ = engine.encode(*shown(part.windows, used))
        rates, waits = beat_numbers(part)
        parts.append(
            {
                "vectors": vectors,
                "start": part.windows.start,
                "used": used,
                "quality": part.quality.index,
                "heart_rate": rates,
                "arrival_time": waits,
            }
        )
        reasons += [explain(part.quality, i) for i in range(len(part.windows))]
        end = part.end
        if len(part.windows):
            covered = float(part.windows.start[-1]) + preparation.window
        if progress:
            progress(part.fraction)
    whole = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    picked = [next((c for c in source.channels if c.name == n), None) for n in (pick.ecg, pick.ppg)]
    ecg, ppg = picked
    return Fingerprints(
        **whole,
        vector=weighted_mean(whole["vectors"], whole["used"], whole["quality"]),
        reasons=tuple(reasons),
        window=preparation.window,
        record=source.name,
        subject=source.subject,
        source=str(getattr(source, "path", "memory")),
        channels=(pick.ecg, pick.ppg),
        selection=pick.why,
        model=engine.model_id,
        unused=max(0.0, end - covered),
        seconds=recorded(picked, whole["start"], preparation.window),
        places=(ecg.lead if ecg else "", ppg.site if ppg else ""),
    )


def recorded(
    channels: Sequence[Any], start: NDArray[np.float64], window: float
) -> NDArray[np.float32]:
    """Return the seconds of each window during which each channel was recorded.

    Args:
        channels: With `start` and `duration`; None where absent.
        start: Seconds after the record's zero, shape (window,).
        window: Seconds in a window.

    Returns:
        Shape (window, channel); NaN where absent.
    """
    out = np.full((len(start), len(channels)), np.nan, np.float32)
    for row, c in zip(out.T, channels, strict=True):
        if c is not None:
            end = np.minimum(start + window, c.start + c.duration)
            row[:] = np.clip(end - np.maximum(start, c.start), 0, window)
    return out


def shown(
    windows: Windows, used: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return samples and validity with every channel that is not to be used made absent."""
    keep = used[:, :, None]
    return windows.samples * keep, windows.valid & keep


def beat_numbers(part: PreparedBlock) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return heart rates, shape (window, 2), and median arrival times, shape (window,)."""
    rate, n = part.prepared.sampling_rate, part.windows.samples.shape[2]
    rates = np.full((len(part.windows), 2), np.nan, np.float32)
    waits = np.full(len(part.windows), np.nan, np.float32)
    first = np.round((part.windows.start - part.prepared.start) * rate).astype(int)
    arrivals = arrival_times(*part.quality.beats, rate)
    edges = [np.searchsorted(b, (first, first + n)) for b in part.quality.beats]
    good = part.quality.believed
    for i in range(len(first)):
        for channel in range(2):
            if good[i, channel]:
                a, b = edges[channel][:, i]
                rates[i, channel] = heart_rate(part.quality.beats[channel][a:b], rate)
        if good[i].all():
            mine = arrivals[edges[0][0, i] : edges[0][1, i]]
            if np.isfinite(mine).sum() >= 3:
                waits[i] = np.nanmedian(mine)
    return rates, waits


def explain(quality: Quality, window: int) -> str:
    """Return why channels of a window were not used: "ppg: flat, no beats"."""
    texts = []
    for channel, modality in enumerate(MODALITIES):
        reason = quality.reasons(window, channel)
        if reason:
            texts.append(f"{modality}: {reason}")
    return "; ".join(texts)


def reconstruct(
    recording: Recording,
    *,
    to: str,
    model: str | Path = "tiny",
    precision: str = "int8",
    lead: str = "",
    site: str = "",
    threads: int | None = None,
    block: float = BLOCK,
    progress: Callable[[float], None] | None = None,
    reader: Mapping[str, Any] | None = None,
) -> Reconstruction:
    """Generate one modality from the other. Never a measurement, never diagnostic.

    The shape is the model's expectation; absolute timing between ECG and PPG depends on the
    monitor and cannot be known from one of them.

    Args:
        recording: As in `fingerprint`.
        to: "ecg" (shows the PPG to the model) or "ppg" (shows the ECG).
        model: As in `fingerprint`; so are the arguments that follow.
        precision: "int8" or "float32".
        lead: ECG lead or channel name.
        site: PPG site or channel name.
        threads: Threads.
        block: Seconds of the record in memory at a time.
        progress: Called with the share of the record that is done.
        reader: Arguments for `open_record`.

    Raises:
        ChannelError: The recording has no channel to generate from.
    """
    if to not in MODALITIES:
        raise RecordError(f"cannot generate {to!r}", field="to", fix="ask for ecg or ppg")
    engine = session(model, precision, threads)
    source = opened(recording, **(reader or {}))
    pick = chosen(source, engine.preparation, lead=lead, site=site)
    target = MODALITIES.index(to)
    shown_row = 1 - target
    if not (pick.ecg, pick.ppg)[shown_row]:
        raise ChannelError(
            f"there is no {MODALITIES[shown_row].upper()} to generate {to.upper()} from",
            source=source.name,
            field="channels",
            fix=f"give a recording with {MODALITIES[shown_row].upper()}",
        )
    made, truth, start = [], [], []
    for part in prepared_blocks(source, pick.ecg, pick.ppg, engine.preparation, block=block):
        good = part.quality.believed
        used = np.zeros_like(good)
        used[:, shown_row] = good[:, shown_row]
        _, tokens = engine.encode(*shown(part.windows, used))
        out = np.full((len(used), engine.preparation.window_samples), np.nan, np.float32)
        rows = np.flatnonzero(used[:, shown_row])
        if len(rows):
            out[rows] = engine.decode(tokens[rows], to)
        out[~part.windows.valid[:, shown_row]] = np.nan
        real = part.windows.samples[:, target].copy()
        real[~part.windows.valid[:, target]] = np.nan
        made.append(out)
        truth.append(real)
        start.append(part.windows.start)
        if progress:
            progress(part.fraction)
    return Reconstruction(
        samples=np.concatenate(made),
        truth=np.concatenate(truth),
        start=np.concatenate(start),
        sampling_rate=engine.preparation.sampling_rate,
        source=MODALITIES[shown_row],
        target=to,
        model=engine.model_id,
        record=source.name,
    )
