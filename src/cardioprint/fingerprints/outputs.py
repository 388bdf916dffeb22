"""Where the fingerprints of many files are gathered: a part a record, and one file at the end.

A part appears whole or not at all, so that a killed run leaves whole parts only and the next run
goes on from them.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cardioprint.datasets import stores
from cardioprint.fingerprints import table

if TYPE_CHECKING:
    from cardioprint.fingerprints.result import Fingerprints

PARTS = ".parts"
"""Suffix of the folder of parts beside the output."""


class Output:
    """A Parquet file on a disk and the folder of its parts.

    Args:
        out: The file.

    Attributes:
        file: What an earlier run has gathered; it need not exist.
    """

    def __init__(self, out: Path):
        self.file = out.absolute()
        self._parts = self.file.with_name(self.file.name + PARTS)

    def part(self, key: str) -> str:
        """Return where the part of a record goes."""
        return str(self._parts / f"{key}.parquet")

    def parts(self) -> set[str]:
        """Return the keys of the parts that are finished."""
        self._parts.mkdir(parents=True, exist_ok=True)
        return {p.stem for p in self._parts.glob("*.parquet")}

    def gather(self, keys: Sequence[str]) -> None:
        """Add the parts of these records to the file, where they are, and delete all parts."""
        self._merge(self._parts, keys)
        shutil.rmtree(self._parts, ignore_errors=True)

    def _merge(self, parts: Path, keys: Sequence[str]) -> None:
        ready = [p for key in keys if (p := parts / f"{key}.parquet").exists()]
        if ready:
            table.merge(self.file if self.file.exists() else None, ready, self.file)

    def __enter__(self) -> Output:
        """Return the output."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to do."""


class StoredOutput(Output):
    """The same on an object store; it is gathered in a scratch folder, one part after the other.

    Args:
        out: Address of the file.
    """

    def __init__(self, out: str):
        self._out, self._there = out, out + PARTS
        self._scratch = tempfile.TemporaryDirectory(prefix="cardioprint-")
        super().__init__(Path(self._scratch.name) / "out.parquet")
        stores.download(out, self.file)

    def part(self, key: str) -> str:
        """Return where the part of a record goes."""
        return stores.child(self._there, f"{key}.parquet")

    def parts(self) -> set[str]:
        """Return the keys of the parts that are finished."""
        return {Path(n).stem for n in stores.names(self._there) if n.endswith(".parquet")}

    def gather(self, keys: Sequence[str]) -> None:
        """Add the parts of these records to the file, where they are, and delete all parts."""
        ready = self.parts() & {*keys}
        for key in ready:
            stores.download(self.part(key), self._parts / f"{key}.parquet")
        self._merge(self._parts, keys)
        if ready:
            stores.upload(self.file, self._out)
        stores.remove(self._there)

    def __exit__(self, *_: object) -> None:
        """Delete the scratch folder."""
        self._scratch.cleanup()


def output_at(out: Path | str) -> Output:
    """Return the output of a path or an address."""
    return StoredOutput(str(out)) if stores.is_address(out) else Output(Path(out))


def write_part(prints: Fingerprints, part: str, origin: dict[str, Any], *, identity: str) -> None:
    """Write the part of one record, on a disk or an object store."""
    if not stores.is_address(part):
        table.write(prints, Path(part), origin, identity=identity)
        return
    with tempfile.TemporaryDirectory(prefix="cardioprint-") as scratch:
        path = Path(scratch) / "part.parquet"
        table.write(prints, path, origin, identity=identity)
        stores.upload(path, part)
