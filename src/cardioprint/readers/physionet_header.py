"""The text of a WFDB header, checked before the wfdb package interprets it.

wfdb fills in what a header leaves out (250 Hz, 200 counts per mV) and drops bytes that are not
ASCII, which turns `µV` into `V`. Both would be silently wrong numbers, so the few fields that
matter are looked at here first.
Format: https://physionet.org/physiotools/wag/header-5.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cardioprint.errors import (
    ChannelError,
    RecordError,
    SamplingRateError,
    TruncatedFileError,
)
from cardioprint.readers.safety import check_file, check_inside, translated
from cardioprint.types import check_rate

_GAIN = re.compile(r"^(-?[\d.]+(?:[eE][+-]?\d+)?)(?:\(-?\d+\))?(?:/(\S+))?$")

BITS = {"8": 8, "16": 16, "24": 24, "32": 32, "61": 16, "80": 8, "160": 16, "212": 12}
BITS |= {"310": 32 / 3, "311": 32 / 3}
"""Bits a sample takes in each uncompressed signal format."""

FLAC = ("508", "516", "524")


@dataclass(frozen=True, kw_only=True)
class SignalLine:
    """The fields of one signal line that must not be guessed.

    Attributes:
        file_name: Data file, checked to stay in the record's folder; "~" for none.
        calibrated: False where the gain is left out or 0: the samples are mere counts.
        name: Of the signal; "" where the line leaves out a field before it.
        unit: As written; "mV" where a gain stands without a unit, as the format defines.
    """

    file_name: str
    calibrated: bool
    unit: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Header:
    """A checked header.

    Attributes:
        path: The .hea file.
        base: The same without extension, as wfdb wants it.
        fields: wfdb's own Record or MultiRecord.
        frame_rate: Frames per second.
        lines: One per signal; empty in a multi-segment header.
    """

    path: Path
    base: str
    fields: Any
    frame_rate: float
    lines: tuple[SignalLine, ...] = ()

    @property
    def samples_per_frame(self) -> list[int]:
        """Samples of each signal in one frame."""
        return [int(n or 1) for n in self.fields.samps_per_frame]


def read_header(path: Path, *, sampling_rate: float | None = None) -> Header:
    """Read and check a .hea file.

    Args:
        path: The .hea file.
        sampling_rate: The caller's, used only where the header has none.

    Raises:
        RecordError: Not a header, or it contradicts itself.
        SamplingRateError: No rate in the header and none given.
        ChannelError: No signals.
        UnsafeFileError: It refers to files outside its folder.
    """
    import wfdb

    check_file(path)
    text = path.read_bytes().decode("utf-8", errors="replace")
    lines = [ln.strip() for ln in text.splitlines() if ln.strip() and ln.strip()[0] != "#"]
    if "\0" in text or not lines or len(lines[0].split()) < 2:
        raise RecordError(
            "this is not a WFDB header",
            source=path,
            field="record line",
            fix="the first line must read: name signals rate samples",
        )
    record_line = lines[0].split()
    stated = re.match(r"[\d.]+", record_line[2]) if len(record_line) > 2 else None
    if stated is None and sampling_rate is None:
        raise SamplingRateError(
            "the header states no sampling rate",
            source=path,
            field="record line",
            fix="pass sampling_rate=, in hertz",
        )
    segmented = "/" in record_line[0]
    signals = [] if segmented else [_signal_line(line, path) for line in lines[1:]]
    for line in lines[1:] if segmented else []:
        check_inside(line.split()[0], source=path, field="segment name")
    base = str(path.with_suffix(""))
    with translated(path, what="WFDB header", fix="correct the header, or copy it again"):
        fields = wfdb.rdheader(base)
    if not fields.n_sig:
        raise ChannelError(
            "the header announces no signals", source=path, field="record line", fix="give another"
        )
    announced = getattr(fields, "n_seg", None) if segmented else fields.n_sig
    if announced != len(lines) - 1:
        raise RecordError(
            f"the header announces {announced} {'segments' if segmented else 'signals'} and "
            f"describes {len(lines) - 1}",
            source=path,
            field="record line",
            fix="the header is cut short or edited; copy it again",
        )
    for line, name in zip(signals, (() if segmented else fields.sig_name) or (), strict=True):
        if line.name and line.name.encode("ascii", "ignore").decode() != (name or "").strip():
            raise RecordError(
                f"the line of signal {line.name!r} cannot be read",
                source=path,
                field="signal line",
                fix="the header is damaged; copy it again",
            )
    return Header(
        path=path,
        base=base,
        fields=fields,
        frame_rate=check_rate(
            fields.fs if stated else sampling_rate, source=path, field="rate", lowest=1e-6
        ),
        lines=tuple(signals),
    )


def _signal_line(line: str, path: Path) -> SignalLine:
    tokens = line.split()
    name = check_inside(tokens[0], source=path, field="file name")
    if len(tokens) < 2:
        raise RecordError(
            f"signal line {line!r} has no format",
            source=path,
            field="signal line",
            fix="the header is cut short; copy it again",
        )
    gain = _GAIN.match(tokens[2]) if len(tokens) > 2 else None
    if len(tokens) > 2 and gain is None:
        raise RecordError(
            f"gain {tokens[2]!r} in the line of {tokens[-1]!r} cannot be read",
            source=path,
            field="gain",
            fix="write gain(baseline)/unit, e.g. 200(0)/mV",
        )
    calibrated = gain is not None and float(gain[1]) != 0
    unit = (gain[2] or "mV") if gain is not None and calibrated else ""
    described = line.split(maxsplit=8)
    described = described[8].strip() if len(described) > 8 else ""
    return SignalLine(file_name=name, calibrated=calibrated, unit=unit, name=described)


def frames_stored(header: Header) -> int:
    """Return how many frames the data files hold, after checking that all agree.

    Raises:
        RecordError: A data file is missing, or holds more than the header says.
        TruncatedFileError: It holds less.
    """
    fields = header.fields
    promised = fields.sig_len or None
    counts = []
    for name in dict.fromkeys(line.file_name for line in header.lines):
        members = [i for i, line in enumerate(header.lines) if line.file_name == name]
        if name == "~":
            continue
        data = header.path.parent / name
        check_file(data)
        kind = fields.fmt[members[0]]
        if kind in FLAC and promised:
            counts.append(promised)
            continue
        if kind not in BITS:
            raise RecordError(
                f"signal format {kind} cannot be read",
                source=header.path,
                field="format",
                fix=f"convert the record with xform; known: {', '.join(BITS)}",
            )
        per_frame = sum(header.samples_per_frame[i] for i in members)
        bits = BITS[kind] * per_frame
        offset = int(fields.byte_offset[members[0]] or 0)
        held = int((data.stat().st_size - offset) * 8 / bits + 1e-9)
        if promised and held < promised:
            raise TruncatedFileError(
                f"the header promises {promised} frames, {name} holds {max(held, 0)}",
                source=data,
                field="samples per signal",
                fix="copy the data file again",
            )
        if promised and held > promised and not _only_padding(data, offset, promised * bits):
            raise RecordError(
                f"the header promises {promised} frames, {name} holds {held}",
                source=data,
                field="samples per signal",
                fix="the header belongs to other data, or its number of signals is wrong",
            )
        counts.append(promised or held)
    if not counts or min(counts) <= 0:
        raise TruncatedFileError(
            "no samples are stored",
            source=header.path,
            field="samples per signal",
            fix="copy again",
        )
    return min(counts)


def _only_padding(data: Path, offset: int, bits: float) -> bool:
    """Return True where all bytes after the promised samples are zero, as on old tape blocks."""
    with data.open("rb") as stream:
        stream.seek(offset + int(-(-bits // 8)))
        while block := stream.read(2**20):
            if block.strip(b"\0"):
                return False
    return True
