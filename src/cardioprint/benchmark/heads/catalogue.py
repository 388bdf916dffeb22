"""The heads of the protocol, by the name that reports and commands use."""

from __future__ import annotations

from cardioprint.benchmark.heads.base import Head
from cardioprint.benchmark.heads.knn import Neighbours
from cardioprint.benchmark.heads.linear import Linear
from cardioprint.benchmark.heads.trees import Trees
from cardioprint.errors import UnknownNameError

HEADS: dict[str, Head] = {"linear": Linear(), "knn": Neighbours(), "trees": Trees()}


def head_named(name: str) -> Head:
    """Return a head.

    Raises:
        UnknownNameError: No such head; the message lists the known ones.
    """
    if name not in HEADS:
        raise UnknownNameError("head", name, HEADS)
    return HEADS[name]
