"""Which reader reads what: one plain dictionary, and the choice by name and by content."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cardioprint.errors import RecordError, UnknownFormatError, UnsafeFileError
from cardioprint.readers.columns import Request
from cardioprint.readers.dicom import looks_like_dicom, open_dicom
from cardioprint.readers.edf import open_edf
from cardioprint.readers.files import RecordFile
from cardioprint.readers.matlab import looks_like_matlab, open_matlab
from cardioprint.readers.numpy_files import looks_like_npy, looks_like_npz, open_npy, open_npz
from cardioprint.readers.parquet import looks_like_parquet, open_parquet
from cardioprint.readers.physionet import open_wfdb
from cardioprint.readers.safety import check_file
from cardioprint.readers.tables import looks_like_table, open_table


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One file format.

    Attributes:
        extensions: Lower case, with the dot.
        open: Opens a file: its header is read and checked.
        looks_right: Whether a file with this extension is a recording, for `find_records`.
    """

    extensions: tuple[str, ...]
    open: Callable[[Path, Request], RecordFile]
    looks_right: Callable[[Path], bool]


def _always(_: Path) -> bool:
    return True


READERS: dict[str, Reader] = {
    "wfdb": Reader(extensions=(".hea",), open=open_wfdb, looks_right=_always),
    "edf": Reader(extensions=(".edf", ".bdf", ".rec"), open=open_edf, looks_right=_always),
    "table": Reader(
        extensions=(".csv", ".tsv", ".txt", ".tab"), open=open_table, looks_right=looks_like_table
    ),
    "parquet": Reader(
        extensions=(".parquet", ".pq"), open=open_parquet, looks_right=looks_like_parquet
    ),
    "matlab": Reader(extensions=(".mat",), open=open_matlab, looks_right=looks_like_matlab),
    "npy": Reader(extensions=(".npy",), open=open_npy, looks_right=looks_like_npy),
    "npz": Reader(extensions=(".npz",), open=open_npz, looks_right=looks_like_npz),
    "dicom": Reader(extensions=(".dcm", ".dicom"), open=open_dicom, looks_right=looks_like_dicom),
}
"""Readers by name."""

_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")

_MAGIC = [
    (0, b"0       ", "edf"),
    (0, b"\xffBIOSEMI", "edf"),
    (0, b"PAR1", "parquet"),
    (0, b"MATLAB", "matlab"),
    (0, b"\x93NUMPY", "npy"),
    (128, b"DICM", "dicom"),
]
"""Offset, bytes there, reader: for files whose extension says nothing."""


def choose_reader(path: Path) -> tuple[Path, Reader]:
    """Return the file to open and its reader.

    A WFDB record may be given by its header, its data file or its name without extension.

    Raises:
        UnknownFormatError: No reader knows the extension or the first bytes.
        UnsafeFileError: A pickle.
        RecordError: Missing, a folder, or empty.
    """
    header = path.with_name(f"{path.name}.hea")
    if not path.exists() and header.exists():
        return header, READERS["wfdb"]
    suffix = path.suffix.lower()
    beside = path.with_suffix(".hea")
    if suffix in (".dat", ".mat") and beside.exists():
        return beside, READERS["wfdb"]
    check_file(path)
    if suffix in _PICKLES:
        raise UnsafeFileError(
            "a pickle can run code when opened",
            source=path,
            field="extension",
            fix="save the numbers as .npz, .csv or WFDB",
        )
    for reader in READERS.values():
        if suffix in reader.extensions:
            return path, reader
    with path.open("rb") as stream:
        head = stream.read(256)
    for offset, magic, name in _MAGIC:
        if head[offset:].startswith(magic):
            return path, READERS[name]
    extra = " (a .dat file needs its .hea header beside it)" if suffix == ".dat" else ""
    known = ", ".join(e for r in READERS.values() for e in r.extensions)
    raise UnknownFormatError(
        f"no reader for {suffix or 'files without extension'!r}{extra}",
        source=path,
        field="extension",
        fix=f"convert it to one of {known}",
    )


def find_records(folder: str | os.PathLike[str]) -> list[Path]:
    """List the recordings below a folder.

    A WFDB record is listed once, by its header, and not the segments or data files it is made
    of. Annotations, reports, tables of labels and the like are passed over, as is whatever a
    symbolic link would reach outside the folder. Hidden files and folders are passed over too.

    Args:
        folder: Where to look.

    Returns:
        Paths, sorted. Damaged recordings are listed too: opening them says what is wrong.

    Raises:
        RecordError: No such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise RecordError(
            "no such folder", source=root, field="folder", fix="give a folder of recordings"
        )
    files = sorted(_files(root))
    headers = [f for f in files if f.suffix.lower() == ".hea"]
    data = {h.with_suffix("") for h in headers}
    segments = {part for h in headers for part in _segments(h)}
    found = []
    for file in files:
        suffix = file.suffix.lower()
        reader = next((r for r in READERS.values() if suffix in r.extensions), None)
        if reader is None or (suffix == ".hea" and file in segments):
            continue
        if suffix != ".hea" and file.with_suffix("") in data:
            continue  # the data, annotations or numerics of a WFDB record
        if reader.looks_right(file):
            found.append(file)
    return found


def _files(root: Path) -> Iterator[Path]:
    real = root.resolve()
    for folder, folders, names in os.walk(root, followlinks=False):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            file = Path(folder, name)
            if name.startswith(".") or not file.is_file():
                continue
            if not file.is_symlink() or file.resolve().is_relative_to(real):
                yield file


def _segments(header: Path) -> list[Path]:
    """Return the headers of the segments of a multi-segment record."""
    with header.open(errors="replace") as stream:
        lines = [ln.split() for ln in stream if ln.strip() and not ln.startswith("#")]
    if not lines or "/" not in lines[0][0]:
        return []
    return [header.with_name(f"{line[0]}.hea") for line in lines[1:] if line[0] != "~"]
