"""WFDB records (PhysioNet): header plus data, in one segment or many.

A plain record is treated as a multi-segment record of one segment, so that there is one way
to read. Signals keep their own rates: wfdb would average the faster ones down (`smooth_frames`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import RecordError, TruncatedFileError
from cardioprint.readers.columns import Request
from cardioprint.readers.files import RecordFile, Span
from cardioprint.readers.naming import identify
from cardioprint.readers.physionet_header import Header, frames_stored, read_header
from cardioprint.readers.safety import check_inside, translated
from cardioprint.readers.series import Series, check_given_rate, make_file
from cardioprint.readers.units import MILLIVOLTS, plain
from cardioprint.types import Modality

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WFDB_GAIN = 200.0
"""Counts per unit that wfdb assumes where a header gives no gain; undone here."""

_LUDB_LEADS = 12
_LUDB_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class _Segment:
    """A stretch of a record stored under one header.

    Attributes:
        header: Its header.
        start: Frames after the record's zero.
        stop: One past its last frame, on the same count.
        place: Position in the segment of each of the record's signals; None where absent.
        scale: Multiplies what wfdb returns, by position in the segment.
        offset: Is then added.
        whole: True where wfdb can only read the segment as a whole (no length in the header).
    """

    header: Header
    start: int
    stop: int
    place: tuple[int | None, ...]
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    whole: bool = False


def open_wfdb(path: Path, request: Request) -> RecordFile:
    """Open a WFDB record by its .hea file.

    Raises:
        RecordError: And its kinds, see `read_header`, `frames_stored` and `make_file`.
    """
    header = read_header(path, sampling_rate=request.sampling_rate)
    notes = {"comments": "\n".join(c for c in header.fields.comments if c)}
    if header.fields.base_time is not None:
        notes["base_time"] = str(header.fields.base_time)
    if hasattr(header.fields, "seg_name"):
        layout, segments = _segments(header)
    else:
        n_frames = frames_stored(header)
        layout = header
        segments = [_segment(header, layout, start=0, n_frames=n_frames)]
        ludb = _ludb_offsets(segments[0])
        if ludb:
            segments = [ludb]
            notes["calibration"] = (
                "every lead's gain equals its own peak-to-peak, as in LUDB: the gains are not a "
                "calibration and were replaced by 1 uV per count"
            )
    n_frames = segments[-1].stop if segments else 0
    per_frame = layout.samples_per_frame
    rates = [header.frame_rate * n for n in per_frame]
    check_given_rate([*rates, header.frame_rate], request, path)
    names = layout.fields.sig_name
    series = [
        Series(
            name=(names[i] or "").strip(),
            n_samples=n_frames * per_frame[i],
            sampling_rate=rates[i],
            unit=line.unit,
        )
        for i, line in enumerate(layout.lines)
    ]

    def load(spans: Sequence[Span]) -> list[NDArray[np.float64]]:
        read = [np.full(last - first, np.nan) for _, first, last in spans]
        for segment in segments:
            _fill(read, spans, segment, per_frame)
        return read

    return make_file(
        path, series=series, request=request, load=load, notes={k: v for k, v in notes.items() if v}
    )


def _segments(master: Header) -> tuple[Header, list[_Segment]]:
    """Return the header that names the signals, and the segments in time order.

    Variable layout: the first segment has length 0 and only names the signals. Fixed layout:
    every segment holds all signals. A segment named ~ is a gap.
    """
    fields, layout = master.fields, None
    segments, start = [], 0
    for name, length in zip(fields.seg_name, fields.seg_len, strict=True):
        if name != "~":
            check_inside(name, source=master.path, field="segment name")
            header = read_header(
                master.path.with_name(f"{name}.hea"), sampling_rate=master.frame_rate
            )
            layout = layout or header
            if header.frame_rate != master.frame_rate:
                raise RecordError(
                    f"segment {name} is sampled at {header.frame_rate:g} Hz, its record at "
                    f"{master.frame_rate:g} Hz",
                    source=master.path,
                    field="segment",
                    fix="read the segments one by one",
                )
            if length:
                held = frames_stored(header)
                if held < length:
                    raise TruncatedFileError(
                        f"segment {name} holds {held} frames, the record says {length}",
                        source=master.path,
                        field="segment length",
                        fix="copy the segment again",
                    )
                segments.append(_segment(header, layout, start=start, n_frames=length))
        start += length
    if layout is None or not segments:
        raise TruncatedFileError(
            "no segment holds samples", source=master.path, field="segments", fix="copy them all"
        )
    if fields.sig_len and start != fields.sig_len:
        raise RecordError(
            f"the segments add up to {start} frames, the header says {fields.sig_len}",
            source=master.path,
            field="segment length",
            fix="the header is damaged; copy it again",
        )
    return layout, segments


def _segment(header: Header, layout: Header, *, start: int, n_frames: int) -> _Segment:
    """Match a segment's signals to the record's by name, and their units to the record's."""
    names = header.fields.sig_name
    place: list[int | None] = []
    scale = [1.0 if line.calibrated else _WFDB_GAIN for line in header.lines]
    offset = [
        0.0 if line.calibrated else float(header.fields.baseline[i] or 0)
        for i, line in enumerate(header.lines)
    ]
    for i, name in enumerate(layout.fields.sig_name):
        # Position decides within one header, where a name may stand twice; names elsewhere.
        here = i if header is layout else (names.index(name) if name in names else None)
        place.append(here)
        if here is None:
            continue
        per_frame = header.samples_per_frame[here]
        ours, theirs = plain(layout.lines[i].unit), plain(header.lines[here].unit)
        both_volts = ours in MILLIVOLTS and theirs in MILLIVOLTS
        if per_frame != layout.samples_per_frame[i] or not (ours == theirs or both_volts):
            raise RecordError(
                f"signal {name!r} changes its rate or unit in segment {header.path.stem}",
                source=header.path,
                field=name,
                fix="read the segments one by one",
            )
        if both_volts:
            scale[here] *= MILLIVOLTS[theirs] / MILLIVOLTS[ours]
    return _Segment(
        header=header,
        start=start,
        stop=start + n_frames,
        place=tuple(place),
        scale=tuple(scale),
        offset=tuple(offset),
        whole=not header.fields.sig_len,
    )


