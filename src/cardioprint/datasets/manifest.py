"""`fetched.json`: what was fetched into a folder, and from where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cardioprint.datasets.checksums import check
from cardioprint.datasets.folders import MANIFEST, PART, safe_name
from cardioprint.errors import RecordError


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A file that was fetched.

    Attributes:
        checksum: "sha256:..." or "md5:...".
        size: Bytes.
        published: Whether the checksum is the publisher's; else it is of what came.
    """

    checksum: str
    size: int
    published: bool = True


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a folder holds.

    Attributes:
        name: Key of `catalogue.DATABASES`.
        version: The publisher's version.
        base: Address of the publisher's folder or record.
        date: Time of the last run, ISO 8601 in UTC.
        files: Path -> file.
    """

    name: str
    version: str
    base: str
    date: str = ""
    files: Mapping[str, Fetched] = field(default_factory=dict, repr=False)


def read_manifest(folder: Path) -> Manifest | None:
    """Return what `fetched.json` says, None where there is none.

    Raises:
        RecordError: It is damaged.
        UnsafeFileError: It names a path outside the folder.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None

    def slim(found: dict[str, Any]) -> Any:
        """Make a small object of a file's entry at once: there may be millions."""
        if "files" in found:
            return found
        if "checksum" not in found:
            return {safe_name(name, source=path): file for name, file in found.items()}
        return Fetched(
            checksum=check(str(found["checksum"]), source=path),
            size=int(found["size"]),
            published=bool(found.get("published", True)),
        )

    try:
        told = json.loads(path.read_text(encoding="utf-8"), object_hook=slim)
        files = told["files"]
        if not all(isinstance(file, Fetched) for file in files.values()):
            raise TypeError("a file without checksum")
        texts = {key: str(told[key]) for key in ("name", "version", "base", "date")}
        return Manifest(**texts, files=files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(
            f"not a list of fetched files ({error!r})",
            source=path,
            fix="remove it and fetch again: what is there is kept",
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `fetched.json` with the time of now, one file a line."""
    head = {
        "name": manifest.name,
        "version": manifest.version,
        "base": manifest.base,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    part = folder / (MANIFEST + PART)
    with part.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head, indent=1).removesuffix("\n}") + ',\n "files": {')
        for i, (name, f) in enumerate(sorted(manifest.files.items())):
            entry = {"checksum": f.checksum, "size": f.size, "published": f.published}
            comma = "," if i else ""
            out.write(f"{comma}\n  {json.dumps(name)}: {json.dumps(entry)}")
        out.write("\n }\n}\n")
    part.replace(folder / MANIFEST)
