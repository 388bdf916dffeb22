"""Where recordings come from: the words of a command line become databases and their folders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cardioprint.datasets import remote, stores
from cardioprint.errors import RecordError, UnknownNameError

if TYPE_CHECKING:
    from cardioprint.datasets.base import Database


@dataclass(frozen=True, kw_only=True)
class SourceFolder:
    """A database and the folder, or address, that holds its files."""

    database: Database
    folder: Path | str


def parse(words: Iterable[str], *, table: Path | None = None) -> list[SourceFolder]:
    """Return the sources that words name.

    A word is NAME=DIR (a known database in this folder), NAME (where it was fetched to, else its
    development table), or DIR (a folder of recordings of your own).

    Args:
        words: As given.
        table: What is known of the recordings in DIR: people and labels.

    Raises:
        RecordError: A folder is missing, or a table is given without a DIR or for several.
        UnknownNameError: Neither a database nor a folder.
    """
    sources = [_parse(word, table) for word in words]
    own = [s for s in sources if s.database.name == "folder"]
    if table is not None and len(own) != 1:
        raise RecordError(
            f"a table describes one folder of your own recordings, {len(own)} are given",
            source=table,
            field="table",
            fix="give one folder, or put a records.csv into each",
        )
    return sources


def _parse(word: str, table: Path | None) -> SourceFolder:
    from cardioprint.datasets.catalogue import DATABASES

    name, equals, folder = word.partition("=")
    place = folder if equals else word
    if stores.is_address(place) and (not equals or name in DATABASES):
        known = DATABASES[name] if equals else _own(table)
        return SourceFolder(database=remote.database(known, place), folder=place)
    if equals and (name in DATABASES or not Path(word).is_dir()):
        if name not in DATABASES:
            raise UnknownNameError("database", name, DATABASES)
        return SourceFolder(database=DATABASES[name], folder=_folder(folder))
    fetched = _fetched(word)
    if fetched is not None:
        return fetched
    if Path(word).is_dir():
        return SourceFolder(database=_own(table), folder=Path(word))
    if word in DATABASES:
        raise RecordError(
            "it is not on this machine",
            source=word,
            field="sources",
            fix=f"`cardioprint data fetch {word}`, or say where it is: {word}=FOLDER",
        )
    if "/" in word or "." in word:
        _folder(word)
    raise UnknownNameError("database", word, {**DATABASES, **_development()})


def _fetched(name: str) -> SourceFolder | None:
    """Return the fetched database of a name, else its development table, None without either."""
    from cardioprint.datasets.catalogue import DATABASES
    from cardioprint.datasets.folders import folder_of
    from cardioprint.datasets.tables import data_folder

    if name in DATABASES and (folder := folder_of(name)).is_dir():
        return SourceFolder(database=DATABASES[name], folder=folder)
    tables, folder = _development(), data_folder()
    if name in tables and folder is not None and folder.is_dir():
        return SourceFolder(database=tables[name], folder=folder)
    return None


def _development() -> dict[str, Database]:
    from cardioprint.datasets.development import DEVELOPMENT

    return DEVELOPMENT


def _own(table: Path | None) -> Database:
    """Return the database of a user's own recordings."""
    from cardioprint.datasets.folder import DATABASE, find

    return DATABASE if table is None else replace(DATABASE, find=partial(find, table=table))


def _folder(text: str) -> Path:
    folder = Path(text)
    if not folder.is_dir():
        raise RecordError(
            "no such folder", source=folder, field="sources", fix="check the spelling"
        )
    return folder