def _fill(
    read: Sequence[NDArray[np.float64]],
    spans: Sequence[Span],
    segment: _Segment,
    per_frame: Sequence[int],
) -> None:
    """Write what one segment has of the wanted spans into arrays made of NaN."""
    parts = []  # output, position in the segment, first and last sample in the segment's file
    n_frames = segment.stop - segment.start
    for out, (channel, first, last) in zip(read, spans, strict=True):
        here, per = segment.place[channel], per_frame[channel]
        if here is None:
            continue
        zero = segment.start * per
        low, high = max(first, zero), min(last, segment.stop * per)
        # A skewed signal was stored late: its sample k belongs to time k - skew.
        skew = int(segment.header.fields.skew[here] or 0) * per
        high = min(high, zero + n_frames * per - skew)
        if low < high:
            parts.append(
                (out[low - first : high - first], here, low - zero + skew, high - low, per)
            )
    if not parts:
        return
    start = min(first // per for _, _, first, _, per in parts)
    stop = max(-(-(first + n) // per) for _, _, first, n, per in parts)
    wanted = sorted({here for _, here, _, _, _ in parts})
    signals = _read_frames(segment, start, stop, wanted)
    for out, here, first, n, per in parts:
        samples = signals[wanted.index(here)][first - start * per :][:n]
        out[:] = samples * segment.scale[here] + segment.offset[here]


def _read_frames(segment: _Segment, start: int, stop: int, wanted: list[int]) -> list[Any]:
    import wfdb

    header = segment.header
    with translated(header.path, what="WFDB signals"):
        record = wfdb.rdrecord(
            header.base,
            sampfrom=0 if segment.whole else start,
            sampto=None if segment.whole else stop,
            channels=wanted,
            smooth_frames=False,
            ignore_skew=True,  # done in _fill: wfdb fails where two signals differ in skew
        )
        signals: list[Any] = record.e_p_signal  # type: ignore[assignment]
        if segment.whole:
            per_frame = header.samples_per_frame
            signals = [
                s[start * per_frame[i] : stop * per_frame[i]]
                for s, i in zip(signals, wanted, strict=True)
            ]
    for i, samples in zip(wanted, signals, strict=True):
        if len(samples) != (stop - start) * header.samples_per_frame[i]:
            raise TruncatedFileError(
                f"{len(samples)} samples came where {stop - start} frames were asked for",
                source=header.path,
                field="samples per signal",
                fix="copy the data file again",
            )
    return signals


def _ludb_offsets(segment: _Segment) -> _Segment | None:
    """Return the segment with 1 uV per count where its gains are those of LUDB, else None.

    The Lobachevsky University database (Kalyakulina 2020, doi:10.1109/ACCESS.2020.3029211) was
    exported with each lead's gain set to that lead's own peak-to-peak, so that every lead comes
    out as exactly 1 mV high; one count is 1 uV. To be sure, all of this must hold: twelve
    ECG leads in mV, a short record, whole-numbered gains of which none is shared by all, and
    for every single lead max - min in counts equal to the gain. A true calibration cannot do
    that: it does not know the highest and the lowest sample of a recording to come.
    """
    header, gains = segment.header, segment.header.fields.adc_gain
    short = segment.stop / header.frame_rate <= _LUDB_SECONDS
    if len(header.lines) != _LUDB_LEADS or not short or len(set(gains)) < _LUDB_LEADS // 2:
        return None
    for line, name, gain in zip(header.lines, header.fields.sig_name, gains, strict=True):
        ecg = identify(name or "", line.unit).modality == Modality.ECG
        if not (ecg and line.calibrated and plain(line.unit) == "mv" and gain == int(gain) > 0):
            return None
    signals = _read_frames(segment, 0, segment.stop, list(range(_LUDB_LEADS)))
    spans = [np.ptp(s) for s in signals]
    if not np.allclose(spans, 1.0, rtol=0, atol=1e-9):
        return None
    baselines = [float(b or 0) for b in header.fields.baseline]
    return _Segment(
        header=header,
        start=segment.start,
        stop=segment.stop,
        place=segment.place,
        scale=tuple(g * 1e-3 for g in gains),  # wfdb gave (count - baseline) / gain
        offset=tuple(b * 1e-3 for b in baselines),
        whole=segment.whole,
    )
