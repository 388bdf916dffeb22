"""MATLAB files: v4 to v7 through SciPy, v7.3 through h5py, both behind pymatreader."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cardioprint.errors import RecordError, TruncatedFileError, UnsafeFileError
from cardioprint.readers.columns import Request
from cardioprint.readers.files import RecordFile
from cardioprint.readers.safety import check_file, check_growth, translated
from cardioprint.readers.variables import FEWEST_SAMPLES, open_variables

_COMPRESSED = 15
"""miCOMPRESSED, the type of a deflated element.
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf"""


def open_matlab(path: Path, request: Request) -> RecordFile:
    """Open a MATLAB file; see `open_variables` for what `columns` may say.

    Raises:
        TruncatedFileError: The file ends inside a variable.
        UnsafeFileError: A compressed variable would fill the memory.
        RecordError: Damaged.
    """
    content = _content(path)
    return open_variables(path, content=content, request=request)


def looks_like_matlab(path: Path) -> bool:
    """Return True where some variable is long enough to be a recording."""
    import pymatreader

    try:
        check_file(path)
        _check_elements(path)
        with translated(path, what="MATLAB file"):
            listed = pymatreader.whosmat(path)
    except RecordError:
        return False
    kinds = {"struct", "cell"}
    return any(
        max(shape, default=0) >= FEWEST_SAMPLES or kind in kinds for _, shape, kind in listed
    )


def _content(path: Path) -> Mapping[str, Any]:
    import pymatreader

    check_file(path)
    _check_elements(path)
    if _is_hdf5(path):
        _check_hdf5(path)
    with translated(path, what="MATLAB file"):
        content = {str(k): v for k, v in pymatreader.read_mat(path).items()}
    names = [n for n in content if not n.startswith("__")]
    # HDF5 has no order of its own, and pymatreader goes through a set.
    return {n: content[n] for n in (sorted(names) if _is_hdf5(path) else names)}


def _is_hdf5(path: Path) -> bool:
    import h5py

    return bool(h5py.is_hdf5(path))


def _check_hdf5(path: Path) -> None:
    """Refuse a v7.3 file that reaches into other files or unpacks beyond measure."""
    import h5py

    def check(group: h5py.Group) -> None:
        for key in group:
            name = str(key)
            link = group.get(name, getlink=True)
            item = None if isinstance(link, h5py.ExternalLink) else group.get(name)
            if isinstance(link, h5py.ExternalLink) or getattr(item, "external", None):
                raise UnsafeFileError(
                    "the file refers to another file",
                    source=path,
                    field=name,
                    fix="save the numbers themselves: save(name, '-v7.3') in MATLAB",
                )
            if isinstance(item, h5py.Dataset):
                check_growth(
                    stored=item.id.get_storage_size(),
                    unpacked=item.nbytes,
                    source=path,
                    field=name,
                )
            elif isinstance(link, h5py.HardLink) and isinstance(item, h5py.Group):
                check(item)

    with translated(path, what="MATLAB file"), h5py.File(path, "r") as file:
        check(file)


def _check_elements(path: Path) -> None:
    """Walk the top-level elements of a v5 to v7 file: are all its bytes there, do they grow?

    SciPy reports a cut as anything from zlib.error to TypeError, after filling the memory.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(128)
        if not head.startswith(b"MATLAB 5.0") or len(head) < 128:
            return  # v4 and v7.3 check their own lengths
        order = "<" if head[126:128] == b"IM" else ">"
        position = 128
        while position < size:
            stream.seek(position)
            tag = stream.read(8)
            kind, length = struct.unpack(f"{order}II", tag) if len(tag) == 8 else (0, size)
            if position + 8 + length > size:
                raise TruncatedFileError(
                    f"a variable needs {length} bytes, {max(size - position - 8, 0)} are left",
                    source=path,
                    field="variable",
                    fix="copy the file again",
                )
            if kind == _COMPRESSED:
                start = stream.read(min(length, 256))
                with translated(path, what="compressed variable"):
                    inner = zlib.decompressobj().decompress(start, 8)
                    unpacked = struct.unpack(f"{order}II", inner)[1]
                check_growth(stored=length, unpacked=unpacked, source=path, field="variable")
            position += 8 + length
