"""Which side of the split a person is on: a function of the person alone.

A subject's side follows from a hash of their id with a fixed salt, so that it never changes when
a corpus grows. Databases that share ids (`Database.space`) put a person on one side in all of
them. Where ids are unknown, blocks of neighbouring recordings take the subject's place.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardioprint.datasets.base import Database, Entry

SPLITS = ("train", "valid", "test", "reserved", "border")
"""train and valid: pretraining; test: the publisher's test people, and every database that is not
a source of pretraining; reserved: people of pretraining sources that never enter pretraining;
border: recordings between a reserved block and another, which may be a person of either."""

STRICTEST = ("border", "reserved", "test", "valid", "train")
"""Where two subjects turn out to be one person, both take the side that comes first here."""

RESERVED_SHARE = 5
"""One block in five is reserved: for blood pressure, alarms and membership tests."""

VALID_SHARE = 20
"""One subject in twenty of the others validates."""


def reserved(block: str) -> bool:
    """Return whether a block of a pretraining source is kept out of every pretraining."""
    return zlib.crc32(f"cardioprint reserved fifth:{block}".encode()) % RESERVED_SHARE == 0


def subject_key(database: Database, entry: Entry) -> str:
    """Return the person of an entry, unique among all databases: "mimic3:p000123".

    Where the publisher gives no id, the block stands for the person, and the record where there
    is no block either: nobody is then taken for two people by mistake but by neighbours.
    """
    return f"{database.space or database.name}:{entry.subject or entry.block or entry.record}"


def split_of(database: Database, entry: Entry) -> str:
    """Return the side of an entry, one of `SPLITS`; duplicates are joined later."""
    if entry.border:
        return "border"
    if not database.pretraining:
        return "test"
    if entry.split in ("valid", "test"):
        return entry.split
    key = entry.block or subject_key(database, entry)
    if reserved(key):
        return "reserved"
    if zlib.crc32(f"cardioprint valid twentieth:{key}".encode()) % VALID_SHARE == 0:
        return "valid"
    return "train"
