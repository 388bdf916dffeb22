"""NumPy .npy and .npz, never unpickled, never unpacked before their size is known."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from cardioprint.errors import ChannelError, RecordError, TruncatedFileError, UnsafeFileError
from cardioprint.readers.arrays import Variable, open_arrays
from cardioprint.readers.columns import Request
from cardioprint.readers.files import RecordFile
from cardioprint.readers.safety import check_file, check_growth, translated
from cardioprint.readers.variables import FEWEST_SAMPLES, open_variables


def open_npy(path: Path, request: Request) -> RecordFile:
    """Open a .npy array: one series, or a matrix whose series run along the longer axis.

    `columns` counts the series: {0: 'ecg:II:mV'}. The file is mapped, not loaded.

    Raises:
        UnsafeFileError: Pickled objects.
        TruncatedFileError: Fewer bytes than the header promises.
        ChannelError: Not a vector or matrix, or `columns` is missing.
    """
    check_file(path)
    with path.open("rb") as stream:
        _check_array(stream, path.stat().st_size, path, "array")
    with translated(path, what="NumPy array"):
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    if request.columns is None:
        raise ChannelError(
            "a .npy file names no channels",
            source=path,
            field="columns",
            fix="say what they are: columns={0: 'ecg:II:mV'}",
        )
    matrix = np.atleast_2d(array)
    if matrix.ndim != 2 or (matrix.shape[0] == matrix.shape[1] and array.size > 1):
        raise ChannelError(
            f"an array of shape {array.shape} does not tell which axis is time",
            source=path,
            field="shape",
            fix="save a vector, or a matrix longer than wide",
        )
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    variables = [Variable(name="", samples=row) for row in matrix]
    return open_arrays(path, variables=variables, request=request)


def open_npz(path: Path, request: Request) -> RecordFile:
    """Open a .npz archive; see `open_variables` for what `columns` may say.

    Raises:
        UnsafeFileError: Pickled objects, or an archive that would fill the memory.
        TruncatedFileError: A member holds fewer bytes than its header promises.
        RecordError: Damaged.
    """
    check_file(path)
    _check_archive(path)
    content: dict[str, Any] = {}
    with translated(path, what="NumPy archive"), np.load(path, allow_pickle=False) as archive:
        for name in archive.files:
            content[name] = archive[name]
    return open_variables(path, content=content, request=request)


def looks_like_npy(path: Path) -> bool:
    """Return True where the array is a vector or matrix long enough to be a recording."""
    try:
        check_file(path)
        with path.open("rb") as stream:
            shape = _check_array(stream, path.stat().st_size, path, "array")
    except RecordError:
        return False
    return len(shape) in (1, 2) and max(shape) >= FEWEST_SAMPLES


def looks_like_npz(path: Path) -> bool:
    """Return True where a member is long enough to be a recording."""
    try:
        check_file(path)
        return any(max(shape, default=0) >= FEWEST_SAMPLES for shape in _check_archive(path))
    except RecordError:
        return False


def _check_archive(path: Path) -> list[tuple[int, ...]]:
    """Check every member of an archive without unpacking it; return the shapes."""
    shapes = []
    with translated(path, what="NumPy archive"), zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            check_growth(
                stored=member.compress_size,
                unpacked=member.file_size,
                source=path,
                field=member.filename,
            )
            with archive.open(member) as stream:
                shapes.append(_check_array(stream, member.file_size, path, member.filename))
    return shapes


def _check_array(stream: IO[bytes], size: int, path: Path, field: str) -> tuple[int, ...]:
    """Check an array's header against the bytes there are, and return its shape.

    NumPy allocates what the header promises before it looks whether the bytes are there.
    """
    with translated(path, what=f"header of {field}"):
        version = np.lib.format.read_magic(stream)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(stream)
        start = stream.tell()
    if dtype.hasobject:
        raise UnsafeFileError(
            "the array holds pickled Python objects, which can run code when opened",
            source=path,
            field=field,
            fix="save plain numbers: np.save(path, array.astype('float32'), allow_pickle=False)",
        )
    needed = math.prod(shape) * dtype.itemsize
    if size - start < needed:
        raise TruncatedFileError(
            f"shape {shape} of {dtype} needs {needed} bytes, {size - start} are there",
            source=path,
            field=field,
            fix="copy the file again",
        )
    return shape
