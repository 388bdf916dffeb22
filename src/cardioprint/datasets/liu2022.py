"""PPG arrhythmia segments (Liu 2022): 10 s of PPG each, with the rhythm that the ECG showed.

A MATLAB file is a patient: `ppgseg` (segment x 1,000 samples) and `labels` (0 to 5). The
publisher gives the patients that validated and tested his network; those he trained on were
not published.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets.base import Database, Entry, Files
from cardioprint.datasets.finding import files_named
from cardioprint.errors import RecordError
from cardioprint.readers.matlab import looks_like_matlab
from cardioprint.readers.safety import translated
from cardioprint.types import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cardioprint.signal.blocks import Source

RATE = 100.0
"""Hertz."""

SAMPLES = 1000
"""In a segment."""

RHYTHMS = ("sinus", "pvc", "pac", "vt", "svt", "af")
"""By the publisher's number, 0 to 5 (readme.txt)."""

_LISTS = {"validsubjects.txt": "valid", "testsubjects.txt": "test"}


def find(folder: Path) -> Iterator[Entry]:
    """List the segments of every patient, in the file's order."""
    sides = {
        name.strip().strip("'"): side
        for filename, side in _LISTS.items()
        for path in files_named(folder, filename)
        for name in path.read_text(encoding="utf-8", errors="replace").splitlines()
    }
    for path in files_named(folder, r"MPA_\d+\.mat"):
        numbers = _variable(str(path), "labels").reshape(-1)
        size = path.stat().st_size // max(len(numbers), 1)
        for i, number in enumerate(numbers):
            if not 0 <= number < len(RHYTHMS):
                raise RecordError(
                    f"label {number} of segment {i} is not between 0 and {len(RHYTHMS) - 1}",
                    source=path,
                    field="labels",
                    fix="fetch the file again",
                )
            yield Entry(
                database="liu2022",
                record=f"{path.stem}/{i}",
                path=str(path),
                part=str(i),
                subject=path.stem,
                split=sides.get(path.name, ""),
                labels={"rhythm": RHYTHMS[int(number)]},
                size=size,
            )


@lru_cache(maxsize=2)
def _variable(path: str, name: str) -> NDArray:
    """Return one variable of a file; the last ones stay in memory: entries come in order."""
    from scipy.io import loadmat

    found = None
    if looks_like_matlab(Path(path)):
        with translated(Path(path), what="MATLAB file"):
            found = loadmat(path, variable_names=[name]).get(name)
    if found is None or found.dtype.kind not in "fiu":
        raise RecordError(
            f"there is no {name!r} in it", source=path, field=name, fix="fetch the file again"
        )
    return found


def read(entry: Entry) -> Iterator[Source]:
    """Open a segment."""
    from cardioprint.signal.blocks import InMemory  # brings SciPy

    segments, place = _variable(entry.path, "ppgseg"), int(entry.part)
    if segments.ndim != 2 or segments.shape[1] != SAMPLES or place >= len(segments):
        raise RecordError(
            f"there is no segment {place} of {SAMPLES} samples; the file has {segments.shape}",
            source=entry.path,
            field="ppgseg",
            fix="fetch the file again",
        )
    record = Record.from_arrays(
        ppg=segments[place], sampling_rate=RATE, subject=entry.subject, name=entry.record
    )
    yield InMemory(record=record)


DATABASE = Database(
    name="liu2022",
    title="Multiclass arrhythmia detection and classification from photoplethysmography signals",
    publisher="Z. Liu et al., on GitHub (zdzdliu/PPGArrhythmiaDetection)",
    version="2022",
    licence="none stated: cite Liu 2022",
    access="open",
    citation="Liu Z, Zhou B, Jiang Z, Chen X, Li Y, Tang M, Miao F. Multiclass arrhythmia "
    "detection and classification from photoplethysmography signals using a deep convolutional "
    "neural network. J Am Heart Assoc 11(7):e023555, 2022",
    doi="10.1161/JAHA.121.023555",
    document="https://github.com/zdzdliu/PPGArrhythmiaDetection",
    subjects=91,
    modalities=("ppg",),
    rates=(RATE,),
    channels=("PPG",),
    labels=("rhythm",),
    defects=(
        "Every segment was scaled to 0..1 by its authors: amplitudes are not comparable.",
        "Patients in an ablation laboratory: rhythms are commoner than anywhere else.",
        "The segments that trained the authors' network, of 137 patients, are not published.",
    ),
    files=Files(
        kind="manual",
        where="https://github.com/zdzdliu/PPGArrhythmiaDetection",
        include=("valid_testDataset/*.mat", "validsubjects.txt", "testsubjects.txt"),
        steps=(
            "Run: git clone https://github.com/zdzdliu/PPGArrhythmiaDetection",
            "Put validsubjects.txt, testsubjects.txt and the folder valid_testDataset into the "
            "database's folder",
        ),
    ),
    find=find,
    read=read,
)
