"""UCI Cuff-Less Blood Pressure Estimation (Kachuee 2015): PPG, arterial pressure and ECG.

The publisher offers `Part_1.mat` to `Part_4.mat`: MATLAB v7.3 (HDF5) files, each with one cell
array; a cell is one record, a matrix of three rows: PPG, ABP, ECG. Copies in CSV, one file a
record (`Part_1_1000.csv`), are read as well. Cells are counted from 1, as MATLAB does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import files_named
from cardioprint.datasets.hdf5 import field, opened
from cardioprint.datasets.neighbours import block_of, on_border
from cardioprint.datasets.tables import find_seams
from cardioprint.errors import RecordError
from cardioprint.readers import open_record
from cardioprint.types import Channel, Modality, Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.blocks import InMemory, Source

RATE = 125.0
"""Hertz, of all three signals."""


def find(folder: Path) -> Iterator[Entry]:
    """List the records of all parts that are there, without reading a sample.

    Blood pressure is in the signals only: `read` puts it into the notes of a record.
    """
    parts = {int(p.stem[-1]): p for p in files_named(folder, r"Part_[1-4]\.mat")}
    for part, path in sorted(parts.items()):
        for number, size in enumerate(_sizes(path), start=1):
            yield _entry(path, part, number, str(number - 1), size)
    for path in files_named(folder, r"Part_[1-4]_\d+\.csv"):
        part, number = map(int, re.findall(r"\d+", path.stem))
        if part not in parts:
            yield _entry(path, part, number, "", path.stat().st_size)


def _entry(path: Path, part: int, number: int, place: str, size: int) -> Entry:
    return Entry(
        database="uci_bp",
        record=f"p{part}_{number:04d}",
        path=str(path),
        part=place,
        block=block_of("uci_bp", number, part),
        border=on_border("uci_bp", number, part),
        size=size,
    )


def _sizes(path: Path) -> list[int]:
    """Return the bytes of every record of a part."""
    with opened(path) as file:
        return [cell.nbytes for cell in field(file, file, path.stem, path)]


def read(entry: Entry) -> Iterator[Source]:
    """Yield the gapless pieces of a record; notes `sbp` and `dbp`: its pressure in mmHg.

    Raises:
        RecordError: Damaged, or not three signals.
    """
    path = Path(entry.path)
    ppg, abp, ecg = _csv(path) if path.suffix == ".csv" else _cell(path, int(entry.part))
    record = Record(
        channels=(
            Channel(name="II", modality=Modality.ECG, sampling_rate=RATE, samples=ecg, unit="mV",
                    lead="II"),
            Channel(name="PPG", modality=Modality.PPG, sampling_rate=RATE, samples=ppg,
                    site="finger"),
            Channel(name="ABP", modality=Modality.OTHER, sampling_rate=RATE, samples=abp,
                    unit="mmHg"),
        ),
        subject=entry.subject,
        source=entry.path,
        name=entry.record,
        notes={k: f"{v:.1f}" for k, v in blood_pressure(abp).items()},
    )  # fmt: skip
    yield from gapless(record)


def _csv(path: Path) -> list[NDArray]:
    file = open_record(
        path,
        columns={0: "ppg:finger", 1: "other::mmHg", 2: "ecg:II:mV"},
        sampling_rate=RATE,
    )
    return [c.samples for c in file.read().channels]


def _cell(path: Path, place: int) -> NDArray:
    with opened(path) as file:
        cell = field(file, file, path.stem, path)[place]
        if cell.ndim != 2 or 3 not in cell.shape or cell.dtype.kind != "f":
            raise RecordError(
                f"cell {place + 1} is not a matrix of three signals",
                source=path,
                field=path.stem,
                fix="fetch the publisher's file again",
            )
        samples = cell[()]
    # MATLAB stores columns first, so that its 3 x N arrives here as N x 3.
    return samples.T if samples.shape[1] == 3 else samples


def gapless(record: Record) -> Iterator[InMemory]:
    """Yield the pieces of a record between the seams where its authors glued 8-s blocks."""
    from cardioprint.signal.blocks import InMemory  # brings SciPy

    ecg, ppg = (record.of(m)[0].samples for m in (Modality.ECG, Modality.PPG))
    bounds = [0, *find_seams(ecg, ppg), len(ecg)]
    for i, (first, stop) in enumerate(pairwise(bounds)):
        parts = [replace(c, samples=c.samples[first:stop]) for c in record.channels]
        name = f"{record.name}#{i}" if len(bounds) > 2 else record.name
        yield InMemory(record=replace(record.with_channels(*parts), name=name))


def blood_pressure(abp: NDArray[np.floating]) -> dict[str, float]:
    """Return the medians of systolic peaks and diastolic troughs, mmHg.

    Args:
        abp: Invasive arterial pressure at 125 Hz, shape (time,).

    Returns:
        `sbp` and `dbp`; empty where no pulse is found.
    """
    from scipy.signal import find_peaks

    abp = np.nan_to_num(np.asarray(abp, dtype=float), nan=0.0)
    # A pulse of less than 15 mmHg is no heart beat, nor are two within 0.32 s (188/min).
    peaks, troughs = (find_peaks(x, distance=40, prominence=15)[0] for x in (abp, -abp))
    if len(peaks) == 0 or len(troughs) == 0:
        return {}
    return {"sbp": float(np.median(abp[peaks])), "dbp": float(np.median(abp[troughs]))}


DATABASE = Database(
    name="uci_bp",
    title="Cuff-Less Blood Pressure Estimation",
    publisher="UCI Machine Learning Repository (M. Kachuee, M. Kiani, H. Mohammadzade, M. Shabany)",
    version="2015",
    licence="CC BY 4.0",
    access="open",
    citation="Kachuee M, Kiani MM, Mohammadzade H, Shabany M. Cuff-less high-accuracy "
    "calibration-free blood pressure estimation using pulse transit time. IEEE ISCAS "
    "2015:1006-1009",
    doi="10.24432/C5B602",
    document="https://archive.ics.uci.edu/dataset/340/cuff+less+blood+pressure+estimation",
    records=12000,
    rates=(RATE,),
    channels=("II", "PPG", "ABP"),
    labels=("sbp", "dbp"),
    defects=(
        "No ids of people; neighbouring records are mostly of one patient.",
        "Taken from MIMIC-II and smoothed by the authors; people may be in BIDMC too.",
        "Records are blocks of 8 s glued together, with jumps at the seams.",
        "A monitor's constant extra delay of the PPG, as in BIDMC.",
        "ECG units are not stated; values are those of MIMIC-II in millivolts.",
    ),
    family="mimic",
    subjects_known=False,
    pretraining=True,
    files=Files(
        kind="manual",
        where="https://archive.ics.uci.edu/dataset/340/cuff+less+blood+pressure+estimation",
        include=("Part_?.mat",),
        size_gb=3.1,
        steps=(
            "Open https://archive.ics.uci.edu/dataset/340/cuff+less+blood+pressure+estimation",
            "Download the archive and unpack it",
            "Put Part_1.mat to Part_4.mat into the database's folder",
        ),
    ),
    find=find,
    read=read,
    released=True,
)
