"""Which files a database has, and where: the lists of PhysioNet, Zenodo and figshare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from typing import Any
from urllib.parse import quote

from cardioprint.datasets.access import by_hand
from cardioprint.datasets.base import Database
from cardioprint.datasets.checksums import check, read_sums
from cardioprint.datasets.folders import SUMS, safe_name
from cardioprint.datasets.web import EverythingError, FetchError, Web, check_address
from cardioprint.errors import CardioprintError, UnknownNameError

ZENODO = "https://zenodo.org/api/records/"
"""Records interface (developers.zenodo.org)."""

FIGSHARE = "https://api.figshare.com/v2/articles/"
"""Articles interface (docs.figshare.com)."""

PAGE = 1000
"""Files on a page of figshare's list, the most it gives."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file at its publisher.

    Attributes:
        path: Path below the database's folder, as `folders.safe_name` writes it.
        place: Its address, or its folder's, which ends in / and which a million files share.
        checksum: "sha256:..." or "md5:..."; "" where the publisher gives none.
        size: Bytes; -1 where the publisher does not say.
    """

    path: str
    place: str
    checksum: str = ""
    size: int = -1

    @property
    def address(self) -> str:
        """Where it is."""
        return self.place + quote(self.path) if self.place.endswith("/") else self.place


@dataclass(frozen=True, kw_only=True)
class Listing:
    """All files of a database.

    Attributes:
        base: Address of the folder or record.
        files: The files.
        sums: The publisher's SHA256SUMS.txt, kept beside the files; empty where there is none.
    """

    base: str
    files: tuple[Remote, ...]
    sums: bytes = b""


def list_files(database: Database, web: Web) -> Listing:
    """Return the files of a database, asking its publisher where there is a list.

    Raises:
        EverythingError: Nobody can fetch it for the user; the message says what to do.
        FetchError: The list cannot be had or read.
        UnknownNameError: No such kind of source.
    """
    kinds = {"physionet": _physionet, "zenodo": _zenodo, "figshare": _figshare, "urls": _urls}
    kind = database.files.kind
    if kind in ("manual", ""):
        raise EverythingError(by_hand(database))
    if kind not in kinds:
        raise UnknownNameError("kind of source", kind, [*kinds, "manual"])
    listing = kinds[kind](database, web)
    seen: dict[str, Remote] = {}
    for file in listing.files:
        if seen.setdefault(file.path, file).checksum != file.checksum:
            raise FetchError(f"the list names {file.path!r} twice", source=listing.base)
    return Listing(base=listing.base, files=tuple(seen.values()), sums=listing.sums)


def chosen(files: Iterable[Remote], patterns: Iterable[str]) -> tuple[Remote, ...]:
    """Return the files that match one of the patterns; all where there is no pattern."""
    patterns = tuple(patterns)
    return tuple(f for f in files if not patterns or wanted(f.path, patterns))


def wanted(path: str, patterns: Iterable[str]) -> bool:
    """Return whether a path matches a glob pattern; `*` also stands for folders."""
    return any(
        fnmatchcase(path, pattern) or fnmatchcase(path, pattern.removeprefix("**/"))
        for pattern in patterns
    )


def _physionet(database: Database, web: Web) -> Listing:
    base = check_address(database.files.where.rstrip("/") + "/", source=database.name)
    sums = web.read(base + SUMS)
    files = [
        Remote(path, base, checksum)
        for path, checksum in read_sums(BytesIO(sums), source=base + SUMS)
        if path != SUMS
    ]
    return Listing(base=base, files=tuple(files), sums=sums)


def _zenodo(database: Database, web: Web) -> Listing:
    base = _interface(database.files.where, ZENODO)
    with _shape(base):
        found = [
            _remote(f["key"], f["links"]["self"], f.get("checksum"), f["size"], base)
            for f in _json(web, base)["files"]
        ]
    return Listing(base=base, files=tuple(found))


def _figshare(database: Database, web: Web) -> Listing:
    base = _interface(database.files.where, FIGSHARE)
    with _shape(base):
        found = [
            _remote(f["name"], f["download_url"], _md5(f), f["size"], base)
            for f in _pages(web, f"{base}/files")
            if not f.get("is_link_only")
        ]
    return Listing(base=base, files=tuple(found))


def _pages(web: Web, address: str) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of all pages; a server may also give all of them on each page."""
    seen: set[object] = set()
    for page in range(1, 1001):
        entries = _json(web, f"{address}?page={page}&page_size={PAGE}")
        new = [e for e in entries if e["id"] not in seen]
        seen.update(e["id"] for e in new)
        yield from new
        if not new or len(entries) < PAGE:
            return


def _md5(entry: Mapping[str, Any]) -> str:
    digits = entry.get("computed_md5") or entry.get("supplied_md5") or ""
    return f"md5:{digits}" if digits else ""


def _urls(database: Database, web: Web) -> Listing:
    base = check_address(database.files.where.rstrip("/") + "/", source=database.name)
    checksums = database.files.checksums
    found = [_remote(path, base, checksums[path], -1, base) for path in checksums]
    return Listing(base=base, files=tuple(found))


def _interface(where: str, standard: str) -> str:
    """Return the address of a record: its number at the publisher, or a full address."""
    address = where if "://" in where else standard + where.strip("/")
    return check_address(address).rstrip("/")


def _remote(path: str, place: str, checksum: str | None, size: int, base: str) -> Remote:
    return Remote(
        safe_name(path, source=base),
        check_address(place, source=base),
        check(checksum, source=base) if checksum else "",
        int(size),
    )


def _json(web: Web, address: str) -> Any:
    body = web.read(address)
    try:
        return json.loads(body)
    except ValueError as error:
        raise FetchError(
            "the publisher's answer is not JSON; a web page may stand in its place",
            source=address,
        ) from error


@contextmanager
def _shape(address: str) -> Iterator[None]:
    """Turn a surprise in a publisher's JSON into one error."""
    try:
        yield
    except CardioprintError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FetchError(
            f"the publisher's list has another form than documented ({error!r})", source=address
        ) from error
