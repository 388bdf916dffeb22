"""Files of the two devices of WESAD and PPG-DaLiA: RespiBAN on the chest, Empatica E4 on the wrist.

Both collections are best known for their pickles (S2.pkl), which hold the two devices on one
clock. A pickle can run code when opened, so none is ever read here. The raw files beside them
are safe, but their clocks were joined by hand, by two taps on the chest before and after, and the
result was published in the pickles alone. ECG and PPG are therefore two sources of one record:
each is right in itself, and nothing is claimed of the time between them.

Sources: wesad_readme.pdf and PPG_FieldStudy_readme.pdf in the collections.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.datasets import hdf5
from cardioprint.datasets.metadata import number
from cardioprint.datasets.sources import Read, from_series
from cardioprint.errors import ChannelError, RecordError, SamplingRateError
from cardioprint.readers import RecordFile
from cardioprint.readers.naming import Identity
from cardioprint.readers.safety import check_file, check_growth, translated
from cardioprint.readers.series import Series
from cardioprint.types import Modality, check_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOLTS = 3.0
"""Supply voltage in the RespiBAN's transfer function (wesad_readme.pdf, II.2):
ECG in mV = (counts / 2^bits - 0.5) * 3."""

ECG = Identity(modality=Modality.ECG)
WRIST = Identity(modality=Modality.PPG, site="wrist")
BVP = "BVP.csv"
"""In the E4's archive: time of the first sample, rate, samples, one a line."""

LONGEST_HEADER = 1 << 16
"""Characters; a longer one is no OpenSignals header."""


def wrist(path: Path, name: str, subject: str) -> RecordFile:
    """Open the blood volume pulse in the archive of an E4.

    Raises:
        RecordError: No BVP.csv in it, or not in Empatica's layout.
        UnsafeFileError: It would fill the memory when unpacked.
    """
    check_file(path)
    with translated(path, what="E4 archive"), zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if m.filename.rsplit("/", 1)[-1] == BVP]
        if not members:
            raise RecordError(
                f"there is no {BVP}", source=path, field="archive", fix="fetch the archive again"
            )
        check_growth(
            stored=members[0].compress_size, unpacked=members[0].file_size, source=path, field=BVP
        )
        lines = archive.read(members[0]).decode("ascii", errors="replace").split()
    rate = check_rate(number(lines[1]) if len(lines) > 2 else None, source=path, field=BVP)
    try:
        samples = np.array(lines[2:], dtype=np.float32)
    except ValueError as error:
        raise RecordError(
            f"{BVP} holds what is no number: {error}",
            source=path,
            field=BVP,
            fix="fetch the archive again",
        ) from None
    described = Series(name="BVP", guess=WRIST, sampling_rate=rate, n_samples=len(samples))
    return from_series(path, name, subject, [(described, lambda first, last: samples[first:last])])


def chest_text(path: Path, name: str, subject: str) -> RecordFile:
    """Open the ECG in a text file of OpenSignals, which names its sensors and rate.

    Raises:
        RecordError: Not in that layout, or without an ECG.
    """
    header, skip = _text_header(path)
    sensors = [str(s).upper() for s in header.get("sensor", [])]
    columns = [str(c) for c in header.get("column", [])]
    if "ECG" not in sensors or len(columns) < len(sensors):
        raise _no_ecg(path, sensors)
    # Columns are the sample number, digital inputs, then the sensors.
    place = len(columns) - len(sensors) + sensors.index("ECG")
    bits = _bits(header, sensors.index("ECG"), len(sensors), path)
    counts = _column(path, skip, place)
    return _chest(path, name, subject, header.get("sampling rate"), bits, counts)


def _text_header(path: Path) -> tuple[dict[str, Any], int]:
    check_file(path)
    lines = []
    with path.open(encoding="ascii", errors="replace") as stream:
        while len(lines) < 10:
            lines.append(stream.readline(LONGEST_HEADER))
            if "EndOfHeader" in lines[-1] or not lines[-1]:
                break
    with translated(path, what="OpenSignals header"):
        text = next(line[1:] for line in lines if line.startswith("# {"))
        header = next(iter(json.loads(text).values()))
    if not isinstance(header, dict) or "EndOfHeader" not in lines[-1]:
        raise RecordError(
            "this is not an OpenSignals header",
            source=path,
            field="header",
            fix="fetch the file again",
        )
    return header, len(lines)


