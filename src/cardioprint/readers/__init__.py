"""A file becomes a `Record`: native rates, physical units, one clock. No filter, no resampling.

    with_rates = open_record("night.edf")          # header only
    record = read_record("rec/100")                # all of it
    hour = with_rates.read(start=3600, stop=7200)  # touches that hour of the file

Libraries for single formats (wfdb, pyedflib, pydicom, pyarrow, h5py) load when first needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cardioprint.readers.catalogue import READERS, Reader, choose_reader, find_records
from cardioprint.readers.columns import Request
from cardioprint.readers.files import ChannelInfo, RecordFile
from cardioprint.types import Record

__all__ = [
    "READERS",
    "ChannelInfo",
    "Reader",
    "RecordFile",
    "find_records",
    "open_record",
    "read_record",
]


def open_record(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str | int, str] | None = None,
    sampling_rate: float | None = None,
    units: Mapping[str | int, str] | str | None = None,
    subject: str = "",
) -> RecordFile:
    """Open a recording: read and check its header.

    Args:
        path: The file. A WFDB record also by its data file or without extension.
        columns: Which series to read, and what each is: name or position from 0 to
            `modality[:lead or site[:unit]]` (`ecg:II:mV`, `ppg:finger`, `other`), or to `time`
            (seconds) or `time_ms`. None: every series, judged by its name.
        sampling_rate: Hertz, for files that state none.
        units: Unit of channels by name or position, or one for all ECG channels: where a file
            states none or a wrong one. `a.u.` keeps numbers as they are.
        subject: The person, the unit of splitting. Never taken from the file.

    Returns:
        The opened file; its `read` returns the samples.

    Raises:
        RecordError: Or one of its kinds, naming the file, the field and the fix.
    """
    request = Request(columns=columns, sampling_rate=sampling_rate, units=units, subject=subject)
    file, reader = choose_reader(Path(path))
    return reader.open(file, request)


def read_record(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str | int, str] | None = None,
    sampling_rate: float | None = None,
    units: Mapping[str | int, str] | str | None = None,
    subject: str = "",
) -> Record:
    """Read a whole recording; arguments and errors as in `open_record`."""
    return open_record(
        path, columns=columns, sampling_rate=sampling_rate, units=units, subject=subject
    ).read()
