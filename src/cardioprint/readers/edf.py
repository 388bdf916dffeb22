"""EDF, EDF+ and BDF: the header is checked here, the samples are read by pyedflib.

pyedflib refuses a damaged file without saying where, and reads through all of it for its
annotations; a 256-byte look beforehand says which field is wrong and by how much.
Format: https://www.edfplus.info/specs/edf.html
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.errors import ChannelError, RecordError, SamplingRateError, TruncatedFileError
from cardioprint.readers.columns import Request
from cardioprint.readers.files import RecordFile, Span
from cardioprint.readers.safety import check_file, translated
from cardioprint.readers.series import Series, check_given_rate, make_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FIXED = 256
_PER_SIGNAL = 256
_MOST_SIGNALS = 640  # limit of the library below

# edflib keeps a table of open files and refuses to open one file twice.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class _Signal:
    label: str
    unit: str
    per_record: int


def open_edf(path: Path, request: Request) -> RecordFile:
    """Open an EDF, EDF+ or BDF file. Signals keep their own rates.

    Raises:
        RecordError: Damaged header, or EDF+D (recorded with interruptions).
        TruncatedFileError: Fewer data records than the header promises.
        SamplingRateError: Data records without a duration.
        ChannelError: No signals besides annotations.
    """
    check_file(path)
    with path.open("rb") as stream:
        fixed = stream.read(_FIXED)
        n_signals = _check_fixed(fixed, path)
        table = stream.read(_PER_SIGNAL * n_signals)
    if len(table) < _PER_SIGNAL * n_signals:
        raise TruncatedFileError(
            f"the header ends before its {n_signals} signals are described",
            source=path,
            field="header",
            fix="copy the file again",
        )
    is_bdf = fixed[0] == 0xFF
    signals = _signals(table, n_signals, path)
    n_records = _number(fixed[236:244], "number of data records", path)
    seconds = float(_number(fixed[244:252], "duration of a data record", path, whole=False))
    record_bytes = sum(s.per_record for s in signals) * (3 if is_bdf else 2)
    _check_size(path, int(n_records), record_bytes, _FIXED + _PER_SIGNAL * n_signals)
    plus = fixed[192:197] in (b"EDF+C", b"BDF+C")
    wanted = [s for s in signals if not (plus and s.label.endswith(" Annotations"))]
    if not wanted:
        raise ChannelError(
            "the file holds annotations only", source=path, field="signals", fix="give another file"
        )
    if seconds <= 0:
        raise SamplingRateError(
            f"data records last {seconds:g} s, so that no rate follows",
            source=path,
            field="duration of a data record",
            fix="correct the header: sampling rate = samples per record / duration",
        )
    check_given_rate([s.per_record / seconds for s in wanted], request, path)
    series = [
        Series(
            name=s.label,
            unit=s.unit,
            sampling_rate=s.per_record / seconds,
            n_samples=s.per_record * int(n_records),
        )
        for s in wanted
    ]

    def load(spans: Sequence[Span]) -> list[NDArray[np.float64]]:
        import pyedflib

        with _ONE_AT_A_TIME, translated(path, what="EDF signals"):
            reader = pyedflib.EdfReader(
                str(path), pyedflib.DO_NOT_READ_ANNOTATIONS, pyedflib.DO_NOT_CHECK_FILE_SIZE
            )
            try:
                return [reader.readSignal(i, first, last - first) for i, first, last in spans]
            finally:
                reader.close()

    return make_file(path, series=series, request=request, load=load)


def _check_fixed(fixed: bytes, path: Path) -> int:
    """Check the first 256 bytes and return the number of signals."""
    known = fixed[:8] == b"0       " or fixed[:8] == b"\xffBIOSEMI"
    if len(fixed) < _FIXED or not known:
        raise RecordError(
            "this is not an EDF or BDF header",
            source=path,
            field="version",
            fix="the file is damaged or not EDF; copy it again",
        )
    if fixed[192:197] in (b"EDF+D", b"BDF+D"):
        raise RecordError(
            "the recording was interrupted (EDF+D); joining its parts would shift time",
            source=path,
            field="reserved",
            fix="export the continuous parts as separate EDF+C files",
        )
    n_signals = int(_number(fixed[252:256], "number of signals", path))
    if not 0 <= n_signals <= _MOST_SIGNALS:
        raise RecordError(
            f"{n_signals} signals", source=path, field="number of signals", fix="copy it again"
        )
    if n_signals == 0:
        raise ChannelError(
            "the file has no signals", source=path, field="number of signals", fix="give another"
        )
    return n_signals


def _signals(table: bytes, n: int, path: Path) -> list[_Signal]:
    """Split the table of signals, which is stored field by field."""
    widths = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32]
    fields, start = [], 0
    for width in widths:
        block = table[start : start + width * n]
        fields.append([block[i * width : (i + 1) * width] for i in range(n)])
        start += width * n
    signals = []
    for i in range(n):
        label = fields[0][i].decode("latin-1").strip()
        # Low and high of both scales: without a range there is no gain.
        low, high = (
            _number(fields[k][i], f"physical range of {label}", path, whole=False) for k in (3, 4)
        )
        least, most = (_number(fields[k][i], f"digital range of {label}", path) for k in (5, 6))
        per_record = int(_number(fields[8][i], f"samples per record of {label}", path))
        if low == high or least >= most or per_record <= 0:
            raise RecordError(
                f"signal {label!r}: physical {low:g} to {high:g}, digital {least:g} to {most:g}, "
                f"{per_record} samples per record",
                source=path,
                field=label,
                fix="the header is damaged; export the file again",
            )
        unit = fields[2][i].decode("latin-1").strip()
        signals.append(_Signal(label=label, unit=unit, per_record=per_record))
    return signals


def _check_size(path: Path, n_records: int, record_bytes: int, header_bytes: int) -> None:
    held = path.stat().st_size - header_bytes
    if n_records <= 0:
        raise RecordError(
            f"the header says {n_records} data records: the recorder never finished",
            source=path,
            field="number of data records",
            fix=f"write {held // record_bytes} there if the recording is over",
        )
    if held < n_records * record_bytes:
        raise TruncatedFileError(
            f"the header promises {n_records} data records, the file holds {held // record_bytes}",
            source=path,
            field="number of data records",
            fix="copy the file again",
        )
    if held > n_records * record_bytes:
        raise RecordError(
            f"{held - n_records * record_bytes} bytes follow the {n_records} promised data records",
            source=path,
            field="number of data records",
            fix="the header belongs to other data; export the file again",
        )


def _number(text: bytes, field: str, path: Path, *, whole: bool = True) -> float:
    try:
        value = float(text.decode("ascii").strip())
        if value != value or (whole and value != int(value)):
            raise ValueError
    except (ValueError, OverflowError):
        raise RecordError(
            f"{text!r} is not a number",
            source=path,
            field=field,
            fix="the header is damaged; copy the file again",
        ) from None
    return value