def _column(path: Path, skip: int, place: int) -> NDArray[np.float32]:
    from pyarrow import csv

    with translated(path, what="table of the RespiBAN"):
        name = f"f{place}"
        table = csv.read_csv(
            path,
            read_options=csv.ReadOptions(skip_rows=skip, autogenerate_column_names=True),
            parse_options=csv.ParseOptions(delimiter="\t"),
            convert_options=csv.ConvertOptions(include_columns=[name]),
        )
        return table[name].cast("float32").to_numpy()


def chest_hdf5(path: Path, name: str, subject: str) -> RecordFile:
    """Open the ECG in an HDF5 file of OpenSignals: <address>/raw/channel_1 and so on.

    Raises:
        RecordError: Not in that layout.
        ChannelError: No channel is named an ECG: which one it is, is never guessed.
    """
    with hdf5.opened(path) as file:
        keys = [str(key) for key in file]
        devices = [key for key in keys if hdf5.member(file, f"{key}/raw", path) is not None]
        if not devices:
            raise RecordError(
                "there is no device with raw channels",
                source=path,
                field="raw",
                fix="fetch the file again",
            )
        device = hdf5.member(file, devices[0], path)
        raw = hdf5.member(device, "raw", path)
        keys = sorted(
            (str(key) for key in raw if re.fullmatch(r"channel_\d+", key)),
            key=lambda key: int(key.removeprefix("channel_")),
        )
        named = [_sensor(device, raw, keys, i, path) for i in range(len(keys))]
        place = next((i for i, name in enumerate(named) if name.startswith("ECG")), None)
        if place is None:
            raise _no_ecg(path, named)
        header = dict(device.attrs)
        bits = _bits(header, place, len(keys), path)
        where = f"{devices[0]}/raw/{keys[place]}"
        n_samples = hdf5.member(file, where, path).shape[0]

    def counts(first: int, last: int) -> NDArray[np.floating]:
        with hdf5.opened(path) as file:
            found = hdf5.member(file, where, path)
            return np.asarray(found[first:last], dtype=np.float64).reshape(last - first, -1)[:, 0]

    return _chest(path, name, subject, header.get("sampling rate"), bits, counts, n_samples)


def _sensor(device: Any, raw: Any, keys: list[str], place: int, path: Path) -> str:
    """Return what a channel measures, by its own attributes or the device's list of sensors."""
    own = hdf5.member(raw, keys[place], path).attrs
    for attribute in ("sensor", "label"):
        if attribute in own:
            return _word(own[attribute])
    listed = np.ravel(device.attrs.get("sensor", []))
    return _word(listed[place]) if len(listed) == len(keys) else ""


def _word(value: Any) -> str:
    value = np.ravel(value)[0] if np.size(value) else ""
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).upper()


def _bits(header: dict[str, Any], place: int, n_sensors: int, path: Path) -> int:
    """Return the resolution of a sensor, of a list that ends with those of all sensors."""
    listed = np.ravel(header.get("resolution", []))
    stated = number(listed[place - n_sensors]) if len(listed) >= n_sensors else None
    if stated is None or not 1 <= stated <= 32:
        raise RecordError(
            "the header states no resolution in bits",
            source=path,
            field="resolution",
            fix="fetch the file again",
        )
    return int(stated)


def _chest(
    path: Path,
    name: str,
    subject: str,
    rate: Any,
    bits: int,
    counts: Read | NDArray[np.float32],
    n_samples: int = 0,
) -> RecordFile:
    if rate is None:
        raise SamplingRateError(
            "the header states no sampling rate",
            source=path,
            field="sampling rate",
            fix="fetch the file again",
        )
    stored = counts

    def millivolts(first: int, last: int) -> NDArray[np.floating]:
        part = stored(first, last) if callable(stored) else stored[first:last]
        return (part / 2.0**bits - 0.5) * VOLTS

    length = n_samples if callable(counts) else len(counts)
    described = Series(
        name="ECG", unit="mV", guess=ECG, sampling_rate=np.ravel(rate)[0], n_samples=length
    )
    return from_series(path, name, subject, [(described, millivolts)])


def _no_ecg(path: Path, sensors: list[str]) -> ChannelError:
    return ChannelError(
        f"no channel is named an ECG; the file names {', '.join(filter(None, sensors)) or 'none'}",
        source=path,
        field="sensor",
        fix="nothing, where the file does not say which channel the ECG is",
    )


def sheet(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and value of the lines `AGE, 25` or `Age: 25` of a subject's sheet, if any.

    Names are in capitals, without a leading # or a unit in brackets.
    """
    if path.is_file():
        for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
            match = re.match(r"#?\s*([A-Za-z_ ]+?)\s*(?:\([^)]*\))?\s*[:;,]\s*([^;,]+)", line)
            if match:
                yield match[1].upper(), match[2].strip()
