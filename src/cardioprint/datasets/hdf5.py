"""MATLAB v7.3 and other HDF5 files of strangers: one value at a time, inside the file only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cardioprint.errors import RecordError, UnsafeFileError
from cardioprint.readers.safety import check_file, check_growth, translated

if TYPE_CHECKING:
    import h5py

MATLAB_EMPTY = "MATLAB_empty"
"""Attribute of an empty MATLAB array, whose stored numbers are its shape and no values."""


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises:
        RecordError: Missing, empty or damaged; also for what goes wrong inside the block.
    """
    import h5py

    check_file(path)
    with translated(path, what="HDF5 file"), h5py.File(path, "r") as file:
        yield file


def member(group: Any, name: str, path: Path) -> Any:
    """Return a dataset or group by its path below a group, or None.

    Raises:
        UnsafeFileError: It lies in another file, or would unpack beyond measure.
    """
    import h5py

    item = group
    for part in name.split("/"):
        if not isinstance(item, h5py.Group) or part not in item:
            return None
        if isinstance(item.get(part, getlink=True), h5py.ExternalLink):
            raise _elsewhere(path, name)
        item = item[part]
    return checked(item, name, path)


def checked(item: Any, name: str, path: Path) -> Any:
    """Return a group or dataset whose values lie in the file itself.

    Raises:
        UnsafeFileError: They lie in another file, or would unpack beyond measure.
    """
    import h5py

    if isinstance(item, h5py.Dataset):
        if item.external or item.is_virtual:
            raise _elsewhere(path, name)
        check_growth(
            stored=item.id.get_storage_size(), unpacked=item.nbytes, source=path, field=name
        )
    return item


def field(file: h5py.File, group: Any, name: str, path: Path) -> Sequence[Any]:
    """Return one dataset an element of a MATLAB structure array.

    A structure array keeps a matrix of references for each field; a single structure keeps the
    values themselves.

    Raises:
        RecordError: No such field.
    """
    import h5py

    found = member(group, name, path)
    if not isinstance(found, h5py.Dataset):
        raise RecordError(
            f"there is no field {name!r}",
            source=path,
            field=name,
            fix="this is not the publisher's layout; fetch the file again",
        )
    if h5py.check_ref_dtype(found.dtype) is None:
        return [found]
    return _Referred(file, np.asarray(found[()]).ravel(), name, path)


class _Referred(Sequence):
    """Datasets behind references, opened when asked for."""

    def __init__(self, file: h5py.File, references: np.ndarray, name: str, path: Path):
        self._file, self._references, self._name, self._path = file, references, name, path

    def __len__(self) -> int:
        return len(self._references)

    def __getitem__(self, index: Any) -> Any:
        return checked(self._file[self._references[index]], self._name, self._path)


def text(dataset: Any) -> str:
    """Return a MATLAB string: character codes, whatever their shape."""
    if dataset is None or dataset.attrs.get(MATLAB_EMPTY, 0):
        return ""
    values = np.asarray(dataset[()]).ravel()
    if values.dtype.kind not in "iu" or values.size > 10_000:
        return ""
    return "".join(chr(int(code)) for code in values if 0 < code < 0x110000).strip()


def scalar(dataset: Any) -> float | None:
    """Return a finite number, or None where the dataset holds none or several."""
    if dataset is None or dataset.attrs.get(MATLAB_EMPTY, 0) or dataset.size != 1:
        return None
    value = np.asarray(dataset[()]).ravel()[0]
    if not np.issubdtype(type(value), np.number):
        return None
    return float(value) if np.isfinite(value) else None


def _elsewhere(path: Path, name: str) -> UnsafeFileError:
    return UnsafeFileError(
        "the file refers to another file",
        source=path,
        field=name,
        fix="fetch the publisher's file again; theirs holds the numbers themselves",
    )
