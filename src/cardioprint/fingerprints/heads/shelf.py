"""Where heads lie: beside the packaged model that they belong to, or in folders of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cardioprint.errors import ModelError, UnknownNameError
from cardioprint.fingerprints.heads.head import CARD, Head
from cardioprint.runtime.folder import PACKAGED

HEADS = "heads"
"""Folder of heads: in a model's folder, and where `head fit` writes unless told otherwise."""


def shipped() -> dict[str, Path]:
    """Return the folders of the heads inside the package by name.

    A name that several models have a head for stands with the model: "tiny/age_ecg".
    """
    found = sorted(p.parent for p in PACKAGED.glob(f"*/{HEADS}/*/{CARD}"))
    names = [f.name for f in found]
    return {
        f.name if names.count(f.name) == 1 else f"{f.parent.parent.name}/{f.name}": f for f in found
    }


def shipped_for(model: Path) -> list[Path]:
    """Return the folders of the heads that lie in a model's folder."""
    return sorted(p.parent for p in (model / HEADS).glob(f"*/{CARD}"))


def local(folders: Iterable[Path]) -> list[Path]:
    """Return the folders of heads among these folders and in them.

    Raises:
        ModelError: A folder is none, or has no head in it.
    """
    found: list[Path] = []
    for folder in folders:
        if (folder / CARD).is_file():
            found.append(folder)
            continue
        inside = sorted(p.parent for p in folder.glob(f"*/{CARD}"))
        if not inside:
            raise ModelError(f"{folder} holds no head. Fix: give a folder that `head fit` wrote")
        found += inside
    return found


def find(name: str) -> Head:
    """Return a shipped head by its name, or one in a folder.

    Raises:
        UnknownNameError: Neither a shipped name nor a folder with a head.json.
        ModelError: It is damaged.
    """
    known = shipped()
    if name in known:
        return Head(known[name])
    if (Path(name) / CARD).is_file():
        return Head(Path(name))
    raise UnknownNameError(f"head (or folder with a {CARD})", name, known)
